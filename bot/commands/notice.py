"""Telling one person something in the thread where he acted."""

from __future__ import annotations

from bot.commands.context import Place
from bot.store import outbox
from bot.store.outbox import Delivery
from bot.store.uow import Tx


def tell(tx: Tx, port: str, place: Place, text: str, only_for: str, reply_to: str | None = None) -> None:
    """Queue words that only ``only_for`` (the platform's id of the person) sees, in a thread that need not be a mirror."""
    payload: dict[str, object] = {"text": text, "only_for": only_for, "reply_to": reply_to, "buttons": [], "thread": place.thread}
    outbox.queue(
        tx, Delivery(lane=f"{port}:{place.chat}:{place.thread}:notices", port=port, chat=place.chat, op="notice", payload=payload)
    )


def port_of(platform: str) -> str:
    """The port that posts on a desk of this platform."""
    return "slack" if platform == "slack" else "telegram-desk"
