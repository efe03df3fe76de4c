"""A Telegram bot as a platform of the house: who listens, what it can send, and whether all is set up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog
from aiohttp import web

from bot.delivery.ports import Port
from bot.handlers.intake import Inbound
from bot.handlers.shared.platform import Finding
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_commands import Commands
from bot.handlers.shared.telegram_forums import ask, look
from bot.handlers.shared.telegram_poller import Patience, Poller
from bot.handlers.shared.telegram_sdk import AiogramError, TelegramNotFound, TelegramUnauthorizedError
from bot.handlers.shared.telegram_updates import source_of
from bot.handlers.shared.telegram_webhook import Webhook

log = structlog.get_logger(__name__)

TOKEN_SECONDS = 60.0
NETWORK = "look at the network and at RELAYDESK_TELEGRAM__API_URL; it goes on by itself"
INLINE = "send /setinline to @BotFather, choose the bot and give a hint"
SETTINGS = {"telegram-desk": "RELAYDESK_TELEGRAM__DESK_TOKEN", "telegram-channel": "RELAYDESK_TELEGRAM__CHANNEL_TOKEN"}
"""Whose token it is, by port."""


class TelegramPlatform:
    """One token, as the operators' bot, the clients' bot, or both."""

    def __init__(
        self,
        api: BotApi,
        ports: Mapping[str, Port],
        inbound: Inbound,
        listener: Poller | Webhook,
        forums: Callable[[], Awaitable[Sequence[str]]],
        commands: Commands,
    ) -> None:
        """``forums`` gives the chats of all Telegram desks, where ``commands`` shows the verbs."""
        self.ports = ports
        self.inbounds: Mapping[str, Inbound] = {source_of(api.id): inbound}
        self._api = api
        self._listener = listener
        self._forums = forums
        self._commands = commands

    def routes(self) -> Sequence[web.RouteDef]:
        """The webhook's route, none when polling."""
        return self._listener.routes() if isinstance(self._listener, Webhook) else ()

    async def listen(self) -> None:
        """Poll until cancelled; with a webhook, return once Telegram knows the address."""
        await self._introduce()
        preparing = asyncio.create_task(self._prepare())
        try:
            if isinstance(self._listener, Webhook):
                await self._listener.set()
                await preparing
            else:
                await self._listener.run()
        finally:
            preparing.cancel()

    async def stop(self) -> None:
        """Close connections."""
        await self._api.close()

    async def _prepare(self) -> None:
        """Show what can be asked for as commands. Display only; best effort."""
        try:
            await self._commands.greet()
            if "telegram-desk" in self.ports:
                await self._commands.show_all(await self._forums())
        except Exception as error:  # the store is away; the commands will be shown after the next start
            log.info("commands not shown", why=type(error).__name__)

    async def check(self, chats: Sequence[str]) -> list[Finding]:
        """Look at the token, at how updates come, and, for the operators' bot, at every forum of ``chats``."""
        try:
            me = await self._api.introduce()
        except (TelegramUnauthorizedError, TelegramNotFound):
            return [Finding(False, self._refused, token_remedy(self.ports), heard=True)]
        except AiogramError as error:
            return [Finding(False, f"Telegram can't be reached: {error}", NETWORK, heard=True)]
        findings = [Finding(True, f"Telegram bot @{me.get('username')} answers")]
        findings += await self._check_listening()
        if "telegram-desk" in self.ports:
            if not me.get("supports_inline_queries"):
                findings.append(Finding(False, f"@{me.get('username')} offers no canned responses inline", INLINE))
            for chat in chats:
                findings += await look(self._api, chat)
        return findings

    @property
    def _refused(self) -> str:
        who = " and ".join("the operators' bot" if port == "telegram-desk" else "the clients' bot" for port in sorted(self.ports))
        return f"Telegram refuses the token of {who}"

    async def _introduce(self) -> None:
        """Ask who we are until Telegram knows us. What is wrong is said once."""
        patience, trouble = Patience(), ""
        while True:
            try:
                await self._api.introduce()
                if trouble:
                    log.info("Telegram answers", bot=self._api.username)
                return
            except (TelegramUnauthorizedError, TelegramNotFound):
                found, remedy, pause = self._refused, token_remedy(self.ports), TOKEN_SECONDS
            except AiogramError as error:
                found, remedy, pause = f"Telegram can't be reached: {error}", NETWORK, patience.next(0.5, 15.0)
            if found != trouble:
                log.warning(found, remedy=remedy)
            trouble = found
            await asyncio.sleep(pause)

    async def _check_listening(self) -> list[Finding]:
        if not isinstance(self._listener, Webhook):
            return [Finding(True, "Telegram updates are polled")]
        info = await ask(self._api, "getWebhookInfo", {})
        if isinstance(info, Finding):
            return [Finding(info.ok, f"Telegram's webhook: {info.what}", info.remedy)]
        said = info.get("last_error_message")
        if info.get("url") != self._listener.url:
            remedy = "Start `run` or a `worker`; it sets the webhook. Is RELAYDESK_PUBLIC_URL right?"
            return [Finding(False, f"Telegram's webhook points to {info.get('url') or 'nowhere'}", remedy)]
        if said and info.get("pending_update_count"):
            remedy = "Is the public address reachable with a valid certificate?"
            return [Finding(False, f"Telegram's webhook is set, but Telegram says: {said}", remedy)]
        return [Finding(True, "Telegram's webhook is set")]


def token_remedy(ports: Iterable[str]) -> str:
    """What to do about a refused token that serves these ports."""
    names = " and ".join(SETTINGS[port] for port in sorted(ports))
    return f"copy it from @BotFather anew, set {names} and restart"
