"""WhatsApp, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from bot.delivery.ports import Port
from bot.domain.approved import Approved, variables
from bot.handlers.channels.whatsapp.door import PATH, Door
from bot.handlers.channels.whatsapp.inbound import TEMPLATES, WhatsappInbound
from bot.handlers.channels.whatsapp.outbound import WhatsappPort
from bot.handlers.channels.whatsapp.updates import SOURCE
from bot.handlers.channels.whatsapp.wire import Graph, NotUnderstood, Refused
from bot.handlers.intake import Inbound, Intake
from bot.handlers.shared.files import Files
from bot.handlers.shared.platform import Finding
from bot.store import approved
from bot.store.engine import Store

log = structlog.get_logger(__name__)
Json = dict[str, Any]

LOOK_SECONDS = 1800.0
AWAY_SECONDS = 60.0
TROUBLE = (Refused, NotUnderstood, aiohttp.ClientError, TimeoutError, OSError)
DOCS = "see docs/whatsapp.md"


class WhatsappPlatform:
    """One number of a business.

    ``business``  the WhatsApp business account, whose approved templates are offered; empty = none are
    """

    def __init__(
        self,
        intake: Intake,
        store: Store,
        *,
        token: str,
        number: str,
        business: str,
        app_secret: str,
        verify_token: str,
        api_url: str,
        version: str,
        public_url: str,
    ) -> None:
        self._store = store
        self._business = business
        self._public_url = public_url
        self._graph = Graph(token=token, number=number, api_url=api_url, version=version)
        self._port = WhatsappPort(self._graph, Files(store), api_url=api_url)
        self._door = Door(intake, app_secret=app_secret, verify_token=verify_token)
        self.ports: Mapping[str, Port] = {"whatsapp": self._port}
        self.inbounds: Mapping[str, Inbound] = {SOURCE: WhatsappInbound(number)}

    def routes(self) -> Sequence[web.RouteDef]:
        """The webhook."""
        return self._door.routes()

    async def listen(self) -> None:
        """Know the approved templates: at the start, when WhatsApp tells that they have changed, and now and then."""
        if not self._business:
            return
        with self._store.waker(TEMPLATES) as woken:
            trouble = ""
            while True:
                try:
                    found = [one for one in map(read_template, await self._graph.templates(self._business)) if one is not None]
                    await self._store.write(lambda tx, found=found: approved.replace(tx, found))  # type: ignore[misc]
                    pause, trouble = LOOK_SECONDS, ""
                except Exception as error:  # WhatsApp or the store is away: those known stay, and it is tried again
                    if trouble != type(error).__name__:
                        log.warning("WhatsApp's templates could not be read; trying again", why=str(error)[:200])
                    pause, trouble = AWAY_SECONDS, type(error).__name__
                await woken.wait(pause)

    async def stop(self) -> None:
        """Close connections."""
        await self._graph.close()
        await self._port.close()

    async def check(self, chats: Sequence[str]) -> list[Finding]:
        """Look at the token and the number, the templates, and whether the webhook can have an address."""
        try:
            async with asyncio.timeout(AWAY_SECONDS):
                about = await self._graph.about()
        except TROUBLE as error:
            return [_trouble(error)]
        findings = [Finding(True, f"WhatsApp number {about.get('display_phone_number')} answers")]
        if not self._business:
            remedy = f"set RELAYDESK_WHATSAPP__BUSINESS_ACCOUNT_ID, {DOCS}"
            findings.append(Finding(False, "WhatsApp: no templates, so nobody can write outside of 24 hours", remedy))
        else:
            findings.append(await self._check_templates())
        if not self._public_url and not self._graph.is_near:
            remedy = f"set RELAYDESK_PUBLIC_URL and enter its {PATH} as the app's callback address, {DOCS}"
            findings.append(Finding(False, "WhatsApp needs a public https address for its webhook", remedy))
        elif self._public_url:
            findings.append(Finding(True, f"WhatsApp's callback address is {self._public_url.rstrip('/')}{PATH}"))
        return findings

    async def _check_templates(self) -> Finding:
        try:
            number = len([one for one in map(read_template, await self._graph.templates(self._business)) if one is not None])
        except TROUBLE as error:
            remedy = "is it the id of the WhatsApp business account, and may the token manage it (whatsapp_business_management)?"
            return Finding(False, f"WhatsApp's templates can't be read: {error}", remedy)
        return Finding(True, f"WhatsApp: {number} approved templates that can be sent from here")


def _trouble(error: Exception) -> Finding:
    if isinstance(error, Refused) and (error.status == 401 or error.code == 190):
        return Finding(False, "WhatsApp refuses the token", f"make a permanent token of a system user, {DOCS}")
    if isinstance(error, Refused):
        remedy = f"is RELAYDESK_WHATSAPP__PHONE_NUMBER_ID the number's id, not the number itself? {DOCS}"
        return Finding(False, f"WhatsApp does not know the number: {error.details}", remedy)
    return Finding(False, f"WhatsApp can't be reached: {type(error).__name__}", "look at the network; it goes on by itself")


def read_template(told: Json) -> Approved | None:
    """A template as the API tells it; None for one that can't be sent from here (a picture in its head, a code button)."""
    header, body, footer = "", "", ""
    buttons: dict[int, str] = {}
    for part in told.get("components") or ():
        kind, text = str(part.get("type", "")).upper(), str(part.get("text") or "")
        if kind == "HEADER" and part.get("format", "TEXT") != "TEXT":
            return None
        header, body, footer = (
            text if kind == "HEADER" else header,
            text if kind == "BODY" else body,
            text if kind == "FOOTER" else footer,
        )
        if kind == "BUTTONS":
            for index, button in enumerate(part.get("buttons") or ()):
                if button.get("type") not in ("URL", "QUICK_REPLY", "PHONE_NUMBER"):
                    return None
                if variables(str(button.get("url") or "")):
                    buttons[index] = str(button["url"])
        elif kind not in ("HEADER", "BODY", "FOOTER"):
            return None
    name, language = told.get("name"), told.get("language")
    if told.get("status") != "APPROVED" or not name or not language or not body:
        return None
    return Approved(
        id=0,
        name=str(name),
        language=str(language),
        header=header,
        body=body,
        footer=footer,
        buttons=buttons,
        named=told.get("parameter_format") == "NAMED",
    )
