"""Socket Mode: connections of apps, envelopes sent to one of them, acknowledgements.

Wire format: docs.slack.dev/apis/events-api/using-socket-mode and ``slack_sdk/socket_mode`` (request.py, response.py).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import defaultdict
from typing import Any

from aiohttp import WSMsgType, web

Json = dict[str, Any]
MOST_CONNECTIONS = 10
TICKET_LIFE = 30.0


class NoSocket(Exception):
    """The app has no open connection."""


class Sockets:
    """The open WebSocket connections by app."""

    def __init__(self) -> None:
        self.open: dict[str, list[web.WebSocketResponse]] = defaultdict(list)
        self._tickets: dict[str, tuple[str, float]] = {}
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turn: dict[str, int] = defaultdict(int)
        self._wires: dict[web.WebSocketResponse, asyncio.Transport] = {}

    def ticket(self, app_id: str) -> str:
        """One connection's worth of permission, for ``apps.connections.open``."""
        key = secrets.token_urlsafe(12)
        self._tickets[key] = (app_id, time.monotonic() + TICKET_LIFE)
        return key

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection from hello to its end."""
        app_id, expires = self._tickets.pop(request.match_info["ticket"], ("", 0.0))
        if time.monotonic() > expires:
            raise web.HTTPForbidden(text="expired ticket")
        socket = web.WebSocketResponse(heartbeat=None, autoping=True, compress=False)
        await socket.prepare(request)
        connections = self.open[app_id]
        if len(connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await socket.close()
            return socket
        connections.append(socket)
        if request.transport is not None:
            self._wires[socket] = request.transport
        try:
            await socket.send_json(
                {
                    "type": "hello",
                    "num_connections": len(connections),
                    "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
                    "connection_info": {"app_id": app_id},
                }
            )
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._acknowledged(message.data)
        finally:
            self._wires.pop(socket, None)
            if socket in connections:
                connections.remove(socket)
        return socket

    def _acknowledged(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.pop(str(answer.get("envelope_id")), None) if isinstance(answer, dict) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload"))

    async def send(
        self,
        app_id: str,
        kind: str,
        payload: Json,
        seconds: float,
        *,
        retry: tuple[int, str] | None = None,
    ) -> Any:
        """Send one envelope to the next connection in turn; what its acknowledgement carried.

        ``NoSocket`` when there is none, ``TimeoutError`` when nobody acknowledges in time.
        """
        connections = [socket for socket in self.open[app_id] if not socket.closed]
        if not connections:
            raise NoSocket
        self._turn[app_id] += 1
        socket = connections[self._turn[app_id] % len(connections)]
        envelope_id = f"{secrets.token_hex(4)}-{secrets.token_hex(2)}-4{secrets.token_hex(1)}0-a000-{secrets.token_hex(6)}"
        envelope: Json = {
            "envelope_id": envelope_id,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry[0] if retry else 0, "retry_reason": retry[1] if retry else ""}
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = waiting
        try:
            try:
                await socket.send_str(json.dumps(envelope))
            except (ConnectionError, RuntimeError):
                raise NoSocket from None
            async with asyncio.timeout(seconds):
                return await waiting
        finally:
            self._waiting.pop(envelope_id, None)

    async def disconnect(self, app_id: str, reason: str) -> int:
        """Ask every connection to come back, or cut it when the reason is ``abrupt``; how many there were."""
        connections = list(self.open[app_id])
        for socket in connections:
            if reason != "abrupt":
                about = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
                await socket.send_json(about)
            if reason == "abrupt" and socket in self._wires:
                self._wires[socket].abort()  # a reset, not a close frame: what a lost network looks like
            elif reason != "warning":
                await socket.close()
        return len(connections)

    async def close(self) -> None:
        """Close everything."""
        for connections in list(self.open.values()):
            for socket in list(connections):
                await socket.close()
