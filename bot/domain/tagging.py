"""Tags: what a name may be and when two are the same, and which counts of them are looked at (R60-R63)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from bot.domain.chart import MOST_SERIES, Chart
from bot.domain.errors import NoTag, TagTooLong
from bot.domain.ids import Moment
from bot.domain.phrase import Phrase
from bot.domain.text import NAMELESS, clean_name
from bot.domain.times import MONTHS, month_words

LONGEST = 60
"""Characters of a tag."""
MOST = 20
"""Tags of one message."""
DAY_MS = 24 * 3_600_000
DAYS = 30
LONGEST_PERIOD = 3650
EMOJI = frozenset({"🏷", "🏷️"})
"""A reaction that asks for a tag, with and without the sign that it is a picture."""
_INPUT = 4_000


def fold(name: str) -> str:
    """What makes two tags the same: case, width and the number of spaces don't."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def names_in(words: str) -> list[str]:
    """The tags that somebody wrote, parted by commas or lines, each once. Raises ``TagTooLong``; none is an empty list."""
    found: dict[str, str] = {}
    for part in words[:_INPUT].replace("\n", ",").split(","):
        bare = part.strip().lstrip("#").strip()
        if bare and len(bare) > LONGEST:
            raise TagTooLong(most=str(LONGEST))
        name = clean_name(bare) if bare else NAMELESS
        if name != NAMELESS:
            found.setdefault(fold(name), name)
    return list(found.values())


def some_names(words: str) -> list[str]:
    """The same, where there must be one. Raises ``NoTag`` or ``TagTooLong``."""
    names = names_in(words)
    if not names:
        raise NoTag
    return names


def shown(names: Sequence[str]) -> str:
    """Tags as they stand under a message."""
    return " ".join(f"#{name}" for name in names)


class By(StrEnum):
    """What counts are told apart by."""

    TAG = "tag"
    OPERATOR = "operator"
    GROUP = "group"
    CHANNEL = "channel"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


TIMES = (By.DAY, By.WEEK, By.MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which counts are looked at.

    ``tag``    one tag's number, None for all; ``days`` how far back, today included
    ``value``  one count by ``by`` (a number; for times the first day, counted from 1970), None for the list of them
    ``page``   from 1
    """

    by: By = By.TAG
    tag: int | None = None
    days: int = DAYS
    value: int | None = None
    page: int = 1

    @property
    def token(self) -> str:
        """What a button carries to come back here; at most 50 bytes."""
        tag, value = ("" if one is None else str(one) for one in (self.tag, self.value))
        return f"{self.by.value}.t{tag}.d{self.days}.v{value}.p{self.page}"

    def at(self, page: int) -> View:
        """The same on another page."""
        return replace(self, page=page)

    def since(self, now: Moment) -> int:
        """The beginning of the period's first day, in UTC."""
        return (now // DAY_MS - self.days + 1) * DAY_MS


def parse_view(token: str) -> tuple[View, str] | None:
    """The view a token names, with what stands behind it; None when it names none, as in a forged button."""
    by, *rest = token.split(".")
    if by not in set(By) or len(rest) < 4:
        return None
    tag, days, value, page = (_number(part[1:]) for part in rest[:4])
    days = min(max(days or DAYS, 1), LONGEST_PERIOD)
    return View(by=By(by), tag=tag, days=days, value=value, page=max(page or 1, 1)), ".".join(rest[4:])


def _number(words: str) -> int | None:
    return int(words) if words.isascii() and words.isdecimal() and len(words) <= 12 else None


def first_day(day: int, by: By) -> int:
    """The first day of the day's week (Monday) or month; days are counted from 1970."""
    if by is By.DAY:
        return day
    when = date.fromordinal(date(1970, 1, 1).toordinal() + day)
    first = when - timedelta(days=when.weekday()) if by is By.WEEK else when.replace(day=1)
    return (first - date(1970, 1, 1)).days


def last_day(first: int, by: By) -> int:
    """The last day of what begins on that day."""
    if by is By.DAY:
        return first
    after = first + 7 if by is By.WEEK else first_day(first + 31, By.MONTH)
    return after - 1


def time_words(first: int, by: By) -> str:
    """A day, week or month in words."""
    when = datetime.fromtimestamp(first * DAY_MS / 1000, UTC)
    if by is By.MONTH:
        return month_words(when)
    day = Phrase("{day} {month}", day=when.day, month=MONTHS[when.month - 1])
    return day if by is By.DAY else Phrase("Week of {day}", day=day)


def step(days: int) -> By:
    """What a period of so many days is drawn by."""
    return By.DAY if days <= 31 else By.WEEK if days <= 183 else By.MONTH


def axis(view: View, now: Moment, by: By) -> list[int]:
    """The first days of all days, weeks or months in the period, oldest first."""
    today = now // DAY_MS
    found = dict.fromkeys(first_day(day, by) for day in range(today - view.days + 1, today + 1))
    return list(found)


def chart(
    title: str,
    subtitle: str,
    places: Mapping[int, str],
    tags: Mapping[int, str],
    counts: Mapping[tuple[int, int], int],
) -> Chart:
    """Counts by place (a time, an operator …) and tag as a chart; the rarest tags go together when there are too many."""
    totals: dict[int, int] = {}
    for (_, tag), number in counts.items():
        totals[tag] = totals.get(tag, 0) + number
    ranked = sorted(totals, key=lambda tag: (-totals[tag], tags.get(tag, "")))
    kept = ranked if len(ranked) <= MOST_SERIES else ranked[: MOST_SERIES - 1]
    rest = ranked[len(kept) :]
    series = [(f"#{tags.get(tag, '?')}", tuple(counts.get((place, tag), 0) for place in places)) for tag in kept]
    if rest:
        more = Phrase("{n} more tag", "{n} more tags", n=len(rest))
        series.append((more, tuple(sum(counts.get((place, tag), 0) for tag in rest) for place in places)))
    return Chart(title=title, subtitle=subtitle, labels=tuple(places.values()), series=tuple(series))


_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def cell(value: str) -> str:
    """A text as a table cell that no spreadsheet takes for a formula (F54)."""
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
