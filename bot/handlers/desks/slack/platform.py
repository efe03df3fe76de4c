"""Slack as the app sees it: a port, an inbound, a route, a listener, and what ``doctor`` asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from bot.commands import home
from bot.delivery.ports import Port
from bot.domain.screen import Screen
from bot.handlers.desks.slack.answers import Answers
from bot.handlers.desks.slack.ears import Ears
from bot.handlers.desks.slack.inbound import SlackInbound
from bot.handlers.desks.slack.listener import NETWORK, SOCKET_REMEDY, Listener
from bot.handlers.desks.slack.manifest import PATH, SCOPES
from bot.handlers.desks.slack.outbound import SlackPort
from bot.handlers.desks.slack.rooms import cause, look, remedy_of
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.intake import Inbound, Intake
from bot.handlers.shared.jumps import Workspace
from bot.handlers.shared.platform import Finding
from bot.store.engine import Store
from bot.store.team import name_at

SLACK = "slack"
REINSTALL = "add it under OAuth & Permissions at api.slack.com/apps (`python -m bot manifest` lists all) and reinstall the app"


class SlackPlatform:
    """A Slack workspace that is switched on. Socket Mode with an app token, HTTP with a signing secret, or both."""

    def __init__(
        self,
        intake: Intake,
        store: Store,
        *,
        bot_token: str,
        app_token: str | None,
        signing_secret: str | None,
        api_url: str,
    ) -> None:
        self._wire = Wire(bot_token, api_url)
        self.workspace = Workspace(self._wire.workspace)
        self._app_token = app_token
        self._signing_secret = signing_secret

        async def home_of(user: str) -> Screen:
            return await store.read(lambda tx: home.screen(tx, SLACK, user))

        answers = Answers(self._wire, home_of, self.workspace)
        ears = Ears(intake, store, answers)
        self._listener = Listener(ears, self._wire, app_token=app_token, signing_secret=signing_secret)
        self.ports: Mapping[str, Port] = {SLACK: SlackPort(self._wire, store)}
        self.inbounds: Mapping[str, Inbound] = {SLACK: SlackInbound(answers, lambda tx, user: name_at(tx, SLACK, user))}

    def routes(self) -> Sequence[web.RouteDef]:
        """``POST /slack/events`` when there is a signing secret."""
        return [web.post(PATH, self._listener.receive)] if self._signing_secret else []

    async def listen(self) -> None:
        """Socket Mode until cancelled; returns at once without an app token."""
        await self._listener.listen()

    async def stop(self) -> None:
        """Close connections."""
        await self._wire.close()

    async def check(self, chats: Sequence[str]) -> list[Finding]:
        """The token, its scopes, the app token and every room."""
        try:
            who, headers = await self._wire.ask("auth.test", {})
        except Failed as failed:
            if not failed.code:
                return [Finding(False, f"Slack: {cause(failed)}", NETWORK, heard=self._app_token is not None)]
            return [Finding(False, f"Slack: the bot token does not work ({failed.code})", remedy_of(failed))]
        bot = str(who.get("user") or "the bot")
        findings = [Finding(True, f"Slack: @{bot} in {who.get('team') or 'the workspace'}"), _scopes(headers)]
        if self._app_token:
            findings.append(await self._check_socket(self._app_token))
        return findings + [await look(self._wire, chat, bot) for chat in chats]

    async def _check_socket(self, app_token: str) -> Finding:
        try:
            await self._wire.open_socket(app_token)
        except Failed as failed:
            remedy = SOCKET_REMEDY if failed.code else NETWORK
            return Finding(False, f"Slack: Socket Mode does not open ({cause(failed)})", remedy, heard=True)
        return Finding(True, "Slack: Socket Mode opens")


def _scopes(headers: Mapping[str, str]) -> Finding:
    granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")}
    missing = [f"{scope} ({what_for})" for scope, what_for in SCOPES.items() if scope not in granted]
    if missing:
        return Finding(False, f"Slack: scopes are missing: {'; '.join(missing)}", REINSTALL)
    return Finding(True, "Slack: all scopes are granted")
