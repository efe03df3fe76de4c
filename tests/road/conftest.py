"""The house of every scenario, on either engine; ``platform`` runs a scenario from each desk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.store.migrate import migrate
from tests.conftest import PostgresServer
from tests.road.house import House, open_house


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """A database at the newest revision, to be copied."""
    from concurrent.futures import ThreadPoolExecutor

    url = postgres_server.create_database()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate(url)).result()
    return str(make_url(url).database)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file at the newest revision, to be copied."""
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path_factory.mktemp("migrated") / "relaydesk.db"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate(f"sqlite+aiosqlite:///{path}")).result()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database, once on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "relaydesk.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite+aiosqlite:///{path}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create_database(template=request.getfixturevalue("migrated_postgres"))


@pytest.fixture(params=["slack", "telegram"])
def platform(request: pytest.FixtureRequest) -> str:
    """The desk a scenario is played from."""
    return str(request.param)


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """A started relaydesk without limits."""
    async with open_house(tmp_path, database_url) as made:
        await made.start()
        yield made


@pytest.fixture
async def cold_house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """A house whose bot is not started yet; limits of the platforms are off until switched on."""
    async with open_house(tmp_path, database_url) as made:
        yield made
