"""Rate limits as trailing windows, the way the platforms count them."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable


class Windows:
    """Trailing windows by key. Switched off as a whole with ``enabled = False``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.enabled = True
        self.speed = 1.0
        self._clock = clock
        self._taken: dict[str, deque[float]] = defaultdict(deque)

    def take(self, *windows: tuple[str, int, float]) -> float:
        """Spend one in every ``(key, count, seconds)`` window, or none.

        Returns 0.0 when spent, else the seconds until the fullest window has room again.
        ``speed`` above 1 makes the sandbox's time run faster for tests that watch limits.
        """
        if not self.enabled:
            return 0.0
        now = self._clock() * self.speed
        wait = 0.0
        for key, count, seconds in windows:
            taken = self._taken[key]
            while taken and taken[0] <= now - seconds:
                taken.popleft()
            if len(taken) >= count:
                wait = max(wait, taken[0] + seconds - now)
        if wait > 0:
            return wait / self.speed
        for key, _, _ in windows:
            self._taken[key].append(now)
        return 0.0
