"""Clients and their conversations. Within a transaction each is read once, locked, and written once at the end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, case, insert, null, select, update

from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.ids import ChannelId, ClientId, ConversationId, GroupId, Moment, OperatorId
from bot.store import homes, words
from bot.store.tables import blacklist, client, client_identity, conversation
from bot.store.uow import Tx

CONVERSATION_COLUMNS = (
    conversation.c.id,
    conversation.c.client_id,
    conversation.c.channel_id,
    conversation.c.external_id,
    conversation.c.group_id,
    conversation.c.status,
    conversation.c.status_since,
    conversation.c.operator_id,
    conversation.c.closed_by,
    conversation.c.meant_for,
    conversation.c.last_message_at,
    conversation.c.last_direction,
    conversation.c.unseen,
    conversation.c.version,
    conversation.c.last_seq,
)
_BY_CLIENT = (
    select(*CONVERSATION_COLUMNS, case((client.c.name != client.c.original_name, client.c.name), else_=null()).label("given"))
    .join(client, client.c.id == conversation.c.client_id)
    .where(conversation.c.channel_id == bindparam("channel_id"), conversation.c.external_id == bindparam("external_id"))
    .with_for_update(of=conversation)
)
_BY_ID = select(*CONVERSATION_COLUMNS).where(conversation.c.id == bindparam("id")).with_for_update()


def of_client(tx: Tx, channel_id: ChannelId, external_id: str) -> Conversation | None:
    """The conversation with a client, by the channel's own id of the client."""
    known = tx.keep("conversation_keys")
    key = (channel_id, external_id)
    if key in known:
        return by_id(tx, known[key])
    row = tx.execute(_BY_CLIENT, {"channel_id": channel_id, "external_id": external_id}).first()
    if row is None:
        return None
    known[key] = row.id
    tx.keep("given_names")[row.id] = row.given
    return _remember(tx, row)


def given_name(tx: Tx, conversation_id: ConversationId) -> str | None:
    """The name operators gave the client of a conversation found by ``of_client`` (R50); None when they gave none."""
    found: str | None = tx.keep("given_names").get(conversation_id)
    return found


def by_id(tx: Tx, conversation_id: ConversationId) -> Conversation:
    """The conversation, locked until the transaction ends."""
    known = tx.keep("conversations")
    if conversation_id in known:
        found: Conversation = known[conversation_id]
        return found
    return _remember(tx, tx.execute(_BY_ID, {"id": conversation_id}).one())


_EXISTS = select(conversation.c.id).where(conversation.c.id == bindparam("id"))


def exists(tx: Tx, conversation_id: ConversationId) -> bool:
    """Whether there is such a conversation."""
    return tx.execute(_EXISTS, {"id": conversation_id}).first() is not None


_LISTED = select(blacklist.c.client_id).where(blacklist.c.client_id == bindparam("client_id"))
"""Asked about closed conversations only (a client on the black list has no other), and under their lock."""


def _remember(tx: Tx, row: Any) -> Conversation:
    found = load(row)
    if found.status is Status.CLOSED and tx.execute(_LISTED, {"client_id": found.client_id}).first() is not None:
        found = replace(found, blacklisted=True)
    return tx.keep("conversations").setdefault(found.id, found)  # type: ignore[no-any-return]


def load(row: Any) -> Conversation:
    """A row of the conversation's columns as the domain knows it; whether the client is blacklisted the caller must find out."""
    return Conversation(
        id=ConversationId(row.id),
        client_id=ClientId(row.client_id),
        channel_id=ChannelId(row.channel_id),
        external_id=row.external_id,
        group_id=GroupId(row.group_id),
        status=Status(row.status),
        status_since=Moment(row.status_since),
        operator_id=OperatorId(row.operator_id) if row.operator_id is not None else None,
        closed_by=OperatorId(row.closed_by) if row.closed_by is not None else None,
        meant_for=OperatorId(row.meant_for) if row.meant_for is not None else None,
        last_message_at=Moment(row.last_message_at) if row.last_message_at is not None else None,
        last_direction=Direction(row.last_direction) if row.last_direction else None,
        unseen=bool(row.unseen),
        version=row.version,
        last_seq=row.last_seq,
    )


