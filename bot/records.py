"""Data out, and data away, from the command line: beside a relaydesk that may be running."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import TextIO

from bot.beside import opened
from bot.commands.erase import Receipt, erase_client
from bot.domain.errors import Refusal
from bot.domain.ids import ClientId
from bot.store import erasure, export, journal
from bot.store.engine import Store, StoreError
from bot.store.erasure import Traces
from bot.store.export import Record
from bot.store.uow import Tx
from config.settings import Settings

CLIENTS, ROWS = 50, 500
"""So many are held in memory at once."""


class NotOne(Exception):
    """The words name no client, or several; the text is one line for the person at the terminal."""


async def export_to(settings: Settings, target: Path, words: str | None, progress: Callable[[int, int], None]) -> int:
    """Write everything, or one client, as lines of JSON; how many lines. ``progress`` is told clients done and clients in all.

    The file appears whole or not at all, for its owner's eyes. Raises ``StoreError`` or ``NotOne``.
    """
    store = await opened(settings)
    part = target.with_name(f"{target.name}.part")
    try:
        only = (await _one(store, words)).client_id if words else None
        total = 1 if only is not None else await store.read(export.count)
        with _private(part) as file:
            number = 0
            async for records, clients in _records(store, only):
                file.writelines(export.lines(records))
                number += len(records)
                progress(clients, total)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise StoreError(f"{target} can't be written ({error.strerror}): name a file in a folder of yours") from None
    finally:
        part.unlink(missing_ok=True)
        await store.close()
    return number


def _private(path: Path) -> TextIO:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")


async def _records(store: Store, only: ClientId | None) -> AsyncIterator[tuple[list[Record], int]]:
    """Records page by page, with how many clients are done."""
    done = 0
    async for found in _pages(store, lambda tx, last: export.clients_after(tx, last, CLIENTS, only), "id"):
        yield found, done
        ids = [one["id"] for one in found]
        talks = await store.read(partial(export.conversations_of, client_ids=ids))
        yield talks, done
        for talk in [one["id"] for one in talks]:
            async for said in _pages(store, partial(export.messages_after, conversation_id=talk, limit=ROWS), "number"):
                yield said, done
            async for facts in _pages(store, partial(export.journal_after, conversation_id=talk, limit=ROWS), "id"):
                yield facts, done
        done += len(found)
        yield [], done


async def _pages(store: Store, page: Callable[..., list[Record]], key: str) -> AsyncIterator[list[Record]]:
    """Pages until one is empty; each begins after the last record's ``key``."""
    last = 0
    while found := await store.read(partial(page, last=last)):
        yield found
        last = found[-1][key]


async def _one(store: Store, words: str) -> Traces:
    def look(tx: Tx) -> list[Traces]:
        return [there for client_id, _ in erasure.found(tx, words, 6) if (there := erasure.traces(tx, client_id)) is not None]

    found = await store.read(look)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotOne(f"there is no client “{words}”: write the beginning of a name, a phone number, or a number like #12")
    known = ", ".join(f"#{one.client_id} {one.name}" for one in found[:5])
    raise NotOne(f"“{words}” means several clients ({known}): write the number of one, like #{found[0].client_id}")


async def erase_from_here(settings: Settings, words: str, confirmed: Callable[[Traces], bool]) -> Receipt | None:
    """Erase one client when ``confirmed`` says so; the receipt, None when it did not. A running relaydesk removes the copies.

    Raises ``StoreError`` or ``NotOne``.
    """
    store = await opened(settings)
    try:
        there = await _one(store, words)
        if not confirmed(there):
            return None

        def work(tx: Tx) -> Receipt:
            now = erasure.traces(tx, there.client_id)
            if now is None:
                raise NotOne("this client was erased meanwhile")
            receipt = erase_client(tx, now, None)
            journal.add(tx, "erased a client", who="command line", way="system", **receipt)
            return receipt

        return await store.write(work)
    except Refusal as refusal:
        raise NotOne(str(refusal)) from None
    finally:
        await store.close()
