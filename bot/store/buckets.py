"""What platforms allow, as trailing windows shared by all nodes: the times of the last posts, kept in one row a scope."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select, update

from bot.store.tables import bucket
from bot.store.uow import Tx

ROAD_MS = 100
"""The platform's window begins when a post arrives there, ours when it is begun; a quick one may follow a slow one."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``count`` in any ``seconds``; ``count`` 0 = no limit, only blocks count."""

    key: str
    count: int
    seconds: float


@dataclass(slots=True)
class Bucket:
    """One scope's state. ``blocked_until`` comes from the platform (429) or from failures in a row."""

    key: str
    stamps: list[int] = field(default_factory=list)
    blocked_until: int = 0
    failures: int = 0
    reason: str | None = None
    changed: bool = False

    def wait_until(self, window: Window, now: int) -> int:
        """0 when there is room now, else when there will be."""
        if self.blocked_until > now:
            return self.blocked_until
        if not window.count:
            return 0
        span = int(window.seconds * 1000) + ROAD_MS
        recent = [stamp for stamp in self.stamps if stamp > now - span]
        if len(recent) < window.count:
            return 0
        return recent[-window.count] + span

    def take(self, window: Window, now: int) -> None:
        """Spend one."""
        if window.count:
            self.stamps = [*self.stamps[-(window.count - 1) :], now] if window.count > 1 else [now]
            self.changed = True


_LOAD = select(bucket).where(bucket.c.key.in_(bindparam("keys", expanding=True))).order_by(bucket.c.key)
_SAVE = (
    update(bucket)
    .where(bucket.c.key == bindparam("k"))
    .values(stamps=bindparam("s"), blocked_until=bindparam("b"), failures=bindparam("f"), reason=bindparam("r"))
)


def load(tx: Tx, keys: set[str]) -> dict[str, Bucket]:
    """The buckets, locked on PostgreSQL, made when new."""
    if not keys:
        return {}
    found = _read(tx, keys)
    missing = keys - found.keys()
    if missing:  # read again: another node may have made them, and spent from them, at this moment
        tx.execute(tx.upsert(bucket).on_conflict_do_nothing(), [{"key": key} for key in sorted(missing)])
        found |= _read(tx, missing)
    return found


def peek(tx: Tx, keys: set[str]) -> dict[str, Bucket]:
    """The buckets as they are, for one who spends nothing: neither locked nor made."""
    found = _read(tx, keys, lock=False) if keys else {}
    return {key: found.get(key) or Bucket(key) for key in keys}


def _read(tx: Tx, keys: set[str], *, lock: bool = True) -> dict[str, Bucket]:
    query = _LOAD.with_for_update() if tx.postgres and lock else _LOAD
    return {
        row.key: Bucket(row.key, json.loads(row.stamps), row.blocked_until, row.failures, row.reason)
        for row in tx.execute(query, {"keys": sorted(keys)})
    }


def save(tx: Tx, buckets: dict[str, Bucket]) -> None:
    """Write those that changed."""
    rows = [
        {"k": item.key, "s": json.dumps(item.stamps), "b": item.blocked_until, "f": item.failures, "r": item.reason}
        for _, item in sorted(buckets.items())
        if item.changed
    ]
    if rows:
        tx.execute(_SAVE, rows)


def lift(tx: Tx, prefix: str) -> bool:
    """End the waits of every scope whose key begins with ``prefix``; whether there were any."""
    waiting = (bucket.c.key.startswith(prefix, autoescape=True), bucket.c.blocked_until > tx.now)
    if tx.execute(select(bucket.c.key).where(*waiting).limit(1)).first() is None:
        return False
    tx.execute(update(bucket).where(*waiting).values(blocked_until=0, failures=0, reason=None))
    return True


def blocked(tx: Tx) -> list[tuple[str, int, str]]:
    """Scopes that must wait now: ``(key, until, reason)``, for doctor and admins."""
    rows = tx.execute(select(bucket.c.key, bucket.c.blocked_until, bucket.c.reason).where(bucket.c.blocked_until > tx.now))
    return [(row.key, row.blocked_until, row.reason or "") for row in rows]
