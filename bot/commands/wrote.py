"""An operator has written in a thread: a verb, or words (R25)."""

from __future__ import annotations

from dataclasses import replace

from bot.commands import canned, inbox, reply
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.context import TooSoon
from bot.commands.notice import port_of, tell
from bot.commands.perform import Context, Desk, perform
from bot.commands.reply import Wrote
from bot.commands.verbs import ON_CONVERSATION, ON_DESK
from bot.domain.actions import BY_WORD, Verb
from bot.domain.guess import not_understood
from bot.domain.permissions import Permission, authorise
from bot.domain.phrase import Phrase
from bot.domain.text import EMPTY, RichText
from bot.domain.words import TypedVerb, typed_verb
from bot.store import conversations, messages, mirrors, spread
from bot.store.uow import Tx


def wrote(tx: Tx, said: Wrote) -> Answer | None:
    """Do what the text asks. Words for its author alone go through the outbox; a screen or a form is the caller's to show.

    None when the thread is no client's conversation: team talk is none of our business. Raises ``TooSoon``.
    """
    mirror = mirrors.at(tx, said.place.platform, said.place.chat, said.place.thread)
    if mirror is None and mirrors.is_being_made(tx, said.place.platform, said.place.chat):
        raise TooSoon
    if mirror is None or messages.refs_at(tx, mirror.platform, mirror.chat, said.remote_id):
        return None
    verb = typed_verb(said.place.platform, said.text.to_plain())
    stack = canned.asked_for(tx, said, verb, verb is not None and verb.word in BY_WORD)
    if stack is not None:
        answer = perform(tx, said.actor, said.place, lambda context: canned.say(tx, context, said, stack))
    elif verb is not None:
        answer = perform(tx, said.actor, said.place, lambda context: _do(tx, context, said, verb))
    else:
        answer = perform(tx, said.actor, said.place, lambda context: reply.say(tx, context, said))
    if answer.text:
        tell(tx, port_of(said.place.platform), said.place, answer.text, said.actor.external_id, said.remote_id)
    return answer


def _do(tx: Tx, context: Context, said: Wrote, typed: TypedVerb) -> Answer:
    action = BY_WORD.get(typed.word)
    if action is not None and action.verb is Verb.NOTE:
        return reply.note(tx, context, said, RichText.plain(typed.rest))
    if action is None:
        raise not_understood(said.place.platform, typed.word, context.operator.has, in_thread=True)
    if said.files:
        context = _keep_files(tx, context, said)
    asked = Asked(words=typed.rest, about=(said.reply_to,) if said.reply_to else ())
    if action.team:
        operator = authorise(context.operator, needs=Permission(action.needs) if action.needs else None)
        return ON_DESK[action.verb](tx, Desk(context.actor, operator), asked)
    answer = ON_CONVERSATION[action.verb](tx, context, asked)
    inbox.saw(tx, conversations.by_id(tx, context.conversation.id))
    return answer


def _keep_files(tx: Tx, context: Context, said: Wrote) -> Context:
    """A verb stands under a file, of which nobody said that the client shall have it: it stays a note."""
    reply.note(tx, context, said, EMPTY)
    words = Phrase("What stands under this file is a command, so the file stays a note; the client did not get it.")
    spread.notice(tx, context.here, words, only_for=context.actor.external_id, reply_to=said.remote_id)
    return replace(context, conversation=conversations.by_id(tx, context.conversation.id))
