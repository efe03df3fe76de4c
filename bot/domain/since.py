"""A time in the past as people write it: ``2h``, ``3d``, ``today``, ``yesterday``, ``2026-11-24``; in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from bot.domain.ids import Moment

_SPAN = re.compile(r"(\d{1,4})\s*(h|d|w)")
_HOURS = {"h": 1, "d": 24, "w": 168}


def since(words: str, now: Moment) -> Moment | None:
    """The moment, None when the words are none."""
    text = words.strip().lower()
    if span := _SPAN.fullmatch(text):
        return Moment(now - int(span[1]) * _HOURS[span[2]] * 3_600_000)
    today = datetime.fromtimestamp(now / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if text in ("today", "yesterday"):
        return _moment(today - timedelta(days=1) if text == "yesterday" else today)
    try:
        return _moment(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError:
        return None


def _moment(when: datetime) -> Moment:
    return Moment(int(when.timestamp() * 1000))
