"""``python -m tests.bench [part …] [--pairs N] [--only WORDS]``: measure and print; without parts, everything.

Parts: ``bursts`` (beside the bare loop), ``limits``, ``kills``, ``idle``, ``cold``, ``files``, ``widget`` (2,000 open website
chats), ``lists`` (a million messages; takes minutes).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import time
from pathlib import Path
from typing import Any

from tests.bench import files, lists, scenarios, widget

PARTS = ("bursts", "limits", "kills", "idle", "cold", "files", "lists", "widget")


def main() -> None:
    """Measure what was asked for."""
    words = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    words.add_argument("parts", nargs="*", metavar="part", help=" ".join(PARTS))
    words.add_argument("--pairs", type=int, default=3, help="runs of each bot per load")
    words.add_argument("--only", default="", help="loads whose name holds this")
    words.add_argument("--json", type=Path, help="write all figures there")
    given = words.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        words.error(f"no such part: {', '.join(sorted(unknown))}")
    say(machine())
    figures: dict[str, Any] = {}
    for part in given.parts or PARTS:
        say(f"\n{part}")
        if part == "bursts":
            figures[part] = [one(load, given.pairs) for load in scenarios.LOADS if given.only in load.name]
        else:
            figures[part] = SINGLE[part]()
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), "utf-8")


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)


def machine() -> str:
    """What this ran on."""
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?")  # noqa: SIM115
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC · {os.cpu_count()} × {model} · Linux {platform.release()} · "
        f"Python {platform.python_version()} · SQLite {sqlite3.sqlite_version} · load before {load}"
    )


def one(load: scenarios.Load, pairs: int) -> dict[str, Any]:
    """One load, run and told."""
    say(f"  {load.name}")
    found = scenarios.compare(load, pairs, say)
    worst = found["worst"]
    say(
        f"  → {found['rate_ratio']:.2f} of the bare loop's rate ({found['ours']['rate']:,.0f} to {found['bare']['rate']:,.0f}/s), "
        f"{found['cpu_ratio']:.2f} times its CPU ({found['ours']['cpu']:.2f} to {found['bare']['cpu']:.2f} s per 1,000); "
        f"lost {worst['lost']}, doubled {worst['doubled']}, out of order {worst['out_of_order']}, topics {found['topics']}, "
        f"peak {worst['peak']:.0f} MB (bare {found['bare']['peak']:.0f})"
    )
    return found


def limits() -> Any:
    """Under Telegram's limits."""
    found = scenarios.limits()
    say(
        f"  20 new clients × 4: all after {found['seconds']:.1f} s, lost {found['lost']}, doubled {found['doubled']}, "
        f"out of order {found['out_of_order']}, topics {found['topics']}, posts {found['posts']}, refused {found['refused']}"
    )
    return found


def kills() -> Any:
    """kill -9 five times."""
    figures = {}
    for desk in ("telegram", "slack"):
        found = figures[desk] = scenarios.kills(desk)
        say(
            f"  {desk}: killed at {found['killed_at']} of 1,000; lost {found['lost']}, doubled {found['doubled']}, "
            f"out of order {found['out_of_order']}, threads {found['threads']}"
        )
    return figures


def idle() -> Any:
    """Latency at a trickle."""
    found = scenarios.idle()
    say(
        f"  20/s: p50 {found['p50']:.1f} ms, p95 {found['p95']:.1f}, p99 {found['p99']:.1f}, max {found['max']:.1f} "
        f"over {found['count']} messages, {found['cpu']:.2f} CPU-s per 1,000"
    )
    return found


def cold() -> Any:
    """Starting."""
    found = {**scenarios.cold(), "imported": scenarios.imported()}
    say(
        f"  cold start: {found['new']:.2f} s on a new database, {found['again']:.2f} s on one that stands (worst {found['worst']:.2f}); "
        f"a bare import of aiogram beside it {found['import']:.2f} s, so {found['ratio']:.2f} times that; "
        f"CPU {found['cpu']:.2f} s to {found['import_cpu']:.2f}"
    )
    say(f"  imported though off: {found['imported']}")
    return found


def tabs_and_search() -> Any:
    """Tabs and search in a large house."""
    return lists.measure(100_000, 1_000_000, say)


def large_files() -> Any:
    """20 MB both ways, and ten at once."""
    found = {"one": files.there_and_back(), "ten": files.ten_at_once()}
    for name, one in found["one"].items():
        say(
            f"  {name}: {one['above_there']:.1f} MB above idle ({one['idle']:.0f}) client → desk, {one['above']:.1f} both ways; "
            f"{one['seconds_there']:.1f} + {one['seconds_back']:.1f} s, {one['cpu']:.2f} CPU-s; whole: {one['whole']}"
        )
    ten = found["ten"]
    say(
        f"  {files.AT_ONCE} × 20 MB at once: {ten['seconds']:.1f} s, {ten['above']:.1f} MB above idle, whole: {ten['whole']}; "
        f"meanwhile {ten['count']} messages of others: p50 {ten['p50']:.0f} ms, p99 {ten['p99']:.0f}, max {ten['max']:.0f}, "
        f"lost {ten['lost']}, doubled {ten['doubled']}"
    )
    return found


def chats() -> Any:
    """The website chat."""
    return widget.measure(say)


SINGLE = {
    "limits": limits,
    "kills": kills,
    "idle": idle,
    "cold": cold,
    "files": large_files,
    "lists": tabs_and_search,
    "widget": chats,
}


if __name__ == "__main__":
    main()
