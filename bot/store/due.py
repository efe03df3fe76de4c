"""What the clock has to do, and what it has done. A row is taken and acted on in one transaction, so it is acted on once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.domain.ids import ConversationId, GroupId, Moment, OperatorId
from bot.store.tables import due
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something to look at when its time has come.

    ``kind``  who acts on it; ``at`` when; ``key`` unique for ever among rows that stand, None for any number of them
    ``payload`` what the one who acts wants to know again; ``replaces`` one of the same key that says something else
    """

    kind: str
    at: Moment
    key: str | None = None
    conversation_id: ConversationId | None = None
    operator_id: OperatorId | None = None
    group_id: GroupId | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
    replaces: bool = False


def put(tx: Tx, wanted: Sequence[Due]) -> None:
    """Enter them, but for those whose keys stand already: what was planned by somebody slower changes nothing."""
    for item in wanted:
        row = {
            "kind": item.kind,
            "conversation_id": item.conversation_id,
            "operator_id": item.operator_id,
            "group_id": item.group_id,
            "at": item.at,
            "payload": dump(item.payload),
            "due_key": item.key,
        }
        if item.key is None:
            tx.execute(insert(due), row)
            continue
        fresh = tx.upsert(due).values(row)
        if not item.replaces:
            tx.execute(fresh.on_conflict_do_nothing(index_elements=["due_key"]))
            continue
        tx.execute(
            fresh.on_conflict_do_update(
                index_elements=["due_key"],
                set_={"at": fresh.excluded.at, "payload": fresh.excluded.payload},
                where=due.c.payload != fresh.excluded.payload,
            )
        )


def dump(payload: Mapping[str, Any]) -> str:
    """A payload as the store keeps it; equal ones look equal."""
    return json.dumps(dict(payload), ensure_ascii=False, sort_keys=True)


def standing(tx: Tx, kinds: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The payloads of the rows of these kinds that stand, by key."""
    query = select(due.c.due_key, due.c.payload).where(due.c.kind.in_(kinds), due.c.due_key.is_not(None))
    return {row.due_key: json.loads(row.payload) for row in tx.execute(query)}


def ready(tx: Tx, limit: int) -> list[int]:
    """The rows whose time has come, the longest due first."""
    return list(tx.execute(select(due.c.id).where(due.c.at <= tx.now).order_by(due.c.at, due.c.id).limit(limit)).scalars())


def take(tx: Tx, row_id: int) -> Due | None:
    """The row, locked until the transaction ends; None when somebody else has it or it is due no more."""
    query = select(due).where(due.c.id == row_id, due.c.at <= tx.now).with_for_update(skip_locked=True)
    row = tx.execute(query).first()
    return _due(row) if row is not None else None


def take_of(tx: Tx, kind: str, operator_id: OperatorId) -> list[Due]:
    """All rows of one kind and operator whose time has come, oldest first, locked likewise."""
    query = select(due).where(due.c.kind == kind, due.c.operator_id == operator_id, due.c.at <= tx.now)
    return [_due(row) for row in tx.execute(query.order_by(due.c.id).with_for_update(skip_locked=True))]


def again(tx: Tx, row_id: int, at: Moment, payload: Mapping[str, Any] | None = None) -> None:
    """Look at it again at another time."""
    values: dict[str, Any] = {"at": at} if payload is None else {"at": at, "payload": dump(payload)}
    tx.execute(update(due).where(due.c.id == row_id).values(values))


def done(tx: Tx, row_ids: Sequence[int]) -> None:
    """They are over."""
    tx.execute(delete(due).where(due.c.id.in_(list(row_ids))))


def hurry(tx: Tx, kind: str, operator_id: OperatorId, at: Moment) -> None:
    """Let an operator's rows of one kind come due at another time."""
    tx.execute(update(due).where(due.c.kind == kind, due.c.operator_id == operator_id).values(at=at))


def _due(row: Any) -> Due:
    return Due(
        id=row.id,
        kind=row.kind,
        at=Moment(row.at),
        key=row.due_key,
        conversation_id=ConversationId(row.conversation_id) if row.conversation_id is not None else None,
        operator_id=OperatorId(row.operator_id) if row.operator_id is not None else None,
        group_id=GroupId(row.group_id) if row.group_id is not None else None,
        payload=json.loads(row.payload),
    )
