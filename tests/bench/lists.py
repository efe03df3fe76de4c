"""Tabs and search among 100,000 conversations and a million messages, on each engine (issue 3's figures).

What is timed is what an operator's press costs: the command through the store's one door, from asking to the drawn screen.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.commands import desk_words
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.domain.people import Actor
from bot.store.engine import Store, open_store
from bot.store.migrate import migrate
from tests.bench import seed
from tests.conftest import PostgresServer

ADMIN, LEAD, LEAD_OF_GROUP, OPERATOR, OTHER = "U1", "U3", "U2", "U5", "U17"
"""Admin of no group; with the tab All of no group; with All in one group; two operators of a group each."""
TURNS = 30
TABS = (
    [
        (who, f"{tab}.{page}")
        for who in (ADMIN, LEAD_OF_GROUP, OPERATOR)
        for tab in ("unassigned", "inbox", "closed")
        for page in (1, 5)
    ]
    + [(who, view) for who in (ADMIN, LEAD_OF_GROUP) for view in ("all.1", "all.100", "all.1.g2", "all.1.g.sc.o7", "blacklist.1")]
    + [(OPERATOR, "unassigned.1.g1"), (ADMIN, "all.3.g4.si.o9"), (ADMIN, "all.500")]
)
SEARCHES = [
    (who, words)
    for who in (ADMIN, LEAD_OF_GROUP, OPERATOR, OTHER)
    for words in ("ord", "orde", "order", "ordered zap", "заказ возвр", "bad", "ord 4711", "999999", "xyzxyz", "bab")
]


def measure(conversations: int, messages: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Seed both engines and time them."""
    folder = Path(tempfile.mkdtemp(prefix="relaydesk-lists-"))
    try:
        return asyncio.run(_measure(folder, conversations, messages, say))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(folder: Path, conversations: int, messages: int, say: Callable[[str], None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for engine in ("sqlite", "postgres"):
        began = time.perf_counter()
        async with _seeded(engine, folder, conversations, messages) as store:
            say(
                f"  {engine}: {conversations:,} conversations, {messages:,} messages, seeded in {time.perf_counter() - began:.0f} s"
            )
            found[engine] = {}
            for name, asked, shows in (("tab", TABS, _tab), ("search", SEARCHES, _search)):
                times = await _timed(store, asked, shows)
                every = sorted(itertools.chain.from_iterable(times.values()))
                found[engine][name] = {"p50": _at(every, 50), "p95": _at(every, 95), "max": every[-1]}
                slowest = sorted(times, key=lambda one: -statistics.median(times[one]))[:4]
                told = ", ".join(f"{who} {what} {statistics.median(times[who, what]):.1f}" for who, what in slowest)
                say(
                    f"    {name}: p50 {_at(every, 50):.1f} ms, p95 {_at(every, 95):.1f}, max {every[-1]:.1f} ({len(every)} times); slowest {told}"
                )
    return found


@asynccontextmanager
async def _seeded(engine: str, folder: Path, conversations: int, messages: int) -> AsyncIterator[Store]:
    """A store with the house's year in it."""
    rows = seed.tables(conversations, messages)
    server = PostgresServer(folder / "data") if engine == "postgres" else None
    url = server.create_database() if server else f"sqlite+aiosqlite:///{folder / 'bench.db'}"
    await migrate(url)
    if server:
        await seed.into_postgres(url, rows)
    else:
        seed.into_sqlite(url, rows)
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()
        if server:
            server.stop()


async def _timed(
    store: Store, asked: list[tuple[str, str]], shows: Callable[[Store, str, str], Awaitable[Answer]]
) -> dict[tuple[str, str], list[float]]:
    """Milliseconds of each, turn by turn; the first turn warms and does not count."""
    times: dict[tuple[str, str], list[float]] = {one: [] for one in asked}
    for turn in range(TURNS + 1):
        for who, what in asked:
            began = time.perf_counter()
            answer = await shows(store, who, what)
            if turn:
                times[who, what].append((time.perf_counter() - began) * 1000)
            assert answer.screen is not None, (who, what, answer.text)
    return times


async def _tab(store: Store, who: str, what: str) -> Answer:
    press = Pressed(Actor("slack", who, "button"), Place("slack", "", ""), "", f"tab:{what}")
    return await store.write(lambda tx: pressed(tx, press))


async def _search(store: Store, who: str, what: str) -> Answer:
    return await store.write(lambda tx: desk_words.said(tx, Actor("slack", who, "command"), f"search {what}"))


def _at(sorted_times: list[float], percent: int) -> float:
    return sorted_times[min(len(sorted_times) - 1, len(sorted_times) * percent // 100)]
