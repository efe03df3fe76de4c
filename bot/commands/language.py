"""The language an operator is told things in."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Context, Desk
from bot.domain.actions import Verb
from bot.domain.errors import NotOneOf
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Form, Option
from bot.languages import LANGUAGES
from bot.store import homes, team
from bot.store.uow import Tx

MINE = "mine"
OURS = "group"
"""In place of a language: that of the operator's group."""


def language(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Set it: typed (``ru``), or asked for. The answer, and all that follows, is in it. Raises ``NotOneOf``."""
    chosen = asked.words.strip().lower() if asked.values is None else asked.value("language")
    if asked.values is None and not chosen:
        return Answer(form=_form(desk))
    if chosen not in (OURS, *LANGUAGES):
        raise NotOneOf(value=chosen[:40], known=", ".join((*LANGUAGES, OURS))).beside("language")
    team.change_operator(tx, desk.operator.id, language="" if chosen == OURS else chosen)
    desk.journal(tx, "set language", language=chosen)
    homes.refresh(tx, desk.operator.id)
    return Answer(Phrase("From now on you are told everything in this language."))


def _form(desk: Desk) -> Form:
    own = [Option(code, name) for code, name in LANGUAGES.items()]
    field = ChoiceField(
        name="language",
        label=Phrase("Language"),
        options=(Option(OURS, Phrase("That of my group")), *own),
        chosen=(desk.operator.settings.language or OURS,),
    )
    intro = Phrase("What stands in a thread for everybody is in its group\u2019s language.")
    return Form(verb=Verb.LANGUAGE, token=MINE, title=Phrase("Language"), fields=(field,), intro=intro)


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.LANGUAGE: language}
