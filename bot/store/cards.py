"""Everything the cards of some mirrors show, and what their topics are called, in a query each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select

from bot.domain.capabilities import CHANNELS
from bot.domain.card import has_moved
from bot.domain.conversation import Conversation
from bot.domain.ids import GroupId, MirrorId
from bot.domain.people import Group, Signature
from bot.domain.phrase import Phrase
from bot.domain.reminders import hours_of
from bot.domain.window import until_words
from bot.store import messages, team
from bot.store.conversations import CONVERSATION_COLUMNS, load
from bot.store.tables import blacklist, channel, client, conversation, group, mirror, operator, pin
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Face:
    """What one card shows, but for the first words.

    ``meant_for``, ``pinned`` are operators' names, empty for nobody; ``left``: the talk goes on in another thread;
    ``link`` is the thread in the same room or forum the pointer points to, empty for none; ``window``
    until when free words may go.
    """

    conversation: Conversation
    client: str
    channel_kind: str
    channel_name: str
    group: Group
    responsible: str | None
    meant_for: str
    pinned: str
    left: bool
    pointer: str
    link: str
    window: str


_awaited = operator.alias("awaited")
_owner = operator.alias("owner")
_FACES = (
    select(
        mirror.c.id.label("mirror_id"),
        mirror.c.pointer,
        mirror.c.retired_at,
        mirror.c.desk_id,
        client.c.name.label("client_name"),
        channel.c.kind,
        channel.c.name.label("channel_name"),
        group.c.id.label("gid"),
        group.c.name.label("group_name"),
        group.c.label.label("group_label"),
        group.c.colour,
        group.c.signature,
        operator.c.name.label("operator_name"),
        _awaited.c.name.label("awaited_name"),
        _owner.c.name.label("owner_name"),
        _owner.c.email.label("owner_email"),
        _owner.c.active.label("owner_active"),
        blacklist.c.client_id.label("listed"),
        *CONVERSATION_COLUMNS,
    )
    .join(conversation, conversation.c.id == mirror.c.conversation_id)
    .join(client, client.c.id == conversation.c.client_id)
    .join(channel, channel.c.id == conversation.c.channel_id)
    .join(group, group.c.id == conversation.c.group_id)
    .join(operator, operator.c.id == conversation.c.operator_id, isouter=True)
    .join(_awaited, _awaited.c.id == conversation.c.meant_for, isouter=True)
    .join(pin, pin.c.client_id == conversation.c.client_id, isouter=True)
    .join(_owner, _owner.c.id == pin.c.operator_id, isouter=True)
    .join(blacklist, blacklist.c.client_id == conversation.c.client_id, isouter=True)
    .where(mirror.c.id.in_(bindparam("ids", expanding=True)))
)
_NEIGHBOUR = select(mirror.c.thread).where(
    mirror.c.conversation_id == bindparam("conversation_id"), mirror.c.desk_id == bindparam("desk_id")
)
_EARLIER = _NEIGHBOUR.where(mirror.c.id < bindparam("id")).order_by(mirror.c.id.desc()).limit(1)
_LATER = _NEIGHBOUR.where(mirror.c.id > bindparam("id")).order_by(mirror.c.id).limit(1)


_NAMES = (
    select(mirror.c.id, client.c.name)
    .join(conversation, conversation.c.id == mirror.c.conversation_id)
    .join(client, client.c.id == conversation.c.client_id)
    .where(mirror.c.id.in_(bindparam("ids", expanding=True)))
)


def names(tx: Tx, mirror_ids: set[int]) -> dict[int, str]:
    """What the clients of these mirrors are called."""
    return {row.id: row.name for row in tx.execute(_NAMES, {"ids": sorted(mirror_ids)})} if mirror_ids else {}


def faces(tx: Tx, mirror_ids: set[int]) -> dict[MirrorId, Face]:
    """The faces of these mirrors' cards."""
    if not mirror_ids:
        return {}
    rows = tx.execute(_FACES, {"ids": sorted(mirror_ids)})
    return {row.mirror_id: _face(tx, row) for row in rows.all()}


def _face(tx: Tx, row: Any) -> Face:
    link, left = "", row.retired_at is not None
    if row.pointer and not has_moved(row.pointer):
        values = {"conversation_id": row.id, "desk_id": row.desk_id, "id": row.mirror_id}
        link = tx.execute(_LATER if left else _EARLIER, values).scalar() or ""
    return Face(
        conversation=replace(load(row), blacklisted=row.listed is not None),
        client=row.client_name,
        channel_kind=row.kind,
        channel_name=row.channel_name,
        group=Group(
            id=GroupId(row.gid), name=row.group_name, label=row.group_label, colour=row.colour, signature=Signature(row.signature)
        ),
        responsible=row.operator_name,
        meant_for=row.awaited_name or "",
        pinned=_pinned(row),
        left=left,
        pointer=row.pointer,
        link=link,
        window="" if left else _window(tx, row),
    )


def _window(tx: Tx, row: Any) -> str:
    """Until when free words may go, in the group's time; nothing, and no look, on a channel that always takes them."""
    channel = CHANNELS[row.kind]
    if not channel.window_hours:
        return ""
    hours = hours_of(team.settings_of(tx, GroupId(row.gid)))
    return until_words(channel, messages.last_heard(tx, row.id), hours.zone if hours else None)


def _pinned(row: Any) -> str:
    """Whose client it is. A pin to somebody who was switched off has no effect, and says so."""
    name = (row.owner_name or "").strip() or row.owner_email or ""
    return name if not name or row.owner_active else Phrase("{name}, no longer active", name=name)
