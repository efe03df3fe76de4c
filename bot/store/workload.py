"""Who works what: the conversations behind an operator or a group, for those who run the team."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.domain.conversation import Status
from bot.domain.ids import ConversationId, GroupId, OperatorId
from bot.store.tables import blacklist, conversation, lane, membership, operator, pin
from bot.store.uow import Tx

INBOX = conversation.c.status == Status.INBOX.value


def inbox_of(tx: Tx, operator_id: OperatorId) -> list[ConversationId]:
    """The conversations in the operator's inbox."""
    query = select(conversation.c.id).where(conversation.c.operator_id == operator_id, INBOX).order_by(conversation.c.id)
    return [ConversationId(found) for found in tx.execute(query).scalars()]


def meant_for(tx: Tx, operator_id: OperatorId) -> list[ConversationId]:
    """The conversations that wait for the operator in Unassigned (R55)."""
    query = select(conversation.c.id).where(
        conversation.c.status == Status.UNASSIGNED.value, conversation.c.meant_for == operator_id
    )
    return [ConversationId(found) for found in tx.execute(query.order_by(conversation.c.id)).scalars()]


def pins_of(tx: Tx, operator_id: OperatorId) -> int:
    """How many clients are pinned to the operator."""
    return int(tx.execute(select(func.count()).where(pin.c.operator_id == operator_id)).scalar_one())


def inboxes(tx: Tx) -> list[tuple[str, int]]:
    """How many conversations each operator has, by name; of those switched off only who still has some."""
    numbers = select(conversation.c.operator_id, func.count().label("number")).where(INBOX).group_by(conversation.c.operator_id)
    found = numbers.subquery()
    query = (
        select(operator.c.name, func.coalesce(found.c.number, 0).label("number"))
        .join(found, found.c.operator_id == operator.c.id, isouter=True)
        .where(operator.c.active.is_(True) | (found.c.number > 0))
        .order_by(operator.c.name, operator.c.id)
    )
    return [(row.name, row.number) for row in tx.execute(query)]


def blacklisted(tx: Tx) -> int:
    """How many clients are on the black list."""
    return int(tx.execute(select(func.count()).select_from(blacklist)).scalar_one())


def open_in(tx: Tx, group_id: GroupId) -> int:
    """How many conversations of a group are not closed."""
    query = select(func.count()).where(conversation.c.group_id == group_id, conversation.c.status != Status.CLOSED.value)
    return int(tx.execute(query).scalar_one())


def members_only_of(tx: Tx, group_id: GroupId) -> list[str]:
    """The active operators who work in no other group."""
    groups = func.count(membership.c.group_id)
    only = select(membership.c.operator_id).group_by(membership.c.operator_id).having(groups == 1)
    query = (
        select(operator.c.name)
        .join(membership, membership.c.operator_id == operator.c.id)
        .where(membership.c.group_id == group_id, operator.c.active.is_(True), operator.c.id.in_(only))
    )
    return list(tx.execute(query.order_by(operator.c.name)).scalars())


def waiting_lanes(tx: Tx) -> list[tuple[str, int, int]]:
    """What waits to be sent: ``(port, lanes, oldest since when)``; texts held for a while on purpose do not count."""
    query = (
        select(lane.c.port, func.count().label("lanes"), func.min(lane.c.ready_since).label("since"))
        .where(lane.c.last_seq > lane.c.done_seq, ~lane.c.key.startswith("held:"))
        .group_by(lane.c.port)
        .order_by(lane.c.port)
    )
    return [(row.port, row.lanes, row.since) for row in tx.execute(query)]
