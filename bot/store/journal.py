"""The journal: what happened, who did it, from where. Rows are only ever added (R29)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from bot.domain.ids import ConversationId, Moment, OperatorId
from bot.store.tables import journal
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact. ``way`` is platform and door (``slack:button``), ``client`` or ``system``."""

    at: Moment
    who: str
    way: str
    what: str
    details: dict[str, Any]


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
