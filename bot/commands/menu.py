"""The menu behind *More*: everything this person can do with the conversation now."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Context
from bot.domain.actions import TABLE, Action, Button, Verb
from bot.domain.conversation import Conversation, Status
from bot.domain.phrase import Phrase
from bot.domain.screen import Screen
from bot.store import conversations
from bot.store.uow import Tx

Relabel = Callable[[Tx, Context, Action], Button | None]
RELABELLED: dict[Verb, Relabel] = {}
"""Buttons whose words, or whose being there, depend on who looks; a module that has such a verb enters it here."""


def token_of(conversation: Conversation, *extra: object) -> str:
    """What a button about this conversation carries: its id, its version, and what the verb wants back."""
    return ".".join(str(part) for part in (conversation.id, conversation.version, *extra))


def more(tx: Tx, context: Context, asked: Asked) -> Answer:
    """The buttons that apply, as a screen for this person alone."""
    conversation = context.conversation
    name = conversations.client_name(tx, conversation.client_id)
    return Answer(screen=Screen(title=name, intro=Phrase("What would you like to do?"), buttons=buttons(tx, context)))


def buttons(tx: Tx, context: Context) -> tuple[Button, ...]:
    """What this person can do with the conversation now, as buttons; those of the card are not said again."""
    found: list[Button] = []
    for action in TABLE:
        if context.conversation.status not in action.menu:
            continue
        relabel = RELABELLED.get(action.verb)
        if relabel is not None:
            shown = relabel(tx, context, action)
        else:
            shown = Button(action.verb, action.label, token_of(context.conversation), action.style)
        if shown is not None:
            found.append(shown)
    theirs = context.conversation.status is Status.INBOX and context.conversation.operator_id != context.operator.id
    if theirs:
        found.insert(0, Button(Verb.TAKE_OVER, Phrase("Take over"), token_of(context.conversation)))
    return tuple(found)


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.MORE: more}
