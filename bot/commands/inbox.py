"""Moves between Unassigned, an operator's inbox, and Closed (R24, R26-R28)."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands import journal_words, journals
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.follow import follow
from bot.commands.perform import Context
from bot.domain import conversation as moves
from bot.domain.actions import Verb, help_text
from bot.domain.conversation import Conversation, Status
from bot.domain.phrase import Phrase, joined
from bot.domain.text import utf16_len
from bot.domain.times import clock_words
from bot.domain.words import PREFIXES
from bot.languages import in_language
from bot.store import conversations, journal, spread, team
from bot.store.uow import Tx

NOTHING = Asked()
HISTORY_UNITS = 3000
"""UTF-16 units of the history told at once; every desk takes that much in one post."""


def start(tx: Tx, context: Context, asked: Asked = NOTHING) -> Answer:
    """Take the conversation (R24), or reopen a closed one outgoing (R28)."""
    was_closed = context.conversation.status is Status.CLOSED
    moved = moves.start(context.conversation, context.operator, tx.now, responsible_name=_responsible(tx, context))
    _settle(tx, context, moved, "started")
    if was_closed:
        spread.topic_state(tx, moved, closed=False)
    follow(tx, moved, context.operator)
    return Answer(Phrase("The conversation is yours. What you write in it now goes to the client."))


def take_over(tx: Tx, context: Context, asked: Asked = NOTHING) -> Answer:
    """Take it from the operator who has it."""
    if context.conversation.status is not Status.INBOX or context.conversation.operator_id == context.operator.id:
        return start(tx, context)
    before = _responsible(tx, context)
    moved = moves.take_over(context.conversation, context.operator, tx.now)
    _settle(tx, context, moved, "taken over", taken_from=before)
    follow(tx, moved, context.operator)
    return Answer(Phrase("You have taken the conversation over from {name}.", name=before))


def close(tx: Tx, context: Context, asked: Asked = NOTHING) -> Answer:
    """Close it (R26)."""
    moved = moves.close(context.conversation, context.operator, tx.now, responsible_name=_responsible(tx, context))
    _settle(tx, context, moved, "closed")
    spread.topic_state(tx, moved, closed=True)
    return Answer(Phrase("Closed. If the client writes again, it comes back to Unassigned."))


def unassign(tx: Tx, context: Context, asked: Asked = NOTHING) -> Answer:
    """Return it to Unassigned (R27)."""
    was_closed = context.conversation.status is Status.CLOSED
    moved = moves.unassign(context.conversation, context.operator, tx.now, responsible_name=_responsible(tx, context))
    _settle(tx, context, moved, "returned")
    if was_closed:
        spread.topic_state(tx, moved, closed=False)
    return Answer(Phrase("Returned to Unassigned. Anybody of the group can take it."))


def history(tx: Tx, context: Context, asked: Asked = NOTHING) -> Answer:
    """What happened to the conversation (R29); of a long story the newest part that fits in one post, or page by page."""
    if asked.token:
        return journals.of_conversation(tx, context, asked)
    room, language = HISTORY_UNITS, team.language_of(tx, context.operator)
    told: list[str] = []
    for entry in reversed(journal.of_conversation(tx, context.conversation.id)):
        words = Phrase(
            "{time}  {who}: {deed} ({way})",
            time=clock_words(entry.at),
            who=journal_words.who(entry.who, entry.way),
            deed=journal_words.deed(entry.what),
            way=journal_words.way(entry.way),
        )
        line = in_language(words, language)
        room -= utf16_len(line) + 1
        if room < 0:
            told.append("…")
            break
        told.append(line)
    return Answer("\n".join(reversed(told)) or Phrase("Nothing has happened here yet."))


def show_help(tx: Tx, context: Context, asked: Asked = NOTHING) -> Answer:
    """The words an operator can type here."""
    prefix = PREFIXES[context.actor.platform]
    aside = Phrase("A text that begins with “note:” or 🔒 never leaves this desk.")
    return Answer(joined("\n", [help_text(prefix), aside]))


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {
    Verb.START: start,
    Verb.TAKE_OVER: take_over,
    Verb.CLOSE: close,
    Verb.UNASSIGN: unassign,
    Verb.HISTORY: history,
    Verb.HELP: show_help,
}
"""The verbs that need nothing but a conversation, by button or by word."""


def saw(tx: Tx, conversation: Conversation) -> None:
    """An operator has looked: the unseen mark goes (R20)."""
    seen = moves.see(conversation)
    if seen != conversation:
        conversations.save(tx, seen)
        spread.refresh_cards(tx, seen)


def _settle(tx: Tx, context: Context, moved: Conversation, what: str, **details: object) -> None:
    conversations.save(tx, moved)
    context.journal(tx, what, before=context.conversation.status.value, after=moved.status.value, **details)
    spread.refresh_cards(tx, moved)


def _responsible(tx: Tx, context: Context) -> str:
    return team.name_of(tx, context.conversation.operator_id) or Phrase("Another operator")
