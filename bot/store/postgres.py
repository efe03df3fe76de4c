"""PostgreSQL through asyncpg: group commit on one writing connection, readers beside it, NOTIFY between nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import asyncpg
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.domain.ids import Moment
from bot.domain.policy import Policy
from bot.store.engine import Ahead, StoreError, Waking, in_time, parsed, unusable
from bot.store.uow import Tx, clock

T = TypeVar("T")
log = structlog.get_logger(__name__)
GROUP = 64
NOTIFY = "relaydesk"
_NOW = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
_TELL = text("SELECT pg_notify('relaydesk', :topics)")
_SETTINGS = {"jit": "off", "max_parallel_workers_per_gather": "0"}
"""All statements are short: to compile one, or to start workers for it, takes longer than to run it."""
_RETRIED = {"40001", "40P01"}  # serialization_failure, deadlock_detected


class _Asked(NamedTuple):
    job: Callable[[Tx], Any]
    future: asyncio.Future[Any]


_Results = list[tuple[_Asked, Any, BaseException | None]]


class PostgresStore(Waking):
    """A store many nodes share."""

    def __init__(self, engine: AsyncEngine, url: URL, policy: Policy, ahead: Ahead = in_time) -> None:
        super().__init__()
        self._ahead = ahead
        self.policy = policy
        self._engine = engine
        self._url = url
        self._queue: asyncio.Queue[_Asked | None] = asyncio.Queue()
        self._tasks = [
            asyncio.create_task(self._work(), name="store-writer"),
            asyncio.create_task(self._listen(), name="store-listener"),
        ]

    @classmethod
    async def open(cls, url: str, policy: Policy, ahead: Ahead = in_time) -> PostgresStore:
        """Connect, or raise ``StoreError`` in one line without the password."""
        where = parsed(url)
        engine = create_async_engine(
            where, pool_size=8, max_overflow=8, pool_use_lifo=True, connect_args={"server_settings": _SETTINGS}
        )
        try:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
            await engine.dispose()
            raise unusable(where, error) from None
        return cls(engine, where, policy, ahead)

    async def write(self, job: Callable[[Tx], T]) -> T:
        """See :meth:`Store.write`."""
        if self._tasks[0].done():
            raise StoreError("the store is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Asked(job, future))
        return await future

    async def read(self, job: Callable[[Tx], T]) -> T:
        """See :meth:`Store.read`."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(lambda sync: job(Tx(sync, Moment(clock() + self._ahead()), self.policy)))

    async def close(self) -> None:
        """See :meth:`Store.close`."""
        self._queue.put_nowait(None)
        await self._tasks[0]
        self._tasks[1].cancel()
        await asyncio.gather(self._tasks[1], return_exceptions=True)
        await self._engine.dispose()

    async def _work(self) -> None:
        while (first := await self._queue.get()) is not None:
            asked, stop = self._gather(first)
            results = await self._attempt(asked)
            again = [ask for ask, _, error in results if _worth_retrying(error)]
            _tell([result for result in results if not _worth_retrying(result[2])])
            for ask in again:
                _tell(await self._patiently(ask))
            if stop:
                return

    def _gather(self, first: _Asked) -> tuple[list[_Asked], bool]:
        asked = [first]
        while len(asked) < GROUP and not self._queue.empty():
            ask = self._queue.get_nowait()
            if ask is None:
                return asked, True
            asked.append(ask)
        return asked, False

    async def _attempt(self, asked: list[_Asked]) -> _Results:
        try:
            async with self._engine.connect() as connection:
                results, wake = await connection.run_sync(_commit, asked, self.policy, self._ahead())
        except Exception as error:  # connection lost, commit refused: those who asked are told, the task lives on
            return [(ask, None, error) for ask in asked]
        self.wakes.tell(wake)
        return results

    async def _patiently(self, ask: _Asked) -> _Results:
        """Run alone a job that collided with another node, a few times."""
        for pause in (0.01, 0.05, 0.2):
            results = await self._attempt([ask])
            if not _worth_retrying(results[0][2]):
                return results
            await asyncio.sleep(pause)
        return results

    async def _listen(self) -> None:
        """Hear other nodes' commits. After a lost connection everybody is woken, since a commit may have been missed."""
        while True:
            try:
                gone = asyncio.Event()
                connection = await asyncpg.connect(self._url.set(drivername="postgresql").render_as_string(hide_password=False))
                try:
                    connection.add_termination_listener(lambda _, gone=gone: gone.set())
                    await connection.add_listener(NOTIFY, lambda *heard: self.wakes.tell(str(heard[3]).split(" ")))
                    self.wakes.tell(["*"])
                    await gone.wait()
                finally:
                    await connection.close(timeout=2)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("store listener lost its connection; trying again", reason=type(error).__name__)
            await asyncio.sleep(1)


def _commit(connection: Connection, asked: list[_Asked], policy: Policy, ahead: int) -> tuple[_Results, set[str]]:
    with connection.begin():
        tx = Tx(connection, Moment(connection.execute(_NOW).scalar_one() + ahead), policy)
        results = [_run(tx, ask) for ask in asked] if len(asked) > 1 else [_alone(tx, asked[0])]
        tx.close()
        if tx.wake:
            topics = " ".join(sorted(tx.wake))
            connection.execute(_TELL, {"topics": topics if len(topics) < 7_000 else "*"})
    return results, tx.wake


def _alone(tx: Tx, ask: _Asked) -> tuple[_Asked, Any, BaseException | None]:
    """The only job of a transaction: what it raises undoes that, so it needs no savepoint and the two round trips of one."""
    value = ask.job(tx)
    tx.flush()
    return ask, value, None


def _run(tx: Tx, ask: _Asked) -> tuple[_Asked, Any, BaseException | None]:
    """One job in a savepoint of its own, so that its failure leaves its neighbours alone."""
    try:
        with tx.savepoint():
            value = ask.job(tx)
            tx.flush()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return ask, None, error
    except Exception as error:  # handed to whoever asked for the job
        return ask, None, error
    return ask, value, None


def _worth_retrying(error: BaseException | None) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RETRIED


def _tell(results: _Results) -> None:
    for ask, value, error in results:
        if ask.future.done():
            continue
        if error is None:
            ask.future.set_result(value)
        else:
            ask.future.set_exception(error)
