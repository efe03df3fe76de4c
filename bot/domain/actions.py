"""The verb table: everything an operator can ask for, with its words at every door.

Buttons on cards, ``!verbs`` in Slack threads, Telegram commands, the help text and the Slack manifest all
read this one table, so that a verb is named and offered the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.conversation import Conversation, Status
from bot.domain.phrase import Phrase, in_table, joined


class Verb(StrEnum):
    """What an operator can ask for; the value is the word typed after ``!`` or ``/``."""

    START = "start"
    CLOSE = "close"
    UNASSIGN = "unassign"
    MORE = "more"
    TAKE_OVER = "takeover"
    HISTORY = "history"
    NOTE = "note"
    HELP = "help"
    # Passing on (R55-R57), the client (R50-R52), pins (R70-R75), the blacklist (R80, R81).
    ASSIGN = "assign"
    GROUP = "group"
    PROFILE = "client"
    RENAME = "rename"
    CLIENT_NOTE = "remember"
    PIN = "pin"
    DETACH = "detach"
    BLACKLIST = "blacklist"
    UNLOCK = "unlock"
    # Messages: tags (R60-R63), canned responses (R40-R44), e-mail (R64).
    TAG = "tag"
    CANNED = "canned"
    EMAIL = "email"
    CANCEL_SEND = "cancel_send"
    APPROVED = "approved"
    OUTGOING = "outgoing"
    DELETE = "delete"
    # Lists (R18-R23, R85-R87): they are about no single conversation.
    TAB = "tab"
    FILTER = "filter"
    SEARCH = "search"
    PREVIEW = "preview"
    MARK_READ = "mark_read"
    # The team (admins): each opens its own screen or form.
    OPERATORS = "operators"
    OPERATOR = "operator"
    ROLES = "roles"
    ROLE = "role"
    GROUPS = "groups"
    GROUP_SETTINGS = "group_settings"
    CHANNELS = "channels"
    CHANNEL = "channel"
    TEMPLATES = "templates"
    TEMPLATE = "template"
    TAGS = "tags"
    TAGGED = "tagged"
    JOURNAL = "journal"
    STATS = "stats"
    LIMITS = "limits"
    LINK = "link"
    QUIET = "quiet"
    ERASE = "erase"
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
    ``example`` the word with what may stand behind it, as somebody would type it after the prefix
    ``menu``    statuses in which the menu behind *More* offers it
    ``team``    it is about no single conversation: a word of ``/desk`` and of the private chat
    ``switch``  the name of the ``Policy`` that must be on; otherwise it is nowhere to be seen (R90)
    ``needs``   the right its door needs; asked again by the command itself. The help text leaves out what one may not do
    """

    verb: Verb
    label: str
    help: str
    statuses: frozenset[Status] = frozenset()
    typed: bool = True
    style: str = ""
    menu: frozenset[Status] = frozenset()
    team: bool = False
    needs: str = ""
    switch: str = ""
    example: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", in_table(self.label))
        object.__setattr__(self, "help", in_table(self.help))

    def told(self, prefix: str = "") -> str:
        """What it is for, with an example of how to type it where there is one."""
        return Phrase("{what}, e.g. {words}", what=self.help, words=f"{prefix}{self.example}") if self.example else self.help


