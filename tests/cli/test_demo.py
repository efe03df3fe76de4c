"""``demo``: the whole product with no account anywhere."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing

import aiohttp

from tests.cli.program import Program

Start = Callable[..., Program]


async def test_R127_the_script_plays_a_conversation_and_prints_it(start: Start) -> None:
    program = start("demo", "--script")
    assert await program.ended(60) == 0, program.out + program.err
    for line in (
        "Ann, on Telegram    │ Hello! Where is my order 1042?",
        "Ann, on Telegram    │ reads: Olga Ivanova · Good day, Ann! I am looking right now.",
        "Slack #sales        │ the card says: Closed",
        "Dana, on the website│ reads: Yes, in three days.",
        "✔ Everything arrived, once, on both desks and at both clients.",
    ):
        assert line in program.out.splitlines()
    assert program.err == ""


async def test_R127_the_script_fails_when_something_does_not_arrive(start: Start) -> None:
    program = start("demo", "--script", "--seconds", "2", "--refuse", "slack:chat.postMessage")
    assert await program.ended(60) == 1, program.out + program.err
    assert program.out.splitlines()[-1] == "✘ the thread in Slack did not arrive within 2 s"
    assert "Traceback" not in program.err


async def test_R127_the_page_is_served_until_the_end_on_another_port_when_that_is_taken(start: Start) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as busy:
        port = busy.getsockname()[1]
        program = start("demo", "--no-browser", "--port", str(port))
        await program.prints("Ctrl-C ends it.")
    lines = program.out.splitlines()
    assert f"Port {port} is taken, so the page is on another one." in lines
    (page,) = (line.split()[-1] for line in lines if "relaydesk demo" in line)
    (bot,) = (line.split()[-1] for line in lines if "the bot itself" in line)
    async with aiohttp.ClientSession() as http:
        async with http.get(page) as answer:
            assert answer.status == 200 and "<title>" in await answer.text()
        async with http.get(f"{bot}/readyz") as answer:
            assert answer.status == 200
    await program.stop(by_keyboard=True)
    assert program.err == ""