_ADD_CLIENT = insert(client).returning(client.c.id)
_ADD_IDENTITY = insert(client_identity)
_ADD = insert(conversation).returning(conversation.c.id)


def create(
    tx: Tx,
    channel_id: ChannelId,
    external_id: str,
    group_id: GroupId,
    *,
    name: str,
    identifiers: dict[str, str],
    searched: bool = False,
) -> Conversation:
    """A new client with a new conversation in Unassigned. UNIQUE(channel, client) decides a race; the loser is retried.

    ``searched``: the channel's clients are looked up by their ids (see ``store.identities``), also later in this transaction.
    """
    who = {"name": name, "original_name": name, "identifiers": json.dumps(identifiers, ensure_ascii=False), "created_at": tx.now}
    client_id = ClientId(tx.execute(_ADD_CLIENT, who).scalar_one())
    words.of_client(tx, client_id, name)
    identity = {"client_id": client_id, "channel_id": channel_id, "external_id": external_id}
    if searched:
        tx.execute(_ADD_IDENTITY, identity)
    else:
        tx.later(_ADD_IDENTITY, identity)
    row = {
        "client_id": client_id,
        "channel_id": channel_id,
        "external_id": external_id,
        "group_id": group_id,
        "status": Status.UNASSIGNED.value,
        "status_since": tx.now,
    }
    fresh = Conversation(
        id=ConversationId(tx.execute(_ADD, row).scalar_one()),
        client_id=client_id,
        channel_id=channel_id,
        external_id=external_id,
        group_id=group_id,
        status=Status.UNASSIGNED,
        status_since=tx.now,
    )
    tx.keep("conversations")[fresh.id] = fresh
    tx.keep("conversation_keys")[channel_id, external_id] = fresh.id
    return fresh


_SAVE = (
    update(conversation)
    .where(conversation.c.id == bindparam("row_id"))
    .values(
        group_id=bindparam("to_group"),
        status=bindparam("to_status"),
        status_since=bindparam("since"),
        operator_id=bindparam("responsible"),
        closed_by=bindparam("closer"),
        meant_for=bindparam("awaited"),
        last_message_at=bindparam("last_at"),
        last_direction=bindparam("last_way"),
        unseen=bindparam("is_unseen"),
        version=bindparam("to_version"),
        last_seq=bindparam("seq"),
    )
)


def save(tx: Tx, changed: Conversation) -> None:
    """Have it written at the end of the transaction, and the homes drawn anew whose lists it is in."""
    before: Conversation = tx.keep("conversations").get(changed.id, changed)
    if replace(before, last_seq=changed.last_seq) != changed:
        homes.changed(tx, before, changed)
    tx.keep("conversations")[changed.id] = changed
    tx.keep("changed_conversations")[changed.id] = True
    tx.at_end(flush)


def flush(tx: Tx) -> None:
    """Write the changed conversations, in the order of their numbers."""
    known = tx.keep("conversations")
    rows = [
        {
            "row_id": item.id,
            "to_group": item.group_id,
            "to_status": item.status.value,
            "since": item.status_since,
            "responsible": item.operator_id,
            "closer": item.closed_by,
            "awaited": item.meant_for,
            "last_at": item.last_message_at,
            "last_way": item.last_direction.value if item.last_direction else None,
            "is_unseen": item.unseen,
            "to_version": item.version,
            "seq": item.last_seq,
        }
        for item in (known[key] for key in sorted(tx.keep("changed_conversations")))
    ]
    if rows:
        tx.execute_many(_SAVE, rows)


def client_name(tx: Tx, client_id: ClientId) -> str:
    """What the client is called."""
    name: str = tx.execute(select(client.c.name).where(client.c.id == client_id)).scalar_one()
    return name


def set_blocked(tx: Tx, client_id: ClientId, blocked: bool) -> bool:
    """Note whether the client has blocked us; whether that is news."""
    changed = tx.execute(update(client).where(client.c.id == client_id, client.c.blocked.is_not(blocked)).values(blocked=blocked))
    return changed.rowcount == 1


def id_or_none(value: int | None) -> ConversationId | None:
    """A column's value as an id."""
    return ConversationId(value) if value is not None else None
