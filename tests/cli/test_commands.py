"""What the commands print and how they end, when all is well and when something is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.store import entries, origins
from bot.store.engine import open_store
from bot.store.migrate import newest
from bot.store.uow import Tx
from tests.cli.program import Program
from tests.road.house import House

ROOT = Path(__file__).parents[2]
Start = Callable[..., Program]


def test_help_names_every_command_and_a_slip_is_answered() -> None:
    """A process as a person starts it, not forked."""
    helped = subprocess.run([sys.executable, "-m", "bot"], cwd=ROOT, capture_output=True, text=True, check=False)
    for command in ("run", "web", "worker", "clock", "migrate", "apply", "doctor", "manifest", "demo"):
        assert f" {command} " in helped.stdout
    slip = subprocess.run([sys.executable, "-m", "bot", "doktor"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert slip.returncode == 2
    assert "No such command 'doktor'" in slip.stderr and "python -m bot --help" in slip.stderr


async def test_migrate_twice(start: Start, engine_url: str) -> None:
    for _ in range(2):
        program = start("migrate", DATABASE_URL=engine_url)
        assert await program.ended() == 0
        assert program.out == f"The database is at revision {newest()}.\n"
        assert program.err == ""


async def test_apply_prints_the_difference_and_twice_none(start: Start, cold_house: House) -> None:
    cold_house.settings()
    env = {"RELAYDESK_DATABASE_URL": cold_house.env["RELAYDESK_DATABASE_URL"]}

    async def apply(*words: str) -> list[str]:
        program = start("apply", *words, "team.toml", env=env)
        assert await program.ended() == 0, program.err
        assert program.err == ""
        return program.out.splitlines()

    shown = await apply("--dry-run")
    assert "+ group Sales" in shown and "+ operator Olga Ivanova" in shown
    assert await apply() == shown, "a dry run changes nothing"
    assert await apply() == ["Nothing to change."]
    cold_house.team_toml = cold_house.team_toml.replace('"Olga Ivanova"', '"Olga Orlova"')
    cold_house.settings()
    assert "Olga Orlova" in " ".join(await apply())
    assert await apply() == ["Nothing to change."]


async def test_apply_undoes_what_people_set_only_when_told_to_and_export_prints_the_team(start: Start, cold_house: House) -> None:
    cold_house.settings()
    env = {"RELAYDESK_DATABASE_URL": cold_house.env["RELAYDESK_DATABASE_URL"]}

    async def apply(*words: str, code: int = 0) -> Program:
        program = start("apply", *words, env=env)
        assert await program.ended() == code, program.err
        return program

    async def rename(name: str) -> None:
        def job(tx: Tx) -> None:
            number = next(row for row, one in entries.rows(tx, "operator").items() if one["name"] == "Olga Ivanova")
            entries.change(tx, "operator", number, {"name": name})
            origins.touch(tx, "operator", number, ["name"], "Ada Admin")

        store = await open_store(env["RELAYDESK_DATABASE_URL"])
        await store.write(job)
        await store.close()

    await apply("team.toml")
    await rename("Olga Orlova")
    (shown,) = (await apply("--dry-run", "team.toml")).out.splitlines()
    assert shown.startswith("~ operator Olga Orlova: name Olga Orlova → Olga Ivanova (set by Ada Admin, ")
    stopped = await apply("team.toml", code=2)
    assert stopped.out.splitlines() == [shown]
    assert "nothing was applied, it would undo 1 set at run time (marked above)" in stopped.err and "--yes" in stopped.err
    exported = (await apply("--export")).out
    assert 'name = "Olga Orlova"' in exported
    (cold_house.folder / "exported.toml").write_text(exported, "utf-8")
    assert (await apply("exported.toml")).out == "Nothing to change.\n"
    assert (await apply("--yes", "team.toml")).out.startswith("~ operator Olga Orlova: name Olga Orlova → Olga Ivanova")
    assert (await apply("team.toml")).out == "Nothing to change.\n"
    assert "there is no team file: name one, or set RELAYDESK_TEAM_FILE" in (await apply(code=2)).err


async def test_apply_reaches_a_relaydesk_that_runs(start: Start, run: Start, cold_house: House) -> None:
    """A new operator may act without a restart."""
    program = run()
    await program.ready()
    cold_house.client_says("hello")
    await cold_house.until(lambda: cold_house.slack.threads())
    (thread,) = cold_house.slack.threads()
    guest = cold_house.scene.slack_users["guest"]
    entry = f'\n[[operator]]\nname = "Gus Guest"\nslack = "{guest}"\ngroups = ["Sales"]\n'
    (cold_house.folder / "team.toml").write_text(cold_house.team_toml + entry, "utf-8")
    applied = start("apply", "team.toml", env=cold_house.env)
    assert await applied.ended() == 0, applied.err
    assert applied.out.splitlines()[0] == "+ operator Gus Guest"
    cold_house.slack.says("guest", thread, "!start")
    await cold_house.until(lambda: "Gus Guest" in cold_house.slack.card(thread))
    await program.stop()


# doctor ----------------------------------------------------------------------------------------------------------------


async def examine(start: Start, house: House, *words: str, **settings: str) -> Program:
    house.settings()
    env = house.env | {"RELAYDESK_TEAM_FILE": str(house.folder / "team.toml")}
    return start("doctor", *words, env=env, **settings)


async def test_doctor_finds_all_well_before_the_first_start(start: Start, cold_house: House) -> None:
    program = await examine(start, cold_house)
    assert await program.ended() == 0, program.out
    lines = program.out.splitlines()
    assert lines[0].endswith("changes of the team file not applied yet")
    for found in ("Slack: Socket Mode opens", "Slack: all scopes are granted", "Slack room #sales", "Slack room #support"):
        assert f"✔ {found}" in lines
    assert "✔ Telegram group “Sales desk” has topics, and the bot may manage them" in lines
    assert "✔ website chat: website" in lines
    assert not [line for line in lines if line.startswith("✘")]
    assert program.err == ""


async def test_doctor_for_programs(start: Start, cold_house: House) -> None:
    cold_house.box.slack.kick(room=cold_house.slack.room, user=cold_house.box.slack.app().bot_user_id)
    program = await examine(start, cold_house, "--json")
    assert await program.ended() == 1
    (wrong,) = [one for one in json.loads(program.out) if not one["ok"]]
    assert wrong["what"] == "Slack room #sales: the bot is not in it"
    assert wrong["remedy"].startswith("invite the bot: /invite @")


WITHOUT = {
    "SLACK__BOT_TOKEN": "the team has Slack rooms, but RELAYDESK_SLACK__BOT_TOKEN is not set",
    "TELEGRAM__DESK_TOKEN": "the team has Telegram forums, but RELAYDESK_TELEGRAM__DESK_TOKEN is not set",
    "TELEGRAM__CHANNEL_TOKEN": "the team has a channel of kind telegram, but RELAYDESK_TELEGRAM__CHANNEL_TOKEN is not set",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("setting", WITHOUT)
async def test_doctor_and_the_start_name_a_token_the_team_needs(
    start: Start, run: Start, cold_house: House, setting: str
) -> None:
    given = {setting: ""} | ({"SLACK__APP_TOKEN": ""} if setting.startswith("SLACK") else {})
    program = await examine(start, cold_house, **given)
    assert await program.ended() == 1
    assert f"✘ {WITHOUT[setting]}\n  → set it, see docs/" in program.out
    running = run(**given)
    assert "set it, see docs/" in await running.says(WITHOUT[setting])
    await running.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_doctor_names_a_bot_no_channel_uses(start: Start, cold_house: House) -> None:
    head, _, tail = cold_house.team_toml.partition('[[channel]]\nkind = "telegram"')
    cold_house.team_toml = head + tail.partition("\n\n")[2]
    program = await examine(start, cold_house)
    assert await program.ended() == 1
    assert "RELAYDESK_TELEGRAM__CHANNEL_TOKEN is set, but the team has no channel of kind telegram" in program.out
    assert 'add a [[channel]] with kind = "telegram" to the team file' in program.out


async def test_doctor_on_an_empty_machine(start: Start) -> None:
    program = start("doctor")
    assert await program.ended() == 1
    assert "✘ nobody is an operator, so nobody can answer\n  → write a team file" in program.out
    assert "✘ no platform is switched on\n  → set a token, see config/example.env" in program.out


async def test_doctor_finds_the_store_or_the_team_file_unusable(start: Start) -> None:
    program = start("doctor", DATABASE_URL="sqlite+aiosqlite:////nowhere/relaydesk.db")
    assert await program.ended() == 1
    assert "✘ RELAYDESK_DATABASE_URL: the file /nowhere/relaydesk.db can't be used" in program.out
    program = start("doctor", TEAM_FILE="nowhere.toml")
    assert await program.ended() == 1
    assert "✘ nowhere.toml does not exist\n  → copy config/example.team.toml there" in program.out


# manifest --------------------------------------------------------------------------------------------------------------


async def test_manifest_for_socket_mode_and_for_http(start: Start) -> None:
    program = start("manifest")
    assert await program.ended() == 0
    assert program.out == (ROOT / "config" / "slack_manifest.yml").read_text("utf-8").partition("\n\n")[2]
    tokens = {"SLACK__BOT_TOKEN": "xoxb-1-2-3", "SLACK__SIGNING_SECRET": "8f742231b10e8888"}
    program = start("manifest", PUBLIC_URL="https://desk.example.com", **tokens)
    assert await program.ended() == 0
    assert program.out.count("https://desk.example.com/slack/events") == 4
    assert "socket_mode_enabled: false" in program.out
    said = await start("manifest", **tokens).stops()
    assert said.startswith("RELAYDESK_PUBLIC_URL is missing: ")


# run on PostgreSQL -----------------------------------------------------------------------------------------------------


async def test_run_carries_a_message_both_ways(run: Start, cold_house: House) -> None:
    house = cold_house
    program = run()
    await program.ready()
    house.client_says("hello")
    await house.until(lambda: house.slack.threads() and house.telegram.threads())
    (thread,) = house.slack.threads()
    house.slack.says("olga", thread, "!start")
    await house.until(lambda: "In progress" in house.slack.card(thread))
    house.slack.says("olga", thread, "good day")
    await house.until(lambda: [text.splitlines()[-1] for text in house.client_sees()] == ["good day"])
    await program.stop()
    assert program.lines("relaydesk has stopped")
