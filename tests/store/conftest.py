"""A migrated store on either engine; ``stores`` opens as many as a test wants on the same database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.store.engine import Store, open_store
from bot.store.migrate import migrate
from tests.road.conftest import database_url, migrated_postgres

__all__ = ["database_url", "migrated_postgres"]

Opening = Callable[[], Awaitable[Store]]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "relaydesk.db"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate(f"sqlite+aiosqlite:///{path}")).result()
    return path


@pytest.fixture
async def stores(database_url: str, migrated_sqlite: Path) -> AsyncIterator[Opening]:
    """Opens one more store on the test's database; each is a node of its own."""
    opened: list[Store] = []
    if database_url.startswith("sqlite"):
        shutil.copy(migrated_sqlite, str(make_url(database_url).database))

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
