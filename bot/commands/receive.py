"""A client has written (R22, R30)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.domain import conversation as moves
from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.ids import Moment
from bot.domain.text import RichText
from bot.store import conversations, journal, messages, mirrors, spread, team
from bot.store.messages import Ref
from bot.store.mirrors import Mirror
from bot.store.team import Desk
from bot.store.uow import Tx


class NoChannel(Exception):
    """No channel of this kind is set up, so nobody would see the message: it is kept until one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A client's message.

    ``channel_name``  None = the only channel of that kind
    ``external_id``   the channel's id of the client; ``remote_id`` the channel's id of the message
    ``at``            when the channel says it was written
    """

    channel_kind: str
    channel_name: str | None
    external_id: str
    client_name: str
    remote_id: str
    text: RichText
    at: Moment
    identifiers: dict[str, str] = field(default_factory=dict)


def receive(tx: Tx, got: Received) -> None:
    """Keep it, and mirror it on every desk of the conversation's group. A repeat changes nothing.

    Raises ``NoChannel`` when the message can't be routed yet.
    """
    channel = team.find_channel(tx, got.channel_kind, got.channel_name)
    if channel is None:
        raise NoChannel(got.channel_kind)
    conversation = conversations.of_client(tx, channel.id, got.external_id)
    is_new = conversation is None
    if conversation is None:
        conversation = conversations.create(
            tx, channel.id, got.external_id, channel.group_id, name=got.client_name, identifiers=got.identifiers
        )
    heard = moves.receive(conversation, got.at, tx.now)
    message_id = messages.add(
        tx,
        conversation_id=heard.id,
        seq=heard.last_seq,
        direction=Direction.IN,
        author=got.client_name,
        body=got.text,
        at=got.at,
        action_key=f"{channel.kind}:{channel.id}:{got.external_id}:{got.remote_id}",
    )
    if message_id is None:
        return
    messages.add_ref(tx, Ref(message_id, 0, channel.kind, got.external_id, "", got.remote_id, origin=True))
    conversations.save(tx, heard)
    tx.wake.add(f"widget:{heard.id}")
    if is_new:
        journal.add(tx, "arrived", who=got.client_name, way=f"client:{channel.kind}", conversation_id=heard.id)
        spread.open_mirrors(tx, heard, message_id, got.text)
        return
    if conversation.status is Status.CLOSED:
        journal.add(tx, "reopened", who=got.client_name, way=f"client:{channel.kind}", conversation_id=heard.id)
        rested = _retire_rested(tx, conversation)
        spread.topic_state(tx, heard, closed=False)
    else:
        rested = []
    spread.to_desks(tx, heard, message_id, got.text, joinable=True)
    for old, home in rested:
        fresh = spread.open_mirror(tx, heard, home, message_id, got.text, pointer="Earlier thread")
        spread.point_on(tx, old, fresh)
    if rested or _looks_different(conversation, heard):
        spread.refresh_cards(tx, heard)


def _looks_different(before: Conversation, after: Conversation) -> bool:
    """Whether the card would show something else than the time of the last message."""
    return (
        replace(before, last_message_at=after.last_message_at, last_seq=after.last_seq) != after or after.status is Status.INBOX
    )


def _retire_rested(tx: Tx, closed: Conversation) -> list[tuple[Mirror, Desk]]:
    """Slack threads that rested too long are left behind (R30): nobody finds a talk far up in the room."""
    rest_since = max(closed.status_since, closed.last_message_at or 0)
    if tx.now - rest_since <= tx.policy.thread_rest:
        return []
    homes = {home.id: home for home in team.desks_of(tx, closed.group_id)}
    left: list[tuple[Mirror, Desk]] = []
    for mirror in mirrors.of_conversation(tx, closed.id):
        if mirror.platform == "slack" and mirror.desk_id in homes:
            mirrors.retire(tx, mirror)
            left.append((mirror, homes[mirror.desk_id]))
    return left
