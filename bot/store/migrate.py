"""The schema: to the newest revision, and whether it is there.

Alembic is imported only when there is something to do: it costs each start 8 MB and an eighth of a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import URL, Connection, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.engine import SETTING, StoreError, parsed, unusable

if TYPE_CHECKING:
    from alembic.config import Config

T = TypeVar("T")
CONNECT_SECONDS = 10
_FOLDER = Path(__file__).parent / "migrations"


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for a connection of ours."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


async def migrate(url: str) -> None:
    """Bring the schema to its newest revision; nothing to do when it is there. Raises ``StoreError`` in one line."""
    await _on(url, _upgrade)


def _upgrade(connection: Connection) -> None:
    current = _current(connection)
    if current == newest():
        return
    refuse_later(current)
    from alembic import command

    command.upgrade(config_for(connection), "head")


def refuse_later(current: str | None) -> None:
    """Raise ``StoreError`` when the tables are of a version that this one does not know."""
    if current is not None and current > newest():
        raise StoreError(
            f"{SETTING}: a later relaydesk has changed the tables (revision {current}, this one knows {newest()}): "
            "start that version, or bring back a backup made with this one"
        )


async def revisions(url: str) -> tuple[str | None, str]:
    """The revision the database is at, and the newest one."""
    return await _on(url, _current), newest()


def newest() -> str:
    """The newest revision. They are numbered, and their files begin with their numbers."""
    return max(file.name.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*.py"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    current: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return current


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
