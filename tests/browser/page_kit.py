"""What the tests of the page share: which browser, a sandbox with its scene, and a bot that does what a test says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from playwright.async_api import Browser, Page, expect
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.scene import Scene, build_scene
from sandbox.server import Sandbox
from tests import aiogram_models  # noqa: F401 - builds them

SHELL, WHOLE = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
CHROMIUM = SHELL if SHELL.exists() else WHOLE
"""Debian's Chromium, without the windows nobody sees where that is installed: a page takes a third of the work then."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"]
WIDE, SMALL = {"width": 1600, "height": 900}, {"width": 420, "height": 800}
WIDGET = "data:text/javascript,document.title=document.currentScript.dataset.channel"

expect.set_options(timeout=20_000)  # a busy machine shows things late; none of them may fail for that
marks = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="no chromium here"),
]


class TinyBot:
    """An app and a bot that post what a test tells them to, and answer presses as told."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.web = AsyncWebClient(scene.app.bot_token, base_url=scene.slack_api_url, retry_handlers=[])
        self.socket = SocketModeClient(scene.app.app_token, web_client=self.web)
        self.socket.socket_mode_request_listeners.append(self._hear)
        session = AiohttpSession(api=TelegramAPIServer.from_base(scene.telegram_api_url))
        self.desk = Bot(scene.desk_bot.token, session=session)
        self.shop = Bot(scene.channel_bot.token, session=session)
        self.heard: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], Any] = lambda payload: None
        self.silent = False

    async def _hear(self, client: Any, request: Any) -> None:
        self.heard.append({"type": request.type, **request.payload})
        if request.type != "events_api" and self.silent:
            return
        answer = self.answer(request.payload) if request.type != "events_api" else None
        if asyncio.iscoroutine(answer):
            answer = await answer
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    async def close(self) -> None:
        await self.socket.close()  # type: ignore[no-untyped-call]
        await self.desk.session.close()

    async def say(self, text: str = "", **more: Any) -> str:
        return str((await self.web.chat_postMessage(channel=self.scene.rooms["sales"], text=text, **more))["ts"])


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.running(limits=False) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def scene(sandbox: Sandbox) -> Scene:
    return await build_scene(sandbox, widget_url=WIDGET)


@pytest_asyncio.fixture(loop_scope="session")
async def bot(scene: Scene) -> AsyncIterator[TinyBot]:
    tiny = TinyBot(scene)
    await tiny.socket.connect()  # type: ignore[no-untyped-call]
    yield tiny
    await tiny.close()


async def opened(browser: Browser, sandbox: Sandbox, size: dict[str, int], troubles: list[str]) -> Page:
    context = await browser.new_context(viewport=size, locale="en-GB")  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    expected = "Blocked script execution in 'about:srcdoc'"  # letters run no scripts, and the browser says so
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" and expected not in said.text else None)
    page.on(
        "request", lambda sent: troubles.append(sent.url) if not sent.url.startswith((sandbox.url, "data:", "about:")) else None
    )
    await page.goto(sandbox.url)
    await expect(page.locator("#link")).to_have_attribute("data-state", "live")
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, sandbox: Sandbox, scene: Scene) -> AsyncIterator[Page]:
    """A wide page; the test fails on script errors and on requests that leave the sandbox."""
    troubles: list[str] = []
    shown = await opened(browser, sandbox, WIDE, troubles)
    yield shown
    await shown.context.close()
    assert troubles == []


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(label: str, action: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(label), "action_id": action, **more}


def keys(*rows: list[str]) -> InlineKeyboardMarkup:
    made = [[InlineKeyboardButton(text=label, callback_data=label) for label in row] for row in rows]
    return InlineKeyboardMarkup(inline_keyboard=made)


async def topic_with_card(bot: TinyBot, scene: Scene) -> int:
    topic = await bot.desk.create_forum_topic(scene.forums["sales"], "Ann Lee")
    thread = topic.message_thread_id
    await bot.desk.send_message(
        scene.forums["sales"], "card", message_thread_id=thread, reply_markup=keys(["Start conversation"])
    )
    return thread
