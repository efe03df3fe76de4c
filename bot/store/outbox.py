"""Deliveries still to make, lane by lane. What a command queues here is written once, at the end of its transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, insert, select, update

from bot.domain.ids import ConversationId, MessageId, MirrorId
from bot.store.tables import delivery, lane, message
from bot.store.uow import Tx, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery to queue.

    ``lane``     what keeps its order; ``port`` and ``chat`` where it goes
    ``op``       ``words`` ``edit`` ``react`` ``fetch`` ``topic`` ``card`` ``topic_state`` ``topic_name`` ``mark`` ``notice``
                 ``history`` ``home`` ``document`` ``mail`` ``remove`` ``sweep`` ``look``
    ``size``     length of its text in UTF-16 units, for coalescing; 0 = never coalesced
    ``patience`` milliseconds this kind of work lets others go first in a new lane
    ``after``    milliseconds to wait before it may go
    """

    lane: str
    port: str
    chat: str
    op: str
    conversation_id: ConversationId | None = None
    mirror_id: MirrorId | None = None
    message_id: MessageId | None = None
    part: int = 0
    size: int = 0
    payload: dict[str, Any] | None = None
    idem_key: str | None = None
    patience: int = 0
    after: int = 0


def queue(tx: Tx, item: Delivery) -> None:
    """Append to its lane."""
    waiting = tx.keep("outbox")
    waiting[len(waiting)] = item
    tx.at_end(flush)


def privately(
    tx: Tx, port: str, person: str, payload: dict[str, object], *, op: str = "notice", about: ConversationId | None = None
) -> None:
    """Append to what one person gets in private, in his own lane; ``person`` is the platform's id."""
    lane = f"{port}:{person}:private"
    queue(tx, Delivery(lane=lane, port=port, chat=person, op=op, conversation_id=about, payload=payload))


_INSERT = insert(delivery)


def flush(tx: Tx) -> None:
    """Number what was queued, lane by lane in key order, and write it."""
    lanes: dict[str, list[Delivery]] = {}
    waiting = tx.keep("outbox")
    for item in waiting.values():
        lanes.setdefault(item.lane, []).append(item)
    waiting.clear()  # who must see what was queued (healing does) may write it before the end
    rows: list[dict[str, Any]] = []
    for key, last in _numbered(tx, lanes):
        items = lanes[key]
        rows += [_row(tx, item, last - len(items) + 1 + index) for index, item in enumerate(items)]
    if rows:
        tx.execute_many(_INSERT, rows)
        tx.wake.add("outbox")


def _numbered(tx: Tx, lanes: dict[str, list[Delivery]]) -> list[tuple[str, int]]:
    """Take numbers in each lane, in key order, so that no two transactions wait for one another; the last number of each.

    Where a redraw may have to be left out, that is seen under its lane's lock in its turn; else all lanes are asked at once.
    """
    asked = {key: _asked(tx, key, lanes[key]) for key in sorted(lanes)}
    if len(asked) > 1 and not any(_redraws(items[0]) for items in lanes.values()):
        tx.execute_many(_append(tx.postgres), list(asked.values()))
        return [(row.key, row.last_seq) for row in tx.execute(_LAST, {"keys": list(asked)})]
    append = _append_one(tx.postgres)
    return [
        (key, tx.execute(append, asked[key]).scalar_one())
        for key in asked
        if not (_redraws(lanes[key][0]) and _still_waits(tx, key))
    ]


def _asked(tx: Tx, key: str, items: list[Delivery]) -> dict[str, Any]:
    first = items[0]
    due = tx.now + first.patience + first.after
    return {"key": key, "port": first.port, "chat": first.chat, "count": len(items), "due": due, "now": tx.now}


_LAST = select(lane.c.key, lane.c.last_seq).where(lane.c.key.in_(bindparam("keys", expanding=True))).order_by(lane.c.key)


def _redraws(item: Delivery) -> bool:
    """Whether it redraws a card that stands: those have a lane of their own, and one that waits shows later changes too."""
    return item.op == "card" and item.lane.endswith(":card")


