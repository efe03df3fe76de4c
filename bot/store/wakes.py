"""Waking those who wait for a commit, by topic. A wake-up is a hint: every waiter also looks again by itself."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable


class Waker:
    """One waiter. A wake-up that comes while it works is not lost: the next ``wait`` returns at once."""

    __slots__ = ("_event", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Let the waiter go on."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a wake-up, ``seconds`` at most; whether there was one."""
        if not self._event.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._event.wait()
            except TimeoutError:
                return False
        self._event.clear()
        return True


class Wakes:
    """The waiters of this process."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[Waker]] = defaultdict(set)

    def listen(self, topic: str) -> Waker:
        """A new waiter for ``topic``."""
        waker = Waker(topic)
        self._waiting[topic].add(waker)
        return waker

    def forget(self, waker: Waker) -> None:
        """The waiter has gone."""
        waiting = self._waiting.get(waker.topic)
        if waiting is not None:
            waiting.discard(waker)
            if not waiting:
                del self._waiting[waker.topic]

    def tell(self, topics: Iterable[str]) -> None:
        """Wake everybody who waits for one of ``topics``; ``*`` wakes all."""
        for topic in topics:
            groups = list(self._waiting.values()) if topic == "*" else [self._waiting.get(topic, set())]
            for group in groups:
                for waker in tuple(group):
                    waker.wake()
