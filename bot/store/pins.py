"""Which client is pinned to which operator (R70-R75)."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from bot.domain.ids import ClientId, OperatorId
from bot.domain.pinning import Owner
from bot.store.tables import operator, pin
from bot.store.uow import Tx

_OF = (
    select(operator.c.id, operator.c.name, operator.c.email, operator.c.active)
    .join(pin, pin.c.operator_id == operator.c.id)
    .where(pin.c.client_id == bindparam("client_id"))
)


def of_client(tx: Tx, client_id: ClientId) -> Owner | None:
    """The operator the client is pinned to, active or not."""
    row = tx.execute(_OF, {"client_id": client_id}).first()
    return Owner(OperatorId(row.id), row.name.strip() or row.email or "", bool(row.active)) if row else None


def add(tx: Tx, client_id: ClientId, operator_id: OperatorId) -> bool:
    """Pin the client; False when somebody else was quicker."""
    fresh = tx.upsert(pin).values(client_id=client_id, operator_id=operator_id, at=tx.now).on_conflict_do_nothing()
    return bool(tx.execute(fresh).rowcount)


def remove(tx: Tx, client_id: ClientId) -> None:
    """End the pin."""
    tx.execute(delete(pin).where(pin.c.client_id == client_id))
