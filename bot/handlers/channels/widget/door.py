"""The widget's HTTP routes. Every answer is JSON with words a visitor can read; nothing is cached; no token is in an address."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import structlog
from aiohttp import web

from bot.domain.capabilities import CHANNELS
from bot.domain.text import storable, utf16_len
from bot.handlers.channels.widget import assets
from bot.handlers.channels.widget.inbound import SOURCE, kept
from bot.handlers.channels.widget.limits import Limits, Throttle, address_of
from bot.handlers.channels.widget.origins import Origins
from bot.handlers.channels.widget.streams import Full, Streams, as_json
from bot.handlers.channels.widget.tokens import Tokens, visitor_of, well_formed
from bot.handlers.intake import Intake
from bot.store import visible as seen
from bot.store.engine import Store
from bot.store.uow import Tx, clock
from bot.store.visible import Visible

log = structlog.get_logger(__name__)

TEXT_LIMIT = CHANNELS["widget"].text_limit
NAME_LIMIT = 200
BODY_LIMIT = 64 * 1024
BODY_SECONDS = 15.0
HISTORY = 30
LARGEST_SEQ = 2**31 - 1
KNOWN = 20_000

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class _No(Exception):
    """The request is refused: a status, a word for the script, words for the visitor."""

    def __init__(self, status: int, code: str, message: str, wait: float = 0.0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.wait = wait


class _Said(NamedTuple):
    """A visitor's message, checked."""

    id: str
    text: str
    name: str


_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """Serves the script and what the script asks. ``channels`` is looked at on every request, so it may change."""

    def __init__(
        self,
        intake: Intake,
        store: Store,
        *,
        channels: Sequence[str],
        origins: Origins,
        tokens: Tokens,
        limits: Limits,
        proxies: int,
    ) -> None:
        self._intake = intake
        self._store = store
        self._channels = channels
        self._origins = origins
        self._tokens = tokens
        self._proxies = proxies
        self._by_visitor = Throttle(limits.visitor, limits.visitor_burst)
        self._by_address = Throttle(limits.address, limits.address_burst)
        self._reads = Throttle(limits.reads, limits.reads_burst)
        self._known: dict[str, None] = {}
        self.streams = Streams(store, limits)

    def routes(self) -> list[web.RouteDef]:
        """What to add to the HTTP server."""
        return [
            web.get("/widget.js", self._script),
            web.get("/widget/widget.css", self._style),
            web.post("/widget/session", self._guarded(self._session)),
            web.post("/widget/messages", self._guarded(self._message)),
            web.get("/widget/events", self._guarded(self._events), allow_head=False),
            web.get("/widget/history", self._guarded(self._history), allow_head=False),
            *[web.options(f"/widget/{path}", self._preflight) for path in ("session", "messages", "events", "history")],
        ]

    # Files ------------------------------------------------------------------------------------------------------------

    async def _script(self, request: web.Request) -> web.Response:
        return _file(request, assets.script())

    async def _style(self, request: web.Request) -> web.Response:
        return _file(request, assets.style())

    # Requests ---------------------------------------------------------------------------------------------------------

    def _guarded(self, handler: _Handler) -> _Handler:
        """Refuse what other websites send, and give every refusal its words."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if not self._origins.allows(request):
                    raise _No(403, "origin", "This website may not use this chat until its address is allowed in the settings.")
                return await handler(request)
            except _No as no:
                answer = self._json(request, {"error": no.code, "message": no.message}, no.status)
                if no.wait:
                    answer.headers["Retry-After"] = str(math.ceil(no.wait))
                return answer

        return guarded

    async def _preflight(self, request: web.Request) -> web.Response:
        allowed = self._origins.allows(request)
        return web.Response(status=204 if allowed else 403, headers={**_SAFE, **self._origins.preflight(request)})

    async def _session(self, request: web.Request) -> web.Response:
        """Resume the visitor whose token is sent along, or make a new one. The token is told this once."""
        self._throttle(self._by_address, self._address(request))
        channel = self._channel(request)
        if "Authorization" in request.headers:
            await self._visitor(request, channel)
            return self._json(request, {"resumed": True})
        return self._json(request, {"token": self._tokens.issue(channel)}, 201)

    async def _message(self, request: web.Request) -> web.Response:
        self._throttle(self._by_address, self._address(request))
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        self._throttle(self._by_visitor, visitor)
        said = _said(await _body(request))
        at = clock()
        try:
            await self._intake.keep(SOURCE, [kept(channel, visitor, message_id=said.id, text=said.text, name=said.name, at=at)])
        except Exception as error:  # whatever the store could not do: nothing was kept, so nothing is acknowledged
            log.exception("widget message not kept", error=type(error).__name__)
            raise _No(503, "later", "The message could not be taken just now. It is sent again in a moment.", 3.0) from error
        return self._json(request, {"id": said.id, "at": at})

    async def _history(self, request: web.Request) -> web.Response:
        self._throttle(self._reads, self._address(request))
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        before = _number(request.query.get("before"), LARGEST_SEQ)
        messages = await self._store.read(lambda tx: _before(tx, channel, visitor, before))
        more = len(messages) > HISTORY
        return self._json(request, {"messages": [as_json(message) for message in messages[-HISTORY:]], "more": more})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        address = self._address(request)
        self._throttle(self._reads, address)
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        after = _number(request.headers.get("Last-Event-ID") or request.query.get("after"), 0)
        try:
            self.streams.room(visitor, address)
        except Full as full:
            raise _No(503, "full", str(full), 60.0) from full
        response = web.StreamResponse(headers={**_SAFE, **self._origins.headers(request), "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        await response.prepare(request)
        await self.streams.serve(request, response, channel=channel, visitor=visitor, address=address, after=after)
        return response

    # Who asks ---------------------------------------------------------------------------------------------------------

    def _address(self, request: web.Request) -> str:
        return address_of(request, self._proxies)

    def _channel(self, request: web.Request) -> str:
        name = request.query.get("channel", "")
        if not name and len(self._channels) == 1:
            return self._channels[0]
        if name not in self._channels:
            raise _No(404, "channel", "There is no such chat here. The page's data-channel names a channel that does not exist.")
        return name

    async def _visitor(self, request: web.Request, channel: str) -> str:
        """Whose token this is: one of ours, or one whose conversation the store has."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and well_formed(token):
            visitor = visitor_of(token)
            if self._tokens.is_ours(token, channel) or await self._remembered(channel, visitor):
                return visitor
        raise _No(401, "token", "This chat is not known here any more. Please begin a new one.")

    async def _remembered(self, channel: str, visitor: str) -> bool:
        key = f"{visitor}:{channel}"
        if key in self._known:
            return True
        found = await self._store.read(lambda tx: seen.conversation_of(tx, "widget", channel, visitor))
        if found is None:
            return False
        if len(self._known) >= KNOWN:
            del self._known[next(iter(self._known))]
        self._known[key] = None
        return True

    def _throttle(self, throttle: Throttle, key: str) -> None:
        wait = throttle.take(key)
        if wait > 0:
            raise _No(429, "slower", "That was a lot at once. Your message is kept and will be sent in a moment.", wait)

    def _json(self, request: web.Request, data: dict[str, Any], status: int = 200) -> web.Response:
        return web.json_response(data, status=status, headers={**_SAFE, **self._origins.headers(request)})


