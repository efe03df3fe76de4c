"""Telegram at home: the sandbox, the real store, inbox and relay, one bot for clients and operators, a forum."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import insert, select

from bot.delivery.limits import Limits
from bot.delivery.ports import Ports
from bot.delivery.relay import Relay
from bot.handlers.intake import Intake
from bot.handlers.shared.telegram_platform import TelegramPlatform
from bot.handlers.telegram import build
from bot.store import tables
from bot.store.engine import Store, open_store
from bot.store.uow import Tx
from sandbox.server import Sandbox
from tests.migrated import migrated_sqlite
from tests.moody import Moody

RIGHTS = ["can_manage_topics", "can_delete_messages", "can_pin_messages"]
SECRET = "s3cret_-"


class House:
    """``ann`` is a client, ``olga`` an operator with all rights, ``forum`` the desk."""

    def __init__(self, sandbox: Sandbox, store: Store) -> None:
        self.sandbox, self.telegram = sandbox, sandbox.telegram
        self.bot = self.telegram.add_bot("Desk")
        self.bot_id: int = self.bot["id"]
        self.source = f"telegram:{self.bot_id}"
        self.olga: int = self.telegram.add_user("Olga", "olga")["id"]
        self.ann: int = self.telegram.add_user("Ann", "ann", last_name="Lee")["id"]
        made = self.telegram.add_forum("Helpdesk", admins=[self.olga], bots={self.bot_id: RIGHTS})
        self.forum: int = made["id"]
        self.telegram.bot(self.bot_id).mailbox.queue.clear()  # that the bot was added to the group
        self.store = Moody(store)
        self.intake = Intake(self.store)  # type: ignore[arg-type]
        self.tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None

    def platform(self, **settings: Any) -> TelegramPlatform:
        """The bot in both roles, not listening yet."""
        given = {"desk_token": self.bot["token"], "channel_token": self.bot["token"], "poll_seconds": 0.5, **settings}
        (platform,) = build(self.intake, self.store, api_url=self.telegram.base_url, **given)  # type: ignore[arg-type]
        return platform

    async def open(self, *, webhook: bool = False) -> None:
        """Listen, apply and send."""
        await self.store.write(self._team)
        if webhook:
            await self._serve()
        else:
            self.served = self.platform()
        for source, inbound in self.served.inbounds.items():
            self.intake.add(source, inbound)
        relay = Relay(self.store, Ports(dict(self.served.ports)), Limits(), "test")  # type: ignore[arg-type]
        self.tasks = [asyncio.create_task(work()) for work in (self.served.listen, self.intake.run, relay.run)]
        if webhook:
            await self.sandbox.until(lambda: self.telegram.counts["setWebhook", True])
        else:
            await self.sandbox.until(lambda: self.telegram.counts["getUpdates", True])

    async def _serve(self) -> None:
        app = web.Application()
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        holder: list[TelegramPlatform] = []

        async def take(request: web.Request) -> web.StreamResponse:
            (route,) = holder[0].routes()
            answer: web.StreamResponse = await route.handler(request)  # type: ignore[operator, misc]
            return answer

        app.router.add_post("/telegram/desk", take)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.served = self.platform(public_url=self.url, webhook_secret=SECRET)
        holder.append(self.served)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        for task in self.tasks:
            with suppress(asyncio.CancelledError):
                await task
        if self.tasks:
            await self.served.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def _team(self, tx: Tx) -> None:
        rights = {"name": "all", "permissions": '["super_admin"]'}
        role = tx.execute(insert(tables.role).returning(tables.role.c.id), rights).scalar_one()
        group = tx.execute(insert(tables.group).returning(tables.group.c.id), {"name": "sales", "label": "Sales"}).scalar_one()
        who = tx.execute(
            insert(tables.operator).returning(tables.operator.c.id), {"name": "Olga P", "role_id": role}
        ).scalar_one()
        tx.execute(insert(tables.identity), {"operator_id": who, "platform": "telegram", "external_id": str(self.olga)})
        tx.execute(insert(tables.channel), {"kind": "telegram", "name": "bot", "group_id": group})
        tx.execute(insert(tables.desk), {"platform": "telegram", "chat": str(self.forum), "group_id": group})

    def fault(self, method: str, kind: Any, **more: Any) -> None:
        self.sandbox.faults.add("telegram", method, kind, **more)

    async def kept(self) -> list[tuple[str, str]]:
        """The inbox: keys and what became of them."""
        query = select(tables.inbox.c.dedupe_key, tables.inbox.c.status).order_by(tables.inbox.c.id)
        return await self.store.read(lambda tx: [(row[0], row[1]) for row in tx.execute(query)])  # type: ignore[no-any-return]

    async def said(self) -> list[tuple[str, str]]:
        """All messages of all conversations: whose direction, and the words."""
        query = select(tables.message.c.direction, tables.message.c.body).order_by(tables.message.c.id)
        return await self.store.read(  # type: ignore[no-any-return]
            lambda tx: [(row[0], _plain(row[1])) for row in tx.execute(query)]
        )

    async def until_said(self, number: int) -> list[tuple[str, str]]:
        async with asyncio.timeout(40):
            while len(found := await self.said()) < number:
                await asyncio.sleep(0.01)
        return found

    async def until_kept(self, number: int) -> list[tuple[str, str]]:
        async with asyncio.timeout(40):
            while len(found := await self.kept()) < number or any(row[1] == "pending" for row in found):
                await asyncio.sleep(0.01)
        return found

    async def topic(self) -> int:
        """The first client's topic, once its card stands there."""
        await self.sandbox.until(lambda: self.telegram.topics(self.forum) and self.cards())
        return int(self.telegram.topics(self.forum)[0]["id"])

    def cards(self) -> list[dict[str, Any]]:
        """Posts with buttons, in all topics."""
        return [one for one in self.telegram.messages(self.forum) if one.get("reply_markup", {}).get("inline_keyboard")]

    def texts(self, thread: int) -> list[str]:
        return [one["text"] for one in self.telegram.messages(self.forum, thread) if "text" in one]

    def heard(self) -> list[str]:
        """What the client reads from us."""
        seen = self.telegram.messages(self.bot_id, user=self.ann)
        return [one["text"] for one in seen if one["from"]["id"] == self.bot_id]


def _plain(body: str) -> str:
    from bot.domain.text import RichText

    return RichText.from_json(json.loads(body)).to_plain()


@asynccontextmanager
async def opened(tmp_path: Path, *, webhook: bool = False, start: bool = True, address: str = "") -> AsyncIterator[House]:
    address = address or migrated_sqlite(tmp_path)
    async with Sandbox.running(limits=False, page=False) as sandbox:
        store = await open_store(address)
        house = House(sandbox, store)
        try:
            if start:
                await house.open(webhook=webhook)
            yield house
        finally:
            await house.close()
            await store.close()
