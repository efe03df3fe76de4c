"""Updates by webhook: the secret is checked, the update is kept, and only then comes the 200 (F64).

Order and parallel deliveries: the Bot API server keeps one queue per chat and sends the next update of a queue only
after the one before it was answered 2xx or given up (tdlib/telegram-bot-api ``WebhookActor.cpp``: ``queue_id_``,
``drop_event``). So several connections do not mix up a chat, and we ask for 40, its default, which lets the store
commit many updates at once; a single connection would hold one update per round trip.
"""

from __future__ import annotations

import asyncio
import hmac
import re

import structlog
from aiohttp import web

from bot.handlers.intake import Intake
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_poller import Patience
from bot.handlers.shared.telegram_sdk import AiogramError
from bot.handlers.shared.telegram_updates import ALLOWED, keep_raw, source_of

log = structlog.get_logger(__name__)

HEADER = "X-Telegram-Bot-Api-Secret-Token"
MAX_CONNECTIONS = 40
LARGEST = 16 * 1024 * 1024
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Webhook:
    """Takes the updates of one bot at ``public_url`` + ``path``."""

    def __init__(self, api: BotApi, intake: Intake, *, public_url: str, path: str, secret: str) -> None:
        """Raises ``ValueError`` for a secret Telegram would not take; without one, anybody could write updates."""
        if _SECRET.fullmatch(secret) is None:
            raise ValueError("RELAYDESK_TELEGRAM__WEBHOOK_SECRET must be 1-256 characters of A-Z, a-z, 0-9, _ and -")
        self._api = api
        self._intake = intake
        self._secret = secret
        self.url = public_url.rstrip("/") + path
        self._path = path
        self._source = source_of(api.id)

    def routes(self) -> list[web.RouteDef]:
        """The one route."""
        return [web.post(self._path, self.take)]

    async def take(self, request: web.Request) -> web.Response:
        """Keep one update. 401 without the secret, 500 when it could not be kept: Telegram then sends it again."""
        given = request.headers.get(HEADER, "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._secret.encode()):
            return web.Response(status=401)
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > LARGEST:
                return web.Response(status=413)
        try:
            await self._intake.keep(self._source, [keep_raw(self._api.id, bytes(body))])
        except Exception as error:  # whatever the store says, the update is not ours yet
            log.warning("update not kept; Telegram will send it again", source=self._source, why=type(error).__name__)
            return web.Response(status=500)
        return web.Response()

    async def set(self) -> None:
        """Tell Telegram where we are, until it listens. Every node may; the call changes nothing when repeated."""
        patience, said = Patience(), False
        arguments = {
            "url": self.url,
            "secret_token": self._secret,
            "max_connections": MAX_CONNECTIONS,
            "allowed_updates": ALLOWED,
            "drop_pending_updates": False,
        }
        while True:
            try:
                await self._api.call("setWebhook", arguments)
                return
            except AiogramError as error:
                if not said:
                    log.warning("webhook not set; trying again", source=self._source, why=str(error))
                    said = True
                await asyncio.sleep(patience.next(1.0, 60.0))
