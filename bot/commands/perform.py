"""The one gate of every operator's command: who asks, about what, may they, and what is told (rule R6).

A refusal undoes what its command had begun, is kept in the journal, and its words go to the person who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.domain.conversation import Conversation
from bot.domain.errors import NoConversation, Refusal
from bot.domain.ids import ConversationId
from bot.domain.people import Actor, Operator
from bot.domain.permissions import Permission, authorise
from bot.languages import in_language
from bot.store import conversations, journal, mirrors, team
from bot.store.mirrors import Mirror
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Desk:
    """An authorised operator who asks about no single conversation (lists, the team)."""

    actor: Actor
    operator: Operator

    def journal(self, tx: Tx, what: str, **details: object) -> None:
        """Keep a fact about the team as done by this operator (R29)."""
        journal.add(
            tx,
            what,
            who=self.operator.name,
            way=self.actor.way,
            conversation_id=None,
            operator_id=self.operator.id,
            **details,
        )


@dataclass(frozen=True, slots=True)
class Context:
    """An authorised operator at work on a conversation.

    ``mirror``  the thread or topic he acts in; None when he acts from a list (App Home, the bot's private chat)
    """

    actor: Actor
    operator: Operator
    conversation: Conversation
    mirror: Mirror | None

    @property
    def here(self) -> Mirror:
        """The thread or topic he acts in. Raises ``NoConversation`` where there is none."""
        if self.mirror is None:
            raise NoConversation
        return self.mirror

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

    def known() -> ConversationId | None:
        mirror = mirrors.at(tx, place.platform, place.chat, place.thread)
        return mirror.conversation_id if mirror else None

    return _guarded(tx, actor, known, lambda: command(context_of(tx, actor, place, needs=needs)))


def perform_on(tx: Tx, actor: Actor, conversation_id: ConversationId, command: Callable[[Context], Answer]) -> Answer:
    """The same for a conversation picked from a list, where there is no thread to act in."""
    return _guarded(
        tx,
        actor,
        lambda: conversation_id if conversations.exists(tx, conversation_id) else None,
        lambda: command(_picked(tx, actor, conversation_id)),
    )


def perform_at_desk(tx: Tx, actor: Actor, command: Callable[[Desk], Answer], *, needs: str = "") -> Answer:
    """The same for what is about no single conversation; ``needs`` is a right the role must carry."""
    return _guarded(
        tx,
        actor,
        lambda: None,
        lambda: command(Desk(actor, _at_work(tx, actor, needs=Permission(needs) if needs else None))),
    )


def perform_unknown(tx: Tx, actor: Actor, command: Callable[[], Answer]) -> Answer:
    """The same for somebody whom the team need not know. ``command`` must itself see to it that nobody gets what is not his."""
    return _guarded(tx, actor, lambda: None, command)


def _guarded(tx: Tx, actor: Actor, known: Callable[[], ConversationId | None], command: Callable[[], Answer]) -> Answer:
    try:
        with tx.savepoint():
            answer = command()
        return spoken(tx, actor, answer)
    except Refusal as refusal:
        operator = team.operator_of(tx, actor)
        journal.add(
            tx,
            "refused",
            who=operator.name if operator else f"{actor.platform} {actor.external_id}",
            way=actor.way,
            conversation_id=known(),
            operator_id=operator.id if operator else None,
            reason=refusal.code,
        )
        return spoken(tx, actor, Answer(refusal.words, refused=True, errors=refusal.errors))


def spoken(tx: Tx, actor: Actor, answer: Answer) -> Answer:
    """The answer in the language of the person who asked."""
    language = team.language_of(tx, team.operator_of(tx, actor))
    return replace(in_language(answer, language), language=language) if language else answer


def context_of(tx: Tx, actor: Actor, place: Place, *, needs: Permission | None = None) -> Context:
    """Find and authorise. Raises a refusal; who the person is comes first, so that strangers learn nothing."""
    operator = _at_work(tx, actor)
    mirror = mirrors.at(tx, place.platform, place.chat, place.thread)
    if mirror is None:
        raise NoConversation
    conversation = conversations.by_id(tx, mirror.conversation_id)
    group = team.group_by_id(tx, conversation.group_id)
    authorise(operator, conversation, group_name=group.badge, needs=needs)
    return Context(actor, operator, conversation, mirror)


def _picked(tx: Tx, actor: Actor, conversation_id: ConversationId) -> Context:
    operator = _at_work(tx, actor)
    if not conversations.exists(tx, conversation_id):
        raise NoConversation
    conversation = conversations.by_id(tx, conversation_id)
    authorise(operator, conversation, group_name=team.group_by_id(tx, conversation.group_id).badge)
    return Context(actor, operator, conversation, None)


def _at_work(tx: Tx, actor: Actor, needs: Permission | None = None) -> Operator:
    """The operator who acts, authorised. Where he does so is remembered: there he is told of things in private (R111)."""
    operator = authorise(team.operator_of(tx, actor), needs=needs)
    if operator.settings.works_on == actor.platform:
        return operator
    return replace(operator, settings=team.change_operator(tx, operator.id, works_on=actor.platform))
