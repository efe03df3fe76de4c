"""How apps hear from Slack: the Events API with its retries, and questions that want an answer within three seconds.

HTTP rules: docs.slack.dev/apis/events-api (3 s, retries at once, after 1 and 5 minutes, ``x-slack-no-retry``) and
docs.slack.dev/authentication/verifying-requests-from-slack (signature v0).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox.faults import Fault, Faults
from sandbox.slack.sockets import NoSocket, Sockets
from sandbox.slack.world import App

Json = dict[str, Any]
KEPT_EVENTS = 20_000
PATIENCE = 3.0


@dataclass
class Answer:
    """What an app said to a question: acknowledged or not, with what."""

    acked: bool
    body: Any = None
    error: str = ""


class Delivery:
    """Carries payloads to apps, by HTTP or Socket Mode."""

    def __init__(self, faults: Faults, sockets: Sockets, clock: Callable[[], float]) -> None:
        self.faults = faults
        self.sockets = sockets
        self.clock = clock
        self.retry_delays = [1.0, 60.0, 300.0]
        self.patience = PATIENCE
        self.sent: dict[str, tuple[App, Json]] = {}
        self.outcomes: dict[str, str] = {}
        self.to_drop = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._http: aiohttp.ClientSession | None = None

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something beside, until :meth:`close`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def send_event(self, app: App, envelope: Json) -> None:
        """Deliver one event; an outage asked for by ``drop_events`` loses it for good."""
        event_id = envelope["event_id"]
        self.sent[event_id] = (app, envelope)
        if len(self.sent) > KEPT_EVENTS:
            old = next(iter(self.sent))
            del self.sent[old]
            self.outcomes.pop(old, None)
        if self.to_drop:
            self.to_drop -= 1 if self.to_drop > 0 else 0
            self.outcomes[event_id] = "dropped"
            return
        self.start(self.deliver(app, envelope))

    async def deliver(self, app: App, envelope: Json) -> None:
        """One event with its retries."""
        event = envelope["event"]
        about = {"event_id": envelope["event_id"], "channel": event.get("channel"), "subtype": event.get("subtype")}
        fault = await self.faults.meet("slack-events", event["type"], about | {"user": event.get("user")})
        if fault is not None and fault.kind in {"drop_before", "error"}:
            self.outcomes[envelope["event_id"]] = "dropped"
            return
        retry: tuple[int, str] | None = None
        for delay in [*self.retry_delays, None]:
            reason = await self._attempt(app, envelope, retry, fault)
            fault = None
            if not reason:
                self.outcomes[envelope["event_id"]] = "delivered"
                return
            if delay is None or reason == "no_retry":
                break
            await asyncio.sleep(delay)
            retry = ((retry[0] if retry else 0) + 1, reason)
        self.outcomes[envelope["event_id"]] = "lost"

    async def redeliver(self, app: App, envelope: Json, number: int) -> str:
        """One more delivery of an event that was delivered before; why it failed, or nothing."""
        return await self._attempt(app, envelope, (number, "http_timeout"), None)

    async def _attempt(self, app: App, envelope: Json, retry: tuple[int, str] | None, fault: Fault | None) -> str:
        """Deliver once; why it failed, or nothing."""
        if fault is not None and fault.kind in {"status", "rate_limit"}:
            return "http_error"
        url = app.urls.get("events")
        reason = await (self._post_event(app, url, envelope, retry) if url else self._socket_event(app, envelope, retry))
        # drop_after: the app got it and its acknowledgement is lost on the way back
        return reason or ("http_timeout" if fault is not None else "")

    async def _socket_event(self, app: App, envelope: Json, retry: tuple[int, str] | None) -> str:
        if uses_http(app):
            return "connection_failed"
        try:
            await self.sockets.send(app.id, "events_api", envelope, self.patience, retry=retry)
        except TimeoutError:
            return "timeout"
        except NoSocket:
            return "connection_failed"
        return ""

    async def _post_event(self, app: App, url: str, envelope: Json, retry: tuple[int, str] | None) -> str:
        headers = {"x-slack-retry-num": str(retry[0]), "x-slack-retry-reason": retry[1]} if retry else {}
        try:
            status, answered, _ = await self._post(app, url, json.dumps(envelope), "application/json", headers)
        except TimeoutError:
            return "http_timeout"
        except aiohttp.ClientSSLError:
            return "ssl_error"
        except (aiohttp.ClientError, OSError):
            return "connection_failed"
        if 200 <= status < 300:
            return ""
        return "no_retry" if answered.get("x-slack-no-retry") == "1" else "http_error"

    async def ask(self, app: App, kind: str, payload: Json) -> Answer:
        """Send something that wants an answer at once: ``slash_commands``, ``interactive`` or ``block_suggestion``."""
        url = app.urls.get({"slash_commands": "commands", "block_suggestion": "options"}.get(kind, "interactivity"))
        try:
            if url:
                fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
                return await self._ask_http(app, url, fields)
            if uses_http(app):
                return Answer(False, error="dispatch_failed")
            name = "slash_commands" if kind == "slash_commands" else "interactive"
            body = await self.sockets.send(app.id, name, payload, self.patience)
        except TimeoutError:
            return Answer(False, error="operation_timeout")
        except (NoSocket, aiohttp.ClientError, OSError):
            return Answer(False, error="dispatch_failed")
        return Answer(True, body)

    async def _ask_http(self, app: App, url: str, fields: Json) -> Answer:
        words = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in fields.items()}
        status, headers, text = await self._post(app, url, urlencode(words), "application/x-www-form-urlencoded", {})
        if status != 200:
            return Answer(False, error=f"http_error_{status}")
        if not text.strip():
            return Answer(True)
        if "json" not in headers.get("Content-Type", ""):
            return Answer(True, {"text": text})
        try:
            return Answer(True, json.loads(text))
        except ValueError:
            return Answer(False, error="invalid_json")

    async def _post(self, app: App, url: str, body: str, content_type: str, headers: dict[str, str]) -> tuple[int, Any, str]:
        if self._http is None:
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        stamp = str(int(self.clock()))
        signed = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(app.signing_secret, stamp, body),
        }
        timeout = aiohttp.ClientTimeout(total=self.patience)
        async with self._http.post(
            url, data=body.encode(), headers=signed | headers, timeout=timeout, allow_redirects=False
        ) as response:
            return response.status, response.headers, await response.text()

    async def verify_url(self, app: App) -> bool:
        """Slack's handshake with a new request URL: whether the app echoes the challenge."""
        url = app.urls.get("events")
        if not url:
            return False
        challenge = secrets.token_urlsafe(24)
        question = {"token": app.verification_token, "challenge": challenge, "type": "url_verification"}
        try:
            status, _, text = await self._post(app, url, json.dumps(question), "application/json", {})
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
        return status == 200 and challenge in text

    async def close(self) -> None:
        """Stop everything under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.sockets.close()
        if self._http is not None:
            await self._http.close()
            self._http = None


def uses_http(app: App) -> bool:
    """Whether the app has any request URL; without one it is in Socket Mode."""
    return any(app.urls.values())


def signature(secret: str, stamp: str, body: str) -> str:
    """The ``X-Slack-Signature`` of a body."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
