"""Telegram put together: one bot for operators and one for clients, or one for both.

With one token both roles share one poller, one inbox source and one connection pool; the chat, and in private the person,
tells them apart.
"""

from __future__ import annotations

from bot.delivery.ports import Port
from bot.handlers.channels.telegram.inbound import TelegramChannelInbound
from bot.handlers.channels.telegram.outbound import PORT as CHANNEL
from bot.handlers.channels.telegram.outbound import TelegramChannelPort
from bot.handlers.intake import Inbound, Intake
from bot.handlers.shared.files import Files
from bot.handlers.shared.jumps import Workspace
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_commands import Commands
from bot.handlers.shared.telegram_platform import TelegramPlatform, token_remedy
from bot.handlers.shared.telegram_poller import POLL_SECONDS, Poller
from bot.handlers.shared.telegram_updates import Routed
from bot.handlers.shared.telegram_webhook import Webhook
from bot.store import team
from bot.store.engine import Store

DESK = "telegram-desk"
API_URL = "https://api.telegram.org"
PATHS = {DESK: "/telegram/desk", CHANNEL: "/telegram/channel"}


def build(
    intake: Intake,
    store: Store,
    *,
    desk_token: str | None,
    channel_token: str | None,
    api_url: str = API_URL,
    public_url: str | None = None,
    webhook_secret: str | None = None,
    poll_seconds: float = POLL_SECONDS,
    workspace: Workspace | None = None,
) -> list[TelegramPlatform]:
    """The Telegram platforms these settings switch on: none, one, or two.

    Updates come by webhook when both ``public_url`` and ``webhook_secret`` are given, else by polling.
    ``workspace`` is Slack's, for links to threads there.
    Raises ``ValueError`` for a secret or token Telegram would not take.
    """
    roles: dict[str, list[str]] = {}
    for role, token in ((DESK, desk_token), (CHANNEL, channel_token)):
        if token:
            roles.setdefault(token, []).append(role)
    platforms: list[TelegramPlatform] = []
    files = Files(store)

    async def forums() -> list[str]:
        return [desk.chat for desk in await store.read(lambda tx: team.desks(tx, "telegram"))]

    for token, served in roles.items():
        api = BotApi(token, api_url)
        ports: dict[str, Port] = {}
        commands = Commands(api, store)
        desk: Inbound | None = None
        if DESK in served:  # where clients only write to a bot, the desk's side is not imported
            from bot.handlers.desks.telegram.inbound import TelegramDeskInbound
            from bot.handlers.desks.telegram.outbound import TelegramDeskPort

            ports[DESK] = TelegramDeskPort(api, files, workspace)
            desk = TelegramDeskInbound(api, store, commands, workspace)
        if CHANNEL in served:
            ports[CHANNEL] = TelegramChannelPort(api, files)
        inbound = Routed(
            desk=desk,
            channel=TelegramChannelInbound() if CHANNEL in served else None,
        )
        listener: Poller | Webhook = Poller(api, intake, store, poll_seconds=poll_seconds, token_remedy=token_remedy(served))
        if public_url and webhook_secret:
            listener = Webhook(api, intake, public_url=public_url, path=PATHS[served[0]], secret=webhook_secret)
        platforms.append(TelegramPlatform(api, ports, inbound, listener, forums, commands))
    return platforms
