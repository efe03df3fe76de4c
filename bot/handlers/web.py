"""The one HTTP server: the platforms' routes, and what the machine's keepers ask (health, readiness, figures)."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping, Sequence

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from bot.handlers.shared.platform import Platform
from bot.store import figures, lanes
from bot.store.engine import Store
from bot.store.figures import Figures

log = structlog.get_logger(__name__)
MAX_BODY = 2 << 20
"""Larger than any update a platform sends; files never come this way."""
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


class PortTaken(Exception):
    """The address can't be listened on; the text is one line for the person who starts the program."""


async def serve(platforms: Sequence[Platform], store: Store, host: str, port: int) -> tuple[web.AppRunner, str]:
    """Listen; returns the runner to clean up and the address. ``port`` 0 takes a free one. Raises ``PortTaken``."""
    app = web.Application(client_max_size=MAX_BODY)
    keeper = _Keeper(store)
    app.add_routes([web.get("/healthz", keeper.health), web.get("/readyz", keeper.ready), web.get("/metrics", keeper.figures)])
    for platform in platforms:
        app.add_routes(platform.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=3)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise PortTaken(_why_not(error, host, port)) from None
    where = runner.addresses[0]
    shown = "127.0.0.1" if where[0] in ANYWHERE else f"[{where[0]}]" if ":" in where[0] else where[0]
    return runner, f"http://{shown}:{where[1]}"


def _why_not(error: OSError, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"RELAYDESK_HTTP__HOST: {host} is no address of this machine: set 127.0.0.1, or 0.0.0.0 for all of them"
    if error.errno == errno.EACCES:
        return f"RELAYDESK_HTTP__PORT: this user may not listen on port {port}: set one above 1023"
    return f"RELAYDESK_HTTP__PORT: port {port} is in use: stop the program that has it, or set another port"


class _Keeper:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def health(self, _: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"ok": True})

    async def ready(self, _: web.Request) -> web.Response:
        """The store answers too."""
        try:
            await self._store.read(lanes.next_due)
        except Exception as error:  # whatever keeps the store from answering, we are not ready
            return web.json_response({"ok": False, "store": type(error).__name__}, status=503)
        return web.json_response({"ok": True})

    async def figures(self, _: web.Request) -> web.Response:
        """What waits and what there is, for Prometheus, read from the store now."""
        try:
            found = await self._store.read(figures.collect)
        except Exception as error:  # whatever keeps the store from answering; zeros would be a lie
            log.warning("no figures: the store does not answer", why=type(error).__name__)
            return web.Response(status=503, text="the store does not answer\n")
        return web.Response(body=generate_latest(_gauges(found)), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _gauges(found: Figures) -> CollectorRegistry:
    """The figures under their names at ``/metrics``; docs/deploy.md tells what each means."""
    registry = CollectorRegistry()

    def by(name: str, words: str, label: str, numbers: Mapping[str, float]) -> None:
        gauge = Gauge(name, words, [label], registry=registry)
        for value, number in numbers.items():
            gauge.labels(value).set(number)

    by("relaydesk_inbox_updates", "Updates kept, by status", "status", found.updates)
    by("relaydesk_deliveries", "Deliveries not simply sent, by state", "state", found.deliveries)
    by("relaydesk_oldest_waiting_seconds", "Age of the oldest that waits", "queue", found.oldest_seconds)
    by("relaydesk_conversations", "Conversations, by status", "status", found.statuses)
    Gauge("relaydesk_scopes_waiting", "Rooms and accounts a platform makes wait", registry=registry).set(len(found.waits))
    return registry
