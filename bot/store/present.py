"""The team as it is, as a plan: what ``apply --export`` prints."""

from __future__ import annotations

from bot.domain.group_settings import GroupSettings
from bot.domain.team import ChannelPlan, GroupPlan, OperatorPlan, TeamPlan
from bot.store import entries
from bot.store.entries import Facts
from bot.store.uow import Tx

_OFF = entries.plain(GroupSettings())


def present(tx: Tx) -> TeamPlan:
    """Everybody and everything that is switched on. Of a group's settings those that are not as they come."""
    roles, groups = entries.rows(tx, "role"), entries.rows(tx, "group")
    desks = [one for one in entries.rows(tx, "desk").values() if one["active"]]
    on = {number: facts for number, facts in groups.items() if facts["active"]}
    return TeamPlan(
        roles=tuple((one["name"], tuple(one["permissions"])) for one in roles.values()),
        groups=tuple(_group(facts, [one for one in desks if one["group"] == number]) for number, facts in on.items()),
        channels=tuple(
            ChannelPlan(kind=one["kind"], name=one["name"], group=groups[one["group"]]["name"], callback=one["callback"] or None)
            for one in entries.rows(tx, "channel").values()
            if one["active"]
        ),
        operators=tuple(
            OperatorPlan(
                name=one["name"],
                email=one["email"],
                role=roles[one["role"]]["name"] if one["role"] else None,
                groups=tuple(on[number]["name"] for number in one["groups"] if number in on),
                identities=tuple((platform, value) for platform in entries.PLATFORMS for value in one[platform]),
            )
            for one in entries.rows(tx, "operator").values()
            if one["active"]
        ),
    )


def _group(facts: Facts, desks: list[Facts]) -> GroupPlan:
    set_here = {name: facts[name] for name in entries.SETTINGS if facts[name] != _OFF[name]}
    landing = set_here.pop("assign_lands_in", None)
    return GroupPlan(
        name=facts["name"],
        label=facts["label"],
        colour=facts["colour"],
        signature=facts["signature"],
        desks=tuple((one["platform"], one["chat"]) for one in desks),
        assign_lands_in=landing,
        settings=tuple(set_here.items()),
    )
