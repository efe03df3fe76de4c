"""A local stand-in for Telegram and its Bot API.

Wording and rules follow ``tdlib/telegram-bot-api`` (10.0) and ``tdlib/td``; what is newer (ephemeral
messages, 10.3) follows aiogram's docstrings.
"""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import Any

from aiohttp import web

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.telegram.api import Api
from sandbox.telegram.page import snapshot
from sandbox.telegram.people_messages import Messages

__all__ = ["Telegram"]


class Telegram(Messages):
    """Telegram's side of the sandbox: an HTTP API for bots, methods for people."""

    def __init__(self, feed: Feed, faults: Faults, windows: Windows, clock: Callable[[], float] = time) -> None:
        super().__init__(feed, faults, windows, clock)
        self.api = Api(self)

    def routes(self) -> list[web.RouteDef]:
        """The Bot API under ``/telegram``."""
        path = "/telegram/bot{token}/{method}"
        return [
            web.get("/telegram/file/bot{token}/{path:.+}", self.api.download),
            web.post(path, self.api.serve),
            web.get(path, self.api.serve),
        ]

    def snapshot(self) -> dict[str, Any]:
        """Everything the page shows."""
        return snapshot(self)

    async def close(self) -> None:
        """Stop deliveries and waiting polls."""
        await self.api.close()

    def redeliver(self, update_id: int, bot: int | str | None = None) -> bool:
        """Send an update again with the same id, as when the first answer was lost."""
        bots = [self.bot(bot)] if bot is not None else list(self.bots.values())
        return any(known.mailbox.again(update_id) for known in bots)

    def inject_update(self, bot_token: str, update: bytes | dict[str, Any]) -> int:
        """Queue an update of any shape: bytes go out as they are, an object gets the next ``update_id``."""
        mailbox = self.bot(bot_token).mailbox
        if isinstance(update, bytes):
            return mailbox.add_raw(update)
        kinds = {name: value for name, value in update.items() if name != "update_id"}
        return mailbox.add_object(kinds)
