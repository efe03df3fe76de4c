"""What each channel and desk can carry (R104): one table for the code, the messages and the documents."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One row of the table.

    ``text_limit``  longest text of one post, in UTF-16 units; longer texts are sent in parts
    ``opening``     how much of the first words the card itself carries
    ``file_limit``  largest file in bytes it takes from us, 0 = none yet
    ``receipts``    what it tells of a sent message's fate, in order
    """

    logo: str
    name: str
    text_limit: int
    opening: int = 0
    styles: bool = True
    edits: bool = False
    deletes: bool = False
    reactions: bool = False
    files: bool = False
    file_limit: int = 0
    receipts: tuple[str, ...] = ("accepted",)


MB = 1 << 20

CHANNELS: dict[str, Capability] = {
    "telegram": Capability(
        logo="✈️", name="Telegram bot", text_limit=4096, edits=True, deletes=True, reactions=True, files=True, file_limit=50 * MB
    ),
    "whatsapp": Capability(
        logo="🟩",
        name="WhatsApp",
        text_limit=4096,
        reactions=True,
        files=True,
        file_limit=100 * MB,
        receipts=("accepted", "delivered", "read"),
    ),
    "widget": Capability(
        logo="🌐",
        name="Website chat",
        text_limit=8000,
        edits=True,
        deletes=True,
        files=True,
        file_limit=20 * MB,
        receipts=("accepted", "delivered", "read"),
    ),
    "http": Capability(
        logo="🔌", name="HTTP channel", text_limit=16_000, files=True, file_limit=20 * MB, receipts=("accepted", "delivered")
    ),
}
"""Channel kinds. Telegram: 4096 after entity parsing, 50 MB up (Bot API, sendMessage and sendDocument). WhatsApp: 4096,
100 MB documents, no edit or delete (Cloud API reference)."""

DESKS: dict[str, Capability] = {
    "slack": Capability(
        logo="#",
        name="Slack",
        text_limit=3000,
        opening=2400,
        edits=True,
        deletes=True,
        reactions=True,
        files=True,
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
        files=True,
        file_limit=50 * MB,
    ),
}
"""Desk platforms. The limits leave room under the platforms' own (Slack 4,000 characters on ``chat.update``, Telegram
4,096 units) for the name line and the state that we add."""
