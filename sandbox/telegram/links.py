"""Links inside formatted text (``tdlib/td LinkManager.cpp``)."""

from __future__ import annotations

import re
from typing import Any

from sandbox.telegram.errors import Refused, bad

_USER = re.compile(r"tg:(?://)?user\?id=(\d+)$", re.IGNORECASE)
_HOST = re.compile(
    r"(?:[^\s/?#@]+@)?(?:[^\s/?#:@]+\.[^\s/?#:@.]{2,}|localhost|\d+(?:\.\d+){3}|\[[0-9a-f:]+\])(?::\d+)?(?:[/?#].*)?$",
    re.IGNORECASE,
)
_EMOJI = re.compile(r"tg:(?://)?emoji\?id=(\d+)$", re.IGNORECASE)
_TIME = re.compile(r"tg:(?://)?time\?unix=(\d+)(?:&format=(\w+))?$", re.IGNORECASE)


def link_user(url: str) -> dict[str, Any] | None:
    """``tg://user?id=…`` names a user; the sandbox fills in who it is later."""
    match = _USER.match(url.strip())
    return {"id": int(match.group(1)), "is_bot": False, "first_name": ""} if match else None


def checked_link(url: str) -> str:
    """The link as Telegram keeps it, or an empty string when it is none (``get_checked_link``)."""
    url = url.strip()
    scheme, found, rest = url.partition("://")
    if not found:
        if url.lower().startswith(("tg:", "ton:", "mailto:")):
            return url
        return f"http://{url}" + ("" if "/" in url else "/") if _HOST.match(url) else ""
    scheme = scheme.lower()
    if scheme in ("tg", "ton", "tonsite"):
        return f"{scheme}://{rest}"
    if scheme not in ("http", "https", "ftp") or not _HOST.match(rest):
        return ""
    bare = not any(mark in rest for mark in "/?#")
    return f"{scheme}://{rest}" + ("/" if bare else "")


def checked_time(words: str) -> str:
    """A date-time format: ``r`` or letters of ``tTdDwW``."""
    if words in ("r", "R") or all(letter in "tTdDwW" for letter in words):
        return words
    raise bad("can't parse entities: Invalid date-time format specified")


def emoji_or_time(url: str) -> dict[str, Any] | Refused:
    """The entity of ``![…](tg://emoji?id=…)`` or ``![…](tg://time?unix=…)``."""
    if match := _EMOJI.match(url):
        return {"type": "custom_emoji", "custom_emoji_id": match.group(1)}
    if match := _TIME.match(url):
        entity: dict[str, Any] = {"type": "date_time", "unix_time": int(match.group(1))}
        if match.group(2):
            entity["date_time_format"] = checked_time(match.group(2))
        return entity
    return bad("can't parse entities: Invalid tg://emoji or tg://time URL specified")
