"""The HTTP channels, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from bot.delivery.ports import Port
from bot.handlers.channels.http.door import ClientTypes, Door
from bot.handlers.channels.http.inbound import KIND, SOURCE, HttpInbound
from bot.handlers.channels.http.outbound import HttpPort
from bot.handlers.intake import Inbound, Intake
from bot.handlers.shared.platform import Finding
from bot.store import team
from bot.store.engine import Store


class HttpPlatform:
    """All HTTP channels of the team.

    ``channels``  their names; ``master`` the house's secret theirs are made from
    ``insecure``  origins a callback may have though they are plain http or private
    """

    def __init__(
        self,
        intake: Intake,
        store: Store,
        *,
        channels: Sequence[str],
        master: str,
        public_url: str,
        insecure: Sequence[str],
        types: ClientTypes,
    ) -> None:
        self._store = store
        self._public_url = public_url
        self._port = HttpPort(store, master=master, public_url=public_url, insecure=insecure)
        self._door = Door(intake, store, channels=channels, master=master, types=types)
        self.ports: Mapping[str, Port] = {"http": self._port}
        self.inbounds: Mapping[str, Inbound] = {SOURCE: HttpInbound()}

    def routes(self) -> Sequence[web.RouteDef]:
        """See :class:`bot.handlers.shared.platform.Platform`."""
        return self._door.routes()

    async def listen(self) -> None:
        """It has only routes."""

    async def stop(self) -> None:
        """Close connections."""
        await self._port.close()

    async def check(self, chats: Sequence[str]) -> list[Finding]:
        """Whether each channel has a callback, and files an address."""
        found: list[Finding] = []
        for one in await self._store.read(lambda tx: team.channels(tx, KIND)):
            remedy = (
                f'give it callback = "https://…" in the team file, or write “channel {one.name} callback=https://…” to the bot'
            )
            what = f"HTTP channel {one.name}"
            found.append(
                Finding(True, f"{what} calls {one.callback}")
                if one.callback
                else Finding(False, f"{what} has no callback", remedy)
            )
        if not self._public_url:
            found.append(Finding(False, "HTTP channel: files have no address", "set RELAYDESK_PUBLIC_URL"))
        return found
