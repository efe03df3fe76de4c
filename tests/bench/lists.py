"""Tabs, search and the Home tab among 100,000 conversations and a million messages, on each engine (issue 3's figures).

What is timed of tabs and search is what an operator's press costs: the command through the store's one door, from asking to the
drawn screen. Of the Home tab, from reading the lists to Slack's answer to ``views.publish``, through the product's own platform and
HTTP; the sandbox that answers runs in this process, so its part is in it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import update

from bot.commands import desk_words, home
from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.delivery.ports import Address, Parcel, PublishHome, Sent
from bot.domain.listing import PAGE
from bot.domain.people import Actor
from bot.handlers.desks.slack.platform import SlackPlatform
from bot.handlers.intake import Intake
from bot.store.engine import Store, open_store
from bot.store.migrate import migrate
from bot.store.tables import identity
from bot.store.uow import Tx
from sandbox.server import Sandbox
from tests.bench import seed
from tests.conftest import PostgresServer

ADMIN, LEAD, LEAD_OF_GROUP, OPERATOR, OTHER = "U1", "U3", "U2", "U5", "U17"
"""Admin of no group; with the tab All of no group; with All in one group; two operators of a group each."""
TURNS = 30
Times = dict[tuple[str, str], list[float]]
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
HOMES = [(ADMIN, "all.1"), (LEAD, "unassigned.2"), (LEAD_OF_GROUP, "all.1.g3"), (OPERATOR, "closed.1"), (OTHER, "unassigned.1")]
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
            found[engine]["tab"] = _told("tab", await _timed(TABS, partial(_tab, store)), say)
            found[engine]["search"] = _told("search", await _timed(SEARCHES, partial(_search, store)), say)
            async with _homes(store) as home:
                found[engine]["home"] = _told("home", await _timed(HOMES, home), say)
    return found


def _told(name: str, times: Times, say: Callable[[str], None]) -> dict[str, float]:
    every = sorted(itertools.chain.from_iterable(times.values()))
    figures = {"p50": _at(every, 50), "p95": _at(every, 95), "max": every[-1]}
    slowest = sorted(times, key=lambda one: -statistics.median(times[one]))[:4]
    which = ", ".join(f"{who} {what} {statistics.median(times[who, what]):.1f}" for who, what in slowest)
    load = os.getloadavg()[0]
    say(
        f"    {name}: p50 {figures['p50']:.1f} ms, p95 {figures['p95']:.1f}, max {figures['max']:.1f} ({len(every)} times, "
        f"load {load:.1f}); slowest {which}"
    )
    return figures


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


async def _timed(asked: list[tuple[str, str]], show: Callable[[str, str], Awaitable[None]]) -> Times:
    """Milliseconds of each, turn by turn; the first turn warms and does not count."""
    times: Times = {one: [] for one in asked}
    for turn in range(TURNS + 1):
        for who, what in asked:
            began = time.perf_counter()
            await show(who, what)
            if turn:
                times[who, what].append((time.perf_counter() - began) * 1000)
    return times


async def _tab(store: Store, who: str, what: str) -> None:
    press = Pressed(Actor("slack", who, "button"), Place("slack", "", ""), "", f"tab:{what}")
    answer = await store.write(lambda tx: pressed(tx, press))
    assert answer.screen is not None, (who, what, answer.text)


async def _search(store: Store, who: str, what: str) -> None:
    answer = await store.write(lambda tx: desk_words.said(tx, Actor("slack", who, "command"), f"search {what}"))
    assert answer.screen is not None, (who, what, answer.text)


@asynccontextmanager
async def _homes(store: Store) -> AsyncIterator[Callable[[str, str], Awaitable[None]]]:
    """Builds somebody's Home tab with the list he looked at last, and publishes it in the sandbox's Slack."""
    async with Sandbox.running(limits=False, page=False) as box:
        app = box.slack.add_app("Helpdesk")
        people = {who: str(box.slack.add_user(f"Operator {who}")["id"]) for who, _ in HOMES}

        def known(tx: Tx) -> None:
            for who, person in people.items():
                tx.execute(update(identity).where(identity.c.external_id == who).values(external_id=person))
                for token in (view for whose, view in HOMES if whose == who):
                    home.keep(tx, Actor("slack", person, "home"), token)

        await store.write(known)
        platform = SlackPlatform(
            Intake(store), store, bot_token=app["bot_token"], app_token=None, signing_secret=None, api_url=box.slack.base_url
        )

        async def publish(who: str, what: str) -> None:
            person = people[who]
            screen = await store.read(lambda tx: home.screen(tx, "slack", person))
            outcome = await platform.ports["slack"].deliver(Parcel(1, Address(person), PublishHome(screen)))
            assert outcome == Sent() and len(screen.rows) == PAGE, (who, what, outcome)

        try:
            yield publish
        finally:
            await platform.stop()


def _at(sorted_times: list[float], percent: int) -> float:
    return sorted_times[min(len(sorted_times) - 1, len(sorted_times) * percent // 100)]
