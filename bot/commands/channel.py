"""What a channel tells about a client other than words."""

from __future__ import annotations

from bot.domain.ids import ConversationId
from bot.store import conversations, fates, journal, messages, mirrors, outbox, spread, team
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
    words = (
        "🚫 The client has blocked the bot. Answers will not arrive." if is_blocked else "✅ The client has unblocked the bot."
    )
    for mirror in mirrors.of_conversation(tx, conversation.id):
        spread.notice(tx, mirror, words)


def receipt(tx: Tx, channel_kind: str, external_id: str, remote_id: str, fate: str, *, reason: str = "") -> None:
    """What a channel tells later of a message it took: ``delivered``, ``read``, or ``failed`` with the reason (R34, F9)."""
    number = messages.at(tx, channel_kind, external_id, remote_id)
    said = messages.by_ids(tx, {number}).get(number) if number is not None else None
    if said is None or fate == "accepted":
        return
    if fate != "failed":
        fates.went(tx, said.id, fate)
    elif said.fate != "failed":
        dead = outbox.bury(tx, said.id, spread.CHANNEL_PORTS[channel_kind])
        fates.failed(tx, ConversationId(said.conversation_id), said.id, reason, dead)
        journal.add(
            tx, "not delivered", who="relaydesk", way="system", conversation_id=said.conversation_id, op="words", reason=reason
        )
