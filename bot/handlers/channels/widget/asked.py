"""What the script asks, read and checked; what is wrong with it is said in words."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NamedTuple

from aiohttp import web

from bot.domain.capabilities import CHANNELS
from bot.domain.phrase import Phrase
from bot.domain.text import storable, utf16_len
from bot.handlers.channels.widget.no import No

TEXT_LIMIT = CHANNELS["widget"].text_limit
NAME_LIMIT = 200
BODY_LIMIT = 64 * 1024
BODY_SECONDS = 15.0
LARGEST = 2**31 - 1
REACTIONS = ("👍", "❤️", "😂", "😮", "😢", "🙏")
"""What a visitor can react with; Telegram's desks show all of them, Slack has them too."""

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_VERSION = re.compile(r"([0-9]{1,10})-(gone|[0-9a-f]{1,16}\.[01]\.[0-9a-f]{1,8})")
MOST_HAD = 100


class Said(NamedTuple):
    """A visitor's message, checked. ``file`` is the number of an upload, ``answers`` of a message; 0 = none."""

    id: str
    text: str
    name: str
    file: int
    answers: int


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object a request bears, not more of it than a message can need."""
    return _object(await _bytes(request))


def said(data: dict[str, Any]) -> Said:
    """A message: words, or a file with or without words."""
    text, name = data.get("text"), data.get("name") or ""
    file, answers = whole(data.get("file"), 0), whole(data.get("answers"), 0)
    if not isinstance(text, str) or not isinstance(name, str):
        raise No(400, "shape", Phrase("The message's text and name must be strings."))
    return Said(message_id(data), words(text, empty=bool(file)), storable(name[:NAME_LIMIT]), file, answers)


def message_id(data: dict[str, Any], field: str = "id") -> str:
    """The name the script has given a message or a change."""
    found = data.get(field)
    if not isinstance(found, str) or not _MESSAGE_ID.fullmatch(found):
        raise No(400, "id", Phrase("The message's {field} must be 8 to 64 letters, digits, - or _.", field=field))
    return str(found)


def words(text: Any, *, empty: bool = False) -> str:
    """Words a message can hold; ``empty``: they may be none."""
    if not isinstance(text, str):
        raise No(400, "shape", Phrase("The message's text and name must be strings."))
    kept = storable(text)
    if not kept.strip():
        if empty:
            return ""
        raise No(400, "empty", Phrase("The message is empty."))
    if utf16_len(kept) > TEXT_LIMIT:
        most = Phrase("This message is longer than {most} characters. Please send it in parts.", most=TEXT_LIMIT)
        raise No(413, "too_long", most)
    return kept


def whole(value: Any, otherwise: int | None = None) -> int:
    """A number of a message or file."""
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise No(400, "number", Phrase("That place in the conversation is not a number."))
    return value


def number(text: str | None, otherwise: int) -> int:
    """A number in an address or a header."""
    if text is None or not text:
        return otherwise
    if not _NUMBER.fullmatch(text):
        raise No(400, "number", Phrase("That place in the conversation is not a number."))
    return min(int(text), LARGEST)


def signs(data: dict[str, Any]) -> tuple[str, ...]:
    """What a visitor reacts with: one of those offered, or nothing."""
    found = data.get("emoji")
    if found not in (None, "", *REACTIONS):
        raise No(400, "emoji", Phrase("That reaction is not among those offered."))
    return (found,) if found else ()


def had(text: str | None) -> dict[int, str] | None:
    """Which messages a browser has, in which version: ``3-0.1.0,4-gone``. None when it does not say."""
    if not text:
        return None
    pairs = [_VERSION.fullmatch(word) for word in text.split(",")[:MOST_HAD]]
    if None in pairs:
        raise No(400, "have", Phrase("What the browser has already is not written as it should be."))
    return {int(pair[1]): pair[2] for pair in pairs if pair is not None}


def _object(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise No(400, "not_utf8", Phrase("The message is not UTF-8 text.")) from error
    except (ValueError, RecursionError) as error:
        raise No(400, "not_json", Phrase("The message is not JSON.")) from error
    if not isinstance(data, dict):
        raise No(400, "not_json", Phrase("The message is not a JSON object."))
    return data


async def _bytes(request: web.Request) -> bytes:
    too_large = No(413, "too_long", Phrase("This message is too long. Please send it in parts."))
    if (request.content_length or 0) > BODY_LIMIT:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise too_large
                chunks.append(chunk)
    except TimeoutError as error:
        raise No(408, "slow", Phrase("The message did not arrive whole. It will be sent again.")) from error
    return b"".join(chunks)
