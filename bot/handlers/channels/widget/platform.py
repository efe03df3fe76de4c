"""The website chat, put together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from bot.delivery.ports import Port
from bot.handlers.channels.widget.door import Door
from bot.handlers.channels.widget.identity import Identities
from bot.handlers.channels.widget.inbound import SOURCE, WidgetInbound
from bot.handlers.channels.widget.limits import Limits
from bot.handlers.channels.widget.origins import Origins
from bot.handlers.channels.widget.outbound import WidgetPort
from bot.handlers.channels.widget.tokens import Tokens
from bot.handlers.intake import Inbound, Intake
from bot.handlers.shared.platform import Finding
from bot.store.engine import Store


class WidgetPlatform:
    """A chat for websites.

    ``channels``    names of the widget channels; the list may change while we run
    ``origins``     websites that may use it, like ``https://shop.example``; raises ``origins.BadOrigin`` for anything else
    ``public_url``  our own address as browsers see it
    ``secret``      shared by all nodes; see ``tokens.Tokens``
    ``identity``    the secret shared with the website's own server, see ``identity.Identities``; empty = nobody is vouched for
    ``looks``       title, subtitle, greeting, accent and language where the page itself says nothing
    ``typing``      is told which visitor of which channel types
    ``proxies``     how many reverse proxies stand before us; see ``limits.address_of``
    """

    def __init__(
        self,
        intake: Intake,
        store: Store,
        *,
        channels: Sequence[str],
        origins: Sequence[str] = (),
        public_url: str = "",
        secret: str = "",
        identity: str = "",
        looks: Mapping[str, str] | None = None,
        typing: Callable[[str, str], None] = lambda visitor, channel: None,
        proxies: int = 1,
        limits: Limits | None = None,
    ) -> None:
        self._channels = channels
        self._origins = tuple(origins)
        self._public_url = public_url
        self._door = Door(
            intake,
            store,
            channels=channels,
            origins=Origins(origins, public_url),
            tokens=Tokens(secret),
            limits=limits or Limits(),
            identities=Identities(identity),
            typing=typing,
            looks=json.dumps(dict(looks or {}), sort_keys=True).replace("<", "\\u003c"),
            proxies=proxies,
        )
        self.ports: Mapping[str, Port] = {"widget": WidgetPort()}
        self.inbounds: Mapping[str, Inbound] = {SOURCE: WidgetInbound()}

    def routes(self) -> Sequence[web.RouteDef]:
        """See :class:`bot.handlers.shared.platform.Platform`."""
        return self._door.routes()

    async def listen(self) -> None:
        """It has only routes."""

    async def stop(self) -> None:
        """End the open streams, so that the HTTP server can stop."""
        self._door.streams.stop()

    async def check(self, chats: Sequence[str]) -> list[Finding]:
        """Nothing outside to look at: whether there is a channel, and which websites may use it."""
        if not self._channels:
            return [Finding(False, "website chat: no channel", 'add a [[channel]] with kind = "widget" to the team file')]
        found = [Finding(True, f"website chat: {', '.join(self._channels)}")]
        if self._public_url and not self._origins:
            own = f"website chat: only pages on {self._public_url} may use it"
            found.append(Finding(True, own, "name other websites in RELAYDESK_WIDGET__ORIGINS"))
        return found
