"""Quiet hours: when an operator wants no notices (R111)."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.notice import WAITING
from bot.commands.perform import Context, Desk
from bot.domain.actions import Verb
from bot.domain.hours import parse_quiet
from bot.domain.phrase import Phrase
from bot.domain.screen import Form, TextField
from bot.store import due, team
from bot.store.uow import Tx

OFF = frozenset({"off", "none", "no", ""})
MINE = "mine"
HINT = Phrase("For example 22:00-07:00 Europe/Berlin, or Sat-Sun 00:00-24:00. “off” for none.")


def quiet(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Set them: typed, or asked for. What waits already waits for the new end, or goes at once. Raises ``BadQuiet``."""
    mine = desk.operator.settings
    words = asked.words.strip() if asked.values is None else asked.value("quiet")
    if asked.values is None and not words:
        field = TextField(name="quiet", label=Phrase("Quiet hours"), value=mine.quiet, hint=HINT, optional=True, longest=200)
        intro = Phrase(
            "Meanwhile nothing is told you in private and nobody calls you; what there was comes in one message at their end."
        )
        return Answer(form=Form(verb=Verb.QUIET, token=MINE, title=Phrase("Quiet hours"), fields=(field,), intro=intro))
    written = "" if words.lower() in OFF else parse_quiet(words, _zone(mine.quiet))[0]
    now = team.change_operator(tx, desk.operator.id, quiet=written)
    desk.journal(tx, "set quiet hours", quiet=written or "off")
    due.hurry(tx, WAITING, desk.operator.id, now.quiet_until(tx.now) or tx.now)
    if not written:
        return Answer(Phrase("No quiet hours any more. You are told of things as they happen."))
    return Answer(Phrase("Quiet hours: {hours}. What there was meanwhile comes in one message at their end.", hours=written))


def _zone(before: str) -> str:
    """The zone he named last, for a time without one."""
    return before.rpartition(" ")[2] or "UTC"


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.QUIET: quiet}
