"""Channels and their groups; which platform makes us wait; how much there is to do. Nothing here names a client."""

from __future__ import annotations

import re

from bot.commands.admin_book import example, one_named, paged, put, row_in, some
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Desk
from bot.domain import team_words
from bot.domain.actions import Button, Verb
from bot.domain.errors import BadCallback, Incomplete, StaleCard, UnknownChannel, UnknownGroup
from bot.domain.screen import ChoiceField, Form, Option, Row, Screen, TextField
from bot.store import entries, figures, secrets, workload
from bot.store.entries import Facts
from bot.store.uow import Tx

_CALLBACK = re.compile(r"https?://[^\s/@?#]+(/[^\s#]*)?")
EXAMPLE = "channel site group=Sales"
PORTS = {
    "slack": "Slack",
    "telegram-desk": "Telegram forums",
    "telegram-channel": "Telegram clients",
    "widget": "Website chat",
    "whatsapp": "WhatsApp",
    "http": "HTTP channel",
}
SCOPES = {"post": "posts", "update": "edits", "edit": "edits", "react": "reactions", "account": "everything"}
DESK_PORTS = frozenset({"slack", "telegram-desk"})
TABS = {"unassigned": "Unassigned", "inbox": "in an inbox", "closed": "Closed"}
WAYS = {"in": "from clients", "out": "to clients", "note": "notes"}


