"""One turn of the relay, in one transaction: settle what came back, claim what is due, begin what may go.

Everything is done in bulk, so that a turn for two hundred lanes costs little more than one for two.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import structlog

from bot.delivery import effects
from bot.delivery.limits import Limits
from bot.delivery.pack import Packer
from bot.delivery.ports import Ambiguous, OpenTopic, Outcome, Parcel, Permanent, Retry, Sent, Unsupported
from bot.delivery.posts import NotYet, Refused, Void
from bot.domain.capabilities import DESKS
from bot.domain.phrase import Phrase
from bot.domain.privacy import masked_scope
from bot.languages import in_language
from bot.store import buckets, lanes, mirrors, spread
from bot.store.buckets import Bucket, Window
from bot.store.lanes import Head, Lane
from bot.store.uow import Tx

log = structlog.get_logger(__name__)
LEASE_MS = 30_000
ATTEMPTS = 8
"""Tries of one delivery that fails for reasons of its own, before it is dead. Outages and 429 are not counted."""
JOIN_AT_MOST = 40
NOT_YET_MS = 300
DAY_MS = 24 * 3_600_000
ENDS = frozenset({"sent", "unconfirmed", "dead", "cancelled", "retried"})


@dataclass(frozen=True, slots=True)
class Begun:
    """A parcel to deliver now. ``heads`` go in one post. ``unsure``: it may have arrived already, look first if you can.

    ``probing``: its scope has failed lately, and this one goes ahead to see whether that is over.
    """

    lane: Lane
    heads: tuple[Head, ...]
    parcel: Parcel
    lease_until: int
    windows: tuple[Window, ...]
    unsure: bool
    probing: bool = False

    @property
    def port(self) -> str:
        """Whose it is."""
        return self.lane.port


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a parcel. ``doubtful``: it was sent again without knowing whether the first had arrived."""

    begun: Begun
    outcome: Outcome
    doubtful: bool = False


