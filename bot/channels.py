"""The channels the settings and the team switch on, built; those that are off are not even imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.delivery.typing import Typing
from bot.handlers.intake import Intake
from bot.handlers.shared.platform import Platform
from bot.store import team
from bot.store.engine import Store
from bot.store.secrets import HTTP, shared
from config.settings import Settings

if TYPE_CHECKING:
    from bot.app import Read


async def build_channels(settings: Settings, intake: Intake, store: Store, read: Read, typing: Typing | None) -> list[Platform]:
    """WhatsApp, the HTTP channels, the website chat. Telegram's is built with its desk, whose bot it may share.

    ``read`` looks at the team; ``typing`` shows operators that a client types.
    """
    found: list[Platform] = []
    if settings.whatsapp.token:
        found.append(_whatsapp(settings, intake, store))
    plugs = [channel.name for channel in await read(lambda tx: team.channels(tx, "http"))]
    if plugs:
        found.append(await _http(settings, intake, store, plugs, typing))
    widgets = [channel.name for channel in await read(lambda tx: team.channels(tx, "widget"))]
    if widgets:
        found.append(await _widget(settings, intake, store, widgets, typing))
    return found


def _whatsapp(settings: Settings, intake: Intake, store: Store) -> Platform:
    from bot.handlers.channels.whatsapp.platform import WhatsappPlatform

    given = settings.whatsapp
    assert given.token is not None and given.app_secret is not None  # noqa: PT018 - the settings see to it
    assert given.verify_token is not None and given.phone_number_id is not None  # noqa: PT018 - likewise
    return WhatsappPlatform(
        intake,
        store,
        token=given.token.get_secret_value(),
        number=given.phone_number_id,
        business=given.business_account_id or "",
        app_secret=given.app_secret.get_secret_value(),
        verify_token=given.verify_token.get_secret_value(),
        api_url=given.api_url,
        version=given.graph_version,
        public_url=settings.public_url or "",
    )


async def _http(settings: Settings, intake: Intake, store: Store, plugs: list[str], typing: Typing | None) -> Platform:
    from bot.handlers.channels.http.platform import HttpPlatform

    def types(client: str, channel: str) -> None:
        if typing is not None:
            typing.client_types("http", client, channel)

    return HttpPlatform(
        intake,
        store,
        channels=plugs,
        master=await store.write(lambda tx: shared(tx, HTTP)),
        public_url=settings.public_url or "",
        insecure=settings.http_channel.insecure_callbacks,
        types=types,
    )


async def _widget(settings: Settings, intake: Intake, store: Store, widgets: list[str], typing: Typing | None) -> Platform:
    from bot.handlers.channels.widget.platform import WidgetPlatform

    def types(visitor: str, channel: str) -> None:
        if typing is not None:
            typing.client_types("widget", visitor, channel)

    given = settings.widget
    return WidgetPlatform(
        intake,
        store,
        channels=widgets,
        origins=given.origins,
        public_url=settings.public_url or "",
        secret=await store.write(lambda tx: shared(tx, "widget")),
        identity=given.identity_secret.get_secret_value() if given.identity_secret else "",
        looks=given.looks,
        typing=types,
    )
