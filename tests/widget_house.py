"""A website chat at home: the real store, the real inbox, a real HTTP server on loopback; and an operator's hand."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from bot.domain import conversation as moves
from bot.domain.conversation import Direction
from bot.domain.ids import ConversationId
from bot.domain.text import RichText
from bot.handlers.channels.widget.limits import Limits
from bot.handlers.channels.widget.platform import WidgetPlatform
from bot.handlers.intake import Intake
from bot.store import conversations, messages, tables, visible
from bot.store.engine import Store, open_store
from bot.store.uow import Tx

WIDE = Limits(visitor=60_000, visitor_burst=60_000, address=60_000, address_burst=60_000, reads=60_000, reads_burst=60_000)
CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"


class House:
    """``url`` is where the widget is served; ``site`` pages are served beside it under ``/``."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.store = store
        self.settings: dict[str, Any] = {"channels": ["shop"], "limits": WIDE, "secret": "shared", **settings}
        self.port = 0
        self.page = '<script src="/widget.js" data-channel="shop" async></script>'
        self.page_headers = {"Content-Security-Policy": CSP}
        self.platform: WidgetPlatform
        self._actions = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._worker: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Serve, on the same port as before."""
        intake = Intake(self.store)
        self.platform = WidgetPlatform(intake, self.store, **self.settings)
        for source, inbound in self.platform.inbounds.items():
            intake.add(source, inbound)
        app = web.Application()
        app.add_routes(self.platform.routes())
        app.router.add_get("/", self._page)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._worker = asyncio.create_task(intake.run())

    async def stop(self) -> None:
        """Stop serving; the store stays open."""
        if self._runner is None or self._worker is None:
            return
        self._worker.cancel()
        with suppress(asyncio.CancelledError):
            await self._worker
        await self.platform.stop()
        await self._runner.cleanup()
        self._runner = None

    async def _page(self, request: web.Request) -> web.Response:
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>Shop</title></head><body>{self.page}</body></html>"
        )
        return web.Response(text=html, content_type="text/html", headers=self.page_headers)

    async def talks(self) -> list[ConversationId]:
        """All conversations, oldest first."""
        return await self.store.read(
            lambda tx: list(tx.execute(select(tables.conversation.c.id).order_by(tables.conversation.c.id)).scalars())
        )

    async def said(self, talk: ConversationId | None = None) -> list[str]:
        """What the client of a conversation (the first) can read, in order."""
        return [message.body.to_plain() for message in await self.visible(talk)]

    async def visible(self, talk: ConversationId | None = None) -> list[visible.Visible]:
        found = talk or (await self.talks())[0]
        return await self.store.read(lambda tx: visible.visible(tx, found, 0, 10_000))

    async def kept(self) -> int:
        """How many updates the inbox holds."""
        return await self.store.read(lambda tx: int(tx.execute(select(func.count()).select_from(tables.inbox)).scalar_one()))

    async def answer(
        self, text: str | RichText, talk: ConversationId | None = None, author: str = "Anna", direction: Direction = Direction.OUT
    ) -> None:
        """An operator writes into a conversation (the first)."""
        found = talk or (await self.talks())[0]
        body = RichText.plain(text) if isinstance(text, str) else text
        key = f"test:{next(self._actions)}"

        def write(tx: Tx) -> None:
            said = moves.say(conversations.by_id(tx, found), direction, tx.now)
            added = messages.add(
                tx,
                conversation_id=found,
                seq=said.last_seq,
                direction=direction,
                author=author,
                shown_as=author,
                body=body,
                at=tx.now,
                action_key=key,
            )
            if added is not None and direction is Direction.OUT:
                messages.set_delivered(tx, [added])
            conversations.save(tx, said)
            tx.wake.add(f"widget:{found}")

        await self.store.write(write)

    async def until(self, check: Callable[[], Any], seconds: float = 40.0) -> Any:
        """Wait for something to become true."""
        async with asyncio.timeout(seconds):
            while True:
                if found := await check():
                    return found
                await asyncio.sleep(0.01)


async def furnish(url: str, channels: Sequence[str] = ("shop", "blog")) -> None:
    """A fresh database becomes one with a group and widget channels."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        group = (
            await connection.execute(insert(tables.group).returning(tables.group.c.id), {"name": "sales", "label": "Sales"})
        ).scalar_one()
        await connection.execute(
            insert(tables.channel), [{"kind": "widget", "name": name, "group_id": group} for name in channels]
        )
    await engine.dispose()


@asynccontextmanager
async def at_home(url: str, **settings: Any) -> AsyncIterator[House]:
    """A house in working order on a fresh database."""
    await furnish(url)
    store = await open_store(url)
    house = House(store, **settings)
    await house.start()
    try:
        yield house
    finally:
        await house.stop()
        await store.close()
