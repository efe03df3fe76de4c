"""The mail server, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web
from aiosmtplib.errors import SMTPException

from bot.delivery.ports import Port
from bot.handlers.intake import Inbound
from bot.handlers.mail.outbound import HELLO_SECONDS, SILENT, MailPort, Server, unready
from bot.handlers.shared.platform import Finding
from bot.store.engine import Store

__all__ = ["MailPlatform", "Server"]


class MailPlatform:
    """Letters go out; nothing comes in."""

    def __init__(self, store: Store, server: Server) -> None:
        self._server = server
        self.ports: Mapping[str, Port] = {"mail": MailPort(store, server)}
        self.inbounds: Mapping[str, Inbound] = {}

    def routes(self) -> Sequence[web.RouteDef]:
        """It has none."""
        return ()

    async def listen(self) -> None:
        """Nobody writes to it."""

    async def stop(self) -> None:
        """No connection outlives its letter."""

    async def check(self, chats: Sequence[str]) -> list[Finding]:
        """Connect, go over to TLS and log in, as for a letter."""
        where = f"{self._server.host}:{self._server.port}"
        smtp = self._server.connection()
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                await smtp.connect()
                await smtp.ehlo()
        except (SMTPException, OSError, TimeoutError) as error:
            reason, _, remedy = unready(error).reason.partition(": ")
            if reason == SILENT:
                remedy = "look at RELAYDESK_SMTP__HOST and RELAYDESK_SMTP__PORT, and whether this machine may connect there"
            return [Finding(False, f"mail: {reason} ({where})", remedy or "letters wait until it takes them")]
        finally:
            smtp.close()
        how = {"starttls": "STARTTLS", "tls": "TLS", "none": "without TLS"}[self._server.tls]
        login = "logged in" if self._server.username else "no login"
        return [Finding(True, f"mail: {where}, {how}, {login}")]
