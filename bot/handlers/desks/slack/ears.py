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
from bot.domain.people import Actor
from bot.handlers.desks.slack.answers import Answers
from bot.handlers.desks.slack.forms import lookup_of, options
from bot.handlers.desks.slack.updates import part, word
from bot.handlers.intake import Intake, NotApplied
from bot.store.engine import Store
from bot.store.inbox import Kept

log = structlog.get_logger(__name__)

Json = dict[str, Any]

SOURCE = "slack"
BROKEN = "Something broke on our side; nothing was done. Number {number}."


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
            answer = Answer(BROKEN.format(number=broken.number), refused=True)
        except Exception:  # the store is away: nothing was kept, and the person is told as much
            number = secrets.randbelow(900_000) + 100_000
            log.exception("update not kept", source=SOURCE, number=number)
            answer = Answer(BROKEN.format(number=number), refused=True)
        if word(body, "command") or word(body, "type") == "view_submission":
            return await self._answers.reply(body, answer)
        if answer is not None:
            self._intake.tell(SOURCE, body, answer)
        return ""

    async def suggest(self, body: Json) -> Json:
        """What a search field offers for the letters typed so far; nothing to a stranger, and nothing when it can't be found."""
        actor = Actor(SOURCE, word(part(body, "user"), "id"), "form")
        name, typed = lookup_of(word(body, "action_id")), word(body, "value")
        try:
            found = await self._store.read(lambda tx: lookup.offered(tx, actor, name, typed))
        except Exception:  # the form must stay usable
            log.exception("a search field could not be answered", lookup=name)
            found = []
        return {"options": options(found)}
