"""What a platform tells other than words: a thread is gone, a room can be reached again, it was not heard for too long."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.commands.context import Place
from bot.commands.notice import notify, port_of
from bot.domain.phrase import Phrase
from bot.store import buckets, cursors, heal, journal, lanes, mirrors, team
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


def heard(tx: Tx, source: str, fence: int, kept_ms: int) -> int | None:
    """A platform that keeps what people write for ``kept_ms`` has answered; since when it had not, if that is longer (F13).

    Then what came first may be lost, and nobody but the clients can know: admins are told.
    """
    before = cursors.heard(tx, source, fence)
    if before is None or tx.now - before <= kept_ms:
        return None
    since, hours = f"{datetime.fromtimestamp(before / 1000, UTC):%Y-%m-%d %H:%M} UTC", kept_ms // 3_600_000
    words = Phrase(
        "⚠️ Telegram was not heard since {since}. It keeps what people write for {n} hour only, "
        "so messages from before that may be lost. Ask clients who wrote then to write again.",
        "⚠️ Telegram was not heard since {since}. It keeps what people write for {n} hours only, "
        "so messages from before that may be lost. Ask clients who wrote then to write again.",
        since=since,
        n=hours,
    )
    journal.add(tx, "possible loss", who="relaydesk", way="system", source=source, since=since)
    for admin in team.admins(tx):
        notify(tx, admin, words)
    return before
