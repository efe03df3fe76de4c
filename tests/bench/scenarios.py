"""What is measured, one function each; the words are those of the figures in docs/performance.md."""

from __future__ import annotations

import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.runs import Bot, BoxProcess, bare, box, ours

Json = dict[str, Any]
PATIENCE = 120.0


@dataclass(frozen=True)
class Load:
    """``clients`` × ``messages`` at once; ``burst``: each client's in a row; ``latency`` seconds a call."""

    name: str
    clients: int
    messages: int
    burst: bool = False
    latency: float = 0.0


LOADS = (
    Load("20 × 50", 20, 50),
    Load("20 × 50, each client in one batch", 20, 50, burst=True),
    Load("1,000 × 1", 1000, 1),
    Load("1,000 × 1 at 50 ms a call", 1000, 1, latency=0.05),
)


def burst(load: Load, make: Callable[[Json, Path], Bot]) -> Json:
    """One run of one bot under one load."""
    total = load.clients * load.messages
    with tempfile.TemporaryDirectory() as folder, box() as place:
        bot = make(place.scene, Path(folder))
        try:
            begin(bot, place)
            place.ask("set", latency=load.latency)
            before = bot.cpu()
            place.ask("load", clients=load.clients, messages=load.messages, burst=load.burst)
            place.ask("visible", least=total, seconds=PATIENCE)
            place.ask("quiet", seconds=0.5)
            used = bot.cpu() - before
            result: Json = place.ask("result")
            peak = bot.peak_mb()
        finally:
            bot.kill()
    rate = (total - result["lost"]) / result["seconds"] if result["seconds"] > 0 else 0.0
    return {**result, "rate": rate, "cpu": 1000 * used / total, "peak": peak}


def begin(bot: Bot, place: BoxProcess) -> None:
    """Start it and wait until it listens."""
    bot.start()
    if not place.ask("listening"):
        raise RuntimeError(f"the bot does not listen:\n{bot.log.read_text('utf-8', 'replace')[-3000:]}")


def compare(load: Load, pairs: int, say: Callable[[str], None]) -> Json:
    """The bare loop and ours in turns, A B A B; medians, and the medians of each pair's ratios."""
    runs: list[tuple[Json, Json]] = []
    for _ in range(pairs):
        yard, mine = burst(load, bare), burst(load, ours)
        runs.append((yard, mine))
        say(f"    bare {brief(yard)}\n    ours {brief(mine)}")
    mine = [one for _, one in runs]
    return {
        "name": load.name,
        "bare": {key: statistics.median(one[key] for one, _ in runs) for key in ("rate", "cpu", "peak")},
        "ours": {key: statistics.median(one[key] for one in mine) for key in ("rate", "cpu", "peak")},
        "rate_ratio": statistics.median(one["rate"] / yard["rate"] for yard, one in runs),
        "cpu_ratio": statistics.median(one["cpu"] / yard["cpu"] for yard, one in runs),
        "worst": {key: max(one[key] for one in mine) for key in ("lost", "doubled", "out_of_order", "astray", "peak")},
        "topics": sorted({one["topics"] for one in mine}),
    }


def brief(run: Json) -> str:
    """One run in one line."""
    return (
        f"{run['rate']:7,.0f}/s  {run['cpu']:.2f} CPU-s per 1,000  {run['peak']:.0f} MB  lost {run['lost']}  doubled {run['doubled']}"
        f"  out of order {run['out_of_order']}  topics {run['topics']}  posts {run['posts']}"
    )


def limits() -> Json:
    """20 new clients × 4 messages at once under Telegram's own limits."""
    with tempfile.TemporaryDirectory() as folder, box() as place:
        bot = ours(place.scene, Path(folder), limits=True)
        try:
            begin(bot, place)
            place.ask("set", limits=True)
            place.ask("load", clients=20, messages=4)
            place.ask("visible", least=80, seconds=300)
            place.ask("quiet", seconds=3)
            result: Json = place.ask("result")
        finally:
            bot.kill()
    return result


KILLS = 5


