"""The Home tab: the lists as each operator has them before him, drawn anew when they change."""

from __future__ import annotations

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.desk_words import help_for
from bot.commands.perform import Desk, perform_at_desk
from bot.commands.verbs import ON_DESK
from bot.domain.actions import Verb
from bot.domain.errors import NotAnOperator, Refusal
from bot.domain.people import Actor, Operator
from bot.domain.permissions import authorise
from bot.domain.phrase import Phrase
from bot.domain.screen import Screen
from bot.languages import in_language
from bot.store import homes, team
from bot.store.uow import Tx

TITLE = Phrase("Helpdesk")


def opened(tx: Tx, actor: Actor) -> Answer:
    """Somebody looks at it: from now on it is kept up to date for him. Strangers are told that they are none of the team."""

    def remember(desk: Desk) -> Answer:
        homes.opened(tx, desk.operator.id, actor.platform, actor.external_id)
        return Answer()

    return perform_at_desk(tx, actor, remember)


def keep(tx: Tx, actor: Actor, token: str) -> None:
    """Remember which list he looks at."""
    operator = team.operator_of(tx, actor)
    if operator is not None and operator.active:
        homes.opened(tx, operator.id, actor.platform, actor.external_id, token)


def screen(tx: Tx, platform: str, external_id: str) -> Screen:
    """What it shows now: the list looked at last. Only reads, so that it can be drawn beside everything else."""
    operator = team.operator_of(tx, Actor(platform, external_id, "home"))
    return in_language(_screen(tx, platform, external_id, operator), team.language_of(tx, operator))


def _screen(tx: Tx, platform: str, external_id: str, operator: Operator | None) -> Screen:
    try:
        desk = Desk(Actor(platform, external_id, "home"), authorise(operator))
    except NotAnOperator as refusal:
        return Screen(title=TITLE, intro=refusal.words)
    token = homes.token_of(tx, platform, external_id)
    for wanted in dict.fromkeys((token, "")):  # a list he may no longer see gives way to the first one
        try:
            shown = _list(tx, desk, wanted)
        except Refusal:
            continue
        if shown is not None:
            return shown
    return Screen(title=TITLE, intro=help_for(tx, desk))


def _list(tx: Tx, desk: Desk, token: str) -> Screen | None:
    draw = ON_DESK.get(Verb.TAB)
    return draw(tx, desk, Asked(token=token)).screen if draw else None
