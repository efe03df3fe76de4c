"""What a client may read again on a channel that shows history: his own words and the answers, never notes or held texts.

Numbers grow in the order of commits (they are taken under the conversation's lock), so a reader who asks for
"after n" misses nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from bot.domain.ids import ConversationId, Moment
from bot.domain.text import RichText
from bot.store.tables import channel, conversation, message, message_ref
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Visible:
    """One message as the client may see it. ``remote_id`` is the id the channel gave it, empty when none."""

    seq: int
    direction: str
    author: str
    body: RichText
    at: Moment
    remote_id: str


_CONVERSATION = (
    select(conversation.c.id)
    .join(channel, channel.c.id == conversation.c.channel_id)
    .where(
        channel.c.kind == bindparam("kind"),
        channel.c.name == bindparam("name"),
        conversation.c.external_id == bindparam("external_id"),
    )
)


def conversation_of(tx: Tx, kind: str, name: str, external_id: str) -> ConversationId | None:
    """The conversation of a channel's client."""
    found = tx.execute(_CONVERSATION, {"kind": kind, "name": name, "external_id": external_id}).scalar()
    return ConversationId(found) if found is not None else None


_SHOWN = (
    select(message.c.seq, message.c.direction, message.c.shown_as, message.c.body, message.c.at, message_ref.c.remote_id)
    .join(
        message_ref, (message_ref.c.message_id == message.c.id) & (message_ref.c.platform == bindparam("platform")), isouter=True
    )
    .where(
        message.c.conversation_id == bindparam("conversation_id"),
        message.c.deleted_at.is_(None),
        message.c.direction.in_(("in", "out", "unheard")),
    )
)
_AFTER = _SHOWN.where(message.c.seq > bindparam("seq")).order_by(message.c.seq).limit(bindparam("n"))
_BEFORE = _SHOWN.where(message.c.seq < bindparam("seq")).order_by(message.c.seq.desc()).limit(bindparam("n"))


def visible(tx: Tx, conversation_id: ConversationId, after_seq: int, limit: int, platform: str = "widget") -> list[Visible]:
    """Messages after a number, oldest first."""
    values = {"conversation_id": conversation_id, "seq": after_seq, "n": limit, "platform": platform}
    return [_visible(row) for row in tx.execute(_AFTER, values)]


def visible_before(
    tx: Tx, conversation_id: ConversationId, before_seq: int, limit: int, platform: str = "widget"
) -> list[Visible]:
    """Messages before a number, oldest first."""
    values = {"conversation_id": conversation_id, "seq": before_seq, "n": limit, "platform": platform}
    return [_visible(row) for row in reversed(tx.execute(_BEFORE, values).all())]


def _visible(row: Any) -> Visible:
    direction = "out" if row.direction == "out" else "in"  # a client on the black list is not told so
    return Visible(row.seq, direction, row.shown_as, RichText.from_json(json.loads(row.body)), row.at, row.remote_id or "")
