"""Whether free words may go to a client now; where a channel wants an approved template, which and with what (R94)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.commands import inbox, reply
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.menu import RELABELLED, token_of
from bot.commands.perform import Context
from bot.commands.templates import excerpt
from bot.domain.actions import Action, Button, Verb, row_of
from bot.domain.approved import VALUE, Approved
from bot.domain.capabilities import CHANNELS
from bot.domain.conversation import Status
from bot.domain.errors import MissingValue, NoApproved, NoApprovedAtAll, NotStarted, NotYours
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Field, Form, Option, TextField
from bot.store import approved, team
from bot.store.uow import Tx

SHOWN = 60
"""Characters of a template in a list."""


def choose(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Choose a template, fill its variables in, send. Raises ``NotYours``, ``NotStarted``, ``NoApproved`` or ``MissingValue``."""
    conversation = context.conversation
    if conversation.status is not Status.INBOX:
        raise NotStarted
    if conversation.operator_id != context.operator.id:
        raise NotYours(name=team.name_of(tx, conversation.operator_id) or Phrase("another operator"))
    picked = asked.token or (asked.value("approved") if asked.values is not None else "")
    if not picked:
        return Answer(form=_choice(tx, context))
    one = of_token(tx, picked)
    if one.slots and (asked.values is None or not asked.token):
        return Answer(form=_blanks(context, one))
    values = filled_in(one, asked.values or {})
    reply.send_approved(tx, context, one, values)
    inbox.saw(tx, context.conversation)
    return Answer(Phrase("Sent to the client."))


def of_token(tx: Tx, token: str) -> Approved:
    """The template a form names. Raises ``NoApproved``: WhatsApp may take its approval back at any time."""
    number = row_of(token)
    one = approved.by_id(tx, number) if number is not None else None
    if one is None:
        raise NoApproved().beside("approved")
    return one


def filled_in(one: Approved, given: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The values for its variables, on one line each. Raises ``MissingValue`` beside the field that has none."""
    values: dict[str, str] = {}
    for slot in one.slots:
        value = " ".join(" ".join(given.get(slot.field, ())).split())
        if not value:
            raise MissingValue(name=slot.label).beside(slot.field)
        values[slot.field] = value
    return values


def options(tx: Tx) -> tuple[Option, ...]:
    """The templates there are, to be chosen. Raises ``NoApprovedAtAll``."""
    found = tuple(Option(str(one.id), excerpt(f"{one.title}: {one.body}", SHOWN)) for one in approved.everything(tx)[:99])
    if not found:
        raise NoApprovedAtAll
    return found


def blanks(one: Approved) -> tuple[Field, ...]:
    """A field for each variable."""
    return tuple(TextField(name=slot.field, label=slot.label, longest=VALUE) for slot in one.slots)


def _choice(tx: Tx, context: Context) -> Form:
    return Form(
        verb=Verb.APPROVED,
        token=token_of(context.conversation),
        title=Phrase("Approved template"),
        intro=Phrase("WhatsApp takes only these once the client has been silent for 24 hours."),
        fields=(ChoiceField(name="approved", label=Phrase("Template"), options=options(tx)),),
        submit=Phrase("Next"),
    )


def _blanks(context: Context, one: Approved) -> Form:
    return Form(
        verb=Verb.APPROVED,
        token=token_of(context.conversation, one.id),
        title=Phrase("Approved template"),
        intro=one.filled({}),
        fields=blanks(one),
        submit=Phrase("Send"),
    )


def _button(tx: Tx, context: Context, action: Action) -> Button | None:
    """Only where a channel has templates, and only for who has the conversation."""
    kind = team.channel_by_id(tx, context.conversation.channel_id).kind
    mine = context.conversation.operator_id == context.operator.id
    return Button(action.verb, action.label, token_of(context.conversation)) if mine and CHANNELS[kind].window_hours else None


RELABELLED[Verb.APPROVED] = _button

VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.APPROVED: choose}
