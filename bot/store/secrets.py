"""Random secrets the product makes for itself, shared by all nodes: made once, kept in the store."""

from __future__ import annotations

import secrets as random

from sqlalchemy import select

from bot.store.tables import secret
from bot.store.uow import Tx


def shared(tx: Tx, name: str) -> str:
    """The secret of that name, made now if it is new."""
    tx.execute(tx.upsert(secret).values(name=name, value=random.token_urlsafe(32)).on_conflict_do_nothing())
    value: str = tx.execute(select(secret.c.value).where(secret.c.name == name)).scalar_one()
    return value
