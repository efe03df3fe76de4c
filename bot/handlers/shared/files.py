"""The bytes of files, into the store and out of it, piece by piece: no file is ever whole in memory (F58)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from bot.delivery.ports import Outcome, Permanent, Sent
from bot.domain.files import File, size_words
from bot.domain.ids import FileId
from bot.domain.phrase import Phrase
from bot.handlers.shared import mime
from bot.store import files
from bot.store.engine import Store
from bot.store.files import CHUNK

AT_ONCE = 4
"""Files that are fetched at the same time, in one process."""
PROGRAM = Phrase("Programs are not passed on here. An admin can allow them (RELAYDESK_FILES__PROGRAMS).")
EMPTY = Phrase("The file is empty.")


class Files:
    """Takes bytes in and gives them out, within the house's policy; ``at_once`` files are taken at the same time."""

    def __init__(self, store: Store, *, at_once: int = AT_ONCE) -> None:
        self._store = store
        self._slots = asyncio.Semaphore(at_once)

    async def take(self, file: File, pieces: AsyncIterator[bytes], *, most: int = 0, login: str = "") -> Outcome:
        """Keep what comes. ``Sent`` when all of it is here, ``Permanent`` with the reason when it can't be kept.

        ``most``   bytes, where less than the house's limit is allowed
        ``login``  what to say when a web page comes that was not announced as one: the platform's sign-in page
        """
        async with self._slots:
            return await self._take(
                file, pieces, min(most or self._store.policy.file_limit, self._store.policy.file_limit), login
            )

    async def _take(self, file: File, pieces: AsyncIterator[bytes], most: int, login: str) -> Outcome:
        number, size, held, kind = 0, 0, bytearray(), ""
        async for piece in pieces:
            held += piece
            size += len(piece)
            if size > most:
                return Permanent(Phrase("It is larger than {size}, the most that is kept here.", size=size_words(most)))
            if not kind and len(held) >= mime.LOOKED_AT:
                kind = mime.of_content(bytes(held[: mime.LOOKED_AT]), file.mime)
                if refusal := self._refusal(bytes(held[: mime.LOOKED_AT]), kind, file, login):
                    return Permanent(refusal)
            while len(held) >= CHUNK:
                await self._put(file.id, number, bytes(held[:CHUNK]))
                del held[:CHUNK]
                number += 1
        if not size:
            return Permanent(EMPTY)
        if not kind:
            kind = mime.of_content(bytes(held), file.mime)
            if refusal := self._refusal(bytes(held), kind, file, login):
                return Permanent(refusal)
        if held:
            await self._put(file.id, number, bytes(held))
            number += 1
        await self._store.write(lambda tx: files.finish(tx, file.id, size=size, chunks=number, mime=kind))
        return Sent()

    def _refusal(self, head: bytes, kind: str, file: File, login: str) -> str:
        if login and mime.is_html(head) and not file.mime.startswith("text/html"):
            return login
        return PROGRAM if not self._store.policy.programs and mime.is_program(head, kind, file.name) else ""

    async def _put(self, number: FileId, n: int, content: bytes) -> None:
        await self._store.write(lambda tx: files.put_chunk(tx, number, n, content))

    async def pieces(self, number: FileId) -> AsyncIterator[bytes]:
        """Its bytes, in order; raises ``LookupError`` when they are gone in the middle."""
        file = await self._store.read(lambda tx: files.by_id(tx, number))
        left = file.size if file is not None else 0
        n = 0
        while left > 0:
            content = await self._store.read(partial(files.chunk, number=number, n=n))
            if content is None:
                raise LookupError(f"file {number} is not whole")
            yield content
            left -= len(content)
            n += 1
