"""Setting up the team from a plan (the team file, the admins of the settings)."""

from __future__ import annotations

from bot.domain.team import TeamPlan
from bot.store import inbox, journal
from bot.store.roster import Applied, Roster
from bot.store.uow import Tx


def apply_team(tx: Tx, plan: TeamPlan) -> Applied:
    """Bring the stored team to the plan, also where people have set something else at run time."""
    return _apply(tx, plan, overwrite=True)


def follow_file(tx: Tx, plan: TeamPlan) -> Applied:
    """Bring in what has changed in the plan since it was last applied; what people have set meanwhile stays."""
    return _apply(tx, plan, overwrite=False)


def _apply(tx: Tx, plan: TeamPlan, *, overwrite: bool) -> Applied:
    """Messages that waited for a channel go on."""
    applied = Roster(tx, overwrite=overwrite).apply(plan)
    if applied.changes:
        journal.add(tx, "team applied", who="relaydesk", way="system", changes=list(applied.changes))
        inbox.unpark(tx)
        tx.wake.add("inbox")
    return applied
