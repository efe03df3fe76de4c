"""Bringing the stored team to what a team file says, and saying what that changes. Twice in a row changes nothing.

What people set at run time is not lost behind their backs (docs/decisions/0011-file-and-run-time.md): at a start only what has
changed in the file since it was last applied is brought in, and where somebody has set the same otherwise meanwhile, it stays
and is told of. ``apply`` brings everything to the file, says what it undoes, and lets the person decide. What the plan no longer
names is switched off, never deleted: conversations and the journal still speak of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from bot.domain.team import GroupPlan, OperatorPlan, TeamPlan
from bot.domain.times import clock_words
from bot.store import entries, origins
from bot.store.entries import Facts
from bot.store.inbox import LOCK_CLASS, PARTITIONS
from bot.store.origins import NOWHERE, Fact, Origin
from bot.store.uow import Tx

TEAM_LOCK = PARTITIONS
"""The second half of the advisory lock's key; those below are the inbox's partitions."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became different, in words, one line each.

    ``undone``  how many things that people had set at run time are not so any more
    ``kept``    what was left as people set it, though the file says otherwise
    """

    changes: tuple[str, ...] = ()
    undone: int = 0
    kept: tuple[str, ...] = ()


class Roster:
    """One run over the team. ``overwrite``: the file is right even where people have set something else at run time."""

    def __init__(self, tx: Tx, *, overwrite: bool) -> None:
        self._tx = tx
        if tx.postgres:  # nodes that start at once would all find the team missing and insert it
            tx.execute(select(func.pg_advisory_xact_lock(LOCK_CLASS, TEAM_LOCK)))
        self._origins = origins.all_of(tx)
        self._overwrite = overwrite or not self._origins  # nothing known: no person can have set anything yet
        self._rows = {kind: entries.rows(tx, kind) for kind in ("role", "group", "desk", "channel", "operator")}
        self._filed: dict[Fact, Any] = {}
        self._named: dict[str, set[int]] = {kind: set() for kind in self._rows}
        self._changes: list[str] = []
        self._kept: list[str] = []
        self._undone = 0

    def apply(self, plan: TeamPlan) -> Applied:
        """Do it, in the order the rows refer to one another."""
        roles = {name: self._put("role", {"name": name, "permissions": sorted(rights)}) for name, rights in plan.roles}
        groups = {item.name: self._put("group", _group(item)) for item in plan.groups}
        for item in plan.groups:
            for platform, chat in item.desks:
                self._put("desk", {"platform": platform, "chat": chat, "group": groups[item.name], "active": True})
        for one in plan.channels:
            callback = {} if one.callback is None else {"callback": one.callback}
            self._put("channel", {"kind": one.kind, "name": one.name, "group": groups[one.group], "active": True, **callback})
        for person in plan.operators:
            self._put("operator", _operator(person, roles, groups))
        for kind in ("desk", "channel", "group", "operator"):
            self._switch_off(kind)
        origins.file(self._tx, self._filed)
        return Applied(tuple(self._changes), self._undone, tuple(self._kept))

    def _put(self, kind: str, wanted: Facts) -> int:
        row_id = self._known(kind, wanted)
        if row_id is None:
            row_id = entries.add(self._tx, kind, wanted)
            self._rows[kind][row_id] = dict(wanted)
            self._changes.append(f"+ {kind} {_name(kind, wanted)}")
            self._filed |= {(kind, row_id, field): value for field, value in wanted.items()}
        else:
            self._settle(kind, row_id, wanted)
        self._named[kind].add(row_id)
        return row_id

    def _settle(self, kind: str, row_id: int, wanted: Facts) -> None:
        """Set what is to be set of a row that is there."""
        has = self._rows[kind][row_id]
        name = f"{kind} {_name(kind, has)}"
        different: Facts = {}
        said: list[str] = []
        for field, value in wanted.items():
            before, origin = has[field], self._origins.get((kind, row_id, field), NOWHERE)
            if before != value and not self._overwrite:
                if origin.filed and origin.value == value:
                    continue  # the file says what it said before, and people have changed it since
                if by := self._set_by_people(kind, row_id, field, value):
                    told = f"{name}: {field} is {self._words(field, before)}{by}, the file says {self._words(field, value)}"
                    self._kept.append(told)
                    continue
            self._filed[kind, row_id, field] = value
            if before != value:
                different[field] = value
                said.append(f"{field} {self._words(field, before)} → {self._words(field, value)}{self._undo(origin)}")
        if different:
            entries.change(self._tx, kind, row_id, different)
            has |= different
            back = "+" if different.get("active") else "~"
            self._changes.append(f"{back} {name}: {', '.join(said)}")

    def _set_by_people(self, kind: str, row_id: int, field: str, value: Any) -> str:
        """Who has set this at run time, as words to append; also who gave somebody else an identity that is wanted here."""
        concerned = [(row_id, field)]
        if kind == "operator" and field in entries.PLATFORMS:
            concerned += [(other, field) for other, facts in self._rows[kind].items() if set(facts[field]) & set(value)]
        for other, part in concerned:
            if by := _by(self._origins.get((kind, other, part), NOWHERE)):
                return by
        return ""

    def _undo(self, origin: Origin) -> str:
        by = _by(origin)
        self._undone += bool(by)
        return by

    def _switch_off(self, kind: str) -> None:
        """What the file does not name. At a start that is only what it named before: what people have added stays."""
        for row_id, facts in self._rows[kind].items():
            if row_id in self._named[kind]:
                continue
            origin = self._origins.get((kind, row_id, "active"), NOWHERE)
            name = f"{kind} {_name(kind, facts)}"
            by = _by(origin)
            if not self._overwrite and (not origin.filed or (by and facts["active"])):
                if origin.filed:
                    self._kept.append(f"{name}: is active{by}, the file does not name it any more")
                continue
            if facts["active"]:
                entries.change(self._tx, kind, row_id, {"active": False})
                self._changes.append(f"- {name}{self._undo(origin)}")
            origins.forget(self._tx, kind, row_id)

    # Which row is meant ---------------------------------------------------------------------------------------------

    def _known(self, kind: str, wanted: Facts) -> int | None:
        """The row the file means: the one it meant last time, whatever it is called by now, else one that is called so."""
        for facts in (self._as_filed(kind), self._rows[kind]):
            for same in _LIKENESS[kind]:
                for row_id, has in facts.items():
                    if row_id not in self._named[kind] and same(has, wanted):
                        return row_id
        return None

    def _as_filed(self, kind: str) -> dict[int, Facts]:
        found: dict[int, Facts] = {}
        for (one, row_id, field), origin in self._origins.items():
            if one == kind and origin.filed and row_id in self._rows[kind]:
                found.setdefault(row_id, {})[field] = origin.value
        return found

    def _words(self, field: str, value: Any) -> str:
        """A value as a person reads it."""
        if field in ("groups", "group"):
            ids: Sequence[int] = value if isinstance(value, list) else [value]
            return ", ".join(self._rows["group"][one]["name"] for one in ids) or "none"
        if field == "role":
            return self._rows["role"][value]["name"] if value is not None else "none"
        if field == "active":
            return "on" if value else "off"
        if isinstance(value, list):
            return ", ".join(value) or "none"
        return str(value) if value not in (None, "") else "none"


def _same_name(has: Facts, wanted: Facts) -> bool:
    return bool(has.get("name") == wanted["name"])


def _same_person(has: Facts, wanted: Facts) -> bool:
    return any(set(has.get(platform) or ()) & set(wanted[platform]) for platform in entries.PLATFORMS)


def _same_place(has: Facts, wanted: Facts) -> bool:
    keys = ("platform", "chat") if "platform" in wanted else ("kind", "name")
    return all(has.get(key) == wanted[key] for key in keys)


_LIKENESS = {
    "role": (_same_name,),
    "group": (_same_name,),
    "desk": (_same_place,),
    "channel": (_same_place,),
    "operator": (_same_person, _same_name),
}
"""What makes a row the one an entry means, the surest sign first."""


def _group(item: GroupPlan) -> Facts:
    """A group as facts. Settings the file leaves out stay as they were set at run time."""
    landing = {} if item.assign_lands_in is None else {"assign_lands_in": item.assign_lands_in}
    return {
        "name": item.name,
        "label": item.label or item.name,
        "colour": item.colour,
        "signature": item.signature,
        "active": True,
        **landing,
        **dict(item.settings),
    }


def _operator(person: OperatorPlan, roles: Mapping[str, int], groups: Mapping[str, int]) -> Facts:
    return {
        "name": person.name,
        "email": person.email,
        "role": roles[person.role] if person.role else None,
        "groups": sorted({groups[name] for name in person.groups}),
        **{platform: sorted({value for at, value in person.identities if at == platform}) for platform in entries.PLATFORMS},
        "active": True,
    }


def _name(kind: str, facts: Facts) -> str:
    if kind == "desk":
        return f"{facts['platform']} {facts['chat']}"
    return f"{facts['kind']} {facts['name']}" if kind == "channel" else str(facts["name"])


def _by(origin: Origin) -> str:
    return f" (set by {origin.who}, {clock_words(origin.at)})" if origin.who is not None and origin.at is not None else ""
