"""The team file and what people set at run time: nothing is lost silently, and ``apply`` says what it undoes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.commands.team import apply_team, follow_file
from bot.domain.permissions import Permission
from bot.domain.team import ChannelPlan, GroupPlan, OperatorPlan, TeamPlan
from bot.store import entries, origins
from bot.store.engine import Store
from bot.store.present import present
from bot.store.roster import Applied
from bot.store.uow import Tx
from bot.team_file import _plan
from bot.team_toml import as_toml
from config.team import load_team

SALES = GroupPlan(name="Sales", label="Sales", colour="🟢", signature="operator", desks=(("slack", "C1"), ("telegram", "-1001")))
NIGHT = GroupPlan(name="Night", label="Night", colour="🟣", signature="group", desks=(("slack", "C3"),))
OLGA = OperatorPlan(name="Olga", email="olga@x.org", role="lead", groups=("Sales",), identities=(("slack", "U1"),))
BEN = OperatorPlan(name="Ben", email=None, role=None, groups=(), identities=(("slack", "U2"), ("telegram", "22")))
TEAM = TeamPlan(
    groups=(SALES, NIGHT),
    channels=(ChannelPlan(kind="widget", name="site", group="Sales"),),
    operators=(OLGA, BEN),
    roles=(("lead", ("send_once", "tab_all")),),
)


def other(plan: TeamPlan, name: str, **changes: Any) -> TeamPlan:
    """The plan with another Olga, Ben, Sales or Night; None leaves it out."""
    people = tuple(replace(one, **changes) if one.name == name else one for one in plan.operators)
    groups = tuple(replace(one, **changes) if one.name == name else one for one in plan.groups)
    return replace(plan, operators=people, groups=groups)


def without(plan: TeamPlan, name: str) -> TeamPlan:
    return replace(plan, operators=tuple(one for one in plan.operators if one.name != name))


class Books:
    """The store, the file's way and people's way."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def start(self, plan: TeamPlan) -> Applied:
        return await self.store.write(lambda tx: follow_file(tx, plan))

    async def apply(self, plan: TeamPlan) -> Applied:
        return await self.store.write(lambda tx: apply_team(tx, plan))

    async def set(self, kind: str, row: str, /, **facts: Any) -> None:
        """Somebody sets it at run time."""

        def job(tx: Tx) -> None:
            number = next(one for one, has in entries.rows(tx, kind).items() if row in (has.get("name"), has.get("chat")))
            entries.change(tx, kind, number, facts)
            origins.touch(tx, kind, number, facts, "Ada")

        await self.store.write(job)

    async def hire(self, name: str, **facts: Any) -> None:
        def job(tx: Tx) -> None:
            given = {
                "name": name,
                "email": None,
                "role": None,
                "groups": [],
                "slack": [],
                "telegram": [],
                "active": True,
                **facts,
            }
            origins.touch(tx, "operator", entries.add(tx, "operator", given), given, "Ada")

        await self.store.write(job)

    async def facts(self, kind: str, name: str) -> dict[str, Any]:
        def job(tx: Tx) -> dict[str, Any]:
            return next(has for has in entries.rows(tx, kind).values() if name in (has.get("name"), has.get("chat")))

        return await self.store.read(job)


@pytest.fixture
async def books(store: Store) -> Books:
    made = Books(store)
    assert "+ operator Olga" in (await made.start(TEAM)).changes
    return made


async def test_twice_in_a_row_changes_nothing(books: Books) -> None:
    assert await books.start(TEAM) == await books.apply(TEAM) == Applied()


async def test_what_people_set_outlives_a_start_with_the_same_file(books: Books) -> None:
    await books.set("operator", "Olga", email="olga@y.org", groups=[], active=False)
    await books.set("desk", "C1", active=False)
    await books.set("group", "Sales", label="Vertrieb", reminder_minutes=15)
    await books.hire("Gus", slack=["U9"])
    assert await books.start(TEAM) == Applied()
    olga = await books.facts("operator", "Olga")
    assert (olga["email"], olga["groups"], olga["active"]) == ("olga@y.org", [], False)
    assert (await books.facts("operator", "Gus"))["active"] and not (await books.facts("desk", "C1"))["active"]


async def test_only_what_changed_in_the_file_is_brought_in(books: Books) -> None:
    await books.set("operator", "Olga", email="olga@y.org")
    applied = await books.start(other(TEAM, "Olga", groups=("Night",), identities=(("slack", "U1"), ("telegram", "11"))))
    assert applied.changes == ("~ operator Olga: groups Sales → Night, telegram none → 11",) and not applied.kept
    assert (await books.facts("operator", "Olga"))["email"] == "olga@y.org"


