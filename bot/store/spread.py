"""What a change means for the mirrors and the client: the deliveries it queues. Nothing is sent from here.

It lies in the store, below both commands and delivery, because both queue: a command when somebody acts, the relay when
a delivery has ended (a mark on the operator's message, a notice of failure).
"""

from __future__ import annotations

from bot.domain.actions import Button
from bot.domain.capabilities import CHANNELS, DESKS
from bot.domain.conversation import Conversation
from bot.domain.ids import ConversationId, MessageId
from bot.domain.text import RichText, split, utf16_len
from bot.languages import in_language
from bot.store import homes, mirrors, outbox, team
from bot.store.mirrors import Mirror
from bot.store.outbox import Delivery
from bot.store.team import Desk
from bot.store.uow import Tx

NAME_ROOM = 120
"""UTF-16 units kept free in each post for the author's line."""
LIVE = "live"
"""In place of a notice's jumps: the threads its conversation stands in when it is sent."""
MARK_PATIENCE = 500
CARD_PATIENCE = 1_000
"""Client text goes first, then marks, then cards, when a platform's limit makes them wait."""

CHANNEL_PORTS = {"telegram": "telegram-channel", "widget": "widget", "whatsapp": "whatsapp", "http": "http"}


def kind_of_lane(lane: str) -> str:
    """The channel kind a client's lane belongs to; lanes begin with their port's name."""
    port = lane.partition(":")[0]
    return next(kind for kind, name in CHANNEL_PORTS.items() if name == port)


def desk_parts(platform: str, text: RichText, *, in_card: bool) -> list[RichText]:
    """A text as the posts a desk takes it in; the first may be the card's."""
    room = DESKS[platform]
    return split(text, room.text_limit - NAME_ROOM, room.opening if in_card else None)


def channel_parts(kind: str, text: RichText) -> list[RichText]:
    """A text as the posts a client's channel takes it in."""
    return split(text, CHANNELS[kind].text_limit - NAME_ROOM)


def open_mirrors(tx: Tx, conversation: Conversation, message_id: MessageId, text: RichText, *, file: bool = False) -> None:
    """A thread or topic on every desk of the group, its card carrying the first words (R120)."""
    for home in team.desks_of(tx, conversation.group_id):
        open_mirror(tx, conversation, home, message_id, text, file=file)


def open_mirror(
    tx: Tx,
    conversation: Conversation,
    home: Desk,
    message_id: MessageId,
    text: RichText,
    *,
    file: bool = False,
    pointer: str = "",
) -> Mirror:
    """One new mirror and what makes it: on Telegram a topic and the card, on Slack the card alone, as the thread's root.

    ``file``: the first message is one; the card says so, and the file follows.
    """
    mirror = mirrors.add(tx, conversation.id, home, opening=conversation.last_seq, pointer=pointer)
    if home.platform == "telegram":
        on_mirror(tx, mirror, "topic", idem_key=f"topic:{mirror.id}")
    on_mirror(tx, mirror, "card", message_id=message_id, size=utf16_len(text.to_plain()), idem_key=f"card:{mirror.id}")
    for part in range(1, 2 if file else len(desk_parts(home.platform, text, in_card=True))):
        on_mirror(tx, mirror, "words", message_id=message_id, part=part)
    return mirror


def open_empty(tx: Tx, conversation: Conversation, home: Desk) -> Mirror:
    """A mirror for a conversation in which the client has said nothing yet."""
    mirror = mirrors.add(tx, conversation.id, home, opening=0)
    if home.platform == "telegram":
        on_mirror(tx, mirror, "topic", idem_key=f"topic:{mirror.id}")
    on_mirror(tx, mirror, "card", idem_key=f"card:{mirror.id}")
    return mirror


def to_desks(
    tx: Tx,
    conversation: Conversation,
    message_id: MessageId,
    text: RichText,
    *,
    but: Mirror | None = None,
    joinable: bool = False,
) -> None:
    """A message to every live mirror except the one it was written on (R36).

    ``joinable``: a client's text, which may be joined with its neighbours when the platform makes them wait (F31).
    """
    copies(tx, conversation.id, message_id, text, but=but, joinable=joinable)


