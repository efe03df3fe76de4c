"""Webhook deliveries (``tdlib/telegram-bot-api WebhookActor.cpp``).

Up to ``max_connections`` at once, those of one chat in order; anything but 2xx is tried again with a
growing delay; a method named in the answer is executed, except ``get…`` and the webhook methods.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from sandbox.telegram.errors import bad
from sandbox.telegram.updates import BY_WEBHOOK, Mailbox, Update

PORTS = frozenset((443, 80, 88, 8443))
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
LONGEST_DELAY = 60.0
TOKEN = re.compile(r"[A-Za-z0-9_-]{0,256}")
NOT_IN_REPLY = frozenset(("deletewebhook", "setwebhook", "close", "logout"))

Execute = Callable[[str, dict[str, Any]], Awaitable[Any]]


class Webhook:
    """Sends the updates of one mailbox to one URL."""

    first_delay = 1.0
    timeout = 60.0

    def __init__(self, mailbox: Mailbox, url: str, secret: str, connections: int, execute: Execute) -> None:
        self.mailbox = mailbox
        self.url = url
        self.secret = secret
        self.connections = connections
        self.error_date = 0
        self.error = ""
        self._execute = execute
        self._room = asyncio.Semaphore(connections)
        self._lanes: dict[Any, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Take the mailbox over."""
        self.mailbox.conflict(BY_WEBHOOK)
        self.mailbox.webhook = True
        self.mailbox.on_new = self.pump
        self.pump()

    async def stop(self) -> None:
        """Give what was not delivered back to the mailbox."""
        self.mailbox.on_new = None
        self.mailbox.webhook = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        rest = sorted((update for lane in self._lanes.values() for update in lane), key=lambda update: update.id)
        self._lanes.clear()
        self.mailbox.queue.extendleft(reversed(rest))
        if self._session is not None:
            await self._session.close()

    @property
    def pending(self) -> int:
        """Updates not yet accepted."""
        return len(self.mailbox.queue) + sum(map(len, self._lanes.values()))

    def drop(self) -> None:
        """Forget what waits."""
        self._lanes.clear()

    def pump(self) -> None:
        """Put new updates into their lanes; a lane has one task while it is not empty."""
        self.mailbox.expire()
        while self.mailbox.queue:
            update = self.mailbox.queue.popleft()
            key = update.lane if update.lane is not None else update.id
            if key in self._lanes:
                self._lanes[key].append(update)
                continue
            self._lanes[key] = deque((update,))
            task = asyncio.get_running_loop().create_task(self._run(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, key: Any) -> None:
        delay = self.first_delay
        while lane := self._lanes.get(key):
            async with self._room:
                failure = await self._deliver(lane[0])
            if failure is None:
                lane.popleft()
                delay = self.first_delay
                continue
            self.error, self.error_date = failure, int(self.mailbox.clock())
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)
        self._lanes.pop(key, None)

    async def _deliver(self, update: Update) -> str | None:
        """One attempt; the reason when it failed."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self.timeout)
            self._session = aiohttp.ClientSession(timeout=timeout)
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        try:
            async with self._session.post(self.url, data=update.raw, headers=headers) as answer:
                body = await answer.read()
                if not 200 <= answer.status <= 299:
                    return f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            return f"Connection failed: {type(problem).__name__}"
        await self._reply(body)
        return None

    async def _reply(self, body: bytes) -> None:
        """Execute a method given in the answer; its result is not told to anybody."""
        try:
            given = json.loads(body) if body[:1] == b"{" else {}
        except ValueError:
            return
        method = str(given.pop("method", "")) if isinstance(given, dict) else ""
        if method and method.lower() not in NOT_IN_REPLY and not method.lower().startswith("get"):
            await self._execute(method, given)


def check_url(url: str) -> str:
    """The webhook's address: https on a known port; plain http and any port on the loopback only."""
    match = re.fullmatch(r"(https?)://([^/:\s?#]+|\[[0-9a-fA-F:]+\])(?::(\d+))?([/?#]\S*)?", url)
    if not match:
        raise bad("invalid webhook URL specified")
    scheme, host, port, _ = match.groups()
    if host.strip("[]") in LOOPBACK:
        return url
    if scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if int(port or 443) not in PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    return url


def check_secret(secret: str) -> str:
    """1-256 characters of ``A-Za-z0-9_-``."""
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not TOKEN.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    return secret
