"""``python -m bot demo``: the whole product on this machine, against the sandbox, with no account anywhere.

The one place in ``bot`` that knows the sandbox, and only when the command is run.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.app import App, build
from bot.handlers.desks.slack.manifest import OUTGOING, SHORTCUTS
from config.settings import Settings, load
from sandbox.scene import Scene, build_scene
from sandbox.server import Sandbox


async def show(port: int, *, browser: bool) -> int:
    """Serve the page until Ctrl-C."""
    print("\n  Starting Slack, Telegram, a mailbox and the bot, all on this machine …", flush=True)  # noqa: T201 - the command line
    async with world(port, limits=True) as (sandbox, _, app):
        print(  # noqa: T201 - this is the command line talking
            f"\n  relaydesk demo    {sandbox.url}\n"
            f"  the bot itself    {app.address}\n\n"
            "  Write as a client on the left, answer from Slack or Telegram on the right. Ctrl-C ends it.\n",
            flush=True,
        )
        if browser:
            await asyncio.to_thread(webbrowser.open, sandbox.url)
        over = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        await over.wait()
    return 0


async def play(*, seconds: float = 15.0, refuse: Sequence[str] = ()) -> int:
    """Play one conversation on both desks and print it; 1 when anything failed to arrive within ``seconds``.

    ``refuse`` names calls the platforms shall refuse, like ``slack:chat.postMessage``, to see it fail.
    """
    from bot.demo_script import Script

    async with world(0, limits=False) as (sandbox, scene, app):
        for call in refuse:
            platform, _, method = call.partition(":")
            sandbox.faults.add(platform, method, "status", status=503, times=-1)
        return await Script(sandbox, scene, app, seconds).play()


@asynccontextmanager
async def world(port: int, *, limits: bool) -> AsyncIterator[tuple[Sandbox, Scene, App]]:
    """A sandbox with a small company in it, and the bot running against it on a store of its own."""
    with tempfile.TemporaryDirectory(prefix="relaydesk-demo-") as name:
        folder = Path(name)
        async with _sandbox(port, limits=limits) as sandbox:
            own = _free_port()
            scene = await build_scene(sandbox, widget_url=f"http://127.0.0.1:{own}/widget.js", shortcuts=(*SHORTCUTS, OUTGOING))
            app = await build(_settings(scene, folder, own))
            running = asyncio.create_task(app.run())
            try:
                await _ready(app, running)
                await sandbox.whatsapp.set_webhook(f"{app.address}/whatsapp")
                yield sandbox, scene, app
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running


@asynccontextmanager
async def _sandbox(port: int, *, limits: bool) -> AsyncIterator[Sandbox]:
    """On ``port``, or on a free one when that is taken."""
    if port and not _is_free(port):
        print(f"Port {port} is taken, so the page is on another one.", flush=True)  # noqa: T201 - this is the command line talking
        port = 0
    async with Sandbox.running(port=port, limits=limits) as sandbox:
        yield sandbox


async def _ready(app: App, running: asyncio.Task[None]) -> None:
    ready = asyncio.create_task(app.ready.wait())
    await asyncio.wait({ready, running}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        ready.cancel()
        await running


def _settings(scene: Scene, folder: Path, port: int) -> Settings:
    """The scene's settings, whatever this machine's environment says."""
    for name in [name for name in os.environ if name.startswith("RELAYDESK_")]:
        del os.environ[name]
    scene.write(folder)
    os.environ.update(
        scene.environment()
        | scene.whatsapp.environment()
        | {
            "RELAYDESK_OUTGOING__ENABLED": "true",
            "RELAYDESK_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'relaydesk.db'}",
            "RELAYDESK_TEAM_FILE": str(folder / "team.toml"),
            "RELAYDESK_HTTP__HOST": "127.0.0.1",
            "RELAYDESK_HTTP__PORT": str(port),
        }
    )
    return load(None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
