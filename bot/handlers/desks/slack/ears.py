"""What becomes of an update that was heard: kept for its turn, or done at once and answered in the same response.

A slash command, a sent form, a search field and whatever opens a modal must be answered within three seconds
(https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response). A person is never left with Slack's own
error sign: what breaks here is said in words, with a number that stands in the log.
"""

from __future__ import annotations

import secrets
from typing import Any

import structlog

from bot.commands import lookup
from bot.commands.answer import Answer
from bot.commands.perform import spoken
from bot.domain.people import Actor
from bot.domain.phrase import Phrase
from bot.domain.screen import Option
from bot.handlers.desks.slack.answers import Answers
from bot.handlers.desks.slack.forms import lookup_of, options
from bot.handlers.desks.slack.updates import part, word
from bot.handlers.intake import Intake, NotApplied
from bot.languages import in_language
from bot.store import team
from bot.store.engine import Store
from bot.store.inbox import Kept
from bot.store.uow import Tx

log = structlog.get_logger(__name__)

Json = dict[str, Any]

SOURCE = "slack"
SENT_ALREADY = Phrase("This was sent already.")


class Ears:
    """Takes in what the listener hears."""

    def __init__(self, intake: Intake, store: Store, answers: Answers) -> None:
        self._intake = intake
        self._store = store
        self._answers = answers

    async def keep(self, update: Kept) -> None:
        """Commit it for its turn. Raises what the store raises."""
        await self._intake.keep(SOURCE, [update])

    async def ask(self, update: Kept, body: Json) -> Json | str:
        """Do it now; what the response says. What it can't say is told afterwards."""
        try:
            answer = await self._intake.ask(SOURCE, update)
        except NotApplied as broken:
            answer = await self._spoken(body, _broken(broken.number))
        except Exception:  # the store is away: nothing was kept, and the person is told as much
            number = secrets.randbelow(900_000) + 100_000
            log.exception("update not kept", source=SOURCE, number=number)
            answer = await self._spoken(body, _broken(number))
        if answer is None and word(body, "type") == "view_submission":
            answer = await self._spoken(body, Answer(SENT_ALREADY))
        if word(body, "command") or word(body, "type") == "view_submission":
            return await self._answers.reply(body, answer)
        if answer is not None:
            self._intake.tell(SOURCE, body, answer)
        return ""

    async def _spoken(self, body: Json, answer: Answer) -> Answer:
        """An answer of our own in the person's language, or in English while the store is away."""
        actor = Actor(SOURCE, word(part(body, "user"), "id") or word(body, "user_id"), "")
        try:
            return await self._store.read(lambda tx: spoken(tx, actor, answer))
        except Exception:  # words in English are better than none
            log.exception("a person's language could not be looked up")
            return answer

    async def suggest(self, body: Json) -> Json:
        """What a search field offers for the letters typed so far; nothing to a stranger, and nothing when it can't be found."""
        actor = Actor(SOURCE, word(part(body, "user"), "id"), "form")
        name, typed = lookup_of(word(body, "action_id")), word(body, "value")
        try:
            found = await self._store.read(lambda tx: _offered(tx, actor, name, typed))
        except Exception:  # the form must stay usable
            log.exception("a search field could not be answered", lookup=name)
            found = []
        return {"options": options(found)}


def _broken(number: int) -> Answer:
    return Answer(Phrase("Something broke on our side; nothing was done. Number {number}.", number=number), refused=True)


def _offered(tx: Tx, actor: Actor, name: str, typed: str) -> list[Option]:
    found = lookup.offered(tx, actor, name, typed)
    return in_language(found, team.language_of(tx, team.operator_of(tx, actor)))
