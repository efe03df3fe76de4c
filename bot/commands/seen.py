"""An operator has reacted: he has seen it (R20); 🏷 or a tag's own emoji tags it (R60); any other the client sees (R35)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import changes, inbox, tags
from bot.commands.answer import Answer
from bot.commands.context import Place, TooSoon
from bot.commands.notice import port_of, tell
from bot.commands.perform import Context, perform
from bot.domain.people import Actor
from bot.domain.phrase import Phrase
from bot.domain.tagging import EMOJI
from bot.store import messages, mirrors, outbox
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction to the post ``remote_id`` in ``chat``; ``emoji`` as the platform calls it.

    ``sign``   the emoji as everybody writes it, empty for one that only that workspace has (F42)
    ``added``  False when it was taken away
    ``at``     when, as the platform says (milliseconds)
    """

    actor: Actor
    platform: str
    chat: str
    remote_id: str
    emoji: str = ""
    sign: str = ""
    added: bool = True
    at: int = 0


def reacted(tx: Tx, reaction: Reacted) -> None:
    """Clear the unseen mark when an operator who may see the conversation reacted, and tag what the emoji is a tag's.

    Anybody else's reaction does nothing and is kept in the journal; it asked for nothing, so nothing is answered. Only who
    has the conversation is told, alone, when the client can't see his emoji (F42). Raises ``TooSoon``.
    """
    found = _thread_of(tx, reaction)
    if found is None:
        if outbox.in_the_air(tx, port_of(reaction.platform), reaction.chat, reaction.at):
            raise TooSoon
        return
    answer = perform(tx, reaction.actor, found, lambda context: _saw(tx, context, reaction))
    if answer.text and not answer.refused:
        tell(tx, port_of(found.platform), found, answer.text, reaction.actor.external_id, reaction.remote_id)


def _saw(tx: Tx, context: Context, reaction: Reacted) -> Answer:
    if reaction.added:
        inbox.saw(tx, context.conversation)
    if reaction.sign in EMOJI:
        if reaction.added:
            tags.offer(tx, context, reaction.remote_id)
        return Answer("")
    if reaction.sign and tags.is_sign(tx, reaction.sign):
        (tags.by_sign if reaction.added else tags.by_sign_off)(tx, context, reaction.remote_id, reaction.sign)
        return Answer("")
    said = messages.at(tx, reaction.platform, reaction.chat, reaction.remote_id)
    if said is None:
        return Answer("")
    if not reaction.sign:
        if not reaction.added or not changes.reaches_client(tx, context, said):
            return Answer("")
        if not reaction.emoji:
            return Answer(Phrase("The client does not see that emoji, which only Telegram has."))
        return Answer(Phrase("The client does not see :{emoji}:, an emoji of your workspace alone.", emoji=reaction.emoji))
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
