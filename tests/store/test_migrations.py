"""The schema: migrations from empty to head arrive at exactly the models, on both engines, and lead back (issue 2, 2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.engine import StoreError
from bot.store.migrate import config_for, migrate, revisions
from bot.store.tables import metadata
from tests.conftest import PostgresServer

T = TypeVar("T")


async def on(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def tables(connection: Connection) -> set[str]:
    names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    return {name for name in names if not is_of_search(name)}


def is_of_search(name: str | None) -> bool:
    """Whether it is of a search index, which no ``Table`` can describe and the migration alone makes: see ``test_plans.py``."""
    made = r"(message|client)_(find(_[a-z]+)?|terms|words_(come|gone|changed))|ix_(message|client)_words_terms"
    return re.fullmatch(made, name.partition(".")[0] if name else "") is not None


def compared(connection: Connection) -> list[Any]:
    ours = {"compare_type": True, "include_name": lambda name, kind, parents: not is_of_search(name)}
    context = MigrationContext.configure(connection, opts=ours)
    return list(compare_metadata(context, metadata))


def drawn(connection: Connection) -> dict[str, str]:
    """What the engine itself says of every index and column: names, order, conditions, defaults, whether empty is allowed."""
    if connection.dialect.name == "postgresql":
        indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        columns = (
            "SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        )
    else:
        indexes = "SELECT name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"
        columns = (
            "SELECT t.name || '.' || c.name, c.type || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '-') || ' ' || c.pk"
            " FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
        )
    found = {row[0]: row[1] for query in (indexes, columns) for row in connection.execute(text(query))}
    kept = {name: said for name, said in found.items() if "alembic_version" not in name and not is_of_search(name)}
    return {name: " ".join(said.split()) for name, said in kept.items()}


async def test_migrations_from_empty_to_head_arrive_at_the_models(engine_url: str) -> None:
    await migrate(engine_url)
    assert await on(engine_url, compared) == []
    assert await on(engine_url, tables) == set(metadata.tables)
    current, head = await revisions(engine_url)
    assert current == head is not None


async def test_a_migrated_database_is_drawn_like_one_made_from_the_models(
    engine_url: str, tmp_path: Any, request: pytest.FixtureRequest
) -> None:
    await migrate(engine_url)
    if engine_url.startswith("sqlite"):
        other = f"sqlite+aiosqlite:///{tmp_path / 'models.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        other = server.create_database()
    await on(other, metadata.create_all)
    assert await on(engine_url, drawn) == await on(other, drawn)


async def test_the_way_back_leaves_nothing_and_the_way_up_works_again(engine_url: str) -> None:
    await migrate(engine_url)
    await on(engine_url, lambda connection: command.downgrade(config_for(connection), "base"))
    assert await on(engine_url, tables) == set()
    assert (await revisions(engine_url))[0] is None
    await migrate(engine_url)
    assert await on(engine_url, compared) == []


async def test_migrating_twice_changes_nothing(engine_url: str) -> None:
    await migrate(engine_url)
    before = await on(engine_url, drawn)
    await migrate(engine_url)
    assert await on(engine_url, drawn) == before


async def test_a_database_that_can_not_be_reached_is_named_in_one_line() -> None:
    with pytest.raises(StoreError) as refused:
        await migrate("postgresql+asyncpg://somebody:hunter22@127.0.0.1:1/desk")
    said = str(refused.value)
    assert "127.0.0.1:1" in said
    assert "RELAYDESK_DATABASE_URL" in said
    assert "\n" not in said
    assert "hunter22" not in said