def copies(
    tx: Tx,
    conversation_id: ConversationId,
    message_id: MessageId,
    text: RichText,
    *,
    but: Mirror | None,
    joinable: bool = False,
) -> None:
    """The same for a conversation known by its number."""
    for mirror in mirrors.of_conversation(tx, conversation_id):
        if but is not None and mirror.id == but.id:
            continue
        parts = desk_parts(mirror.platform, text, in_card=False)
        for part, piece in enumerate(parts):
            size = utf16_len(piece.to_plain()) if joinable and len(parts) == 1 else 0
            on_mirror(tx, mirror, "words", message_id=message_id, part=part, size=size)


def note_later(tx: Tx, conversation: Conversation, message_id: MessageId, text: RichText, *, but: Mirror | None) -> None:
    """A held text its author stays silent about shows on the other desks as a note after a while; see :func:`settle_held`."""
    for mirror in mirrors.of_conversation(tx, conversation.id):
        if but is not None and mirror.id == but.id:
            continue
        lane = f"held:{message_id}:{mirror.id}"
        for part in range(len(desk_parts(mirror.platform, text, in_card=False))):
            on_mirror(
                tx,
                mirror,
                "words",
                lane=lane,
                message_id=message_id,
                part=part,
                idem_key=f"{lane}:{part}",
                after=tx.policy.held_note_after,
            )


def settle_held(tx: Tx, conversation: Conversation, message_id: MessageId, text: RichText) -> bool:
    """The author has decided: no note by silence. False when such a note is being posted this moment."""
    in_time = True
    for mirror in mirrors.of_conversation(tx, conversation.id):
        for part in range(len(desk_parts(mirror.platform, text, in_card=False))):
            key = f"held:{message_id}:{mirror.id}:{part}"
            if not outbox.cancel(tx, key) and outbox.is_under_way(tx, key):
                in_time = False
    return in_time


def client_lane(conversation: Conversation, kind: str) -> str:
    """The lane of all that goes to a client."""
    return f"{CHANNEL_PORTS[kind]}:{conversation.channel_id}:{conversation.external_id}"


def to_client(
    tx: Tx,
    conversation: Conversation,
    kind: str,
    message_id: MessageId,
    text: RichText,
    *,
    held_for: int = 0,
    template: dict[str, object] | None = None,
) -> None:
    """An operator's words to the client, in as many posts as the channel needs.

    ``held_for`` milliseconds they can be taken back (:func:`take_back`); the other desks get them when they have gone (R123).
    ``template``: the approved one the text is, see :meth:`bot.domain.approved.Approved.as_sent`.
    """
    said_of = {"template": template} if template is not None else None
    for part in range(1 if template is not None else len(channel_parts(kind, text))):
        outbox.queue(
            tx,
            Delivery(
                lane=client_lane(conversation, kind),
                port=CHANNEL_PORTS[kind],
                chat=conversation.external_id,
                op="words",
                conversation_id=conversation.id,
                message_id=message_id,
                part=part,
                payload={"copies": True} if held_for and part == 0 else said_of,
                idem_key=f"recall:{message_id}:{part}" if held_for else f"reply:{message_id}:{part}:{tx.now}",
                after=held_for,
            ),
        )
    tx.wake.add(f"widget:{conversation.id}")


def take_back(tx: Tx, kind: str, message_id: MessageId, text: RichText) -> bool:
    """Cancel an answer that was held; False when it has begun to go. The first part decides: parts go in order."""
    keys = [f"recall:{message_id}:{part}" for part in range(len(channel_parts(kind, text)))]
    if not outbox.cancel(tx, keys[0]):
        return False
    for key in keys[1:]:
        outbox.cancel(tx, key)
    return True


def refresh_cards(tx: Tx, conversation: Conversation) -> None:
    """Redraw the cards soon, and the lists it is in; a redraw that already waits will show this state too."""
    homes.changed(tx, conversation, conversation)
    for mirror in mirrors.of_conversation(tx, conversation.id):
        refresh_card(tx, mirror)


