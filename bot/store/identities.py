"""By which ids a channel knows one client: WhatsApp has a business-scoped id and, for some, a phone number.

A conversation's ``external_id`` is the one its messages are sent to; the others lead to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain.conversation import Conversation
from bot.domain.ids import ChannelId, ClientId
from bot.store import conversations
from bot.store.tables import client_identity, conversation, lane, message_ref
from bot.store.uow import Tx, upsert


@dataclass(frozen=True, slots=True)
class Known:
    """Whose an id is, and the id his conversation is kept under."""

    client_id: ClientId
    address: str


_KNOWN = (
    select(client_identity.c.external_id, client_identity.c.client_id, conversation.c.external_id.label("address"))
    .join(
        conversation,
        (conversation.c.client_id == client_identity.c.client_id) & (conversation.c.channel_id == client_identity.c.channel_id),
    )
    .where(
        client_identity.c.channel_id == bindparam("channel_id"),
        client_identity.c.external_id.in_(bindparam("ids", expanding=True)),
    )
)
_OF = select(client_identity.c.external_id).where(
    client_identity.c.channel_id == bindparam("channel_id"), client_identity.c.client_id == bindparam("client_id")
)


def known(tx: Tx, channel_id: ChannelId, ids: Sequence[str]) -> dict[str, Known]:
    """Whose each of these ids is, of those that are somebody's."""
    rows = tx.execute(_KNOWN, {"channel_id": channel_id, "ids": list(ids)})
    return {row.external_id: Known(ClientId(row.client_id), row.address) for row in rows}


def of_client(tx: Tx, channel_id: ChannelId, client_id: ClientId) -> list[str]:
    """All ids of a client on a channel."""
    return list(tx.execute(_OF, {"channel_id": channel_id, "client_id": client_id}).scalars())


@cache
def _add(postgres: bool) -> Any:
    row = upsert(client_identity, postgres=postgres)
    return row.on_conflict_do_update(index_elements=["channel_id", "external_id"], set_={"client_id": row.excluded.client_id})


def add(tx: Tx, channel_id: ChannelId, client_id: ClientId, external_id: str) -> None:
    """The client is known by this id too; somebody else's before, it is this client's now."""
    tx.execute(_add(tx.postgres), {"client_id": client_id, "channel_id": channel_id, "external_id": external_id})


def readdress(tx: Tx, talk: Conversation, platform: str, port: str, fresh: str) -> None:
    """The client has another address: the conversation goes on there, with all that still waits to be sent."""
    old = talk.external_id
    tx.execute(update(conversation).where(conversation.c.id == talk.id).values(external_id=fresh))
    there = message_ref.c.platform == platform, message_ref.c.chat == old
    tx.execute(update(message_ref).where(*there).values(chat=fresh))
    lanes = lane.c.port == port, lane.c.chat == old, lane.c.key.startswith(f"{port}:{talk.channel_id}:", autoescape=True)
    tx.execute(update(lane).where(*lanes).values(chat=fresh))
    for name in ("conversations", "conversation_keys"):
        tx.keep(name).clear()
    add(tx, talk.channel_id, talk.client_id, fresh)


def conversation_at(tx: Tx, channel_id: ChannelId, ids: Sequence[str]) -> Conversation | None:
    """The conversation one of these ids leads to, the first that does."""
    whose = known(tx, channel_id, ids)
    place = next((whose[one].address for one in ids if one in whose), None)
    return conversations.of_client(tx, channel_id, place) if place is not None else None
