"""WhatsApp's webhook: who calls is proved by a signature over the very bytes, what it tells is kept, and only then comes the 200.

developers.facebook.com/docs/graph-api/webhooks/getting-started: GET with ``hub.challenge``, POST with ``X-Hub-Signature-256``;
anything but 200 is sent again.
"""

from __future__ import annotations

import hashlib
import hmac

import structlog
from aiohttp import web

from bot.handlers.channels.whatsapp.updates import SOURCE, rows_of
from bot.handlers.intake import Intake

log = structlog.get_logger(__name__)

PATH = "/whatsapp"
HEADER = "X-Hub-Signature-256"
LARGEST = 16 * 1024 * 1024
"""A webhook has at most 3 MB."""


class Door:
    """Takes what WhatsApp tells."""

    def __init__(self, intake: Intake, *, app_secret: str, verify_token: str) -> None:
        self._intake = intake
        self._app_secret = app_secret.encode()
        self._verify_token = verify_token.encode()
        self.heard = False

    def routes(self) -> list[web.RouteDef]:
        """The one path, twice."""
        return [web.get(PATH, self.verify, allow_head=False), web.post(PATH, self.take)]

    async def verify(self, request: web.Request) -> web.Response:
        """The app's dashboard asks whether we expect it (F65)."""
        given = request.query.get("hub.verify_token", "").encode(errors="surrogateescape")
        expected = hmac.compare_digest(given, self._verify_token)
        if request.query.get("hub.mode") != "subscribe" or not expected:
            return web.Response(status=403)
        return web.Response(text=request.query.get("hub.challenge", "")[:200], content_type="text/plain")

    async def take(self, request: web.Request) -> web.Response:
        """Keep what it tells. 401 unless it is signed (F65), 500 when it could not be kept: then it comes again."""
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > LARGEST:
                return web.Response(status=413)
        try:
            signed = self._is_signed(request, bytes(body))
        except Exception:  # whatever is wrong with a signature, it is none
            signed = False
        if not signed:
            log.warning("a webhook without WhatsApp's signature was refused", bytes=len(body))
            return web.Response(status=401)
        self.heard = True
        try:
            await self._intake.keep(SOURCE, rows_of(bytes(body)))
        except Exception as error:  # whatever the store says, it is not ours yet
            log.warning("webhook not kept; WhatsApp will send it again", why=type(error).__name__)
            return web.Response(status=500)
        return web.Response()

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        scheme, _, given = request.headers.get(HEADER, "").partition("=")
        right = hmac.new(self._app_secret, body, hashlib.sha256).digest()
        return scheme == "sha256" and hmac.compare_digest(bytes.fromhex(given), right)
