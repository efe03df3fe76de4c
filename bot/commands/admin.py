"""Running the team at run time (admins): operators, roles, groups, rooms and forums, channels, limits, figures."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.admin_groups import group, groups
from bot.commands.admin_looks import channel, channels, limits, stats
from bot.commands.admin_operators import operator, operators
from bot.commands.admin_roles import role, roles
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Context, Desk
from bot.domain.actions import Verb
from bot.store.uow import Tx

VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {
    Verb.OPERATORS: operators,
    Verb.OPERATOR: operator,
    Verb.ROLES: roles,
    Verb.ROLE: role,
    Verb.GROUPS: groups,
    Verb.GROUP_SETTINGS: group,
    Verb.CHANNELS: channels,
    Verb.CHANNEL: channel,
    Verb.LIMITS: limits,
    Verb.STATS: stats,
}
