"""The composition root: settings → store → platforms → tasks. The only place that builds things."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from enum import Flag, auto
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog
from aiohttp import web

from bot.channels import build_channels
from bot.commands import home
from bot.commands.desk import token_changed
from bot.commands.team import follow_file
from bot.delivery.limits import Limits
from bot.delivery.ports import Port, Ports
from bot.delivery.relay import Relay
from bot.delivery.typing import Typing
from bot.domain.policy import Policy
from bot.handlers.intake import Intake
from bot.handlers.shared.jumps import Workspace
from bot.handlers.shared.platform import Finding, Platform
from bot.handlers.web import serve
from bot.store import cursors, inbox, lanes, team
from bot.store.engine import SETTING, Ahead, Store, StoreError, in_time, open_store
from bot.store.migrate import migrate, refuse_later, revisions
from bot.store.secrets import renewed
from bot.store.uow import Tx
from bot.team_file import team_plan
from bot.unserved import unserved
from config.settings import Settings

if TYPE_CHECKING:
    from bot.jobs import Clock

T = TypeVar("T")
log = structlog.get_logger(__name__)
STOP_SECONDS = 8.5
"""What is under way at a SIGTERM may take this long; ten seconds after it everything has ended."""
NOBODY = "write a team file, see config/example.team.toml, and run `python -m bot apply TEAM.toml`, or set RELAYDESK_TEAM_FILE"
NOTHING_ON = "set a token, see config/example.env"
KEPT = "it was left as it was set: correct the team file, or run `python -m bot apply TEAM.toml` to have it the file's way"


class Read(Protocol):
    """Runs a job that only looks, as :meth:`Store.read` does."""

    async def __call__(self, job: Callable[[Tx], T]) -> T:
        """Run it; returns what it found."""
        ...


class Part(Flag):
    """What a process does. ``run`` does everything."""

    WEB = auto()
    WORKER = auto()
    CLOCK = auto()
    ALL = WEB | WORKER | CLOCK


class App:
    """A running relaydesk. Made by :func:`build`. ``clock`` is there while it runs, in a process that keeps time."""

    def __init__(self, settings: Settings, store: Store, part: Part) -> None:
        self.settings = settings
        self.store = store
        self.part = part
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.intake = Intake(store)
        self.platforms: list[Platform] = []
        self.typing = Typing(store, lambda: Ports(_ports(self.platforms)), _limits(settings))
        self.ready = asyncio.Event()
        self.address = ""
        self.clock: Clock | None = None

    async def run(self) -> None:
        """Work until cancelled; then take nothing in any more, finish what is under way, and close."""
        listening: list[asyncio.Task[None]] = []
        working: list[asyncio.Task[None]] = []
        runner: web.AppRunner | None = None
        try:
            if Part.WEB in self.part:
                runner, self.address = await serve(self.platforms, self.store, self.settings.http.host, self.settings.http.port)
            if Part.WORKER in self.part:
                relay = Relay(self.store, Ports(_ports(self.platforms)), _limits(self.settings), self.owner, home=home.screen)
                working += [_task("intake", self.intake.run), _task("relay", relay.run)]
                listening += [_task("listener", platform.listen) for platform in self.platforms]
                listening.append(_task("check", self._look_around))
            if Part.CLOCK in self.part:
                from bot.jobs import Clock

                self.clock = Clock(self.store, self.owner)
                working.append(_task("clock", self.clock.run))
            self.ready.set()
            on = ", ".join(sorted(_ports(self.platforms))) or "nothing"
            log.info("relaydesk is ready", on=on, **({"address": self.address} if self.address else {}))
            await _until_one_fails(working, listening)
        finally:
            await self._stop(listening, working, runner)

    async def _look_around(self) -> None:
        """Say at the start what is missing or wrong, one line each; work goes on with the rest."""
        try:
            if await self.store.read(team.is_empty):
                log.warning("nobody is an operator, so nobody can answer", remedy=NOBODY)
            findings = await self.check()
        except Exception:  # a look around must not stop what works
            log.exception("the platforms could not be looked at")
            return
        for finding in findings:
            if not finding.ok and not finding.heard:
                log.warning(finding.what, remedy=finding.remedy)

    async def check(self, read: Read | None = None) -> list[Finding]:
        """Look at every platform that is on, and whether the team needs others. ``read`` looks at the team."""
        desks, channels = await (read or self.store.read)(lambda tx: (team.desks(tx), team.channels(tx)))
        findings = list(unserved(desks, channels, _ports(self.platforms)))
        if not self.platforms and not findings:
            findings.append(Finding(False, "no platform is switched on", NOTHING_ON))
        for platform in self.platforms:
            names = {"slack"} if "slack" in platform.ports else {"telegram"} if "telegram-desk" in platform.ports else set()
            findings += await platform.check([desk.chat for desk in desks if desk.platform in names])
        return findings

    async def close(self) -> None:
        """Close what ``build`` opened, for an app that was not run."""
        await asyncio.gather(*(platform.stop() for platform in self.platforms))
        await self.store.close()

    async def _stop(
        self, listening: list[asyncio.Task[None]], working: list[asyncio.Task[None]], runner: web.AppRunner | None
    ) -> None:
        """All at once, so that all together keep to the time: nothing is taken in, what is in the air is finished."""
        ending = [*listening, *working]
        for task in ending:
            task.cancel()
        if runner is not None:
            for platform in self.platforms:
                if not platform.ports.keys().isdisjoint({"widget"}):
                    await platform.stop()
            ending.append(_task("http", runner.cleanup))
        if ending:
            await asyncio.wait(ending, timeout=STOP_SECONDS)
        await self.close()


async def build(settings: Settings, part: Part = Part.ALL, *, ahead: Ahead = in_time) -> App:
    """Open the store, bring the team in, switch the platforms on. Raises ``StoreError`` or ``TeamFileError``, one line each.

    ``ahead`` moves the store's clock, for tests.
    """
    policy = Policy(
        card_debounce=int(settings.card_debounce * 1000),
        home_debounce=int(settings.home_debounce * 1000),
        thread_rest=int(settings.thread_rest * 3_600_000),
        held_note_after=int(settings.held_note_after * 1000),
        file_limit=settings.files.largest_mb << 20,
        file_keep=settings.files.keep_days * 24 * 3_600_000,
        programs=settings.files.programs,
        outgoing=settings.outgoing.enabled,
        mail=settings.smtp.host is not None,
        mail_domains=settings.smtp.allowed_domains,
    )
    url = settings.database_url.get_secret_value()
    alone = settings.is_sqlite
    if alone and part is not Part.ALL:
        raise StoreError(
            "RELAYDESK_DATABASE_URL: SQLite serves one process: use `python -m bot run`, "
            "or name a PostgreSQL database for web, worker and clock"
        )
    plan = team_plan(settings)
    if not alone:
        await refuse_old_schema(url)
    store = await open_store(url, policy, ahead)
    app = App(settings, store, part)
    try:
        if alone:
            store.lock()  # type: ignore[attr-defined]  # only SQLite's store has it
            await migrate(url)
            await store.write(_take_over)
        if plan:
            applied = await store.write(lambda tx: follow_file(tx, plan))
            for line in applied.changes:
                log.info("team: %s", line)
            for line in applied.kept:
                log.warning("team: %s", line, remedy=KEPT)
        await store.write(lambda tx: _begin_anew(tx, settings))
        app.platforms = await platforms(settings, app.intake, store, read=store.read, typing=app.typing)
        for platform in app.platforms:
            for source, inbound in platform.inbounds.items():
                app.intake.add(source, inbound)
    except BaseException:
        await app.close()
        raise
    return app


async def refuse_old_schema(url: str) -> None:
    """Raise ``StoreError`` unless the tables are those of this version."""
    current, head = await revisions(url)
    refuse_later(current)
    if current != head:
        raise StoreError(f"{SETTING}: the database's tables are not of this version: run `python -m bot migrate` first")


def _take_over(tx: Tx) -> None:
    """``run`` is alone on its store: leases that stand are those of a process that died."""
    lanes.release_all(tx)
    cursors.release_all(tx)


def _begin_anew(tx: Tx, settings: Settings) -> None:
    """At every start: updates of platforms that may be on again are read, and what waited for a better token goes on."""
    inbox.unpark(tx)
    telegram = settings.telegram
    tokens = {
        "slack": settings.slack.bot_token,
        "telegram-desk": telegram.desk_token,
        "telegram-channel": telegram.channel_token,
        "whatsapp": settings.whatsapp.token,
        "mail": settings.smtp.password,
    }
    for port, token in tokens.items():
        if token and renewed(tx, f"token:{port}", token.get_secret_value()):
            token_changed(tx, port)


async def platforms(
    settings: Settings, intake: Intake, store: Store, *, read: Read, typing: Typing | None = None
) -> list[Platform]:
    """The platforms that have what they need; the others are not even imported. ``read`` looks at the team."""
    found: list[Platform] = []
    workspace: Workspace | None = None
    if settings.slack.bot_token:
        from bot.handlers.desks.slack.platform import SlackPlatform

        slack = SlackPlatform(
            intake,
            store,
            bot_token=settings.slack.bot_token.get_secret_value(),
            app_token=settings.slack.app_token.get_secret_value() if settings.slack.app_token else None,
            signing_secret=settings.slack.signing_secret.get_secret_value() if settings.slack.signing_secret else None,
            api_url=settings.slack.api_url,
        )
        workspace = slack.workspace
        found.append(slack)
    telegram = settings.telegram
    if telegram.desk_token or telegram.channel_token:
        from bot.handlers.telegram import build as build_telegram

        found += build_telegram(
            intake,
            store,
            desk_token=telegram.desk_token.get_secret_value() if telegram.desk_token else None,
            channel_token=telegram.channel_token.get_secret_value() if telegram.channel_token else None,
            api_url=telegram.api_url,
            public_url=settings.public_url,
            webhook_secret=telegram.webhook_secret.get_secret_value() if telegram.webhook_secret else None,
            workspace=workspace,
        )
    if settings.smtp.host:
        found.append(_mail(settings, store))
    found += await build_channels(settings, intake, store, read, typing)
    return found


def _mail(settings: Settings, store: Store) -> Platform:
    from bot.handlers.mail.platform import MailPlatform, Server

    smtp = settings.smtp
    server = Server(
        host=smtp.host or "",
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        sender=smtp.sender or "",
    )
    return MailPlatform(store, server)


def _ports(platforms: Sequence[Platform]) -> dict[str, Port]:
    return {name: port for platform in platforms for name, port in platform.ports.items()}


def _limits(settings: Settings) -> Limits:
    given = settings.limits
    return Limits(
        forum_per_minute=given.telegram_forum_per_minute,
        bot_per_second=given.telegram_bot_per_second,
        chat_per_second=given.telegram_chat_per_second,
        room_per_second=given.slack_room_per_second,
        updates_per_minute=given.slack_updates_per_minute,
        pair_per_minute=given.whatsapp_pair_per_minute,
        number_per_second=given.whatsapp_number_per_second,
    )


def _task(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    async def go() -> None:
        await work()

    return asyncio.create_task(go(), name=name)


async def _until_one_fails(working: list[asyncio.Task[None]], listening: list[asyncio.Task[None]]) -> None:
    """Wait for ever. A worker that ends is a bug, a listener that fails likewise; one that only had routes may end."""
    waiting = {*working, *listening} or {asyncio.create_task(asyncio.Event().wait(), name="idle")}  # type: ignore[arg-type]
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
        if not waiting:
            waiting = {asyncio.create_task(asyncio.Event().wait(), name="idle")}  # type: ignore[arg-type]


RARELY = (20_000, 20, 50)
"""When rings of objects are looked for: after that many new ones, not 700. A job makes tens of thousands that no ring holds, and
to look through them again and again was a sixth of all processor time (docs/performance.md). Some megabytes may wait in rings."""


async def built_at_rest(settings: Settings, part: Part = Part.ALL) -> App:
    """``build``, with the process made ready for a long life."""
    gc.disable()  # building makes a few hundred thousand objects that stay; looking through them again and again is waste
    app = await build(settings, part)
    gc.set_threshold(*RARELY)
    gc.enable()
    gc.collect()
    gc.freeze()  # and would stop everything for a fifth of a second at each full collection (docs/performance.md)
    return app


async def run_until_signal(settings: Settings, part: Part = Part.ALL) -> None:
    """Build and run, and stop in order on SIGTERM or Ctrl-C. Raises what ``build`` raises."""

    async def work() -> None:
        app = await built_at_rest(settings, part)
        await app.run()

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work(), name="app")
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("relaydesk has stopped")
