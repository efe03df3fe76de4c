"""Channels and their groups; which platform makes us wait; how much there is to do. Nothing here names a client."""

from __future__ import annotations

import re

from bot.commands.admin_book import example, known, one_named, paged, put, row_in
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Desk
from bot.domain import team_words
from bot.domain.actions import Button, Verb
from bot.domain.errors import BadCallback, Incomplete, StaleCard, UnknownChannel, UnknownGroup
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import ChoiceField, Form, Option, Row, Screen, TextField
from bot.store import entries, figures, secrets, workload
from bot.store.entries import Facts
from bot.store.uow import Tx

_CALLBACK = re.compile(r"https?://[^\s/@?#]+(/[^\s#]*)?")
EXAMPLE = "channel site group=Sales"
PORTS = {
    "slack": "Slack",
    "telegram-desk": Phrase("Telegram forums"),
    "telegram-channel": Phrase("Telegram clients"),
    "widget": Phrase("Website chat"),
    "whatsapp": "WhatsApp",
    "http": Phrase("HTTP channel"),
}
SCOPES = {
    "post": Phrase("posts"),
    "update": Phrase("edits"),
    "edit": Phrase("edits"),
    "react": Phrase("reactions"),
    "account": Phrase("everything"),
}
DESK_PORTS = frozenset({"slack", "telegram-desk"})
STATUSES = ("unassigned", "inbox", "closed")


def channels(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """The list; with words one channel's form, or its group in one line."""
    rows = {number: one for number, one in entries.rows(tx, "channel").items() if one["active"]}
    if not asked.words:
        return _channels(tx, rows, asked.token)
    line = team_words.read(asked.words, {"group": "group", "callback": "callback"}, example(desk, EXAMPLE))
    number = next((one for one, has in rows.items() if line.head.casefold() in (has["name"], _called(has).casefold())), None)
    if number is None:
        every = ", ".join(_called(one) for one in rows.values()) or Phrase("none")
        raise UnknownChannel(name=team_words.short(line.head), known=every)
    if "callback" in line.given:
        return _call(tx, desk, number, rows[number], line.given["callback"])
    if "group" not in line.given:
        return Answer(form=_form(tx, number, rows[number]))
    group = one_named(_groups(tx), line.given["group"])
    if group is None:
        raise UnknownGroup(name=team_words.short(line.given["group"]), known=known(_groups(tx).values()))
    return _move(tx, desk, number, rows[number], group)


def channel(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """A form to change a channel's group, or what was filled in."""
    number, has, _ = row_in(tx, "channel", asked.token)
    if asked.values is None:
        return Answer(form=_form(tx, number, has))
    group = asked.value("group")
    if not group:
        raise Incomplete(what=Phrase("Which group?"), example=example(desk, EXAMPLE)).beside("group")
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
            detail=Phrase("new conversations go to {group}", group=groups[one["group"]]["name"]),
            buttons=(Button(Verb.CHANNEL, Phrase("Change…"), str(number)),),
        )
        for number, one in rows.items()
    ]
    return Answer(screen=paged(Phrase("Channels"), "", shown, page, Verb.CHANNELS, empty=Phrase("There is no channel.")))


def _form(tx: Tx, number: int, has: Facts) -> Form:
    groups = tuple(Option(str(one), facts["name"]) for one, facts in _groups(tx).items())
    asks, chosen = Phrase("Its new conversations go to"), (str(has["group"]),)
    field = ChoiceField(name="group", label=asks, options=groups[:100], chosen=chosen)
    if has["kind"] != "http":
        return Form(verb=Verb.CHANNEL, token=str(number), title=Phrase("Channel"), intro=_called(has), fields=(field,))
    secret = secrets.channel_secret(secrets.shared(tx, secrets.HTTP), has["name"])
    callback = TextField(
        name="callback",
        label=Phrase("Callback"),
        value=has["callback"],
        hint=Phrase("Where answers go, https://…"),
        optional=True,
        longest=500,
    )
    intro = Phrase("{channel}. Its secret, for signatures: {secret}", channel=_called(has), secret=secret)
    return Form(verb=Verb.CHANNEL, token=str(number), title=Phrase("Channel"), intro=intro, fields=(field, callback))


def _call(tx: Tx, desk: Desk, number: int, has: Facts, address: str) -> Answer:
    """Set where the answers of an HTTP channel go. Raises ``BadCallback``."""
    wanted = address.strip()
    if has["kind"] != "http" or (wanted and not _CALLBACK.fullmatch(wanted)):
        raise BadCallback().beside("callback")
    entries.lock(tx)
    put(tx, desk, "channel", number, {"callback": wanted}, _called(has))
    if wanted:
        return Answer(Phrase("Answers of {channel} go to {address} from now on.", channel=_called(has), address=wanted))
    return Answer(Phrase("Answers of {channel} wait.", channel=_called(has)))


