"""What the operator who sent a conversation by e-mail is told of it (R64)."""

from __future__ import annotations

from bot.domain.actions import Verb
from bot.domain.phrase import Phrase, capital
from bot.languages import in_language
from bot.store import conversations, journal, outbox, team
from bot.store.lanes import Head
from bot.store.outbox import Delivery
from bot.store.uow import Tx


def sent(tx: Tx, head: Head, address: str, *, doubtful: bool) -> None:
    """The mail server has taken it."""
    journal.add(
        tx,
        "e-mailed",
        who=head.payload["asked_by"],
        way="system",
        conversation_id=conversations.id_or_none(head.conversation_id),
        to=address,
    )
    words = Phrase("✉️ Sent to {address}.", address=address)
    if doubtful:
        words = Phrase(
            "✉️ Sent to {address}. The connection broke at a first try, so it may arrive twice; "
            "mail programs that know the letter's number show it once.",
            address=address,
        )
    _tell(tx, head, words, late=head.error is not None)


def waits(tx: Tx, head: Head, reason: str) -> None:
    """The mail server does not take it now."""
    words = Phrase(
        "⏳ {reason}; the transcript for {address} waits and will be sent.", reason=capital(reason), address=_address(head)
    )
    _tell(tx, head, words, late=False)


def failed(tx: Tx, head: Head, reason: str) -> None:
    """It will never arrive."""
    words = Phrase("❌ Not sent to {address}. {reason}", address=_address(head), reason=capital(reason))
    _tell(tx, head, words, late=head.error is not None, retry=True)


def _address(head: Head) -> str:
    return head.lane.partition(":")[2]


def _tell(tx: Tx, head: Head, text: str, *, late: bool, retry: bool = False) -> None:
    """In the thread he asked from while he is likely to be there; ``late``, or asked from elsewhere, in private."""
    asked = head.payload
    port, person, place = asked["port"], asked["person"], asked["place"]
    language = team.language_of_person(tx, asked["port"], asked["person"])
    payload: dict[str, object] = {"text": in_language(text, language), "thread": "", "buttons": [], "language": language}
    if place is not None and not late:
        buttons = [[Verb.RETRY.value, in_language(Phrase("Retry"), language), str(head.id), ""]] if retry else []
        payload |= {"only_for": person, "thread": place["thread"], "buttons": buttons}
        lane = f"{port}:{place['chat']}:{place['thread']}:notices"
        outbox.queue(tx, Delivery(lane=lane, port=port, chat=place["chat"], op="notice", payload=payload))
    else:
        payload["person"] = asked["asked_by"]
        if place is not None:
            payload["jumps"] = [["slack" if port == "slack" else "telegram", place["chat"], place["thread"]]]
        outbox.privately(tx, port, person, payload)
