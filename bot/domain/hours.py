"""Business hours of a group and quiet hours of an operator, in the words people write them in (R110, R111).

Times on the wall belong to a zone of the IANA database, so that an hour stays an hour when the clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.errors import BadHours, BadQuiet, BadTime
from bot.domain.ids import Moment

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
MINUTE = 60_000
LOOK = 9
"""Days to look back and ahead for an opening: there is at least one a week, and one day may be lost to a zone."""
MOST_DAYS = 60
"""Longer waits are counted as so many days; nothing here is that patient."""
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")
_SPAN = re.compile(r"(?:([a-z]+(?:-[a-z]+)?)\s+)?(\d{1,2}[:.]\d{2})\s*[-–]\s*(\d{1,2}[:.]\d{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a week is open. ``spans`` are (weekday, first minute, minutes) in ``zone``; Monday is 0."""

    spans: tuple[tuple[int, int, int], ...]
    zone: ZoneInfo

    def is_open(self, now: Moment) -> bool:
        """Whether it is open at this moment."""
        return any(start <= now < end for start, end in self._near(now))

    def closed_since(self, now: Moment) -> Moment:
        """When the closed period that ``now`` lies in began; ``now`` itself while it is open."""
        if self.is_open(now):
            return now
        return max((end for _, end in self._near(now) if end <= now), default=now)

    def opens(self, now: Moment) -> Moment:
        """When it opens next; ``now`` while it is open."""
        if self.is_open(now):
            return now
        return min((start for start, _ in self._near(now) if start > now), default=now)

    def closes(self, now: Moment) -> Moment:
        """When the open period that ``now`` lies in ends; ``now`` while it is closed. Open always = in some days."""
        return next((end for start, end in self._near(now) if start <= now < end), now)

    def opened(self, now: Moment) -> Moment:
        """When the open period that ``now`` lies in began; ``now`` while it is closed."""
        return next((start for start, end in self._near(now) if start <= now < end), now)

    def worked(self, since: Moment, now: Moment) -> int:
        """Milliseconds of open time between two moments."""
        since = Moment(max(since, now - MOST_DAYS * DAY_MINUTES * MINUTE))
        return sum(max(0, min(end, now) - max(start, since)) for start, end in self._between(since, now))

    def _near(self, now: Moment) -> list[tuple[Moment, Moment]]:
        week = LOOK * DAY_MINUTES * MINUTE
        return list(self._between(Moment(now - week), Moment(now + week)))

    def _between(self, since: Moment, until: Moment) -> Iterator[tuple[Moment, Moment]]:
        """The open periods that touch a stretch of time, those that meet joined."""
        first, last = self._day(since) - timedelta(2), self._day(until) + timedelta(1)
        periods = sorted(
            (_moment(day, start, self.zone), _moment(day, start + length, self.zone))
            for day in (first + timedelta(number) for number in range((last - first).days + 1))
            for weekday, start, length in self.spans
            if day.weekday() == weekday
        )
        joined: list[tuple[Moment, Moment]] = []
        for start, end in periods:
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return iter(joined)

    def _day(self, moment: Moment) -> date:
        return datetime.fromtimestamp(moment / 1000, self.zone).date()


def parse_hours(words: str) -> Hours:
    """Business hours as ``Mon-Fri 09:00-18:00 Europe/Berlin``; several, with commas between. Without a zone they are in UTC.

    A part without days has those of the part before it; an end not after its beginning is on the next day. Raises ``BadHours``.
    """
    parts, zone = _zoned(words)
    spans: list[tuple[int, int, int]] = []
    days: tuple[int, ...] = tuple(range(7))
    for part in parts.split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None or zone is None:
            raise BadHours
        named = _days(found[1]) if found[1] else days
        start, end = _minutes(found[2]), _minutes(found[3])
        if named is None or start is None or end is None or start == DAY_MINUTES:
            raise BadHours
        days = named
        spans += [(day, start, end - start if end > start else end - start + DAY_MINUTES) for day in days]
    return Hours(tuple(spans), zone)  # type: ignore[arg-type]  # there is at least one part, and it saw to the zone


def parse_quiet(words: str, zone: str = "UTC") -> tuple[str, Hours]:
    """Quiet hours as ``22:00-07:00 Europe/Berlin``, every day or on the days named before; also as the store keeps them.

    ``zone`` is that of whoever names none. Raises ``BadQuiet``.
    """
    parts, named = _zoned(words)
    written = f"{parts} {named.key if named is not None and named.key in words else zone}"
    try:
        return written, parse_hours(written)
    except BadHours:
        raise BadQuiet from None


def parse_time(words: str) -> int:
    """A time of day as ``HH:MM``, in minutes. Raises ``BadTime``."""
    found = _minutes(words.strip())
    if found is None or found == DAY_MINUTES:
        raise BadTime
    return found


def next_time(minutes: int, zone: ZoneInfo | None, now: Moment) -> Moment:
    """The next moment after ``now`` when the clock on the wall shows so many minutes after midnight."""
    where = zone or ZoneInfo("UTC")
    today = datetime.fromtimestamp(now / 1000, where).date()
    times = (_moment(today + timedelta(ahead), minutes, where) for ahead in range(3))
    return next(moment for moment in times if moment > now)


def day_before(zone: ZoneInfo | None, now: Moment) -> tuple[Moment, Moment]:
    """Yesterday, as the zone has it: from its midnight to the next."""
    where = zone or ZoneInfo("UTC")
    today = datetime.fromtimestamp(now / 1000, where).date()
    return _moment(today - timedelta(1), 0, where), _moment(today, 0, where)


def _zoned(words: str) -> tuple[str, ZoneInfo | None]:
    """The words before the zone, and the zone: UTC where none is named, None where the one named is unknown."""
    before, _, last = words.strip().rpartition(" ")
    if not before or any(sign in last for sign in ":."):
        return words.strip(), ZoneInfo("UTC")
    try:
        return before.strip(), ZoneInfo(last)
    except (OSError, ValueError, LookupError):  # whatever somebody may write there
        return before.strip(), None


def _days(words: str) -> tuple[int, ...] | None:
    first, _, last = words.lower().partition("-")
    known = {name: number for number, name in enumerate(DAYS)}
    start, end = known.get(first[:3]), known.get((last or first)[:3])
    if start is None or end is None:
        return None
    return tuple((start + ahead) % 7 for ahead in range((end - start) % 7 + 1))


def _minutes(words: str) -> int | None:
    found = _CLOCK.fullmatch(words)
    if found is None:
        return None
    minutes = int(found[1]) * 60 + int(found[2])
    return minutes if minutes <= DAY_MINUTES and int(found[2]) < 60 else None


def _moment(day: date, minutes: int, zone: ZoneInfo) -> Moment:
    """A time on the wall as a moment. One that the change of the clocks leaves out is taken as if they had not changed yet."""
    ahead, rest = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + timedelta(ahead), datetime.min.time(), zone) + timedelta(minutes=rest)
    return Moment(round(wall.astimezone(UTC).timestamp() * 1000))
