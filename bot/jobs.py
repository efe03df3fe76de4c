"""The timetable. APScheduler says when; one process leads by a lease in the store; each job is one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.commands.housekeeping import expire, sweep
from bot.store import cursors
from bot.store.engine import Store
from bot.store.uow import Tx

log = structlog.get_logger(__name__)
LEASE_SECONDS = 120.0


class Clock:
    """Runs the timetable until cancelled. Any number of processes may; the one with the lease does the work."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
        self._scheduler.add_job(self._leading, "interval", hours=1, args=[sweep], id="sweep")
        self._scheduler.add_job(self._leading, "interval", minutes=5, args=[expire], id="expire")

    async def run(self) -> None:
        """Keep time."""
        self._scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._scheduler.shutdown(wait=False)

    async def _leading(self, job: Callable[[Tx], Any]) -> None:
        """Do ``job`` if this process leads."""
        lease = await self._store.write(lambda tx: cursors.acquire(tx, "clock", self._owner, LEASE_SECONDS))
        if lease is not None:
            log.info("job done", job=job.__name__, result=await self._store.write(job))
