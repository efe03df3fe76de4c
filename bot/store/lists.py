"""Lists of conversations: a page of a tab, and what stands on the tabs (R18-R21, R87).

A page is put together from *branches*: each is one range of one index (a status, within it a group or an operator), read
newest first and no further than the page needs. So a page costs the same however many conversations there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, Subquery, bindparam, exists, func, literal, select, union_all

from bot.domain.conversation import Status
from bot.domain.ids import ConversationId, GroupId, OperatorId
from bot.domain.listing import MANY, PAGE, Entry, Listing, Tab, Tally, View, draw, sight, tabs_for
from bot.domain.people import Group, Operator
from bot.domain.screen import Jump, Screen
from bot.store import team
from bot.store.conversations import CONVERSATION_COLUMNS, load
from bot.store.tables import blacklist, channel, client, conversation, desk, group, membership, mirror, operator
from bot.store.uow import Tx

Where = tuple[ColumnElement[bool], ...]
FEW_GROUPS = 8
"""Up to so many groups each is a branch of its own; who sees more finds his page soon in the order of all."""

_c = conversation.c
barred = exists().where(blacklist.c.client_id == _c.client_id)
"""The condition that a conversation's client is on the black list (R80)."""


def screen(tx: Tx, who: Operator, view: View) -> Screen:
    """The tab as this operator sees it now, ready to be shown. The caller has checked that he has the tab."""
    return draw(who, listing(tx, who, view))


def listing(tx: Tx, who: Operator, view: View) -> Listing:
    """One page of a tab with what the tabs say of themselves."""
    ids = _page(tx, who, view)
    return Listing(
        view=view,
        entries=entries(tx, ids[:PAGE]),
        more=len(ids) > PAGE,
        tallies=tallies(tx, who),
        filters=_names_of(tx, view),
    )


def _page(tx: Tx, who: Operator, view: View) -> list[int]:
    """The ids of a page and of one more, newest first."""
    reach = view.page * PAGE + 1
    found = _merged(branches(who, view), reach)
    order = select(found.c.id).order_by(found.c.listed_at.desc(), found.c.id.desc())
    return list(tx.execute(order.limit(PAGE + 1).offset((view.page - 1) * PAGE)).scalars())


def _merged(branches: Sequence[Where], reach: int) -> Subquery:
    """The newest ``reach`` of each branch."""
    parts = []
    for where in branches:
        newest = select(_c.id, _c.listed_at).where(*where).order_by(_c.listed_at.desc(), _c.id.desc()).limit(reach).subquery()
        parts.append(select(newest.c.id, newest.c.listed_at))
    return union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()


def branches(who: Operator, view: View) -> list[Where]:
    """The ranges a view is read from, as conditions on the conversation."""
    seen = sight(who)
    wanted: ColumnElement[bool] | None = _c.group_id == view.group if view.group is not None else None
    match view.tab:
        case Tab.UNASSIGNED:
            return [(*where, ~barred) for where in _by_group(Status.UNASSIGNED, seen, view.group)]
        case Tab.INBOX:
            mine = (_c.operator_id == who.id, _c.status == Status.INBOX.value, ~barred)
            return [mine if wanted is None else (*mine, wanted)]
        case Tab.CLOSED:
            return [_with(wanted, within(who), _c.closed_by == who.id, _c.status == Status.CLOSED.value, ~barred)]
        case Tab.BLACKLIST:
            theirs = _c.operator_id == view.operator if view.operator is not None else None
            listed = _c.client_id.in_(select(blacklist.c.client_id))
            return [_with(wanted, theirs, within(who), listed)]
    statuses = [view.status] if view.status is not None else list(Status)
    if view.operator is not None:
        theirs = _c.operator_id == view.operator
        return [_with(wanted, within(who), theirs, _c.status == status.value, ~barred) for status in statuses]
    found = [(*where, ~barred) for status in statuses for where in _by_group(status, seen, view.group)]
    if seen is not None:  # what was handed to him stays in his sight whatever its group
        handed = (_c.operator_id == who.id, _c.group_id.not_in(sorted(seen)), ~barred)
        found += [_with(wanted, *handed, _c.status == status.value) for status in statuses]
    return found


