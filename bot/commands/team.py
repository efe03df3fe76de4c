"""Setting up the team from a plan (the team file, the admins of the settings)."""

from __future__ import annotations

from bot.domain.team import TeamPlan
from bot.store import inbox, journal
from bot.store.roster import Roster
from bot.store.uow import Tx


def apply_team(tx: Tx, plan: TeamPlan) -> list[str]:
    """Bring the stored team to the plan; returns what that changes, one line each. Messages that waited for a channel go on."""
    changes = Roster(tx).apply(plan)
    if changes:
        journal.add(tx, "team applied", who="relaydesk", way="system", changes=changes)
        inbox.unpark(tx)
        tx.wake.add("inbox")
    return changes
