"""Operators and groups as others pick them from a list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from bot.domain.ids import GroupId, OperatorId
from bot.domain.people import Group, Signature
from bot.store.tables import desk, group, membership, operator
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Colleague:
    """An active operator. ``name`` is the e-mail where there is no name."""

    id: OperatorId
    name: str
    email: str


def active(tx: Tx, groups: Collection[GroupId] = ()) -> list[Colleague]:
    """The active operators, by name; with ``groups`` only those who work in one of them."""
    query = select(operator.c.id, operator.c.name, operator.c.email).where(operator.c.active.is_(True))
    if groups:
        theirs = select(membership.c.operator_id).where(membership.c.group_id.in_(sorted(groups)))
        query = query.where(operator.c.id.in_(theirs))
    rows = tx.execute(query.order_by(operator.c.name, operator.c.id)).all()
    return [Colleague(OperatorId(row.id), row.name.strip() or row.email or "", row.email or "") for row in rows]


def groups(tx: Tx) -> list[Group]:
    """The active groups, by name."""
    query = select(group).where(group.c.active.is_(True)).order_by(group.c.name)
    return [
        Group(id=GroupId(row.id), name=row.name, label=row.label, colour=row.colour, signature=Signature(row.signature))
        for row in tx.execute(query)
    ]


def groups_with_desk(tx: Tx) -> set[GroupId]:
    """The groups that have somewhere to answer from."""
    return {GroupId(found) for found in tx.execute(select(desk.c.group_id).where(desk.c.active.is_(True))).scalars()}