def kills(desk: str) -> Json:
    """A burst of 1,000 from 20 clients, the bot killed five times while it sends, and started again at once."""
    with tempfile.TemporaryDirectory() as folder, box() as place:
        bot = ours(place.scene, Path(folder), desk=desk)
        try:
            begin(bot, place)
            place.ask("set", desk=desk)
            place.ask("load", clients=20, messages=50)
            seen = []
            for number in range(1, KILLS + 1):
                seen.append(place.ask("visible", least=150 * number, seconds=PATIENCE)["visible"])
                bot.kill()
                bot.start()
            place.ask("visible", least=1000, seconds=PATIENCE)
            place.ask("quiet", seconds=3)
            result: Json = place.ask("result")
        finally:
            bot.kill()
    return {**result, "killed_at": seen}


def idle(messages: int = 500, per_second: float = 20.0) -> Json:
    """From a client's update to the desk's request, at a steady trickle into topics that stand."""
    clients = 20
    with tempfile.TemporaryDirectory() as folder, box() as place:
        bot = ours(place.scene, Path(folder))
        try:
            begin(bot, place)
            place.ask("load", clients=clients, messages=1)
            place.ask("visible", least=clients, seconds=PATIENCE)
            place.ask("quiet", seconds=2)
            before = bot.cpu()
            place.ask("trickle", clients=clients, messages=messages, per_second=per_second)
            place.ask("visible", least=clients + messages, seconds=PATIENCE)
            used = bot.cpu() - before
            times = sorted(place.ask("latencies", skip=clients))
        finally:
            bot.kill()
    found = {f"p{part}": times[min(len(times) - 1, int(len(times) * part / 100))] for part in (50, 95, 99)}
    return {**found, "max": times[-1], "count": len(times), "cpu": 1000 * used / messages}


OFF = {
    "telegram": ("slack_sdk", "slack_bolt", "bot.handlers.desks.slack", "bot.handlers.channels.widget", "asyncpg"),
    "slack": ("bot.handlers.desks.telegram", "bot.handlers.channels.widget", "asyncpg"),
}
"""What must not be imported when only this desk is on. Slack's clients still come from Telegram, so aiogram is there."""


def cold(times: int = 5) -> Json:
    """Seconds from spawning ``run`` to its word that it is ready, on a new database and on one that stands, and what a bare
    ``import aiogram`` took in turns with them: machines are noisy. With the processor time of the last two.
    """
    fresh: list[float] = []
    again: list[float] = []
    imports: list[float] = []
    cpu: list[float] = []
    import_cpu: list[float] = []
    with box() as place:
        for _ in range(times):
            with tempfile.TemporaryDirectory() as folder:
                fresh.append(start(place, Path(folder))[0])
                took, used = start(place, Path(folder))
                again.append(took)
                cpu.append(used)
            took, used = bare_import()
            imports.append(took)
            import_cpu.append(used)
    middle = statistics.median
    return {
        "new": middle(fresh),
        "again": middle(again),
        "worst": max(fresh + again),
        "import": middle(imports),
        "ratio": middle(one / other for one, other in zip(again, imports, strict=True)),
        "cpu": middle(cpu),
        "import_cpu": middle(import_cpu),
    }


def start(place: BoxProcess, folder: Path) -> tuple[float, float]:
    """One start: seconds on the clock and of the processor. Stopped in order."""
    bot = ours(place.scene, folder)
    began = time.monotonic()
    bot.start()
    bot.until_said("relaydesk is ready")
    took, used = time.monotonic() - began, bot.cpu()
    bot.stop()
    bot.log.unlink()
    return took, used


def bare_import() -> tuple[float, float]:
    """The same of a Python that does nothing but ``import aiogram``, whole."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, "-c", "import aiogram"], check=True)
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imported() -> Json:
    """What is imported though its platform is off, by desk: should be nothing."""
    found: Json = {}
    for desk, unwanted in OFF.items():
        with tempfile.TemporaryDirectory() as folder, box() as place:
            bot = ours(place.scene, Path(folder), desk=desk, prefix=("-X", "importtime"))
            bot.start()
            bot.until_said("relaydesk is ready")
            bot.stop()
            modules = set(re.findall(r"import time:.*\|\s+(\S+)$", bot.log.read_text("utf-8", "replace"), re.MULTILINE))
        found[desk] = sorted(name for name in unwanted if any(one == name or one.startswith(f"{name}.") for one in modules))
        found[f"{desk} modules"] = len(modules)
    return found