_LOCK = select(lane.c.key).where(lane.c.key == bindparam("key")).with_for_update()
_PENDING = select(delivery.c.id).where(delivery.c.lane == bindparam("key"), delivery.c.state == "pending").limit(1)


def _still_waits(tx: Tx, key: str) -> bool:
    """Whether the lane holds something not yet begun.

    Under the lane's lock: another node that begins it right now has drawn the card without this transaction's change.
    """
    if tx.postgres:
        tx.execute(_LOCK, {"key": key})
    return tx.execute(_PENDING, {"key": key}).first() is not None


@cache
def _append(postgres: bool) -> Any:
    """Numbers are taken under the lane's row lock, so they follow the order of commits, as a serial id's would not."""
    fresh = upsert(lane, postgres=postgres).values(
        key=bindparam("key"),
        port=bindparam("port"),
        chat=bindparam("chat"),
        last_seq=bindparam("count"),
        due=bindparam("due"),
        ready_since=bindparam("now"),
    )
    idle = lane.c.last_seq == lane.c.done_seq
    return fresh.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "last_seq": lane.c.last_seq + fresh.excluded.last_seq,
            "due": case((idle, fresh.excluded.due), else_=lane.c.due),
            "ready_since": case((idle, fresh.excluded.ready_since), else_=lane.c.ready_since),
        },
    )


@cache
def _append_one(postgres: bool) -> Any:
    return _append(postgres).returning(lane.c.last_seq)


def _row(tx: Tx, item: Delivery, lane_seq: int) -> dict[str, Any]:
    return {
        "lane": item.lane,
        "lane_seq": lane_seq,
        "op": item.op,
        "conversation_id": item.conversation_id,
        "mirror_id": item.mirror_id,
        "message_id": item.message_id,
        "part": item.part,
        "size": item.size,
        "payload": json.dumps(item.payload, ensure_ascii=False) if item.payload else "{}",
        "idem_key": item.idem_key,
        "not_before": tx.now + item.after if item.after else 0,
        "created_at": tx.now,
    }


def is_pending(tx: Tx, key: str) -> bool:
    """Whether something was queued in the lane in this transaction; what waits there from before is looked at in the end."""
    return any(item.lane == key for item in tx.keep("outbox").values())


def cancel(tx: Tx, idem_key: str) -> bool:
    """Take back a delivery that has not begun; whether there was one.

    Under its lane's lock, which a turn of the relay holds from before it looks at the head until the head is begun.
    """
    if tx.postgres:
        tx.execute(_LOCK_OF, {"idem_key": idem_key})
    done = tx.execute(
        update(delivery)
        .where(delivery.c.idem_key == idem_key, delivery.c.state == "pending")
        .values(state="cancelled", finished_at=tx.now)
    )
    return done.rowcount == 1


_LOCK_OF = (
    select(lane.c.key)
    .join(delivery, delivery.c.lane == lane.c.key)
    .where(delivery.c.idem_key == bindparam("idem_key"), delivery.c.state == "pending")
    .with_for_update(of=lane)
)


def is_under_way(tx: Tx, idem_key: str) -> bool:
    """Whether a delivery has been begun and its end is not known yet."""
    found = select(delivery.c.id).where(delivery.c.idem_key == idem_key, delivery.c.state == "sending")
    return tx.execute(found).first() is not None


_WAITS = select(delivery.c.id).where(
    delivery.c.lane == bindparam("key"),
    delivery.c.message_id == bindparam("message_id"),
    delivery.c.part == bindparam("part"),
    delivery.c.op == "words",
    delivery.c.state == "pending",
)


def waits(tx: Tx, key: str, message_id: MessageId, part: int) -> bool:
    """Whether a part of a message is still to be sent in a lane, so that it will go as it is by then (F37).

    Under the lane's lock, as :func:`cancel`.
    """
    if tx.keep("outbox"):
        flush(tx)
    if tx.postgres:
        tx.execute(_LOCK, {"key": key})
    return tx.execute(_WAITS, {"key": key, "message_id": message_id, "part": part}).first() is not None


