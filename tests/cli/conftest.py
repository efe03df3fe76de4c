"""Starting the command line, alone or beside a house whose bot is not started."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.road.conftest import cold_house
from tests.road.house import House

__all__ = ["cold_house"]

Start = Callable[..., Program]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """``start("doctor", "--json", NAME="value")``: settings without their prefix; the folder is ``tmp_path``."""
    started: list[Program] = []
    numbers = itertools.count(1)

    def go(*words: str, env: Mapping[str, str] | None = None, **settings: str) -> Program:
        given = {**(env or {}), **{f"RELAYDESK_{name}": value for name, value in settings.items()}}
        started.append(Program(tmp_path, next(numbers), given, words))
        return started[-1]

    yield go
    for program in started:
        await program.close()


@pytest.fixture
def run(start: Start, cold_house: House) -> Callable[..., Program]:
    """``run()``: the house's bot as a process of its own; settings given here win over the house's."""

    def go(**settings: str) -> Program:
        cold_house.settings()  # writes the team file
        team = {"RELAYDESK_TEAM_FILE": str(cold_house.folder / "team.toml"), "RELAYDESK_LOG__LEVEL": "info"}
        return start("run", env=cold_house.env | team, **settings)

    return go
