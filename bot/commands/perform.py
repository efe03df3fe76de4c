"""The one gate of every operator's command: who asks, about what, may they, and what is told (rule R6).

A refusal undoes what its command had begun, is kept in the journal, and its words go to the person who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.domain.conversation import Conversation
from bot.domain.errors import NoConversation, Refusal
from bot.domain.people import Actor, Operator
from bot.domain.permissions import Permission, authorise
from bot.store import conversations, journal, mirrors, team
from bot.store.mirrors import Mirror
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Context:
    """An authorised operator at work on a conversation through one of its mirrors."""

    actor: Actor
    operator: Operator
    conversation: Conversation
    mirror: Mirror

    def journal(self, tx: Tx, what: str, **details: object) -> None:
        """Keep a fact about this conversation as done by this operator (R29)."""
        journal.add(
            tx,
            what,
            who=self.operator.name,
            way=self.actor.way,
            conversation_id=self.conversation.id,
            operator_id=self.operator.id,
            **details,
        )


def perform(
    tx: Tx, actor: Actor, place: Place, command: Callable[[Context], Answer], *, needs: Permission | None = None
) -> Answer:
    """Let ``actor`` do ``command`` to the conversation mirrored at ``place``, or refuse in words."""
    try:
        with tx.savepoint():
            return command(context_of(tx, actor, place, needs=needs))
    except Refusal as refusal:
        known = mirrors.at(tx, place.platform, place.chat, place.thread)
        operator = team.operator_of(tx, actor)
        journal.add(
            tx,
            "refused",
            who=operator.name if operator else f"{actor.platform} {actor.external_id}",
            way=actor.way,
            conversation_id=known.conversation_id if known else None,
            operator_id=operator.id if operator else None,
            reason=refusal.code,
        )
        return Answer(str(refusal), refused=True)


def context_of(tx: Tx, actor: Actor, place: Place, *, needs: Permission | None = None) -> Context:
    """Find and authorise. Raises a refusal; who the person is comes first, so that strangers learn nothing."""
    operator = authorise(team.operator_of(tx, actor))
    mirror = mirrors.at(tx, place.platform, place.chat, place.thread)
    if mirror is None:
        raise NoConversation
    conversation = conversations.by_id(tx, mirror.conversation_id)
    group = team.group_by_id(tx, conversation.group_id)
    authorise(operator, conversation, group_name=group.badge, needs=needs)
    return Context(actor, operator, conversation, mirror)
