"""Files both ways: a visitor's upload into the store, an operator's file to his browser, piece by piece (R32, F54, F58).

A file is named by its number and given out to the visitor of its conversation alone; no platform's address is ever told.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote

from aiohttp import web

from bot.delivery.ports import Sent
from bot.domain.capabilities import CHANNELS, MB
from bot.domain.files import Attachment, File, FileKind, FileState, safe_file_name, size_words
from bot.domain.phrase import Phrase
from bot.handlers.channels.widget.inbound import kind_of, owner_of
from bot.handlers.channels.widget.limits import Limits, Throttle
from bot.handlers.channels.widget.no import No
from bot.handlers.shared.files import Files
from bot.store import files as kept
from bot.store.engine import Store

FILE_LIMIT = CHANNELS["widget"].file_limit
NAME_HEADER = "X-File-Name"
SHOWN = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "audio/mpeg",
        "audio/ogg",
        "audio/mp4",
        "audio/wav",
        "audio/x-wav",
        "audio/webm",
        "video/mp4",
        "video/webm",
    }
)
"""What a page may show. All else, SVG and HTML before all, is bytes to be saved."""
UNKNOWN = "application/octet-stream"


class Transfers:
    """The uploads under way in this process, and how much more there may be."""

    SILENCE_SECONDS = 30.0
    WHOLE_SECONDS = 900.0

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._files = Files(store, at_once=limits.uploads)
        self._under_way = Counter[str]()
        self._megabytes = Throttle(limits.upload_mb, limits.upload_mb_burst)

    @property
    def limit(self) -> int:
        """Bytes of the largest file that is taken."""
        return min(FILE_LIMIT, self._store.policy.file_limit)

    async def upload(self, request: web.Request, visitor: str, address: str) -> File:
        """Take the body as a file that a message of this visitor may name. Raises ``No``."""
        declared = request.content_length
        if declared is not None and declared > self.limit:
            raise self._too_large()
        name = unquote(request.headers.get(NAME_HEADER, ""), errors="replace")
        mime = request.content_type if "Content-Type" in request.headers else ""
        with self._room(visitor, address):
            wait = self._megabytes.take(address, max(1, -(-(self.limit if declared is None else declared) // MB)))
            if wait > 0:
                raise No(429, "slower", Phrase("That were a lot of files at once. Please try again in a moment."), wait)
            sent = Attachment(
                kind=FileKind.DOCUMENT, name=safe_file_name(name, kind_of(mime), mime), mime=mime, size=declared or 0
            )
            return await self._take(request, sent, owner_of(visitor))

    async def _take(self, request: web.Request, sent: Attachment, owner: str) -> File:
        number = await self._store.write(lambda tx: kept.reserve(tx, sent, owner))
        reserved = File(id=number, kind=sent.kind, name=sent.name, mime=sent.mime, size=sent.size)
        reason = "The file did not arrive whole."
        try:
            async with asyncio.timeout(self.WHOLE_SECONDS):
                outcome = await self._files.take(reserved, self._pieces(request), most=self.limit)
            reason = "" if isinstance(outcome, Sent) else getattr(outcome, "reason", reason)
        except TimeoutError as error:
            raise No(408, "slow", Phrase("The file came too slowly. Please try again.")) from error
        finally:
            if reason:
                await asyncio.shield(self._store.write(lambda tx: kept.refuse(tx, number, reason)))
        if reason:
            raise self._too_large() if "larger" in reason else No(415, "file", reason)
        found = await self._store.read(lambda tx: kept.upload_of(tx, number, owner))
        if found is None:
            raise No(503, "later", Phrase("The file could not be kept just now. Please try again."), 3.0)
        return found

    async def _pieces(self, request: web.Request) -> AsyncIterator[bytes]:
        """The body as it comes; whoever stops sending is not waited for."""
        while True:
            async with asyncio.timeout(self.SILENCE_SECONDS):
                piece = await request.content.readany()
            if not piece:
                return
            yield piece

    @contextmanager
    def _room(self, visitor: str, address: str) -> Iterator[None]:
        """A place among the uploads under way: few for one visitor, more for one address."""
        limits, busy = self._limits, self._under_way
        full = (
            busy[visitor] >= limits.visitor_uploads
            or busy[address] >= limits.address_uploads
            or busy.total() >= 2 * limits.uploads
        )
        if full:
            raise No(429, "slower", Phrase("That were a lot of files at once. Please try again in a moment."), 3.0)
        busy[visitor] += 1
        busy[address] += 1
        try:
            yield
        finally:
            for key in (visitor, address):
                busy[key] -= 1
                if not busy[key]:
                    del busy[key]

    def _too_large(self) -> No:
        return No(
            413,
            "too_large",
            Phrase("The file is larger than {size}, the most that can be sent here.", size=size_words(self.limit)),
        )

    async def download(self, request: web.Request, file: File, headers: dict[str, str]) -> web.StreamResponse:
        """Give a file out. Raises ``No`` when it is not kept any more."""
        if file.state is not FileState.HERE:
            raise No(410, "gone", Phrase("This file is not kept any more."))
        shown = file.mime in SHOWN
        response = web.StreamResponse(
            headers={
                **headers,
                "Content-Type": file.mime if shown else UNKNOWN,
                "Content-Length": str(file.size),
                "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            }
        )
        await response.prepare(request)
        try:
            async for piece in self._files.pieces(file.id):
                await response.write(piece)
        except ConnectionError:
            pass  # the visitor has gone
        except LookupError:
            if request.transport is not None:  # taken away in the middle: the browser must not think it whole
                request.transport.abort()
        return response
