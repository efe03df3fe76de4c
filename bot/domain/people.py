"""Operators, their groups, and the doors they act through."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.ids import GroupId, OperatorId
from bot.domain.operator_settings import OperatorSettings


class Signature(StrEnum):
    """Whose name clients see on an answer (R37)."""

    OPERATOR = "operator"
    GROUP = "group"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Operators who share an Unassigned list (R4)."""

    id: GroupId
    name: str
    label: str
    colour: str
    signature: Signature = Signature.OPERATOR

    @property
    def badge(self) -> str:
        """The group as a person reads it on a card: its colour and label."""
        return f"{self.colour} {self.label}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A member of the team who answers. ``rights`` are permission names; ``groups`` may be empty (R3)."""

    id: OperatorId
    name: str
    email: str | None
    rights: frozenset[str]
    groups: frozenset[GroupId]
    active: bool = True
    settings: OperatorSettings = field(default_factory=OperatorSettings)

    def has(self, right: str) -> bool:
        """Whether the role carries this right; a super-admin's carries all (R2)."""
        return right in self.rights or "super_admin" in self.rights


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at a platform who does something, known or not.

    ``platform``  ``slack`` or ``telegram``; ``external_id`` the platform's own id of the person
    ``door``      how it was asked, for the journal: ``button`` ``form`` ``command`` ``text`` ``reaction`` ``shortcut`` ``home``
    """

    platform: str
    external_id: str
    door: str

    @property
    def way(self) -> str:
        """Where from, as the journal keeps it (R29)."""
        return f"{self.platform}:{self.door}"
