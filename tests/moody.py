"""A store for tests of what happens when it does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot.store.engine import Store
from bot.store.uow import Tx


class Moody:
    """A store that can be away, or slow."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.down = False
        self.turned_away = 0
        self.begun, self.may_go_on = asyncio.Event(), asyncio.Event()
        self.may_go_on.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, job: Callable[[Tx], Any]) -> Any:
        if self.down:
            self.turned_away += 1
            raise OSError("database is locked")
        if not self.may_go_on.is_set():
            self.begun.set()
            await self.may_go_on.wait()
        return await self._store.write(job)
