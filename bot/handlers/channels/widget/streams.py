"""The open streams: each tells one browser what is visible in its conversation, as it becomes so.

A stream costs about 25 kB, connection and task included. It reads the store when its conversation changed, and
once a minute in case a wake-up was lost. What has happened to a message is the name of the event (``message``, ``edit``,
``delete``, ``reaction``, ``receipt``); the whole message as it is now comes with it, so that one heard twice does no harm.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.domain.ids import ConversationId
from bot.handlers.channels.widget.limits import Limits
from bot.handlers.channels.widget.news import News
from bot.handlers.channels.widget.telling import called, event
from bot.handlers.channels.widget.tokens import newcomer
from bot.store import visible as seen
from bot.store.engine import Store

PAGE = 100
SMALL = 16_384
"""Bytes that an empty buffer takes without letting us wait: asyncio's own bound is four times that."""
TYPING = "event: typing\ndata: {}\n\n"
"""An answer is on its way: it can be taken back still, or its file is not here yet. That is all we know of operators' typing."""


class Full(Exception):
    """Too many people are connected at the moment."""


@dataclass(slots=True, eq=False)
class _Stream:
    """One open stream. ``task`` is its request's; ``why`` it must end, once it must.

    ``after``  the newest number it has told; ``told`` the last messages in the versions it has told
    ``had``    what the browser says it has; None when it does not say, and then has all up to ``after`` as it is now
    """

    request: web.Request
    visitor: str
    address: str
    channel: str
    response: web.StreamResponse
    task: asyncio.Task[Any]
    after: int
    had: dict[int, str] | None
    told: dict[int, str] | None = None
    why: str = ""

    @property
    def gone(self) -> bool:
        """Whether the browser has hung up; the task learns it only when it writes."""
        return self.request.transport is None


