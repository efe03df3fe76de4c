"""What operators know about a client: names, identifiers, their notes, and where the talks stand (R50-R52)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, insert, select, update

from bot.domain.ids import ClientId, Moment, OperatorId
from bot.domain.screen import Jump
from bot.store import words
from bot.store.tables import (
    channel,
    client,
    client_note,
    conversation,
    desk,
    group,
    journal,
    message,
    message_tag,
    mirror,
    operator,
    tag,
)
from bot.store.uow import Tx

STEPS = (
    "arrived",
    "started",
    "taken over",
    "assigned",
    "moved to another group",
    "returned",
    "closed",
    "reopened",
    "sent to the black list",
    "unlocked",
)
"""The facts of the journal a profile tells: where talks began and ended, and who had them."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client. ``original_name`` is the one the channel gave; ``identifiers`` what else the channel told, by name."""

    id: ClientId
    name: str
    original_name: str
    identifiers: dict[str, str]
    blocked: bool


def by_id(tx: Tx, client_id: ClientId) -> Client:
    """The client."""
    row = tx.execute(select(client).where(client.c.id == client_id)).one()
    known = json.loads(row.identifiers or "{}")
    return Client(ClientId(row.id), row.name, row.original_name, {key: str(value) for key, value in known.items()}, row.blocked)


def rename(tx: Tx, known: Client, name: str) -> None:
    """Give the client another name; the original one stays, and both are found (R50, R85)."""
    tx.execute(update(client).where(client.c.id == known.id).values(name=name))
    words.of_client(tx, known.id, name, known.original_name)


@dataclass(frozen=True, slots=True)
class ClientNote:
    """What an operator wrote about a client."""

    id: int
    author_id: OperatorId
    author: str
    body: str
    at: Moment


_NOTES = select(
    client_note.c.id, client_note.c.operator_id, operator.c.name, client_note.c.body, client_note.c.at, client_note.c.client_id
).join(operator, operator.c.id == client_note.c.operator_id)


def notes(tx: Tx, client_id: ClientId, limit: int) -> list[ClientNote]:
    """The newest notes on a client, newest first."""
    query = _NOTES.where(client_note.c.client_id == client_id).order_by(client_note.c.id.desc()).limit(limit)
    return [ClientNote(row.id, OperatorId(row.operator_id), row.name, row.body, Moment(row.at)) for row in tx.execute(query)]


def note(tx: Tx, client_id: ClientId, note_id: int) -> ClientNote | None:
    """One note on this client; None when it is another client's or is gone."""
    row = tx.execute(_NOTES.where(client_note.c.id == note_id, client_note.c.client_id == client_id)).first()
    return ClientNote(row.id, OperatorId(row.operator_id), row.name, row.body, Moment(row.at)) if row else None


def add_note(tx: Tx, client_id: ClientId, author_id: OperatorId, body: str) -> None:
    """Keep a note (R51)."""
    tx.execute(insert(client_note), {"client_id": client_id, "operator_id": author_id, "body": body, "at": tx.now})


def delete_note(tx: Tx, note_id: int) -> None:
    """Let a note go."""
    tx.execute(delete(client_note).where(client_note.c.id == note_id))


def tags(tx: Tx, client_id: ClientId) -> list[tuple[str, int]]:
    """The tags on this client's messages and how often each, the most frequent first."""
    times = func.count().label("times")
    query = (
        select(tag.c.name, times)
        .join(message_tag, message_tag.c.tag_id == tag.c.id)
        .join(message, message.c.id == message_tag.c.message_id)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .where(conversation.c.client_id == client_id)
        .group_by(tag.c.name)
        .order_by(times.desc(), tag.c.name)
    )
    return [(row.name, row.times) for row in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class Step:
    """A fact about one of the client's conversations."""

    conversation_id: int
    at: Moment
    who: str
    what: str


def steps(tx: Tx, client_id: ClientId, limit: int) -> list[Step]:
    """Beginnings and ends of this client's talks, newest first."""
    query = (
        select(journal.c.conversation_id, journal.c.at, journal.c.who, journal.c.what)
        .join(conversation, conversation.c.id == journal.c.conversation_id)
        .where(conversation.c.client_id == client_id, journal.c.what.in_(STEPS))
        .order_by(journal.c.id.desc())
        .limit(limit)
    )
    return [Step(row.conversation_id, Moment(row.at), row.who, row.what) for row in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread or topic one of the client's talks stands in, and from when to when (None = still)."""

    conversation_id: int
    jump: Jump
    since: Moment
    until: Moment | None


_THREADS = (
    select(mirror.c.conversation_id, desk.c.platform, desk.c.chat, mirror.c.thread, mirror.c.created_at, mirror.c.retired_at)
    .join(desk, desk.c.id == mirror.c.desk_id)
    .join(conversation, conversation.c.id == mirror.c.conversation_id)
    .where(conversation.c.client_id == bindparam("client_id"), mirror.c.thread != "")
    .order_by(mirror.c.id)
)


def threads(tx: Tx, client_id: ClientId) -> list[Thread]:
    """All of them, oldest first."""
    return [
        Thread(row.conversation_id, Jump(row.platform, row.chat, row.thread), Moment(row.created_at), row.retired_at)
        for row in tx.execute(_THREADS, {"client_id": client_id})
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """A channel the client writes on."""

    kind: str
    name: str
    external_id: str
    group: str
    colour: str


def lines(tx: Tx, client_id: ClientId) -> list[Line]:
    """The channels of the client's conversations."""
    query = (
        select(channel.c.kind, channel.c.name, conversation.c.external_id, group.c.label, group.c.colour)
        .join(channel, channel.c.id == conversation.c.channel_id)
        .join(group, group.c.id == conversation.c.group_id)
        .where(conversation.c.client_id == client_id)
        .order_by(conversation.c.id)
    )
    return [Line(row.kind, row.name, row.external_id, row.label, row.colour) for row in tx.execute(query)]