def _with(*parts: ColumnElement[bool] | None) -> Where:
    return tuple(part for part in parts if part is not None)


def _by_group(status: Status, seen: frozenset[GroupId] | None, only: GroupId | None) -> list[Where]:
    """The conversations of a status within these groups (None = all), of which one may be picked."""
    here = _c.status == status.value
    if only is not None:
        return [(here, _c.group_id == only)] if seen is None or only in seen else [(here, literal(False))]
    if seen is None:
        return [(here,)]
    if len(seen) > FEW_GROUPS:
        return [(here, _c.group_id.in_(sorted(seen)))]
    return [(here, _c.group_id == group_id) for group_id in sorted(seen)]


def within(who: Operator) -> ColumnElement[bool] | None:
    """The condition that a conversation is in the operator's sight (R2, R3), as ``permissions.may_work`` tells it."""
    seen = sight(who)
    return None if seen is None else (_c.operator_id == who.id) | _c.group_id.in_(sorted(seen))


def tallies(tx: Tx, who: Operator) -> dict[Tab, Tally]:
    """What stands on the tabs: how many, and whether there are unseen messages (R18, R19). One query."""
    tabs = tabs_for(who)
    columns: list[ColumnElement[Any]] = []
    for tab in tabs:
        columns += [_number(who, tab).label(f"n_{tab}"), _unseen(who, tab).label(f"u_{tab}")]
    row = tx.execute(select(*columns)).mappings().one()
    return {tab: Tally(number=row[f"n_{tab}"], exact=tab is Tab.INBOX, unseen=bool(row[f"u_{tab}"])) for tab in tabs}


def _number(who: Operator, tab: Tab) -> ScalarSelect[int]:
    """How many a tab holds, counted to :data:`MANY` except for one's own inbox."""
    parts = [_some(where) for where in branches(who, View(tab=tab))]
    if tab is not Tab.INBOX:
        parts = [part.limit(MANY) for part in parts]
    wrapped = [select(part.subquery()) for part in parts]
    every = union_all(*wrapped).subquery() if len(wrapped) > 1 else wrapped[0].subquery()
    return select(func.count()).select_from(every).scalar_subquery()


def _some(where: Where) -> Select[Any]:
    return select(literal(1).label("one")).where(*where)


def _unseen(who: Operator, tab: Tab) -> ColumnElement[Any]:
    """Whether a tab holds client messages nobody has seen. A closed conversation never does: they reopen it (R30)."""
    if tab is Tab.CLOSED:
        return literal(0)
    statuses = {Tab.UNASSIGNED: [Status.UNASSIGNED], Tab.INBOX: [Status.INBOX]}.get(tab, [Status.UNASSIGNED, Status.INBOX])
    where: list[ColumnElement[bool]] = [_c.unseen.is_(True), _c.status.in_([status.value for status in statuses])]
    seen = sight(who)
    if tab is Tab.INBOX:
        where.append(_c.operator_id == who.id)
    elif seen is not None and tab is Tab.UNASSIGNED:
        where.append(_c.group_id.in_(sorted(seen)))
    elif seen is not None:
        where.append((_c.operator_id == who.id) | _c.group_id.in_(sorted(seen)))
    where.append(barred if tab is Tab.BLACKLIST else ~barred)
    return select(literal(1)).where(*where).limit(1).scalar_subquery()


