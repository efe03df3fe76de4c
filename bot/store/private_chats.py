"""Which operators have opened a private chat with the desk's bot, so that it may write to them.

The table is ``home``, and ``homes.opened`` notes that one is open.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update

from bot.store.tables import home, identity, operator
from bot.store.uow import Tx


def closed(tx: Tx, platform: str, external_id: str) -> None:
    """The person has blocked the bot."""
    tx.execute(delete(home).where(home.c.platform == platform, home.c.external_id == external_id))


def is_open(tx: Tx, platform: str, external_id: str) -> bool:
    """Whether the bot may write to this person, as far as we know."""
    query = select(home.c.id).where(home.c.platform == platform, home.c.external_id == external_id)
    return tx.execute(query).first() is not None


def open_to(tx: Tx, platform: str) -> list[str]:
    """The platform's ids of all who have the chat open."""
    return list(tx.execute(select(home.c.external_id).where(home.c.platform == platform).order_by(home.c.id)).scalars())


def set_page(tx: Tx, platform: str, external_id: str, remote_id: str) -> None:
    """Note the message that shows the person's lists."""
    tx.execute(update(home).where(home.c.platform == platform, home.c.external_id == external_id).values(remote_id=remote_id))


def people(tx: Tx, platform: str) -> frozenset[str]:
    """The platform's ids of all active operators; kept at hand within the transaction."""
    known = tx.keep("people")
    if platform not in known:
        query = (
            select(identity.c.external_id)
            .join(operator, operator.c.id == identity.c.operator_id)
            .where(identity.c.platform == platform, operator.c.active.is_(True))
        )
        known[platform] = frozenset(tx.execute(query).scalars())
    found: frozenset[str] = known[platform]
    return found
