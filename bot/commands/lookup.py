"""What is offered while somebody types: the options of a form's search field, by the name of the field's ``lookup``."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.perform import Desk
from bot.domain.errors import NotAnOperator
from bot.domain.people import Actor
from bot.domain.permissions import authorise
from bot.domain.screen import Option
from bot.languages import in_language
from bot.store import team
from bot.store.uow import Tx

Lookup = Callable[[Tx, Desk, str], list[Option]]

LOOKUPS: dict[str, Lookup] = {}
"""By name; at most 100 options each, 50 in Telegram's inline mode. A module that has a search field enters it here."""


def options(tx: Tx, desk: Desk, name: str, typed: str) -> list[Option]:
    """What matches the letters typed so far, in the operator's language; nothing for a name nobody knows."""
    found = LOOKUPS.get(name)
    return in_language(found(tx, desk, typed.strip())[:100] if found else [], team.language_of(tx, desk.operator))


def offered(tx: Tx, actor: Actor, name: str, typed: str) -> list[Option]:
    """The same for whoever types, known or not: nothing for somebody who is no operator (R6). It only reads."""
    try:
        desk = Desk(actor, authorise(team.operator_of(tx, actor)))
    except NotAnOperator:
        return []
    return options(tx, desk, name, typed)
