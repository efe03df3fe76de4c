"""How much there is and how much waits: for ``/metrics``, ``stats`` and ``doctor``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from bot.domain.conversation import Direction, Status
from bot.store import buckets, inbox, lanes
from bot.store.tables import conversation, group, lane, message
from bot.store.tables import inbox as updates
from bot.store.uow import Tx

DAY_MS = 24 * 3_600_000
UPDATES = ("pending", "parked", "unparsed", "dead")
DELIVERIES = ("pending", "sending", "unconfirmed", "dead")


@dataclass(frozen=True, slots=True)
class Figures:
    """What can be asked often.

    ``updates``         kept updates by status; ``done`` are those applied lately
    ``deliveries``      deliveries not simply sent, by state
    ``oldest_seconds``  how long the oldest of ``inbox`` and ``outbox`` has waited
    ``statuses``        conversations by status
    ``waits``           scopes a platform makes wait: key, until when, why
    """

    updates: dict[str, int]
    deliveries: dict[str, int]
    oldest_seconds: dict[str, float]
    statuses: dict[str, int]
    waits: list[tuple[str, int, str]]


@dataclass(frozen=True, slots=True)
class Share:
    """The conversations of one group."""

    group: str
    statuses: dict[str, int]


def collect(tx: Tx) -> Figures:
    """The figures now."""
    return Figures(
        updates=dict.fromkeys(UPDATES, 0) | inbox.counts(tx),
        deliveries=dict.fromkeys(DELIVERIES, 0) | lanes.counts(tx),
        oldest_seconds=_oldest(tx),
        statuses=_total(shares(tx)),
        waits=buckets.blocked(tx),
    )


def shares(tx: Tx) -> list[Share]:
    """Conversations by group and status; groups switched off only while they still hold some."""
    rows = tx.execute(
        select(conversation.c.group_id, conversation.c.status, func.count().label("number")).group_by(
            conversation.c.group_id, conversation.c.status
        )
    )
    numbers = {(row.group_id, row.status): row.number for row in rows}
    held = {group_id for group_id, _ in numbers}
    groups = tx.execute(select(group.c.id, group.c.name, group.c.active).order_by(group.c.name)).all()
    return [
        Share(row.name, {status.value: numbers.get((row.id, status.value), 0) for status in Status})
        for row in groups
        if row.active or row.id in held
    ]


def last_day(tx: Tx) -> dict[str, int]:
    """Messages of the last 24 hours by direction."""
    rows = tx.execute(
        select(message.c.direction, func.count().label("number"))
        .where(message.c.at > tx.now - DAY_MS)
        .group_by(message.c.direction)
    )
    return {direction.value: 0 for direction in Direction} | {row.direction: row.number for row in rows}


def _total(found: list[Share]) -> dict[str, int]:
    return {status.value: sum(one.statuses[status.value] for one in found) for status in Status}


def _oldest(tx: Tx) -> dict[str, float]:
    """Texts that are held for a while on purpose do not count."""
    received = tx.execute(select(func.min(updates.c.received_at)).where(updates.c.status == "pending")).scalar()
    waiting = (lane.c.last_seq > lane.c.done_seq, ~lane.c.key.startswith("held:"))
    queued = tx.execute(select(func.min(lane.c.ready_since)).where(*waiting)).scalar()
    ages = {"inbox": received, "outbox": queued}
    return {queue: max(0, tx.now - since) / 1000 if since else 0.0 for queue, since in ages.items()}
