"""Who may do what (R2, R3, R5, R6): the one authorisation function behind every door."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.conversation import Conversation
from bot.domain.errors import NotAllowed, NotAnOperator, NotYourGroup
from bot.domain.people import Operator
from bot.domain.phrase import Phrase


class Permission(StrEnum):
    """Rights a role may carry, as the team file spells them."""

    SUPER_ADMIN = "super_admin"
    """Everything, in every group (R2)."""
    CONVERSATIONS_MANAGEMENT = "conversations_management"
    """Opens the tabs All and Blacklist and unlocks; closes and returns other operators' conversations (R5)."""
    TAB_ALL = "tab_all"
    """Opens the tabs All and Blacklist (R5)."""
    SEND_ONCE = "send_once"
    """May send one text in a conversation somebody else has (R25)."""
    EMAIL_ANYWHERE = "email_anywhere"
    """May send a conversation by e-mail to any address (R64, F55)."""


def may_work(operator: Operator, conversation: Conversation) -> bool:
    """Whether the conversation is within the operator's sight (R2, R3).

    A conversation handed to an operator stays in his sight whatever its group (R57).
    """
    if operator.has(Permission.SUPER_ADMIN) or not operator.groups:
        return True
    return conversation.operator_id == operator.id or conversation.group_id in operator.groups


def authorise(
    operator: Operator | None,
    conversation: Conversation | None = None,
    *,
    group_name: str = Phrase("another group"),
    needs: Permission | None = None,
) -> Operator:
    """Let this person act, or refuse (R6). Every door of every platform comes through here.

    ``operator``      who asks, or None when the platform's identity belongs to no active operator
    ``conversation``  what it is about; must be in the operator's sight
    ``needs``         a right the role must carry; a super-admin has them all
    Raises ``NotAnOperator``, ``NotYourGroup`` or ``NotAllowed``.
    """
    if operator is None or not operator.active:
        raise NotAnOperator
    if conversation is not None and not may_work(operator, conversation):
        raise NotYourGroup(group=group_name)
    if needs is not None and not operator.has(needs):
        raise NotAllowed(permission=needs.value)
    return operator