class Streams:
    """All streams of this process."""

    PING_SECONDS = 15.0
    LOOK_EVERY = 4
    WRITE_SECONDS = 30.0

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._news = News(store)
        self._limits = limits
        self._open: defaultdict[str, list[_Stream]] = defaultdict(list)
        self._addresses: Counter[str] = Counter()
        self._stopping = False

    def __len__(self) -> int:
        return self._addresses.total()

    def room(self, visitor: str, address: str) -> None:
        """Raise ``Full`` when this one would be one too many."""
        replaces = len(self._open.get(visitor, ())) >= self._limits.visitor_streams
        if not self._stopping and (replaces or not self._full(address)):
            return
        self._sweep([stream for streams in self._open.values() for stream in streams])
        if self._stopping or self._full(address):
            raise Full

    def _full(self, address: str) -> bool:
        return len(self) >= self._limits.streams or self._addresses[address] >= self._limits.address_streams

    async def serve(
        self,
        request: web.Request,
        response: web.StreamResponse,
        *,
        channel: str,
        visitor: str,
        address: str,
        after: int,
        had: dict[int, str] | None = None,
    ) -> None:
        """Tell until the browser goes, another tab takes over, or we stop. ``response`` is prepared."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream is served by a task")
        stream = _Stream(request, visitor, address, channel, response, task, after, had)
        self._enter(stream)
        try:
            await self._tell(stream)
        except (ConnectionError, TimeoutError):
            pass  # the browser has gone, or takes nothing: it comes back by itself and says where it was
        except asyncio.CancelledError:
            if not stream.why:
                raise
            task.uncancel()
            await self._goodbye(stream)
        finally:
            self._leave(stream)

    def stop(self) -> None:
        """End all streams; browsers come back to whoever serves then."""
        self._stopping = True
        for streams in list(self._open.values()):
            for stream in streams:
                _end(stream, "stopping")

    def _enter(self, stream: _Stream) -> None:
        self._sweep(list(self._open.get(stream.visitor, ())))
        mine = self._open[stream.visitor]
        mine.append(stream)
        self._addresses[stream.address] += 1
        for old in mine[: -self._limits.visitor_streams]:
            _end(old, "moved")

    def _sweep(self, streams: list[_Stream]) -> None:
        """Count those no more whose browser has hung up."""
        for stream in streams:
            if stream.gone:
                self._leave(stream)
                _end(stream, "gone")

    def _leave(self, stream: _Stream) -> None:
        mine = self._open.get(stream.visitor, [])
        if stream not in mine:
            return
        mine.remove(stream)
        if not mine:
            del self._open[stream.visitor]
        self._addresses[stream.address] -= 1
        if not self._addresses[stream.address]:
            del self._addresses[stream.address]

    async def _goodbye(self, stream: _Stream) -> None:
        try:
            await self._write(stream, f"event: {stream.why}\ndata: {{}}\n\n", seconds=1.0)
        except (ConnectionError, TimeoutError):
            pass  # it has gone already

    async def _tell(self, stream: _Stream) -> None:
        await self._write(stream, ": hello\n\n")
        conversation = await self._begun(stream)
        quiet = 0
        with self._store.waker(f"widget:{conversation}") as woken:
            while True:
                if quiet % self.LOOK_EVERY == 0:
                    await self._tell_news(stream, conversation)
                if await woken.wait(self.PING_SECONDS):
                    quiet = 0
                else:
                    quiet += 1
                    await self._write(stream, ": ping\n\n")

    async def _begun(self, stream: _Stream) -> ConversationId:
        """The visitor's conversation, as soon as there is one."""
        quiet = 0
        with self._store.waker(newcomer(stream.visitor)) as woken:
            while True:
                if quiet % self.LOOK_EVERY == 0:
                    found = await self._store.read(lambda tx: seen.conversation_of(tx, "widget", stream.channel, stream.visitor))
                    if found is not None:
                        return found
                if await woken.wait(self.PING_SECONDS):
                    quiet = 0
                else:
                    quiet += 1
                    await self._write(stream, ": ping\n\n")

    async def _tell_news(self, stream: _Stream, conversation: ConversationId) -> None:
        """What is new, and what has changed of the last messages."""
        newest = await self._news.of(conversation)
        last = [one for one in newest if not one.coming]
        if last and last[0].seq > stream.after + 1:
            await self._catch_up(stream, conversation, last[0].seq)
        versions = {one.seq: one.version for one in last}
        told = stream.told
        if told is None:
            told = stream.had or {}
            since = min(told, default=stream.after + 1)
            told |= {seq: now for seq, now in versions.items() if seq <= stream.after and seq < since and seq not in told}
        events = [event(name, one) for one in last if (name := called(told.get(one.seq), versions[one.seq]))]
        stream.told = versions
        stream.after = max(stream.after, *(one.seq for one in last)) if last else stream.after
        events += [TYPING.format(json.dumps({"author": one.author})) for one in newest if one.coming and not one.deleted][-1:]
        if events:
            await self._write(stream, "".join(events))

    async def _catch_up(self, stream: _Stream, conversation: ConversationId, until: int) -> None:
        """After a long absence: what lies before the last messages, page by page."""
        while True:
            start = stream.after
            page = await self._store.read(lambda tx, start=start: seen.visible(tx, conversation, start, PAGE))  # type: ignore[misc]
            missed = [one for one in page if one.seq < until]
            if not missed:
                return
            stream.after = missed[-1].seq
            await self._write(stream, "".join([event("message", one) for one in missed]))

    async def _write(self, stream: _Stream, text: str, seconds: float | None = None) -> None:
        transport, content = stream.request.transport, text.encode()
        if transport is not None and not transport.get_write_buffer_size() and len(content) < SMALL:
            await stream.response.write(content)  # the browser keeps up, so this does not wait
            return
        async with asyncio.timeout(seconds or self.WRITE_SECONDS):
            await stream.response.write(content)


def _end(stream: _Stream, why: str) -> None:
    if not stream.why:
        stream.why = why
        stream.task.cancel()
