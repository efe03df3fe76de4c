"""What a channel tells about a client other than words."""

from __future__ import annotations

from bot.domain.conversation import Direction
from bot.domain.ids import ConversationId, MessageId
from bot.domain.phrase import Phrase
from bot.store import conversations, fates, journal, messages, mirrors, outbox, spread, team, visible
from bot.store.messages import Message
from bot.store.uow import Tx


def blocked(tx: Tx, channel_kind: str, external_id: str) -> None:
    """The client has blocked us: operators are told, answers would not arrive."""
    _set(tx, channel_kind, external_id, is_blocked=True)


def unblocked(tx: Tx, channel_kind: str, external_id: str) -> None:
    """The client lets us write again."""
    _set(tx, channel_kind, external_id, is_blocked=False)


def _set(tx: Tx, channel_kind: str, external_id: str, *, is_blocked: bool) -> None:
    channel = team.find_channel(tx, channel_kind, None)
    conversation = conversations.of_client(tx, channel.id, external_id) if channel else None
    if conversation is None or not conversations.set_blocked(tx, conversation.client_id, is_blocked):
        return
    journal.add(
        tx,
        "blocked us" if is_blocked else "unblocked us",
        who="client",
        way=f"client:{channel_kind}",
        conversation_id=conversation.id,
    )
    if conversation.blacklisted:
        return
    off = Phrase("🚫 The client has blocked the bot. Answers will not arrive.")
    words = off if is_blocked else Phrase("✅ The client has unblocked the bot.")
    for mirror in mirrors.of_conversation(tx, conversation.id):
        spread.notice(tx, mirror, words)


def receipt(tx: Tx, channel_kind: str, external_id: str, remote_id: str, fate: str, *, reason: str = "") -> None:
    """What a channel tells later of a message it took: ``delivered``, ``read``, or ``failed`` with the reason (R34, F9)."""
    number = messages.at(tx, channel_kind, external_id, remote_id)
    if number is not None:
        _became(tx, channel_kind, number, fate, reason, None)


def receipt_of(tx: Tx, channel_kind: str, delivery_id: int, fate: str, *, reason: str = "") -> bool:
    """The same where the channel gives back the delivery's number, which is known before the channel's own id is.

    False when there is no such delivery (any more).
    """
    found = outbox.message_of(tx, delivery_id, spread.CHANNEL_PORTS[channel_kind])
    if found is None:
        return False
    number, in_the_air = found
    _became(tx, channel_kind, number, fate, reason, delivery_id if in_the_air else None)
    return True


def _became(tx: Tx, channel_kind: str, number: MessageId, fate: str, reason: str, in_the_air: int | None) -> None:
    """``in_the_air``: the delivery, when the channel told of it before its answer was settled."""
    said = messages.by_ids(tx, {number}).get(number)
    if said is None or fate == "accepted":
        return
    if fate != "failed":
        if fates.went(tx, said.id, fate):
            _tell_reached(tx, said, fate)
    elif said.fate != "failed":
        dead = outbox.bury(tx, said.id, spread.CHANNEL_PORTS[channel_kind]) or in_the_air
        fates.failed(tx, ConversationId(said.conversation_id), said.id, reason, dead)
        journal.add(
            tx, "not delivered", who="relaydesk", way="system", conversation_id=said.conversation_id, op="words", reason=reason
        )


def _tell_reached(tx: Tx, said: Message, fate: str) -> None:
    """The first words of a conversation that an operator began have arrived, or not: nothing else can tell (R91)."""
    if said.seq == 1 and said.direction is Direction.OUT and fate == "delivered":
        for mirror in mirrors.of_conversation(tx, said.conversation_id):
            spread.notice(tx, mirror, Phrase("📬 Delivered: the client can be reached."))


RECEIPTS_AT_ONCE = 50
"""Answers one receipt speaks of at most; older ones were read with those behind them, and nobody looks at their marks."""


def receipt_upto(tx: Tx, conversation_id: ConversationId, seq: int, fate: str) -> None:
    """All answers up to number ``seq`` have come to the client: ``delivered``, or ``read`` (R34). Told before = nothing."""
    before = messages.FATES[: messages.FATES.index(fate)]
    for number in visible.without_fate(tx, conversation_id, seq, before, RECEIPTS_AT_ONCE):
        fates.went(tx, number, fate)
