"""The journal: what happened, who did it, from where. Rows are only ever added (R29)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from bot.domain.ids import ConversationId, Moment, OperatorId
from bot.domain.screen import Jump
from bot.store.tables import client, conversation, desk, journal, mirror, operator
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact. ``way`` is platform and door (``slack:button``), ``client`` or ``system``."""

    at: Moment
    who: str
    way: str
    what: str
    details: dict[str, Any]
    id: int = 0
    conversation_id: ConversationId | None = None


_ADD = insert(journal)


def add(
    tx: Tx,
    what: str,
    *,
    who: str,
    way: str,
    conversation_id: ConversationId | None = None,
    operator_id: OperatorId | None = None,
    **details: Any,
) -> None:
    """Keep a fact; written at the end of the transaction."""
    tx.later(
        _ADD,
        {
            "conversation_id": conversation_id,
            "operator_id": operator_id,
            "who": who,
            "way": way,
            "what": what,
            "details": json.dumps(details, ensure_ascii=False),
            "at": tx.now,
        },
    )


def of_conversation(tx: Tx, conversation_id: ConversationId, limit: int = 50) -> list[Entry]:
    """The last facts of a conversation, oldest first."""
    query = (
        select(journal.c.at, journal.c.who, journal.c.way, journal.c.what, journal.c.details)
        .where(journal.c.conversation_id == conversation_id)
        .order_by(journal.c.id.desc())
        .limit(limit)
    )
    rows = tx.execute(query).all()
    return [Entry(row.at, row.who, row.way, row.what, json.loads(row.details)) for row in reversed(rows)]


def latest(tx: Tx, what: str, limit: int = 20) -> list[Entry]:
    """The last facts of one kind, newest first, for ``doctor`` and tests."""
    query = (
        select(journal.c.at, journal.c.who, journal.c.way, journal.c.what, journal.c.details)
        .where(journal.c.what == what)
        .order_by(journal.c.id.desc())
        .limit(limit)
    )
    return [Entry(row.at, row.who, row.way, row.what, json.loads(row.details)) for row in tx.execute(query)]


def page(
    tx: Tx,
    *,
    limit: int,
    before: int = 0,
    operator_id: OperatorId | None = None,
    conversation_id: ConversationId | None = None,
    since: Moment | None = None,
) -> list[Entry]:
    """Facts newest first, those before number ``before`` (0 = the newest), by an operator, of a conversation, since a time."""
    query = select(journal).order_by(journal.c.id.desc()).limit(limit)
    if before:
        query = query.where(journal.c.id < before)
    if operator_id is not None:
        query = query.where(journal.c.operator_id == operator_id)
    if conversation_id is not None:
        query = query.where(journal.c.conversation_id == conversation_id)
    if since is not None:
        first = tx.execute(
            select(journal.c.id).where(journal.c.at >= since).order_by(journal.c.at, journal.c.id).limit(1)
        ).scalar()
        if first is None:
            return []
        query = query.where(journal.c.id >= first, journal.c.at >= since)
    return [
        Entry(row.at, row.who, row.way, row.what, json.loads(row.details), row.id, _conversation(row.conversation_id))
        for row in tx.execute(query)
    ]


def places(tx: Tx, ids: set[ConversationId]) -> dict[int, tuple[str, tuple[Jump, ...]]]:
    """Of these conversations the client's name and the threads they stand in now."""
    names = select(conversation.c.id, client.c.name).join(client, client.c.id == conversation.c.client_id)
    live = (
        select(mirror.c.conversation_id, desk.c.platform, desk.c.chat, mirror.c.thread)
        .join(desk, desk.c.id == mirror.c.desk_id)
        .where(mirror.c.conversation_id.in_(ids), mirror.c.retired_at.is_(None), mirror.c.thread != "")
        .order_by(mirror.c.id)
    )
    jumps: dict[int, list[Jump]] = {}
    for row in tx.execute(live):
        jumps.setdefault(row.conversation_id, []).append(Jump(row.platform, row.chat, row.thread))
    return {row.id: (row.name, tuple(jumps.get(row.id, ()))) for row in tx.execute(names.where(conversation.c.id.in_(ids)))}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the team, or who once was."""

    id: OperatorId
    name: str
    email: str


def people(tx: Tx) -> list[Person]:
    """All who ever were operators, by name."""
    query = select(operator.c.id, operator.c.name, operator.c.email).order_by(operator.c.name, operator.c.id)
    return [Person(OperatorId(row.id), row.name.strip() or row.email or "", row.email or "") for row in tx.execute(query)]


def _conversation(value: int | None) -> ConversationId | None:
    return ConversationId(value) if value is not None else None