@dataclass(slots=True)
class Plan:
    """What a turn writes about lanes and deliveries, gathered to be written in bulk."""

    finish: list[tuple[Head, int, str, str | None]] = field(default_factory=list)
    again: list[tuple[Head, int, str, int, str, int | None]] = field(default_factory=list)
    advance: list[tuple[str, int, int, int]] = field(default_factory=list)
    rest: list[tuple[str, int, int, bool]] = field(default_factory=list)
    going_on: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn gave: parcels to deliver, each once, and when the next is due if there were none (milliseconds)."""

    begun: list[Begun]
    next_due: int | None


def turn(tx: Tx, owner: str, results: Sequence[Result], capacity: int, limits: Limits) -> Turn:
    """Settle ``results``, then begin up to ``capacity`` parcels."""
    plan = _settle_all(tx, results)
    mine = lanes.held(tx, owner, plan.going_on) if plan.going_on else []
    mine += lanes.claim(tx, owner, capacity - len(mine), LEASE_MS)
    begun = _begin(tx, mine, limits)
    return Turn(begun, None if begun else lanes.next_due(tx))


def settle(tx: Tx, owner: str, results: Sequence[Result]) -> None:
    """Settle ``results`` and let go of their lanes: begin nothing, since nobody would deliver it."""
    plan = _settle_all(tx, results)
    free = lanes.held(tx, owner, plan.going_on)
    lanes.rest(tx, [(lane.key, lane.fence, tx.now, lane.pressed) for lane in free])


def _settle_all(tx: Tx, results: Sequence[Result]) -> Plan:
    plan = Plan()
    scopes = {window.key for result in results for window in result.begun.windows} if _any_trouble(results) else set()
    state = buckets.load(tx, scopes)
    effects.prepare(tx, [head for result in results for head in result.begun.heads])
    for result in results:
        _settle(tx, plan, state, result)
    mirrors.flush(tx)
    lanes.finish(tx, plan.finish)
    lanes.put_back(tx, plan.again)
    lanes.advance(tx, plan.advance)
    lanes.rest(tx, plan.rest)
    buckets.save(tx, state)
    return plan


def _any_trouble(results: Sequence[Result]) -> bool:
    """Whether scopes must be looked at: something must wait, or something that had failed works again."""
    return any(result.begun.probing or not isinstance(result.outcome, Sent) for result in results)


# Settling ------------------------------------------------------------------------------------------------------------


def _settle(tx: Tx, plan: Plan, state: dict[str, Bucket], result: Result) -> None:
    begun, outcome = result.begun, result.outcome
    if isinstance(outcome, Sent):
        _end(tx, plan, begun, "unconfirmed" if result.doubtful else "sent", None)
        effects.sent(tx, begun.heads, outcome, begun.lane.chat, doubtful=result.doubtful)
        if result.doubtful and isinstance(begun.parcel.body, OpenTopic):
            effects.topic_doubted(tx, begun.heads[0], begun.lane.chat, begun.parcel.body.name)
        for window in begun.windows:
            bucket = state.get(window.key)
            if bucket is not None and bucket.failures:
                bucket.failures, bucket.reason, bucket.changed = 0, None, True
    elif isinstance(outcome, Retry):
        _try_again(tx, plan, state, begun, outcome)
    elif isinstance(outcome, Ambiguous):
        _unsure(tx, plan, state, result, outcome)
    elif isinstance(outcome, Permanent) and effects.is_otherwise(begun.heads[0]):
        _die(tx, plan, begun, outcome)
    elif isinstance(outcome, Permanent) and (outcome.code == "chat_gone" or effects.keeps_waiting(tx, begun.heads[0])):
        _wait_for_a_person(tx, plan, state, begun, outcome)
    else:
        _die(tx, plan, begun, outcome)


def _end(tx: Tx, plan: Plan, begun: Begun, state: str, error: str | None) -> None:
    """These deliveries are done; the lane goes on if it has more."""
    fence = begun.lane.fence
    plan.finish += [(head, fence, state, error) for head in begun.heads]
    done = begun.heads[-1].lane_seq
    plan.advance.append((begun.lane.key, fence, done, tx.now + LEASE_MS))
    plan.going_on.append(begun.lane.key)


def _try_again(tx: Tx, plan: Plan, state: dict[str, Bucket], begun: Begun, outcome: Retry) -> None:
    head = begun.heads[0]
    old = tx.now - head.created_at > DAY_MS
    tries = head.attempts + 1 if outcome.counted else head.attempts
    if tries >= ATTEMPTS or old:
        _die(tx, plan, begun, Permanent(outcome.reason))
        return
    effects.waits(tx, head, outcome.reason)
    wait = outcome.after or min(60.0, 2.0 ** min(tries, 6)) * random.uniform(0.7, 1.3)
    until = tx.now + max(50, int(wait * 1000))
    # This try did not arrive; an earlier one of unknown fate still may have, and the next look must not forget it.
    before = "sending" if begun.unsure else "pending"
    plan.again += [
        (one, begun.lane.fence, before, tries, outcome.reason, one.intent_at if begun.unsure else None) for one in begun.heads
    ]
    plan.rest.append((begun.lane.key, begun.lane.fence, until, True))
    if outcome.scope != "lane":
        _block(tx, state, begun, outcome, until)


def _wait_for_a_person(tx: Tx, plan: Plan, state: dict[str, Bucket], begun: Begun, outcome: Permanent) -> None:
    """Nothing is lost while a room is archived or a forum has thrown us out; those who can see it are told once (F33)."""
    scope = "chat" if outcome.code == "chat_gone" else "lane"
    known = begun.heads[0].error == outcome.reason or (scope == "chat" and state[begun.windows[0].key].failures > 0)
    if not known:
        effects.kept_away(tx, begun.heads[0], outcome.reason)
    _try_again(tx, plan, state, begun, Retry(outcome.reason, after=60, scope=scope, counted=False))


def _block(tx: Tx, state: dict[str, Bucket], begun: Begun, outcome: Retry, until: int) -> None:
    """Make everybody of that scope wait. Failures in a row make the pause longer, up to a minute."""
    window = begun.windows[0] if outcome.scope == "chat" else begun.windows[-1]
    bucket = state[window.key]
    if outcome.after == 0:
        until = tx.now + int(min(60.0, 0.5 * 2 ** min(bucket.failures, 7)) * 1000 * random.uniform(0.8, 1.2))
    if bucket.blocked_until < tx.now:
        if bucket.reason != outcome.reason:  # the same reason again, at each look whether it is over, is no news
            log.warning(
                "a platform asks us to wait",
                scope=masked_scope(window.key),
                seconds=(until - tx.now) / 1000,
                reason=outcome.reason,
            )
        bucket.failures += 1
    bucket.blocked_until = max(bucket.blocked_until, until)
    bucket.reason, bucket.changed = outcome.reason, True


def _unsure(tx: Tx, plan: Plan, state: dict[str, Bucket], result: Result, outcome: Ambiguous) -> None:
    """It may have arrived. It stays ``sending``; the next turn looks it up, or sends it once more, but not twice (F19).

    A topic or a card is made again even then: all that follows stands in it, and one too many harms less than none.
    """
    begun, head = result.begun, result.begun.heads[0]
    if head.op not in ("topic", "card") and (result.doubtful or head.attempts + 1 >= ATTEMPTS):
        tried = Phrase("Tried more than once: {reason}. It may have arrived all the same.", reason=outcome.reason)
        _die(tx, plan, begun, Permanent(tried))
        return
    plan.again += [
        (one, begun.lane.fence, "sending", one.attempts + 1, outcome.reason, one.intent_at or tx.now) for one in begun.heads
    ]
    until = tx.now + 1_000 * min(60, 2 ** min(head.attempts, 6))
    plan.rest.append((begun.lane.key, begun.lane.fence, until, begun.lane.pressed))
    _block(tx, state, begun, Retry(outcome.reason, scope="account"), until)


def _die(tx: Tx, plan: Plan, begun: Begun, outcome: Outcome) -> None:
    reason = outcome.reason if isinstance(outcome, Permanent | Unsupported) else Phrase("unknown")
    code = outcome.code if isinstance(outcome, Permanent) else "other"
    if effects.healed(tx, begun.heads[0], Permanent(reason, code)):
        _end(tx, plan, begun, "cancelled", reason)
        return
    _end(tx, plan, begun, "dead", reason)
    for head in begun.heads:
        if isinstance(outcome, Unsupported) and head.op in ("mark", "react", "topic_state", "topic_name"):
            continue
        log.warning("delivery is dead", delivery=head.id, op=head.op, port=begun.port, reason=reason)
        effects.failed(tx, head, Permanent(reason, code))


# Beginning -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Candidate:
    lane: Lane
    heads: tuple[Head, ...]


def _begin(tx: Tx, mine: list[Lane], limits: Limits) -> list[Begun]:
    plan = Plan()
    candidates = _candidates(tx, mine, plan)
    packer = Packer(tx, [head for candidate in candidates for head in candidate.heads])
    spends = {
        candidate.lane.key: limits.windows(
            candidate.lane.port, candidate.lane.chat, candidate.heads[0].op, edit=packer.is_edit(candidate.heads[0])
        )
        for candidate in candidates
    }
    state = buckets.load(tx, {window.key for windows in spends.values() for window in windows})
    begun = [
        made for candidate in candidates if (made := _begin_one(tx, candidate, packer, plan, state, spends[candidate.lane.key]))
    ]
    lanes.begin(tx, [(head, item.lane.fence) for item in begun for head in item.heads])
    lanes.finish(tx, plan.finish)
    lanes.advance(tx, plan.advance)
    lanes.rest(tx, plan.rest)
    buckets.save(tx, state)
    return begun


def _candidates(tx: Tx, mine: list[Lane], plan: Plan) -> list[_Candidate]:
    """The next delivery of each lane, with texts to join behind it; lanes that have none are given back."""
    found = lanes.heads(tx, [lane.key for lane in mine if lane.last_seq > lane.done_seq])
    candidates: list[_Candidate] = []
    for lane in mine:
        head = found.get(lane.key)
        if head is None:
            plan.rest.append((lane.key, lane.fence, tx.now, False))
        elif head.state in ENDS:
            plan.advance.append((lane.key, lane.fence, head.lane_seq, tx.now))
            plan.rest.append((lane.key, lane.fence, tx.now, lane.pressed))
        elif head.not_before > tx.now:
            plan.rest.append((lane.key, lane.fence, head.not_before, lane.pressed))
        else:
            candidates.append(_Candidate(lane, _join(tx, lane, head)))
    return candidates


def _join(tx: Tx, lane: Lane, head: Head) -> tuple[Head, ...]:
    """Under pressure consecutive texts of the client go in one post (F31). Each keeps its own reference to it.

    A lane has one post in the air, so texts that are ``sending`` together went in one, and are looked up as one.
    """
    if head.state == "sending" and lane.last_seq > head.lane_seq:
        behind = lanes.following(tx, lane.key, head.lane_seq, JOIN_AT_MOST)
        return (head, *takewhile(lambda other: other.state == "sending", behind))
    joinable = head.op == "words" or (head.op == "card" and head.message_id is not None)
    if not lane.pressed or not joinable or not head.size or head.state != "pending" or lane.last_seq - head.lane_seq < 1:
        return (head,)
    platform = "slack" if lane.port == "slack" else "telegram"
    room = (DESKS[platform].text_limit if head.op == "words" else DESKS[platform].opening) - spread.NAME_ROOM - head.size
    joined = [head]
    for other in lanes.following(tx, lane.key, head.lane_seq, JOIN_AT_MOST):
        room -= other.size + 1
        if other.op != "words" or not other.size or room < 0 or other.state != "pending" or other.payload:
            break
        joined.append(other)
    return tuple(joined)


def _begin_one(
    tx: Tx, candidate: _Candidate, packer: Packer, plan: Plan, state: dict[str, Bucket], windows: tuple[Window, ...]
) -> Begun | None:
    lane, head = candidate.lane, candidate.heads[0]
    wait = max((state[window.key].wait_until(window, tx.now) for window in windows), default=0)
    if wait:
        plan.rest.append((lane.key, lane.fence, wait, True))
        return None
    try:
        packed = packer.pack(head, lane.chat, candidate.heads[1:])
    except NotYet:
        if tx.now - head.created_at > DAY_MS:
            _skip(tx, plan, candidate, "dead", "what it builds on was never made")
        else:
            plan.rest.append((lane.key, lane.fence, tx.now + NOT_YET_MS, lane.pressed))
        return None
    except Void:
        _skip(tx, plan, candidate, "cancelled", "its message is gone")
        return None
    except Refused as refused:
        _skip(tx, plan, candidate, "dead", refused.reason)
        effects.failed(tx, head, Permanent(refused.reason))
        return None
    except Exception as error:  # a bug in drawing one post must not stop all others
        log.exception("delivery can't be drawn", delivery=head.id, op=head.op)
        refusal = Permanent(Phrase("It could not be drawn ({name}).", name=type(error).__name__))
        if effects.healed(tx, head, refusal):
            _skip(tx, plan, candidate, "cancelled", refusal.reason)
        else:
            _skip(tx, plan, candidate, "dead", refusal.reason)
            effects.failed(tx, head, refusal)
        return None
    probing = any(state[window.key].failures for window in windows)
    for window in windows:
        bucket = state[window.key]
        bucket.take(window, tx.now)
        if bucket.failures:  # after trouble one goes ahead to see whether it is over; the rest follow in a moment
            bucket.blocked_until, bucket.changed = max(bucket.blocked_until, tx.now + 500), True
    unsure = head.state == "sending"
    language = packer.language(head)
    parcel = Parcel(head.id, packed.address, in_language(packed.body, language), head.intent_at or tx.now, language)
    return Begun(lane, candidate.heads, parcel, tx.now + LEASE_MS, windows, unsure, probing)


def _skip(tx: Tx, plan: Plan, candidate: _Candidate, state: str, error: str) -> None:
    lane, head = candidate.lane, candidate.heads[0]
    lanes.end_unbegun(tx, head.id, state, error)
    plan.advance.append((lane.key, lane.fence, head.lane_seq, tx.now))
    plan.rest.append((lane.key, lane.fence, tx.now, lane.pressed))


def bury(tx: Tx, result: Result) -> None:
    """The outcome can't be settled because of a bug of ours: end it, so that it is neither repeated nor in the way."""
    fence = result.begun.lane.fence
    state = "sent" if isinstance(result.outcome, Sent) else "dead"
    lanes.finish(tx, [(head, fence, state, "could not be settled, see the log") for head in result.begun.heads])
    lanes.advance(tx, [(result.begun.lane.key, fence, result.begun.heads[-1].lane_seq, tx.now)])
    lanes.rest(tx, [(result.begun.lane.key, fence, tx.now, False)])


def give_back(tx: Tx, owner: str) -> None:
    """At shutdown: lanes this owner still holds are free for others at once."""
    lanes.release(tx, owner)
