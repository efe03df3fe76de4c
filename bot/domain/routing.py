"""Where a conversation goes when a client's words open it again (R30, R70, R74)."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.conversation import Conversation, Status
from bot.domain.pinning import Owner


def route(opened: Conversation, pinned_to: Owner | None) -> Conversation:
    """``opened``, just back in Unassigned, as it stays: in the inbox of the operator its client is pinned to.

    Whoever had it or closed it in between does not matter (R74). A pin to an operator who was switched off has no
    effect: nobody would answer there.
    """
    if pinned_to is None or not pinned_to.active:
        return opened
    return replace(opened, status=Status.INBOX, operator_id=pinned_to.id)
