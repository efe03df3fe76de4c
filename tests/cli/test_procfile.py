"""The Procfile as a host runs it: release, then web, worker and clock together on PostgreSQL, until SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.road.house import House, open_house

ROOT = Path(__file__).parents[2]
PARTS = ("web", "worker", "clock")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def environment(house: House, port: int) -> dict[str, str]:
    """A host's: the settings, the interpreter's folder first, and the code to be found from any folder."""
    house.settings()
    own = {
        "RELAYDESK_TEAM_FILE": str(house.folder / "team.toml"),
        "RELAYDESK_HTTP__PORT": str(port),
        "RELAYDESK_LOG__LEVEL": "info",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    return dict(os.environ) | house.env | own


def honcho(house: House, env: dict[str, str], *parts: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "honcho", "-f", str(ROOT / "Procfile"), "-d", str(house.folder), "start", *parts]
    with (house.folder / "honcho.log").open("wb") as log:
        return subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)


def log_of(house: House) -> str:
    return (house.folder / "honcho.log").read_text("utf-8")


async def ended(house: House, process: subprocess.Popen[bytes], seconds: float) -> int:
    await house.box.until(lambda: process.poll() is not None, seconds)
    assert process.returncode is not None
    return process.returncode


async def website_client(house: House, address: str) -> None:
    """A visitor writes through the web process and reads the answer there."""
    async with aiohttp.ClientSession(address, headers={"Origin": address}) as http:
        async with http.post("/widget/session?channel=website", json={}) as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        said = {"id": "0123456789abcdef", "text": "Do you ship?", "name": "Dana"}
        async with http.post("/widget/messages?channel=website", json=said, headers=headers) as answer:
            answer.raise_for_status()
        room = house.scene.rooms["support"]
        await house.until(lambda: house.box.slack.messages(room=room), 60)
        (root,) = house.box.slack.messages(room=room)
        await house.box.slack.press(user=house.slack.user("olga"), room=room, ts=root["ts"], action_id="start")
        house.box.slack.post(house.slack.user("olga"), room, "Yes, we do.", thread_ts=root["ts"])
        async with asyncio.timeout(60):
            while "Yes, we do." not in await history(http, headers):
                await asyncio.sleep(0.05)


async def history(http: aiohttp.ClientSession, headers: dict[str, str]) -> str:
    async with http.get("/widget/history?channel=website", headers=headers) as answer:
        found: dict[str, Any] = await answer.json()
        return str(found["messages"])


async def telegram_client(house: House) -> None:
    house.client_says("hello")
    await house.until(lambda: house.slack.threads() and house.telegram.threads(), 60)
    (thread,) = house.telegram.threads()
    house.telegram.says("olga", thread, "/start")
    await house.until(lambda: "In progress" in house.telegram.card(thread), 60)
    post = house.telegram.says("olga", thread, "good day")
    await house.until(lambda: house.telegram.mark(thread, post) == "accepted", 60)
    assert [text.splitlines()[-1] for text in house.client_sees()] == ["good day"]


async def test_F15_the_procfile_carries_messages_both_ways_and_ends_within_ten_seconds(tmp_path: Path, postgres_url: str) -> None:
    async with open_house(tmp_path, postgres_url) as house:
        port = free_port()
        env = environment(house, port)
        release = honcho(house, env, "release")
        assert await ended(house, release, 120) == 0, log_of(house)
        assert "The database is at revision" in log_of(house)
        running = honcho(house, env, *PARTS)
        try:
            await house.box.until(lambda: log_of(house).count("relaydesk is ready") == 3 or running.poll() is not None, 120)
            assert running.poll() is None, log_of(house)
            await telegram_client(house)
            await website_client(house, f"http://127.0.0.1:{port}")
            began = time.monotonic()
            running.send_signal(signal.SIGTERM)
            await ended(house, running, 15)
            assert time.monotonic() - began < 10
        finally:
            running.kill() if running.poll() is None else None
        log = log_of(house)
        assert log.count("relaydesk has stopped") == 3, log
        assert "Traceback" not in log
        assert "SIGKILL" not in log, "nobody had to be killed"