async def test_where_both_changed_it_stays_and_is_told_at_every_start_until_they_agree(books: Books) -> None:
    await books.set("operator", "Olga", email="olga@y.org")
    plan = other(TEAM, "Olga", email="olga@z.org")
    for _ in range(2):
        applied = await books.start(plan)
        assert applied.changes == ()
        (told,) = applied.kept
        assert told.startswith("operator Olga: email is olga@y.org (set by Ada, ")
        assert told.endswith("), the file says olga@z.org")
    assert await books.start(other(TEAM, "Olga", email="olga@y.org")) == Applied()
    assert (await books.start(plan)).changes == ("~ operator Olga: email olga@y.org → olga@z.org",)


async def test_apply_has_it_the_file_s_way_and_says_whose_setting_it_undoes(books: Books) -> None:
    await books.set("operator", "Olga", email="olga@y.org", name="Olga Orlova")
    await books.set("operator", "Ben", active=False)
    await books.hire("Gus", slack=["U9"])
    applied = await books.apply(TEAM)
    assert applied.undone == 4 and not applied.kept
    renamed, back, gone = applied.changes
    assert renamed.startswith("~ operator Olga Orlova: name Olga Orlova → Olga (set by Ada, ")
    assert ", email olga@y.org → olga@x.org (set by Ada, " in renamed
    assert back.startswith("+ operator Ben: active off → on (set by Ada, ")
    assert gone.startswith("- operator Gus (set by Ada, ")
    assert await books.apply(TEAM) == await books.start(TEAM) == Applied()


async def test_who_leaves_the_file_is_switched_off_and_who_returns_is_the_same_person(books: Books) -> None:
    assert (await books.start(without(TEAM, "Ben"))).changes == ("- operator Ben",)
    assert await books.start(without(TEAM, "Ben")) == Applied()
    assert (await books.start(TEAM)).changes == ("+ operator Ben: active off → on",)
    assert len(await books.store.read(lambda tx: entries.rows(tx, "operator"))) == 2


async def test_who_was_switched_on_by_people_stays_when_the_file_drops_him(books: Books) -> None:
    await books.set("operator", "Ben", active=True)
    applied = await books.start(without(TEAM, "Ben"))
    assert applied.changes == () and applied.kept[0].startswith("operator Ben: is active (set by Ada, ")


async def test_a_row_renamed_by_people_is_still_the_one_the_file_means(books: Books) -> None:
    await books.set("group", "Sales", name="Vertrieb")
    await books.set("operator", "Olga", name="Olga Orlova", slack=["U7"])
    assert await books.start(TEAM) == Applied()
    applied = await books.start(other(TEAM, "Sales", colour="🔴"))
    assert applied.changes == ("~ group Vertrieb: colour 🟢 → 🔴",)
    assert len(await books.store.read(lambda tx: entries.rows(tx, "operator"))) == 2


async def test_an_identity_people_gave_to_another_is_not_taken_back_at_a_start(books: Books) -> None:
    await books.set("operator", "Ben", telegram=["77"])
    plan = other(TEAM, "Olga", identities=(("slack", "U1"), ("telegram", "77")))
    applied = await books.start(plan)
    assert applied.changes == () and applied.kept[0].startswith("operator Olga: telegram is none (set by Ada, ")
    assert (await books.facts("operator", "Ben"))["telegram"] == ["77"]
    await books.apply(plan)
    assert (await books.facts("operator", "Olga"))["telegram"] == ["77"]
    assert (await books.facts("operator", "Ben"))["telegram"] == ["22"]


async def test_a_file_written_from_the_team_as_it_is_changes_nothing(books: Books, tmp_path: Path) -> None:
    await books.set(
        "group", "Sales", label='Ver"trieb\\', reminder_minutes=15, away_text="Bis\nmorgen\x7f", assign_lands_in="unassigned"
    )
    await books.set("operator", "Olga", active=False)
    await books.hire("Gus “Q”", slack=["U9"], telegram=["99"])
    text = as_toml(await books.store.read(present))
    file = tmp_path / "team.toml"
    file.write_text(text, "utf-8")
    assert [one["name"] for one in tomllib.loads(text)["operator"]] == ["Ben", "Gus “Q”"]
    plan = _plan(load_team(file, permissions=[one.value for one in Permission]), ())
    assert (await books.start(plan)).changes == ("+ role super-admin",)
    assert await books.apply(plan) == Applied()
    assert (await books.facts("group", "Sales"))["away_text"] == "Bis\nmorgen\x7f"