ANY = frozenset(Status)
INBOX = frozenset({Status.INBOX})
TABLE: tuple[Action, ...] = (
    Action(
        Verb.START, "Start conversation", "take this conversation", frozenset({Status.UNASSIGNED, Status.CLOSED}), style="primary"
    ),
    Action(Verb.CLOSE, "Close", "close it", frozenset({Status.UNASSIGNED, Status.INBOX}), style="danger"),
    Action(Verb.UNASSIGN, "To Unassigned", "return it to Unassigned", frozenset({Status.INBOX, Status.CLOSED})),
    Action(Verb.MORE, "More…", "show everything that can be done with it", ANY),
    Action(Verb.CANNED, "Canned", "send a canned response", menu=INBOX, example="canned greet"),
    Action(Verb.APPROVED, "Send a template…", "send a template that WhatsApp has approved", typed=False, menu=INBOX),
    Action(Verb.ASSIGN, "Assign to…", "give it to a colleague", menu=ANY, example="assign Olga"),
    Action(Verb.GROUP, "Move to group…", "move it to another group", menu=ANY, example="group Sales"),
    Action(Verb.PROFILE, "Client", "show the client: names, notes, tags, past conversations", menu=ANY),
    Action(Verb.RENAME, "Rename client", "give the client another name", menu=ANY, example="rename Ann Lee"),
    Action(Verb.CLIENT_NOTE, "Note on client", "keep a note on the client", menu=ANY, example="remember prefers mornings"),
    Action(Verb.PIN, "Fix", "pin the client to the operator who has the conversation", menu=ANY),
    Action(Verb.DETACH, "Detach", "end the pin", menu=frozenset()),
    Action(Verb.TAG, "Tag messages…", "tag the message it replies to, or the client's newest", menu=ANY, example="tag refund"),
    Action(Verb.EMAIL, "Send to Email…", "send the correspondence by e-mail", menu=ANY),
    Action(Verb.TAKE_OVER, "Take over", "take it from the operator who has it"),
    Action(Verb.HISTORY, "History", "show what happened to it, and who did it", menu=ANY),
    Action(Verb.BLACKLIST, "Send to the black list", "hear no more of this client", menu=ANY, style="danger"),
    Action(Verb.NOTE, "Note", "write a note that the client never sees", example="note call back"),
    Action(Verb.DELETE, "Delete", "take back a message of yours, as a reply to it", example="delete"),
    Action(Verb.HELP, "Help", "show these words"),
    Action(Verb.SEND_TAKING, "Start and send", "take the conversation and send the held text", typed=False, style="primary"),
    Action(Verb.SEND_ONCE, "Send once", "send the held text, the conversation stays where it is", typed=False),
    Action(Verb.KEEP_NOTE, "Keep as note", "keep the held text as a note", typed=False),
    Action(Verb.RETRY, "Retry", "try to deliver it again", typed=False),
    Action(Verb.CANCEL_SEND, "Cancel", "take back a reply that has not gone yet", typed=False),
    Action(Verb.UNLOCK, "Unlock conversation", "hear of this client again", typed=False),
    Action(Verb.PREVIEW, "Preview", "read a conversation before taking it", typed=False),
    Action(Verb.MARK_READ, "Mark as read", "take the mark of unseen messages away", typed=False),
    Action(Verb.TAB, "Conversations", "list conversations", team=True, example="tab inbox"),
    Action(Verb.FILTER, "Filter…", "show only some of the list", typed=False, team=True),
    Action(Verb.OUTGOING, "Outgoing message", "write to a client first, on WhatsApp", team=True, switch="outgoing"),
    Action(Verb.SEARCH, "Search", "find clients and messages", team=True, example="search refund"),
    Action(Verb.TEMPLATES, "Canned responses", "see and change canned responses", team=True),
    Action(Verb.TEMPLATE, "Canned response", "change one canned response", typed=False, team=True),
    Action(Verb.TAGS, "Tags", "see how often which tag was used", team=True),
    Action(Verb.TAGGED, "Tagged messages", "see the messages behind a count", typed=False, team=True),
    Action(Verb.LINK, "Link accounts", "make your Slack and your Telegram one operator", team=True),
    Action(Verb.QUIET, "Quiet hours", "set when you want no notices", team=True),
    Action(
        Verb.OPERATORS, "Operators", "see and change operators", team=True, needs="super_admin", example="operator Olga role=lead"
    ),
    Action(Verb.OPERATOR, "Operator", "add or change an operator", typed=False, team=True, needs="super_admin"),
    Action(Verb.ROLES, "Roles", "see and change roles", team=True, needs="super_admin", example="role lead permissions=tab_all"),
    Action(Verb.ROLE, "Role", "change a role", typed=False, team=True, needs="super_admin"),
    Action(Verb.GROUPS, "Groups", "see and change groups", team=True, needs="super_admin", example="group Sales reminder=15m"),
    Action(Verb.GROUP_SETTINGS, "Group", "change a group", typed=False, team=True, needs="super_admin"),
    Action(
        Verb.CHANNELS,
        "Channels",
        "see and change whose clients they are",
        example="channel site group=Sales",
        team=True,
        needs="super_admin",
    ),
    Action(Verb.CHANNEL, "Channel", "change a channel's group", typed=False, team=True, needs="super_admin"),
    Action(Verb.JOURNAL, "Journal", "see who did what", team=True, needs="super_admin", example="journal Olga"),
    Action(Verb.STATS, "Statistics", "see how much there is to do", team=True, needs="super_admin"),
    Action(Verb.LIMITS, "Limits", "see which platform makes us wait, and why", team=True, needs="super_admin"),
    Action(Verb.ERASE, "Erase a client", "erase a client and all that was said", team=True, needs="super_admin"),
)
BY_VERB: dict[Verb, Action] = {action.verb: action for action in TABLE}
BY_WORD: dict[str, Action] = {action.verb.value: action for action in TABLE if action.typed}
SINGULAR: dict[str, Action] = {
    word: BY_VERB[verb]
    for word, verb in {
        "operator": Verb.OPERATORS,
        "role": Verb.ROLES,
        "group": Verb.GROUPS,
        "channel": Verb.CHANNELS,
        "limit": Verb.LIMITS,
        "stat": Verb.STATS,
    }.items()
}
"""Words said to the bot itself that mean the same in the singular; ``group`` is another verb in a thread."""


def offered(conversation: Conversation) -> tuple[Action, ...]:
    """The actions a card shows in the conversation's present state, in the table's order."""
    if conversation.blacklisted:
        return (BY_VERB[Verb.MORE],)
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


def help_text(
    prefix: str,
    *,
    team: bool = False,
    may: Callable[[str], bool] = lambda right: True,
    on: Callable[[str], bool] = lambda switch: False,
) -> str:
    """The words an operator can type, one a line.

    ``prefix``  ``!`` in a Slack thread, ``/`` in Telegram, ``/desk `` as a slash command
    ``team``    the words that are about no single conversation instead of those of a thread
    ``may``     whether the person carries a right; what he may not do is left out
    ``on``      whether a switch is on; what is off is left out too
    """
    shown = (action for action in TABLE if action.typed and action.team is team and _shows(action, may, on))
    return joined("\n", [joined(" — ", [f"{prefix}{action.verb.value}", action.told(prefix)]) for action in shown])


def _shows(action: Action, may: Callable[[str], bool], on: Callable[[str], bool]) -> bool:
    return (not action.needs or may(action.needs)) and (not action.switch or on(action.switch))
