"""Business and quiet hours as people write them, over days, zones and the change of the clocks (R110, R111)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.errors import BadHours, BadQuiet, BadTime
from bot.domain.hours import MINUTE, day_before, next_time, parse_hours, parse_quiet, parse_time
from bot.domain.ids import Moment
from bot.domain.operator_settings import OperatorSettings
from bot.domain.reminders import reminder_distance, spoken

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 60 * MINUTE
WORK = "Mon-Fri 09:00-18:00 Europe/Berlin"


def at(text: str, zone: ZoneInfo = BERLIN) -> Moment:
    """A time on the wall, ``2026-11-30 09:00``; that day is a Monday."""
    return Moment(int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000))


@pytest.mark.parametrize(
    ("words", "open_at", "closed_at"),
    [
        (WORK, ["2026-11-30 09:00", "2026-12-04 17:59"], ["2026-11-30 08:59", "2026-11-30 18:00", "2026-12-05 12:00"]),
        ("mon-fri 9:00-12:00, 13:00-18:00 Europe/Berlin", ["2026-11-30 11:59", "2026-11-30 13:00"], ["2026-11-30 12:30"]),
        ("Monday 09.00-10.00, Sat 10:00–12:00 Europe/Berlin", ["2026-12-05 11:00"], ["2026-12-01 09:30"]),
        ("Fri-Mon 09:00-18:00 Europe/Berlin", ["2026-12-06 12:00", "2026-11-30 12:00"], ["2026-12-01 12:00"]),
        ("Sun 22:00-06:00 Europe/Berlin", ["2026-11-29 23:00", "2026-11-30 05:59"], ["2026-11-29 05:00", "2026-12-01 05:00"]),
        ("00:00-24:00 Europe/Berlin", ["2026-12-06 03:00"], []),
    ],
)
def test_R110_hours_as_people_write_them(words: str, open_at: list[str], closed_at: list[str]) -> None:
    hours = parse_hours(words)
    assert all(hours.is_open(at(one)) for one in open_at)
    assert not any(hours.is_open(at(one)) for one in closed_at)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "always",
        "Mon-Fri",
        "Mon-Fri 09:00-18:00 Europe/Atlantis",
        "Mon-Fri 09:00-18:00 ../etc/passwd",
        "Moo 09:00-18:00",
        "Mon 25:00-26:00",
        "Mon 09:60-10:00",
        "Mon 24:00-09:00",
        "09:00-18:00 Europe/Berlin,",
        "Mon 09:00-18:00 09:00",
        "\x00 1:00-2:00 \x00",
    ],
)
def test_R110_what_cannot_be_read_is_refused(words: str) -> None:
    with pytest.raises(BadHours):
        parse_hours(words)


def test_R110_a_closed_period_begins_and_ends_over_the_weekend() -> None:
    hours = parse_hours(WORK)
    saturday = at("2026-12-05 12:00")
    assert (hours.closed_since(saturday), hours.opens(saturday)) == (at("2026-12-04 18:00"), at("2026-12-07 09:00"))
    monday = at("2026-12-07 10:00")
    assert (hours.opened(monday), hours.closes(monday)) == (at("2026-12-07 09:00"), at("2026-12-07 18:00"))


def test_R110_only_open_hours_count_as_waiting() -> None:
    hours = parse_hours(WORK)
    assert hours.worked(at("2026-12-04 17:30"), at("2026-12-07 09:15")) == 45 * MINUTE
    assert hours.worked(at("2026-12-05 10:00"), at("2026-12-06 10:00")) == 0
    assert hours.worked(at("2026-11-30 10:00"), at("2026-11-30 11:00")) == HOUR
    assert parse_hours("00:00-24:00").worked(at("2026-11-30 10:00"), at("2026-12-02 10:00")) == 48 * HOUR


def test_R110_an_hour_is_an_hour_when_the_clocks_change() -> None:
    night = parse_hours("00:00-06:00 Europe/Berlin")
    assert night.worked(at("2026-03-29 00:00"), at("2026-03-29 06:00")) == 5 * HOUR
    assert night.worked(at("2026-10-25 00:00"), at("2026-10-25 06:00")) == 7 * HOUR
    assert next_time(9 * 60, BERLIN, at("2026-03-28 09:00")) - at("2026-03-28 09:00") == 23 * HOUR


def test_R110_times_of_the_digest() -> None:
    assert parse_time("9:05") == 545
    for wrong in ("", "9", "24:00", "12:61", "noon"):
        with pytest.raises(BadTime):
            parse_time(wrong)
    assert next_time(540, None, at("2026-11-30 09:00", ZoneInfo("UTC"))) == at("2026-12-01 09:00", ZoneInfo("UTC"))
    assert day_before(BERLIN, at("2026-11-30 00:30")) == (at("2026-11-29 00:00"), at("2026-11-30 00:00"))


def test_R111_quiet_hours_know_their_end_and_keep_their_zone() -> None:
    written, _ = parse_quiet("22:00-07:00", "Europe/Berlin")
    assert written == "22:00-07:00 Europe/Berlin" == parse_quiet(written, "UTC")[0]
    mine = OperatorSettings(quiet=written)
    assert mine.quiet_until(at("2026-11-30 23:00")) == mine.quiet_until(at("2026-12-01 06:59")) == at("2026-12-01 07:00")
    assert mine.quiet_until(at("2026-11-30 12:00")) is None
    assert mine.quiet_since(at("2026-12-01 06:59")) == at("2026-11-30 22:00")
    assert OperatorSettings.from_json(mine.to_json()) == mine
    assert OperatorSettings.from_json('{"quiet": 5, "works_on": null, "x": 1}') == OperatorSettings.from_json("[]")
    assert OperatorSettings(quiet="nonsense").quiet_until(at("2026-11-30 23:00")) is None
    with pytest.raises(BadQuiet):
        parse_quiet("at night")


def test_R110_reminders_grow_apart_and_times_are_spoken() -> None:
    assert [reminder_distance(10, given) // MINUTE for given in range(3)] == [10, 30, 70]
    said = {0: "1 minute", 59: "59 minutes", 60: "1 hour", 61: "61 minutes", 130: "2 hours 10 min", 1440: "1 day", 4000: "2 days"}
    assert {minutes: spoken(minutes * MINUTE) for minutes in said} == said
