"""Open conversations as the clock sees them: how long a client has waited, who should have answered (R110)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, null, select

from bot.domain.conversation import Direction, Status
from bot.domain.ids import ConversationId, GroupId, Moment, OperatorId
from bot.domain.operator_settings import OperatorSettings
from bot.domain.reminders import Wait
from bot.store.tables import client, conversation, journal, message, operator
from bot.store.uow import Tx

OPEN = (Status.UNASSIGNED.value, Status.INBOX.value)
CLOSINGS = ("closed", "closed when idle", "sent to the black list")
"""Journal entries after which a client waits for nothing he had written before."""
SLACK_MS = 1_000
"""Some channels tell whole seconds only, so a word may seem to be older than the closing it came after."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open conversation, and what the clock wants to know of it. ``since`` is when the client began to wait."""

    conversation_id: ConversationId
    group_id: GroupId
    operator_id: OperatorId | None
    client: str
    last_message_at: Moment | None
    since: Moment | None
    wait: Wait


_answered = message.alias("answered")
_closed = (
    select(func.max(journal.c.at))
    .where(journal.c.conversation_id == conversation.c.id, journal.c.what.in_(CLOSINGS))
    .correlate(conversation)
    .scalar_subquery()
)
_last_answer = (
    select(_answered)
    .where(
        _answered.c.conversation_id == conversation.c.id,
        _answered.c.direction == Direction.OUT.value,
        _answered.c.author_id.is_not(None),
    )
    .order_by(_answered.c.seq.desc())
    .limit(1)
    .correlate(conversation)
)
"""An operator's; what the clock says is no answer."""
_answer = _last_answer.with_only_columns(_answered.c.seq).scalar_subquery()
_answered_at = _last_answer.with_only_columns(_answered.c.at).scalar_subquery()
_since = (
    select(message.c.at)
    .where(
        message.c.conversation_id == conversation.c.id,
        message.c.direction == Direction.IN.value,
        message.c.seq > func.coalesce(_answer, 0),
        message.c.at + SLACK_MS > func.coalesce(_closed, 0),
    )
    .order_by(message.c.seq)
    .limit(1)
    .correlate(conversation)
    .scalar_subquery()
)
_WAITS = (
    select(
        conversation.c.id,
        conversation.c.group_id,
        conversation.c.status,
        conversation.c.status_since,
        conversation.c.operator_id,
        conversation.c.last_message_at,
        conversation.c.last_direction,
        client.c.name,
        operator.c.active,
        operator.c.settings,
        case((conversation.c.last_direction == Direction.IN.value, _since), else_=null()).label("since"),
        case((conversation.c.last_direction == Direction.IN.value, _answered_at), else_=null()).label("answered_at"),
    )
    .join(client, client.c.id == conversation.c.client_id)
    .join(operator, operator.c.id == conversation.c.operator_id, isouter=True)
    .where(conversation.c.status.in_(OPEN))
    .order_by(conversation.c.id)
)


def of_groups(tx: Tx, group_ids: Sequence[GroupId]) -> list[Waiting]:
    """The open conversations of these groups."""
    return [_waiting(tx, row) for row in tx.execute(_WAITS.where(conversation.c.group_id.in_(list(group_ids))))]


def of_conversation(tx: Tx, conversation_id: ConversationId) -> Waiting | None:
    """One of them; None when it is open no more."""
    row = tx.execute(_WAITS.where(conversation.c.id == conversation_id)).first()
    return _waiting(tx, row) if row is not None else None


def _waiting(tx: Tx, row: Any) -> Waiting:
    status = Status(row.status)
    return Waiting(
        ConversationId(row.id),
        GroupId(row.group_id),
        OperatorId(row.operator_id) if row.operator_id is not None else None,
        row.name,
        Moment(row.last_message_at) if row.last_message_at is not None else None,
        Moment(row.since) if row.since is not None else None,
        Wait(
            status=status,
            status_since=Moment(row.status_since),
            waiting_since=Moment(max(row.since, row.status_since)) if row.since is not None else None,
            answered_at=Moment(row.answered_at) if row.answered_at is not None else None,
            idle_since=Moment(row.last_message_at) if row.last_direction == Direction.OUT.value else None,
            active=status is not Status.INBOX or bool(row.active),
            quiet_since=OperatorSettings.from_json(row.settings or "{}").quiet_since(tx.now),
        ),
    )


@dataclass(frozen=True, slots=True)
class Digest:
    """A group's day in numbers. ``longest`` is the client who waits longest in Unassigned and since when, if anybody does."""

    unassigned: int
    in_progress: int
    closed: int
    longest: tuple[str, Moment] | None


def digest(tx: Tx, group_id: GroupId, since: Moment, until: Moment) -> Digest:
    """``closed`` counts what was closed between two moments and is so still."""
    of_group = conversation.c.group_id == group_id
    counts = {
        row.status: row.number
        for row in tx.execute(
            select(conversation.c.status, func.count().label("number"))
            .where(of_group, conversation.c.status.in_(OPEN))
            .group_by(conversation.c.status)
        )
    }
    closed = and_(conversation.c.status == Status.CLOSED.value, conversation.c.status_since.between(since, until - 1))
    first = tx.execute(
        select(client.c.name, conversation.c.status_since)
        .join(client, client.c.id == conversation.c.client_id)
        .where(of_group, conversation.c.status == Status.UNASSIGNED.value)
        .order_by(conversation.c.status_since, conversation.c.id)
        .limit(1)
    ).first()
    return Digest(
        counts.get(Status.UNASSIGNED.value, 0),
        counts.get(Status.INBOX.value, 0),
        tx.execute(select(func.count()).select_from(conversation).where(of_group, closed)).scalar_one(),
        (first.name, Moment(first.status_since)) if first is not None else None,
    )
