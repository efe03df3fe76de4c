"""What a desk tells other than words: a thread is gone, a room can be reached again."""

from __future__ import annotations

from bot.commands.context import Place
from bot.commands.notice import port_of
from bot.store import buckets, heal, lanes, mirrors
from bot.store.uow import Tx


def thread_gone(tx: Tx, place: Place) -> None:
    """Somebody deleted a thread or topic that mirrors a conversation: it is made anew, with the recent history."""
    mirror = mirrors.at(tx, place.platform, place.chat, place.thread)
    if mirror is not None:
        heal.replace(tx, mirror)


def reachable(tx: Tx, platform: str, chat: str) -> None:
    """The bot was let into a room or forum, or may do more there: what waited for that goes out now, in order."""
    _go_on(tx, port_of(platform), chat)


def token_changed(tx: Tx, port: str) -> None:
    """The port speaks with another token: what waited because of the old one goes out now."""
    _go_on(tx, port, None)


def _go_on(tx: Tx, port: str, chat: str | None) -> None:
    if buckets.lift(tx, f"{port}:{chat}:" if chat else f"{port}:"):
        lanes.hurry(tx, port, chat)
        tx.wake.add("outbox")
