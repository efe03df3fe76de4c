"""Updates as they came, kept before anything is acknowledged, applied once and in order."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update

from bot.store.tables import cursor, inbox
from bot.store.uow import Tx, upsert

PARTITIONS = 16
"""Updates of one order key share a partition; a partition is applied by one worker at a time."""
ATTEMPTS = 3


class LostLease(Exception):
    """Another process polls this source by now; what was fetched is left to it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An update to keep. ``dedupe_key`` is unique per source; updates that share ``order_key`` stay in order."""

    dedupe_key: str
    order_key: str
    payload: str


@dataclass(frozen=True, slots=True)
class Row:
    """A kept update, its JSON read; unreadable JSON gives ``{"unparsed": text}``."""

    id: int
    source: str
    payload: dict[str, Any]
    attempts: int


def partition_of(order_key: str) -> int:
    """The partition of an order key, the same on every machine."""
    return zlib.crc32(order_key.encode(errors="replace")) % PARTITIONS


_KNOWN = select(inbox.c.dedupe_key).where(
    inbox.c.source == bindparam("s"), inbox.c.dedupe_key.in_(bindparam("keys", expanding=True))
)


def keep(tx: Tx, source: str, updates: Sequence[Kept], position: tuple[int, int] | None = None) -> int:
    """Insert what is not known yet, and move the source's cursor with it; return how many were new.

    ``position`` is ``(value, fence)``. Raises ``LostLease`` when the fence is no longer the cursor's.
    """
    if position is not None:
        _advance(tx, source, *position)
    fresh: dict[str, Kept] = {}
    for kept in updates:
        fresh.setdefault(kept.dedupe_key, kept)
    rows = [
        {
            "source": source,
            "partition": partition_of(kept.order_key),
            "dedupe_key": kept.dedupe_key,
            "payload": kept.payload.replace("\\u0000", "\ufffd"),
            "received_at": tx.now,
        }
        for kept in fresh.values()
    ]
    if not rows:
        return 0
    # UNIQUE decides, not a look beforehand: two nodes may keep the same update at once. The look only spares the insert.
    known = set(tx.execute(_KNOWN, {"s": source, "keys": list(fresh)}).scalars())
    rows = [row for row in rows if row["dedupe_key"] not in known]
    if rows:
        tx.execute(tx.upsert(inbox).on_conflict_do_nothing(), rows)
        tx.wake.add("inbox")
    return len(rows)


@cache
def _keep_taken(postgres: bool) -> Any:
    return upsert(inbox, postgres=postgres).on_conflict_do_nothing().returning(inbox.c.id)


def keep_taken(tx: Tx, source: str, update: Kept) -> Row | None:
    """Insert one update that is applied in this same transaction; None when it is known already."""
    payload = update.payload.replace("\\u0000", "\ufffd")
    row = {
        "source": source,
        "partition": partition_of(update.order_key),
        "dedupe_key": update.dedupe_key,
        "payload": payload,
        "received_at": tx.now,
    }
    found = tx.execute(_keep_taken(tx.postgres), row).scalar()
    return Row(found, source, _parse(payload), 0) if found is not None else None


_ADVANCE = (
    update(cursor)
    .where(cursor.c.source == bindparam("polled"), cursor.c.fence == bindparam("held"))
    .values(value=bindparam("to"), moved_at=bindparam("now"))
)


def _advance(tx: Tx, source: str, value: int, fence: int) -> None:
    moved = tx.execute(_ADVANCE, {"polled": source, "held": fence, "to": value, "now": tx.now})
    if moved.rowcount != 1:
        raise LostLease(source)


_WAITING = select(inbox.c.partition).where(inbox.c.status == "pending").distinct()


def waiting(tx: Tx) -> list[int]:
    """The partitions that hold updates to apply."""
    return list(tx.execute(_WAITING).scalars())


_CLAIM = (
    select(inbox.c.id, inbox.c.source, inbox.c.payload, inbox.c.attempts)
    .where(inbox.c.status == "pending", inbox.c.partition == bindparam("p"))
    .order_by(inbox.c.id)
    .limit(bindparam("n"))
)
LOCK_CLASS = 0x7264
"""``rd``: the first half of our advisory locks' key."""


def claim(tx: Tx, partition: int, limit: int) -> list[Row]:
    """The partition's next updates in order, or none when another node is at it."""
    if tx.postgres:
        free = tx.execute(select(func.pg_try_advisory_xact_lock(LOCK_CLASS, partition))).scalar()
        if not free:
            return []
    rows = tx.execute(_CLAIM, {"p": partition, "n": limit}).all()
    return [Row(row.id, row.source, _parse(row.payload), row.attempts) for row in rows]


def _parse(payload: str) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {"unparsed": payload}
    return value if isinstance(value, dict) else {"unparsed": payload}


_DONE = (
    update(inbox)
    .where(inbox.c.id == bindparam("row_id"))
    .values(status=bindparam("new_status"), attempts=bindparam("tries"), error=bindparam("why"))
)


def done(tx: Tx, row: Row) -> None:
    """It was applied, or there was nothing to do."""
    _outcomes(tx).append(
        {
            "row_id": row.id,
            "new_status": "unparsed" if "unparsed" in row.payload else "done",
            "tries": row.attempts + 1,
            "why": None,
        }
    )


def fail(tx: Tx, row: Row, error: str, *, final: bool = False) -> None:
    """It could not be applied. Tried again a few times, unless that is ``final``, then kept aside as dead for ``doctor``."""
    dead = final or row.attempts + 1 >= ATTEMPTS
    _outcomes(tx).append({"row_id": row.id, "new_status": "dead" if dead else "pending", "tries": row.attempts + 1, "why": error})


_FREE = update(inbox).where(inbox.c.id == bindparam("row_id")).values(dedupe_key=inbox.c.dedupe_key + bindparam("behind"))


def free(tx: Tx, row: Row) -> None:
    """Nothing was done, so the same may be asked once more, and will be no repeat."""
    tx.execute(_FREE, {"row_id": row.id, "behind": f"#{row.id}"})


def leave(tx: Tx, row: Row) -> None:
    """Nobody here reads this source (its platform is off); it waits as ``parked``."""
    _outcomes(tx).append({"row_id": row.id, "new_status": "parked", "tries": row.attempts, "why": None})


def finish(tx: Tx) -> None:
    """Write the outcomes of a claimed batch."""
    outcomes = _outcomes(tx)
    if outcomes:
        tx.execute_many(_DONE, outcomes)
        outcomes.clear()


def unpark(tx: Tx) -> None:
    """At start: updates of platforms that may be on again are to be applied."""
    tx.execute(update(inbox).where(inbox.c.status == "parked").values(status="pending"))


def counts(tx: Tx) -> dict[str, int]:
    """How many updates stand in each status."""
    rows = tx.execute(select(inbox.c.status, func.count().label("number")).group_by(inbox.c.status))
    return {row.status: row.number for row in rows}


def _outcomes(tx: Tx) -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = tx.keep("inbox").setdefault("outcomes", [])
    return outcomes
