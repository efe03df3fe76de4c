"""An operator has pressed a button or sent a form. What it carries is only a name to look up; all else is checked (F68)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands import inbox, recall, reply
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.context import Place
from bot.commands.perform import Context, perform, perform_at_desk, perform_on
from bot.commands.verbs import ON_CONVERSATION, ON_DESK
from bot.domain.actions import BY_VERB, Verb, offered, parse_press, row_of
from bot.domain.errors import Decided, StaleCard
from bot.domain.ids import ConversationId
from bot.domain.people import Actor
from bot.domain.phrase import Phrase
from bot.store import conversations, files, messages, mirrors, outbox
from bot.store.uow import Tx

MOVES = frozenset({Verb.START, Verb.CLOSE, Verb.UNASSIGN, Verb.TAKE_OVER})
"""A press of these means the state its button was drawn from; in another state it is stale."""
LOOKS = frozenset({Verb.PREVIEW, Verb.MORE})
"""To look is not yet to have seen (R20); *More* only unfolds the buttons, which then count."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press or a form that was sent.

    ``place``      the thread it happened in; an empty one for App Home, lists and private chats
    ``remote_id``  the message that bore the button, empty for modals and forms
    ``data``       what the button or form carried; ``values`` what was filled in, by field name
    ``own``        the message that bore the button is one that this person alone sees, as a list shown in a topic
    """

    actor: Actor
    place: Place
    remote_id: str
    data: str
    values: Mapping[str, tuple[str, ...]] | None = None
    own: bool = False


def pressed(tx: Tx, press: Pressed) -> Answer:
    """Do it, or refuse; the answer is for the person who pressed."""
    known = parse_press(press.data)
    if known is None:
        return perform(tx, press.actor, press.place, lambda context: _stale())
    verb, token = known
    if BY_VERB[verb].team:
        asked = Asked(token=token, values=press.values)
        return perform_at_desk(tx, press.actor, lambda desk: ON_DESK[verb](tx, desk, asked), needs=BY_VERB[verb].needs)
    if press.place.thread and not _in_list(tx, press, verb, token):
        return perform(tx, press.actor, press.place, lambda context: _in_thread(tx, context, press, verb, token))
    picked = row_of(token.partition(".")[0])
    return perform_on(tx, press.actor, ConversationId(picked or 0), lambda context: _on(tx, context, press, verb, token))


def _in_list(tx: Tx, press: Pressed, verb: Verb, token: str) -> bool:
    """Whether the button stands in a list that was shown in this thread, and so may be about another conversation."""
    if not press.own or verb not in ON_CONVERSATION:  # what stands under a question names a text or a delivery
        return False
    here = mirrors.at(tx, press.place.platform, press.place.chat, press.place.thread)
    return here is not None and (verb is Verb.UNLOCK or row_of(token.partition(".")[0]) not in (None, here.conversation_id))


def _stale() -> Answer:
    raise StaleCard


def _in_thread(tx: Tx, context: Context, press: Pressed, verb: Verb, token: str) -> Answer:
    if verb in (Verb.SEND_TAKING, Verb.SEND_ONCE, Verb.KEEP_NOTE):
        return reply.decide(tx, context, verb, token)
    if verb is Verb.RETRY:
        answer = _retry(tx, context, token)
        inbox.saw(tx, conversations.by_id(tx, context.conversation.id))
        return answer
    if verb is Verb.CANCEL_SEND:
        return recall.recall(tx, context, token)
    if press.remote_id and mirrors.at_card(tx, press.place.platform, press.place.chat, press.remote_id) is not None:
        return _on_card(tx, context, press, verb, token)
    if press.remote_id and messages.refs_at(tx, press.place.platform, press.place.chat, press.remote_id):
        raise StaleCard  # words bear no buttons
    return _on(tx, context, press, verb, token)


def _on_card(tx: Tx, context: Context, press: Pressed, verb: Verb, token: str) -> Answer:
    """A card's button: it must stand on this conversation's own card and be one that the card offers now.

    The move itself is tried first, so that the slower of two who press at once is told who was quicker.
    """
    if press.remote_id != context.here.card_ref or not BY_VERB[verb].statuses:
        raise StaleCard
    answer = _on(tx, context, press, verb, token)
    if verb not in {action.verb for action in offered(context.conversation)}:
        raise StaleCard
    return answer


def _on(tx: Tx, context: Context, press: Pressed, verb: Verb, token: str) -> Answer:
    """A verb of this conversation. ``token`` is ``conversation.version`` and, behind that, what the verb itself put there."""
    conversation_id, _, rest = token.partition(".")
    version, _, extra = rest.partition(".")
    if conversation_id != str(context.conversation.id) or verb not in ON_CONVERSATION:
        raise StaleCard
    answer = ON_CONVERSATION[verb](tx, context, Asked(token=extra, values=press.values))
    if verb in MOVES and version != str(context.conversation.version):
        raise StaleCard
    if verb not in LOOKS:
        inbox.saw(tx, conversations.by_id(tx, context.conversation.id))
    return answer


def _retry(tx: Tx, context: Context, token: str) -> Answer:
    """Try a failed delivery of this conversation again."""
    failed = row_of(token)
    if failed is None:
        raise StaleCard
    again = outbox.revive(tx, failed)
    if again is None:
        raise Decided(what=Phrase("tried again"))
    if again.conversation_id != context.conversation.id:
        raise StaleCard
    if again.message_id is not None:
        said = messages.by_ids(tx, {again.message_id})[again.message_id]
        messages.reset_fate(tx, said.id)
        if said.file_id is not None:
            files.again(tx, said.file_id, context.conversation.id)
    context.journal(tx, "retried", delivery=failed)
    return Answer(Phrase("Trying again."))


def shortcut(tx: Tx, actor: Actor, place: Place, verb: Verb, about: tuple[str, ...]) -> Answer:
    """A verb asked for about certain messages of a thread (Slack's message shortcuts)."""

    def do(context: Context) -> Answer:
        if verb not in ON_CONVERSATION:
            raise StaleCard
        answer = ON_CONVERSATION[verb](tx, context, Asked(about=about))
        inbox.saw(tx, conversations.by_id(tx, context.conversation.id))
        return answer

    return perform(tx, actor, place, do)
