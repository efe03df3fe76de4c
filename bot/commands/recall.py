"""Sending an answer, and taking it back before it has gone (R123).

A group may let its answers wait some seconds. The wait stands in the store, so it outlives a restart; the answers of a
conversation go in their order; the other desks get one when it has gone.
"""

from __future__ import annotations

from dataclasses import replace

from bot.commands.answer import Answer
from bot.commands.perform import Context
from bot.domain.actions import Button, Verb, row_of
from bot.domain.conversation import Conversation, Direction
from bot.domain.errors import Decided, NotYourText, StaleCard, TooLate
from bot.domain.ids import MessageId
from bot.domain.phrase import Phrase
from bot.domain.text import RichText
from bot.store import conversations, messages, mirrors, spread, team
from bot.store.mirrors import Mirror
from bot.store.uow import Tx

MOST_SECONDS = 60
"""A client waits no longer than that for a second thought."""


def send(
    tx: Tx,
    context: Context,
    conversation: Conversation,
    message_id: MessageId,
    text: RichText,
    *,
    at: tuple[Mirror, str] | None,
    expanded: bool = False,
    template: dict[str, object] | None = None,
) -> int:
    """An operator's words to the client, and once to each other desk (R36); in how many seconds they go.

    ``at`` is the thread and the post he wrote them in; there he alone can cancel them while the group lets them wait.
    ``expanded``: what he wrote only stands for them (a canned response), so that this desk shows them as well.
    ``template``: the approved one they are, which nobody has written in a thread.
    """
    channel = team.channel_by_id(tx, conversation.channel_id)
    seconds = min(MOST_SECONDS, team.settings_of(tx, conversation.group_id).recall_seconds)
    if seconds <= 0 or at is None:
        spread.to_client(tx, conversation, channel.kind, message_id, text, template=template)
        spread.to_desks(tx, conversation, message_id, text, but=at[0] if at and not expanded else None)
        return 0
    spread.to_client(tx, conversation, channel.kind, message_id, text, held_for=seconds * 1000)
    words = Phrase("⏳ This goes to the client in {n} second.", "⏳ This goes to the client in {n} seconds.", n=seconds)
    cancel = Button(Verb.CANCEL_SEND, Phrase("Cancel"), str(message_id), "danger")
    spread.notice(tx, at[0], words, only_for=context.actor.external_id, reply_to=at[1], buttons=(cancel,))
    return seconds


def recall(tx: Tx, context: Context, token: str) -> Answer:
    """The author has pressed *Cancel*: nothing reaches the client, and the words stay as a note.

    Raises ``StaleCard``, ``NotYourText``, ``Decided`` or ``TooLate``.
    """
    row = row_of(token)
    found = messages.by_ids(tx, {row}).get(row) if row is not None else None
    if found is None or found.conversation_id != context.conversation.id or found.author_id is None:
        raise StaleCard
    if found.author_id != context.operator.id:
        raise NotYourText(name=found.author)
    if found.direction is Direction.NOTE:
        raise Decided(what=Phrase("taken back"))
    channel = team.channel_by_id(tx, context.conversation.channel_id)
    if found.direction is not Direction.OUT:
        raise StaleCard
    if not spread.take_back(tx, channel.kind, found.id, found.body):
        raise TooLate
    messages.withdraw(tx, found.id)
    context.journal(tx, "taken back", message=found.id)
    _as_before(tx, conversations.by_id(tx, context.conversation.id))
    origin = next((ref for ref in messages.refs_of(tx, found.id) if ref.origin), None)
    home = mirrors.at(tx, origin.platform, origin.chat, origin.thread) if origin else None
    if origin is not None and home is not None:
        spread.mark(tx, home, origin.remote_id, "held")
    return Answer(Phrase("Not sent. The client has not got it; here it stays as a note."))


def _as_before(tx: Tx, conversation: Conversation) -> None:
    """The last word is the one before it, and the client waits again."""
    last = messages.last_said(tx, conversation.id)
    way, at = last if last is not None else (None, conversation.last_message_at)
    before = replace(conversation, last_direction=way, last_message_at=at)
    conversations.save(tx, before)
    spread.refresh_cards(tx, before)
