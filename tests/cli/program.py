"""``python -m bot …`` as a process, and what the person who started it sees."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.cli.child import work
from tests.road.process import READY, _forks


class Program:
    """One process. ``out`` and ``err`` are what it has printed so far."""

    def __init__(self, folder: Path, number: int, environment: Mapping[str, str], words: tuple[str, ...]) -> None:
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        self.secrets = [value for name, value in environment.items() if name.endswith(("_TOKEN", "_SECRET")) and value]
        arguments = (list(words), dict(environment), str(folder), str(self._out), str(self._err))
        self._process: ForkServerProcess = _forks.Process(target=work, args=arguments, daemon=True)
        self._process.start()

    @property
    def out(self) -> str:
        return self._out.read_text("utf-8") if self._out.exists() else ""

    @property
    def err(self) -> str:
        return self._err.read_text("utf-8") if self._err.exists() else ""

    def lines(self, *words: str) -> list[str]:
        """The lines on stderr that hold all of these words."""
        return [line for line in self.err.splitlines() if all(word in line for word in words)]

    async def ended(self, seconds: float = 30) -> int:
        """Wait for the end; the exit code. No secret has been printed."""
        await self._until(lambda: self._process.exitcode is not None, seconds)
        assert self._process.exitcode is not None
        assert not [secret for secret in self.secrets if secret in self.out + self.err]
        return self._process.exitcode

    async def stops(self) -> str:
        """It ends by a person's mistake: exit code 2 and one line, the last, beside what the log tells; it is returned."""
        assert await self.ended() == 2, self.err
        *before, line = self.err.splitlines()
        assert all("[info" in one for one in before), self.err
        assert line.startswith("relaydesk: ")
        assert self.out == ""
        return line.removeprefix("relaydesk: ")

    async def says(self, *words: str, seconds: float = 60) -> str:
        """Wait for a line on stderr with all of these words; it is the only one."""
        await self._until(lambda: self.lines(*words) or self._process.exitcode is not None, seconds)
        (line,) = self.lines(*words)
        return line

    async def ready(self) -> None:
        """Wait until it says so."""
        await self.says(READY)

    async def prints(self, words: str) -> None:
        """Wait until stdout has these words."""
        await self._until(lambda: words in self.out or self._process.exitcode is not None, 90)
        assert words in self.out, self.err

    async def stop(self, *, by_keyboard: bool = False) -> None:
        """SIGTERM, or Ctrl-C; it ends in order, without a traceback."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGINT if by_keyboard else signal.SIGTERM)
        assert await self.ended() == 0, self.err
        assert "Traceback" not in self.err, self.err

    async def close(self) -> None:
        """Leave nothing behind."""
        if self._process.exitcode is None:
            self._process.kill()
            await self._until(lambda: self._process.exitcode is not None, 60)

    async def _until(self, true: Callable[[], object], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"not in {seconds} s:\n{self.out}\n{self.err}"
            await asyncio.sleep(0.02)
