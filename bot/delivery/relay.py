"""The relay: turns of the store on one side, calls to the platforms on the other.

One loop takes turns; every parcel is delivered by a task of its own, so that a slow call holds up only its lane. The
intent to send is committed before any byte leaves, and the outcome is written under the lane's fence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.delivery.limits import Limits
from bot.delivery.ports import (
    Ambiguous,
    DeletePost,
    EditCard,
    EditPost,
    Fetch,
    FilePost,
    Letter,
    Mark,
    NameTopic,
    Outcome,
    Parcel,
    Port,
    Ports,
    PublishHome,
    React,
    ReadsBack,
    Remove,
    Retry,
    Sweep,
    TopicState,
)
from bot.delivery.turn import LEASE_MS, Begun, Result, bury, give_back, settle, turn
from bot.domain.people import Actor
from bot.domain.phrase import Phrase
from bot.domain.screen import Screen
from bot.store import lanes, team
from bot.store.engine import Store
from bot.store.uow import Tx, clock
from bot.store.wakes import Waker

log = structlog.get_logger(__name__)
REPEATABLE = (EditCard, EditPost, DeletePost, React, Fetch, Mark, NameTopic, TopicState, Sweep, PublishHome, Remove)
"""Bodies that may be sent twice without anybody noticing."""
LONG = (FilePost, Fetch, Letter)
"""Bodies whose call may outlast the lease of their lane, which is prolonged while they are under way."""
Home = Callable[[Tx, str, str], Screen]
"""What a person's home shows now, by platform and the platform's id of the person; it only reads."""


class Relay:
    """Sends what the outbox holds. Any number of them share one PostgreSQL store."""

    def __init__(
        self, store: Store, ports: Ports, limits: Limits, owner: str, *, at_once: int = 128, home: Home | None = None
    ) -> None:
        self._store = store
        self._ports = ports
        self._limits = limits
        self._owner = owner
        self._at_once = at_once
        self._home = home
        self._flying: set[asyncio.Task[None]] = set()
        self._long: dict[str, int] = {}
        self._prolonged = 0
        self._results: list[Result] = []
        self._woken = Waker("outbox")

    POLL_SECONDS = 1.0
    CALL_SECONDS = 20.0
    FILE_SECONDS = 900.0
    LAND_SECONDS = 6.0

    async def run(self) -> None:
        """Relay until cancelled; then finish what is in the air and give the lanes back."""
        try:
            with self._store.waker("outbox") as self._woken:
                while True:
                    await self._woken.wait(await self._whole_turn())
        finally:
            await self._land()

    async def _whole_turn(self) -> float:
        """A turn that has begun is finished even when we are to stop: what it began is in nobody else's hands (F15)."""
        turning = asyncio.create_task(self._turn())
        try:
            return await asyncio.shield(turning)
        except asyncio.CancelledError:
            await turning
            raise

    async def _turn(self) -> float:
        """One turn; how many seconds nothing more will be due, unless something lands or is queued."""
        results, self._results = self._results, []
        capacity = self._at_once - len(self._flying)
        try:
            await self._prolong()
            done = await self._store.write(lambda tx: turn(tx, self._owner, results, capacity, self._limits))
        except Exception:  # the store is away, or one outcome can't be settled: keep the rest, try again
            log.exception("relay turn failed; trying again")
            await self._recover(results)
            return 0.0
        for item in done.begun:
            task = asyncio.create_task(self._deliver(item))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)
        if self._results or 0 < capacity <= len(done.begun):
            return 0.0
        if done.next_due is None:
            return self.POLL_SECONDS
        return min(self.POLL_SECONDS, max(0.005, (done.next_due - clock()) / 1000))

    async def _prolong(self) -> None:
        """Keep the lanes of files that are still on their way: nobody else may take them meanwhile."""
        if self._long and clock() - self._prolonged > LEASE_MS // 3:
            held = list(self._long.items())
            await self._store.write(lambda tx: lanes.prolong(tx, held, tx.now + LEASE_MS))
            self._prolonged = clock()

    async def _recover(self, results: list[Result]) -> None:
        await asyncio.sleep(0.5)
        for result in results:
            try:
                await self._store.write(lambda tx, result=result: self._alone(tx, result))  # type: ignore[misc]
            except Exception:  # still away: it waits its turn
                self._results.append(result)

    def _alone(self, tx: Tx, result: Result) -> None:
        try:
            with tx.savepoint():
                settle(tx, self._owner, [result])
                tx.flush()
        except (TypeError, ValueError, LookupError, AttributeError, AssertionError):
            log.exception("outcome can't be settled", delivery=result.begun.heads[0].id)
            bury(tx, result)

    async def _deliver(self, begun: Begun) -> None:
        port = self._ports.get(begun.port)
        doubtful = begun.unsure and not isinstance(begun.parcel.body, REPEATABLE) and not isinstance(port, ReadsBack)
        is_long = isinstance(begun.parcel.body, LONG)
        if is_long:
            self._long[begun.lane.key] = begun.lane.fence
        try:
            async with asyncio.timeout(self.FILE_SECONDS if is_long else self.CALL_SECONDS):
                outcome = await self._call(port, begun)
        except TimeoutError:
            outcome = Ambiguous(Phrase("no answer in time"))
        except Exception as error:  # a port must not raise; if one does, its lane must not hang
            log.exception("port failed", port=begun.port, delivery=begun.heads[0].id)
            outcome, doubtful = Ambiguous(Phrase("internal error {name}", name=type(error).__name__)), begun.unsure
        finally:
            self._long.pop(begun.lane.key, None)
        self._results.append(Result(begun, outcome, doubtful))
        self._woken.wake()

    async def _call(self, port: Port | None, begun: Begun) -> Outcome:
        if port is None:
            return Retry(Phrase("this platform is switched off"), after=30.0, scope="account", counted=False)
        if begun.unsure and isinstance(port, ReadsBack):
            found = await port.find(begun.parcel)
            if found is not None:
                return found
        return await port.deliver(await self._drawn(begun))

    async def _drawn(self, begun: Begun) -> Parcel:
        """The parcel with its lists, which are read beside the turns: a page of lists takes longer than all else in one."""
        parcel = begun.parcel
        if not isinstance(parcel.body, PublishHome) or self._home is None:
            return parcel
        home, person = self._home, Actor(begun.port, parcel.address.chat, "home")

        def draw(tx: Tx) -> Parcel:
            language = team.language_of(tx, team.operator_of(tx, person))
            return replace(parcel, body=PublishHome(home(tx, person.platform, person.external_id)), language=language)

        return await self._store.read(draw)

    async def _land(self) -> None:
        """Wait for what is in the air, write it down, let others have the lanes."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=self.LAND_SECONDS)
        results, self._results = self._results, []
        try:
            await self._store.write(lambda tx: settle(tx, self._owner, results))
            if not self._flying:
                await self._store.write(lambda tx: give_back(tx, self._owner))
        except Exception:  # the leases run out by themselves
            log.warning("relay could not give its lanes back", owner=self._owner)
