"""What the clock does (R110): reminders, returning, closing, the away message, the digest, notices that waited.

``plan`` looks at what is true now and enters what is due; ``act`` takes one entry and does it, in one transaction, after a
second look: several clocks, and one that was away, do each thing once. The work of a day costs a client's message nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.commands import window
from bot.commands.notice import WAITING, notify, port_of, tell_gathered
from bot.domain import conversation as moves
from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.group_settings import GroupSettings
from bot.domain.hours import day_before, next_time
from bot.domain.ids import Moment
from bot.domain.people import Group, Signature
from bot.domain.phrase import Phrase, joined
from bot.domain.reminders import (
    digest_minutes,
    hours_of,
    must_close,
    must_remind,
    must_return,
    spoken,
    waited,
)
from bot.domain.text import RichText
from bot.domain.times import clock_words
from bot.languages import in_language
from bot.store import colleagues, conversations, due, journal, messages, mirrors, outbox, spread, team, waits
from bot.store.due import Due
from bot.store.outbox import Delivery
from bot.store.uow import Tx
from bot.store.waits import Waiting

DAY_MS = 24 * 3_600_000
CLOCK = "relaydesk"
"""Who did it, in the journal."""
REMIND, RETURN, CLOSE, AWAY, DIGEST = "remind", "return", "close", "away", "digest"
KINDS = (REMIND, RETURN, CLOSE, AWAY, DIGEST)


def plan(tx: Tx) -> list[Due]:
    """What is due by now and is not entered yet. It only reads; nothing but one small look when no group has a rule."""
    rules = {number: one for number, one in team.group_settings(tx).items() if _ruled(one)}
    if not rules:
        return []
    standing = due.standing(tx, KINDS)
    wanted = [one for number, settings in rules.items() for one in _digest_due(tx, number, settings)]
    watched = [number for number, one in rules.items() if one.reminder_minutes or one.return_minutes or _idles(one)]
    for waiting in waits.of_groups(tx, watched) if watched else []:
        wanted += _due_for(tx, waiting, rules[waiting.group_id])
    return [one for one in wanted if one.key not in standing or (one.replaces and standing[one.key] != one.payload)]


def _ruled(settings: GroupSettings) -> bool:
    timed = settings.reminder_minutes or settings.return_minutes or _idles(settings)
    return bool(timed) or digest_minutes(settings) is not None


def _idles(settings: GroupSettings) -> bool:
    return bool(settings.close_minutes or (settings.away_text and settings.hours))


def _due_for(tx: Tx, waiting: Waiting, settings: GroupSettings) -> list[Due]:
    """The entries of one conversation. Keys name what they are about, a wait or a closed period: the next one has its own."""
    wait, number = waiting.wait, waiting.conversation_id

    def entry(kind: str, since: Moment | None, **more: Any) -> Due:
        payload = {"since": since, **more}
        key = f"{kind}:{number}:{since}"
        return Due(kind=kind, at=tx.now, key=key, conversation_id=number, group_id=waiting.group_id, payload=payload)

    found: list[Due] = []
    if must_remind(settings, wait, tx.now, 0):
        found.append(entry(REMIND, wait.waiting_since, given=0))
    if must_return(settings, wait, tx.now):
        found.append(entry(RETURN, wait.status_since))
    if must_close(settings, wait, tx.now):
        found.append(entry(CLOSE, wait.status_since))
    since = _told_away_since(settings, waiting, tx.now)
    if since is not None:
        found.append(entry(AWAY, since))
    return found


def act(tx: Tx, row_id: int) -> None:
    """Take one entry and do what is right now; nothing when somebody else has it."""
    item = due.take(tx, row_id)
    if item is None:
        return
    if item.kind == WAITING:
        if item.operator_id is not None:
            tell_gathered(tx, item.operator_id)
        return
    following = _ACTS[item.kind](tx, item) if item.kind in _ACTS else None
    if following is None:
        due.done(tx, [item.id])
    else:
        due.again(tx, item.id, *following)


Following = tuple[Moment, Mapping[str, Any]] | None
"""When to look at the entry again, and what to remember till then; None when it is over."""


def _current(tx: Tx, item: Due) -> tuple[Waiting, Conversation, GroupSettings] | None:
    """The conversation as it is now, locked, if it is still open."""
    if item.conversation_id is None:
        return None
    conversation = conversations.by_id(tx, item.conversation_id)
    waiting = waits.of_conversation(tx, conversation.id)
    return (waiting, conversation, team.settings_of(tx, conversation.group_id)) if waiting is not None else None


# Reminders -----------------------------------------------------------------------------------------------------------


def _remind(tx: Tx, item: Due) -> Following:
    current = _current(tx, item)
    given = int(item.payload["given"])
    if current is None or current[0].wait.waiting_since != item.payload["since"]:
        return None
    waiting, conversation, settings = current
    if not settings.reminder_minutes:
        return None
    if must_remind(settings, waiting.wait, tx.now, given):
        given += 1
        long = spoken(waited(waiting.since or tx.now, tx.now, hours_of(settings)))
        _say_who_waits(tx, waiting, conversation, long, given)
    return _look_later(settings, tx.now, given), {**item.payload, "given": given}


def _look_later(settings: GroupSettings, now: Moment, given: int) -> Moment:
    """With growing distance: two limits after the first, four after the second, and when there were three, only to tidy up."""
    return Moment(now + min(DAY_MS, 2**given * settings.reminder_minutes * 60_000))


def _say_who_waits(tx: Tx, waiting: Waiting, conversation: Conversation, long: str, given: int) -> None:
    """In private to who has it; in the threads when nobody has, or he can't be reached."""
    told = False
    if waiting.operator_id is not None and conversation.status is Status.INBOX:
        words = Phrase("⏰ {client} has been waiting for {long}.", client=waiting.client, long=long)
        told = notify(tx, waiting.operator_id, words, about=conversation.id)
    if not told:
        name = team.name_of(tx, waiting.operator_id) if conversation.status is Status.INBOX else ""
        _note(tx, conversation, _who_waits(waiting.client, long, name))
    _journal(tx, conversation, "reminded", number=given, waited=long)


