"""Calling the responsible operator in a conversation's thread, so that he follows it and learns of the client's words (R111).

One mention, on the desk where he works; nobody else is called. In his quiet hours he is told when they end, in private.
"""

from __future__ import annotations

from bot.commands.notice import notify
from bot.domain.conversation import Conversation, Status
from bot.domain.ids import Moment, OperatorId
from bot.domain.people import Operator
from bot.domain.phrase import Phrase
from bot.domain.reminders import is_rested
from bot.store import mirrors, spread, team
from bot.store.mirrors import Mirror
from bot.store.uow import Tx

AT_LEAST_MS = 60_000
"""The shortest rest a group can set; before that there is nothing to look up."""


def follow(tx: Tx, conversation: Conversation, operator: Operator) -> None:
    """He has taken it: one mention in its thread. Slack lets whom a thread mentions follow it."""
    if operator.settings.quiet_until(tx.now) is None:
        _mention(tx, conversation, operator, Phrase("this conversation is yours."))


def rested(tx: Tx, before: Conversation, heard: Conversation, at: Moment, client: str) -> None:
    """A client has written in somebody's inbox: after a rest he is called again.

    ``before`` is the conversation before these words, ``at`` their time. Costs nothing while they talk.
    """
    last, holder = before.last_message_at, heard.operator_id
    if before.status is not Status.INBOX or holder is None or last is None or at - last < AT_LEAST_MS:
        return
    if not is_rested(last, at, team.settings_of(tx, heard.group_id).notify_after_minutes):
        return
    operator = team.operator_by_id(tx, holder)
    if operator is None or not operator.active:
        return
    quiet = operator.settings.quiet_until(tx.now) is not None
    if quiet or not _mention(tx, heard, operator, Phrase("{client} writes again.", client=client)):
        notify(tx, holder, Phrase("💬 {client} writes again.", client=client), about=heard.id)


def called(tx: Tx, mirror: Mirror, operator_id: OperatorId) -> tuple[str, str] | None:
    """The mention of an operator who has been given a conversation, for words in this thread; None where he does not work."""
    operator = team.operator_by_id(tx, operator_id)
    if operator is None or not operator.active or operator.settings.quiet_until(tx.now) is not None:
        return None
    live = mirrors.of_conversation(tx, mirror.conversation_id)
    found = _place(tx, live, operator)
    return found[1] if found is not None and found[0].id == mirror.id else None


def _mention(tx: Tx, conversation: Conversation, operator: Operator, words: str) -> bool:
    """Call him in one thread; whether there is one where he can be called."""
    found = _place(tx, mirrors.of_conversation(tx, conversation.id), operator)
    if found is None:
        return False
    spread.notice(tx, found[0], words, mention=found[1])
    return True


def _place(tx: Tx, live: list[Mirror], operator: Operator) -> tuple[Mirror, tuple[str, str]] | None:
    """The one thread he is called in, with his id and name there; one on the platform he worked on last comes first."""
    for mirror in sorted(live, key=lambda mirror: mirror.platform != operator.settings.works_on):
        person = team.identity_of(tx, operator.id, mirror.platform)
        if person is not None:
            return mirror, (person, operator.name)
    return None