_ENTRIES = (
    select(
        client.c.name.label("client_name"),
        channel.c.kind,
        group.c.label.label("group_label"),
        group.c.colour,
        group.c.name.label("group_name"),
        operator.c.name.label("operator_name"),
        blacklist.c.client_id.is_not(None).label("blocked"),
        *CONVERSATION_COLUMNS,
    )
    .join(client, client.c.id == _c.client_id)
    .join(channel, channel.c.id == _c.channel_id)
    .join(group, group.c.id == _c.group_id)
    .join(operator, operator.c.id == _c.operator_id, isouter=True)
    .join(blacklist, blacklist.c.client_id == _c.client_id, isouter=True)
    .where(_c.id.in_(bindparam("ids", expanding=True)))
)
_PLACES = (
    select(mirror.c.conversation_id, desk.c.platform, desk.c.chat, mirror.c.thread)
    .join(desk, desk.c.id == mirror.c.desk_id)
    .where(mirror.c.conversation_id.in_(bindparam("ids", expanding=True)), mirror.c.retired_at.is_(None), mirror.c.thread != "")
    .order_by(mirror.c.id)
)


def entries(tx: Tx, ids: Sequence[int]) -> list[Entry]:
    """What a list says of these conversations, in the order asked for, with the ways to their threads."""
    if not ids:
        return []
    ways: dict[int, list[Jump]] = {}
    for place in tx.execute(_PLACES, {"ids": list(ids)}):
        ways.setdefault(place.conversation_id, []).append(Jump(place.platform, place.chat, place.thread))
    rows = {row.id: row for row in tx.execute(_ENTRIES, {"ids": list(ids)})}
    return [_entry(rows[one], ways.get(one, ())) for one in ids if one in rows]


def entry_of(tx: Tx, conversation_id: ConversationId) -> Entry:
    """What a list says of one conversation."""
    return entries(tx, [conversation_id])[0]


def _entry(row: Row[Any], ways: Iterable[Jump]) -> Entry:
    return Entry(
        conversation=load(row),
        client=row.client_name,
        channel_kind=row.kind,
        group=f"{row.colour} {row.group_label}".strip(),
        responsible=row.operator_name,
        jumps=tuple(ways),
        blocked=bool(row.blocked),
    )


def _names_of(tx: Tx, view: View) -> list[str]:
    """What a view is narrowed to, in words."""
    found: list[str] = []
    if view.group is not None:
        row = tx.execute(select(group.c.colour, group.c.label).where(group.c.id == view.group)).first()
        found.append(f"{row.colour} {row.label}".strip() if row else "a group that is gone")
    if view.status is not None:
        found.append({Status.UNASSIGNED: "Unassigned", Status.INBOX: "In progress", Status.CLOSED: "Closed"}[view.status])
    if view.operator is not None:
        found.append(team.name_of(tx, view.operator) or "an operator who is gone")
    return found


def groups_to_filter(tx: Tx, who: Operator) -> list[tuple[GroupId, str]]:
    """The groups in this operator's sight, with their badges, by name."""
    query = select(group.c.id, group.c.name, group.c.label, group.c.colour).order_by(group.c.name)
    seen = sight(who)
    if seen is not None:
        query = query.where(group.c.id.in_(sorted(seen)))
    rows = tx.execute(query.where(group.c.active.is_(True)))
    return [(GroupId(row.id), Group(id=row.id, name=row.name, label=row.label, colour=row.colour).badge) for row in rows]


def operators_to_filter(tx: Tx, who: Operator, typed: str = "") -> list[tuple[OperatorId, str]]:
    """The operators to pick from, by name: who is in groups is offered only those of his groups (R87)."""
    query = select(operator.c.id, operator.c.name).where(operator.c.active.is_(True)).order_by(operator.c.name, operator.c.id)
    seen = sight(who)
    if seen is not None:
        theirs = select(membership.c.operator_id).where(membership.c.group_id.in_(sorted(seen)))
        query = query.where(operator.c.id.in_(theirs))
    rows = tx.execute(query).all()
    wanted = typed.casefold()
    return [(OperatorId(row.id), row.name) for row in rows if wanted in row.name.casefold()]