def channels(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """The list; with words one channel's form, or its group in one line."""
    rows = {number: one for number, one in entries.rows(tx, "channel").items() if one["active"]}
    if not asked.words:
        return _channels(tx, rows, asked.token)
    line = team_words.read(asked.words, {"group": "group", "callback": "callback"}, example(desk, EXAMPLE))
    number = next((one for one, has in rows.items() if line.head.casefold() in (has["name"], _called(has).casefold())), None)
    if number is None:
        known = ", ".join(_called(one) for one in rows.values()) or "none"
        raise UnknownChannel(name=team_words.short(line.head), known=known)
    if "callback" in line.given:
        return _call(tx, desk, number, rows[number], line.given["callback"])
    if "group" not in line.given:
        return Answer(form=_form(tx, number, rows[number]))
    group = one_named(_groups(tx), line.given["group"])
    if group is None:
        known = ", ".join(sorted(one["name"] for one in _groups(tx).values()))
        raise UnknownGroup(name=team_words.short(line.given["group"]), known=known)
    return _move(tx, desk, number, rows[number], group)


def channel(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """A form to change a channel's group, or what was filled in."""
    number, has, _ = row_in(tx, "channel", asked.token)
    if asked.values is None:
        return Answer(form=_form(tx, number, has))
    group = asked.value("group")
    if not group:
        raise Incomplete(what="Which group?", example=example(desk, EXAMPLE)).beside("group")
    if not group.isdecimal() or int(group) not in _groups(tx):
        raise StaleCard
    moved = _move(tx, desk, number, has, int(group))
    if has["kind"] != "http" or asked.value("callback") == has["callback"]:
        return moved
    return _call(tx, desk, number, has, asked.value("callback"))


def _channels(tx: Tx, rows: dict[int, Facts], page: str) -> Answer:
    groups = entries.rows(tx, "group")
    shown = [
        Row(
            title=_called(one),
            detail=f"new conversations go to {groups[one['group']]['name']}",
            buttons=(Button(Verb.CHANNEL, "Change…", str(number)),),
        )
        for number, one in rows.items()
    ]
    return Answer(screen=paged("Channels", "", shown, page, Verb.CHANNELS, empty="There is no channel."))


def _form(tx: Tx, number: int, has: Facts) -> Form:
    groups = tuple(Option(str(one), facts["name"]) for one, facts in _groups(tx).items())
    field = ChoiceField(name="group", label="Its new conversations go to", options=groups[:100], chosen=(str(has["group"]),))
    if has["kind"] != "http":
        return Form(verb=Verb.CHANNEL, token=str(number), title="Channel", intro=_called(has), fields=(field,))
    secret = secrets.channel_secret(secrets.shared(tx, secrets.HTTP), has["name"])
    callback = TextField(
        name="callback", label="Callback", value=has["callback"], hint="Where answers go, https://…", optional=True, longest=500
    )
    intro = f"{_called(has)}. Its secret, for signatures: {secret}"
    return Form(verb=Verb.CHANNEL, token=str(number), title="Channel", intro=intro, fields=(field, callback))


def _call(tx: Tx, desk: Desk, number: int, has: Facts, address: str) -> Answer:
    """Set where the answers of an HTTP channel go. Raises ``BadCallback``."""
    wanted = address.strip()
    if has["kind"] != "http" or (wanted and not _CALLBACK.fullmatch(wanted)):
        raise BadCallback().beside("callback")
    entries.lock(tx)
    put(tx, desk, "channel", number, {"callback": wanted}, _called(has))
    return Answer(f"Answers of {_called(has)} go to {wanted} from now on." if wanted else f"Answers of {_called(has)} wait.")


def _move(tx: Tx, desk: Desk, number: int, has: Facts, group: int) -> Answer:
    entries.lock(tx)
    name = _groups(tx)[group]["name"]
    done = put(tx, desk, "channel", number, {"group": group}, _called(has))
    if not done:
        return Answer(f"New conversations of {_called(has)} go to {name} already.")
    return Answer(f"New conversations of {_called(has)} go to {name} from now on. Those there are stay where they are.")


def _groups(tx: Tx) -> dict[int, Facts]:
    return {number: one for number, one in entries.rows(tx, "group").items() if one["active"]}


def _called(one: Facts) -> str:
    return f"{one['kind']} {one['name']}"


def limits(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Which platform makes us wait and why, and how much waits."""
    found = figures.collect(tx)
    rows = [
        Row(title=_scope(tx, key), detail=f"waits {_seconds(until - tx.now)} more: {reason or 'the platform asked for it'}")
        for key, until, reason in sorted(found.waits)
    ]
    for port, lanes, since in workload.waiting_lanes(tx):
        rows.append(
            Row(
                title=PORTS.get(port, port),
                detail=f"{some(lanes, 'thread')} or chats wait, the longest {_seconds(tx.now - since)}",
            )
        )
    updates, deliveries = found.updates, found.deliveries
    intro = (
        f"To read: {some(updates['pending'], 'update')} ({updates['parked']} parked, {updates['dead']} failed).\n"
        f"To send: {some(deliveries['pending'] + deliveries['sending'], 'delivery')} ({deliveries['dead']} failed)."
    )
    again = Button(Verb.LIMITS, "Look again", "now")
    return Answer(screen=Screen(title="Limits", intro=intro, rows=tuple(rows), empty="Nothing waits.", buttons=(again,)))


def _scope(tx: Tx, key: str) -> str:
    """A scope as words. Clients' chats are not named: their ids can be telephone numbers (F73)."""
    port, _, rest = key.partition(":")
    chat, _, kind = rest.rpartition(":")
    what = SCOPES.get(kind, kind)
    if chat in ("", "account"):
        return f"{PORTS.get(port, port)}: {what}"
    groups = entries.rows(tx, "group")
    desks = {one["chat"]: groups[one["group"]]["name"] for one in entries.rows(tx, "desk").values()}
    where = f"{desks.get(chat, 'private chats')} ({chat})" if port in DESK_PORTS and chat in desks else "one chat"
    return f"{PORTS.get(port, port)}, {where}: {what}"


def _seconds(ms: int) -> str:
    return team_words.duration_words(max(1, -(-ms // 1000)), 1)


def stats(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """How many conversations by tab, group and operator, and the messages of the last day."""
    shares, day = figures.shares(tx), figures.last_day(tx)
    total = {status: sum(one.statuses[status] for one in shares) for status in TABS}
    listed = (
        f"{some(sum(total.values()), 'conversation')}: {_counted(total)}, {workload.blacklisted(tx)} of them on the black list"
    )
    intro = f"{listed}\nMessages of the last 24 hours: " + ", ".join(f"{day[way]} {said}" for way, said in WAYS.items())
    rows = [Row(title=one.group, detail=_counted(one.statuses)) for one in shares]
    rows += [Row(title=name, detail=f"{number} in My inbox") for name, number in workload.inboxes(tx)]
    again = Button(Verb.STATS, "Look again", "now")
    return Answer(screen=paged("Statistics", intro, rows, asked.token, Verb.STATS, again, empty="Nothing yet."))


def _counted(statuses: dict[str, int]) -> str:
    return ", ".join(f"{statuses[status]} {said}" for status, said in TABS.items())
