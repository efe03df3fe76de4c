"""What the composition root needs of a platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.delivery.ports import Port
from bot.handlers.intake import Inbound


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``doctor``: what was looked at, and, when it is wrong, what to do.

    ``heard``: whoever listens says so itself while relaydesk runs, so that the start need not say it too.
    """

    ok: bool
    what: str
    remedy: str = ""
    heard: bool = False


class Platform(Protocol):
    """A platform that is switched on. Built with its settings; ``app`` starts and stops it."""

    ports: Mapping[str, Port]
    inbounds: Mapping[str, Inbound]

    def routes(self) -> Sequence[web.RouteDef]:
        """HTTP routes it serves, none when it polls."""
        ...

    async def listen(self) -> None:
        """Listen until cancelled (polling, Socket Mode); returns at once when it has only routes."""
        ...

    async def stop(self) -> None:
        """Close connections."""
        ...

    async def check(self, chats: Sequence[str]) -> list[Finding]:
        """Look at the token, the rights and every chat of ``chats``; used at start and by ``doctor``."""
        ...
