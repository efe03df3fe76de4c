"""The team as somebody wants it to be: what ``apply`` compares the store with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlan:
    """A group and its desks, as ``(platform, chat)``.

    ``assign_lands_in`` None, and what ``settings`` (``(name, value)`` of :class:`GroupSettings`) do not name: as set at run time.
    """

    name: str
    label: str
    colour: str
    signature: str
    desks: tuple[tuple[str, str], ...]
    assign_lands_in: str | None = None
    settings: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """A channel and the group its new conversations go to. ``callback`` None = as set at run time."""

    kind: str
    name: str
    group: str
    callback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPlan:
    """An operator and who he is at each platform, as ``(platform, external id)``."""

    name: str
    email: str | None
    role: str | None
    groups: tuple[str, ...]
    identities: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPlan:
    """The whole team. ``roles`` are ``(name, permissions)``."""

    groups: tuple[GroupPlan, ...]
    channels: tuple[ChannelPlan, ...]
    operators: tuple[OperatorPlan, ...]
    roles: tuple[tuple[str, tuple[str, ...]], ...]
