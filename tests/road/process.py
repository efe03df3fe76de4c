"""``python -m bot run`` as a process of its own, to be killed at a chosen moment; the sandbox stays in the test's process.

A cold start takes seconds, nearly all of it imports, and these tests start often. So Python's fork server imports the
bot's modules once, and every start is a fork of it that then does what ``python -m bot run`` does. Leases, which on
PostgreSQL outlive a killed process by half a minute and more, last two seconds in it.
"""

from __future__ import annotations

import asyncio
import os
import runpy
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.engine import make_url

from bot.store.engine import Store, open_store
from bot.store.uow import Tx
from tests.road.house import House, unfinished

T = TypeVar("T")
READY = "relaydesk is ready"
WARM = [
    "aiosqlite",
    "alembic.command",
    "asyncpg",
    "bot.app",
    "bot.handlers.channels.widget.platform",
    "bot.handlers.desks.slack.platform",
    "bot.handlers.telegram",
    "bot.jobs",
    "bot.store.postgres",
    "bot.store.sqlite",
    "uvloop",
    "tests.warm",
]
_forks = get_context("forkserver")
_forks.set_forkserver_preload(WARM)


def _run(environment: dict[str, str], folder: str, log: str) -> None:
    """In the child: the command line, with nothing of the test's environment."""
    for name in [name for name in os.environ if name.startswith("RELAYDESK_") or name == "PORT"]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(folder)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(written, stream)
    _shorten_leases()
    sys.argv = ["bot", "run"]
    runpy.run_module("bot", run_name="__main__")


def _shorten_leases() -> None:
    from bot.delivery import turn
    from bot.handlers.shared import telegram_poller

    turn.LEASE_MS = 2_000
    telegram_poller.LEASE_SECONDS = 2.0
    telegram_poller.RENEW_SECONDS = 0.5


