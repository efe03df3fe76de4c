"""A client has written (R22, R30, R70, R80)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.commands import follow
from bot.commands.notice import notify
from bot.domain import conversation as moves
from bot.domain.capabilities import CHANNELS
from bot.domain.card import EARLIER
from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.files import CAPTION, Attachment, body_of, tidy, too_large_to_fetch
from bot.domain.ids import MessageId, Moment
from bot.domain.phrase import Phrase
from bot.domain.pinning import Owner
from bot.domain.routing import route
from bot.domain.text import EMPTY, RichText, utf16_len
from bot.languages import in_language
from bot.store import blacklist, conversations, files, identities, journal, messages, mirrors, pins, spread, team
from bot.store.messages import Ref
from bot.store.mirrors import Mirror
from bot.store.team import Channel, Desk
from bot.store.uow import Tx


class NoChannel(Exception):
    """No channel of this kind is set up, so nobody would see the message: it is kept until one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A client's message.

    ``channel_name``  None = the only channel of that kind
    ``external_id``   the channel's id of the client; ``remote_id`` the channel's id of the message
    ``at``            when the channel says it was written
    ``text``          the words; with a ``file`` its caption, empty for none
    ``reply_to``      the channel's id of the message it answers, empty for none (R35)
    ``aliases``       other ids the channel knows the client by, kept with a new client; None where there is only one ever
    """

    channel_kind: str
    channel_name: str | None
    external_id: str
    client_name: str
    remote_id: str
    text: RichText
    at: Moment
    identifiers: dict[str, str] = field(default_factory=dict)
    file: Attachment | None = None
    reply_to: str = ""
    aliases: tuple[str, ...] | None = None


def receive(tx: Tx, got: Received) -> None:
    """Keep it, and mirror it on every desk of the conversation's group. A repeat changes nothing.

    A caption too long to go with its file on every platform becomes a message of its own. Raises ``NoChannel`` when the message
    can't be routed yet.
    """
    if got.file is not None:
        got = replace(got, file=tidy(got.file))
    if got.file is not None and utf16_len(got.text.to_plain()) > CAPTION:
        _receive(tx, replace(got, text=EMPTY), "")
        _receive(tx, replace(got, file=None), ":caption")
    else:
        _receive(tx, got, "")


def _receive(tx: Tx, got: Received, suffix: str) -> None:
    """``suffix`` tells the second message from the first where one became two."""
    channel = team.find_channel(tx, got.channel_kind, got.channel_name)
    if channel is None:
        raise NoChannel(got.channel_kind)
    conversation = conversations.of_client(tx, channel.id, got.external_id)
    is_new = conversation is None
    if conversation is None:
        conversation = conversations.create(
            tx,
            channel.id,
            got.external_id,
            channel.group_id,
            name=got.client_name,
            identifiers=got.identifiers,
            searched=got.aliases is not None,
        )
        for alias in got.aliases or ():
            identities.add(tx, channel.id, conversation.client_id, alias)
    if conversation.blacklisted:
        _keep_unheard(tx, channel, conversation, got, suffix)
        return
    heard = moves.receive(conversation, got.at, tx.now)
    reopened = conversation.status is Status.CLOSED
    # A client who writes for the first time can't be pinned yet.
    owner = pins.of_client(tx, heard.client_id) if reopened else None
    heard = route(heard, owner)
    message_id = _keep(tx, channel, heard, got, Direction.IN, suffix)
    if message_id is None:
        return
    body, is_file = body_of(got.file, got.text, team.saying(tx, heard.id)), got.file is not None
    if is_new:
        journal.add(tx, "arrived", who=got.client_name, way=f"client:{channel.kind}", conversation_id=heard.id)
        spread.open_mirrors(tx, heard, message_id, body, file=is_file)
        return
    if reopened:
        _tell_reopened(tx, channel, heard, got, owner)
        rested = _retire_rested(tx, conversation)
        spread.topic_state(tx, heard, closed=False)
    else:
        rested = []
    spread.to_desks(tx, heard, message_id, body, joinable=not is_file)
    follow.rested(tx, conversation, heard, got.at, conversations.given_name(tx, heard.id) or got.client_name)
    for old, home in rested:
        fresh = spread.open_mirror(tx, heard, home, message_id, body, file=is_file, pointer=EARLIER)
        spread.point_on(tx, old, fresh)
    if rested or _looks_different(conversation, heard) or CHANNELS[channel.kind].window_hours:
        spread.refresh_cards(tx, heard)


def _keep(tx: Tx, channel: Channel, heard: Conversation, got: Received, direction: Direction, suffix: str) -> MessageId | None:
    """Keep the message and the conversation that has heard it; None when it is kept already."""
    message_id = messages.add(
        tx,
        conversation_id=heard.id,
        seq=heard.last_seq,
        direction=direction,
        author=conversations.given_name(tx, heard.id) or got.client_name,
        body=body_of(got.file, got.text, team.saying(tx, heard.id)),
        at=got.at,
        action_key=f"{channel.kind}:{channel.id}:{got.external_id}:{got.remote_id}{suffix}",
        reply_to=messages.at(tx, channel.kind, got.external_id, got.reply_to) if got.reply_to else None,
    )
    if message_id is not None:
        if got.file is not None:
            _keep_file(tx, channel, heard, message_id, got.file, got.text, unheard=direction is Direction.UNHEARD)
        messages.add_ref(tx, Ref(message_id, 0, channel.kind, got.external_id, "", got.remote_id, origin=True))
        conversations.save(tx, heard)
        tx.wake.add(f"widget:{heard.id}")
    return message_id


def _keep_file(
    tx: Tx, channel: Channel, heard: Conversation, message_id: MessageId, file: Attachment, caption: RichText, *, unheard: bool
) -> None:
    """Have it fetched, unless it is too large for that, or nobody will look at it; why not is read on the group's desks."""
    if unheard:
        refused = "The client is on the black list."
    elif why := too_large_to_fetch(CHANNELS[channel.kind], file, tx.policy.file_limit):
        refused = str(in_language(why, team.settings_of(tx, heard.group_id).language))
    else:
        refused = ""
    messages.set_file(tx, message_id, files.add(tx, heard.id, file, caption, refused=refused))


def _keep_unheard(tx: Tx, channel: Channel, conversation: Conversation, got: Received, suffix: str) -> None:
    """A client on the black list: kept within bounds, and no operator hears of it (R80)."""
    unheard = moves.unheard(conversation)
    if _keep(tx, channel, unheard, got, Direction.UNHEARD, suffix) is not None:
        blacklist.forget_oldest(tx, unheard.id, unheard.last_seq)


def _tell_reopened(tx: Tx, channel: Channel, heard: Conversation, got: Received, owner: Owner | None) -> None:
    """The journal, and whoever the client is pinned to, learn that the conversation is open again (R70)."""
    way, pinned_to = f"client:{channel.kind}", owner.name if owner else ""
    journal.add(tx, "reopened", who=got.client_name, way=way, conversation_id=heard.id, pinned_to=pinned_to)
    if owner is None:
        return
    if owner.active:
        client = conversations.given_name(tx, heard.id) or got.client_name
        told = Phrase("📌 {client} is pinned to you and writes again. The conversation is in your inbox.", client=client)
        notify(tx, owner.id, told, about=heard.id)
        return
    words = Phrase(
        "📌 This client is pinned to {name}, who is no longer active, so the conversation waits in Unassigned.", name=owner.name
    )
    for mirror in mirrors.of_conversation(tx, heard.id):
        spread.notice(tx, mirror, words)


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
