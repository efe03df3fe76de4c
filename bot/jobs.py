"""The timetable. APScheduler says when; one process leads by a lease in the store; what is due stands in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.commands.due import act, plan
from bot.commands.housekeeping import expire, sweep
from bot.domain.ids import Moment
from bot.store import cursors, due
from bot.store.engine import Store
from bot.store.uow import Tx

log = structlog.get_logger(__name__)
LEASE_SECONDS = 120.0
TICK_SECONDS = 15
LAND_SECONDS = 6.0
"""How long work that has begun may take at the end."""
AT_ONCE = 500
"""Entries of one tick; what is left comes with the next."""
PAUSE_MS = 600_000
"""After a failure an entry is looked at again so much later."""


class Clock:
    """Runs the timetable until cancelled. Any number of processes may; the one with the lease does the work."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._working: dict[str, asyncio.Task[None]] = {}
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True})
        self._scheduler.add_job(self._begin, "interval", hours=1, args=["sweep", partial(self._leading, sweep)])
        self._scheduler.add_job(self._begin, "interval", minutes=5, args=["expire", partial(self._leading, expire)])
        self._scheduler.add_job(self._begin, "interval", seconds=TICK_SECONDS, args=["tick", self.tick])

    async def run(self) -> None:
        """Keep time."""
        self._scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._scheduler.shutdown(wait=False)
            if self._working:
                await asyncio.wait(self._working.values(), timeout=LAND_SECONDS)

    async def _begin(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Begin a job in a task of ours. APScheduler would cancel it at the end, in mid-transaction, and log that as an error."""
        if name not in self._working:
            task = asyncio.create_task(self._watched(name, work))
            self._working[name] = task
            task.add_done_callback(lambda _: self._working.pop(name, None))

    async def _watched(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:  # the store may be away; the next time comes soon
            log.exception("job failed; it will be begun again at its next time", job=name)

    async def tick(self) -> None:
        """Look at what is due by now, and do it, each thing in a transaction of its own."""
        if not await self._leads():
            return
        wanted = await self._store.read(plan)
        if wanted:
            await self._store.write(lambda tx: due.put(tx, wanted))
        for row_id in await self._store.read(lambda tx: due.ready(tx, AT_ONCE)):
            try:
                await self._store.write(partial(act, row_id=row_id))
            except Exception:  # one that can't be done must not stop the others; it is tried again later
                log.exception("due work failed", due=row_id)
                await self._store.write(lambda tx, row_id=row_id: due.again(tx, row_id, Moment(tx.now + PAUSE_MS)))  # type: ignore[misc]

    async def _leads(self) -> bool:
        return await self._store.write(lambda tx: cursors.acquire(tx, "clock", self._owner, LEASE_SECONDS)) is not None

    async def _leading(self, job: Callable[[Tx], Any]) -> None:
        """Do ``job`` if this process leads."""
        if await self._leads():
            log.info("job done", job=job.__name__, result=await self._store.write(job))
