"""What of a conversation may go by e-mail, and whose addresses are known (R64). Held texts and what is unheard never do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from bot.domain.capabilities import CHANNELS
from bot.domain.conversation import Direction
from bot.domain.files import File, FileState
from bot.domain.ids import ClientId, ConversationId, Moment
from bot.domain.phrase import joined
from bot.domain.text import RichText
from bot.domain.transcript import Line, Transcript
from bot.store import files
from bot.store.tables import channel, client, conversation, group, message, message_ref, operator
from bot.store.uow import Tx

MOST = 5_000
"""Messages in one letter; beyond that the newest."""
TALK = (Direction.IN.value, Direction.OUT.value)
KINDS = {Direction.IN: "client", Direction.OUT: "operator", Direction.NOTE: "note"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A message to choose: its number in the store, who said what."""

    id: int
    is_note: bool
    author: str
    body: RichText
    at: Moment


def _shown(conversation_id: ConversationId, *, notes: bool, columns: Sequence[Any]) -> Select[Any]:
    directions = (*TALK, Direction.NOTE.value) if notes else TALK
    return select(*columns).where(
        message.c.conversation_id == conversation_id, message.c.direction.in_(directions), message.c.deleted_at.is_(None)
    )


def choices(tx: Tx, conversation_id: ConversationId, most: int, only: Sequence[int] | None = None) -> list[Choice]:
    """The newest messages that could go, oldest first; of ``only`` those that can."""
    query = _shown(
        conversation_id,
        notes=True,
        columns=(message.c.id, message.c.direction, message.c.author, message.c.body, message.c.at),
    )
    if only is not None:
        query = query.where(message.c.id.in_(only))
    rows = tx.execute(query.order_by(message.c.seq.desc()).limit(most)).all()
    return [
        Choice(row.id, row.direction == Direction.NOTE.value, row.author, _body(row.body), Moment(row.at))
        for row in reversed(rows)
    ]


def at_posts(tx: Tx, conversation_id: ConversationId, platform: str, chat: str, posts: Sequence[str]) -> list[int]:
    """The messages of this conversation that stand in these posts of a desk."""
    query = (
        select(message.c.id)
        .join(message_ref, message_ref.c.message_id == message.c.id)
        .where(message_ref.c.platform == platform, message_ref.c.chat == chat, message_ref.c.remote_id.in_(posts))
        .where(message.c.conversation_id == conversation_id)
        .distinct()
    )
    return sorted(tx.execute(query).scalars())


def load(tx: Tx, conversation_id: ConversationId, *, upto: int, only: Sequence[int] | None, notes: bool) -> Transcript | None:
    """What was said up to message number ``upto``, or only these messages. None when the conversation is gone."""
    head = tx.execute(
        select(client.c.name, channel.c.kind, channel.c.name.label("place"), group.c.label)
        .join_from(conversation, client, client.c.id == conversation.c.client_id)
        .join(channel, channel.c.id == conversation.c.channel_id)
        .join(group, group.c.id == conversation.c.group_id)
        .where(conversation.c.id == conversation_id)
    ).first()
    if head is None:
        return None
    columns = (message.c.direction, message.c.author, message.c.shown_as, message.c.body, message.c.at, message.c.file_id)
    query = _shown(conversation_id, notes=notes, columns=columns).where(message.c.seq <= upto)
    if only is not None:
        query = query.where(message.c.id.in_(only))
    rows = tx.execute(query.order_by(message.c.seq.desc()).limit(MOST)).all()
    borne = files.by_ids(tx, {row.file_id for row in rows if row.file_id is not None})
    number = tx.execute(select(func.count()).select_from(query.subquery())).scalar_one() if len(rows) == MOST else len(rows)
    return Transcript(
        client=head.name,
        channel=joined(" · ", [CHANNELS[head.kind].name, head.place]),
        group=head.label,
        lines=tuple(_line(row, head.label, borne.get(row.file_id)) for row in reversed(rows)),
        left_out=number - len(rows),
    )


def _line(row: Any, group_label: str, file: File | None) -> Line:
    kind = KINDS[Direction(row.direction)]
    author = (row.shown_as or group_label) if kind == "operator" else row.author
    here = file if file is not None and file.state is FileState.HERE else None
    return Line(kind, author, _body(row.body), Moment(row.at), here)


def _body(kept: str) -> RichText:
    return RichText.from_json(json.loads(kept))


def addresses_of_operators(tx: Tx) -> set[str]:
    """The e-mail addresses of the team."""
    query = select(operator.c.email).where(operator.c.active.is_(True), operator.c.email.is_not(None))
    return {email for email in tx.execute(query).scalars() if email}


def address_of_client(tx: Tx, client_id: ClientId) -> str:
    """The address the channel told of the client, empty when it told none."""
    kept = tx.execute(select(client.c.identifiers).where(client.c.id == client_id)).scalar_one()
    return str(json.loads(kept or "{}").get("email") or "")
