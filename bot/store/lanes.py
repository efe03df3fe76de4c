"""The relay's side of the outbox: claim lanes that are due, begin their heads, settle what came of it.

A lane's ``due`` is when somebody may take it next: now when it has work, later while it is blocked, and the end of the
lease while somebody works it. One index answers "what next", blocked and leased lanes are never looked at, and a dead
node's lanes come due by themselves. Each claim counts the ``fence`` up; what an earlier holder still writes is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import and_, bindparam, func, select, update

from bot.store.tables import delivery, lane
from bot.store.uow import Tx, values


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane somebody holds.

    ``pressed``: it has been held up, so texts that wait may be joined. ``ready_since``: when its head came to be the next.
    """

    key: str
    port: str
    chat: str
    done_seq: int
    last_seq: int
    fence: int
    pressed: bool
    ready_since: int


@dataclass(frozen=True, slots=True)
class Head:
    """A delivery at (or, when texts are joined, just behind) the head of a lane."""

    id: int
    lane: str
    lane_seq: int
    op: str
    conversation_id: int | None
    mirror_id: int | None
    message_id: int | None
    part: int
    size: int
    payload: dict[str, Any]
    state: str
    attempts: int
    not_before: int
    intent_at: int | None
    created_at: int
    error: str | None


_DUE = (
    select(lane.c.key)
    .where(lane.c.last_seq > lane.c.done_seq, lane.c.due <= bindparam("now"))
    .order_by(lane.c.due, lane.c.ready_since)
    .limit(bindparam("n"))
)
_CLAIM_ONE = (
    update(lane)
    .where(lane.c.key == bindparam("k"), lane.c.due <= bindparam("now"))
    .values(owner=bindparam("me"), due=bindparam("until"), fence=lane.c.fence + 1)
)
_HELD = select(
    lane.c.key, lane.c.port, lane.c.chat, lane.c.done_seq, lane.c.last_seq, lane.c.fence, lane.c.pressed, lane.c.ready_since
).where(lane.c.key.in_(bindparam("keys", expanding=True)), lane.c.owner == bindparam("me"))


def claim(tx: Tx, owner: str, limit: int, lease_ms: int) -> list[Lane]:
    """Take up to ``limit`` due lanes; whoever has waited longest is first among them.

    A lane that was told to come back when its room has space again comes due later than one that has only just got work,
    and must not lose its place to it.
    """
    if limit <= 0:
        return []
    due = _DUE.with_for_update(skip_locked=True) if tx.postgres else _DUE
    keys = list(tx.execute(due, {"now": tx.now, "n": limit}).scalars())
    if not keys:
        return []
    tx.execute_many(_CLAIM_ONE, [{"k": key, "now": tx.now, "me": owner, "until": tx.now + lease_ms} for key in sorted(keys)])
    return sorted(held(tx, owner, keys), key=attrgetter("ready_since"))


def held(tx: Tx, owner: str, keys: Iterable[str]) -> list[Lane]:
    """Those of ``keys`` this owner holds, as they stand now, in the order asked for."""
    wanted = list(keys)
    found = {row.key: Lane(*values(row)) for row in tx.execute(_HELD, {"keys": wanted, "me": owner})}
    return [found[key] for key in wanted if key in found]


_COLUMNS = (
    delivery.c.id,
    delivery.c.lane,
    delivery.c.lane_seq,
    delivery.c.op,
    delivery.c.conversation_id,
    delivery.c.mirror_id,
    delivery.c.message_id,
    delivery.c.part,
    delivery.c.size,
    delivery.c.payload,
    delivery.c.state,
    delivery.c.attempts,
    delivery.c.not_before,
    delivery.c.intent_at,
    delivery.c.created_at,
    delivery.c.error,
)
_HEADS = (
    select(*_COLUMNS)
    .join(lane, and_(lane.c.key == delivery.c.lane, delivery.c.lane_seq == lane.c.done_seq + 1))
    .where(lane.c.key.in_(bindparam("keys", expanding=True)))
)
_NEXT = (
    select(*_COLUMNS)
    .where(delivery.c.lane == bindparam("key"), delivery.c.lane_seq > bindparam("after"))
    .order_by(delivery.c.lane_seq)
    .limit(bindparam("n"))
)


def heads(tx: Tx, keys: Sequence[str]) -> dict[str, Head]:
    """The first delivery not yet done of each lane."""
    if not keys:
        return {}
    return {row.lane: _head(row) for row in tx.execute(_HEADS, {"keys": list(keys)})}


def following(tx: Tx, key: str, after: int, limit: int) -> list[Head]:
    """What stands behind number ``after`` in a lane."""
    return [_head(row) for row in tx.execute(_NEXT, {"key": key, "after": after, "n": limit})]


def _head(row: Any) -> Head:
    payload = {} if row.payload == "{}" else json.loads(row.payload)
    columns = values(row)
    return Head(*columns[:9], payload, *columns[10:])  # type: ignore[call-arg]  # mypy can't count two stars


_BEGIN = (
    update(delivery)
    .where(delivery.c.id == bindparam("row_id"))
    .values(
        state="sending",
        intent_at=func.coalesce(delivery.c.intent_at, bindparam("at")),
        fence=bindparam("held"),
        attempts=delivery.c.attempts + 1,
    )
)