def _who_waits(client: str, long: str, name: str) -> Phrase:
    if name:
        return Phrase(
            "⏰ {client} has been waiting for {long}. {name} has this conversation.", client=client, long=long, name=name
        )
    return Phrase("⏰ {client} has been waiting for {long}. Nobody has this conversation yet.", client=client, long=long)


# Returning and closing ------------------------------------------------------------------------------------------------


def _return(tx: Tx, item: Due) -> Following:
    current = _current(tx, item)
    if current is None:
        return None
    waiting, conversation, settings = current
    why = must_return(settings, waiting.wait, tx.now)
    if not why:
        return None
    name = team.name_of(tx, waiting.operator_id)
    moved = moves.give_back(conversation, tx.now)
    conversations.save(tx, moved)
    _journal(
        tx, moved, "returned by the clock", before=conversation.status.value, after=moved.status.value, operator=name, why=why
    )
    spread.refresh_cards(tx, moved)
    _note(tx, moved, Phrase("⏪ Back in Unassigned: {name} {why}.", name=name, why=why))
    return None


def _close(tx: Tx, item: Due) -> Following:
    current = _current(tx, item)
    if current is None or not must_close(current[2], current[0].wait, tx.now):
        return None
    waiting, conversation, settings = current
    long = spoken(tx.now - max(waiting.wait.idle_since or 0, waiting.wait.status_since))
    moved = moves.run_out(conversation, tx.now)
    tells = bool(settings.close_text) and window.is_open(tx, moved)
    if tells:
        moved = _tell_client(tx, moved, settings.close_text)
    conversations.save(tx, moved)
    _journal(tx, moved, "closed when idle", before=conversation.status.value, after=moved.status.value, idle=long)
    spread.refresh_cards(tx, moved)
    words = Phrase("💤 Closed: nothing was said for {long}.", long=long)
    told = Phrase("The client was told: “{words}”", words=settings.close_text)
    _note(tx, moved, joined(" ", [words, told]) if tells else words)
    spread.topic_state(tx, moved, closed=True)
    return None


# Outside business hours -----------------------------------------------------------------------------------------------


def _told_away_since(settings: GroupSettings, waiting: Waiting, now: Moment) -> Moment | None:
    """The closed period in which this client wrote and is to be told that we are away; None when he is not."""
    hours = hours_of(settings)
    if not settings.away_text or hours is None or waiting.wait.waiting_since is None or hours.is_open(now):
        return None
    since = hours.closed_since(now)
    return since if waiting.last_message_at is not None and waiting.last_message_at >= since else None


