"""The parts of the conversations that somebody may see, as ranges of indexes (R2, R3, R5, R21, R26, R80, R87).

Statements are built once for each *shape* of a question and kept, since to build one costs more than to run it; who asks and
what he picked are its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, any_, bindparam, exists, func, literal_column, or_, select

from bot.domain.conversation import Status
from bot.domain.listing import Tab, View, sees_all, sight
from bot.domain.people import Operator
from bot.store.columns import Id
from bot.store.tables import blacklist, conversation
from bot.store.uow import Tx

Where = tuple[ColumnElement[bool], ...]
FEW_GROUPS = 8
"""Up to so many groups each is a range of its own; who sees more finds his page soon in the order of all."""

_c = conversation.c
_ME, _ONLY, _THEIRS = (bindparam(name, type_=Id) for name in ("me", "only", "theirs"))
_GROUPS = bindparam("groups", type_=Id, expanding=True)
_UNSEEN: ColumnElement[bool] = literal_column("conversation.unseen")
"""As the partial index says it: neither engine sees that ``unseen IS true`` or ``unseen = 1`` means the same."""
barred = exists().where(blacklist.c.client_id == _c.client_id)
"""The condition that a conversation's client is on the black list (R80)."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How somebody sees: ``groups`` how many he is confined to (None = he is not, :data:`FEW_GROUPS` + 1 = many);
    ``everything`` whether he has the tab All; ``postgres`` the engine that is asked.
    """

    groups: int | None
    everything: bool
    postgres: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A view without its values: what is asked, not by whom and about whom."""

    sight: Sight
    tab: Tab
    status: Status | None = None
    by_group: bool = False
    by_operator: bool = False


def sight_of(tx: Tx, who: Operator) -> Sight:
    """How this operator sees."""
    seen = sight(who)
    return Sight(None if seen is None else min(len(seen), FEW_GROUPS + 1), sees_all(who), tx.postgres)


def shape_of(tx: Tx, who: Operator, view: View) -> Shape:
    """The shape of what he looks at."""
    return Shape(sight_of(tx, who), view.tab, view.status, view.group is not None, view.operator is not None)


def values_for(who: Operator, view: View | None = None) -> dict[str, Any]:
    """The values of every statement made here, for this operator and view."""
    seen = sorted(sight(who) or ())
    found: dict[str, Any] = {
        "me": who.id,
        "groups": seen,
        **{f"group_{place}": one for place, one in enumerate(seen[:FEW_GROUPS])},
    }
    return found if view is None else {**found, "only": view.group, "theirs": view.operator}


def within(seen: Sight) -> list[ColumnElement[bool]]:
    """The condition that a conversation is in his sight (R2, R3), as ``permissions.may_work`` tells it; none when all are."""
    return [] if seen.groups is None else [(_c.operator_id == _ME) | _c.group_id.in_(_GROUPS)]


def listed(seen: Sight) -> list[ColumnElement[bool]]:
    """The condition that the tab All lists it: it is of his groups, or in his inbox whatever its group (R57)."""
    handed = and_(_c.operator_id == _ME, _is(Status.INBOX))
    return [] if seen.groups is None else [handed | _c.group_id.in_(_GROUPS)]


def visible(seen: Sight) -> list[ColumnElement[bool]]:
    """What a search may show: what his tabs hold (R86)."""
    if seen.everything:
        return listed(seen)
    mine = and_(_is(Status.INBOX), _c.operator_id == _ME)
    closed = and_(_is(Status.CLOSED), _c.closed_by == _ME, *within(seen))
    waiting = _is(Status.UNASSIGNED)
    if seen.groups is not None:
        waiting &= _c.group_id.in_(_GROUPS)
    return [or_(waiting, mine, closed), ~barred]


def ranges(shape: Shape) -> list[Where]:
    """The ranges a view is made of: each lies together in one index, in the order lists have."""
    only = (_c.group_id == _ONLY,) if shape.by_group else ()
    theirs = (_c.operator_id == _THEIRS,) if shape.by_operator else ()
    inside = listed(shape.sight)
    match shape.tab:
        case Tab.UNASSIGNED:
            return [(*where, ~barred) for where in _by_group(Status.UNASSIGNED, shape)]
        case Tab.INBOX:
            return [(_c.operator_id == _ME, _is(Status.INBOX), *only, ~barred)]
        case Tab.CLOSED:
            return [(_c.closed_by == _ME, _is(Status.CLOSED), *within(shape.sight), *only, ~barred)]
        case Tab.BLACKLIST:
            of_his = [] if shape.sight.groups is None else [_c.group_id.in_(_GROUPS)]  # all are closed, so none was handed to him
            return [(_on_blacklist(shape.sight.postgres), *of_his, *only, *theirs)]
    statuses = [shape.status] if shape.status is not None else list(Status)
    if shape.by_operator:
        return [(*theirs, _is(status), *inside, *only, ~barred) for status in statuses]
    found: list[Where] = [(*where, ~barred) for status in statuses for where in _by_group(status, shape)]
    if shape.sight.groups is not None and Status.INBOX in statuses:
        found.append((_c.operator_id == _ME, _is(Status.INBOX), _c.group_id.not_in(_GROUPS), *only, ~barred))
    return found


def _on_blacklist(postgres: bool) -> ColumnElement[bool]:
    """Looked up client by client; as an array, or PostgreSQL would read all conversations of a group to compare."""
    barred_clients = select(blacklist.c.client_id)
    if not postgres:
        return _c.client_id.in_(barred_clients)
    return _c.client_id == any_(func.array(barred_clients.scalar_subquery(), type_=ARRAY(BigInteger)))


def _is(status: Status) -> ColumnElement[bool]:
    """That a conversation has this status, in words the planner can see: most are closed, and few are anything else."""
    return _c.status == literal_column(f"'{status.value}'")


def _by_group(status: Status, shape: Shape) -> list[Where]:
    """The conversations of a status within his groups, of which one may be picked."""
    here, seen = _is(status), shape.sight.groups
    if shape.by_group:
        return [(here, _c.group_id == _ONLY, *([] if seen is None else [_ONLY.in_(_GROUPS)]))]
    if seen is None:
        return [(here,)]
    if seen > FEW_GROUPS:
        return [(here, _c.group_id.in_(_GROUPS))]
    return [(here, _c.group_id == bindparam(f"group_{place}")) for place in range(seen)]


def may_see(seen: Sight) -> list[Where]:
    """All that he may see and little else, as ranges that are counted without a look at the rows."""
    own: Where = (_c.operator_id == _ME, _is(Status.INBOX))
    if seen.everything:
        return [own, *(where for status in Status for where in _by_group(status, Shape(seen, Tab.ALL)))]
    return [own, (_c.closed_by == _ME, _is(Status.CLOSED)), *_by_group(Status.UNASSIGNED, Shape(seen, Tab.UNASSIGNED))]


def unseen(seen: Sight, tab: Tab) -> list[Where]:
    """The ranges in which a tab's unseen client messages are (R19).

    None for Closed and Blacklist, which never hold any: they reopen a conversation (R30), or are not heard (R80).
    """
    waiting, taken = (_UNSEEN & _is(status) for status in (Status.UNASSIGNED, Status.INBOX))
    theirs = () if seen.groups is None else (_c.group_id.in_(_GROUPS),)
    mine = (taken, _c.operator_id == _ME, ~barred)
    match tab:
        case Tab.UNASSIGNED:
            return [(waiting, *theirs, ~barred)]
        case Tab.INBOX:
            return [mine]
        case Tab.ALL:
            return [(waiting, *theirs, ~barred), (taken, *theirs, ~barred), mine]
    return []
