"""``python -m sandbox --port 9101``: the sandbox alone, for benchmarks and for a look."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from pathlib import Path

from sandbox.scene import build_scene
from sandbox.server import Sandbox


def main() -> None:
    """Run until Ctrl-C."""
    words = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--port", type=int, default=9101, help="0 takes a free one")
    words.add_argument("--no-limits", action="store_true", help="platforms accept any rate")
    words.add_argument("--no-page", action="store_true", help="control API and platforms only")
    words.add_argument("--scene", action="store_true", help="set up the demo's people, rooms and forums")
    words.add_argument("--write", type=Path, metavar="FOLDER", help="with --scene: write bot.env and team.toml there")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(words.parse_args()))


async def serve(words: argparse.Namespace) -> None:
    """Start, say where, wait for a signal."""
    over = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    opening = Sandbox.running(words.host, words.port, limits=not words.no_limits, page=not words.no_page)
    async with opening as sandbox:
        print(f"sandbox  {sandbox.url}", flush=True)
        print(f"slack    {sandbox.slack.base_url}", flush=True)
        print(f"telegram {sandbox.telegram.base_url}", flush=True)
        print(f"mail     {sandbox.mailbox.host}:{sandbox.mailbox.port}", flush=True)
        if words.scene or words.write:
            scene = await build_scene(sandbox)
            if words.write:
                scene.write(words.write)
                print(f"settings {words.write}/bot.env, {words.write}/team.toml", flush=True)
        await over.wait()


if __name__ == "__main__":
    main()
