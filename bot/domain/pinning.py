"""Who may pin a client to whom, and what the button says to each (R70-R75)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.actions import Verb
from bot.domain.conversation import Conversation, Status
from bot.domain.errors import AlreadyPinned, NobodyToPin, NotPinned, NotYourPin, OnlyTheirs
from bot.domain.ids import OperatorId
from bot.domain.people import Operator
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase


@dataclass(frozen=True, slots=True)
class Owner:
    """The operator a client is pinned to, or could be. ``name`` is the name, or the e-mail where there is none (R75)."""

    id: OperatorId
    name: str
    active: bool = True

    @classmethod
    def of(cls, operator: Operator) -> Owner:
        """The operator as a label names him."""
        return cls(operator.id, operator.name.strip() or operator.email or "", operator.active)


def label(
    viewer: Operator, conversation: Conversation, pinned_to: Owner | None, responsible: Owner | None
) -> tuple[Verb, str] | None:
    """The button this person sees, word for word as R75 has it; None where there is nothing to show."""
    if pinned_to is None:
        if responsible is None or not _may_pin(viewer, conversation, responsible):
            return None
        return Verb.PIN, Phrase("Fix ({name})", name=responsible.name)
    if pinned_to.id == viewer.id:
        return Verb.DETACH, Phrase("Detach ({name})", name=pinned_to.name)
    if viewer.has(Permission.SUPER_ADMIN):
        return Verb.DETACH, Phrase("Detach (assigned to {name})", name=pinned_to.name)
    return Verb.PIN, Phrase("Pinned ({name})", name=pinned_to.name)


def must_pin(viewer: Operator, conversation: Conversation, pinned_to: Owner | None, responsible: Owner | None) -> Owner:
    """To whom the client is pinned now: to the operator who has the conversation (R71).

    Raises ``AlreadyPinned`` (R73: detach first), ``NobodyToPin`` or ``OnlyTheirs``.
    """
    if pinned_to is not None:
        raise AlreadyPinned(name=pinned_to.name)
    if responsible is None or conversation.status is not Status.INBOX:
        raise NobodyToPin
    if not _may_pin(viewer, conversation, responsible):
        raise OnlyTheirs(name=responsible.name)
    return responsible


def must_detach(viewer: Operator, pinned_to: Owner | None) -> Owner:
    """Whose pin ends: an operator's own, for a super-admin anybody's (R72). Raises ``NotPinned`` or ``NotYourPin``."""
    if pinned_to is None:
        raise NotPinned
    if pinned_to.id != viewer.id and not viewer.has(Permission.SUPER_ADMIN):
        raise NotYourPin(name=pinned_to.name)
    return pinned_to


def _may_pin(viewer: Operator, conversation: Conversation, responsible: Owner) -> bool:
    has_it = conversation.status is Status.INBOX and conversation.operator_id == responsible.id
    return has_it and (viewer.id == responsible.id or viewer.has(Permission.SUPER_ADMIN))
