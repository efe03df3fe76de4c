"""What changed in the sandbox, told to whoever watches: the page, a script, a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any


class Feed:
    """A numbered stream of changes, kept in a bounded tail so that a late listener can catch up.

    A change is ``{"n": 1, "platform": "slack" | "telegram" | "whatsapp" | "mail", "kind": str, ...}``.
    """

    TAIL = 5_000

    def __init__(self) -> None:
        self.last = 0
        self._tail: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    def publish(self, platform: str, kind: str, **data: Any) -> None:
        """Record one change and wake every listener."""
        self.last += 1
        self._tail.append({"n": self.last, "platform": platform, "kind": kind, **data})
        if len(self._tail) > 2 * self.TAIL:
            del self._tail[: -self.TAIL]
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def since(self, n: int) -> list[dict[str, Any]]:
        """Changes numbered above ``n``, oldest first."""
        return [change for change in self._tail if change["n"] > n]

    async def changes(self, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Every change above ``after``, for ever."""
        while True:
            waiting = self._changed
            for change in self.since(after):
                after = change["n"]
                yield change
            if after >= self.last:
                await waiting.wait()

    async def until(self, true: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Wait until ``true()`` is truthy, looking again after each change; return what it gave.

        Raises ``TimeoutError`` after ``seconds``. For state outside the sandbox it also looks
        again every 20 ms.
        """
        async with asyncio.timeout(seconds):
            while True:
                waiting = self._changed
                if answer := true():
                    return answer
                try:
                    async with asyncio.timeout(0.02):
                        await waiting.wait()
                except TimeoutError:
                    continue
