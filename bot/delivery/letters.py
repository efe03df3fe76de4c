"""What the operator who sent a conversation by e-mail is told of it (R64)."""

from __future__ import annotations

from bot.domain.actions import Verb
from bot.store import conversations, journal, outbox
from bot.store.lanes import Head
from bot.store.outbox import Delivery
from bot.store.uow import Tx

TWICE = " The connection broke at a first try, so it may arrive twice; mail programs that know the letter's number show it once."


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
    _tell(tx, head, f"✉️ Sent to {address}.{TWICE if doubtful else ''}", late=head.error is not None)


def waits(tx: Tx, head: Head, reason: str) -> None:
    """The mail server does not take it now."""
    _tell(
        tx, head, f"⏳ {reason[:1].upper()}{reason[1:]}; the transcript for {_address(head)} waits and will be sent.", late=False
    )


def failed(tx: Tx, head: Head, reason: str) -> None:
    """It will never arrive."""
    words = f"❌ Not sent to {_address(head)}. {reason[:1].upper()}{reason[1:]}"
    _tell(tx, head, words, late=head.error is not None, retry=True)


def _address(head: Head) -> str:
    return head.lane.partition(":")[2]


def _tell(tx: Tx, head: Head, text: str, *, late: bool, retry: bool = False) -> None:
    """In the thread he asked from while he is likely to be there; ``late``, or asked from elsewhere, in private."""
    asked = head.payload
    port, person, place = asked["port"], asked["person"], asked["place"]
    payload: dict[str, object] = {"text": text, "thread": "", "buttons": []}
    if place is not None and not late:
        buttons = [[Verb.RETRY.value, "Retry", str(head.id), ""]] if retry else []
        payload |= {"only_for": person, "thread": place["thread"], "buttons": buttons}
        lane = f"{port}:{place['chat']}:{place['thread']}:notices"
        outbox.queue(tx, Delivery(lane=lane, port=port, chat=place["chat"], op="notice", payload=payload))
    else:
        payload["person"] = asked["asked_by"]
        if place is not None:
            payload["jumps"] = [["slack" if port == "slack" else "telegram", place["chat"], place["thread"]]]
        outbox.privately(tx, port, person, payload)
