"""What the change of a message means for where it stands already: the deliveries it queues (R33, R35, F37-F39).

What still waits in a lane needs none: it goes as the message is by then.
"""

from __future__ import annotations

from bot.domain.conversation import Conversation
from bot.domain.text import RichText
from bot.store import mirrors, outbox, spread
from bot.store.messages import Message
from bot.store.mirrors import Mirror
from bot.store.outbox import Delivery
from bot.store.uow import Tx


def on_desks(tx: Tx, said: Message, now: RichText, *, but: Mirror | None) -> None:
    """Its copies in the threads are drawn anew, but for ``but``, where it was written. ``said`` is as it was before."""
    for mirror in mirrors.of_conversation(tx, said.conversation_id):
        if but is not None and mirror.id == but.id:
            continue
        in_opening = bool(mirror.opening_first) and mirror.opening_first <= said.seq <= mirror.opening_last
        if in_opening:
            spread.refresh_card(tx, mirror)
        in_card = in_opening and said.seq == mirror.opening_first
        if said.file_id is not None:
            parts = range(1, 2) if in_card else range(1)
        else:
            before, after = (len(spread.desk_parts(mirror.platform, text, in_card=in_card)) for text in (said.body, now))
            parts = range(1 if in_opening else 0, max(before, after))
        for part in parts:
            if not outbox.waits(tx, mirror.lane, said.id, part):
                spread.on_mirror(tx, mirror, "edit", message_id=said.id, part=part)


def waits(tx: Tx, conversation: Conversation, kind: str, said: Message) -> bool:
    """Whether nothing of it has gone to the client yet."""
    lane = spread.client_lane(conversation, kind)
    return all(outbox.waits(tx, lane, said.id, part) for part in range(len(spread.channel_parts(kind, said.body))))


def at_client(tx: Tx, conversation: Conversation, kind: str, said: Message, now: RichText) -> None:
    """What the client has got is changed. ``said`` is as it was before."""
    lane = spread.client_lane(conversation, kind)
    before, after = (len(spread.channel_parts(kind, text)) for text in (said.body, now))
    for part in range(1 if said.file_id is not None else max(before, after)):
        if not outbox.waits(tx, lane, said.id, part):
            to_client(tx, conversation, kind, said, "edit", part=part)


def to_client(tx: Tx, conversation: Conversation, kind: str, said: Message, op: str, *, part: int = 0) -> None:
    """Queue the change of one part, or (``react``) of the reactions, which wait for no words."""
    tx.wake.add(f"widget:{conversation.id}")
    lane = spread.client_lane(conversation, kind)
    outbox.queue(
        tx,
        Delivery(
            lane=f"{lane}:react" if op == "react" else lane,
            port=spread.CHANNEL_PORTS[kind],
            chat=conversation.external_id,
            op=op,
            conversation_id=conversation.id,
            message_id=said.id,
            part=part,
        ),
    )


def reactions(tx: Tx, said: Message) -> None:
    """What the client reacted with shows on every desk."""
    for mirror in mirrors.of_conversation(tx, said.conversation_id):
        spread.on_mirror(tx, mirror, "react", lane=f"{mirror.lane}:marks", patience=spread.MARK_PATIENCE, message_id=said.id)


def remove_post(tx: Tx, mirror: Mirror, remote_id: str) -> None:
    """Take one message out of a thread, also an operator's own (Telegram lets an administrator bot do so)."""
    spread.on_mirror(tx, mirror, "edit", lane=f"{mirror.lane}:marks", payload={"remote_id": remote_id})
