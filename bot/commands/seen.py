"""An operator has reacted to a message: he has seen it (R20), with 🏷 he wants to tag it (R60), else the client sees it (R35)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import changes, inbox, tags
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.notice import port_of, tell
from bot.commands.perform import Context, perform
from bot.domain.people import Actor
from bot.domain.tagging import EMOJI
from bot.store import messages, mirrors
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction to the post ``remote_id`` in ``chat``; ``emoji`` the sign itself or its Slack name.

    ``sign``   the emoji as everybody writes it, empty for one that only that workspace has (F42)
    ``added``  False when it was taken away
    """

    actor: Actor
    platform: str
    chat: str
    remote_id: str
    emoji: str = ""
    sign: str = ""
    added: bool = True


def reacted(tx: Tx, reaction: Reacted) -> None:
    """Clear the unseen mark when an operator who may see the conversation reacted.

    Anybody else's reaction does nothing and is kept in the journal; it asked for nothing, so nothing is answered. Only who
    has the conversation is told, alone, when the client can't see his emoji (F42).
    """
    found = _thread_of(tx, reaction)
    if found is None:
        return
    answer = perform(tx, reaction.actor, found, lambda context: _saw(tx, context, reaction))
    if answer.text and not answer.refused:
        tell(tx, port_of(found.platform), found, answer.text, reaction.actor.external_id, reaction.remote_id)


def _saw(tx: Tx, context: Context, reaction: Reacted) -> Answer:
    if reaction.added:
        inbox.saw(tx, context.conversation)
    if reaction.emoji in EMOJI:
        if reaction.added:
            tags.offer(tx, context, reaction.remote_id)
        return Answer("")
    said = messages.at(tx, reaction.platform, reaction.chat, reaction.remote_id)
    if said is None:
        return Answer("")
    if not reaction.sign:
        unseen = reaction.added and changes.reaches_client(tx, context, said)
        return Answer(f"The client does not see :{reaction.emoji}:, an emoji of your workspace alone." if unseen else "")
    changes.operator_reacted(tx, context, said, reaction.sign, added=reaction.added)
    return Answer("")


def _thread_of(tx: Tx, reaction: Reacted) -> Place | None:
    refs = messages.refs_at(tx, reaction.platform, reaction.chat, reaction.remote_id)
    if refs:
        for mirror in mirrors.of_message(tx, refs[0].message_id):
            if (mirror.platform, mirror.chat) == (reaction.platform, reaction.chat):
                return Place(mirror.platform, mirror.chat, mirror.thread)
    card = mirrors.at_card(tx, reaction.platform, reaction.chat, reaction.remote_id)
    return Place(card.platform, card.chat, card.thread) if card else None
