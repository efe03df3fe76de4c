"""The team file and the settings' admins, as the plan that the store is brought to."""

from __future__ import annotations

from pathlib import Path

from bot.domain.permissions import Permission
from bot.domain.team import ChannelPlan, GroupPlan, OperatorPlan, TeamPlan
from config.settings import Settings
from config.team import Team, load_team


def team_plan(settings: Settings, team_file: Path | None = None) -> TeamPlan | None:
    """The team of a file, by default the settings', and the settings' admins. None without a file."""
    admins = tuple((admin.platform, admin.external_id) for admin in settings.admins)
    team_file = team_file or settings.team_file
    if team_file is None:
        return None
    found = load_team(team_file, permissions=[permission.value for permission in Permission])
    return _plan(found, admins)


ADMIN_ROLE = "super-admin"


def _plan(found: Team, admins: tuple[tuple[str, str], ...]) -> TeamPlan:
    people = [
        OperatorPlan(
            name=one.name,
            email=one.email,
            role=one.role,
            groups=one.groups,
            identities=tuple(
                (platform, value) for platform, value in (("slack", one.slack), ("telegram", one.telegram)) if value
            ),
        )
        for one in found.operators
    ]
    people = [_promoted(person) if set(person.identities) & set(admins) else person for person in people]
    known = {pair for person in people for pair in person.identities}
    people += [
        OperatorPlan(name=f"Admin {platform} {value}", email=None, role=ADMIN_ROLE, groups=(), identities=((platform, value),))
        for platform, value in admins
        if (platform, value) not in known
    ]
    roles = [(role.name, role.permissions) for role in found.roles if role.name != ADMIN_ROLE]
    return TeamPlan(
        groups=tuple(
            GroupPlan(
                name=group.name,
                label=group.label,
                colour=group.colour,
                signature=group.signature,
                desks=((("slack", group.slack_room),) if group.slack_room else ())
                + tuple(("telegram", forum) for forum in group.telegram_forums),
                assign_lands_in=group.assign_lands_in,
                settings=tuple(group.settings.model_dump(exclude_none=True).items()),
            )
            for group in found.groups
        ),
        channels=tuple(
            ChannelPlan(kind=one.kind, name=one.name, group=one.group, callback=one.callback) for one in found.channels
        ),
        operators=tuple(people),
        roles=(*roles, (ADMIN_ROLE, ("super_admin",))),
    )


def _promoted(person: OperatorPlan) -> OperatorPlan:
    return OperatorPlan(name=person.name, email=person.email, role=ADMIN_ROLE, groups=person.groups, identities=person.identities)
