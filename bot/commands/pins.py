"""Pinning a client to the operator who has the conversation, and detaching (R70-R75)."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.menu import RELABELLED, token_of
from bot.commands.perform import Context, Desk
from bot.domain import pinning
from bot.domain.actions import Action, Button, Verb
from bot.domain.conversation import Status
from bot.domain.errors import AlreadyPinned, StaleCard
from bot.domain.phrase import Phrase
from bot.domain.pinning import Owner
from bot.store import conversations, pins, spread, team
from bot.store.uow import Tx


def pin(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Pin the client to the operator who has the conversation.

    A button names the operator it was drawn for; raises ``StaleCard`` when another has the conversation by now.
    """
    conversation = context.conversation
    owner = pinning.must_pin(
        context.operator, conversation, pins.of_client(tx, conversation.client_id), _responsible(tx, context)
    )
    if asked.token and asked.token != str(owner.id):
        raise StaleCard
    if not pins.add(tx, conversation.client_id, owner.id):
        raise AlreadyPinned(name=owner.name)
    context.journal(tx, "pinned", to=owner.name)
    spread.refresh_cards(tx, conversation)
    return Answer(
        Phrase("Pinned to {name}: when the client writes again, the conversation goes straight to that inbox.", name=owner.name)
    )


def detach(tx: Tx, context: Context, asked: Asked) -> Answer:
    """End the pin."""
    conversation = context.conversation
    owner = pinning.must_detach(context.operator, pins.of_client(tx, conversation.client_id))
    pins.remove(tx, conversation.client_id)
    context.journal(tx, "detached", pinned_to=owner.name)
    spread.refresh_cards(tx, conversation)
    return Answer(Phrase("Detached: the client is pinned to {name} no more.", name=owner.name))


def button(tx: Tx, context: Context, action: Action | None = None) -> Button | None:
    """What this person sees in place of *Fix*, word for word as R75 has it."""
    owner, responsible = pins.of_client(tx, context.conversation.client_id), _responsible(tx, context)
    shown = pinning.label(context.operator, context.conversation, owner, responsible)
    if shown is None:
        return None
    verb, words = shown
    extra = (responsible.id,) if owner is None and responsible is not None else ()
    return Button(verb, words, token_of(context.conversation, *extra))


def _responsible(tx: Tx, context: Context) -> Owner | None:
    """The operator who has the conversation now."""
    conversation = conversations.by_id(tx, context.conversation.id)
    if conversation.status is not Status.INBOX or conversation.operator_id is None:
        return None
    found = team.operator_by_id(tx, conversation.operator_id)
    return Owner.of(found) if found else None


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.PIN: pin, Verb.DETACH: detach}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {}
RELABELLED[Verb.PIN] = button
