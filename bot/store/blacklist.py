"""The black list, and what its clients go on writing: kept within bounds, shown to nobody (R80, R81)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select

from bot.domain.conversation import Direction
from bot.domain.ids import ClientId, ConversationId, Moment
from bot.store.tables import blacklist, conversation, message, message_ref, operator
from bot.store.uow import Tx

UNHEARD_KEPT = 200
"""So many messages of one conversation are kept; older ones give way, so that nobody can fill the store."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Who sent a client to the black list, and when."""

    by: str
    at: Moment


_LISTING = (
    select(operator.c.name, blacklist.c.at)
    .join(operator, operator.c.id == blacklist.c.operator_id)
    .where(blacklist.c.client_id == bindparam("client_id"))
)


def of_client(tx: Tx, client_id: ClientId) -> Listing | None:
    """The client's entry, None when there is none."""
    row = tx.execute(_LISTING, {"client_id": client_id}).first()
    return Listing(row.name, Moment(row.at)) if row else None


def add(tx: Tx, client_id: ClientId, operator_id: int) -> None:
    """Put the client on the list. Its conversations must be locked and closed in the same transaction."""
    tx.execute(insert(blacklist), {"client_id": client_id, "operator_id": operator_id, "at": tx.now})


def remove(tx: Tx, client_id: ClientId) -> None:
    """Take the client off the list."""
    tx.execute(delete(blacklist).where(blacklist.c.client_id == client_id))


def conversations_of(tx: Tx, client_id: ClientId) -> list[ConversationId]:
    """The client's conversations, one a channel, in the order of their numbers."""
    query = select(conversation.c.id).where(conversation.c.client_id == client_id).order_by(conversation.c.id)
    return [ConversationId(found) for found in tx.execute(query).scalars()]


_TOO_OLD = select(message.c.id).where(
    message.c.conversation_id == bindparam("conversation_id"),
    message.c.direction == Direction.UNHEARD.value,
    message.c.seq <= bindparam("seq"),
)


def forget_oldest(tx: Tx, conversation_id: ConversationId, last_seq: int) -> None:
    """Let go of what was kept unheard beyond the bound, counted back from message number ``last_seq``."""
    old = list(tx.execute(_TOO_OLD, {"conversation_id": conversation_id, "seq": last_seq - UNHEARD_KEPT}).scalars())
    if old:
        tx.execute(delete(message_ref).where(message_ref.c.message_id.in_(old)))
        tx.execute(delete(message).where(message.c.id.in_(old)))
