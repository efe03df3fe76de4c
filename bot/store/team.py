"""The team: operators and who they are at each platform, groups, channels and desks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select, update

from bot.domain.group_settings import GroupSettings
from bot.domain.ids import ChannelId, ConversationId, DeskId, GroupId, OperatorId
from bot.domain.operator_settings import OperatorSettings
from bot.domain.people import Actor, Group, Operator, Signature
from bot.domain.permissions import Permission
from bot.languages import in_language
from bot.store.tables import channel, conversation, desk, group, identity, membership, operator, role
from bot.store.uow import Tx, values


@dataclass(frozen=True, slots=True)
class Channel:
    """Where clients write. ``callback`` is where an HTTP channel's answers go, empty for nowhere."""

    id: ChannelId
    kind: str
    name: str
    group_id: GroupId
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where operators answer: a Slack room or a Telegram forum."""

    id: DeskId
    platform: str
    chat: str
    group_id: GroupId

    @property
    def port(self) -> str:
        """The name of the port that posts there."""
        return "slack" if self.platform == "slack" else "telegram-desk"


_GROUPS = select(func.aggregate_strings(cast(membership.c.group_id, Text), ",")).where(membership.c.operator_id == operator.c.id)
_OPERATOR = select(
    operator.c.id,
    operator.c.name,
    operator.c.email,
    operator.c.active,
    operator.c.settings,
    role.c.permissions,
    _GROUPS.scalar_subquery().label("groups"),
).join(role, role.c.id == operator.c.role_id, isouter=True)
_BY_IDENTITY = _OPERATOR.join(identity, identity.c.operator_id == operator.c.id).where(
    identity.c.platform == bindparam("platform"), identity.c.external_id == bindparam("external_id")
)
_BY_ID = _OPERATOR.where(operator.c.id == bindparam("id"))


def operator_of(tx: Tx, actor: Actor) -> Operator | None:
    """The active or inactive operator behind a platform's person; None when nobody of the team."""
    row = tx.execute(_BY_IDENTITY, {"platform": actor.platform, "external_id": actor.external_id}).first()
    return _operator(row) if row else None


def is_operator(tx: Tx, actor: Actor) -> bool:
    """Whether this platform's person is an active operator."""
    found = operator_of(tx, actor)
    return found is not None and found.active


def operator_by_id(tx: Tx, operator_id: OperatorId) -> Operator | None:
    """The operator, active or not."""
    row = tx.execute(_BY_ID, {"id": operator_id}).first()
    return _operator(row) if row else None


def admins(tx: Tx) -> list[OperatorId]:
    """Active operators who run the team."""
    rows = tx.execute(_OPERATOR.where(operator.c.active.is_(True)).order_by(operator.c.id)).all()
    return [OperatorId(row.id) for row in rows if Permission.SUPER_ADMIN.value in json.loads(row.permissions or "[]")]


def _operator(row: Any) -> Operator:
    groups = frozenset(GroupId(int(number)) for number in (row.groups or "").split(",") if number)
    rights = frozenset(json.loads(row.permissions or "[]"))
    return Operator(
        id=OperatorId(row.id),
        name=row.name,
        email=row.email,
        rights=rights,
        groups=groups,
        active=bool(row.active),
        settings=OperatorSettings.from_json(row.settings),
    )


_SETTINGS = select(operator.c.settings).where(operator.c.id == bindparam("id"))


def change_operator(tx: Tx, operator_id: OperatorId, **changes: str) -> OperatorSettings:
    """Change what an operator has set for himself (fields of ``OperatorSettings``); returns the whole."""
    before = tx.execute(_SETTINGS.with_for_update(key_share=True), {"id": operator_id}).scalar_one()
    after = replace(OperatorSettings.from_json(before), **changes)
    tx.execute(update(operator).where(operator.c.id == operator_id).values(settings=after.to_json()))
    return after


def name_of(tx: Tx, operator_id: OperatorId | None) -> str:
    """An operator's name, or empty words for nobody."""
    if operator_id is None:
        return ""
    return tx.execute(select(operator.c.name).where(operator.c.id == operator_id)).scalar() or ""


def name_at(tx: Tx, platform: str, external_id: str) -> str | None:
    """The operator's name behind a platform's id, for mentions; None when unknown."""
    row = tx.execute(_BY_IDENTITY, {"platform": platform, "external_id": external_id}).first()
    return row.name if row else None


_IDENTITY_OF = select(identity.c.external_id).where(
    identity.c.operator_id == bindparam("id"), identity.c.platform == bindparam("platform")
)


def identity_of(tx: Tx, operator_id: OperatorId, platform: str) -> str | None:
    """The operator's id at a platform."""
    found: str | None = tx.execute(_IDENTITY_OF, {"id": operator_id, "platform": platform}).scalar()
    return found


_GROUP = select(group.c.id, group.c.name, group.c.label, group.c.colour, group.c.signature, group.c.settings).where(
    group.c.id == bindparam("id")
)


def group_by_id(tx: Tx, group_id: GroupId) -> Group:
    """The group. Kept at hand within the transaction."""
    known = tx.keep("groups")
    if group_id not in known:
        row = tx.execute(_GROUP, {"id": group_id}).one()
        known[group_id] = Group(
            id=GroupId(row.id), name=row.name, label=row.label, colour=row.colour, signature=Signature(row.signature)
        )
        tx.keep("group_settings")[group_id] = row.settings
    found: Group = known[group_id]
    return found


