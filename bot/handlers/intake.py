"""The way in: raw updates are committed first, then applied in order, then answered.

``Intake.keep`` is what every listener awaits before it acknowledges anything to a platform. A worker drains the
inbox partition by partition; within a partition updates are applied in the order they were kept, in one transaction.
When one of them fails they are applied again each in a savepoint of its own, so that one bad update neither stops nor
undoes its neighbours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

import structlog

from bot.commands.answer import Answer
from bot.commands.context import TooSoon
from bot.commands.receive import NoChannel
from bot.store import inbox
from bot.store.engine import Store
from bot.store.inbox import Kept, Row
from bot.store.uow import Tx

log = structlog.get_logger(__name__)


class Inbound(Protocol):
    """One source of updates. ``apply`` must not block or await; ``answer`` must not raise."""

    def apply(self, tx: Tx, payload: dict[str, Any]) -> Answer | None:
        """Do what the update asks, through ``bot.commands``; what it returns is given to ``answer`` after the commit."""
        ...

    async def answer(self, payload: dict[str, Any], answer: Answer) -> None:
        """Tell the person who pressed or asked, best effort."""
        ...


class NotApplied(Exception):
    """An update could not be applied. ``number`` is what the log calls it, and what the person may be told."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


class Intake:
    """Keeps and applies updates. One per process; any number of processes."""

    BATCH = 50
    POLL_SECONDS = 5.0
    SOON_SECONDS = 0.05

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sources: dict[str, Inbound] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._soon = False
        self._draining = False

    def add(self, source: str, inbound: Inbound) -> None:
        """Let ``inbound`` read the updates kept under this source name."""
        self._sources[source] = inbound

    async def keep(self, source: str, updates: Sequence[Kept], *, cursor: tuple[int, int] | None = None) -> int:
        """Commit updates, those known already left out; return how many were new.

        ``cursor`` is ``(value, fence)`` of a polling source and is committed with them; raises ``inbox.LostLease``
        when another process polls this source by now. Raises whatever the store raises: then nothing was kept and the
        caller must not acknowledge.
        """
        return await self._store.write(lambda tx: inbox.keep(tx, source, updates, cursor))

    async def ask(self, source: str, update: Kept) -> Answer | None:
        """Keep an update and apply it at once, in one transaction, for what a platform wants answered in the same breath
        (a form that was sent, a slash command): its answer, None for a repeat. Nothing waits behind it in the inbox.

        What was refused may be asked again in the same words. When it can't be applied it stays kept, aside, and this raises
        ``NotApplied``.
        """
        inbound = self._sources[source]
        trouble: list[NotApplied] = []

        def work(tx: Tx) -> Answer | None:
            trouble.clear()
            row = inbox.keep_taken(tx, source, update)
            if row is None:
                return None
            try:
                with tx.savepoint():
                    answer = inbound.apply(tx, row.payload)
                inbox.done(tx, row)
            except Exception as error:  # kept all the same, so that it can be looked at and is not lost
                log.exception("update not applied", source=source, number=row.id)
                trouble.append(NotApplied(row.id))
                inbox.fail(tx, row, type(error).__name__, final=True)  # the person is told, and presses again
                answer = None
            if answer is None or answer.refused:
                inbox.free(tx, row)
            inbox.finish(tx)
            return answer

        answer = await self._store.write(work)
        if trouble:
            raise trouble[0]
        return answer

    async def run(self) -> None:
        """Apply what was kept, for ever."""
        with self._store.waker("inbox") as woken:
            while True:
                try:
                    while await self._drain():
                        pass
                except Exception:  # the store may be away for a while; the inbox keeps, and we come back
                    log.exception("inbox drain failed; trying again")
                    await asyncio.sleep(1)
                await woken.wait(self.SOON_SECONDS if self._soon else self.POLL_SECONDS)

    async def _drain(self) -> bool:
        """Apply what waits; whether there may be more."""
        self._soon, self._draining = False, True
        try:
            applied = await self._applied()
            for row, answer in applied:
                if answer is not None:
                    self.tell(row.source, row.payload, answer)
        finally:
            self._draining = False
        return len(applied) >= self.BATCH and not self._soon

    async def _applied(self) -> list[tuple[Row, Answer | None]]:
        try:
            return await self._store.write(self._apply)
        except Exception:  # something is wrong with what one partition writes in the end: it is to hold up no other
            return await self._apply_apart()

    async def _apply_apart(self) -> list[tuple[Row, Answer | None]]:
        """Every partition in a job of its own. Raises what the first of those that failed raised, if none went well."""
        partitions = await self._store.write(inbox.waiting)
        work = [self._store.write(partial(self._apply, only=[partition])) for partition in partitions]
        ended = await asyncio.gather(*work, return_exceptions=True)
        if trouble := [one for one in ended if isinstance(one, BaseException)]:
            if len(trouble) == len(ended):
                raise trouble[0]
            log.error("updates could not be applied; trying again", exc_info=trouble[0])
        return [pair for one in ended if not isinstance(one, BaseException) for pair in one]

    def _apply(self, tx: Tx, only: Sequence[int] | None = None) -> list[tuple[Row, Answer | None]]:
        """One job for all partitions, so that what their updates have in common is looked up, and written, once."""
        partitions = inbox.waiting(tx) if only is None else only
        rows = [row for partition in partitions for row in inbox.claim(tx, partition, self.BATCH)]
        try:
            with tx.savepoint():
                answers = [self._sources[row.source].apply(tx, row.payload) for row in rows]
            for row in rows:
                inbox.done(tx, row)
        except Exception:  # one of them is at fault: none has been applied, and each is now by itself
            answers = [self._apply_alone(tx, row) for row in rows]
        inbox.finish(tx)
        return list(zip(rows, answers, strict=True))

    def _apply_alone(self, tx: Tx, row: Row) -> Answer | None:
        inbound = self._sources.get(row.source)
        if inbound is None:
            inbox.leave(tx, row)
            return None
        try:
            with tx.savepoint():
                answer = inbound.apply(tx, row.payload)
        except TooSoon:  # it stays where it is; what came behind it about that is too soon as well
            self._soon = True
            return None
        except NoChannel:
            inbox.leave(tx, row)
            log.warning("a client writes on a channel that is not set up: add it to the team file", source=row.source)
            return None
        except Exception as error:  # one bad update must not stop the others: it is kept, counted and shown by doctor
            log.exception("update not applied", source=row.source, inbox_id=row.id)
            inbox.fail(tx, row, type(error).__name__)
            return None
        inbox.done(tx, row)
        return answer

    def tell(self, source: str, payload: dict[str, Any], answer: Answer) -> None:
        """Let the platform tell the person, beside everything else."""
        task = asyncio.create_task(self._sources[source].answer(payload, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def is_telling(self) -> bool:
        """Whether somebody is still being told something, or may be in a moment, when what is applied now is written."""
        return self._draining or bool(self._tasks)
