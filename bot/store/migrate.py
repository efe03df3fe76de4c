"""The schema: to the newest revision, and whether it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.engine import parsed, unusable

T = TypeVar("T")
CONNECT_SECONDS = 10
_FOLDER = Path(__file__).parent / "migrations"


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for a connection of ours."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


async def migrate(url: str) -> None:
    """Bring the schema to its newest revision; nothing to do when it is there. Raises ``StoreError`` in one line."""
    await _on(url, lambda connection: command.upgrade(config_for(connection), "head"))


async def revisions(url: str) -> tuple[str | None, str | None]:
    """The revision the database is at, and the newest one."""

    def look(connection: Connection) -> tuple[str | None, str | None]:
        head = ScriptDirectory.from_config(config_for(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision(), head

    return await _on(url, look)


async def _on(url: str, work: Callable[[Connection], T]) -> T:
    where = parsed(url)
    if where.drivername.startswith("sqlite"):
        return await asyncio.to_thread(_in_file, where, work)
    return await _on_server(where, work)


def _in_file(where: URL, work: Callable[[Connection], T]) -> T:
    engine = create_engine(where.set(drivername="sqlite"))
    try:
        with engine.begin() as connection:
            return work(connection)
    except DBAPIError as error:
        raise unusable(where, error) from None
    finally:
        engine.dispose()


async def _on_server(where: URL, work: Callable[[Connection], T]) -> T:
    from asyncpg import InterfaceError, PostgresError

    engine = create_async_engine(where, connect_args={"timeout": CONNECT_SECONDS})
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except (OSError, DBAPIError, PostgresError, InterfaceError) as error:
        raise unusable(where, error) from None
    finally:
        await engine.dispose()
