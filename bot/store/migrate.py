"""The schema: to the newest revision, and whether it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.engine import StoreError

T = TypeVar("T")
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
    parsed = make_url(url)
    engine = create_async_engine(parsed)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except (OSError, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        where = parsed.database if parsed.drivername.startswith("sqlite") else f"{parsed.host}:{parsed.port or 5432}"
        raise StoreError(f"RELAYDESK_DATABASE_URL: the database at {where} can't be used ({reason})") from None
    finally:
        await engine.dispose()
