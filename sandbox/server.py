"""One sandbox: every stand-in, the control API and the page behind one address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web

from sandbox.control import Control
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.mailbox import Mailbox
from sandbox.pages import Pages
from sandbox.slack import Slack
from sandbox.telegram import Telegram
from sandbox.whatsapp import Whatsapp

LARGEST_BODY = 64 * 1024 * 1024


class Sandbox:
    """Slack, Telegram, WhatsApp and a mailbox on one machine, with no account anywhere.

    Use it as ``async with Sandbox.running() as sandbox``; give ``sandbox.slack.base_url`` and
    ``sandbox.telegram.base_url`` to the SDKs, ``sandbox.mailbox.port`` to the mailer.
    """

    def __init__(self) -> None:
        self.feed = Feed()
        self.faults = Faults()
        self.windows = Windows()
        self.mailbox = Mailbox(self.feed, self.faults)
        self.slack = Slack(self.feed, self.faults, self.windows)
        self.telegram = Telegram(self.feed, self.faults, self.windows)
        self.whatsapp = Whatsapp(self.feed, self.faults, self.windows)
        self.host = "127.0.0.1"
        self.port = 0
        self._scene: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.host}:{self.port}"

    @property
    def scene(self) -> dict[str, Any]:
        """What was set up, in words the page understands; see :mod:`sandbox.scene`."""
        return self._scene

    @scene.setter
    def scene(self, scene: dict[str, Any]) -> None:
        self._scene = scene
        self.feed.publish("sandbox", "scene")

    @classmethod
    @asynccontextmanager
    async def running(
        cls, host: str = "127.0.0.1", port: int = 0, *, limits: bool = True, page: bool = True
    ) -> AsyncIterator[Sandbox]:
        """A sandbox that listens until the block ends. Port 0 takes a free one."""
        async with AsyncExitStack() as closing:
            sandbox = cls()
            sandbox.windows.enabled = limits
            await sandbox.mailbox.open(host)
            closing.push_async_callback(sandbox.mailbox.close)
            control = Control(sandbox)
            app = web.Application(client_max_size=LARGEST_BODY)
            app.add_routes(control.routes())
            app.add_routes(sandbox.slack.routes())
            app.add_routes(sandbox.telegram.routes())
            app.add_routes(sandbox.whatsapp.routes())
            if page:
                app.add_routes(Pages(sandbox).routes())
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            closing.push_async_callback(runner.cleanup)
            closing.push_async_callback(sandbox.telegram.close)
            closing.push_async_callback(sandbox.slack.close)
            closing.push_async_callback(sandbox.whatsapp.close)
            closing.callback(control.close)
            await web.TCPSite(runner, host, port).start()
            sandbox.host, sandbox.port = host, runner.addresses[0][1]
            sandbox.slack.base_url = f"{sandbox.url}/slack/api/"
            sandbox.telegram.base_url = f"{sandbox.url}/telegram"
            sandbox.whatsapp.base_url = f"{sandbox.url}/whatsapp"
            yield sandbox

    async def until(self, true: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Wait until ``true()`` is truthy and return what it gave; ``TimeoutError`` after ``seconds``."""
        return await self.feed.until(true, seconds)

    def snapshot(self) -> dict[str, Any]:
        """Everything the page shows, at change number ``n``."""
        return {
            "n": self.feed.last,
            "slack": self.slack.snapshot(),
            "telegram": {**self.telegram.snapshot(), "commands": self._commands()},
            "whatsapp": self.whatsapp.snapshot(),
            "mail": self.mailbox.snapshot(),
        }

    def _commands(self) -> dict[int, dict[str, Any]]:
        """The command lists of each bot by scope, in its default language."""
        return {
            bot.id: {scope: commands for (scope, language), commands in bot.commands.items() if not language}
            for bot in self.telegram.bots.values()
        }
