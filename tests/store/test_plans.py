"""Lists and search are read from their indexes, on both engines: what each of their statements does, as the engine itself explains it.

The engines plan with the statistics of a small copy of the benchmark's house, so nothing is switched off to please the test.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from bot.commands import desk_words
from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.domain.people import Actor
from bot.store import search, team
from bot.store.engine import Store
from bot.store.uow import Tx
from tests.bench import seed
from tests.bench.lists import ADMIN, LEAD_OF_GROUP, OPERATOR

LARGE = ("conversation", "message", "message_words", "client", "client_words", "mirror")
VIEWS = ("unassigned.1", "inbox.2", "closed.1", "unassigned.1.g1")
BY_RIGHT = ("all.1", "all.3", "all.1.g2.sc", "all.1.g.s.o7", "blacklist.1")

INDEXES = {
    *("ix_conversation_status_listed_at_id", "ix_conversation_status_group_id_listed_at_id"),
    *("ix_conversation_operator_id_status_listed_at_id", "ix_conversation_closed_by_status_listed_at_id"),
    *("ix_conversation_unseen", "ix_mirror_conversation_id"),
}
"""Each has its use: without one of them, this test fails."""


@pytest.fixture
async def house(store: Store, database_url: str) -> Store:
    rows = seed.tables(5_000, 20_000)
    if database_url.startswith("sqlite"):
        seed.into_sqlite(database_url, rows)
    else:
        await seed.into_postgres(database_url, rows)
    return store


def explained(tx: Tx, ask: Any) -> dict[str, str]:
    """What the engine says of each statement that ``ask`` runs."""
    told: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:
        told.append((call[2], call[3]))

    event.listen(tx.connection, "before_cursor_execute", note)
    answer = ask(tx)
    event.remove(tx.connection, "before_cursor_execute", note)
    assert answer.screen is not None, answer.text
    plans: dict[str, str] = {}
    for statement, values in told:
        if statement.startswith(("SELECT", "WITH")):
            plans[statement] = plan_of(tx, statement, values)
    return plans


def plan_of(tx: Tx, statement: str, values: Any) -> str:
    """How the engine goes about it: PostgreSQL with these values, and with the plan it keeps once it has seen some."""
    if not tx.postgres:
        return "\n".join(row[3] for row in tx.connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values))
    now = tx.connection.exec_driver_sql("EXPLAIN " + statement, values).scalars().all()
    if not values:
        return "\n".join(now)
    tx.connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    tx.connection.exec_driver_sql(f"PREPARE kept AS {statement}")
    kept = tx.connection.exec_driver_sql(f"EXPLAIN EXECUTE kept ({', '.join(['NULL'] * len(values))})").scalars().all()
    tx.connection.exec_driver_sql("DEALLOCATE kept")
    return "\n".join((*now, "kept:", *kept))


def read_through(plan: str) -> list[str]:
    """The large tables that a plan reads from beginning to end."""
    return [name for name in LARGE if re.search(rf"(?:Seq Scan on|SCAN) {name}\b(?! VIRTUAL)(?! USING)", plan)]


async def test_R21_R85_R87_lists_and_search_are_read_from_their_indexes(house: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await house.write(tabs) >= INDEXES
    assert await house.read(found) == {4711, 9876, 19999}
    for few in (search.FEW_TALKS, -1):
        monkeypatch.setattr(search, "FEW_TALKS", few)
        told = await house.write(searches)
        assert re.search(r"Bitmap Index Scan on ix_message_words_terms|SCAN message_find VIRTUAL TABLE INDEX \d+:.*M", told), told
        assert re.search(r"Bitmap Index Scan on ix_client_words_terms|SCAN client_find VIRTUAL TABLE INDEX \d+:.*M", told), told


def found(tx: Tx) -> set[int | None]:
    """Messages by their number, which the last word of each is: one of each shelf."""
    admin = team.operator_of(tx, Actor("slack", ADMIN, "command"))
    assert admin is not None
    return {hit.message_id for number in ("4711", "9876", "19999") for hit in search.find(tx, admin, [number], 11)}


def tabs(tx: Tx) -> set[str]:
    """Look at every tab; the indexes that are read for them."""
    seen: set[str] = set()
    for who in (ADMIN, LEAD_OF_GROUP, OPERATOR):
        for view in VIEWS if who == OPERATOR else VIEWS + BY_RIGHT:
            press = Pressed(Actor("slack", who, "button"), Place("slack", "", ""), "", f"tab:{view}")

            def ask(tx: Tx, press: Pressed = press) -> Any:
                return pressed(tx, press)

            for statement, plan in explained(tx, ask).items():
                assert read_through(plan) == [], f"{who} {view}\n{statement}\n{plan}"
                seen |= set(re.findall(r"\bix_\w+", plan))
    return seen


def searches(tx: Tx) -> str:
    """Search for rare and common words; all plans."""
    plans = []
    for who in (ADMIN, LEAD_OF_GROUP, OPERATOR):
        for words in ("ord", "orders", "заказ возврат"):

            def ask(tx: Tx, who: str = who, words: str = words) -> Any:
                return desk_words.said(tx, Actor("slack", who, "command"), f"search {words}")

            for statement, plan in explained(tx, ask).items():
                assert read_through(plan) == [], f"{who} {words}\n{statement}\n{plan}"
                plans.append(plan)
    return "\n".join(plans)