class Bot:
    """A relaydesk that runs apart, on a house's settings and database. ``name`` tells nodes of one house apart."""

    def __init__(self, house: House, name: str = "run") -> None:
        self.house = house
        self.name = name
        self.starts = 0
        self._process: ForkServerProcess | None = None
        self._store: Store | None = None

    @property
    def log(self) -> str:
        """Everything the process that runs now, or ran last, has logged."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    @property
    def _log(self) -> Path:
        return self.house.folder / f"{self.name}-{self.starts}.log"

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.exitcode is None

    async def start(self) -> None:
        """Start and wait until it says that it is ready."""
        self.house.settings()  # writes the team file
        self.starts += 1
        environment = {
            **self.house.env,
            "RELAYDESK_TEAM_FILE": str(self.house.folder / "team.toml"),
            "RELAYDESK_LOG__LEVEL": "info",
        }
        arguments = (environment, str(self.house.folder), str(self._log))
        self._process = _forks.Process(target=_run, args=arguments, daemon=True)
        await asyncio.to_thread(self._process.start)
        try:
            await self.house.box.until(lambda: READY in self.log or not self.is_alive, 90)
        except TimeoutError:
            raise AssertionError(f"not ready in 30 s:\n{self.log}") from None
        assert self.is_alive, f"it ended with {self._process.exitcode}:\n{self.log}"

    def kill(self) -> None:
        """``kill -9``; returns when the process does nothing more."""
        os.kill(self.pid, signal.SIGKILL)
        state = Path(f"/proc/{self.pid}/stat")
        until = time.monotonic() + 5
        while time.monotonic() < until:  # without a pause: whoever kills at a moment wants nothing to happen after it
            try:
                if state.read_text().rpartition(")")[2].split()[0] in "ZX":
                    return
            except OSError:
                return
        raise AssertionError(f"{self.pid} outlived kill -9")

    async def ended(self, seconds: float = 60.0) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        process = self._process
        assert process is not None
        await self.house.box.until(lambda: process.exitcode is not None, seconds)
        assert process.exitcode is not None
        return process.exitcode

    async def stop(self) -> float:
        """SIGTERM; how many seconds it took to end, in order."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        code = await self.ended()
        took = time.monotonic() - began
        assert code == 0, self.log
        return took

    @contextmanager
    def when(self, moment: Callable[[dict[str, Any]], bool], act: Callable[[], Any]) -> Iterator[list[dict[str, Any]]]:
        """Do ``act`` the moment the sandbox has done something (a change in its feed), before its answer leaves.

        Gives a list that holds the change once that has happened.
        """
        feed = self.house.box.feed
        publish, seen = feed.publish, []

        def watched(platform: str, kind: str, **data: Any) -> None:
            publish(platform, kind, **data)
            change = {"platform": platform, "kind": kind, **data}
            if not seen and moment(change):
                seen.append(change)
                act()

        feed.publish = watched  # type: ignore[method-assign]
        try:
            yield seen
        finally:
            del feed.publish

    async def dies(self, moment: Callable[[dict[str, Any]], bool], act: Callable[[], Any]) -> None:
        """Do ``act`` and wait until the process has been killed at that moment."""
        with self.when(moment, self.kill) as seen:
            act()
            await self.house.until(lambda: seen, 15)
        assert await self.ended() == -signal.SIGKILL

    async def read(self, job: Callable[[Tx], T]) -> T:
        """Look into its store."""
        if self._store is None:
            self._store = await open_store(self.house.env["RELAYDESK_DATABASE_URL"])
        return await self._store.read(job)

    async def settled(self, seconds: float = 60.0) -> None:
        """Wait until nothing waits to be read or sent."""
        async with asyncio.timeout(seconds):
            while await self.read(unfinished):
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Leave nothing behind."""
        if self.is_alive:
            self.kill()
            await self.ended()
        if self._store is not None:
            await self._store.close()


# The store in trouble -------------------------------------------------------------------------------------------------


def file_of(url: str) -> str | None:
    """The file of an SQLite address, None for PostgreSQL."""
    made = make_url(url)
    return made.database if made.drivername.startswith("sqlite") else None


async def execute(url: str, *statements: str) -> None:
    """Do something to a database behind the bot's back."""
    if (path := file_of(url)) is not None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as lite:
            for statement in statements:
                lite.execute(statement)
        return
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def inbox_locked(url: str) -> AsyncIterator[None]:
    """Nothing can be kept meanwhile; who tries has to wait."""
    if (path := file_of(url)) is not None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as lite:
            lite.execute("BEGIN IMMEDIATE")
            yield
        return
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE inbox IN EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


@asynccontextmanager
async def store_away(url: str) -> AsyncIterator[None]:
    """Nothing can be kept meanwhile; who tries is refused: PostgreSQL is down, of SQLite's file a part is missing."""
    if file_of(url) is not None:
        await execute(url, "ALTER TABLE inbox RENAME TO inbox_away")
        try:
            yield
        finally:
            await execute(url, "ALTER TABLE inbox_away RENAME TO inbox")
        return
    name = make_url(url).database
    server = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    await execute(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", ended)
    try:
        yield
    finally:
        await execute(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@asynccontextmanager
async def no_room_for_ends(url: str) -> AsyncIterator[None]:
    """Writing down that something was sent fails, as it does when the disk is full just then."""
    if file_of(url) is not None:
        began = "CREATE TRIGGER no_room BEFORE UPDATE ON delivery WHEN NEW.state IN ('sent', 'unconfirmed', 'dead')"
        await execute(url, f"{began} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
        ending = "DROP TRIGGER no_room"
    else:
        body = "BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END"
        await execute(
            url,
            f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            "CREATE TRIGGER no_room BEFORE UPDATE ON delivery FOR EACH ROW"
            " WHEN (NEW.state IN ('sent', 'unconfirmed', 'dead')) EXECUTE FUNCTION no_room()",
        )
        ending = "DROP TRIGGER no_room ON delivery"
    try:
        yield
    finally:
        await execute(url, ending)
