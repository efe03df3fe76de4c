"""Hears Slack over HTTP and Socket Mode, and keeps or applies each update before it is acknowledged (F3, F4).

Bolt's listeners run after the acknowledgement, so none are used: one middleware, placed before Bolt's own
authorisation (which would ask Slack first), commits the update and ends the dispatch. When that raises, Bolt answers
500 and Socket Mode stays silent, so that Slack sends it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import ClientError, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.domain.phrase import Phrase
from bot.handlers.desks.slack.ears import Ears
from bot.handlers.desks.slack.updates import is_question, part, to_keep, unparsed, word
from bot.handlers.desks.slack.wire import Failed, Wire

log = structlog.get_logger(__name__)

LARGEST_BODY = 8 << 20
OLDEST_SECONDS = 300
CONNECT_SECONDS = 20.0
AWAY_SECONDS = 3.0
LONGEST_PAUSE = 30.0
CLOSE_SECONDS = 2.0

SOCKET_REMEDY = "make an app-level token with connections:write, switch Socket Mode on, and set RELAYDESK_SLACK__APP_TOKEN"
NETWORK = Phrase("look at the network and at RELAYDESK_SLACK__API_URL; it goes on by itself")


class KeepFirst(AsyncMiddleware):
    """Answers in the same response what wants it; commits every other update, then lets Bolt acknowledge it."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's word
    ) -> BoltResponse:
        """Answer 200 when the update is safe. What ``keep`` raises becomes Bolt's 500."""
        body = part(req.body)
        if word(body, "type") == "url_verification":
            return BoltResponse(status=200, body={"challenge": word(body, "challenge")})
        if word(body, "type") == "block_suggestion":
            return BoltResponse(status=200, body=await self._ears.suggest(body))
        try:
            update = to_keep(body)
        except RecursionError:
            update = unparsed(req.raw_body)
        if update is not None and is_question(body):
            return BoltResponse(status=200, body=await self._ears.ask(update, body))
        if update is not None:
            await self._ears.keep(update)
        return BoltResponse(status=200, body="")


