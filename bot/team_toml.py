"""A team as a team file, so that the file can follow what was changed at run time (``apply --export``)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bot.domain.team import GroupPlan, OperatorPlan, TeamPlan

Value = str | int | Sequence[str] | Sequence[int] | None


def as_toml(team: TeamPlan) -> str:
    """The file's text; reading it back gives the same team."""
    entries = [
        *(_group(one) for one in team.groups),
        *(_entry("channel", kind=one.kind, name=one.name, group=one.group, callback=one.callback) for one in team.channels),
        *(_entry("role", name=name, permissions=list(permissions)) for name, permissions in team.roles),
        *(_operator(one) for one in team.operators),
    ]
    return "\n".join(entries)


def _group(one: GroupPlan) -> str:
    rooms = [chat for platform, chat in one.desks if platform == "slack"]
    forums = [int(chat) for platform, chat in one.desks if platform == "telegram"]
    text = _entry(
        "group",
        name=one.name,
        label=one.label,
        colour=one.colour,
        slack_room=rooms[0] if rooms else None,
        telegram_forums=forums or None,
        signature=one.signature,
        assign_lands_in=one.assign_lands_in,
    )
    return text + ("[group.settings]\n" + "".join(_lines(dict(one.settings))) if one.settings else "")


def _operator(one: OperatorPlan) -> str:
    ids = dict(one.identities)
    return _entry(
        "operator",
        name=one.name,
        email=one.email,
        slack=ids.get("slack"),
        telegram=int(ids["telegram"]) if "telegram" in ids else None,
        groups=list(one.groups) or None,
        role=one.role,
    )


def _entry(table: str, **values: Value) -> str:
    return f"[[{table}]]\n" + "".join(_lines(values))


def _lines(values: dict[str, Value] | dict[str, str | int]) -> Iterator[str]:
    for key, value in values.items():
        if value is not None:
            yield f"{key} = {_toml(value)}\n"


def _toml(value: Value) -> str:
    """A value as TOML has it; its basic strings are JSON's, but for DEL (https://toml.io/en/v1.0.0#string)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