def _move(tx: Tx, desk: Desk, number: int, has: Facts, group: int) -> Answer:
    entries.lock(tx)
    name = _groups(tx)[group]["name"]
    done = put(tx, desk, "channel", number, {"group": group}, _called(has))
    if not done:
        return Answer(Phrase("New conversations of {channel} go to {group} already.", channel=_called(has), group=name))
    words = Phrase(
        "New conversations of {channel} go to {group} from now on. Those there are stay where they are.",
        channel=_called(has),
        group=name,
    )
    return Answer(words)


def _groups(tx: Tx) -> dict[int, Facts]:
    return {number: one for number, one in entries.rows(tx, "group").items() if one["active"]}


def _called(one: Facts) -> str:
    return f"{one['kind']} {one['name']}"


def limits(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Which platform makes us wait and why, and how much waits."""
    found = figures.collect(tx)
    rows = [Row(title=_scope(tx, key), detail=_wait(until - tx.now, reason)) for key, until, reason in sorted(found.waits)]
    for port, lanes, since in workload.waiting_lanes(tx):
        waits = Phrase(
            "{n} thread or chats wait, the longest {time}",
            "{n} threads or chats wait, the longest {time}",
            n=lanes,
            time=_seconds(tx.now - since),
        )
        rows.append(Row(title=PORTS.get(port, port), detail=waits))
    intro = joined("\n", [_to_read(found.updates), _to_send(found.deliveries)])
    again = Button(Verb.LIMITS, Phrase("Look again"), "now")
    shown = Screen(title=Phrase("Limits"), intro=intro, rows=tuple(rows), empty=Phrase("Nothing waits."), buttons=(again,))
    return Answer(screen=shown)


def _wait(ms: int, reason: str) -> Phrase:
    why = reason or Phrase("the platform asked for it")
    return Phrase("waits {time} more: {why}", time=_seconds(ms), why=why)


def _to_read(updates: dict[str, int]) -> Phrase:
    return Phrase(
        "To read: {n} update ({parked} parked, {failed} failed).",
        "To read: {n} updates ({parked} parked, {failed} failed).",
        n=updates["pending"],
        parked=updates["parked"],
        failed=updates["dead"],
    )


def _to_send(deliveries: dict[str, int]) -> Phrase:
    return Phrase(
        "To send: {n} delivery ({failed} failed).",
        "To send: {n} deliveries ({failed} failed).",
        n=deliveries["pending"] + deliveries["sending"],
        failed=deliveries["dead"],
    )


def _scope(tx: Tx, key: str) -> str:
    """A scope as words. Clients' chats are not named: their ids can be telephone numbers (F73)."""
    port, _, rest = key.partition(":")
    chat, _, kind = rest.rpartition(":")
    what = SCOPES.get(kind, kind)
    if chat in ("", "account"):
        return joined(": ", [PORTS.get(port, port), what])
    groups = entries.rows(tx, "group")
    desks = {one["chat"]: groups[one["group"]]["name"] for one in entries.rows(tx, "desk").values()}
    where = f"{desks[chat]} ({chat})" if port in DESK_PORTS and chat in desks else Phrase("one chat")
    return joined(": ", [joined(", ", [PORTS.get(port, port), where]), what])


def _seconds(ms: int) -> str:
    return team_words.duration_said(max(1, -(-ms // 1000)))


def stats(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """How many conversations by tab, group and operator, and the messages of the last day."""
    shares, day = figures.shares(tx), figures.last_day(tx)
    total = {status: sum(one.statuses[status] for one in shares) for status in STATUSES}
    listed = Phrase(
        "{n} conversation: {counted}, {listed} of them on the black list",
        "{n} conversations: {counted}, {listed} of them on the black list",
        n=sum(total.values()),
        counted=_counted(total),
        listed=workload.blacklisted(tx),
    )
    said = Phrase(
        "Messages of the last 24 hours: {received} from clients, {sent} to clients, {notes} notes",
        received=day["in"],
        sent=day["out"],
        notes=day["note"],
    )
    rows = [Row(title=one.group, detail=_counted(one.statuses)) for one in shares]
    rows += [Row(title=name, detail=Phrase("{number} in My inbox", number=number)) for name, number in workload.inboxes(tx)]
    again, intro = Button(Verb.STATS, Phrase("Look again"), "now"), joined("\n", [listed, said])
    shown = paged(Phrase("Statistics"), intro, rows, asked.token, Verb.STATS, again, empty=Phrase("Nothing yet."))
    return Answer(screen=shown)


def _counted(statuses: dict[str, int]) -> Phrase:
    return Phrase(
        "{unassigned} Unassigned, {inbox} in an inbox, {closed} Closed",
        unassigned=statuses["unassigned"],
        inbox=statuses["inbox"],
        closed=statuses["closed"],
    )
