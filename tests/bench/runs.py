"""Processes of a measurement: the sandbox, the bot or the bare loop, and what the kernel says they used."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
NO_LIMITS = {
    f"RELAYDESK_LIMITS__{name}": "0"
    for name in (
        "TELEGRAM_FORUM_PER_MINUTE",
        "TELEGRAM_BOT_PER_SECOND",
        "TELEGRAM_CHAT_PER_SECOND",
        "SLACK_ROOM_PER_SECOND",
        "SLACK_UPDATES_PER_MINUTE",
    )
}
TEAM = """
[[group]]
name = "Sales"
label = "Sales"
{desk}

[[channel]]
kind = "telegram"
name = "shop-bot"
group = "Sales"
"""

Json = dict[str, Any]


class BoxProcess:
    """The sandbox in its own process; ``ask`` calls a method of :class:`tests.bench.box.Box`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.box"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.scene: Json = self.ask("scene")

    def ask(self, do: str, **arguments: Any) -> Any:
        """Call and wait for the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended at {do}")
        return json.loads(line)


@contextlib.contextmanager
def box() -> Iterator[BoxProcess]:
    """A fresh sandbox."""
    made = BoxProcess()
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()


class Bot:
    """A bot in a process of its own, started by ``command``."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path) -> None:
        self._command = command
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RELAYDESK_")}
        self._env = {**clean, **env}
        self._folder = folder
        self._log: IO[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it says."""
        return self._folder / "bot.log"

    def start(self) -> None:
        """Start it (again)."""
        self._log = self.log.open("ab")
        self.process = subprocess.Popen(self._command, cwd=ROOT, env=self._env, stdout=self._log, stderr=self._log)

    def until_said(self, words: str, seconds: float = 60.0) -> None:
        """Wait until its log holds these words."""
        end = time.monotonic() + seconds
        while words not in self.log.read_text("utf-8", "replace"):
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the bot did not say {words!r}:\n{self.log.read_text('utf-8', 'replace')[-3000:]}")
            time.sleep(0.005)

    def cpu(self) -> float:
        """Seconds of processor time, its own and the kernel's for it."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mb(self) -> float:
        """The most memory it ever held (VmHWM), in MB of 1,000,000 bytes."""
        found = re.search(r"VmHWM:\s+(\d+) kB", self._proc("status"))
        return int(found[1]) * 1024 / 1e6 if found else 0.0

    def held_mb(self) -> float:
        """The memory it holds now (VmRSS), in the same MB."""
        found = re.search(r"VmRSS:\s+(\d+) kB", self._proc("status"))
        return int(found[1]) * 1024 / 1e6 if found else 0.0

    def reset_peak(self) -> None:
        """Let :meth:`peak_mb` begin anew (proc(5), ``clear_refs``)."""
        assert self.process is not None
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", "utf-8")

    def _proc(self, name: str) -> str:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/{name}").read_text("utf-8")

    def kill(self) -> None:
        """``kill -9``."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, in order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)
        if self._log is not None:
            self._log.close()


def ours(
    scene: Json,
    folder: Path,
    *,
    desk: str = "telegram",
    limits: bool = False,
    prefix: tuple[str, ...] = (),
    operator: str = "",
) -> Bot:
    """``python -m bot run`` on SQLite with one desk; ``prefix`` are options of Python's own, ``operator`` somebody's Slack id."""
    place = f'slack_room = "{scene["room"]}"' if desk == "slack" else f"telegram_forums = [{scene['forum']}]"
    somebody = f'\n[[operator]]\nname = "Olga"\nslack = "{operator}"\ngroups = ["Sales"]\n' if operator else ""
    (folder / "team.toml").write_text(TEAM.format(desk=place) + somebody, "utf-8")
    env = {
        "RELAYDESK_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'relaydesk.db'}",
        "RELAYDESK_TEAM_FILE": str(folder / "team.toml"),
        "RELAYDESK_TELEGRAM__CHANNEL_TOKEN": scene["channel_token"],
        "RELAYDESK_TELEGRAM__API_URL": scene["telegram"],
        "RELAYDESK_HTTP__HOST": "127.0.0.1",
        "RELAYDESK_HTTP__PORT": "0",
        **({} if limits else NO_LIMITS),
    }
    if desk == "slack":
        env |= {"RELAYDESK_SLACK__BOT_TOKEN": scene["slack_bot"], "RELAYDESK_SLACK__APP_TOKEN": scene["slack_app"]}
        env |= {"RELAYDESK_SLACK__API_URL": scene["slack"]}
    else:
        env |= {"RELAYDESK_TELEGRAM__DESK_TOKEN": scene["desk_token"]}
    return Bot([sys.executable, *prefix, "-m", "bot", "run"], env, folder)


def bare(scene: Json, folder: Path) -> Bot:
    """The bare aiogram loop."""
    env = {
        "BARE_API_URL": scene["telegram"],
        "BARE_CHANNEL_TOKEN": scene["channel_token"],
        "BARE_DESK_TOKEN": scene["desk_token"],
        "BARE_FORUM": str(scene["forum"]),
    }
    return Bot([sys.executable, "-m", "tests.bench.bare"], env, folder)
