"""The black list: a client is not heard any more, and heard again (R80, R81)."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.menu import RELABELLED, token_of
from bot.commands.perform import Context, Desk
from bot.domain import conversation as moves
from bot.domain.actions import Action, Button, Verb
from bot.domain.errors import OnlyInTab
from bot.domain.listing import Tab, View, tabs_for
from bot.domain.permissions import Permission, authorise
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import Form, Screen
from bot.store import blacklist, conversations, spread
from bot.store.uow import Tx


def send(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Send the client to the black list, once that was confirmed. All conversations of the client close, whoever has them."""
    client_id = context.conversation.client_id
    if asked.values is None:
        moves.shut_out(context.conversation, context.operator, tx.now)
        return Answer(form=_sure(context, conversations.client_name(tx, client_id)))
    for number in blacklist.conversations_of(tx, client_id):
        before = conversations.by_id(tx, number)
        shut = moves.shut_out(before, context.operator, tx.now)
        conversations.save(tx, shut)
        spread.topic_state(tx, shut, closed=True)
        spread.refresh_cards(tx, shut)
    blacklist.add(tx, client_id, context.operator.id)
    context.journal(tx, "sent to the black list", before=context.conversation.status.value)
    return _done(context)


def _sure(context: Context, client: str) -> Form:
    return Form(
        verb=Verb.BLACKLIST,
        token=token_of(context.conversation),
        title=Phrase("Send to the black list?"),
        intro=Phrase(
            "Nobody will see what {client} writes from now on, and every conversation with this client closes.", client=client
        ),
        fields=(),
        submit=Phrase("Send to the black list"),
    )


def _done(context: Context) -> Answer:
    """What has happened, and the way back: the tab where a client is unlocked, for who may go there (R5, R81)."""
    told = Phrase("The client is on the black list. Nothing that comes from there is shown any more.")
    if Tab.BLACKLIST not in tabs_for(context.operator) or not context.operator.has(Permission.CONVERSATIONS_MANAGEMENT):
        mistake = Phrase("Was it a mistake? An operator with the right to manage conversations can unlock it.")
        return Answer(joined(" ", [told, mistake]))
    undo = Button(Verb.TAB, Phrase("Undo in Blacklist…"), View(tab=Tab.BLACKLIST).token)
    return Answer(screen=Screen(title=Phrase("Black list"), intro=told, buttons=(undo,)))


def unlock(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Hear the client again. The conversation stays Closed, the next message takes the usual way; nothing is replayed."""
    if context.mirror is not None:
        raise OnlyInTab
    authorise(context.operator, context.conversation, needs=Permission.CONVERSATIONS_MANAGEMENT)
    client_id = context.conversation.client_id
    moves.unlock(context.conversation)
    blacklist.remove(tx, client_id)
    for number in blacklist.conversations_of(tx, client_id):
        before = conversations.by_id(tx, number)
        if before.blacklisted:
            heard = moves.unlock(before)
            conversations.save(tx, heard)
            spread.refresh_cards(tx, heard)
    context.journal(tx, "unlocked")
    return Answer(Phrase("Unlocked. The conversation is Closed; if the client writes again, it comes back."))


def _offered(tx: Tx, context: Context, action: Action) -> Button | None:
    """A client who is on the list already is not sent there again."""
    if context.conversation.blacklisted:
        return None
    return Button(action.verb, Phrase("Send to the black list…"), token_of(context.conversation), action.style)


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.BLACKLIST: send, Verb.UNLOCK: unlock}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {}
RELABELLED[Verb.BLACKLIST] = _offered
