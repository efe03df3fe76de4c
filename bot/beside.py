"""What commands do beside a relaydesk that may be running: look, and apply a team file. No lock, nothing taken over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bot.app import App, Part, platforms, refuse_old_schema, team_plan
from bot.commands.team import apply_team
from bot.domain.team import TeamPlan
from bot.store.engine import Store, open_store
from bot.store.migrate import migrate
from bot.store.uow import Tx
from config.settings import Settings

T = TypeVar("T")


class _Undone(Exception):
    """Undoes a transaction that was only to be looked into; ``value`` is what was seen."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


async def apply_file(settings: Settings, team_file: Path, *, dry_run: bool) -> list[str]:
    """Apply a team file to the store; with ``dry_run`` only say what that would change. Returns the difference."""
    plan = team_plan(settings, team_file)
    store = await opened(settings)
    try:
        return await (_with(store, plan, lambda _, changes: changes) if dry_run else store.write(lambda tx: _apply(tx, plan)))
    finally:
        await store.close()


class Look:
    """An app that is not run. It sees the team as the next start would: as the store has it, with the team file applied.

    ``changes`` are what that start would change.
    """

    def __init__(self, app: App, plan: TeamPlan | None, changes: list[str]) -> None:
        self.app = app
        self.changes = changes
        self._plan = plan

    async def read(self, job: Callable[[Tx], T]) -> T:
        """Look into the store."""
        if not self.changes:
            return await self.app.store.read(job)
        return await _with(self.app.store, self._plan, lambda tx, _: job(tx))


async def look(settings: Settings) -> Look:
    """Open the store and switch the platforms on, to look at them. Raises ``StoreError`` or ``TeamFileError``, one line each."""
    plan = team_plan(settings)
    app = App(settings, await opened(settings), Part.ALL)
    try:
        found = Look(app, plan, await _with(app.store, plan, lambda _, changes: changes))
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


def _apply(tx: Tx, plan: TeamPlan | None) -> list[str]:
    return apply_team(tx, plan) if plan else []


async def _with(store: Store, plan: TeamPlan | None, job: Callable[[Tx, list[str]], T]) -> T:
    """What ``job`` sees once the plan is applied and its changes are known; nothing of it stays."""

    def work(tx: Tx) -> None:
        changes = _apply(tx, plan)
        tx.flush()
        raise _Undone(job(tx, changes))

    try:
        await store.write(work)
    except _Undone as seen:
        value: T = seen.value
        return value
    raise AssertionError("work always ends in _Undone")