def refresh_card(tx: Tx, mirror: Mirror) -> None:
    """Redraw one card soon."""
    lane = f"{mirror.lane}:card"
    if not outbox.is_pending(tx, lane):
        on_mirror(
            tx, mirror, "card", lane=lane, patience=CARD_PATIENCE if tx.policy.card_debounce else 0, after=tx.policy.card_debounce
        )


def point_on(tx: Tx, old: Mirror, fresh: Mirror) -> None:
    """Redraw a retired card, to point to the thread that goes on from it; it waits until that stands."""
    if old.card_ref:
        on_mirror(tx, old, "card", lane=fresh.lane)


def topic_state(tx: Tx, conversation: Conversation, *, closed: bool) -> None:
    """Close or reopen the Telegram topics, after what was said before."""
    for mirror in mirrors.of_conversation(tx, conversation.id):
        if mirror.platform == "telegram":
            on_mirror(tx, mirror, "topic_state", payload={"closed": closed})


def topic_name(tx: Tx, conversation: Conversation) -> None:
    """The Telegram topics bear the client's new name; on Slack the card says it."""
    for mirror in mirrors.of_conversation(tx, conversation.id):
        if mirror.platform == "telegram":
            on_mirror(tx, mirror, "topic_name", lane=f"{mirror.lane}:name", patience=CARD_PATIENCE)


def mark(tx: Tx, mirror: Mirror, remote_id: str, fate: str) -> None:
    """Show an operator's message's fate on the message itself (R34)."""
    on_mirror(
        tx, mirror, "mark", lane=f"{mirror.lane}:marks", patience=MARK_PATIENCE, payload={"remote_id": remote_id, "fate": fate}
    )


def notice(
    tx: Tx,
    mirror: Mirror,
    text: str,
    *,
    only_for: str | None = None,
    reply_to: str | None = None,
    buttons: tuple[Button, ...] = (),
    mention: tuple[str, str] | None = None,
) -> None:
    """Words of our own in a mirror's thread. They go past what waits in the thread.

    ``mention`` is the platform's id and the name of an operator the platform shall tell of them.
    """
    language = _language(tx, mirror, only_for)
    text, buttons = in_language(text, language), in_language(buttons, language)
    drawn = [[button.verb.value, button.label, button.token, button.style] for button in buttons]
    payload: dict[str, object] = {
        "text": text,
        "only_for": only_for,
        "reply_to": reply_to,
        "buttons": drawn,
        "thread": mirror.thread,
        "language": language,
    }
    if mention is not None:
        payload["mention"] = list(mention)
    on_mirror(tx, mirror, "notice", lane=f"{mirror.lane}:notices", payload=payload)


def farewell(tx: Tx, old: Mirror, text: str) -> None:
    """The last words in a thread that was left, with the way to those where the talk goes on, once they stand."""
    said = in_language(text, old.language)
    on_mirror(tx, old, "notice", payload={"text": said, "thread": "", "jumps": LIVE, "language": old.language})


def _language(tx: Tx, mirror: Mirror, only_for: str | None) -> str:
    """What only one person sees is in his language, all else in the group's."""
    if only_for is None:
        return mirror.language
    return team.language_of_person(tx, mirror.port, only_for)


def on_mirror(
    tx: Tx,
    mirror: Mirror,
    op: str,
    *,
    lane: str | None = None,
    message_id: MessageId | None = None,
    part: int = 0,
    size: int = 0,
    payload: dict[str, object] | None = None,
    idem_key: str | None = None,
    patience: int = 0,
    after: int = 0,
) -> None:
    """Queue one delivery for a mirror, in its own lane unless another is named."""
    outbox.queue(
        tx,
        Delivery(
            lane=lane or mirror.lane,
            port=mirror.port,
            chat=mirror.chat,
            op=op,
            conversation_id=mirror.conversation_id,
            mirror_id=mirror.id,
            message_id=message_id,
            part=part,
            size=size,
            payload=payload,
            idem_key=idem_key,
            patience=patience,
            after=after,
        ),
    )
