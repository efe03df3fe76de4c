"""Lists of conversations: a page of a tab, and what stands on the tabs (R18-R21, R87).

A page is put together from ranges of indexes, each read newest first and no further than the page needs. So it costs the same
however many conversations there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, false, func, literal, or_, select, union_all

from bot.domain.conversation import Status
from bot.domain.ids import ConversationId, GroupId, OperatorId
from bot.domain.listing import BY_RIGHT, MANY, PAGE, Entry, Listing, Tab, Tally, View, draw, sight
from bot.domain.people import Group, Operator
from bot.domain.phrase import Phrase
from bot.domain.screen import Jump, Screen
from bot.store import team
from bot.store.conversations import CONVERSATION_COLUMNS, load
from bot.store.ranges import Shape, Sight, Where, ranges, shape_of, sight_of, unseen, values_for
from bot.store.tables import blacklist, channel, client, conversation, desk, group, membership, mirror, operator
from bot.store.uow import Tx

_c = conversation.c


def screen(tx: Tx, who: Operator, view: View) -> Screen:
    """The tab as this operator sees it now, ready to be shown. The caller has checked that he has the tab."""
    return draw(who, listing(tx, who, view), outgoing=tx.policy.outgoing)


def listing(tx: Tx, who: Operator, view: View) -> Listing:
    """One page of a tab with what the tabs say of themselves."""
    start = (view.page - 1) * PAGE
    asked = {**values_for(who, view), "start": start, "end": start + PAGE + 1}
    ids = list(tx.execute(_page(shape_of(tx, who, view)), asked).scalars())
    return Listing(
        view=view,
        entries=entries(tx, ids[:PAGE]),
        more=len(ids) > PAGE,
        tallies=tallies(tx, who),
        filters=_names_of(tx, view),
    )


@cache
def _page(shape: Shape) -> Select[Any]:
    """The ids of a page and of one more, newest first: of each range the newest, of these the newest."""
    found = union_all(*(_newest(where, bindparam("end")) for where in ranges(shape))).subquery()
    order = select(found.c.id).order_by(found.c.listed_at.desc(), found.c.id.desc())
    return order.limit(PAGE + 1).offset(bindparam("start"))


def _newest(where: Where, most: Any) -> Select[Any]:
    """The newest of a range; its order keeps every engine on the range's index."""
    newest = select(_c.id, _c.listed_at).where(*where).order_by(_c.listed_at.desc(), _c.id.desc())
    part = newest.limit(most).subquery()
    return select(part.c.id, part.c.listed_at)


def tallies(tx: Tx, who: Operator) -> dict[Tab, Tally]:
    """What stands on the tabs: how many, and whether there are unseen messages (R18, R19). One query."""
    row = tx.execute(_tallies(sight_of(tx, who)), values_for(who)).mappings().one()
    return {
        tab: Tally(number=row[f"n_{tab}"], exact=tab is Tab.INBOX, unseen=bool(row[f"u_{tab}"]))
        for tab in _tabs(sight_of(tx, who))
    }


def _tabs(seen: Sight) -> list[Tab]:
    return [tab for tab in Tab if seen.everything or tab not in BY_RIGHT]


@cache
def _tallies(seen: Sight) -> Select[Any]:
    columns: list[ColumnElement[Any]] = []
    for tab in _tabs(seen):
        columns.append(_number(Shape(seen, tab)).label(f"n_{tab}"))
        marks = [select(literal(1)).where(*where).exists() for where in unseen(seen, tab)]
        columns.append(or_(false(), *marks).label(f"u_{tab}"))
    return select(*columns)


def _number(shape: Shape) -> ColumnElement[Any]:
    """How many a tab holds, counted to :data:`MANY` except for one's own inbox (R18)."""
    if shape.tab is Tab.INBOX:
        (mine,) = ranges(shape)
        return select(func.count()).select_from(conversation).where(*mine).scalar_subquery()
    if shape.tab is Tab.BLACKLIST:
        (barred_here,) = ranges(shape)
        some = select(_c.id).where(*barred_here).limit(MANY).subquery()
    else:
        some = union_all(*(_newest(where, MANY) for where in ranges(shape))).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


_awaited = operator.alias("awaited")
_ENTRIES = (
    select(
        client.c.name.label("client_name"),
        channel.c.kind,
        group.c.label.label("group_label"),
        group.c.colour,
        group.c.name.label("group_name"),
        operator.c.name.label("operator_name"),
        _awaited.c.name.label("awaited_name"),
        blacklist.c.client_id.is_not(None).label("blocked"),
        desk.c.platform,
        desk.c.chat,
        mirror.c.thread,
        *CONVERSATION_COLUMNS,
    )
    .join(client, client.c.id == _c.client_id)
    .join(channel, channel.c.id == _c.channel_id)
    .join(group, group.c.id == _c.group_id)
    .join(operator, operator.c.id == _c.operator_id, isouter=True)
    .join(_awaited, _awaited.c.id == _c.meant_for, isouter=True)
    .join(blacklist, blacklist.c.client_id == _c.client_id, isouter=True)
    .join(mirror, (mirror.c.conversation_id == _c.id) & mirror.c.retired_at.is_(None) & (mirror.c.thread != ""), isouter=True)
    .join(desk, desk.c.id == mirror.c.desk_id, isouter=True)
    .where(_c.id.in_(bindparam("ids", expanding=True)))
    .order_by(mirror.c.id)
)
"""A row for each way to a conversation's thread, one for a conversation that has none."""


def entries(tx: Tx, ids: Sequence[int]) -> list[Entry]:
    """What a list says of these conversations, in the order asked for, with the ways to their threads."""
    found: dict[int, list[Row[Any]]] = {}
    for row in tx.execute(_ENTRIES, {"ids": list(ids)}) if ids else ():
        found.setdefault(row.id, []).append(row)
    return [_entry(found[one]) for one in ids if one in found]


def entry_of(tx: Tx, conversation_id: ConversationId) -> Entry:
    """What a list says of one conversation."""
    return entries(tx, [conversation_id])[0]


def _entry(rows: Sequence[Row[Any]]) -> Entry:
    row = rows[0]
    return Entry(
        conversation=replace(load(row), blacklisted=bool(row.blocked)),
        client=row.client_name,
        channel_kind=row.kind,
        group=f"{row.colour} {row.group_label}".strip(),
        responsible=row.operator_name,
        jumps=tuple(Jump(one.platform, one.chat, one.thread) for one in rows if one.thread),
        meant_for=row.awaited_name or "",
    )


def _names_of(tx: Tx, view: View) -> list[str]:
    """What a view is narrowed to, in words."""
    found: list[str] = []
    if view.group is not None:
        row = tx.execute(select(group.c.colour, group.c.label).where(group.c.id == view.group)).first()
        found.append(f"{row.colour} {row.label}".strip() if row else Phrase("a group that is gone"))
    if view.status is not None:
        found.append({Status.UNASSIGNED: "Unassigned", Status.INBOX: "In progress", Status.CLOSED: "Closed"}[view.status])
    if view.operator is not None:
        found.append(team.name_of(tx, view.operator) or Phrase("an operator who is gone"))
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
