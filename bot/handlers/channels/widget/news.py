"""Reads for many streams at once: those that one commit wakes share one look at the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice

from bot.store import visible
from bot.store.engine import Store
from bot.store.visible import Visible

LAST = 50
"""Messages of a conversation that are looked at for changes; older ones are seen as they are now when the page is loaded anew."""
AT_ONCE = 250


class News:
    """The newest messages of conversations, for whoever asks in the same moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wanted: dict[int, list[asyncio.Future[list[Visible]]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def of(self, conversation: int) -> list[Visible]:
        """The last messages as they are now or later, oldest first."""
        future: asyncio.Future[list[Visible]] = asyncio.get_running_loop().create_future()
        self._wanted.setdefault(conversation, []).append(future)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        return await future

    async def _read(self) -> None:
        while self._wanted:
            asked = dict(islice(self._wanted.items(), AT_ONCE))
            for number in asked:  # who asks from now on wants to see what is committed from now on
                del self._wanted[number]
            try:
                found = await self._store.read(lambda tx, asked=asked: visible.newest(tx, asked, LAST))  # type: ignore[misc]
            except Exception as error:  # each of those who asked is told
                for _, future in _waiting(asked):
                    future.set_exception(error)
                continue
            for number, future in _waiting(asked):
                future.set_result(found[number])


def _waiting(asked: dict[int, list[asyncio.Future[list[Visible]]]]) -> Iterator[tuple[int, asyncio.Future[list[Visible]]]]:
    """Those whose asker has not gone meanwhile."""
    return ((number, future) for number, futures in asked.items() for future in futures if not future.done())