def _before(tx: Tx, channel: str, visitor: str, before: int) -> list[Visible]:
    """One message more than is shown, so that it is known whether there are earlier ones."""
    conversation = seen.conversation_of(tx, "widget", channel, visitor)
    return [] if conversation is None else seen.visible_before(tx, conversation, before, HISTORY + 1)


async def _body(request: web.Request) -> bytes:
    """The request's body, not more of it than a message can need."""
    too_large = _No(413, "too_long", "This message is too long. Please send it in parts.")
    if (request.content_length or 0) > BODY_LIMIT:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise too_large
                chunks.append(chunk)
    except TimeoutError as error:
        raise _No(408, "slow", "The message did not arrive whole. It will be sent again.") from error
    return b"".join(chunks)


def _said(raw: bytes) -> _Said:
    """Read a message; what is wrong with it is said in words."""
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _No(400, "not_utf8", "The message is not UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        raise _No(400, "not_json", "The message is not JSON.") from error
    if not isinstance(data, dict):
        raise _No(400, "not_json", "The message is not a JSON object.")
    message_id, text, name = data.get("id"), data.get("text"), data.get("name") or ""
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        raise _No(400, "id", "The message's id must be 8 to 64 letters, digits, - or _.")
    if not isinstance(text, str) or not isinstance(name, str):
        raise _No(400, "shape", "The message's text and name must be strings.")
    text = storable(text)
    if not text.strip():
        raise _No(400, "empty", "The message is empty.")
    if utf16_len(text) > TEXT_LIMIT:
        raise _No(413, "too_long", f"This message is longer than {TEXT_LIMIT} characters. Please send it in parts.")
    return _Said(message_id, text, storable(name[:NAME_LIMIT]))


def _number(text: str | None, otherwise: int) -> int:
    if text is None or not text:
        return otherwise
    if not _NUMBER.fullmatch(text):
        raise _No(400, "number", "That place in the conversation is not a number.")
    return min(int(text), LARGEST_SEQ)


def _file(request: web.Request, asset: assets.Asset) -> web.Response:
    """A file the browser may keep, asking each time whether it changed."""
    headers = {
        "Cache-Control": "no-cache",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("If-None-Match") == asset.etag:
        return web.Response(status=304, headers=headers)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=asset.packed if packed else asset.plain, content_type=asset.content_type, charset="utf-8", headers=headers
    )
