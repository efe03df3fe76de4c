"""An operator has pressed a button. What the button carries is only a name to look up; the server checks the rest (F68)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import inbox, reply
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.perform import Context, perform
from bot.domain.actions import Verb, offered, parse_press, row_of
from bot.domain.errors import Decided, StaleCard
from bot.domain.people import Actor
from bot.store import conversations, outbox
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press. ``remote_id`` is the message that bore the button, ``data`` what the button carried."""

    actor: Actor
    place: Place
    remote_id: str
    data: str


def pressed(tx: Tx, press: Pressed) -> Answer:
    """Do it, or refuse; the answer is for the person who pressed."""
    return perform(tx, press.actor, press.place, lambda context: _press(tx, context, press))


def _press(tx: Tx, context: Context, press: Pressed) -> Answer:
    known = parse_press(press.data)
    if known is None:
        raise StaleCard
    verb, token = known
    if verb in (Verb.SEND_TAKING, Verb.SEND_ONCE, Verb.KEEP_NOTE):
        return reply.decide(tx, context, verb, token)
    answer = _retry(tx, context, token) if verb is Verb.RETRY else _on_card(tx, context, press, verb, token)
    inbox.saw(tx, conversations.by_id(tx, context.conversation.id))
    return answer


def _on_card(tx: Tx, context: Context, press: Pressed, verb: Verb, token: str) -> Answer:
    """A card's button: it must stand on this conversation's card, and show the state the conversation is still in.

    The move itself is tried first, so that the slower of two who press at once is told who was quicker.
    """
    conversation_id, _, version = token.partition(".")
    if conversation_id != str(context.conversation.id) or press.remote_id != context.mirror.card_ref or verb not in inbox.MOVES:
        raise StaleCard
    answer = inbox.MOVES[verb](tx, context)
    if version != str(context.conversation.version) or verb not in {action.verb for action in offered(context.conversation)}:
        raise StaleCard
    return answer


def _retry(tx: Tx, context: Context, token: str) -> Answer:
    """Try a failed delivery of this conversation again."""
    failed = row_of(token)
    if failed is None:
        raise StaleCard
    again = outbox.revive(tx, failed)
    if again is None:
        raise Decided(what="tried again")
    if again.conversation_id != context.conversation.id:
        raise StaleCard
    context.journal(tx, "retried", delivery=failed)
    return Answer("Trying again.")
