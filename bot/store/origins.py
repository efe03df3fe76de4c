"""Where each fact about the team comes from: what the last applied team file said, and who set it otherwise since.

A fact is a field of a row, named by ``(kind, row, field)``; kinds and fields are those of :mod:`bot.store.entries`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from bot.domain.ids import Moment
from bot.store.tables import origin
from bot.store.uow import Tx

Fact = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Origin:
    """``filed`` whether the file has said it, ``value`` what; ``who`` set it at run time since, and when, None for nobody."""

    filed: bool = False
    value: Any = None
    who: str | None = None
    at: Moment | None = None


NOWHERE = Origin()


def all_of(tx: Tx) -> dict[Fact, Origin]:
    """Everything known."""
    return {
        (row.kind, row.row_id, row.field): Origin(
            row.filed is not None, json.loads(row.filed) if row.filed is not None else None, row.who, Moment(row.at)
        )
        for row in tx.execute(select(origin))
    }


def touch(tx: Tx, kind: str, row_id: int, fields: Iterable[str], who: str) -> None:
    """Somebody has set these fields at run time."""
    rows = [{"kind": kind, "row_id": row_id, "field": field, "who": who, "at": tx.now} for field in sorted(set(fields))]
    if rows:
        fresh = tx.upsert(origin)
        said = fresh.on_conflict_do_update(
            index_elements=["kind", "row_id", "field"], set_={"who": fresh.excluded.who, "at": fresh.excluded.at}
        )
        tx.execute(said, rows)


def file(tx: Tx, facts: dict[Fact, Any]) -> None:
    """The team file says this, and it is so now."""
    rows = [
        {
            "kind": kind,
            "row_id": row_id,
            "field": field,
            "filed": json.dumps(value, ensure_ascii=False),
            "who": None,
            "at": tx.now,
        }
        for (kind, row_id, field), value in sorted(facts.items(), key=lambda item: item[0])
    ]
    if rows:
        fresh = tx.upsert(origin)
        said = fresh.on_conflict_do_update(
            index_elements=["kind", "row_id", "field"],
            set_={"filed": fresh.excluded.filed, "who": None, "at": fresh.excluded.at},
        )
        tx.execute(said, rows)


def forget(tx: Tx, kind: str, row_id: int) -> None:
    """The file does not speak of this row any more."""
    tx.execute(delete(origin).where(origin.c.kind == kind, origin.c.row_id == row_id))
