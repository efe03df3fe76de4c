"""The team as facts: rows of five kinds with named fields, read and written alike for the team file and for admins.

========  =====================================================================================================
role      ``name``, ``permissions``
group     ``name``, ``label``, ``colour``, ``signature``, ``active``, and each of the group's settings by its name
desk      ``platform``, ``chat`` (which never change), ``group``, ``active``
channel   ``kind``, ``name`` (which never change), ``group``, ``callback``, ``active``
operator  ``name``, ``email``, ``role``, ``groups``, ``slack``, ``telegram`` (ids there), ``active``
========  =====================================================================================================

References are row numbers, what there can be several of is a sorted list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from bot.domain.group_settings import GroupSettings, Landing
from bot.domain.ids import GroupId
from bot.store.tables import channel, desk, group, identity, membership, operator, role
from bot.store.team import set_settings, settings_of
from bot.store.uow import Tx

Facts = dict[str, Any]
PLATFORMS = ("slack", "telegram")
SETTINGS = tuple(field.name for field in fields(GroupSettings))
_COLUMNS: dict[str, tuple[Table, dict[str, str]]] = {
    "role": (role, {"name": "name"}),
    "group": (group, {"name": "name", "label": "label", "colour": "colour", "signature": "signature", "active": "active"}),
    "desk": (desk, {"platform": "platform", "chat": "chat", "group": "group_id", "active": "active"}),
    "channel": (channel, {"kind": "kind", "name": "name", "group": "group_id", "callback": "callback", "active": "active"}),
    "operator": (operator, {"name": "name", "email": "email", "role": "role_id", "active": "active"}),
}


def lock(tx: Tx) -> None:
    """One change of the team at a time. Whoever may change it has a role, so there is a row to lock."""
    tx.execute(select(role.c.id).order_by(role.c.id).with_for_update())


def rows(tx: Tx, kind: str) -> dict[int, Facts]:
    """Every row of a kind, by number."""
    table, columns = _COLUMNS[kind]
    found: dict[int, Facts] = {}
    for row in tx.execute(select(table).order_by(table.c.id)).mappings():
        found[row["id"]] = {field: row[column] for field, column in columns.items()}
        if kind == "role":
            found[row["id"]]["permissions"] = sorted(json.loads(row["permissions"]))
        elif kind == "group":
            found[row["id"]] |= plain(GroupSettings.from_json(row["settings"]))
    if kind == "operator":
        _add_people(tx, found)
    return found


def plain(settings: GroupSettings) -> Facts:
    """The settings as JSON has them."""
    return {name: str(value) if isinstance(value, str) else value for name, value in asdict(settings).items()}


def _add_people(tx: Tx, found: dict[int, Facts]) -> None:
    for facts in found.values():
        facts |= {"groups": [], **{platform: [] for platform in PLATFORMS}}
    for row in tx.execute(select(membership).order_by(membership.c.group_id)):
        found[row.operator_id]["groups"].append(row.group_id)
    for row in tx.execute(select(identity).order_by(identity.c.external_id)):
        found[row.operator_id].setdefault(row.platform, []).append(row.external_id)


def add(tx: Tx, kind: str, facts: Facts) -> int:
    """A new row; its number."""
    table, columns = _COLUMNS[kind]
    given = {columns[field]: value for field, value in facts.items() if field in columns}
    row_id = int(tx.execute(insert(table).values(**given).returning(table.c.id)).scalar_one())
    _write_rest(tx, kind, row_id, facts)
    return row_id


def change(tx: Tx, kind: str, row_id: int, facts: Facts) -> None:
    """Set these fields of a row."""
    table, columns = _COLUMNS[kind]
    given = {columns[field]: value for field, value in facts.items() if field in columns}
    if given:
        tx.execute(update(table).where(table.c.id == row_id).values(**given))
    _write_rest(tx, kind, row_id, facts)


def _write_rest(tx: Tx, kind: str, row_id: int, facts: Facts) -> None:
    """What is no column of the row itself. What was kept at hand of the team is old now."""
    for kept in ("groups", "desks", "channels", "people", "group_settings"):
        tx.memory.pop(kept, None)
    if kind == "role" and "permissions" in facts:
        tx.execute(update(role).where(role.c.id == row_id).values(permissions=json.dumps(sorted(facts["permissions"]))))
    elif kind == "group":
        _set_settings(tx, GroupId(row_id), {name: facts[name] for name in SETTINGS if name in facts})
    elif kind == "operator":
        if "groups" in facts:
            _set_groups(tx, row_id, facts["groups"])
        for platform in PLATFORMS:
            if platform in facts:
                _set_identities(tx, row_id, platform, set(facts[platform]))


def _set_settings(tx: Tx, group_id: GroupId, given: Mapping[str, Any]) -> None:
    if given:
        landing = {"assign_lands_in": Landing(given["assign_lands_in"])} if "assign_lands_in" in given else {}
        after = replace(settings_of(tx, group_id), **{**given, **landing})
        set_settings(tx, group_id, after)


def _set_groups(tx: Tx, operator_id: int, groups: Iterable[int]) -> None:
    tx.execute(delete(membership).where(membership.c.operator_id == operator_id))
    members = [{"operator_id": operator_id, "group_id": group_id} for group_id in sorted(set(groups))]
    if members:
        tx.execute(insert(membership), members)


def _set_identities(tx: Tx, operator_id: int, platform: str, wanted: set[str]) -> None:
    """Who the operator is at a platform; another operator who was the same is it no longer."""
    at = (identity.c.platform == platform, identity.c.operator_id == operator_id)
    has = set(tx.execute(select(identity.c.external_id).where(*at)).scalars())
    for external_id in sorted(wanted - has):
        tx.execute(delete(identity).where(identity.c.platform == platform, identity.c.external_id == external_id))
        tx.execute(insert(identity).values(operator_id=operator_id, platform=platform, external_id=external_id))
    for external_id in sorted(has - wanted):
        tx.execute(delete(identity).where(*at, identity.c.external_id == external_id))
