"""Files as people speak of them: what kind, what name, how large, and whether a channel takes them (R32, R104, F58, F60)."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.capabilities import MB, Capability
from bot.domain.ids import FileId
from bot.domain.phrase import Phrase, joined
from bot.domain.text import EMPTY, RichText, clean_name, join

CAPTION = 850
"""UTF-16 units of words that go with a file on every platform, with room for a name line; longer ones stand by themselves."""
NAME_LENGTH = 80
"""Characters of a file's name; :func:`bot.domain.text.clean_name` would cut what is longer, and with it the suffix."""


class FileKind(StrEnum):
    """What a person sees in place of the file. A side that has no such thing shows the nearest it has."""

    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO_NOTE = "video_note"
    STICKER = "sticker"
    DOCUMENT = "document"


class FileState(StrEnum):
    """``WANTED`` to be fetched, ``HERE`` in the store, ``REFUSED`` for ever, ``GONE`` when its time to be kept was over."""

    WANTED = "wanted"
    HERE = "here"
    REFUSED = "refused"
    GONE = "gone"


SIGNS: dict[FileKind, tuple[str, str]] = {
    FileKind.PHOTO: ("📷", Phrase("Photo")),
    FileKind.VIDEO: ("🎬", Phrase("Video")),
    FileKind.ANIMATION: ("🎞", Phrase("GIF")),
    FileKind.AUDIO: ("🎵", Phrase("Audio")),
    FileKind.VOICE: ("🎤", Phrase("Voice message")),
    FileKind.VIDEO_NOTE: ("📹", Phrase("Video message")),
    FileKind.STICKER: ("🖼", Phrase("Sticker")),
    FileKind.DOCUMENT: ("📎", Phrase("File")),
}
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "application/pdf": ".pdf",
    "application/x-tgsticker": ".tgs",
    "text/plain": ".txt",
}
"""What a file without a name is called by; else nothing is added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file somebody has sent, as the platform tells of it.

    ``size``    bytes, 0 when the platform does not say
    ``source``  the port that can fetch it, empty when its bytes are in the store already
    ``ref``     what that port needs to fetch it; ``copy_of`` with the number of another file whose bytes it has
    """

    kind: FileKind
    name: str = ""
    mime: str = ""
    size: int = 0
    seconds: int = 0
    source: str = ""
    ref: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a conversation. ``caption`` are the words sent with it; ``reason`` why it was refused."""

    id: FileId
    kind: FileKind
    name: str
    mime: str
    size: int
    seconds: int = 0
    caption: RichText = EMPTY
    source: str = ""
    ref: Mapping[str, str] = field(default_factory=dict)
    state: FileState = FileState.WANTED
    reason: str = ""


def packed(sent: Attachment) -> str:
    """An attachment as the value of a form's field."""
    facts = [sent.kind.value, sent.name, sent.mime, sent.size, sent.seconds, sent.source, dict(sent.ref)]
    return json.dumps(facts, ensure_ascii=False)


def unpacked(value: str) -> Attachment:
    """What :func:`packed` gave."""
    kind, name, mime, size, seconds, source, ref = json.loads(value)
    return Attachment(kind=FileKind(kind), name=name, mime=mime, size=size, seconds=seconds, source=source, ref=ref)


def safe_file_name(name: str, kind: FileKind, mime: str = "") -> str:
    """A name that is one, on every system: no folders, nothing hidden or reversed, not too long, never empty (F60)."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    bare = "".join(char for char in unicodedata.normalize("NFC", bare) if unicodedata.category(char)[0] != "C")
    bare = "".join("_" if char in '<>:"|?*' else char for char in bare).strip(" .")
    if not bare or not bare.strip("._- "):
        return SIGNS[kind][1].replace(" ", "-").lower() + SUFFIXES.get(mime, "")
    if len(bare) > NAME_LENGTH:
        stem, dot, suffix = bare.rpartition(".")
        bare = f"{stem[: NAME_LENGTH - 1 - len(suffix)]}{dot}{suffix}" if dot and len(suffix) <= 10 else bare[:NAME_LENGTH]
    return clean_name(bare)


def tidy(sent: Attachment) -> Attachment:
    """The same with a safe name."""
    return replace(sent, name=safe_file_name(sent.name, sent.kind, sent.mime))


def size_words(size: int) -> str:
    """``12 kB``, rounded up; empty when the size is not known."""
    if size <= 0:
        return ""
    if size < MB:
        return Phrase("{number} kB", number=-(-size // 1024))
    return Phrase("{number} MB", number=f"{size / MB:.1f}".removesuffix(".0"))


def title(kind: FileKind, name: str, size: int, seconds: int = 0) -> str:
    """``📎 report.pdf (12 kB)``, ``🎤 Voice message (0:12)``."""
    sign, word = SIGNS[kind]
    shown = word if kind in (FileKind.PHOTO, FileKind.VOICE, FileKind.VIDEO_NOTE, FileKind.STICKER) else name or word
    if seconds and kind in (FileKind.VOICE, FileKind.VIDEO_NOTE):
        return joined(" ", [sign, shown, f"({seconds // 60}:{seconds % 60:02})"])
    about = "" if kind in (FileKind.PHOTO, FileKind.STICKER) else size_words(size)
    return joined(" ", [sign, shown, *((joined("", ["(", about, ")"]),) if about else ())])


def body_of(file: Attachment | File | None, words: RichText, say: Callable[[str], str] = str) -> RichText:
    """The body of a message as lists, searches and cards speak of it: the words, below the title of the file they came with.

    ``say``  puts the title into the language of those who read it; the body is kept so
    """
    if file is None:
        return words
    line = RichText.plain(say(title(file.kind, file.name, file.size, file.seconds)))
    return line if words.is_empty else join([line, words])


def why_not(capability: Capability, size: int, mime: str, name: str) -> str:
    """Why a channel or desk does not take a file, with its limit; empty when it does."""
    if not capability.files:
        return Phrase("{place} takes no files.", place=capability.name)
    limit = capability.limit_for(mime)
    if size > limit:
        most = size_words(limit)
        return Phrase(
            "“{name}” has {size}; {place} takes at most {most}.",
            name=name,
            size=size_words(size),
            place=capability.name,
            most=most,
        )
    if capability.file_types and not any(mime.startswith(one) for one in capability.file_types):
        return Phrase("{place} does not take files of this type ({mime}).", place=capability.name, mime=mime)
    return ""


def too_large_to_fetch(source: Capability, file: Attachment, limit: int) -> str:
    """Why a file is not fetched, by the size its platform tells; empty when it is. ``limit`` is the house's own, in bytes."""
    if source.fetch_limit and file.size > source.fetch_limit:
        most = size_words(source.fetch_limit)
        return Phrase("Too large to fetch: a bot gets at most {most} from {place}.", most=most, place=source.name)
    if file.size > limit:
        return Phrase("Too large to be kept here: at most {most}.", most=size_words(limit))
    return ""
