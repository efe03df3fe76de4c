"""The team file: groups, channels, operators and roles, written in TOML.

``load_team()`` gives checked, frozen values or raises :class:`TeamFileError`, one line that names the file, the place,
the trouble and the remedy.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from config.wording import suggestion, trouble

EXAMPLE = "see config/example.team.toml"


class TeamFileError(Exception):
    """The team file can't be used; the text is one line for the person who wrote it."""


def _shaped(pattern: str, remedy: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(remedy)
        return value

    return AfterValidator(check)


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
SlackRoom = Annotated[
    str, _shaped(r"[CG][A-Z0-9]+", "must be the room's id like C012AB3CD, not its name (room details, at the very end)")
]
SlackPerson = Annotated[
    str, _shaped(r"[UW][A-Z0-9]+", 'must be the person\'s member id like U012AB3CD (profile, "Copy member ID")')
]
TelegramForum = Annotated[
    str, BeforeValidator(_number_as_text), _shaped(r"-\d+", "must be ids of forum groups like -1001234567890, with the minus")
]
TelegramPerson = Annotated[
    str, BeforeValidator(_number_as_text), _shaped(r"\d+", "must be the person's number like 123456789, not a @name")
]
Callback = Annotated[str, _shaped(r"https?://[^\s/@?#]+(/[^\s#]*)?", "must be an address like https://crm.example.com/hook")]
Email = Annotated[str, _shaped(r"[^@\s]+@[^@\s]+", "must be an address like olga@example.com")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


Count = Annotated[int, Field(ge=0)]


class TeamGroupSettings(_Entry):
    """A group's own rules; what is left out is as it was set at run time. 0 and empty words switch off."""

    recall_seconds: Count | None = None
    reminder_minutes: Count | None = None
    return_minutes: Count | None = None
    close_minutes: Count | None = None
    close_text: str | None = None
    hours: str | None = None
    away_text: str | None = None
    digest_at: str | None = None
    retention_days: Count | None = None
    notify_after_minutes: Count | None = None
    language: Literal["en", "ru"] | None = None


class TeamGroup(_Entry):
    """Operators who share an Unassigned list (R4)."""

    name: Name
    label: str = ""
    colour: str = "⚪"
    slack_room: SlackRoom | None = None
    telegram_forums: Annotated[tuple[TelegramForum, ...], Field(strict=False)] = ()
    signature: Literal["operator", "group", "none"] = "operator"
    assign_lands_in: Literal["inbox", "unassigned"] | None = None
    settings: TeamGroupSettings = TeamGroupSettings()


class TeamChannel(_Entry):
    """Where clients write, and the group its new conversations go to. ``callback``: where an HTTP channel's answers go."""

    kind: Literal["telegram", "widget", "whatsapp", "http"]
    name: Annotated[str, _shaped(r"[a-z0-9][a-z0-9-]{0,39}", "must be small letters, digits and -, it is part of web addresses")]
    group: Name
    callback: Callback | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.callback is not None and self.kind != "http":
            raise ValueError("callback is for channels of kind http alone")
        return self


class TeamOperator(_Entry):
    """A member of the team who answers; in no group = sees every group (R3)."""

    name: Name
    email: Email | None = None
    slack: SlackPerson | None = None
    telegram: TelegramPerson | None = None
    groups: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    role: Name | None = None


class TeamRole(_Entry):
    """Permissions under a name (R5)."""

    name: Name
    permissions: Annotated[tuple[str, ...], Field(strict=False)] = ()


class Team(_Entry):
    """The whole file."""

    groups: Annotated[tuple[TeamGroup, ...], Field(alias="group", strict=False)] = ()
    channels: Annotated[tuple[TeamChannel, ...], Field(alias="channel", strict=False)] = ()
    operators: Annotated[tuple[TeamOperator, ...], Field(alias="operator", strict=False)] = ()
    roles: Annotated[tuple[TeamRole, ...], Field(alias="role", strict=False)] = ()


def load_team(path: Path, *, permissions: Sequence[str]) -> Team:
    """Read and check a team file. ``permissions`` are the names a role may carry. Raises ``TeamFileError``."""
    data = _read(path)
    try:
        team = Team.model_validate(data)
    except ValidationError as error:
        raise TeamFileError(f"{path}: {_first_trouble(error, data)}; {EXAMPLE}") from None
    for said in _contradictions(team, permissions):
        raise TeamFileError(f"{path}: {said}")
    return team


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise TeamFileError(
            f"{path} does not exist: copy config/example.team.toml there, or correct the name (RELAYDESK_TEAM_FILE)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise TeamFileError(f"{path} can't be read ({type(error).__name__}): make it a readable UTF-8 file") from None
    except tomllib.TOMLDecodeError as error:
        raise TeamFileError(f"{path} is not valid TOML: {' '.join(str(error).split())}; {EXAMPLE}") from None


def _first_trouble(error: ValidationError, data: dict[str, Any]) -> str:
    """The first trouble, with the entry it is in as the file shows it."""
    first = error.errors(include_url=False, include_input=False)[0]
    said, loc = trouble(first), first["loc"]
    table, key = str(loc[0]), ".".join(part for part in loc[2:] if isinstance(part, str))
    if len(loc) == 1 and first["type"] != "extra_forbidden":
        return f"write [[{table}]] with two brackets, once for each {table}"
    known = set(TeamGroupSettings.model_fields) if loc[2:3] == ("settings",) else _keys(table if len(loc) > 1 else None)
    hint = suggestion(str(loc[-1]), known) if first["type"] == "extra_forbidden" else ""
    if len(loc) == 1:
        return f"{table} {said}{hint}"
    entry = data[table][loc[1]] if isinstance(loc[1], int) else None
    return f"{_place(table, loc[1], entry)}: {key} {said}{hint}".replace(":  ", ": ")


def _keys(table: str | None) -> set[str]:
    """What may be written in a table, or at the top."""
    tables: dict[str, type[BaseModel]] = {"group": TeamGroup, "channel": TeamChannel, "operator": TeamOperator, "role": TeamRole}
    return set(tables[table].model_fields) if table in tables else set(tables)


def _place(table: str, index: int | str, entry: Any) -> str:
    """An entry as a person finds it: ``operator 2 "Olga"``."""
    number = index + 1 if isinstance(index, int) else index
    name = entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", None)
    return f'{table} {number} "{name}"' if isinstance(name, str) and name else f"{table} {number}"


def _contradictions(team: Team, permissions: Sequence[str]) -> Iterator[str]:
    """What no single entry can tell."""
    if not team.groups:
        yield f"has no [[group]], so conversations could go nowhere: add one; {EXAMPLE}"
    yield from _twice("name", "group", ((group.name.casefold(), group) for group in team.groups))
    yield from _twice("name", "channel", ((channel.name, channel) for channel in team.channels))
    yield from _twice("name", "operator", ((operator.name.casefold(), operator) for operator in team.operators))
    yield from _twice("name", "role", ((role.name.casefold(), role) for role in team.roles))
    yield from _twice("slack_room", "group", ((group.slack_room, group) for group in team.groups))
    yield from _twice(
        "telegram_forums entry", "group", ((forum, group) for group in team.groups for forum in group.telegram_forums)
    )
    yield from _twice("slack id", "operator", ((operator.slack, operator) for operator in team.operators))
    yield from _twice("telegram id", "operator", ((operator.telegram, operator) for operator in team.operators))
    yield from _twice("email", "operator", (((operator.email or "").casefold(), operator) for operator in team.operators))
    for kind in ("telegram", "whatsapp"):
        single = ((channel.kind, channel) for channel in team.channels if channel.kind == kind)
        yield from _twice("kind", "channel", single, remedy=f"keep one, the settings hold one {kind} account")
    for index, group in enumerate(team.groups):
        if group.slack_room is None and not group.telegram_forums:
            yield f"{_place('group', index, group)}: has no desk to answer from: give it slack_room, telegram_forums or both"
    for index, operator in enumerate(team.operators):
        if operator.slack is None and operator.telegram is None:
            yield f"{_place('operator', index, operator)}: could not act anywhere: give slack, telegram or both"
    yield from _unknown_names(team, permissions)


def _unknown_names(team: Team, permissions: Sequence[str]) -> Iterator[str]:
    groups, roles = {group.name for group in team.groups}, {role.name for role in team.roles}
    for index, channel in enumerate(team.channels):
        yield from _unknown(_place("channel", index, channel), "group", [channel.group], groups)
    for index, operator in enumerate(team.operators):
        place = _place("operator", index, operator)
        yield from _unknown(place, "group", operator.groups, groups)
        yield from _unknown(place, "role", [operator.role] if operator.role else [], roles)
    for index, role in enumerate(team.roles):
        yield from _unknown(_place("role", index, role), "permission", role.permissions, set(permissions))


def _unknown(place: str, what: str, names: Iterable[str], known: set[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            choices = f"known: {', '.join(sorted(known))}" if known else f"add a [[{what}]] of that name"
            yield f'{place}: there is no {what} "{name}"{suggestion(name, known) or f"; {choices}"}'


def _twice(
    what: str, table: str, values: Iterable[tuple[str | None, Any]], *, remedy: str = "each may be given once"
) -> Iterator[str]:
    seen: dict[str, Any] = {}
    for value, entry in values:
        if value and value in seen:
            yield f'{table} "{entry.name}": {what} {value} was given to {table} "{seen[value].name}" already: {remedy}'
        elif value:
            seen[value] = entry
