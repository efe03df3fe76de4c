"""What tags tell: counts, the messages behind them, a chart and a table (R63)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.notice import send_file
from bot.commands.perform import Desk
from bot.domain import tagging
from bot.domain.actions import Button, Verb
from bot.domain.chart import Chart
from bot.domain.errors import StaleCard, UnknownTag
from bot.domain.ids import Moment
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import Jump, Row, Screen
from bot.domain.tagging import TIMES, By, View, cell, parse_view
from bot.domain.text import graphemes
from bot.domain.times import clock_words
from bot.languages import ENGLISH, in_language
from bot.store import mirrors, tag_counts, tags, team
from bot.store.tag_counts import PAGE, Count, Sight, Tagged
from bot.store.uow import Tx

PERIODS = {
    **{days: Phrase("{n} day", "{n} days", n=days) for days in (7, 30, 90)},
    365: Phrase("A year"),
}
LABELS = {
    By.TAG: Phrase("By tag"),
    By.OPERATOR: Phrase("By operator"),
    By.GROUP: Phrase("By group"),
    By.CHANNEL: Phrase("By channel"),
    By.DAY: Phrase("By day"),
    By.WEEK: Phrase("By week"),
    By.MONTH: Phrase("By month"),
}
MOST_ROWS = 10_000
"""Lines of a table."""
MOST_PLACES = 40
"""Bars of a chart; more can't be read."""
EXCERPT = 160
DELETED = Phrase("(deleted)")
HEAD = (
    Phrase("tagged at (UTC)"),
    Phrase("tag"),
    Phrase("tagged by"),
    Phrase("group"),
    Phrase("channel"),
    Phrase("client"),
    Phrase("written by"),
    Phrase("written at (UTC)"),
    Phrase("message"),
)
TITLES = {
    By.OPERATOR: Phrase("Tags by operator"),
    By.GROUP: Phrase("Tags by group"),
    By.CHANNEL: Phrase("Tags by channel"),
    By.DAY: Phrase("Tags by day"),
    By.WEEK: Phrase("Tags by week"),
    By.MONTH: Phrase("Tags by month"),
}
"""Over a chart."""


