"""Times in words, where the platform has no way to show them in the reader's own zone."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.ids import Moment
from bot.domain.phrase import Phrase

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


def month_words(when: datetime) -> str:
    """A month by itself, as ``Nov 2026``: some languages have another word for it than behind a day."""
    year = when.year
    return (
        Phrase("Jan {year}", year=year),
        Phrase("Feb {year}", year=year),
        Phrase("Mar {year}", year=year),
        Phrase("Apr {year}", year=year),
        Phrase("May {year}", year=year),
        Phrase("Jun {year}", year=year),
        Phrase("Jul {year}", year=year),
        Phrase("Aug {year}", year=year),
        Phrase("Sep {year}", year=year),
        Phrase("Oct {year}", year=year),
        Phrase("Nov {year}", year=year),
        Phrase("Dec {year}", year=year),
    )[when.month - 1]
