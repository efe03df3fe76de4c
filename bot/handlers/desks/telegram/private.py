"""What people do in their private chat with the desk's bot: an operator asks for lists and the team's affairs.

The bot may write first only to who has started it, so that is noted. Whoever is no operator gets one sentence (R6).
"""

from __future__ import annotations

import re
from typing import Any

from bot.commands import asking, desk_words
from bot.commands.answer import Answer
from bot.commands.asking import Step
from bot.commands.context import Place
from bot.commands.notice import tell
from bot.commands.perform import Desk, perform_at_desk
from bot.domain.actions import BY_WORD, SINGULAR
from bot.domain.people import Actor
from bot.domain.phrase import Phrase
from bot.handlers.shared.telegram_files import attachment
from bot.store import homes, private_chats, team
from bot.store.uow import Tx

PLATFORM = "telegram"
PORT = "telegram-desk"
ONLY_WORDS = Phrase("I can only read words here. /help shows what you can ask for.")
_COMMAND = re.compile(r"/(\w+)(?:@\w+)?(?:\s+|$)(.*)", re.DOTALL)

Json = dict[str, Any]


def message(tx: Tx, said: Json) -> Answer | None:
    """Words to the bot: the answer to an open question, or a request. Plain answers go through the outbox."""
    person, chat = said.get("from"), said.get("chat")
    if not isinstance(person, dict) or not isinstance(chat, dict) or person.get("is_bot"):
        return None
    actor = Actor(PLATFORM, str(person.get("id", "")), "command")
    place = Place(PLATFORM, str(chat.get("id", "")), "")
    known = _opened(tx, actor)
    text = str(said["text"]) if "text" in said else None
    if _answers(tx, actor, place, text):
        person_answers, sent = Actor(PLATFORM, actor.external_id, "form"), attachment(said, PORT)
        answer = asking.written(tx, person_answers, place, text, own_id="", file=sent)
    elif text is None:
        answer = perform_at_desk(tx, actor, lambda desk: Answer(ONLY_WORDS))
    else:
        gone = asking.stop(tx, actor)
        answer = asking.begin(tx, actor, place, desk_words.said(tx, actor, request(text)))
        if gone and not isinstance(answer, Step):
            answer = Step(answer.text, answer.refused, answer.screen, gone=gone, language=answer.language)
    if not known:
        _opened(tx, actor)  # a code has made the person an operator
    if answer.text:
        tell(tx, PORT, place, answer.text, "")
    return answer


def _opened(tx: Tx, actor: Actor) -> bool:
    """Note that the bot may write to this person; whether that is an active operator."""
    operator = team.operator_of(tx, actor)
    if operator is None or not operator.active:
        return False
    homes.opened(tx, operator.id, PLATFORM, actor.external_id)
    return True


def _answers(tx: Tx, actor: Actor, place: Place, text: str | None) -> bool:
    """Whether this is given to the question that is open here. A command is not: the person has turned to something else."""
    if asking.alive(tx, actor, place) is None:
        return False
    found = _COMMAND.fullmatch(text or "")
    return found is None or found[1].lower() not in (BY_WORD.keys() | SINGULAR.keys())


def request(text: str) -> str:
    """The words without the sign of a command. A link ``t.me/bot?start=word_rest`` asks for ``word rest``."""
    found = _COMMAND.fullmatch(text.strip())
    if found is None:
        return text.strip()
    word, rest = found[1], found[2].strip()
    if word.lower() == "start" and rest:
        asked, _, more = rest.partition("_")
        return f"{asked} {more}" if asked.lower() in BY_WORD else word
    return f"{word} {rest}"


def member(tx: Tx, change: Json) -> None:
    """Somebody blocks the bot, or lets it write again (https://core.telegram.org/bots/api#chatmemberupdated)."""
    who, status = change.get("from"), change.get("new_chat_member")
    if not isinstance(who, dict) or not isinstance(status, dict):
        return
    actor = Actor(PLATFORM, str(who.get("id", "")), "command")
    operator = team.operator_of(tx, actor)
    if status.get("status") == "kicked":
        private_chats.closed(tx, PLATFORM, actor.external_id)
    elif operator is not None and operator.active:
        homes.opened(tx, operator.id, PLATFORM, actor.external_id)


def desk_of(tx: Tx, actor: Actor) -> Desk | None:
    """The active operator behind a person; None for everybody else, without a word and without a trace."""
    operator = team.operator_of(tx, actor)
    return Desk(actor, operator) if operator is not None and operator.active else None