def bury(tx: Tx, message_id: MessageId, port: str) -> int | None:
    """The channel says later that a message it took has failed: its delivery is dead after all. Its id, if there is one."""
    ours = delivery.c.message_id == message_id, delivery.c.op == "words", delivery.c.lane.startswith(f"{port}:", autoescape=True)
    found: int | None = tx.execute(
        select(delivery.c.id).where(*ours, delivery.c.state.in_(("sent", "unconfirmed"))).order_by(delivery.c.part).limit(1)
    ).scalar()
    if found is not None:
        tx.execute(update(delivery).where(delivery.c.id == found).values(state="dead"))
    return found


def message_of(tx: Tx, delivery_id: int, port: str) -> tuple[MessageId, bool] | None:
    """The message a delivery of this port is about, and whether its end is not known yet; None when there is no such."""
    row = tx.execute(
        select(delivery.c.message_id, delivery.c.state).where(
            delivery.c.id == delivery_id, delivery.c.op == "words", delivery.c.lane.startswith(f"{port}:", autoescape=True)
        )
    ).first()
    return (MessageId(row.message_id), row.state == "sending") if row is not None and row.message_id is not None else None


IN_THE_AIR_MS = 30_000
_IN_THE_AIR = (
    select(delivery.c.id)
    .join(lane, lane.c.key == delivery.c.lane)
    .where(delivery.c.state == "sending", delivery.c.intent_at > bindparam("since"), delivery.c.intent_at <= bindparam("before"))
    .where(lane.c.port == bindparam("port"), lane.c.chat == bindparam("chat"))
    .limit(1)
)


def in_the_air(tx: Tx, port: str, chat: str, before: int) -> bool:
    """Whether something was on its way to this chat at that moment (and is still), so that its id is not known yet."""
    asked = {"port": port, "chat": chat, "since": tx.now - IN_THE_AIR_MS, "before": before}
    return tx.execute(_IN_THE_AIR, asked).first() is not None


def revive(tx: Tx, delivery_id: int) -> Delivery | None:
    """Queue a dead delivery again at the end of its lane (*Retry*); None when it is not dead (any more)."""
    row = tx.execute(select(delivery).where(delivery.c.id == delivery_id, delivery.c.state.in_(ENDED)).with_for_update()).first()
    if row is None or (row.state != "dead" and not _has_failed(tx, row.message_id)):
        return None
    tx.execute(update(delivery).where(delivery.c.id == delivery_id).values(state="retried", finished_at=tx.now))
    home = tx.execute(select(lane.c.port, lane.c.chat).where(lane.c.key == row.lane)).one()
    again = Delivery(
        lane=row.lane,
        port=home.port,
        chat=home.chat,
        op=row.op,
        conversation_id=row.conversation_id,
        mirror_id=row.mirror_id,
        message_id=row.message_id,
        part=row.part,
        size=row.size,
        payload={name: value for name, value in json.loads(row.payload).items() if name != "copies"},  # made when it died
    )
    queue(tx, again)
    return again


ENDED = ("dead", "sent", "unconfirmed")


def _has_failed(tx: Tx, message_id: int | None) -> bool:
    """Whether the channel told that it failed; when it did so before it answered, the delivery itself went well."""
    failed = select(message.c.id).where(message.c.id == message_id, message.c.fate == "failed")
    return message_id is not None and tx.execute(failed).first() is not None


def note(tx: Tx, delivery_id: int, **known: str) -> None:
    """Keep what a port must know of this try if it has to look for it later (the id of a file it uploads)."""
    kept = begun(tx, delivery_id)
    whole = json.dumps({**kept, **known}, ensure_ascii=False)
    tx.execute(update(delivery).where(delivery.c.id == delivery_id).values(payload=whole))


def begun(tx: Tx, delivery_id: int) -> dict[str, Any]:
    """A delivery's payload, with what was noted on it; empty when there is no such delivery any more."""
    kept = tx.execute(select(delivery.c.payload).where(delivery.c.id == delivery_id)).scalar()
    found: dict[str, Any] = json.loads(kept) if kept else {}
    return found
