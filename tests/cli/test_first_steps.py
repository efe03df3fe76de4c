"""README's “First steps with real tokens”, as they are written, with the sandbox's tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import READY, Program
from tests.road.house import House

EXAMPLE = Path(__file__).parents[2] / "config" / "example.env"
Start = Callable[..., Program]


def filled_in(house: House) -> str:
    """A copy of example.env in which every line that this house needs is filled in."""
    text = EXAMPLE.read_text("utf-8")
    beside = {"RELAYDESK_SLACK__API_URL"}  # nobody with a real workspace needs it
    for name, value in house.env.items():
        line = f"{name}={value}"
        text, found = re.subn(rf"^(?:# )?{name}=.*$", line.replace("\\", r"\\"), text, flags=re.MULTILINE)
        assert found or name in beside, f"{name} does not stand in example.env"
        text += "" if found else f"\n{line}\n"
    return text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_first_steps_lead_to_a_conversation(start: Start, cold_house: House) -> None:
    house, folder = cold_house, cold_house.folder
    house.env |= {"RELAYDESK_LOG__LEVEL": "info", "RELAYDESK_SMTP__SENDER": "Support <support@example.com>"}
    (folder / ".env").write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    program = start("doctor")
    assert await program.ended() == 1
    assert "✘ team.toml does not exist\n  → copy config/example.team.toml there" in program.out
    house.settings()  # writes team.toml
    (folder / ".env").write_text(filled_in(house), "utf-8")
    program = start("doctor")
    assert await program.ended() == 0, program.out
    program = start("run")
    await program.says(READY)
    house.client_says("hello")
    await house.until(lambda: house.slack.threads() and house.telegram.threads(), 60)
    program_again = start("doctor")
    assert await program_again.ended() == 0, program_again.out
    assert "not applied yet" not in program_again.out
    await program.stop()
    assert (folder / "relaydesk.db").exists()
