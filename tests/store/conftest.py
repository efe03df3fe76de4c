"""A migrated store on either engine; ``stores`` opens as many as a test wants on the same database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.store.engine import Store, open_store

Opening = Callable[[], Awaitable[Store]]


@pytest.fixture
async def stores(database_url: str) -> AsyncIterator[Opening]:
    """Opens one more store on the test's database; each is a node of its own."""
    opened: list[Store] = []

    async def opening() -> Store:
        opened.append(await open_store(database_url))
        return opened[-1]

    yield opening
    for store in opened:
        await store.close()


@pytest.fixture
async def store(stores: Opening) -> Store:
    """One store."""
    return await stores()
