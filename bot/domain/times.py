"""Times in words, where the platform has no way to show them in the reader's own zone."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.ids import Moment
from bot.domain.phrase import Phrase, in_table

MONTHS = (
    Phrase("Jan"),
    Phrase("Feb"),
    Phrase("Mar"),
    Phrase("Apr"),
    Phrase("May"),
    Phrase("Jun"),
    Phrase("Jul"),
    Phrase("Aug"),
    Phrase("Sep"),
    Phrase("Oct"),
    Phrase("Nov"),
    Phrase("Dec"),
)
"""The months, short, as they stand behind a day."""


def clock_words(moment: Moment) -> str:
    """A moment as ``24 Nov 10:42 UTC``."""
    when = datetime.fromtimestamp(moment / 1000, UTC)
    return day_and_time(str(when.day), when, "UTC")


def day_and_time(day: str, when: datetime, zone: str) -> str:
    """The day, written as it is given, the month and the time of a moment, and the zone they are in."""
    return Phrase("{day} {month} {time} {zone}", day=day, month=MONTHS[when.month - 1], time=f"{when:%H:%M}", zone=zone)


ALONE = (
    Phrase("Jan {year}"),
    Phrase("Feb {year}"),
    Phrase("Mar {year}"),
    Phrase("Apr {year}"),
    Phrase("May {year}"),
    Phrase("Jun {year}"),
    Phrase("Jul {year}"),
    Phrase("Aug {year}"),
    Phrase("Sep {year}"),
    Phrase("Oct {year}"),
    Phrase("Nov {year}"),
    Phrase("Dec {year}"),
)
"""The months by themselves: some languages have another word for them than behind a day."""


def month_words(when: datetime) -> str:
    """A month by itself, as ``Nov 2026``."""
    return in_table(ALONE[when.month - 1], year=when.year)
