"""``export`` and ``erase`` beside a relaydesk that runs (R125)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.program import Program
from tests.road.house import House
from tests.road.talk import begin

Start = Callable[..., Program]


async def test_R125_export_writes_everything_or_one_client_as_lines(start: Start, cold_house: House, tmp_path: Path) -> None:
    await cold_house.start()
    await begin(cold_house, "slack", "hello, здравствуйте")
    env = {"RELAYDESK_DATABASE_URL": cold_house.env["RELAYDESK_DATABASE_URL"]}
    whole = start("export", "all.jsonl", env=env)
    assert await whole.ended() == 0, whole.err
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert [one["kind"] for one in lines] == ["client", "conversation", "message", "fact"]
    assert lines[0]["name"] == "Ann Lee" and lines[1]["channel"] == "telegram:shop-bot" and lines[1]["group"] == "Sales"
    assert lines[2]["text"] == "hello, здравствуйте" and lines[2]["direction"] == "in" and lines[2]["at"].endswith("+00:00")
    assert lines[3]["what"] == "arrived"
    assert whole.out.endswith("4 lines in all.jsonl.\n")
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o077 == 0 and not (tmp_path / "all.jsonl.part").exists()
    one = start("export", "one.jsonl", "--client", "Zoe", env=env)
    assert "there is no client “Zoe”" in await one.stops() and not (tmp_path / "one.jsonl").exists()
    nowhere = start("export", "nowhere/all.jsonl", env=env)
    assert "can't be written" in await nowhere.stops()


async def test_R125_erase_asks_for_the_name_and_a_running_relaydesk_removes_the_copies(start: Start, cold_house: House) -> None:
    await cold_house.start()
    talk = await begin(cold_house, "slack")
    await cold_house.settled()
    env = {"RELAYDESK_DATABASE_URL": cold_house.env["RELAYDESK_DATABASE_URL"]}
    program = start("erase", "ann", "--yes", env=env)
    assert await program.ended() == 0, program.err
    assert "Ann Lee (#1): 1 messages, 2 threads and topics." in program.out and "proof: " in program.out
    await cold_house.until(lambda: talk.there not in cold_house.telegram.threads() and cold_house.slack.threads() == [])
    again = start("erase", "ann", "--yes", env=env)
    assert "there is no client “ann”" in await again.stops()
