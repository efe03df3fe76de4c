"""What commands do beside a relaydesk that may be running: look, and apply a team file. No lock, nothing taken over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bot.app import App, Part, platforms, refuse_old_schema
from bot.commands.team import apply_team, follow_file
from bot.domain.team import TeamPlan
from bot.store.engine import Store, open_store
from bot.store.migrate import migrate
from bot.store.present import present
from bot.store.roster import Applied
from bot.store.uow import Tx
from bot.team_file import team_plan
from bot.team_toml import as_toml
from config.settings import Settings
from config.team import TeamFileError

T = TypeVar("T")


class _Undone(Exception):
    """Undoes a transaction that was only to be looked into; ``value`` is what was seen."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class TeamChanged(TeamFileError):
    """The difference is another than the one that was agreed to."""


async def apply_file(settings: Settings, team_file: Path, *, agreed: Sequence[str] | None = None) -> Applied:
    """Apply a team file to the store, or, without a difference ``agreed`` to, only say what that would change.

    Raises ``TeamChanged`` when somebody has changed the team meanwhile, and nothing is applied.
    """
    plan = team_plan(settings, team_file)
    store = await opened(settings)

    def work(tx: Tx) -> Applied:
        applied = apply_team(tx, plan) if plan else Applied()
        if list(applied.changes) != list(agreed or ()):
            raise TeamChanged("the team was changed at this very moment, so nothing was applied: look at the difference again")
        return applied

    try:
        if agreed is None:
            return await _undone(store, lambda tx: apply_team(tx, plan) if plan else Applied())
        return await store.write(work)
    finally:
        await store.close()


async def present_team(settings: Settings) -> str:
    """The team as it is now, as a team file."""
    store = await opened(settings)
    try:
        return as_toml(await store.read(present))
    finally:
        await store.close()


class Look:
    """An app that is not run. It sees the team as the next start would: as the store has it, with the team file applied.

    ``changes`` are what that start would change, ``kept`` what it would leave as people set it, though the file says otherwise.
    """

    def __init__(self, app: App, plan: TeamPlan | None, applied: Applied) -> None:
        self.app = app
        self.changes = applied.changes
        self.kept = applied.kept
        self._plan = plan

    async def read(self, job: Callable[[Tx], T]) -> T:
        """Look into the store."""
        if not self.changes:
            return await self.app.store.read(job)

        def work(tx: Tx) -> T:
            _follow(tx, self._plan)
            tx.flush()
            return job(tx)

        return await _undone(self.app.store, work)


async def look(settings: Settings) -> Look:
    """Open the store and switch the platforms on, to look at them. Raises ``StoreError`` or ``TeamFileError``, one line each."""
    plan = team_plan(settings)
    app = App(settings, await opened(settings), Part.ALL)
    try:
        found = Look(app, plan, await _undone(app.store, lambda tx: _follow(tx, plan)))
        app.platforms = await platforms(settings, app.intake, app.store, read=found.read)
    except BaseException:
        await app.close()
        raise
    return found


async def opened(settings: Settings) -> Store:
    """The store, with the tables of this version. Raises ``StoreError``."""
    url = settings.database_url.get_secret_value()
    await migrate(url) if settings.is_sqlite else await refuse_old_schema(url)
    return await open_store(url)


def _follow(tx: Tx, plan: TeamPlan | None) -> Applied:
    return follow_file(tx, plan) if plan else Applied()


async def _undone(store: Store, job: Callable[[Tx], T]) -> T:
    """What ``job`` finds; nothing of what it changes stays."""

    def work(tx: Tx) -> None:
        raise _Undone(job(tx))

    try:
        await store.write(work)
    except _Undone as seen:
        value: T = seen.value
        return value
    raise AssertionError("work always ends in _Undone")
