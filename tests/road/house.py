"""A whole relaydesk at home, for scenarios: the sandbox, a scene, the bot in this process, and people's hands and eyes.

A ``DeskView`` is what an operator does and sees on one desk, the same words for Slack and for Telegram, so that one
scenario runs on both.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bot.app import App, build
from sandbox.scene import Scene, build_scene
from sandbox.server import Sandbox
from tests.road.desks import DeskView, SlackView, TelegramView

Json = dict[str, Any]
QUIET = {
    "RELAYDESK_CARD_DEBOUNCE": "0",
    "RELAYDESK_HOME_DEBOUNCE": "0",
    "RELAYDESK_LIMITS__TELEGRAM_FORUM_PER_MINUTE": "0",
    "RELAYDESK_LIMITS__TELEGRAM_BOT_PER_SECOND": "0",
    "RELAYDESK_LIMITS__TELEGRAM_CHAT_PER_SECOND": "0",
    "RELAYDESK_LIMITS__SLACK_ROOM_PER_SECOND": "0",
    "RELAYDESK_LIMITS__SLACK_UPDATES_PER_MINUTE": "0",
    "RELAYDESK_HTTP__HOST": "127.0.0.1",
    "RELAYDESK_HTTP__PORT": "0",
    "RELAYDESK_LOG__LEVEL": "warning",
}
"""No limits on either side, and cards redrawn at once: for scenarios that are not about limits."""


class House:
    """Everything a scenario touches.

    ``env``  the bot's settings; change them before ``start``. ``app`` the running bot, None while it is stopped.
    ``ahead``  seconds the store's clock is ahead; see ``tests.road.later``
    """

    def __init__(self, box: Sandbox, scene: Scene, folder: Path, database_url: str) -> None:
        self.box = box
        self.scene = scene
        self.folder = folder
        self.env = {**scene.environment(), **QUIET, "RELAYDESK_DATABASE_URL": database_url}
        self.team_toml = scene.team_toml()
        self.app: App | None = None
        self.ahead = 0.0
        self.slack = SlackView(self)
        self.telegram = TelegramView(self)
        self._task: asyncio.Task[None] | None = None

    def desk(self, platform: str) -> DeskView:
        """The desk of that platform (group Sales)."""
        return self.slack if platform == "slack" else self.telegram

    async def start(self) -> App:
        """Start the bot as ``python -m bot run`` would, in this process."""
        self.app = await build(self.settings(), ahead=lambda: round(self.ahead * 1000))
        self._task = asyncio.create_task(self.app.run())
        ready = asyncio.create_task(self.app.ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            ready.cancel()
            await self._task
        return self.app

    def settings(self) -> Any:
        """The settings as the environment gives them; writes the team file."""
        from config.settings import Settings

        team = self.folder / "team.toml"
        team.write_text(self.team_toml, "utf-8")
        return load_from({**self.env, "RELAYDESK_TEAM_FILE": str(team)}, Settings)

    async def stop(self) -> None:
        """SIGTERM's way: stop intake, finish, close."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task, self.app = None, None

    async def until(self, true: Callable[[], Any], seconds: float = 40.0) -> Any:
        """Wait until it is so; see ``Feed.until``."""
        try:
            return await self.box.until(true, seconds)
        except TimeoutError:
            raise AssertionError(f"did not come true in {seconds} s:\n{self.story()}") from None

    async def settled(self, seconds: float = 60.0) -> None:
        """Wait until nothing waits to be read, sent or told (what is put off on purpose aside)."""
        assert self.app is not None
        async with asyncio.timeout(seconds):
            intake, read = self.app.intake, self.app.store.read
            while intake.is_telling or await read(unfinished) or intake.is_telling:
                await asyncio.sleep(0.02)

    # The client's side ----------------------------------------------------------------------------------------------

    def client_says(self, text: str, who: str = "ann", **more: Any) -> Json:
        """A Telegram client writes to the shop's bot."""
        user = self.scene.clients[who]
        if not self._started(user):
            self.box.telegram.start(user=user, bot=self.scene.channel_bot.id)
        return self.box.telegram.send(user=user, chat=self.scene.channel_bot.id, text=text, **more)

    def _started(self, user: int) -> bool:
        try:
            return bool(self.box.telegram.messages(chat=self.scene.channel_bot.id, user=user))
        except Exception:
            return False

    def client_sees(self, who: str = "ann") -> list[str]:
        """What the bot has written to the client, oldest first."""
        user = self.scene.clients[who]
        said = self.box.telegram.messages(chat=self.scene.channel_bot.id, user=user)
        return [one.get("text", one.get("caption", "")) for one in said if one["from"]["id"] == self.scene.channel_bot.id]

    def story(self) -> str:
        """Everything everybody sees, for a failed test."""
        lines = ["client: " + " | ".join(self.client_sees())] if self._started(self.scene.clients["ann"]) else []
        for desk in (self.slack, self.telegram):
            lines += [f"{desk.platform} {thread}: " + " | ".join(desk.lines(thread)) for thread in desk.threads()]
        return "\n".join(lines)


def load_from(environment: dict[str, str], settings: Any) -> Any:
    """Settings from these variables alone."""
    import os

    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("RELAYDESK_")]:
        del os.environ[name]
    os.environ.update(environment)
    try:
        return settings(_env_file=None)
    finally:
        os.environ.clear()
        os.environ.update(before)


def unfinished(tx: Any) -> bool:
    """Whether something still waits to be read or sent now."""
    from sqlalchemy import select

    from bot.store.tables import delivery, inbox

    reading = select(inbox.c.id).where(inbox.c.status == "pending").limit(1)
    sending = select(delivery.c.id).where(
        (delivery.c.state == "sending") | ((delivery.c.state == "pending") & (delivery.c.not_before <= tx.now))
    )
    return tx.execute(reading).first() is not None or tx.execute(sending.limit(1)).first() is not None


@asynccontextmanager
async def open_house(folder: Path, database_url: str, *, limits: bool = False, page: bool = False) -> AsyncIterator[House]:
    """A sandbox with the demo's company in it, and a bot that is not started yet. ``page``: with the pages to look at."""
    async with Sandbox.running(limits=limits, page=page) as box:
        box.slack.patience = 20.0  # the machine that tests is busy; what is about Slack's three seconds says so
        house = House(box, await build_scene(box), folder, database_url)
        try:
            yield house
        finally:
            await house.stop()


def visible(text: str) -> str:
    """A text without what cannot be seen, and without Slack's escapes."""
    return re.sub(r"\s+", " ", html.unescape(text)).strip()
