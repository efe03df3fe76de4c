"""Clients, conversations and messages as plain records, a page at a time, so that a store of any size can be told (R125).

Held texts and notes are among them: it is the owner's copy, not a client's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from bot.domain.ids import ClientId
from bot.domain.text import RichText
from bot.store.tables import (
    blacklist,
    channel,
    client,
    client_note,
    conversation,
    group,
    journal,
    message,
    message_tag,
    operator,
    pin,
    tag,
)
from bot.store.uow import Tx

Record = dict[str, Any]


def count(tx: Tx) -> int:
    """How many clients there are."""
    number: int = tx.execute(select(func.count()).select_from(client)).scalar_one()
    return number


def clients_after(tx: Tx, last: int, limit: int, only: ClientId | None = None) -> list[Record]:
    """The next clients by number, with what operators noted and decided about them."""
    query = select(client).where(client.c.id > last).order_by(client.c.id).limit(limit)
    if only is not None:
        query = query.where(client.c.id == only)
    rows = tx.execute(query).all()
    ids = [row.id for row in rows]
    notes = select(client_note.c.client_id, operator.c.name, client_note.c.body, client_note.c.at)
    notes = notes.join(operator, operator.c.id == client_note.c.operator_id)
    noted: dict[int, list[Record]] = {}
    for row in tx.execute(notes.where(client_note.c.client_id.in_(ids)).order_by(client_note.c.id)):
        noted.setdefault(row.client_id, []).append({"by": row.name, "text": row.body, "at": _time(row.at)})
    pins = select(pin.c.client_id, operator.c.name).join(operator, operator.c.id == pin.c.operator_id)
    pinned = {row.client_id: row.name for row in tx.execute(pins.where(pin.c.client_id.in_(ids)))}
    listed = {row.client_id: row.at for row in tx.execute(select(blacklist).where(blacklist.c.client_id.in_(ids)))}
    return [
        {
            "kind": "client",
            "id": row.id,
            "name": row.name,
            "original_name": row.original_name,
            "identifiers": json.loads(row.identifiers or "{}"),
            "blocked_us": bool(row.blocked),
            "since": _time(row.created_at),
            "pinned_to": pinned.get(row.id),
            "blacklisted_at": _time(listed.get(row.id)),
            "notes": noted.get(row.id, []),
        }
        for row in rows
    ]


def conversations_of(tx: Tx, client_ids: list[int]) -> list[Record]:
    """The conversations of these clients."""
    query = (
        select(
            conversation.c.id,
            conversation.c.client_id,
            conversation.c.external_id,
            conversation.c.status,
            conversation.c.status_since,
            conversation.c.last_message_at,
            channel.c.kind,
            channel.c.name.label("channel"),
            group.c.name.label("group"),
            operator.c.name.label("operator"),
        )
        .join(channel, channel.c.id == conversation.c.channel_id)
        .join(group, group.c.id == conversation.c.group_id)
        .outerjoin(operator, operator.c.id == conversation.c.operator_id)
        .where(conversation.c.client_id.in_(client_ids))
        .order_by(conversation.c.id)
    )
    return [
        {
            "kind": "conversation",
            "id": row.id,
            "client": row.client_id,
            "channel": f"{row.kind}:{row.channel}",
            "client_there": row.external_id,
            "group": row.group,
            "status": row.status,
            "status_since": _time(row.status_since),
            "responsible": row.operator,
            "last_message_at": _time(row.last_message_at),
        }
        for row in tx.execute(query)
    ]


def messages_after(tx: Tx, *, conversation_id: int, last: int, limit: int) -> list[Record]:
    """The next messages of a conversation by number, with their tags."""
    rows = tx.execute(
        select(message)
        .where(message.c.conversation_id == conversation_id, message.c.seq > last)
        .order_by(message.c.seq)
        .limit(limit)
    ).all()
    tagged = select(message_tag.c.message_id, tag.c.name).join(tag, tag.c.id == message_tag.c.tag_id)
    tags: dict[int, list[str]] = {}
    for row in tx.execute(tagged.where(message_tag.c.message_id.in_([row.id for row in rows])).order_by(tag.c.name)):
        tags.setdefault(row.message_id, []).append(row.name)
    return [
        {
            "kind": "message",
            "id": row.id,
            "conversation": conversation_id,
            "number": row.seq,
            "direction": row.direction,
            "author": row.author,
            "shown_as": row.shown_as,
            "text": RichText.from_json(json.loads(row.body)).to_plain(),
            "body": json.loads(row.body),
            "at": _time(row.at),
            "delivered_at": _time(row.delivered_at),
            "deleted_at": _time(row.deleted_at),
            "tags": tags.get(row.id, []),
        }
        for row in rows
    ]


def journal_after(tx: Tx, *, conversation_id: int, last: int, limit: int) -> list[Record]:
    """The next facts of a conversation's journal."""
    query = (
        select(journal)
        .where(journal.c.conversation_id == conversation_id, journal.c.id > last)
        .order_by(journal.c.id)
        .limit(limit)
    )
    return [
        {
            "kind": "fact",
            "id": row.id,
            "conversation": conversation_id,
            "who": row.who,
            "way": row.way,
            "what": row.what,
            "details": json.loads(row.details),
            "at": _time(row.at),
        }
        for row in tx.execute(query)
    ]


def lines(records: list[Record]) -> Iterator[str]:
    """Each record as a line of JSON."""
    return (json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _time(moment: int | None) -> str | None:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds") if moment is not None else None
