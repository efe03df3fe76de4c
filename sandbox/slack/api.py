"""The Web API's door: arguments, tokens, faults, rate limits, and the answer.

docs.slack.dev/apis/web-api (bodies, tokens, common errors) and docs.slack.dev/apis/web-api/rate-limits (tiers, 429).
"""

from __future__ import annotations

import json
import math
from typing import Any

from aiohttp import web

from sandbox.faults import AFTER, Fault, drops
from sandbox.slack import chat, files, members, rooms, view_calls
from sandbox.slack.arguments import SIGNATURES, checked
from sandbox.slack.core import Core
from sandbox.slack.errors import Refused
from sandbox.slack.registry import METHODS, Call
from sandbox.slack.world import App, Json

FAMILIES = (chat, files, members, rooms, view_calls)
"""Imported so that their methods are registered."""

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
SPECIAL = {"auth.test": 300, "chat.getPermalink": 300, "assistant.threads.setStatus": 600}
POSTS_PER_MINUTE, POSTS_BURST, POSTS_BURST_SECONDS = 60, 8, 4
POSTS_IN_WORKSPACE = 600  # "several hundred messages per minute"
JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}


class Api:
    """Serves ``/slack/api/{method}``."""

    def __init__(self, core: Core) -> None:
        self.core = core

    async def serve(self, request: web.Request) -> web.Response:
        """One call."""
        name = request.match_info["method"]
        given: Json = {}
        fault: Fault | None = None
        app: App | None = None
        try:
            given = await _given(request)
            fault = await self.core.faults.meet("slack", name, given)
            if fault is not None and fault.kind not in AFTER:
                return self._faulted(request, name, given, fault)
            app, wait, answer = self._answer(request, name, given)
            if wait:
                self._note(name, given, "ratelimited")
                return _too_many(wait)
            self._note(name, given, "ok")
            answer = {"ok": True, **answer}
        except Refused as refused:
            self._note(name, given, refused.error)
            answer = {"ok": False, "error": refused.error, **refused.more}
        if await drops(fault):
            return _hung_up(request)
        return _json(answer, app, name)

    def _answer(self, request: web.Request, name: str, given: Json) -> tuple[App | None, float, Json]:
        method = METHODS.get(name)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        app = self._app(request, given, name)
        wait = self.core.windows.take(*windows(app, name, given))
        if wait:
            return app, wait, {}
        call = Call(self.core, app, name, {})
        call.need(*method.scopes)
        call.arguments = checked(name, given)
        return app, 0.0, method.run(call)

    def _app(self, request: web.Request, given: Json, name: str) -> App:
        """The app a token belongs to; the errors are those every method page lists."""
        header = request.headers.get("Authorization", "")
        token = header[7:] if header.startswith("Bearer ") else given.get("token")
        if name == "api.test" and not token:
            return NOBODY
        if not token:
            raise Refused("not_authed")
        app = self.core.world.tokens.get(str(token))
        if app is None:
            raise Refused("invalid_auth")
        if token in app.revoked_tokens:
            raise Refused("token_revoked")
        if self.core.world.users[app.bot_user_id]["deleted"]:
            raise Refused("account_inactive")
        if (name == "apps.connections.open") != (token == app.app_token):
            raise Refused("not_allowed_token_type")
        return app

    def _faulted(self, request: web.Request, name: str, given: Json, fault: Fault) -> web.Response:
        self._note(name, given, f"fault:{fault.kind}")
        if fault.kind == "drop_before":
            return _hung_up(request)
        if fault.kind == "rate_limit":
            return _too_many(fault.seconds)
        if fault.kind == "status":
            return web.Response(status=fault.status, text=fault.body)
        return _json({"ok": False, "error": fault.error or "internal_error"}, None, name)

    def _note(self, name: str, given: Json, outcome: str) -> None:
        arguments = {key: value for key, value in given.items() if key != "token"}
        self.core.calls.append((self.core.clock(), name, arguments, outcome))
        ok = outcome == "ok"
        self.core.publish("call", method=name, arguments=arguments, ok=ok, error=None if ok else outcome)


NOBODY = App("", "", "", "", "", "", "", "", set(), [])


def windows(app: App, name: str, given: Json) -> list[tuple[str, int, float]]:
    """The rate limits a call spends from: per method and app, for posts per room and for the whole workspace."""
    if name == "chat.postMessage":
        room = f"slack:{app.id}:post:{given.get('channel')}"
        return [
            (f"{room}:minute", POSTS_PER_MINUTE, 60),
            (f"{room}:burst", POSTS_BURST, POSTS_BURST_SECONDS),
            (f"slack:{app.id}:post", POSTS_IN_WORKSPACE, 60),
        ]
    tier = SIGNATURES[name].tier
    count = SPECIAL.get(name) or (TIERS[tier] if tier else None)
    return [(f"slack:{app.id}:{name}", count, 60)] if count else []


async def _given(request: web.Request) -> Json:
    """Arguments from the query and the body."""
    given: dict[str, Any] = dict(request.query)
    if request.method == "GET" or not request.can_read_body:
        return given
    kind = request.content_type
    if kind == "application/json":
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        return given | body
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return given | {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    raise Refused("invalid_post_type")


def _json(answer: Json, app: App | None, name: str) -> web.Response:
    headers = dict(JSON_TYPE)
    if app is not None:
        headers["X-OAuth-Scopes"] = ",".join(sorted(app.scopes))
        headers["X-Accepted-OAuth-Scopes"] = ",".join(METHODS[name].scopes)
    return web.Response(body=json.dumps(answer).encode(), headers=headers)


def _too_many(wait: float) -> web.Response:
    headers = JSON_TYPE | {"Retry-After": str(max(1, math.ceil(wait)))}
    return web.Response(status=429, body=b'{"ok":false,"error":"ratelimited"}', headers=headers)


def _hung_up(request: web.Request) -> web.Response:
    """Break the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
