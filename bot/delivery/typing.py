"""A client types, and operators see it where their platform can show it (R38): at once or not at all, and never kept (F43)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog

from bot.delivery.limits import Limits
from bot.delivery.ports import Address, Ports, ShowsTyping
from bot.store import buckets, conversations, mirrors, team
from bot.store.engine import Store
from bot.store.uow import Tx

log = structlog.get_logger(__name__)

SHOWN_SECONDS = 4.0
"""How long one telling is good for. Telegram shows it for five seconds at most (core.telegram.org/bots/api#sendchataction)."""
AT_ONCE = 16
"""Tellings under way in this process; what comes on top is dropped."""
REMEMBERED = 10_000


class Typing:
    """Passes typing on. One for the whole process; ``ports`` are looked up when there is something to show."""

    def __init__(self, store: Store, ports: Callable[[], Ports], limits: Limits) -> None:
        self._store = store
        self._ports = ports
        self._limits = limits
        self._told: dict[tuple[str, str], float] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def client_types(self, channel_kind: str, external_id: str, channel_name: str | None = None) -> None:
        """A client of that channel (without a name the only one of its kind) types now.

        Returns at once, never raises, and may be called for every letter.
        """
        who, now = (channel_kind, external_id), monotonic()
        if now - self._told.get(who, -SHOWN_SECONDS) < SHOWN_SECONDS or len(self._under_way) >= AT_ONCE:
            return
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[who] = now
        task = asyncio.create_task(self._show(channel_kind, channel_name, external_id))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    @property
    def is_telling(self) -> bool:
        """Whether something is under way."""
        return bool(self._under_way)

    async def _show(self, channel_kind: str, channel_name: str | None, external_id: str) -> None:
        try:
            for port, address in await self._store.read(lambda tx: self._places(tx, channel_kind, channel_name, external_id)):
                able: object = self._ports().get(port)
                if isinstance(able, ShowsTyping):
                    await able.typing(address)
        except Exception as error:  # best effort: whoever types on tells again
            log.debug("typing not shown", why=type(error).__name__)

    def _places(self, tx: Tx, channel_kind: str, channel_name: str | None, external_id: str) -> list[tuple[str, Address]]:
        """The threads to show it in, but for those of rooms that must wait anyway."""
        channel = team.find_channel(tx, channel_kind, channel_name)
        conversation = conversations.of_client(tx, channel.id, external_id) if channel is not None else None
        if conversation is None or conversation.blacklisted:
            return []
        able = [
            mirror
            for mirror in mirrors.of_conversation(tx, conversation.id)
            if mirror.thread and isinstance(self._ports().get(mirror.port), ShowsTyping)
        ]
        spent = {one.id: self._limits.windows(one.port, one.chat, "words", edit=False) for one in able}
        state = buckets.peek(tx, {window.key for windows in spent.values() for window in windows})
        return [
            (one.port, Address(one.chat, one.thread))
            for one in able
            if not any(state[window.key].wait_until(window, tx.now) for window in spent[one.id])
        ]