def _away(tx: Tx, item: Due) -> Following:
    """Told once in a closed period; the entry stands until it ends."""
    current = _current(tx, item)
    since = _told_away_since(current[2], current[0], tx.now) if current is not None else None
    if current is None or since is None or since != item.payload["since"]:
        return None
    if not item.payload.get("told"):
        _, conversation, settings = current
        conversations.save(tx, _tell_client(tx, conversation, settings.away_text))
        _journal(tx, conversation, "told that we are away")
        _note(tx, conversation, Phrase("🌙 Outside business hours, so the client was told: “{words}”", words=settings.away_text))
    hours = hours_of(current[2])
    return (hours.opens(tx.now) if hours else tx.now), {"since": since, "told": True}


def _tell_client(tx: Tx, conversation: Conversation, text: str) -> Conversation:
    """Words of the group to the client. They are no operator's answer: who waited still waits, and the card says so (R12)."""
    said = moves.speak_for_group(conversation)
    group = team.group_by_id(tx, conversation.group_id)
    body = RichText.plain(text)
    message_id = messages.add(
        tx,
        conversation_id=said.id,
        seq=said.last_seq,
        direction=Direction.OUT,
        author=group.name,
        shown_as=_signed(group),
        body=body,
        at=tx.now,
    )
    if message_id is not None:
        spread.to_client(tx, said, team.channel_by_id(tx, said.channel_id).kind, message_id, body)
    return said


def _signed(group: Group) -> str:
    return "" if group.signature is Signature.NONE else group.name


# The digest -----------------------------------------------------------------------------------------------------------


def _digest_due(tx: Tx, number: Any, settings: GroupSettings) -> list[Due]:
    minutes, hours = digest_minutes(settings), hours_of(settings)
    if minutes is None:
        return []
    zone = hours.zone if hours else None
    rule = {"at": settings.digest_at, "zone": zone.key if zone else "UTC"}
    return [
        Due(
            kind=DIGEST,
            at=next_time(minutes, zone, tx.now),
            key=f"{DIGEST}:{number}",
            group_id=number,
            payload=rule,
            replaces=True,
        )
    ]


def _digest(tx: Tx, item: Due) -> Following:
    if item.group_id is None:
        return None
    settings, group = team.settings_of(tx, item.group_id), team.group_by_id(tx, item.group_id)
    minutes, hours = digest_minutes(settings), hours_of(settings)
    if minutes is None:
        return None
    zone = hours.zone if hours else None
    found = waits.digest(tx, item.group_id, *day_before(zone, tx.now))
    text = _digest_words(group, found, tx.now)
    homes = team.desks_of(tx, item.group_id)
    for one in [] if homes else colleagues.active(tx, (item.group_id,)):
        notify(tx, one.id, text)
    for home in homes:
        lane = f"{home.port}:{home.chat}:digest"
        payload = {"text": in_language(text, settings.language), "thread": "", "language": settings.language}
        outbox.queue(tx, Delivery(lane=lane, port=port_of(home.platform), chat=home.chat, op="notice", payload=payload))
    journal.add(tx, "digest", who=CLOCK, way="system", group=group.name, unassigned=found.unassigned, closed=found.closed)
    return next_time(minutes, zone, tx.now), item.payload


def _digest_words(group: Group, found: waits.Digest, now: Moment) -> str:
    text = Phrase(
        "🗓 {group}: {unassigned} unassigned, {in_progress} in progress, {closed} closed yesterday.",
        group=group.badge,
        unassigned=found.unassigned,
        in_progress=found.in_progress,
        closed=found.closed,
    )
    if found.longest is None:
        return text
    name, since = found.longest
    longest = Phrase(
        "Waiting longest: {name}, for {long} (since {time}).", name=name, long=spoken(now - since), time=clock_words(since)
    )
    return joined(" ", [text, longest])


def _note(tx: Tx, conversation: Conversation, words: str) -> None:
    for mirror in mirrors.of_conversation(tx, conversation.id):
        spread.notice(tx, mirror, words)


def _journal(tx: Tx, conversation: Conversation, what: str, **details: Any) -> None:
    journal.add(tx, what, who=CLOCK, way="system", conversation_id=conversation.id, **details)


_ACTS: dict[str, Callable[[Tx, Due], Following]] = {
    REMIND: _remind,
    RETURN: _return,
    CLOSE: _close,
    AWAY: _away,
    DIGEST: _digest,
}
