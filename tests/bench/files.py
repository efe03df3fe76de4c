"""Large files on the road: how much memory one takes there and back, and whether ten at once hold up other people's words."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.runs import Bot, BoxProcess, box, ours
from tests.bench.scenarios import PATIENCE, begin

Json = dict[str, Any]
MB = 1 << 20
SIZE = 20 * MB
"""As much as Telegram gives to a bot."""
AT_ONCE = 10
OTHERS = 10
WORDS = 300
PER_SECOND = 20.0
FILES_PATIENCE = 600.0


def there_and_back() -> Json:
    """A file of 20 MB from a Telegram client into a Slack thread, and one from the operator back; memory above idle."""
    with tempfile.TemporaryDirectory() as folder, box() as place:
        bot = ours(place.scene, Path(folder), desk="slack", operator=place.scene["olga"])
        try:
            begin(bot, place)
            place.ask("set", desk="slack")
            place.ask("load", clients=1, messages=1)
            place.ask("visible", least=1, seconds=PATIENCE)
            place.ask("take")
            place.ask("quiet", seconds=2)
            small = walk(bot, place, 100_000)
            large = walk(bot, place, SIZE)
        finally:
            bot.kill()
    return {"small": small, "large": large}


def walk(bot: Bot, place: BoxProcess, size: int) -> Json:
    """One file each way; seconds of each, and the most memory beyond what was held before, in MB."""
    bot.reset_peak()
    idle, cpu, began = bot.held_mb(), bot.cpu(), time.monotonic()
    place.ask("send_files", count=1, size=size)
    whole = place.ask("files_here", least=1, size=size, seconds=FILES_PATIENCE)
    there, turned = bot.peak_mb() - idle, time.monotonic()
    place.ask("answer_file", size=size)
    back = place.ask("file_at_client", size=size, seconds=FILES_PATIENCE)
    return {
        "idle": idle,
        "above_there": there,
        "above": bot.peak_mb() - idle,
        "seconds_there": turned - began,
        "seconds_back": time.monotonic() - turned,
        "cpu": bot.cpu() - cpu,
        "whole": bool(whole and back),
    }


def ten_at_once() -> Json:
    """Ten clients send 20 MB each at the same time, while ten others go on writing: how long their words take until all are there."""
    with tempfile.TemporaryDirectory() as folder, box() as place:
        bot = ours(place.scene, Path(folder), desk="slack")
        try:
            begin(bot, place)
            place.ask("set", desk="slack")
            place.ask("load", clients=OTHERS, messages=1)
            place.ask("visible", least=OTHERS, seconds=PATIENCE)
            place.ask("quiet", seconds=2)
            bot.reset_peak()
            idle = bot.held_mb()
            place.ask("send_files", count=AT_ONCE, size=SIZE)
            place.ask("trickle", clients=OTHERS, messages=WORDS, per_second=PER_SECOND)
            place.ask("visible", least=OTHERS + WORDS, seconds=PATIENCE)
            whole = place.ask("files_here", least=AT_ONCE, size=SIZE, seconds=FILES_PATIENCE)
            seconds = place.ask("files_took")
            times = sorted(place.ask("latencies", skip=OTHERS, first_seconds=seconds))
            result: Json = place.ask("result")
            above = bot.peak_mb() - idle
        finally:
            bot.kill()
    return {
        "above": above,
        "seconds": seconds,
        "whole": bool(whole),
        "p50": times[len(times) // 2],
        "p99": times[min(len(times) - 1, int(len(times) * 0.99))],
        "max": times[-1],
        "count": len(times),
        "lost": result["lost"],
        "doubled": result["doubled"],
    }