class Socket(AsyncSocketModeHandler):
    """One connection of Socket Mode. What it has begun it acknowledges before it closes; what it has not, Slack sends again."""

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        super().__init__(app, app_token)
        self._closing = False
        self._begun: set[asyncio.Task[None]] = set()

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as Bolt's own
        """Keep one update and acknowledge it."""
        task = asyncio.current_task()
        if self._closing or task is None:
            return
        self._begun.add(task)
        try:
            await super().handle(client, req)
        except (ClientError, ConnectionError) as error:
            log.info("slack socket went before an acknowledgement", error=type(error).__name__)
        finally:
            self._begun.discard(task)

    async def close(self) -> None:
        """Acknowledge what has begun, close, and wait for slack_sdk's tasks, which its own ``close`` leaves behind."""
        self._closing = True
        if self._begun:
            await asyncio.wait(self._begun, timeout=CLOSE_SECONDS)
        client = self.client
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.close_async()  # type: ignore[no-untyped-call]  # slack_bolt gives no types here
        except Exception as error:  # the other side may be gone; what matters is that our side ends
            log.info("slack socket closed roughly", error=type(error).__name__)
        tasks = [task for task in (client.message_processor, client.current_session_monitor, client.message_receiver) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.aiohttp_client_session.close()


class Listener:
    """One app's ears: an HTTP handler and a Socket Mode loop over the same Bolt app."""

    def __init__(self, ears: Ears, wire: Wire, *, app_token: str | None, signing_secret: str | None) -> None:
        self._ears = ears
        self._wire = wire
        self._app_token = app_token
        self._secret = signing_secret
        self._app: AsyncApp | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """``POST /slack/events``. 401 for whatever Slack has not signed, before anything is read into it (F62)."""
        raw = await _read(request)
        if raw is None:
            return web.Response(status=413)
        text = _genuine(self._secret or "", request.headers, raw, time.time())
        if text is None:
            return web.Response(status=401)
        try:
            asked = AsyncBoltRequest(body=text, headers=dict(request.headers))
        except (ValueError, RecursionError, AttributeError, TypeError, KeyError):
            await self._ears.keep(unparsed(text))
            return web.Response()
        return await to_aiohttp_response(await self._bolt().async_dispatch(asked))

    async def listen(self) -> None:
        """Socket Mode until cancelled, connecting anew when the connection stays away; returns at once without an app token."""
        pause, trouble = 1.0, ""
        while self._app_token:
            handler = Socket(self._bolt(), self._app_token)
            try:
                await self._connect(handler)
                if trouble:
                    log.info("Slack: Socket Mode is open")
                pause, trouble = 1.0, ""
                await _until_away(handler)
                trouble = _say(trouble, "the connection broke", NETWORK)
                continue
            except Failed as failed:
                trouble = _say(trouble, failed.code or _reason(failed), SOCKET_REMEDY if failed.code else NETWORK)
            except TimeoutError:
                trouble = _say(trouble, "it did not open in time", NETWORK)
            finally:
                await handler.close()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect(self, handler: Socket) -> None:
        """Ask for the address ourselves: slack_sdk would try a refused token for ever without a word to people."""
        answer = await self._wire.open_socket(self._app_token or "")
        handler.client.wss_uri = answer
        async with asyncio.timeout(CONNECT_SECONDS):
            await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt gives no types here

    def _bolt(self) -> AsyncApp:
        """Bolt's app, made within the loop. Signatures were checked on the raw bytes already."""
        self._wire.open()
        if self._app is None:
            # slack_bolt logs whole updates, with people's words, at DEBUG
            quiet = logging.getLogger("slack_bolt")
            quiet.setLevel(max(quiet.level, logging.INFO))
            self._app = AsyncApp(
                name="relaydesk",
                logger=quiet,
                client=self._wire.client,
                before_authorize=KeepFirst(self._ears),
                request_verification_enabled=False,
                ssl_check_enabled=False,
            )
        return self._app


def _say(before: str, why: str, remedy: str) -> str:
    """Say once what keeps Socket Mode from opening; it is tried again and again."""
    if why != before:
        log.warning("Slack: Socket Mode is not open, so nothing is heard from Slack", why=why, remedy=remedy)
    return why


def _reason(failed: Failed) -> str:
    return str(getattr(failed.outcome, "reason", failed))


async def _read(request: web.Request) -> bytes | None:
    """The body, or None when it is larger than anything Slack sends; the server's own limit may be lower than Slack's."""
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > LARGEST_BODY:
            return None
    return bytes(raw)


def _genuine(secret: str, headers: Mapping[str, str], raw: bytes, now: float) -> str | None:
    """The body as text when Slack signed these bytes lately, else None; never raises.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    try:
        stamp = headers["X-Slack-Request-Timestamp"]
        given = headers["X-Slack-Signature"].encode("utf-8", "surrogateescape")
        if not secret or not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > OLDEST_SECONDS:
            return None
        expected = hmac.new(secret.encode(), b"v0:%b:%b" % (stamp.encode(), raw), hashlib.sha256).hexdigest()
        return raw.decode() if hmac.compare_digest(f"v0={expected}".encode(), given) else None
    except Exception:  # whatever a stranger sends is a stranger's request
        return None


async def _until_away(handler: Socket) -> None:
    """Return when the connection has been away longer than a planned reconnection of slack_sdk's takes.

    Its own watch over unplanned losses is ten seconds slow, and tries one expired address for ever.
    """
    away_since: float | None = None
    while True:
        await asyncio.sleep(1)
        if await handler.client.is_connected():
            away_since = None
            continue
        away_since = away_since or time.monotonic()
        if time.monotonic() - away_since > AWAY_SECONDS:
            return