def begin(tx: Tx, intents: Sequence[tuple[Head, int]]) -> None:
    """Commit the intent to send, with the fence of the lane, before any byte leaves."""
    if intents:
        tx.execute_many(_BEGIN, [{"row_id": head.id, "at": tx.now, "held": fence} for head, fence in intents])


_FINISH = (
    update(delivery)
    .where(delivery.c.id == bindparam("row_id"), delivery.c.fence == bindparam("held"))
    .values(state=bindparam("new_state"), error=bindparam("why"), finished_at=bindparam("at"))
)
_AGAIN = (
    update(delivery)
    .where(delivery.c.id == bindparam("row_id"), delivery.c.fence == bindparam("held"), delivery.c.state == "sending")
    .values(state=bindparam("new_state"), attempts=bindparam("tries"), error=bindparam("why"), intent_at=bindparam("intent"))
)
_ADVANCE = (
    update(lane)
    .where(lane.c.key == bindparam("k"), lane.c.fence == bindparam("held"))
    .values(done_seq=bindparam("seq"), due=bindparam("until"), ready_since=bindparam("now"))
)
_REST = (
    update(lane)
    .where(lane.c.key == bindparam("k"), lane.c.fence == bindparam("held"))
    .values(owner=None, due=bindparam("until"), pressed=bindparam("held_up"))
)


def finish(tx: Tx, done: Sequence[tuple[Head, int, str, str | None]]) -> None:
    """Write ends: ``(head, fence, state, error)`` with state ``sent``, ``unconfirmed``, ``dead`` or ``cancelled``."""
    if done:
        tx.execute_many(
            _FINISH,
            [
                {"row_id": head.id, "held": fence, "new_state": state, "why": why, "at": tx.now}
                for head, fence, state, why in done
            ],
        )


def put_back(tx: Tx, waiting: Sequence[tuple[Head, int, str, int, str, int | None]]) -> None:
    """Write what is to be tried again: ``(head, fence, state, attempts, reason, intent_at)``."""
    if waiting:
        tx.execute_many(
            _AGAIN,
            [
                {"row_id": head.id, "held": fence, "new_state": state, "tries": tries, "why": why, "intent": intent}
                for head, fence, state, tries, why, intent in waiting
            ],
        )


def advance(tx: Tx, moves: Sequence[tuple[str, int, int, int]]) -> None:
    """``(lane, fence, done up to, lease until)`` for each lane that goes on, behind those that have waited longer (F30)."""
    if moves:
        tx.execute_many(
            _ADVANCE,
            [{"k": key, "held": fence, "seq": seq, "until": until, "now": tx.now} for key, fence, seq, until in sorted(moves)],
        )


def rest(tx: Tx, resting: Sequence[tuple[str, int, int, bool]]) -> None:
    """Give lanes back: ``(lane, fence, due, pressed)``; due in the future = blocked until then."""
    if resting:
        tx.execute_many(
            _REST,
            [{"k": key, "held": fence, "until": until, "held_up": pressed} for key, fence, until, pressed in sorted(resting)],
        )


_PROLONG = update(lane).where(lane.c.key == bindparam("k"), lane.c.fence == bindparam("held")).values(due=bindparam("until"))


def prolong(tx: Tx, held: Sequence[tuple[str, int]], until: int) -> None:
    """Keep lanes ``(lane, fence)`` that are still being worked."""
    tx.execute_many(_PROLONG, [{"k": key, "held": fence, "until": until} for key, fence in sorted(held)])


_NEXT_DUE = select(lane.c.due).where(lane.c.last_seq > lane.c.done_seq).order_by(lane.c.due, lane.c.ready_since).limit(1)


def next_due(tx: Tx) -> int | None:
    """When the next lane with work comes due, or None when all is done."""
    due: int | None = tx.execute(_NEXT_DUE).scalar()
    return due


def hurry(tx: Tx, port: str, chat: str | None = None) -> None:
    """Let the lanes of a port, or of one chat there, that nobody works come due now: what they waited for is over."""
    waiting = [lane.c.port == port, lane.c.last_seq > lane.c.done_seq, lane.c.owner.is_(None), lane.c.due > tx.now]
    tx.execute(update(lane).where(*waiting, *([lane.c.chat == chat] if chat else [])).values(due=tx.now))


def end_unbegun(tx: Tx, delivery_id: int, state: str, error: str) -> None:
    """End a delivery that was never begun."""
    tx.execute(update(delivery).where(delivery.c.id == delivery_id).values(state=state, error=error, finished_at=tx.now))


def release(tx: Tx, owner: str) -> None:
    """Give back what this owner holds."""
    tx.execute(update(lane).where(lane.c.owner == owner).values(owner=None, due=tx.now))


def release_all(tx: Tx) -> None:
    """At the start of ``run``, which is alone on its store: leases of the dead are over."""
    tx.execute(update(lane).where(lane.c.owner.is_not(None)).values(owner=None, due=tx.now, fence=lane.c.fence + 1))


def counts(tx: Tx) -> dict[str, int]:
    """How many deliveries stand in each state that is not an end, and how many died."""
    rows = tx.execute(
        select(delivery.c.state, func.count().label("number"))
        .where(delivery.c.state.in_(("pending", "sending", "dead", "unconfirmed")))
        .group_by(delivery.c.state)
    )
    return {row.state: row.number for row in rows}
