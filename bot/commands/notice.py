"""Telling one person something: in the thread where he acted, or in private."""

from __future__ import annotations

from bot.commands.context import Place
from bot.domain.actions import Button
from bot.domain.ids import ConversationId, OperatorId
from bot.domain.screen import Jump
from bot.store import outbox, team
from bot.store.outbox import Delivery
from bot.store.spread import LIVE
from bot.store.uow import Tx


def tell(tx: Tx, port: str, place: Place, text: str, only_for: str, reply_to: str | None = None) -> None:
    """Queue words that only ``only_for`` (the platform's id of the person) sees, in a thread that need not be a mirror."""
    payload: dict[str, object] = {"text": text, "only_for": only_for, "reply_to": reply_to, "buttons": [], "thread": place.thread}
    outbox.queue(
        tx, Delivery(lane=f"{port}:{place.chat}:{place.thread}:notices", port=port, chat=place.chat, op="notice", payload=payload)
    )


def notify(
    tx: Tx,
    operator_id: OperatorId,
    text: str,
    *,
    about: ConversationId | None = None,
    jumps: tuple[Jump, ...] = (),
    buttons: tuple[Button, ...] = (),
) -> bool:
    """Queue words for one operator in private: a Slack direct message, else the Telegram bot's private chat.

    ``about`` is the conversation it speaks of: the ways to its threads, also to those still being made, stand below. ``jumps``
    are other threads it speaks of, when it is about no conversation. Whether there is a way to reach him at all.
    """
    for platform in ("slack", "telegram"):
        person = team.identity_of(tx, operator_id, platform)
        if person is not None:
            payload: dict[str, object] = {
                "text": text,
                "thread": "",
                "jumps": LIVE if about is not None else [[jump.platform, jump.chat, jump.thread] for jump in jumps],
                "buttons": [[button.verb.value, button.label, button.token, button.style] for button in buttons],
            }
            port = port_of(platform)
            lane = f"{port}:{person}:private"
            outbox.queue(tx, Delivery(lane=lane, port=port, chat=person, op="notice", conversation_id=about, payload=payload))
            return True
    return False


def port_of(platform: str) -> str:
    """The port that posts on a desk of this platform."""
    return "slack" if platform == "slack" else "telegram-desk"
