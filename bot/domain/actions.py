"""The verb table: everything an operator can ask for, with its words at every door.

Buttons on cards, ``!verbs`` in Slack threads, Telegram commands, the help text and the Slack manifest all
read this one table, so that a verb is named and offered the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.conversation import Conversation, Status


class Verb(StrEnum):
    """What an operator can ask for; the value is the word typed after ``!`` or ``/``."""

    START = "start"
    CLOSE = "close"
    UNASSIGN = "unassign"
    TAKE_OVER = "takeover"
    HISTORY = "history"
    NOTE = "note"
    HELP = "help"
    # What to do with a text that was held (R25), and with a delivery that failed (R34): buttons only.
    SEND_TAKING = "send_taking"
    SEND_ONCE = "send_once"
    KEEP_NOTE = "keep_note"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the verb table.

    ``label``   on a button; ``statuses`` in which the card offers it; ``typed`` whether it is also a word
    ``help``    one line for the help text; ``style`` ``primary``, ``danger`` or empty
    """

    verb: Verb
    label: str
    help: str
    statuses: frozenset[Status] = frozenset()
    typed: bool = True
    style: str = ""


TABLE: tuple[Action, ...] = (
    Action(
        Verb.START, "Start conversation", "take this conversation", frozenset({Status.UNASSIGNED, Status.CLOSED}), style="primary"
    ),
    Action(Verb.CLOSE, "Close", "close it", frozenset({Status.UNASSIGNED, Status.INBOX}), style="danger"),
    Action(Verb.UNASSIGN, "To Unassigned", "return it to Unassigned", frozenset({Status.INBOX, Status.CLOSED})),
    Action(Verb.TAKE_OVER, "Take over", "take it from the operator who has it"),
    Action(Verb.HISTORY, "History", "show what happened to it, and who did it"),
    Action(Verb.NOTE, "Note", "write a note that the client never sees, e.g. note call back"),
    Action(Verb.HELP, "Help", "show these words"),
    Action(Verb.SEND_TAKING, "Start and send", "take the conversation and send the held text", typed=False, style="primary"),
    Action(Verb.SEND_ONCE, "Send once", "send the held text, the conversation stays where it is", typed=False),
    Action(Verb.KEEP_NOTE, "Keep as note", "keep the held text as a note", typed=False),
    Action(Verb.RETRY, "Retry", "try to deliver it again", typed=False),
)
BY_VERB: dict[Verb, Action] = {action.verb: action for action in TABLE}
BY_WORD: dict[str, Action] = {action.verb.value: action for action in TABLE if action.typed}


def offered(conversation: Conversation) -> tuple[Action, ...]:
    """The actions a card shows in the conversation's present state, in the table's order."""
    return tuple(action for action in TABLE if conversation.status in action.statuses)


@dataclass(frozen=True, slots=True)
class Button:
    """A button as every platform draws it. ``token`` names what it is about; it carries no authority (F68)."""

    verb: Verb
    label: str
    token: str
    style: str = ""

    @property
    def data(self) -> str:
        """What the platform hands back on a press; at most 64 bytes (Telegram's limit)."""
        return f"{self.verb.value}:{self.token}"


def parse_press(data: str) -> tuple[Verb, str] | None:
    """The verb and token of a pressed button, or None when it is not one of ours."""
    word, colon, token = data.partition(":")
    if not colon or word not in set(Verb) or not token.isascii() or len(data) > 64:
        return None
    return Verb(word), token


def row_of(token: str) -> int | None:
    """The number of the row a token names; None when it can't be one, as in a forged button."""
    return int(token) if token.isdecimal() and len(token) <= 18 else None


def help_text(prefix: str) -> str:
    """The words an operator can type, one a line. ``prefix`` is ``!`` in Slack and ``/`` in Telegram."""
    return "\n".join(f"{prefix}{action.verb.value} — {action.help}" for action in TABLE if action.typed)