def settings_of(tx: Tx, group_id: GroupId) -> GroupSettings:
    """What the group has set for itself. Kept at hand within the transaction, together with the group."""
    known = tx.keep("group_settings")
    if group_id not in known:
        known[group_id] = tx.execute(select(group.c.settings).where(group.c.id == group_id)).scalar_one()
    return GroupSettings.from_json(known[group_id])


def language_of(tx: Tx, found: Operator | None) -> str:
    """What somebody alone is told in: his own language, else his (first) group's; empty for English."""
    if found is None:
        return ""
    if found.settings.language or not found.groups:
        return found.settings.language
    return settings_of(tx, min(found.groups)).language


def language_of_person(tx: Tx, port: str, person: str) -> str:
    """The same for whom a desk's port knows by this id."""
    return language_of(tx, operator_of(tx, Actor("slack" if port == "slack" else "telegram", person, "")))


def language_of_talk(tx: Tx, conversation_id: ConversationId) -> str:
    """In which our own words stand in a conversation's threads: its group's."""
    mine = tx.execute(select(conversation.c.group_id).where(conversation.c.id == conversation_id)).scalar()
    return settings_of(tx, GroupId(mine)).language if mine is not None else ""


def saying(tx: Tx, conversation_id: ConversationId) -> Callable[[str], str]:
    """What says words of ours in that language; it is looked up when it is needed."""
    return lambda words: in_language(words, language_of_talk(tx, conversation_id))


def set_settings(tx: Tx, group_id: GroupId, settings: GroupSettings) -> None:
    """Keep what the group sets for itself."""
    tx.execute(update(group).where(group.c.id == group_id).values(settings=settings.to_json()))
    tx.keep("group_settings").pop(group_id, None)
    tx.keep("groups").pop(group_id, None)


def group_settings(tx: Tx) -> dict[GroupId, GroupSettings]:
    """What the active groups have set, those that have set anything."""
    query = select(group.c.id, group.c.settings).where(group.c.active.is_(True), group.c.settings != "{}")
    return {GroupId(row.id): GroupSettings.from_json(row.settings) for row in tx.execute(query)}


_CHANNEL_COLUMNS = (channel.c.id, channel.c.kind, channel.c.name, channel.c.group_id, channel.c.callback)
_CHANNEL = select(*_CHANNEL_COLUMNS).where(channel.c.active.is_(True))
_FIRST_OF_KIND = _CHANNEL.where(channel.c.kind == bindparam("kind")).order_by(channel.c.id)
_NAMED = _FIRST_OF_KIND.where(channel.c.name == bindparam("name"))


def find_channel(tx: Tx, kind: str, name: str | None) -> Channel | None:
    """The channel of that kind and name; without a name the first of its kind."""
    known = tx.keep("channels")
    if (kind, name) not in known:
        row = tx.execute(_FIRST_OF_KIND if name is None else _NAMED, {"kind": kind, "name": name}).first()
        known[kind, name] = Channel(*values(row)) if row else None
    found: Channel | None = known[kind, name]
    return found


def language_of_channel(tx: Tx, kind: str, name: str | None) -> str:
    """Of our own words in what operators read of a channel's clients: that of the group its conversations come to."""
    found = find_channel(tx, kind, name)
    return settings_of(tx, found.group_id).language if found is not None else ""


def channels(tx: Tx, kind: str | None = None) -> list[Channel]:
    """All active channels, or those of one kind."""
    query = _CHANNEL.order_by(channel.c.id)
    return [Channel(*values(row)) for row in tx.execute(query.where(channel.c.kind == kind) if kind else query)]


_CHANNEL_BY_ID = select(*_CHANNEL_COLUMNS).where(channel.c.id == bindparam("id"))


def channel_by_id(tx: Tx, channel_id: ChannelId) -> Channel:
    """The channel, active or not. Kept at hand within the transaction."""
    known = tx.keep("channels_by_id")
    if channel_id not in known:
        known[channel_id] = Channel(*values(tx.execute(_CHANNEL_BY_ID, {"id": channel_id}).one()))
    found: Channel = known[channel_id]
    return found


_DESK = select(desk.c.id, desk.c.platform, desk.c.chat, desk.c.group_id).where(desk.c.active.is_(True))
_DESKS_OF = _DESK.where(desk.c.group_id == bindparam("group_id")).order_by(desk.c.id)


def desks_of(tx: Tx, group_id: GroupId) -> list[Desk]:
    """The desks of a group; kept at hand within the transaction."""
    known = tx.keep("desks")
    if group_id not in known:
        known[group_id] = [Desk(*values(row)) for row in tx.execute(_DESKS_OF, {"group_id": group_id})]
    found: list[Desk] = known[group_id]
    return found


def desks(tx: Tx, platform: str | None = None) -> list[Desk]:
    """All active desks, or those of one platform."""
    query = _DESK.order_by(desk.c.id)
    return [Desk(*values(row)) for row in tx.execute(query.where(desk.c.platform == platform) if platform else query)]


def is_empty(tx: Tx) -> bool:
    """Whether no operator has been set up yet."""
    return tx.execute(select(operator.c.id).limit(1)).first() is None
