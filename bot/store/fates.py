"""What became of an operator's message, told on the message itself (R34)."""

from __future__ import annotations

from bot.domain.actions import Button, Verb
from bot.domain.ids import ConversationId, MessageId
from bot.domain.phrase import Phrase
from bot.store import messages, mirrors, spread
from bot.store.mirrors import Mirror
from bot.store.uow import Tx


def origin(tx: Tx, message_id: MessageId) -> tuple[Mirror, str] | None:
    """Where the operator wrote it, and its id there; None when it was sent from a list or a form."""
    for ref in messages.refs_of(tx, message_id):
        if ref.origin:
            mirror = mirrors.at(tx, ref.platform, ref.chat, ref.thread)
            return (mirror, ref.remote_id) if mirror else None
    return None


def went(tx: Tx, message_id: MessageId, fate: str) -> bool:
    """The channel took it, brought it, or the client has read it. Whether that is news."""
    if not messages.set_fate(tx, message_id, fate):
        return False
    home = origin(tx, message_id)
    if home is not None:
        spread.mark(tx, home[0], home[1], fate)
    return True


def failed(tx: Tx, conversation_id: ConversationId, message_id: MessageId, reason: str, delivery_id: int | None) -> None:
    """It did not reach the client: the mark, and the reason in words with *Retry* where it can be sent again."""
    messages.set_fate(tx, message_id, "failed")
    say(
        tx,
        conversation_id,
        message_id,
        Phrase("❌ Not delivered to the client. {reason}", reason=reason),
        delivery_id,
        mark="failed",
    )


def say(
    tx: Tx, conversation_id: ConversationId, message_id: MessageId, text: str, delivery_id: int | None = None, *, mark: str = ""
) -> None:
    """Words about a message where it was written, else on every desk; with *Retry* for a dead delivery."""
    buttons = (Button(Verb.RETRY, Phrase("Retry"), str(delivery_id)),) if delivery_id is not None else ()
    home = origin(tx, message_id)
    if home is None:
        for mirror in mirrors.of_conversation(tx, conversation_id):
            spread.notice(tx, mirror, text, buttons=buttons)
        return
    if mark:
        spread.mark(tx, home[0], home[1], mark)
    spread.notice(tx, home[0], text, reply_to=home[1], buttons=buttons)
