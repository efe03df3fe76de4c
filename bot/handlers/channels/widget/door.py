"""The widget's HTTP routes. Every answer is JSON with words a visitor can read; nothing is cached; no token is in an address."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from aiohttp import web

from bot.commands.channel import receipt_upto
from bot.domain.files import File
from bot.domain.phrase import Phrase
from bot.handlers.channels.widget import asked, assets
from bot.handlers.channels.widget.away import Away
from bot.handlers.channels.widget.identity import Identities
from bot.handlers.channels.widget.inbound import SOURCE, kept, kept_change
from bot.handlers.channels.widget.limits import Limits, Throttle, address_of
from bot.handlers.channels.widget.no import SAFE, No
from bot.handlers.channels.widget.origins import Origins
from bot.handlers.channels.widget.streams import Full, Streams
from bot.handlers.channels.widget.telling import as_json
from bot.handlers.channels.widget.tokens import Tokens, visitor_of, well_formed
from bot.handlers.channels.widget.transfers import Transfers
from bot.handlers.intake import Intake
from bot.store import visible as seen
from bot.store.engine import Store
from bot.store.inbox import Kept
from bot.store.uow import Tx, clock
from bot.store.visible import Visible

log = structlog.get_logger(__name__)

HISTORY = 30
KNOWN = 20_000
PATHS = ("session", "messages", "edit", "delete", "react", "seen", "typing", "files", "events", "history", "now")

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
        identities: Identities,
        looks: str,
        typing: Callable[[str, str], None],
        proxies: int,
    ) -> None:
        self._intake = intake
        self._store = store
        self._channels = channels
        self._origins = origins
        self._tokens = tokens
        self._identities = identities
        self._typing = typing
        self._asset = assets.script(looks)
        self._proxies = proxies
        self._by_visitor = Throttle(limits.visitor, limits.visitor_burst)
        self._by_address = Throttle(limits.address, limits.address_burst)
        self._reads = Throttle(limits.reads, limits.reads_burst)
        self._receipts = Throttle(limits.receipts, limits.receipts_burst)
        self._transfers = Transfers(store, limits)
        self._away = Away(store)
        self._known: dict[str, None] = {}
        self.streams = Streams(store, limits)

    def routes(self) -> list[web.RouteDef]:
        """What to add to the HTTP server."""
        return [
            web.get("/widget.js", self._script),
            web.get("/widget/widget.css", self._style),
            *[web.get(f"/widget/words/{language}.json", self._words(language)) for language in assets.LANGUAGES],
            web.post("/widget/session", self._guarded(self._session)),
            web.post("/widget/messages", self._guarded(self._message)),
            *[web.post(f"/widget/{name}", self._guarded(self._changing(name))) for name in ("edit", "delete", "react")],
            web.post("/widget/seen", self._guarded(self._seen)),
            web.post("/widget/typing", self._guarded(self._types)),
            web.post("/widget/files", self._guarded(self._upload)),
            web.get("/widget/files/{number:[0-9]{1,10}}", self._guarded(self._download), allow_head=False),
            web.get("/widget/events", self._guarded(self._events), allow_head=False),
            web.get("/widget/history", self._guarded(self._history), allow_head=False),
            web.get("/widget/now", self._guarded(self._now), allow_head=False),
            *[web.options(f"/widget/{path}", self._preflight) for path in (*PATHS, "files/{number}")],
        ]

    # Files ------------------------------------------------------------------------------------------------------------

    async def _script(self, request: web.Request) -> web.Response:
        return _file(request, self._asset)

    async def _style(self, request: web.Request) -> web.Response:
        return _file(request, assets.style())

    def _words(self, language: str) -> _Handler:
        async def words(request: web.Request) -> web.Response:
            return _file(request, assets.words(language))

        return words

    # Requests ---------------------------------------------------------------------------------------------------------

    def _guarded(self, handler: _Handler) -> _Handler:
        """Refuse what other websites send, and give every refusal its words."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if not self._origins.allows(request):
                    raise No(
                        403, "origin", Phrase("This website may not use this chat until its address is allowed in the settings.")
                    )
                return await handler(request)
            except No as no:
                answer = self._json(request, {"error": no.code, "message": no.message}, no.status)
                if no.wait:
                    answer.headers["Retry-After"] = str(math.ceil(no.wait))
                return answer

        return guarded

    async def _preflight(self, request: web.Request) -> web.Response:
        allowed = self._origins.allows(request)
        return web.Response(status=204 if allowed else 403, headers={**SAFE, **self._origins.preflight(request)})

    async def _session(self, request: web.Request) -> web.Response:
        """Resume the visitor whose token is sent along, or make a new one. The token is told this once.

        Somebody the website vouches for gets his own, on each of his devices.
        """
        self._throttle(self._by_address, self._address(request))
        channel = self._channel(request)
        if "Authorization" in request.headers:
            await self._visitor(request, channel)
            return self._json(request, {"resumed": True})
        person = self._identities.person((await asked.body_of(request)).get("identity")) if request.can_read_body else None
        token = self._tokens.of_person(channel, person.key) if person is not None else self._tokens.issue(channel)
        return self._json(request, {"token": token}, 201)

    async def _message(self, request: web.Request) -> web.Response:
        channel, visitor = await self._writer(request)
        data = await asked.body_of(request)
        said = asked.said(data)
        person = self._identities.person(data.get("identity"))
        if person is not None:
            if self._tokens.of_person(channel, person.key) != _token(request):
                raise No(403, "identity", Phrase("This chat is somebody else's. Please reload the page."))
            said = said._replace(name=person.name or person.email or said.name)
        at = clock()
        identifiers = person.identifiers if person is not None else {}
        await self._keep(kept(channel, visitor, said, identifiers=identifiers, at=at))
        return self._json(request, {"id": said.id, "at": at})

    def _changing(self, name: str) -> _Handler:
        """Edit or take back one's own words, or react to an answer."""

        async def change(request: web.Request) -> web.Response:
            channel, visitor = await self._writer(request)
            data = await asked.body_of(request)
            what: dict[str, Any] = {"do": name}
            if name == "react":
                what |= {"seq": asked.whole(data.get("seq")), "emoji": asked.signs(data)}
            else:
                what |= {"id": asked.message_id(data)}
            if name == "edit":
                what["text"] = asked.words(data.get("text"), empty=bool(data.get("file")))
            at = clock()
            await self._keep(kept_change(channel, visitor, asked.message_id(data, "change"), what, at))
            return self._json(request, {"at": at})

        return change

    async def _writer(self, request: web.Request) -> tuple[str, str]:
        """Channel and visitor of a request that writes."""
        self._throttle(self._by_address, self._address(request))
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        self._throttle(self._by_visitor, visitor)
        return channel, visitor

    async def _keep(self, update: Kept) -> None:
        try:
            await self._intake.keep(SOURCE, [update])
        except Exception as error:  # whatever the store could not do: nothing was kept, so nothing is acknowledged
            log.exception("widget message not kept", error=type(error).__name__)
            raise No(
                503, "later", Phrase("The message could not be taken just now. It is sent again in a moment."), 3.0
            ) from error

    async def _seen(self, request: web.Request) -> web.Response:
        """How far the browser has got, and its visitor has read. Best effort: what is too much is dropped (F43)."""
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        data = await asked.body_of(request)
        read, delivered = asked.whole(data.get("read"), 0), asked.whole(data.get("delivered"), 0)
        if self._receipts.take(visitor) == 0:
            await self._store.write(lambda tx: _note_seen(tx, channel, visitor, delivered, read))
        return self._json(request, {})

    async def _types(self, request: web.Request) -> web.Response:
        """The visitor writes at this moment; as best effort as :meth:`_seen`."""
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        if self._receipts.take(visitor) == 0:
            self._typing(visitor, channel)
        return self._json(request, {})

    async def _upload(self, request: web.Request) -> web.Response:
        """Take a file that a message is going to name."""
        _, visitor = await self._writer(request)
        file = await self._transfers.upload(request, visitor, self._address(request))
        return self._json(request, {"file": file.id, "name": file.name, "mime": file.mime, "size": file.size}, 201)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Give a file to the visitor whose conversation it stands in."""
        self._throttle(self._reads, self._address(request))
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        number = int(request.match_info["number"])
        file = await self._store.read(lambda tx: _file_of(tx, channel, visitor, number))
        if file is None:
            raise No(404, "file", Phrase("There is no such file in this chat."))
        return await self._transfers.download(request, file, {**SAFE, **self._origins.headers(request)})

    async def _now(self, request: web.Request) -> web.Response:
        """Whether somebody answers at this hour, and what can be sent here."""
        self._throttle(self._reads, self._address(request))
        return self._json(request, {**await self._away.now(self._channel(request)), "largest": self._transfers.limit})

    async def _history(self, request: web.Request) -> web.Response:
        self._throttle(self._reads, self._address(request))
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        before = asked.number(request.query.get("before"), asked.LARGEST)
        messages = await self._store.read(lambda tx: _before(tx, channel, visitor, before))
        more = len(messages) > HISTORY
        return self._json(request, {"messages": [as_json(message) for message in messages[-HISTORY:]], "more": more})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        address = self._address(request)
        self._throttle(self._reads, address)
        channel = self._channel(request)
        visitor = await self._visitor(request, channel)
        after = asked.number(request.headers.get("Last-Event-ID") or request.query.get("after"), 0)
        had = asked.had(request.query.get("have"))
        try:
            self.streams.room(visitor, address)
        except Full as full:
            words = Phrase("Too many people are connected at the moment. Please try again in a minute.")
            raise No(503, "full", words, 60.0) from full
        response = web.StreamResponse(headers={**SAFE, **self._origins.headers(request), "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        await response.prepare(request)
        await self.streams.serve(request, response, channel=channel, visitor=visitor, address=address, after=after, had=had)
        return response

    # Who asks ---------------------------------------------------------------------------------------------------------

    def _address(self, request: web.Request) -> str:
        return address_of(request, self._proxies)

    def _channel(self, request: web.Request) -> str:
        name = request.query.get("channel", "")
        if not name and len(self._channels) == 1:
            return self._channels[0]
        if name not in self._channels:
            raise No(
                404, "channel", Phrase("There is no such chat here. The page's data-channel names a channel that does not exist.")
            )
        return name

    async def _visitor(self, request: web.Request, channel: str) -> str:
        """Whose token this is: one of ours, or one whose conversation the store has."""
        token = _token(request)
        if well_formed(token):
            visitor = visitor_of(token)
            if self._tokens.is_ours(token, channel) or await self._remembered(channel, visitor):
                return visitor
        raise No(401, "token", Phrase("This chat is not known here any more. Please begin a new one."))

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
            raise No(429, "slower", Phrase("That was a lot at once. Your message is kept and will be sent in a moment."), wait)

    def _json(self, request: web.Request, data: dict[str, Any], status: int = 200) -> web.Response:
        return web.json_response(data, status=status, headers={**SAFE, **self._origins.headers(request)})


def _before(tx: Tx, channel: str, visitor: str, before: int) -> list[Visible]:
    """One message more than is shown, so that it is known whether there are earlier ones."""
    conversation = seen.conversation_of(tx, "widget", channel, visitor)
    return [] if conversation is None else seen.visible_before(tx, conversation, before, HISTORY + 1)


def _note_seen(tx: Tx, channel: str, visitor: str, delivered: int, read: int) -> None:
    conversation = seen.conversation_of(tx, "widget", channel, visitor)
    if conversation is not None:
        if read:
            receipt_upto(tx, conversation, read, "read")
        if delivered > read:
            receipt_upto(tx, conversation, delivered, "delivered")


def _file_of(tx: Tx, channel: str, visitor: str, number: int) -> File | None:
    conversation = seen.conversation_of(tx, "widget", channel, visitor)
    return seen.file_of(tx, conversation, number) if conversation is not None else None


def _token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _file(request: web.Request, asset: assets.Asset) -> web.Response:
    """A file the browser may keep, asking each time whether it changed."""
    headers = {
        "Cache-Control": "no-cache",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    if request.headers.get("If-None-Match") == asset.etag:
        return web.Response(status=304, headers=headers)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=asset.packed if packed else asset.plain, content_type=asset.content_type, charset="utf-8", headers=headers
    )
