"""Bringing the stored team to what a plan says, and saying what that changes. Twice in a row changes nothing.

What the plan no longer names is switched off, never deleted: conversations and the journal still speak of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from bot.domain.group_settings import Landing
from bot.domain.ids import GroupId
from bot.domain.team import GroupPlan, OperatorPlan, TeamPlan
from bot.store.tables import channel, desk, group, identity, membership, operator, role
from bot.store.team import set_settings, settings_of
from bot.store.uow import Tx


class Roster:
    """One run over the tables of the team; ``changes`` says in words what became different."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.changes: list[str] = []

    def apply(self, plan: TeamPlan) -> list[str]:
        """Do it, in the order the tables refer to one another."""
        roles = {
            name: self._put(role, {"name": name}, {"permissions": json.dumps(sorted(rights))}, "role", name)
            for name, rights in plan.roles
        }
        groups = {
            item.name: self._put(
                group,
                {"name": item.name},
                {"label": item.label or item.name, "colour": item.colour, "signature": item.signature, "active": True},
                "group",
                item.name,
            )
            for item in plan.groups
        }
        for item in plan.groups:
            self._landing(groups[item.name], item)
            for platform, chat in item.desks:
                keys = {"platform": platform, "chat": chat}
                self._put(desk, keys, {"group_id": groups[item.name], "active": True}, "desk", f"{platform} {chat}")
        for one in plan.channels:
            self._put(
                channel,
                {"kind": one.kind, "name": one.name},
                {"group_id": groups[one.group], "active": True},
                "channel",
                f"{one.kind} {one.name}",
            )
        for person in plan.operators:
            self._operator(person, roles, groups)
        self._switch_off(plan)
        return self.changes

    def _put(self, table: Table, keys: Mapping[str, Any], values: Mapping[str, Any], what: str, name: str) -> int:
        """Insert or change one row; returns its id."""
        found = self._tx.execute(select(table).filter_by(**keys)).mappings().first()
        if found is None:
            self.changes.append(f"+ {what} {name}")
            return int(self._tx.execute(insert(table).values(**keys, **values).returning(table.c.id)).scalar_one())
        different = {key: value for key, value in values.items() if found[key] != value}
        if different:
            self._tx.execute(update(table).where(table.c.id == found["id"]).values(**different))
            said = ", ".join(f"{key} {found[key]} → {value}" for key, value in different.items())
            self.changes.append(f"~ {what} {name}: {said}")
        return int(found["id"])

    def _landing(self, group_id: int, item: GroupPlan) -> None:
        """Where assigned conversations go; other settings of the group, made at run time, stay as they are."""
        before = settings_of(self._tx, GroupId(group_id))
        if item.assign_lands_in is None or item.assign_lands_in == before.assign_lands_in:
            return
        after = replace(before, assign_lands_in=Landing(item.assign_lands_in))
        set_settings(self._tx, GroupId(group_id), after)
        self.changes.append(f"~ group {item.name}: assign_lands_in {before.assign_lands_in} → {after.assign_lands_in}")

    def _operator(self, person: OperatorPlan, roles: Mapping[str, int], groups: Mapping[str, int]) -> None:
        values = {
            "name": person.name,
            "email": person.email,
            "role_id": roles[person.role] if person.role else None,
            "active": True,
        }
        known = self._known(person)
        if known is None:
            known = int(self._tx.execute(insert(operator).values(**values).returning(operator.c.id)).scalar_one())
            self.changes.append(f"+ operator {person.name}")
        else:
            found = self._tx.execute(select(operator).where(operator.c.id == known)).mappings().one()
            different = [key for key, value in values.items() if found[key] != value]
            if different:
                self._tx.execute(update(operator).where(operator.c.id == known).values(**values))
                self.changes.append(
                    f"~ operator {person.name}: {', '.join(key.removesuffix('_id') for key in different)} changed"
                )
        self._identities(known, person)
        self._memberships(known, person, groups)

    def _known(self, person: OperatorPlan) -> int | None:
        """The operator meant: the one with one of these identities, else the one of this name."""
        for platform, external_id in person.identities:
            found = self._tx.execute(
                select(identity.c.operator_id).where(identity.c.platform == platform, identity.c.external_id == external_id)
            ).scalar()
            if found is not None:
                return int(found)
        by_name = self._tx.execute(select(operator.c.id).where(operator.c.name == person.name)).scalar()
        return int(by_name) if by_name is not None else None

    def _identities(self, operator_id: int, person: OperatorPlan) -> None:
        found = self._tx.execute(select(identity.c.platform, identity.c.external_id).where(identity.c.operator_id == operator_id))
        has = {(row.platform, row.external_id) for row in found}
        for platform, external_id in sorted(set(person.identities) - has):
            self._tx.execute(delete(identity).where(identity.c.platform == platform, identity.c.external_id == external_id))
            self._tx.execute(insert(identity).values(operator_id=operator_id, platform=platform, external_id=external_id))
            self.changes.append(f"~ operator {person.name}: is {platform} {external_id}")
        for platform, external_id in sorted(has - set(person.identities)):
            self._tx.execute(delete(identity).where(identity.c.platform == platform, identity.c.external_id == external_id))
            self.changes.append(f"~ operator {person.name}: is no longer {platform} {external_id}")

    def _memberships(self, operator_id: int, person: OperatorPlan, groups: Mapping[str, int]) -> None:
        wanted = {groups[name] for name in person.groups}
        has = set(self._tx.execute(select(membership.c.group_id).where(membership.c.operator_id == operator_id)).scalars())
        if wanted == has:
            return
        self._tx.execute(delete(membership).where(membership.c.operator_id == operator_id))
        for group_id in sorted(wanted):
            self._tx.execute(insert(membership).values(operator_id=operator_id, group_id=group_id))
        self.changes.append(f"~ operator {person.name}: groups {', '.join(person.groups) or 'none'}")

    def _switch_off(self, plan: TeamPlan) -> None:
        desks = {(platform, chat) for item in plan.groups for platform, chat in item.desks}
        channels = {(one.kind, one.name) for one in plan.channels}
        names = {item.name for item in plan.groups}
        people = {found for person in plan.operators if (found := self._known(person)) is not None}
        self._off(desk, "desk", lambda row: (row.platform, row.chat) in desks, lambda row: f"{row.platform} {row.chat}")
        self._off(channel, "channel", lambda row: (row.kind, row.name) in channels, lambda row: f"{row.kind} {row.name}")
        self._off(group, "group", lambda row: row.name in names, lambda row: row.name)
        self._off(operator, "operator", lambda row: row.id in people, lambda row: row.name)

    def _off(self, table: Table, what: str, stays: Any, name: Any) -> None:
        for row in self._tx.execute(select(table).where(table.c.active.is_(True)).order_by(table.c.id)).all():
            if not stays(row):
                self._tx.execute(update(table).where(table.c.id == row.id).values(active=False))
                self.changes.append(f"- {what} {name(row)}")
