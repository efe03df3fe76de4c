"""Bad input that stops a start: one line on stderr that names the thing and the remedy, exit code 2, nothing lost."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.conftest import PostgresServer
from tests.road.house import House

Start = Callable[..., Program]
OFF = {"HTTP__HOST": "127.0.0.1", "HTTP__PORT": "0"}


def spread(house: House, text: str) -> Callable[[], bool]:
    """Both desks show these words, once each."""
    views = (house.slack, house.telegram)
    return lambda: all(sum(text in line for thread in view.threads() for line in view.lines(thread)) == 1 for view in views)


# Settings --------------------------------------------------------------------------------------------------------------


async def test_an_unknown_setting(start: Start) -> None:
    said = await start("run", SLACK__BOT_TOKN="xoxb-secretword").stops()
    assert said == "RELAYDESK_SLACK__BOT_TOKN is not a setting: did you mean RELAYDESK_SLACK__BOT_TOKEN?"


async def test_an_unknown_setting_in_the_env_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RELAYDESK_TEAMFILE=team.toml\n")
    assert await start("run").stops() == "RELAYDESK_TEAMFILE is not a setting: did you mean RELAYDESK_TEAM_FILE?"


async def test_a_missing_setting(start: Start) -> None:
    said = await start("run", SLACK__BOT_TOKEN="xoxb-1-2-secretword").stops()
    assert said == ("RELAYDESK_SLACK__APP_TOKEN is missing: set it for Socket Mode, or RELAYDESK_SLACK__SIGNING_SECRET for HTTP")


async def test_a_token_of_a_wrong_form(start: Start) -> None:
    said = await start("run", TELEGRAM__DESK_TOKEN="helpdesk_bot").stops()
    assert said.startswith("RELAYDESK_TELEGRAM__DESK_TOKEN is not a bot token: copy the one @BotFather gave")


# The team file ---------------------------------------------------------------------------------------------------------

UNREADABLE = {
    "missing": (None, "team.toml does not exist: copy config/example.team.toml there, or correct the name (RELAYDESK_TEAM_FILE)"),
    "bytes": (b"\xff\xfe\x00", "team.toml can't be read (UnicodeDecodeError): make it a readable UTF-8 file"),
    "no TOML": (b"[[group]]\nname = support\n", "team.toml is not valid TOML: "),
    "a slip": (
        b'[[group]]\nname = "support"\nslack_rom = "C1"\n',
        'team.toml: group 1 "support": slack_rom is not a known key; did you mean',
    ),
    "a name for an id": (
        b'[[group]]\nname = "support"\nslack_room = "#support"\n',
        'team.toml: group 1 "support": slack_room must be the room\'s id',
    ),
}


@pytest.mark.parametrize("command", ["run", "apply"])
@pytest.mark.parametrize("kind", UNREADABLE)
async def test_an_unreadable_team_file(start: Start, tmp_path: Path, kind: str, command: str) -> None:
    content, words = UNREADABLE[kind]
    if content is not None:
        (tmp_path / "team.toml").write_bytes(content)
    program = start("run", TEAM_FILE="team.toml", **OFF) if command == "run" else start("apply", "team.toml")
    assert (await program.stops()).startswith(words)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_team_file_that_became_unreadable_loses_nothing(cold_house: House, run: Start) -> None:
    """What had been accepted before the unlucky edit arrives after its remedy."""
    first = run()
    await first.ready()
    await first.stop()
    cold_house.client_says("written meanwhile")
    good, cold_house.team_toml = cold_house.team_toml, cold_house.team_toml.replace("[[group]]", "[[grup]]")
    assert "grup is not a known key; did you mean" in await run().stops()
    cold_house.team_toml = good
    second = run()
    await second.ready()
    await cold_house.until(spread(cold_house, "written meanwhile"), 60)


# The store -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["web", "worker", "clock"])
async def test_sqlite_serves_run_alone(start: Start, part: str) -> None:
    assert await start(part).stops() == (
        "RELAYDESK_DATABASE_URL: SQLite serves one process: use `python -m bot run`, "
        "or name a PostgreSQL database for web, worker and clock"
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_second_process_on_the_same_file(cold_house: House, run: Start) -> None:
    first = run()
    await first.ready()
    said = await run().stops()
    assert said == (
        f"another relaydesk already runs on {cold_house.folder / 'relaydesk.db'}: stop it first, or use PostgreSQL to run several"
    )
    cold_house.client_says("the first one goes on")
    await cold_house.until(spread(cold_house, "the first one goes on"), 60)
    await first.stop()
    await run().ready()


async def test_a_folder_that_is_not_there(start: Start) -> None:
    assert await start("run", DATABASE_URL="sqlite+aiosqlite:////nowhere/relaydesk.db").stops() == (
        "RELAYDESK_DATABASE_URL: the file /nowhere/relaydesk.db can't be used (No such file or directory): "
        "its folder must exist, and this user must be able to write there"
    )


async def test_a_file_that_is_no_database(start: Start, tmp_path: Path) -> None:
    (tmp_path / "relaydesk.db").write_text("no database, but words " * 50)
    assert await start("run").stops() == (
        "RELAYDESK_DATABASE_URL: the file relaydesk.db can't be used (file is not a database): "
        "name another file, or bring back a backup of this one"
    )


async def test_postgres_that_does_not_answer(start: Start) -> None:
    said = await start("run", DATABASE_URL="postgresql+asyncpg://desk:secretword@127.0.0.1:1/desk").stops()
    assert said.startswith("RELAYDESK_DATABASE_URL: PostgreSQL at 127.0.0.1:1 can't be used (")
    assert said.endswith("): start PostgreSQL there, or correct the address")
    assert "secretword" not in said


async def test_a_database_that_is_not_there(start: Start, postgres_server: PostgresServer) -> None:
    said = await start("migrate", DATABASE_URL=postgres_server.address("nobody_made_it")).stops()
    assert 'database "nobody_made_it" does not exist' in said
    assert said.endswith("create the database, or correct its name")


@pytest.mark.parametrize("part", ["run", "web", "worker", "clock"])
async def test_postgres_without_our_tables(start: Start, postgres_url: str, part: str) -> None:
    assert await start(part, DATABASE_URL=postgres_url).stops() == (
        "RELAYDESK_DATABASE_URL: the database's tables are not of this version: run `python -m bot migrate` first"
    )


async def test_tables_of_a_later_version(start: Start, tmp_path: Path) -> None:
    assert await start("migrate").ended() == 0
    with closing(sqlite3.connect(tmp_path / "relaydesk.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    said = await start("run", **OFF).stops()
    assert said.startswith("RELAYDESK_DATABASE_URL: a later relaydesk has changed the tables (revision 9999, this one knows ")
    assert said.endswith("start that version, or bring back a backup made with this one")


# The address -----------------------------------------------------------------------------------------------------------


async def test_a_busy_port(cold_house: House, run: Start) -> None:
    """Nothing is taken in while the start fails; what had been accepted goes on with the next start."""
    cold_house.client_says("hello")
    with closing(socket.create_server(("127.0.0.1", 0))) as busy:
        port = busy.getsockname()[1]
        assert await run(HTTP__PORT=str(port)).stops() == (
            f"RELAYDESK_HTTP__PORT: port {port} is in use: stop the program that has it, or set another port"
        )
    await run(HTTP__PORT=str(port)).ready()
    await cold_house.until(spread(cold_house, "hello"), 60)


async def test_an_address_of_another_machine(start: Start) -> None:
    assert await start("run", HTTP__HOST="192.0.2.1").stops() == (
        "RELAYDESK_HTTP__HOST: 192.0.2.1 is no address of this machine: set 127.0.0.1, or 0.0.0.0 for all of them"
    )
