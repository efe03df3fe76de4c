"""Where other systems knock: events, uploads, and the files they fetch."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Collection
from urllib.parse import quote, unquote

import structlog
from aiohttp import web
from pydantic import ValidationError

from bot.delivery.ports import Sent
from bot.domain.files import Attachment, FileKind, FileState, safe_file_name
from bot.domain.text import storable
from bot.handlers.channels.http.contract import EVENT_IN, MessageIn, Taken, Trouble, TypingIn, Uploaded
from bot.handlers.channels.http.inbound import KIND, SOURCE, address, owner_of
from bot.handlers.channels.http.signing import CONTENT, SIGNATURE, TIMESTAMP, file_signature, is_signed
from bot.handlers.intake import Intake
from bot.handlers.shared.files import Files
from bot.store import files, messages
from bot.store.engine import Store
from bot.store.inbox import Kept
from bot.store.secrets import channel_secret

log = structlog.get_logger(__name__)

LARGEST = 256 * 1024
LARGEST_FILE = 20 << 20
NAME = "X-Relaydesk-File-Name"
"""Of an upload: the file's name, percent-encoded."""
BODY_SECONDS = 300.0
ClientTypes = Callable[[str, str], None]


class Tampered(Exception):
    """The bytes are not those that were signed."""


class Door:
    """The routes of all HTTP channels. ``types`` shows operators that a client (of which channel) types."""

    def __init__(self, intake: Intake, store: Store, *, channels: Collection[str], master: str, types: ClientTypes) -> None:
        self._intake = intake
        self._store = store
        self._files = Files(store)
        self._secrets = {name: channel_secret(master, name) for name in channels}
        self._types = types

    def routes(self) -> list[web.RouteDef]:
        """Three of them."""
        return [
            web.post("/channel/{name}", self.take),
            web.post("/channel/{name}/files", self.upload),
            web.get("/channel/{name}/files/{number:\\d{1,15}}", self.give),
        ]

    async def take(self, request: web.Request) -> web.Response:
        """One event: 401 unless signed, 422 with the reason when it is none, 202 once it is kept."""
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > LARGEST:
                return _no(413, f"An event has at most {LARGEST} bytes.")
        name = request.match_info["name"]
        if not self._signed(request, name, bytes(body)):
            return _no(401, "The signature is missing, wrong or older than five minutes.")
        try:
            event = EVENT_IN.validate_json(bytes(body))
        except ValidationError as wrong:
            return _no(422, _why(wrong))
        if isinstance(event, TypingIn):
            self._types(address(name, event.client.id), name)
            return _yes(Taken(new=True), 202)
        if isinstance(event, MessageIn) and (refusal := await self._refusal(name, event)):
            return _no(422, refusal)
        told = json.dumps({"channel": name, "event": json.loads(event.model_dump_json())}, ensure_ascii=False)
        who = address(name, event.client.id)
        key = f"{who}:{event.id}" if isinstance(event, MessageIn) else hashlib.sha256(f"{name}{told}".encode()).hexdigest()
        try:
            new = await self._intake.keep(SOURCE, [Kept(key, who, storable(told))])
        except Exception as error:  # whatever the store says, it is not ours yet
            log.warning("event not kept; the sender may try again", channel=name, why=type(error).__name__)
            return _no(503, "It could not be kept. Please try again.")
        return _yes(Taken(new=bool(new)), 202)

    async def _refusal(self, name: str, event: MessageIn) -> str:
        if event.file is None:
            return "" if event.text.strip() else "A message has a text or a file."
        number = event.file.upload
        spot = (KIND, address(name, event.client.id), event.id)
        if await self._store.read(lambda tx: messages.at(tx, *spot)) is not None:
            return ""  # a repeat, whose file has long been taken
        mine = await self._store.read(lambda tx: files.upload_of(tx, number, owner_of(name))) is not None
        return "" if mine else "There is no such upload, or another message has it."

    async def upload(self, request: web.Request) -> web.Response:
        """Bytes of a file, before the message that bears it. What is signed is their digest, so a stranger's are not read."""
        name, digest = request.match_info["name"], request.headers.get(CONTENT, "")
        if not self._signed(request, name, digest.encode(errors="surrogateescape")):
            return _no(401, "The signature is missing, wrong or older than five minutes.")
        kind, mime = FileKind.DOCUMENT, request.content_type
        told = storable(unquote(request.headers.get(NAME, ""), errors="replace"))
        sent = Attachment(kind=kind, name=safe_file_name(told, kind, mime), mime=mime)
        number = await self._store.write(lambda tx: files.reserve(tx, sent, owner_of(name)))
        file = await self._store.read(lambda tx: files.by_id(tx, number))
        assert file is not None
        try:
            async with asyncio.timeout(BODY_SECONDS):
                outcome = await self._files.take(file, _checked(request, digest), most=LARGEST_FILE)
        except (Tampered, TimeoutError, ConnectionError) as error:
            await self._store.write(lambda tx: files.drop(tx, number))
            return _no(
                422, "The bytes are not those that were signed." if isinstance(error, Tampered) else "They did not all come."
            )
        if not isinstance(outcome, Sent):
            await self._store.write(lambda tx: files.drop(tx, number))
            return _no(422, str(getattr(outcome, "reason", "It was not taken.")))
        done = await self._store.read(lambda tx: files.by_id(tx, number))
        assert done is not None
        return _yes(Uploaded(upload=done.id, name=done.name, mime=done.mime, size=done.size), 201)

    async def give(self, request: web.Request) -> web.StreamResponse:
        """A file an operator has sent, to whoever has its address while that is good."""
        name, number = request.match_info["name"], int(request.match_info["number"])
        expires, given = request.query.get("expires", ""), request.query.get("signature", "")
        secret = self._secrets.get(name)
        if secret is None or not expires.isascii() or not expires.isdecimal() or len(expires) > 15:
            return _no(401, "This address is not signed.")
        right = file_signature(secret, number, int(expires))
        if not hmac.compare_digest(right.encode(), given.encode(errors="surrogateescape")) or int(expires) < time.time() * 1000:
            return _no(401, "This address is not signed, or its time is over.")
        file = await self._store.read(lambda tx: files.by_id(tx, number))
        if file is None or file.state is not FileState.HERE:
            return _no(410, "The file is not kept any more.")
        headers = {
            "Content-Type": file.mime or "application/octet-stream",
            "Content-Length": str(file.size),
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(file.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        }
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        async for piece in self._files.pieces(file.id):
            await response.write(piece)
        await response.write_eof()
        return response

    def _signed(self, request: web.Request, name: str, body: bytes) -> bool:
        try:
            secret = self._secrets[name]
            stamp, given = request.headers[TIMESTAMP], request.headers[SIGNATURE]
            return is_signed(secret, stamp, body, given)
        except Exception:  # whatever is wrong with a signature, it is none
            return False


async def _checked(request: web.Request, digest: str) -> AsyncIterator[bytes]:
    """The body, piece by piece; raises ``Tampered`` at its end when it is another than was signed."""
    seen = hashlib.sha256()
    async for piece in request.content.iter_any():
        seen.update(piece)
        yield piece
    if seen.hexdigest() != digest.lower():
        raise Tampered


def _why(wrong: ValidationError) -> str:
    """The first mistake, without what was sent."""
    one = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in one["loc"])
    return f"{place}: {one['msg']}" if place else str(one["msg"])


def _yes(told: Taken | Uploaded, status: int) -> web.Response:
    return web.json_response(text=told.model_dump_json(), status=status)


def _no(status: int, why: str) -> web.Response:
    return web.json_response(text=Trouble(error=why).model_dump_json(), status=status)
