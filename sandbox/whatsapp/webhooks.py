"""Webhook deliveries: signed, in batches, again until they are taken.

``X-Hub-Signature-256`` over the raw bytes, which are JSON with escaped unicode and slashes, so that a body written anew has
another signature; anything but 2xx is sent again with growing delays; a batch holds several entries and changes
(developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview, …/graph-api/webhooks/getting-started).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
from typing import Any

import aiohttp

from sandbox.people import Mistake
from sandbox.whatsapp.world import Number

Json = dict[str, Any]
LONGEST = 30.0


class Webhooks:
    """Sends what happens to each number's address.

    ``held``   keep everything back until :meth:`release`
    ``sent``   each body as it went out with the answer's status, for tests
    """

    first_delay = 0.2

    def __init__(self) -> None:
        self.held = False
        self.sent: list[tuple[bytes, int]] = []
        self._waiting: dict[str, list[Json]] = {}
        self._numbers: dict[str, Number] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def verify(self, number: Number, url: str, verify_token: str) -> None:
        """Ask the address to prove that it expects us, as the app's dashboard does; raises ``Mistake`` when it does not."""
        challenge = str(random.randrange(10**9))
        asked = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        async with self._client().get(url, params=asked) as answer:
            said = await answer.text()
        if answer.status != 200 or said != challenge:
            raise Mistake("The callback URL or verify token couldn't be validated.")
        number.url = url

    def add(self, number: Number, field: str, value: Json) -> None:
        """Something has happened."""
        self._numbers[number.id] = number
        self._waiting.setdefault(number.id, []).append({"field": field, "value": value})
        self._pump(number.id)

    def release(self, *, shuffled: bool = False, twice: bool = False) -> None:
        """Let go what was held, in one body per number; out of order and doubled when wished."""
        self.held = False
        for number, waiting in self._waiting.items():
            if twice:
                waiting += list(waiting)
            if shuffled:
                waiting.reverse()
            self._pump(number)

    def _pump(self, number: str) -> None:
        if self.held or not self._numbers[number].url or not self._waiting.get(number):
            return
        task = self._tasks.get(number)
        if task is None or task.done():
            self._tasks[number] = asyncio.get_running_loop().create_task(self._run(number))

    async def _run(self, number: str) -> None:
        delay = self.first_delay
        while not self.held and (batch := self._waiting.get(number)):
            self._waiting[number] = []
            body = signed_body(self._numbers[number], batch)
            while not await self.post(self._numbers[number], body):
                await asyncio.sleep(delay)
                delay = min(2 * delay, LONGEST)
            delay = self.first_delay

    async def post(self, number: Number, body: bytes, *, signature: str | None = None) -> bool:
        """One delivery; whether it was taken. ``signature`` in place of the right one."""
        right = "sha256=" + hmac.new(number.app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": right if signature is None else signature}
        if signature == "":
            del headers["X-Hub-Signature-256"]
        try:
            async with self._client().post(number.url, data=body, headers=headers) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.sent.append((body, 0))
            return False
        self.sent.append((body, answer.status))
        return 200 <= answer.status < 300

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        return self._session

    async def close(self) -> None:
        """Stop sending."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def signed_body(number: Number, changes: list[Json]) -> bytes:
    """The bytes of one delivery: changes of one business account, with unicode and slashes escaped as Meta does."""
    body = {"object": "whatsapp_business_account", "entry": [{"id": number.business, "changes": changes}]}
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
