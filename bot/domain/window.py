"""For how long a channel takes free words after the client's last (R94). Telegram and the website always do."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.capabilities import Capability
from bot.domain.ids import Moment
from bot.domain.phrase import Phrase
from bot.domain.times import day_and_time

HOUR_MS = 3_600_000
NEVER = Phrase("⏳ only a template: the client has not written yet")


def closes(channel: Capability, heard: Moment | None) -> Moment | None:
    """When the window closes; None on a channel without one. ``heard`` is when the client last wrote."""
    if not channel.window_hours:
        return None
    return Moment((heard or 0) + channel.window_hours * HOUR_MS)


def is_open(channel: Capability, heard: Moment | None, now: Moment) -> bool:
    """Whether free words may go now."""
    until = closes(channel, heard)
    return until is None or now < until


def until_words(channel: Capability, heard: Moment | None, zone: ZoneInfo | None) -> str:
    """What a card says of it, in the group's time; it stays true when the time has come, so that no card need be drawn for it."""
    until = closes(channel, heard)
    if until is None:
        return ""
    if heard is None:
        return NEVER
    at = datetime.fromtimestamp(until / 1000, zone or ZoneInfo("UTC"))
    time = day_and_time(f"{at:%d}", at, at.tzname() or "")
    return Phrase("⏳ free words until {time}, then a template", time=time)
