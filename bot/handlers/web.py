"""The one HTTP server: the platforms' routes, and what the machine's keepers ask (health, readiness, figures)."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from bot.handlers.shared.platform import Platform
from bot.store import buckets, inbox, lanes
from bot.store.engine import Store
from bot.store.uow import Tx

MAX_BODY = 2 << 20
"""Larger than any update a platform sends; files never come this way."""


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
        raise PortTaken(
            f"RELAYDESK_HTTP__PORT: can't listen on {host}:{port} ({error.strerror}): stop what uses it or set another port"
        ) from None
    where = runner.addresses[0]
    return runner, f"http://{'127.0.0.1' if where[0] == '0.0.0.0' else where[0]}:{where[1]}"  # noqa: S104 - compared, not bound


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
        """Queue lengths for Prometheus, read from the store now."""
        registry = CollectorRegistry()
        updates = Gauge("relaydesk_inbox_updates", "Updates kept, by status", ["status"], registry=registry)
        deliveries = Gauge("relaydesk_deliveries", "Deliveries not simply sent, by state", ["state"], registry=registry)
        waiting = Gauge("relaydesk_scopes_waiting", "Rooms, forums and accounts a platform makes wait", registry=registry)
        found = await self._store.read(_count)
        for status, number in found[0].items():
            updates.labels(status).set(number)
        for state, number in found[1].items():
            deliveries.labels(state).set(number)
        waiting.set(found[2])
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _count(tx: Tx) -> tuple[dict[str, int], dict[str, int], int]:
    return inbox.counts(tx), lanes.counts(tx), len(buckets.blocked(tx))
