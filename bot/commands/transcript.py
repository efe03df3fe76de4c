"""The correspondence by e-mail (R64)."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Context, Desk
from bot.domain.actions import Verb
from bot.store.uow import Tx

VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {}
