"""An operator has reacted to a message: he has seen it (R20)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import inbox
from bot.commands.context import Place
from bot.commands.perform import context_of
from bot.domain.errors import Refusal
from bot.domain.people import Actor
from bot.store import messages, mirrors
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction to the post ``remote_id`` in ``chat``."""

    actor: Actor
    platform: str
    chat: str
    remote_id: str


def reacted(tx: Tx, reaction: Reacted) -> None:
    """Clear the unseen mark when an operator who may see the conversation reacted; a stranger's reaction is nothing."""
    found = _thread_of(tx, reaction)
    if found is None:
        return
    try:
        context = context_of(tx, reaction.actor, found)
    except Refusal:
        return
    inbox.saw(tx, context.conversation)


def _thread_of(tx: Tx, reaction: Reacted) -> Place | None:
    refs = messages.refs_at(tx, reaction.platform, reaction.chat, reaction.remote_id)
    if refs:
        for mirror in mirrors.of_message(tx, refs[0].message_id):
            if (mirror.platform, mirror.chat) == (reaction.platform, reaction.chat):
                return Place(mirror.platform, mirror.chat, mirror.thread)
    card = mirrors.at_card(tx, reaction.platform, reaction.chat, reaction.remote_id)
    return Place(card.platform, card.chat, card.thread) if card else None
