"""How often which tag was used, and the messages behind each count (R63). Found by the indexes on time and on tag and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from bot.domain.conversation import Direction
from bot.domain.ids import ConversationId, GroupId, Moment
from bot.domain.tagging import DAY_MS, By, View, last_day
from bot.domain.text import EMPTY, RichText
from bot.store import messages, team
from bot.store.tables import channel, client, conversation, group, message, message_tag, operator, tag
from bot.store.uow import Tx, values

PAGE = 10
_COLUMNS: dict[By, ColumnElement[int]] = {
    By.TAG: message_tag.c.tag_id,
    By.OPERATOR: message_tag.c.operator_id,
    By.GROUP: conversation.c.group_id,
    By.CHANNEL: conversation.c.channel_id,
    By.DAY: message_tag.c.at.op("/")(literal_column(str(DAY_MS))),
}
Sight = frozenset[GroupId] | None
"""The groups an operator sees (R3), None for all."""


def _within(query: Any, tx: Tx, view: View, sight: Sight) -> Any:
    query = query.select_from(message_tag).join(message, message.c.id == message_tag.c.message_id)
    query = query.join(conversation, conversation.c.id == message.c.conversation_id)
    query = query.where(message_tag.c.at >= view.since(tx.now))
    if view.tag is not None:
        query = query.where(message_tag.c.tag_id == view.tag)
    if sight is not None:
        query = query.where(conversation.c.group_id.in_(sorted(sight)))
    return query


@dataclass(frozen=True, slots=True)
class Count:
    """How often, on how many messages, and when last. ``keys`` as they were asked for."""

    keys: tuple[int, ...]
    times: int
    messages: int
    last: Moment


def counts(tx: Tx, view: View, sight: Sight, *keys: By) -> list[Count]:
    """Counts told apart by ``keys`` (:data:`By.DAY` for times), the biggest first."""
    columns = [_COLUMNS[key].label(f"k{index}") for index, key in enumerate(keys)]
    times = func.count()
    query = _within(
        select(*columns, times, func.count(func.distinct(message_tag.c.message_id)), func.max(message_tag.c.at)), tx, view, sight
    )
    rows = tx.execute(query.group_by(*(literal_column(f"k{index}") for index in range(len(keys)))).order_by(times.desc()))
    return [Count(found[:-3], found[-3], found[-2], Moment(found[-1] or 0)) for found in map(values, rows)]


def names(tx: Tx, by: By, ids: Iterable[int]) -> dict[int, str]:
    """What operators, groups, channels or tags are called, by number."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    if by is By.GROUP:
        return {one: team.group_by_id(tx, GroupId(one)).badge for one in wanted}
    table = {By.OPERATOR: operator, By.CHANNEL: channel, By.TAG: tag}[by]
    return {row.id: row.name for row in tx.execute(select(table.c.id, table.c.name).where(table.c.id.in_(wanted)))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """One tag on one message, with all that is told of it. ``gone``: it was deleted, and has no body."""

    tag: str
    at: Moment
    operator: str
    group: str
    channel: str
    client: str
    author: str
    said_at: Moment
    body: RichText
    gone: bool
    conversation_id: ConversationId


_TAGGED = (
    tag.c.name.label("tag_name"),
    message_tag.c.at.label("tagged_at"),
    operator.c.name.label("tagger"),
    group.c.name.label("group_name"),
    channel.c.name.label("channel_name"),
    client.c.name.label("client_name"),
    message.c.author,
    message.c.direction,
    message.c.deleted_at,
    message.c.at.label("said_at"),
    message.c.body,
    conversation.c.id.label("conversation_id"),
)


def tagged(tx: Tx, view: View, sight: Sight, *, limit: int, skip: int = 0) -> list[Tagged]:
    """The tagged messages behind the view's count, tagged last first."""
    query = _within(select(*_TAGGED), tx, view, sight)
    if view.value is not None and view.by in (By.DAY, By.WEEK, By.MONTH):
        query = query.where(
            message_tag.c.at >= view.value * DAY_MS, message_tag.c.at < (last_day(view.value, view.by) + 1) * DAY_MS
        )
    elif view.value is not None:
        query = query.where(_COLUMNS[view.by] == view.value)
    query = (
        query.join(tag, tag.c.id == message_tag.c.tag_id)
        .join(operator, operator.c.id == message_tag.c.operator_id)
        .join(group, group.c.id == conversation.c.group_id)
        .join(channel, channel.c.id == conversation.c.channel_id)
        .join(client, client.c.id == conversation.c.client_id)
        .order_by(message_tag.c.at.desc(), message_tag.c.message_id.desc(), message_tag.c.tag_id)
        .limit(limit)
        .offset(skip)
    )
    return [_tagged(row) for row in tx.execute(query)]


def _tagged(row: Any) -> Tagged:
    gone = row.deleted_at is not None or row.direction == Direction.HELD.value
    return Tagged(
        tag=row.tag_name,
        at=Moment(row.tagged_at),
        operator=row.tagger,
        group=row.group_name,
        channel=row.channel_name,
        client=row.client_name,
        author=row.author,
        said_at=Moment(row.said_at),
        body=EMPTY if gone else messages.load(row.body),
        gone=gone,
        conversation_id=ConversationId(row.conversation_id),
    )
