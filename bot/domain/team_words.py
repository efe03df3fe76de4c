"""What an admin writes about the team, read kindly: names, addresses, ids, times. A refusal shows how to write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.domain.errors import (
    ManyWords,
    NotADuration,
    NotAForum,
    NotAName,
    NotAnEmail,
    NotARoom,
    NotASlackId,
    NotATelegramNumber,
    UnknownKey,
)
from bot.domain.hours import parse_hours, parse_time
from bot.domain.phrase import Phrase, joined

LONGEST_NAME = 80
LONGEST_TEXT = 1000
NOTHING = frozenset({"", "-", "none", "off", "no", "0"})
"""Words that take a value away."""
_KEY = re.compile(r"(?<!\S)([A-Za-z_]+)\s?=\s?")
_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_PIECE = re.compile(r"(\d{1,7})\s*(sec|min|s|m|h|d)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """What was typed: the words before the first ``key=``, and the values."""

    head: str
    given: Mapping[str, str]


def read(words: str, keys: Mapping[str, str], example: str) -> Line:
    """Take ``Olga Ivanova email=o@x.org groups=Sales, Support`` apart.

    ``keys`` are the words before ``=`` with the fields they mean. A value lasts until the next key, with or without quotes.
    Raises ``UnknownKey``.
    """
    found = list(_KEY.finditer(words))
    head = words[: found[0].start()] if found else words
    given: dict[str, str] = {}
    ends = [*(one.start() for one in found[1:]), len(words)]
    for one, end in zip(found, ends, strict=False):  # without a key there is no value that could end
        key = one[1].lower()
        if key not in keys:
            near = get_close_matches(key, keys, 1, 0.5)
            meant = Phrase(" Did you mean “{word}=”?", word=near[0]) if near else ""
            raise UnknownKey(word=short(one[1]), near=meant, example=example)
        value = words[one.end() : end]
        given[keys[key]] = value.strip().strip("\"'“”„«»").strip()
    return Line(" ".join(head.split()), given)


def listed(text: str) -> list[str]:
    """``Sales, Support`` as names; none for a word that means nothing."""
    names = [one.strip() for one in text.split(",") if one.strip()]
    return [] if [one.lower() for one in names] in ([], ["none"], ["-"], ["all"]) else names


def short(text: str) -> str:
    """What somebody wrote, short enough to be told back."""
    return text if len(text) <= 60 else f"{text[:57]}…"


def near(text: str, known: Iterable[str]) -> str:
    """What was meant, as a sentence to append; empty when nothing is like it."""
    by_fold = {one.casefold(): one for one in known}
    found = get_close_matches(text.casefold(), by_fold, 1, 0.6)
    return Phrase(" Did you mean “{name}”?", name=by_fold[found[0]]) if found else ""


def name(text: str) -> str:
    """A name in one line. Raises ``NotAName``."""
    clean = " ".join(text.split())
    if not 1 <= len(clean) <= LONGEST_NAME or not clean.isprintable():
        raise NotAName(most=str(LONGEST_NAME))
    return clean


def email(text: str) -> str | None:
    """An address, or None for a word that takes it away. Raises ``NotAnEmail``."""
    if text.strip().lower() in NOTHING:
        return None
    clean = re.sub(r"<mailto:([^|>]*)(\|[^>]*)?>", r"\1", text.strip())
    if len(clean) > 254 or not re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+", clean):
        raise NotAnEmail(value=short(text))
    return clean


def slack_person(text: str) -> list[str]:
    """A member id, also out of a mention. Raises ``NotASlackId``."""
    return _ids(text, r"(?:<@)?([UW][A-Z0-9]{2,20})(?:\|[^<>]*)?>?", NotASlackId(value=short(text)))


def telegram_person(text: str) -> list[str]:
    """A person's number. Raises ``NotATelegramNumber``."""
    return _ids(text, r"(\d{1,16})", NotATelegramNumber(value=short(text)))


def slack_room(text: str) -> list[str]:
    """A room's id, also out of a mention. Raises ``NotARoom``."""
    return _ids(text, r"(?:<#)?([CG][A-Z0-9]{0,20})(?:\|[^<>]*)?>?", NotARoom(value=short(text)))


def telegram_forums(text: str) -> list[str]:
    """Ids of forum groups. Raises ``NotAForum``."""
    found = [_ids(one, r"(-\d{1,16})", NotAForum(value=short(one))) for one in re.split(r"[\s,;]+", text.strip())]
    return sorted({one for ids in found for one in ids})


def _ids(text: str, shape: str, wrong: Exception) -> list[str]:
    if text.strip().lower() in NOTHING:
        return []
    found = re.fullmatch(shape, text.strip())
    if found is None:
        raise wrong
    return [found[1]]


def duration(text: str, unit: int, most: int) -> int:
    """A time as a number of ``unit`` seconds: ``15m``, ``1h 30m``, ``90``, ``off``. Raises ``NotADuration``."""
    clean = text.strip().lower()
    if clean in NOTHING:
        return 0
    pieces = list(_PIECE.finditer(clean))
    if not pieces or re.sub(r"[\s,]+", "", _PIECE.sub("", clean)):
        raise NotADuration(value=short(text), most=duration_words(most, unit))
    seconds = sum(int(one[1]) * (_UNITS[one[2]] if one[2] else unit) for one in pieces)
    if seconds % unit or not 0 < seconds // unit <= most:
        raise NotADuration(value=short(text), most=duration_words(most, unit))
    return seconds // unit


def duration_words(number: int, unit: int) -> str:
    """``15`` minutes as ``15m``, ``90`` as ``1h 30m``; 0 is ``off``. So it can be typed, in every language."""
    return " ".join(f"{count}{letter}" for letter, count in _units(number * unit)) or "off"


def duration_said(seconds: int) -> str:
    """The same, only to be read."""
    return joined(" ", [_a_unit(letter, count) for letter, count in _units(seconds)])


def _units(seconds: int) -> Iterator[tuple[str, int]]:
    for letter in "dhms":
        count, seconds = divmod(seconds, _UNITS[letter])
        if count:
            yield letter, count


def _a_unit(letter: str, count: int) -> Phrase:
    match letter:
        case "d":
            return Phrase("{count}d", count=count)
        case "h":
            return Phrase("{count}h", count=count)
        case "m":
            return Phrase("{count}m", count=count)
        case _:
            return Phrase("{count}s", count=count)


def hours(text: str) -> str:
    """Business hours like ``Mon-Fri 09:00-18:00 Europe/Berlin``, in one line. Raises ``BadHours``."""
    clean = " ".join(text.split())
    if clean.lower() in NOTHING:
        return ""
    parse_hours(clean)
    return clean


def clock(text: str) -> str:
    """A time of the day, ``HH:MM``. Raises ``BadTime``."""
    if text.strip().lower() in NOTHING:
        return ""
    hour, minute = divmod(parse_time(text), 60)
    return f"{hour:02}:{minute:02}"


def long_text(text: str) -> str:
    """Words for clients. Raises ``ManyWords``."""
    clean = text.strip()
    if clean.lower() in NOTHING:
        return ""
    if len(clean) > LONGEST_TEXT:
        raise ManyWords(most=str(LONGEST_TEXT))
    return clean
