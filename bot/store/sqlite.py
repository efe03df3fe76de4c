"""SQLite: one writer thread with group commit, readers beside it."""

from __future__ import annotations

import asyncio
import fcntl
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import structlog
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from bot.domain.ids import Moment
from bot.domain.policy import Policy
from bot.store.engine import Ahead, StoreError, Waking, in_time, parsed, unusable
from bot.store.uow import Tx, clock

T = TypeVar("T")
log = structlog.get_logger(__name__)
GROUP = 256
BUSY_MS = 20_000


class _Asked(NamedTuple):
    job: Callable[[Tx], Any]
    future: asyncio.Future[Any]


def _prepare(raw: Any, *, read_only: bool) -> None:
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    if read_only:
        cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Setting the mode needs the file alone, and SQLite does not wait for that; it stays set, so one connection has to."""
    for wait in (0.01, 0.1, 1.0, None):
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone()[0] == "wal":
            return
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if wait is None:
                raise
            time.sleep(wait)


class SqliteStore(Waking):
    """A store in one file. Only one node may use it; ``lock`` makes sure."""

    def __init__(self, url: str, policy: Policy, ahead: Ahead = in_time) -> None:
        super().__init__()
        self.policy = policy
        self._ahead = ahead
        self._url = parsed(url)
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._writer = create_engine(
            self._url.set(drivername="sqlite"), connect_args={"isolation_level": None, "check_same_thread": False}
        )
        self._readers = create_async_engine(self._url, connect_args={"isolation_level": None})
        event.listen(self._writer, "connect", lambda raw, _: _prepare(raw, read_only=False))
        event.listen(self._readers.sync_engine, "connect", lambda raw, _: _prepare(raw, read_only=True))
        self._locked: IO[str] | None = None
        self._reading: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._work, name="relaydesk-writer", daemon=True)
        self._thread.start()

    def lock(self) -> None:
        """Be the only node on this file. Raises ``StoreError`` when another process is."""
        path = Path(f"{self._url.database}.lock")
        try:
            handle = path.open("a")
        except OSError as error:
            raise unusable(self._url, error) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            raise StoreError(
                f"another relaydesk already runs on {self._url.database}: stop it first, or use PostgreSQL to run several"
            ) from None
        self._locked = handle

    async def write(self, job: Callable[[Tx], T]) -> T:
        """See :meth:`Store.write`."""
        if not self._thread.is_alive():
            raise StoreError("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Asked(job, future))
        return await future

    async def read(self, job: Callable[[Tx], T]) -> T:
        """See :meth:`Store.read`.

        A read that has begun is finished even when nobody waits for it any more: cancelled while aiosqlite connects, it would
        leave a connection, with its thread, that nobody closes.
        """
        reading = asyncio.create_task(self._read(job))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)
        return await asyncio.shield(reading)

    async def _read(self, job: Callable[[Tx], T]) -> T:
        async with self._readers.connect() as connection:
            return await connection.run_sync(lambda sync: job(Tx(sync, Moment(clock() + self._ahead()), self.policy)))

    async def close(self) -> None:
        """See :meth:`Store.close`."""
        if self._reading:
            await asyncio.wait(self._reading)
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._writer.dispose()
        await self._readers.dispose()
        if self._locked is not None:
            self._locked.close()

    def _work(self) -> None:
        connection: Connection | None = None
        while True:
            first = self._queue.get()
            if first is None:
                break
            asked, stop = self._gather(first)
            try:
                connection = connection or self._writer.connect()
                results, wake = self._commit(connection, asked)
            except Exception as error:  # disk full, file gone: those who asked are told, the thread lives on
                results, wake = [(ask.future, None, error) for ask in asked], set()
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                    connection = None
            self._loop.call_soon_threadsafe(self._tell, results, wake)
            if stop:
                break
        if connection is not None:
            connection.close()

    def _gather(self, first: _Asked) -> tuple[list[_Asked], bool]:
        asked = [first]
        while len(asked) < GROUP:
            try:
                ask = self._queue.get_nowait()
            except queue.Empty:
                break
            if ask is None:
                return asked, True
            asked.append(ask)
        return asked, False

    def _commit(
        self, connection: Connection, asked: list[_Asked]
    ) -> tuple[list[tuple[asyncio.Future[Any], Any, BaseException | None]], set[str]]:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        tx = Tx(connection, Moment(clock() + self._ahead()), self.policy)
        try:
            results = [_run(tx, ask) for ask in asked]
            tx.close()
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        return results, tx.wake

    def _tell(self, results: list[tuple[asyncio.Future[Any], Any, BaseException | None]], wake: set[str]) -> None:
        for future, value, error in results:
            if future.done():
                continue
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)
        self.wakes.tell(wake)


def _run(tx: Tx, ask: _Asked) -> tuple[asyncio.Future[Any], Any, BaseException | None]:
    """One job in a savepoint of its own, so that its failure leaves its neighbours alone."""
    try:
        with tx.savepoint():
            value = ask.job(tx)
            tx.flush()
    except sqlite3.Error:
        raise
    except Exception as error:  # handed to whoever asked for the job
        if _fatal(error):
            raise
        return ask.future, None, error
    return ask.future, value, None


def _fatal(error: Exception) -> bool:
    """Whether the whole transaction is lost with it: disk full, I/O error, a broken file."""
    return isinstance(getattr(error, "orig", None), sqlite3.OperationalError) and not getattr(
        error, "connection_invalidated", False
    )
