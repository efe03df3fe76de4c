"""Who has a home (Slack's App Home) or a private chat open, what he looks at there, and whose lists a change may touch.

Changes are gathered within a transaction and looked up once at its end, so that a client's message costs one small query,
and that only where somebody has a home open.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from bot.domain.conversation import Conversation
from bot.domain.ids import OperatorId
from bot.store import outbox
from bot.store.outbox import Delivery
from bot.store.tables import delivery, home, lane, membership, operator, role
from bot.store.uow import Tx

PORT = "slack"


@dataclass(frozen=True, slots=True)
class _Touched:
    """What of a conversation decides whose lists it is in."""

    groups: frozenset[int]
    operators: frozenset[int]


def opened(tx: Tx, operator_id: OperatorId, platform: str, external_id: str, token: str | None = None) -> None:
    """Somebody has a home or a private chat with the bot open; with a ``token``, he looks at this list from now on.

    Where nothing changes nothing is written: it is said with every word to the bot.
    """
    row = {"operator_id": operator_id, "platform": platform, "external_id": external_id, "opened_at": tx.now}
    kept = {"operator_id": operator_id, **({} if token is None else {"token": token})}
    changed = or_(*(home.c[name] != value for name, value in kept.items()))
    fresh = tx.upsert(home).values(**{**row, **kept})
    tx.execute(fresh.on_conflict_do_update(index_elements=["platform", "external_id"], set_=kept, where=changed))


def token_of(tx: Tx, platform: str, external_id: str) -> str:
    """The list somebody looked at last, empty for the first one."""
    found = tx.execute(select(home.c.token).where(home.c.platform == platform, home.c.external_id == external_id)).scalar()
    return found or ""


def changed(tx: Tx, before: Conversation, after: Conversation) -> None:
    """Have the homes drawn anew whose lists show the conversation, or did."""
    touched = _Touched(
        frozenset((before.group_id, after.group_id)),
        frozenset(one for one in (before.operator_id, after.operator_id, before.closed_by, after.closed_by) if one is not None),
    )
    tx.keep("homes")[touched] = True
    tx.at_end(flush)


def refresh(tx: Tx, operator_id: OperatorId) -> None:
    """Have an operator's homes drawn anew, whatever has changed: his rights, his groups, whether he is one at all."""
    tx.keep("homes")[operator_id] = True
    tx.at_end(flush)


_OPEN = (
    select(home.c.external_id, home.c.operator_id, operator.c.active, role.c.permissions, membership.c.group_id)
    .join(operator, operator.c.id == home.c.operator_id)
    .join(role, role.c.id == operator.c.role_id, isouter=True)
    .join(membership, membership.c.operator_id == home.c.operator_id, isouter=True)
    .where(home.c.platform == PORT)
)
_LOCK = select(lane.c.key).where(lane.c.key.in_(bindparam("keys", expanding=True))).order_by(lane.c.key).with_for_update()
_WAITING = select(delivery.c.lane).where(delivery.c.lane.in_(bindparam("keys", expanding=True)), delivery.c.state == "pending")


def flush(tx: Tx) -> None:
    """Queue what this transaction's changes mean: one drawing for each home, unless one waits already."""
    wanted = list(tx.keep("homes"))
    tx.keep("homes").clear()
    people = _people(tx, wanted) if wanted else set()
    if not people:
        return
    outbox.flush(tx)  # every transaction locks homes' lanes behind all others, so that no two wait for one another
    keys = {lane_of(person): person for person in people}
    if tx.postgres:  # a node that begins one right now has not seen this change: wait for it, then it is no longer pending
        tx.execute(_LOCK, {"keys": sorted(keys)})
    waiting = set(tx.execute(_WAITING, {"keys": sorted(keys)}).scalars())
    for key in sorted(set(keys) - waiting):
        outbox.queue(tx, Delivery(lane=key, port=PORT, chat=keys[key], op="home", after=tx.policy.home_debounce))
    outbox.flush(tx)


def _people(tx: Tx, wanted: list[_Touched | OperatorId]) -> set[str]:
    """Whose homes these changes touch. Somebody without groups, and a super-admin, sees all."""
    seen: dict[str, set[int]] = {}
    rows = tx.execute(_OPEN).all()
    for row in rows:
        seen.setdefault(row.external_id, set()).update([row.group_id] if row.group_id is not None else [])
    found: set[str] = set()
    for row in rows:
        groups = seen[row.external_id]
        everything = not groups or "super_admin" in json.loads(row.permissions or "[]")
        for one in wanted:
            if not isinstance(one, _Touched):
                touched = one == row.operator_id
            else:
                touched = row.active and (everything or bool(groups & one.groups) or row.operator_id in one.operators)
            if touched:
                found.add(row.external_id)
    return found


def lane_of(person: str) -> str:
    """The lane of somebody's home."""
    return f"{PORT}:{person}:home"
