"""What a desk tells about a thread other than words."""

from __future__ import annotations

from bot.commands.context import Place
from bot.store import heal, mirrors
from bot.store.uow import Tx


def thread_gone(tx: Tx, place: Place) -> None:
    """Somebody deleted a thread or topic that mirrors a conversation: it is made anew, with the recent history."""
    mirror = mirrors.at(tx, place.platform, place.chat, place.thread)
    if mirror is not None:
        heal.replace(tx, mirror)
