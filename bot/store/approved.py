"""The message templates that WhatsApp has approved, as it last told of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.domain.approved import Approved
from bot.store.tables import approved
from bot.store.uow import Tx


def everything(tx: Tx) -> list[Approved]:
    """All of them, by name."""
    return [_load(row) for row in tx.execute(select(approved).order_by(approved.c.name, approved.c.language))]


def by_id(tx: Tx, number: int) -> Approved | None:
    """One; None when it is approved no more."""
    row = tx.execute(select(approved).where(approved.c.id == number)).first()
    return _load(row) if row is not None else None


def replace(tx: Tx, found: Sequence[Approved]) -> int:
    """These are all there are now; what stays keeps its number, which forms carry. Returns how many are new or changed."""
    known = {(one.name, one.language): one for one in everything(tx)}
    changed = 0
    for one in found:
        before = known.pop((one.name, one.language), None)
        row = _row(one)
        if before is None:
            tx.execute(insert(approved), row)
        elif _row(before) != row:
            tx.execute(update(approved).where(approved.c.id == before.id).values(row))
        else:
            continue
        changed += 1
    if known:
        tx.execute(delete(approved).where(approved.c.id.in_([one.id for one in known.values()])))
    return changed


def _row(one: Approved) -> dict[str, Any]:
    return {
        "name": one.name,
        "language": one.language,
        "header": one.header,
        "body": one.body,
        "footer": one.footer,
        "buttons": json.dumps({str(index): address for index, address in sorted(one.buttons.items())}, ensure_ascii=False),
        "named": one.named,
    }


def _load(row: Any) -> Approved:
    return Approved(
        id=row.id,
        name=row.name,
        language=row.language,
        header=row.header,
        body=row.body,
        footer=row.footer,
        buttons={int(index): address for index, address in json.loads(row.buttons).items()},
        named=bool(row.named),
    )
