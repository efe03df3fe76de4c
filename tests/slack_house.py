"""Slack at home: the sandbox, the real store, inbox and platform, and Ann's conversation with its card in a room."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from sqlalchemy import insert, select, update

from bot.commands.receive import Received, receive
from bot.domain.conversation import Status
from bot.domain.ids import Moment
from bot.domain.text import RichText
from bot.handlers.desks.slack.platform import SlackPlatform
from bot.handlers.intake import Intake
from bot.store import conversations, mirrors, tables
from bot.store.engine import Store, open_store
from bot.store.uow import Tx
from sandbox.server import Sandbox
from tests.migrated import migrated_sqlite
from tests.moody import Moody


class House:
    """A room with the card of Ann's conversation in it, an operator, and the bot listening."""

    def __init__(self, sandbox: Sandbox, store: Store, *, http: bool) -> None:
        self.sandbox, self.slack, self.http = sandbox, sandbox.slack, http
        self.slack.retry_delays = [0.05, 0.05, 0.05]
        self.slack.patience = 20.0
        self.app = self.slack.add_app("Helpdesk")
        self.bot = self.app["bot_user_id"]
        self.olga = self.slack.add_user("Olga")["id"]
        self.room = self.slack.add_room("sales", [self.olga, self.bot])["id"]
        self.store = Moody(store)
        self.intake = Intake(self.store)
        self.platform = SlackPlatform(
            self.intake,
            self.store,
            bot_token=self.app["bot_token"],
            app_token=None if http else self.app["app_token"],
            signing_secret=self.app["signing_secret"] if http else None,
            api_url=self.slack.base_url,
        )
        self.intake.add("slack", self.platform.inbounds["slack"])
        self.root = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._runner = web.AppRunner(web.Application(), access_log=None, shutdown_timeout=0.5)

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(self.platform.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events"
        self.url = url
        if self.http:
            self.slack.configure_app(self.app["app_id"], events_url=url, interactivity_url=url, commands_url=url, options_url=url)
        self._tasks = [asyncio.create_task(self.platform.listen()), asyncio.create_task(self.intake.run())]
        if not self.http:
            await self.sandbox.until(lambda: self.slack.socket_count(self.app["app_id"]) == 1)
        await self._furnish()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.platform.stop()
        await self._runner.cleanup()

    async def _furnish(self) -> None:
        """The team, and Ann's conversation with its card standing in the room."""
        blocks = [
            {
                "type": "actions",
                "elements": [
                    self._button("start", "start:1.1"),
                    self._button("close", "close:99.1"),
                    self._button("more", "more:1.1"),
                ],
            },
        ]
        call = self.platform._wire.call  # the sandbox wants a message of the bot's own
        self.root = (await call("chat.postMessage", {"channel": self.room, "text": "card", "blocks": blocks}))["ts"]

        def team(tx: Tx) -> None:
            row = tx.execute(insert(tables.role).returning(tables.role.c.id), {"name": "all", "permissions": '["super_admin"]'})
            role = row.scalar_one()
            group = tx.execute(
                insert(tables.group).returning(tables.group.c.id), {"name": "sales", "label": "Sales"}
            ).scalar_one()
            who = tx.execute(
                insert(tables.operator).returning(tables.operator.c.id), {"name": "Olga P", "role_id": role}
            ).scalar_one()
            tx.execute(insert(tables.identity), {"operator_id": who, "platform": "slack", "external_id": self.olga})
            tx.execute(insert(tables.channel), {"kind": "widget", "name": "shop", "group_id": group})
            tx.execute(insert(tables.desk), {"platform": "slack", "chat": self.room, "group_id": group})
            text = RichText.plain("hello")
            receive(
                tx,
                Received(
                    channel_kind="widget",
                    channel_name=None,
                    external_id="v1",
                    client_name="Ann",
                    remote_id="1",
                    text=text,
                    at=Moment(1),
                ),
            )
            (mirror,) = mirrors.of_conversation(tx, self.talk(tx).id)
            mirrors.place(tx, mirror, thread=self.root, card_ref=self.root)

        await self.store.write(team)

    def _button(self, action_id: str, value: str) -> dict[str, Any]:
        return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": action_id}}

    def talk(self, tx: Tx) -> Any:
        return conversations.by_id(tx, tx.execute(select(tables.conversation.c.id)).scalar_one())

    async def status(self) -> Status:
        return (await self.store.read(self.talk)).status  # type: ignore[no-any-return]

    async def kept(self) -> list[tuple[str, str]]:
        query = select(tables.inbox.c.dedupe_key, tables.inbox.c.status).order_by(tables.inbox.c.id)
        return await self.store.read(lambda tx: [(row[0], row[1]) for row in tx.execute(query)])  # type: ignore[no-any-return]

    async def said(self) -> list[tuple[str, str]]:
        query = select(tables.message.c.author, tables.message.c.body, tables.message.c.direction).order_by(tables.message.c.seq)
        rows = await self.store.read(lambda tx: tx.execute(query).all())
        return [(row[2], row[1]) for row in rows]

    async def told(self) -> list[str]:
        """Words queued for one person."""
        query = select(tables.delivery.c.payload).where(tables.delivery.c.op == "notice").order_by(tables.delivery.c.id)
        rows = await self.store.read(lambda tx: list(tx.execute(query).scalars()))
        return [json.loads(row)["text"] for row in rows]

    async def until(self, check: Callable[[], Any]) -> Any:
        async with asyncio.timeout(40):
            while not (found := await check()):
                await asyncio.sleep(0.01)
        return found

    async def until_kept(self, number: int) -> None:
        """Wait until the inbox holds so many updates."""

        async def there() -> bool:
            return len(await self.kept()) >= number

        await self.until(there)

    async def know_thread(self, *, known: bool) -> None:
        """Whether what Slack answered to the card's post has come back to us already."""

        def job(tx: Tx) -> None:
            thread = self.root if known else ""
            tx.execute(update(tables.mirror).values(thread=thread, card_ref=thread))
            asked = {"state": "sent"} if known else {"state": "sending", "intent_at": tx.now}
            tx.execute(update(tables.delivery).where(tables.delivery.c.op == "card").values(asked))

        await self.store.write(job)

    async def settled(self, number: int) -> list[tuple[str, str]]:
        """The inbox once so many updates have been applied."""

        async def applied() -> bool:
            rows = await self.kept()
            return len(rows) >= number and all(status != "pending" for _, status in rows)

        await self.until(applied)
        return await self.kept()

    async def ask(self, payload: dict[str, Any]) -> tuple[int, Any]:
        """Send an interaction as Slack would; status and what the response says."""
        raw = urlencode({"payload": json.dumps(payload)}).encode()
        headers = self.signed(raw, kind="application/x-www-form-urlencoded")
        async with aiohttp.ClientSession() as session, session.post(self.url, data=raw, headers=headers) as response:
            body = await response.read()
            return response.status, json.loads(body) if body else None

    async def post(self, raw: bytes, **headers: str) -> int:
        async with aiohttp.ClientSession() as session, session.post(self.url, data=io.BytesIO(raw), headers=headers) as response:
            return response.status

    def signed(self, raw: bytes, *, age: int = 0, kind: str = "application/json") -> dict[str, str]:
        stamp = str(int(time.time()) - age)
        digest = hmac.new(self.app["signing_secret"].encode(), b"v0:%b:%b" % (stamp.encode(), raw), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}


@asynccontextmanager
async def opened(tmp_path: Path, *, http: bool) -> AsyncIterator[House]:
    address = migrated_sqlite(tmp_path)
    async with Sandbox.running(limits=False, page=False) as sandbox:
        store = await open_store(address)
        house = House(sandbox, store, http=http)
        await house.start()
        try:
            yield house
        finally:
            await house.stop()
            await store.close()
