"""An operator has reacted to a message: he has seen it (R20), and 🏷 or a tag's own emoji tags it (R60)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import inbox, tags
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.perform import Context, perform
from bot.domain.people import Actor
from bot.domain.tagging import EMOJI
from bot.store import messages, mirrors
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction to the post ``remote_id`` in ``chat``, or one that was taken back (``gone``).

    ``emoji``  the sign itself; for a platform's own pictures, which have none, their name or nothing
    """

    actor: Actor
    platform: str
    chat: str
    remote_id: str
    emoji: str = ""
    gone: bool = False


def reacted(tx: Tx, reaction: Reacted) -> None:
    """Clear the unseen mark when an operator who may see the conversation reacted, and tag what the emoji is a tag's.

    Anybody else's reaction does nothing and is kept in the journal; it asked for nothing, so nothing is answered.
    """
    found = _thread_of(tx, reaction)
    if found is None:
        return
    perform(tx, reaction.actor, found, lambda context: _saw(tx, context, reaction))


def _saw(tx: Tx, context: Context, reaction: Reacted) -> Answer:
    if reaction.gone:
        if reaction.emoji:
            tags.by_sign_off(tx, context, reaction.remote_id, reaction.emoji)
        return Answer("")
    inbox.saw(tx, context.conversation)
    if reaction.emoji in EMOJI:
        tags.offer(tx, context, reaction.remote_id)
    elif reaction.emoji:
        tags.by_sign(tx, context, reaction.remote_id, reaction.emoji)
    return Answer("")


def _thread_of(tx: Tx, reaction: Reacted) -> Place | None:
    refs = messages.refs_at(tx, reaction.platform, reaction.chat, reaction.remote_id)
    if refs:
        for mirror in mirrors.of_message(tx, refs[0].message_id):
            if (mirror.platform, mirror.chat) == (reaction.platform, reaction.chat):
                return Place(mirror.platform, mirror.chat, mirror.thread)
    card = mirrors.at_card(tx, reaction.platform, reaction.chat, reaction.remote_id)
    return Place(card.platform, card.chat, card.thread) if card else None
