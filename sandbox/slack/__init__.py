"""Slack on one machine: Web API, Events API, Socket Mode, interactivity, and the people of one workspace."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.slack import files, responses
from sandbox.slack.api import Api
from sandbox.slack.core import Core
from sandbox.slack.office import app_seen, room_seen
from sandbox.slack.touch import Touch
from sandbox.slack.world import Json

__all__ = ["Slack"]

API = "/slack/api/"


class Slack(Touch):
    """One workspace. Give :attr:`base_url` to the SDK; play its people through the methods marked ``person``.

    Methods that wait for the app (press, submit, slash, shortcut, options, close_modal) are coroutines, all others are not.
    """

    def __init__(self, feed: Feed, faults: Faults, windows: Windows, clock: Callable[[], float] = time.time) -> None:
        self.core = Core(feed, faults, windows, clock)
        self.api = Api(self.core)
        self.calls = self.core.calls

    @property
    def base_url(self) -> str:
        """What slack_sdk calls ``base_url``."""
        return self.core.root + API

    @base_url.setter
    def base_url(self, url: str) -> None:
        """The sandbox's own address, or the whole address of the API."""
        self.core.root = url.removesuffix("/").removesuffix(API.rstrip("/"))

    @property
    def retry_delays(self) -> list[float]:
        """Seconds before each repeated delivery of an event: Slack's are about 1, 60 and 300."""
        return self.core.delivery.retry_delays

    @retry_delays.setter
    def retry_delays(self, delays: list[float]) -> None:
        self.core.delivery.retry_delays = delays

    @property
    def patience(self) -> float:
        """Seconds an app has to answer, and a ``trigger_id`` lives: three, as Slack's; a test on a busy machine may give more."""
        return self.core.delivery.patience

    @patience.setter
    def patience(self, seconds: float) -> None:
        self.core.delivery.patience = self.core.trigger_life = seconds

    def routes(self) -> list[web.RouteDef]:
        """Routes for the sandbox's application."""
        return [
            web.post(API + "{method}", self.api.serve),
            web.get(API + "{method}", self.api.serve),
            web.get("/slack/socket/{ticket}", self.core.sockets.serve),
            web.post("/slack/respond/{key}", self._respond),
            web.post("/slack/files/upload/v1/{key}", self._upload),
            web.get("/slack/files/{file}/{name}", self._download),
            web.get("/slack/files/{file}/download/{name}", self._download),
        ]

    async def _respond(self, request: web.Request) -> web.Response:
        return await responses.serve(self.core, request)

    async def _upload(self, request: web.Request) -> web.Response:
        return await files.take_upload(self.core, request)

    async def _download(self, request: web.Request) -> web.Response:
        return await files.download(self.core, request)

    def events(self, kind: str | None = None, app_id: str | None = None) -> list[Json]:
        """Envelopes of events so far, those lost on the way included, oldest first."""
        return [
            envelope
            for app, envelope in self.core.delivery.sent.values()
            if kind in {None, envelope["event"]["type"]} and app_id in {None, app.id}
        ]

    def event_outcome(self, event_id: str) -> str | None:
        """``delivered``, ``dropped`` or ``lost``; None while it is under way."""
        return self.core.delivery.outcomes.get(event_id)

    async def redeliver(self, event_id: str, times: int = 1) -> None:
        """Deliver an event again, as Slack does when it missed the answer."""
        app, envelope = self.core.delivery.sent[event_id]
        for number in range(1, times + 1):
            await self.core.delivery.redeliver(app, envelope, number)

    def drop_events(self, n: int) -> None:
        """Lose the next ``n`` events for good; -1 loses all until 0 is given."""
        self.core.delivery.to_drop = n

    async def disconnect_sockets(self, app_id: str, reason: str = "refresh_requested") -> int:
        """End an app's connections: ``warning``, ``refresh_requested``, ``link_disabled``, or ``abrupt`` without a word."""
        return await self.core.sockets.disconnect(app_id, reason)

    def socket_count(self, app_id: str) -> int:
        """How many Socket Mode connections an app has."""
        return len(self.core.sockets.open[app_id])

    def listens(self, app_id: str | None = None) -> bool:
        """Whether an app can be asked something: it has a URL, or a connection is open."""
        app = self.app(app_id)
        return any(app.urls.values()) or self.socket_count(app.id) > 0

    async def verify_url(self, app_id: str) -> bool:
        """Slack's handshake with a new events URL."""
        return await self.core.delivery.verify_url(self.app(app_id))

    def snapshot(self) -> dict[str, Any]:
        """Everything the page shows."""
        core = self.core
        return {
            "team_id": core.world.team_id,
            "users": list(core.world.users.values()),
            "apps": [app_seen(app) | {"sockets": len(core.sockets.open[app.id])} for app in core.world.apps.values()],
            "rooms": [
                room_seen(room) | {"messages": [room.posts[ts].seen() for ts in room.order]} for room in core.world.rooms.values()
            ],
            "views": {user: [view.wire for view in stack] for user, stack in core.views.stacks.items()},
            "homes": {user: view.wire for (user, _), view in core.views.homes.items()},
            "ephemerals": core.ephemerals,
            "statuses": [{"room": room, "thread_ts": ts, "status": text} for (room, ts), text in core.statuses.items() if text],
        }

    async def close(self) -> None:
        """Stop deliveries and close connections."""
        await self.core.delivery.close()
