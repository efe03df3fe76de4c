"""Random secrets the product makes for itself, shared by all nodes: made once, kept in the store."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random

from sqlalchemy import select

from bot.store.tables import secret
from bot.store.uow import Tx


def channel_secret(master: str, channel: str) -> str:
    """An HTTP channel's own secret, made from the house's (:data:`HTTP`); it can be told again at any time."""
    return hmac.new(master.encode(), channel.encode(), hashlib.sha256).hexdigest()


HTTP = "http-channel"


def shared(tx: Tx, name: str) -> str:
    """The secret of that name, made now if it is new."""
    tx.execute(tx.upsert(secret).values(name=name, value=random.token_urlsafe(32)).on_conflict_do_nothing())
    value: str = tx.execute(select(secret.c.value).where(secret.c.name == name)).scalar_one()
    return value


def shared_now(tx: Tx, name: str) -> str | None:
    """The secret of that name, if it was made."""
    found: str | None = tx.execute(select(secret.c.value).where(secret.c.name == name)).scalar()
    return found


def renewed(tx: Tx, name: str, value: str) -> bool:
    """Whether ``value`` is another than at the last call under this name; only a digest is kept."""
    digest = hashlib.sha256(value.encode()).hexdigest()
    fresh = tx.upsert(secret).values(name=name, value=digest)
    changed = fresh.on_conflict_do_update(index_elements=["name"], set_={"value": digest}, where=secret.c.value != digest)
    return bool(tx.execute(changed).rowcount)


def is_known(tx: Tx, name: str, value: str) -> bool:
    """Whether ``value`` is what :func:`renewed` was last told under this name."""
    kept = tx.execute(select(secret.c.value).where(secret.c.name == name)).scalar()
    return bool(kept == hashlib.sha256(value.encode()).hexdigest())
