"""Files people send in Telegram: which of a message's fields is one, and how its bytes come into the store (R32, F58).

A message bears at most one file; an album is so many messages with one ``media_group_id``
(https://core.telegram.org/bots/api#message). ``getFile`` may lose name and type, so those of the message are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.delivery.ports import Outcome, Permanent, Retry
from bot.domain.capabilities import CHANNELS
from bot.domain.files import Attachment, File, FileKind, size_words
from bot.domain.phrase import Phrase
from bot.handlers.shared.files import Files
from bot.handlers.shared.telegram_api import BotApi, Missing
from bot.handlers.shared.telegram_outcomes import Outcomes
from bot.handlers.shared.telegram_sdk import TelegramBadRequest

Json = dict[str, Any]

LIMIT = CHANNELS["telegram"].fetch_limit
TOO_LARGE = Phrase("Too large to fetch: a bot gets at most {most} from Telegram.", most=size_words(LIMIT))
_AGAIN = "temporarily unavailable"
_STICKERS = {"is_animated": ("application/x-tgsticker", ".tgs"), "is_video": ("video/webm", ".webm")}


def attachment(message: Json, source: str) -> Attachment | None:
    """The file a message bears; None when it bears none. ``source`` is the port that can fetch it."""
    for field, read in _FIELDS.items():
        content = message.get(field)
        found = read(content) if content else None
        if found is not None:
            kind, about, name, mime = found
            ref = {"file_id": str(about["file_id"]), "unique": str(about.get("file_unique_id", ""))}
            if album := message.get("media_group_id"):
                ref["album"] = str(album)
            return Attachment(
                kind=kind,
                name=name,
                mime=mime,
                size=_number(about.get("file_size")),
                seconds=_number(about.get("duration")),
                source=source,
                ref=ref,
            )
    return None


_Found = tuple[FileKind, Json, str, str]


def _named(kind: FileKind, mime: str = "", name: str = "") -> Callable[[Any], _Found | None]:
    def read(content: Any) -> _Found | None:
        if not isinstance(content, dict) or "file_id" not in content:
            return None
        return kind, content, str(content.get("file_name") or name), str(content.get("mime_type") or mime)

    return read


def _photo(content: Any) -> _Found | None:
    """The largest of the sizes Telegram has made."""
    sizes = [one for one in content if isinstance(one, dict) and "file_id" in one] if isinstance(content, list) else []
    if not sizes:
        return None
    largest = max(sizes, key=lambda one: _number(one.get("width")) * _number(one.get("height")))
    return FileKind.PHOTO, largest, "photo.jpg", "image/jpeg"


def _live_photo(content: Any) -> _Found | None:
    return _photo(content.get("photo")) if isinstance(content, dict) else None


def _audio(content: Any) -> _Found | None:
    found = _named(FileKind.AUDIO, "audio/mpeg")(content)
    if found is None or found[2]:
        return found
    title = " – ".join(str(content[part]) for part in ("performer", "title") if content.get(part))
    return found[0], found[1], f"{title}.mp3" if title else "", found[3]


def _sticker(content: Any) -> _Found | None:
    found = _named(FileKind.STICKER)(content)
    if found is None:
        return None
    mime, suffix = next((shape for flag, shape in _STICKERS.items() if content.get(flag)), ("image/webp", ".webp"))
    return FileKind.STICKER, found[1], f"sticker {content.get('emoji') or ''}".strip() + suffix, mime


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


_FIELDS: dict[str, Callable[[Any], _Found | None]] = {
    "animation": _named(FileKind.ANIMATION, "video/mp4"),  # before document, which comes along with it for older apps
    "live_photo": _live_photo,
    "photo": _photo,
    "video": _named(FileKind.VIDEO, "video/mp4"),
    "video_note": _named(FileKind.VIDEO_NOTE, "video/mp4", "video-message.mp4"),
    "voice": _named(FileKind.VOICE, "audio/ogg", "voice-message.ogg"),
    "audio": _audio,
    "sticker": _sticker,
    "document": _named(FileKind.DOCUMENT),
}


class Downloads:
    """Brings files from one bot into the store."""

    def __init__(self, api: BotApi, files: Files, outcomes: Outcomes) -> None:
        self._api = api
        self._files = files
        self._outcomes = outcomes

    async def fetch(self, file: File) -> Outcome:
        """See :class:`bot.delivery.ports.Fetch`. Raises ``AiogramError``."""
        try:
            found = await self._api.call("getFile", {"file_id": file.ref.get("file_id", "")})
            path = found.get("file_path")
            if not path:
                return Permanent(TOO_LARGE)
            return await self._files.take(file, self._api.download(str(path)), most=0 if self._api.is_own_server else LIMIT)
        except Missing as error:
            return Permanent(error.message)
        except TelegramBadRequest as error:
            return _unfetched(error)


def _unfetched(error: TelegramBadRequest) -> Outcome:
    """``Client::process_get_file_query`` and ``on_update_file`` of tdlib/telegram-bot-api have these refusals."""
    words = error.message.casefold()
    if "file is too big" in words:
        return Permanent(TOO_LARGE)
    if _AGAIN in words:
        return Retry(Phrase("Telegram can't give the file now"))
    return Permanent(Phrase("Telegram does not give this file."))
