"""Times in words, where the platform has no way to show them in the reader's own zone."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.ids import Moment


def clock_words(moment: Moment) -> str:
    """A moment as ``24 Nov 10:42 UTC``."""
    when = datetime.fromtimestamp(moment / 1000, UTC)
    return f"{when.day} {when:%b %H:%M} UTC"