def counts(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Counts of tags, as a screen, a picture or a table."""
    view, wish = _wanted(tx, asked)
    sight = _sight(desk)
    if wish == "chart":
        return _chart(tx, desk, view, sight)
    if wish == "csv":
        return _table(tx, desk, view, sight)
    return Answer(screen=_screen(tx, view, sight))


def behind(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """The tagged messages behind one count."""
    view, _ = _wanted(tx, asked)
    found = tag_counts.tagged(tx, view, _sight(desk), limit=PAGE + 1, skip=(view.page - 1) * PAGE)
    back = replace(view, value=None, page=1)
    buttons = [*_pages(Verb.TAGGED, view, len(found) > PAGE), Button(Verb.TAGS, Phrase("Back"), back.token)]
    return Answer(
        screen=Screen(
            title=Phrase("Tagged messages"),
            intro=_headline(tx, view),
            rows=tuple(_message(tx, one) for one in found[:PAGE]),
            empty=Phrase("No message bears this tag in that time."),
            buttons=tuple(buttons),
        )
    )


def _wanted(tx: Tx, asked: Asked) -> tuple[View, str]:
    """What is looked at, by button or by words (``refund 90``). Raises ``StaleCard`` or ``UnknownTag``."""
    if asked.token:
        known = parse_view(asked.token)
        if known is None:
            raise StaleCard
        return known
    words = asked.words.split()
    view = View()
    if words and words[-1].isdecimal() and words[-1].isascii() and len(words[-1]) <= 4:
        view = replace(view, days=min(max(int(words.pop()), 1), tagging.LONGEST_PERIOD))
    name = " ".join(words).strip("“”\"'").lstrip("#")
    if not name:
        return view, ""
    tag = tags.find(tx, name)
    if tag is None:
        near = tagging.shown([one.name for one in tags.like(tx, name[:3], 3)])
        raise UnknownTag(name=name[:60], near=Phrase("Did you mean {names}?", names=near) if near else "")
    return replace(view, tag=tag.id, by=tagging.step(view.days)), ""


def _sight(desk: Desk) -> Sight:
    """The groups whose counts the operator sees (R3); None for all."""
    free = desk.operator.has(Permission.SUPER_ADMIN) or not desk.operator.groups
    return None if free else desk.operator.groups


def _headline(tx: Tx, view: View) -> str:
    period = Phrase("The last {n} day", "The last {n} days", n=view.days)
    parts: list[str] = [Phrase("Today") if view.days == 1 else period]
    if view.tag is not None:
        found = tags.by_ids(tx, [view.tag])
        parts.append(tagging.shown([one.name for one in found.values()]))
    if view.value is not None:
        parts.append(_names(tx, view.by, [view.value])[view.value])
    return joined(" · ", [part for part in parts if part])


def _screen(tx: Tx, view: View, sight: Sight) -> Screen:
    rows = _totals(tx, view, sight)
    whole = tag_counts.counts(tx, view, sight)
    times, on = (whole[0].times, whole[0].messages) if whole else (0, 0)
    names = _names(tx, view.by, [row.keys[0] for row in rows])
    start = (view.page - 1) * PAGE
    shown = rows[start : start + PAGE]
    return Screen(
        title=Phrase("Tags"),
        intro=Phrase(
            "{what} · {times} tagged, {n} message",
            "{what} · {times} tagged, {n} messages",
            what=_headline(tx, view),
            times=times,
            n=on,
        ),
        tabs=tuple(
            Button(Verb.TAGS, label, replace(view, by=by, page=1).token, "primary" if by is view.by else "")
            for by, label in LABELS.items()
            if by is not By.TAG or view.tag is None
        ),
        rows=tuple(_row(view, names, row) for row in shown),
        empty=Phrase("No message was tagged in that time."),
        buttons=(*_pages(Verb.TAGS, view, len(rows) > start + PAGE), *_under(view, bool(rows))),
    )


def _totals(tx: Tx, view: View, sight: Sight) -> list[Count]:
    """One count a row: by number, or oldest time last."""
    if view.by not in TIMES:
        return sorted(tag_counts.counts(tx, view, sight, view.by), key=lambda row: (-row.times, row.keys))
    found: dict[int, list[Count]] = {}
    for row in tag_counts.counts(tx, view, sight, By.DAY):
        found.setdefault(tagging.first_day(row.keys[0], view.by), []).append(row)
    merged = [
        Count((first,), sum(row.times for row in rows), sum(row.messages for row in rows), max(row.last for row in rows))
        for first, rows in found.items()
    ]
    return sorted(merged, key=lambda row: -row.keys[0])


def _names(tx: Tx, by: By, ids: Sequence[int]) -> dict[int, str]:
    if by in TIMES:
        return {one: tagging.time_words(one, by) for one in ids}
    known = tag_counts.names(tx, by, ids)
    return {one: f"#{known[one]}" if by is By.TAG else known[one] for one in ids if one in known} | {
        one: "?" for one in ids if one not in known
    }


def _row(view: View, names: Mapping[int, str], row: Count) -> Row:
    number = row.keys[0]
    buttons = [Button(Verb.TAGGED, Phrase("Messages"), replace(view, value=number, page=1).token)]
    if view.by is By.TAG:
        one = View(by=tagging.step(view.days), tag=number, days=view.days)
        buttons.insert(0, Button(Verb.TAGS, Phrase("Over time"), one.token))
    return Row(
        title=joined(" — ", [names[number], str(row.times)]),
        detail=Phrase("last {when}", when=clock_words(row.last)),
        buttons=tuple(buttons),
    )


def _under(view: View, some: bool) -> list[Button]:
    first = replace(view, page=1)
    buttons = [
        Button(Verb.TAGS, label, replace(first, days=days).token, "primary" if days == view.days else "")
        for days, label in PERIODS.items()
    ]
    if view.tag is not None:
        buttons.append(Button(Verb.TAGS, Phrase("All tags"), View(days=view.days).token))
    if some:
        buttons.append(Button(Verb.TAGS, Phrase("Chart"), f"{first.token}.chart"))
        buttons.append(Button(Verb.TAGS, Phrase("CSV"), f"{first.token}.csv"))
    return buttons


def _pages(verb: Verb, view: View, more: bool) -> list[Button]:
    found, by_time = [], verb is Verb.TAGGED
    if view.page > 1:
        found.append(Button(verb, Phrase("← Newer") if by_time else Phrase("← Previous"), view.at(view.page - 1).token))
    if more:
        found.append(Button(verb, Phrase("Older →") if by_time else Phrase("Next →"), view.at(view.page + 1).token))
    return found


def _message(tx: Tx, one: Tagged) -> Row:
    jumps = [
        Jump(home.platform, home.chat, home.thread) for home in mirrors.of_conversation(tx, one.conversation_id) if home.thread
    ]
    words = list(graphemes(" ".join(one.body.to_plain().split()) or "…"))
    said = "".join(words[:EXCERPT]) + ("…" if len(words) > EXCERPT else "")
    who = one.client if one.author == one.client else Phrase("{author} to {client}", author=one.author, client=one.client)
    return Row(
        title=joined(": ", [who, DELETED if one.gone else said]),
        detail=Phrase(
            "#{tag} · by {operator}, {when} · {group} · {channel}",
            tag=one.tag,
            operator=one.operator,
            when=clock_words(one.at),
            group=one.group,
            channel=one.channel,
        ),
        jumps=tuple(jumps),
    )


# Files ---------------------------------------------------------------------------------------------------------------


def _chart(tx: Tx, desk: Desk, view: View, sight: Sight) -> Answer:
    """A picture, drawn when it is sent; it comes in private."""
    drawn = chart_of(tx, view, sight)
    if not drawn.series:
        return Answer(Phrase("There is nothing to draw: no message was tagged in that time."), refused=True)
    desk.journal(tx, "asked for a chart of tags", days=view.days)
    drawn = in_language(drawn, team.language_of(tx, desk.operator))  # it is kept as it is to be read
    name = f"tags-{_stamp(tx.now)}.png"
    return send_file(tx, desk, name, "image/png", drawn, caption=_headline(tx, view), what=Phrase("chart"))


def chart_of(tx: Tx, view: View, sight: Sight) -> Chart:
    """The view's counts as a chart: over time, or for each operator, group or channel."""
    over_time = view.by in TIMES or view.by is By.TAG
    by = tagging.step(view.days) if view.by is By.TAG else view.by
    rows = tag_counts.counts(tx, view, sight, By.DAY if over_time else by, By.TAG)
    counted: dict[tuple[int, int], int] = {}
    for row in rows:
        place = tagging.first_day(row.keys[0], by) if over_time else row.keys[0]
        counted[place, row.keys[1]] = counted.get((place, row.keys[1]), 0) + row.times
    if over_time:
        places = tagging.axis(view, tx.now, by)[-10 * MOST_PLACES :]
    else:
        totals: dict[int, int] = {}
        for (place, _), number in counted.items():
            totals[place] = totals.get(place, 0) + number
        places = sorted(totals, key=lambda place: -totals[place])[:MOST_PLACES]
    counted = {key: number for key, number in counted.items() if key[0] in set(places)}
    known = tags.by_ids(tx, {tag for _, tag in counted})
    names = {one.id: one.name for one in known.values()}
    return tagging.chart(TITLES[by], _headline(tx, view), _names(tx, by, places), names, counted)


def _table(tx: Tx, desk: Desk, view: View, sight: Sight) -> Answer:
    """One line for each tag on each message."""
    found = tag_counts.tagged(tx, replace(view, value=None), sight, limit=MOST_ROWS + 1)
    if not found:
        return Answer(Phrase("There is nothing to list: no message was tagged in that time."), refused=True)
    desk.journal(tx, "asked for a table of tags", days=view.days)
    caption = _headline(tx, view)
    if len(found) > MOST_ROWS:
        less = Phrase("only the newest {most} lines; ask for fewer days to see the others", most=MOST_ROWS)
        caption = joined(" · ", [caption, less])
    content = table_of(found[:MOST_ROWS], team.language_of(tx, desk.operator))
    return send_file(tx, desk, f"tags-{_stamp(tx.now)}.csv", "text/csv", content, caption=caption, what=Phrase("table"))


def table_of(found: Sequence[Tagged], language: str = ENGLISH) -> bytes:
    """The lines as CSV in UTF-8 with a mark, which spreadsheets want; no cell is a formula (F54)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(in_language(HEAD, language))
    for one in found:
        line = (
            *(_time(one.at), one.tag, one.operator, one.group, one.channel, one.client, one.author, _time(one.said_at)),
            in_language(DELETED, language) if one.gone else one.body.to_plain(),
        )
        writer.writerow([cell(value) for value in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _time(moment: Moment) -> str:
    return f"{datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _stamp(now: Moment) -> str:
    return f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%d}"


DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.TAGS: counts, Verb.TAGGED: behind}
