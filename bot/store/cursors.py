"""Who polls a source, and how far it has come. A lease with a fence: one poller per source, whatever the number of nodes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from bot.store.tables import cursor
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Cursor:
    """A held lease. ``value`` is the position to go on from; ``fence`` must come with every move of it."""

    value: int
    fence: int


def acquire(tx: Tx, source: str, owner: str, seconds: float) -> Cursor | None:
    """Take or renew the lease for ``seconds``; None while somebody else holds it. A renewal keeps its fence."""
    tx.execute(tx.upsert(cursor).values(source=source).on_conflict_do_nothing())
    row = tx.execute(select(cursor).where(cursor.c.source == source).with_for_update()).one()
    mine = row.owner == owner
    if not mine and row.owner is not None and (row.lease_until or 0) > tx.now:
        return None
    fence = row.fence if mine else row.fence + 1
    tx.execute(
        update(cursor).where(cursor.c.source == source).values(owner=owner, lease_until=tx.now + int(seconds * 1000), fence=fence)
    )
    return Cursor(row.value, fence)


def heard(tx: Tx, source: str, fence: int) -> int | None:
    """The platform has answered just now; when it had done so before, None for the first time or when the lease is lost."""
    mine = (cursor.c.source == source, cursor.c.fence == fence)
    before: int | None = tx.execute(select(cursor.c.moved_at).where(*mine)).scalar()
    tx.execute(update(cursor).where(*mine).values(moved_at=tx.now))
    return before


def release(tx: Tx, source: str, owner: str) -> None:
    """Let another take over at once."""
    tx.execute(update(cursor).where(cursor.c.source == source, cursor.c.owner == owner).values(owner=None, lease_until=None))


def release_all(tx: Tx) -> None:
    """At the start of ``run``, which is alone on its store: whoever held a lease is gone."""
    tx.execute(update(cursor).values(owner=None, lease_until=None))
