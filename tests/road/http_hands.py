"""Another system at the HTTP channel: what it tells, and the callback it listens on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from bot.handlers.channels.http.signing import CONTENT, SIGNATURE, TIMESTAMP, is_signed, sign
from bot.store import secrets
from tests.road.house import House
from tests.road.talk import NAMES, Talk, change_team, views

Json = dict[str, Any]


class Shop:
    """The other system. ``got`` what its callback was told; ``answers`` the statuses it gives next, then 200."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.got: list[Json] = []
        self.answers: list[int] = []
        self.unsigned = 0
        self.address = ""
        self.secret = ""
        self._count = 0

    @property
    def url(self) -> str:
        assert self.house.app is not None
        return f"{self.house.app.address}/channel/app"

    async def listen(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not is_signed(self.secret, request.headers[TIMESTAMP], body, request.headers[SIGNATURE]):
            self.unsigned += 1
            return web.Response(status=401)
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        self.got.append(json.loads(body))
        return web.Response()

    async def tells(self, kind: str, **more: Any) -> tuple[int, Json]:
        """Tell of something; status and answer."""
        self._count += 1
        fresh = {} if kind == "typing" else {"id": f"m-{self._count}"}
        event = {"type": kind, **fresh, "client": {"id": "42", "name": "Kim Park"}, **more}
        return await self.posts(json.dumps(event).encode())

    async def posts(
        self, body: bytes, *, age: int = 0, signature: str | None = None, path: str = "", **headers: str
    ) -> tuple[int, Json]:
        stamp = str(int(time.time()) - age)
        right = sign(self.secret, stamp, headers[CONTENT].encode() if CONTENT in headers else body)
        signed = {TIMESTAMP: stamp, SIGNATURE: right if signature is None else signature, **headers}
        async with aiohttp.ClientSession() as session, session.post(self.url + path, data=body, headers=signed) as answer:
            return answer.status, await answer.json()

    async def uploads(self, name: str, mime: str, content: bytes) -> tuple[int, Json]:
        digest = hashlib.sha256(content).hexdigest()
        given = {CONTENT: digest, "X-Relaydesk-File-Name": quote(name), "Content-Type": mime}
        return await self.posts(content, path="/files", **given)

    async def fetches(self, url: str) -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.read()

    def texts(self) -> list[str]:
        """The messages it was told of."""
        return [f"{one['author']}: {one['text']}" for one in self.got if one["type"] == "message"]


@asynccontextmanager
async def open_http(house: House) -> AsyncIterator[Shop]:
    """Start the house with an HTTP channel "app" of the group Sales, and another system that listens."""
    shop = Shop(house)
    server = web.Application()
    server.router.add_post("/desk", shop.listen)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shop.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    house.env |= {
        "RELAYDESK_HTTP_CHANNEL__INSECURE_CALLBACKS": shop.address,
        "RELAYDESK_PUBLIC_URL": "http://127.0.0.1:1",
    }
    told = {"kind": "http", "name": "app", "group": "Sales", "callback": f"{shop.address}/desk"}
    change_team(house, lambda tables: tables["channel"].append(told))
    try:
        await house.start()
        assert house.app is not None
        master = await house.app.store.read(lambda tx: secrets.shared_now(tx, secrets.HTTP))
        shop.secret = secrets.channel_secret(master or "", "app")
        yield shop
    finally:
        await house.stop()
        await runner.cleanup()


async def begin_taken_http(house: House, shop: Shop, platform: str, who: str = "olga") -> Talk:
    """A client's first words, mirrored on both desks and taken."""
    mine, other = views(house, platform)
    assert (await shop.tells("message", text="hello"))[0] == 202
    await house.until(lambda: mine.threads() and other.threads())
    await house.settled()
    talk = Talk(house, mine, other, mine.threads()[-1], other.threads()[-1])
    await talk.presses(who, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[who]}")
    return talk
