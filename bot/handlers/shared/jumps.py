"""The way to a thread or a topic as an address that opens it, made without asking a platform.

Slack: a message's address is ``{workspace}archives/{room}/p{ts without its dot}`` (the form ``chat.getPermalink`` gives,
https://docs.slack.dev/reference/methods/chat.getPermalink). Telegram: ``https://t.me/c/{group without -100}/{topic}``
(https://core.telegram.org/api/links#message-links).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.domain.capabilities import DESKS
from bot.domain.phrase import Phrase
from bot.domain.screen import Jump

TELEGRAM = "https://t.me/c/"
PATIENCE = 1.0
"""Seconds that what is shown waits for the workspace's address; without it Slack's links are left out."""

Address = Callable[[Jump], str]
"""The address a jump leads to, empty when there is none."""


class Workspace:
    """The address of Slack's workspace, for whoever shows the way to a thread."""

    def __init__(self, ask: Callable[[], Awaitable[str]] | None = None) -> None:
        """``ask`` gives it, or an empty text while it is not to be had; None where there is no Slack."""
        self._ask = ask

    async def url(self) -> str:
        """The address with a slash behind it; empty when it can't be had soon."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                return await self._ask() if self._ask is not None else ""
        return ""


def address_of(jump: Jump, workspace: str) -> str:
    """The address, empty when there is none. ``workspace`` is Slack's, as ``auth.test`` names it, or empty when unknown."""
    if jump.platform == "slack":
        return f"{workspace}archives/{jump.chat}/p{jump.thread.replace('.', '')}" if workspace and jump.thread else ""
    group = jump.chat.removeprefix("-100")
    return f"{TELEGRAM}{group}/{jump.thread}" if group != jump.chat and jump.thread else ""


def label_of(jump: Jump) -> str:
    """What a person reads on the link."""
    return Phrase("Open in {platform}", platform=DESKS[jump.platform].name)
