"""What each channel and desk can carry (R104): one table for the code, the messages and the documents."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.phrase import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One row of the table.

    ``text_limit``  longest text of one post, in UTF-16 units; longer texts are sent in parts
    ``opening``     how much of the first words the card itself carries
    ``caption``     longest text that goes with a file, in UTF-16 units; longer ones follow as a text of their own
    ``file_limit``  largest file in bytes it takes from us; ``file_limits`` by how the MIME type begins, where that differs
    ``fetch_limit`` largest file in bytes we can fetch from it, 0 = what is stored may be as large as ``Policy.file_limit``
    ``file_types``  how the MIME types begin that it takes; empty = all
    ``delete_hours`` how long after sending it lets us take a message back, 0 = for ever
    ``receipts``    what it tells of a sent message's fate, in order
    ``window_hours`` how long after the client's last words it takes free ones, 0 = always; after that approved templates only
    ``bare``        how the MIME types begin of files it takes without a caption
    """

    logo: str
    name: str
    text_limit: int
    opening: int = 0
    styles: bool = True
    edits: bool = False
    deletes: bool = False
    delete_hours: int = 0
    quotes: bool = False
    reactions: bool = False
    files: bool = False
    caption: int = 0
    file_limit: int = 0
    file_limits: tuple[tuple[str, int], ...] = ()
    fetch_limit: int = 0
    file_types: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ("accepted",)
    window_hours: int = 0
    bare: tuple[str, ...] = ()

    def limit_for(self, mime: str) -> int:
        """The largest file of a type, in bytes."""
        return next((limit for begins, limit in self.file_limits if mime.startswith(begins)), self.file_limit)


MB = 1 << 20

CHANNELS: dict[str, Capability] = {
    "telegram": Capability(
        logo="✈️",
        name=Phrase("Telegram bot"),
        text_limit=4096,
        edits=True,
        deletes=True,
        delete_hours=48,
        quotes=True,
        reactions=True,
        files=True,
        caption=1024,
        file_limit=50 * MB,
        fetch_limit=20 * MB,
    ),
    "whatsapp": Capability(
        logo="🟩",
        name="WhatsApp",
        text_limit=4096,
        quotes=True,
        reactions=True,
        files=True,
        caption=1024,
        file_limit=100 * MB,
        file_limits=(("image/webp", 500 * 1024), ("image/", 5 * MB), ("video/", 16 * MB), ("audio/", 16 * MB)),
        file_types=(
            "image/jpeg",
            "image/png",
            "image/webp",
            "video/mp4",
            "video/3gpp",
            "audio/",
            "text/",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-",
            "application/vnd.openxmlformats-officedocument.",
        ),
        receipts=("accepted", "delivered", "read"),
        window_hours=24,
        bare=("audio/", "image/webp"),
    ),
    "widget": Capability(
        logo="🌐",
        name=Phrase("Website chat"),
        text_limit=8000,
        edits=True,
        deletes=True,
        quotes=True,
        reactions=True,
        files=True,
        caption=8000,
        file_limit=20 * MB,
        receipts=("accepted", "delivered", "read"),
    ),
    "http": Capability(
        logo="🔌",
        name=Phrase("HTTP channel"),
        text_limit=16_000,
        edits=True,
        deletes=True,
        quotes=True,
        reactions=True,
        files=True,
        caption=16_000,
        file_limit=20 * MB,
        receipts=("accepted", "delivered", "read"),
    ),
}
"""Channel kinds. Telegram: 4096 after entity parsing, captions 1024, 50 MB up, 20 MB down, deletes within 48 hours (Bot API:
sendMessage, sendDocument, getFile, deleteMessage). WhatsApp: 4096, captions 1024, images 5 MB, video and audio 16 MB, documents
100 MB and of few types, no edit or delete of what was sent, free words for 24 hours (Cloud API reference, media and messages).
The others are ours."""

DESKS: dict[str, Capability] = {
    "slack": Capability(
        logo="#",
        name="Slack",
        text_limit=3000,
        opening=2400,
        edits=True,
        deletes=True,
        reactions=True,
        quotes=True,
        files=True,
        caption=2800,
        file_limit=1000 * MB,
    ),
    "telegram": Capability(
        logo="✈️",
        name="Telegram",
        text_limit=4000,
        opening=3000,
        edits=True,
        deletes=True,
        reactions=True,
        quotes=True,
        files=True,
        caption=900,
        file_limit=50 * MB,
        fetch_limit=20 * MB,
    ),
}
"""Desk platforms. The limits leave room under the platforms' own (Slack 4,000 characters on ``chat.update``, Telegram
4,096 units) for the name line and the state that we add."""
