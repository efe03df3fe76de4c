"""Lists of conversations: which tabs there are for whom, what a tab shows, and how it is drawn (R10-R21, R87).

Pure, so that a command draws a list for whoever asks and delivery draws it again when it has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.actions import Button, Verb
from bot.domain.capabilities import CHANNELS
from bot.domain.card import marks_of, status_words
from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.ids import GroupId, Moment, OperatorId
from bot.domain.people import Operator
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import Jump, Row, Screen
from bot.domain.times import clock_words

PAGE = 10
"""Rows of a page."""
LAST_PAGE = 500
"""Nobody turns more pages than this; a filter or a search finds what lies further back."""
MANY = 100
"""Where a count stops being exact, except that of one's own inbox (R18)."""


class Tab(StrEnum):
    """A list; the value is the word for it."""

    UNASSIGNED = "unassigned"
    INBOX = "inbox"
    CLOSED = "closed"
    ALL = "all"
    BLACKLIST = "blacklist"


TITLES = {
    Tab.UNASSIGNED: Phrase("Unassigned"),
    Tab.INBOX: Phrase("My inbox"),
    Tab.CLOSED: Phrase("Closed"),
    Tab.ALL: Phrase("All"),
    Tab.BLACKLIST: Phrase("Blacklist"),
}
EMPTY = {
    Tab.UNASSIGNED: Phrase("No client is waiting."),
    Tab.INBOX: Phrase("You have no conversations now."),
    Tab.CLOSED: Phrase("You have closed no conversation."),
    Tab.ALL: Phrase("There are no conversations yet."),
    Tab.BLACKLIST: Phrase("Nobody is on the black list."),
}
BY_RIGHT = frozenset({Tab.ALL, Tab.BLACKLIST})
_LETTERS = {"u": Status.UNASSIGNED, "i": Status.INBOX, "c": Status.CLOSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What of which list is looked at. Filters that a tab does not have are left out by :meth:`narrowed` (R87).

    ``page`` counts from 1
    """

    tab: Tab
    page: int = 1
    group: GroupId | None = None
    status: Status | None = None
    operator: OperatorId | None = None

    @property
    def token(self) -> str:
        """What a button carries to come back here, e.g. ``all.2.g3.su.o5``; at most 40 bytes."""
        status = self.status.value[0] if self.status else ""
        return f"{self.tab.value}.{self.page}.g{self.group or ''}.s{status}.o{self.operator or ''}"

    @property
    def filtered(self) -> bool:
        """Whether only a part of the tab is shown."""
        return (self.group, self.status, self.operator) != (None, None, None)

    def narrowed(self) -> View:
        """Without the filters this tab does not have (R87)."""
        return replace(
            self,
            status=self.status if self.tab is Tab.ALL else None,
            operator=self.operator if self.tab in BY_RIGHT else None,
        )

    def at(self, page: int) -> View:
        """The same on another page."""
        return replace(self, page=page)


def parse_view(token: str) -> View | None:
    """The view a token names; None when it names none, as in a forged button."""
    tab, *rest = token.split(".")
    if tab not in set(Tab):
        return None
    page, group, status, operator = (*rest, "", "", "", "")[:4]
    number = _number(page)
    return View(
        tab=Tab(tab),
        page=min(max(number or 1, 1), LAST_PAGE),
        group=GroupId(found) if (found := _number(group[1:])) else None,
        status=_LETTERS.get(status[1:]),
        operator=OperatorId(found) if (found := _number(operator[1:])) else None,
    ).narrowed()


def _number(words: str) -> int | None:
    return int(words) if words.isascii() and words.isdecimal() and len(words) <= 12 else None


def sees_all(operator: Operator) -> bool:
    """Whether the tabs All and Blacklist are there for this operator (R5)."""
    return operator.has(Permission.TAB_ALL) or operator.has(Permission.CONVERSATIONS_MANAGEMENT)


def sight(operator: Operator) -> frozenset[GroupId] | None:
    """The groups whose conversations the operator sees, None for all (R2, R3)."""
    return None if operator.has(Permission.SUPER_ADMIN) or not operator.groups else operator.groups


def tabs_for(operator: Operator) -> tuple[Tab, ...]:
    """The tabs this operator has; the others are absent for him, not greyed (R5, R21)."""
    return tuple(tab for tab in Tab if tab not in BY_RIGHT or sees_all(operator))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many conversations a tab holds, ``number`` at most :data:`MANY` unless it is exact; ``unseen`` is its mark (R19)."""

    number: int
    exact: bool = False
    unseen: bool = False

    @property
    def words(self) -> str:
        """As it stands on the tab."""
        return str(self.number) if self.exact or self.number < MANY else f"{MANY - 1}+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One conversation of a list: its group's badge, the names of who is responsible or None, of whom it waits for or empty."""

    conversation: Conversation
    client: str
    channel_kind: str
    group: str
    responsible: str | None
    jumps: tuple[Jump, ...] = ()
    meant_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page. ``more`` whether older ones follow; ``filters`` names what the view is narrowed to."""

    view: View
    entries: Sequence[Entry]
    more: bool
    tallies: Mapping[Tab, Tally]
    filters: Sequence[str] = ()


def draw(operator: Operator, shown: Listing, *, outgoing: bool = False) -> Screen:
    """A tab's page for this operator. ``outgoing``: he may write to a client first (R90)."""
    view = shown.view
    page = Phrase("Page {number}", number=view.page) if view.page > 1 else ""
    only = Phrase("Only {what}", what=joined(", ", shown.filters)) if shown.filters else ""
    return Screen(
        title=TITLES[view.tab],
        intro=joined(" · ", [part for part in (only, page) if part]),
        tabs=tuple(_tab(tab, view, shown.tallies.get(tab)) for tab in tabs_for(operator)),
        rows=tuple(row(operator, entry, view) for entry in shown.entries),
        empty=_empty(view),
        buttons=_below(shown, outgoing=outgoing),
    )


def _empty(view: View) -> str:
    if view.page > 1:
        return Phrase("There is nothing on this page any more.")
    return Phrase("Nothing matches this filter.") if view.filtered else EMPTY[view.tab]


def _tab(tab: Tab, view: View, tally: Tally | None) -> Button:
    mark = "🆕 " if tally is not None and tally.unseen else ""
    count = f" ({tally.words})" if tally is not None else ""
    return Button(Verb.TAB, joined("", [mark, TITLES[tab], count]), View(tab=tab).token, "primary" if tab is view.tab else "")


def _below(shown: Listing, *, outgoing: bool) -> tuple[Button, ...]:
    view = shown.view
    found: list[Button] = []
    if view.page > 1:
        found.append(Button(Verb.TAB, Phrase("‹ Newer"), view.at(view.page - 1).token))
    if shown.more and view.page < LAST_PAGE:
        found.append(Button(Verb.TAB, Phrase("Older ›"), view.at(view.page + 1).token))
    found.append(Button(Verb.FILTER, Phrase("Filter…"), view.at(1).token))
    if view.filtered:
        found.append(Button(Verb.TAB, Phrase("Show everything"), View(tab=view.tab).token))
    found.append(Button(Verb.SEARCH, Phrase("Search…"), ASK))
    if outgoing:
        found.append(Button(Verb.OUTGOING, Phrase("Outgoing message"), ""))
    return tuple(found)


def row(operator: Operator, entry: Entry, view: View) -> Row:
    """A conversation in a list (R10-R17), with what can be done from here (R23, R24)."""
    return Row(title=headline(entry), detail=state_line(entry), jumps=entry.jumps, buttons=beside(operator, entry, view.token))


def found_row(entry: Entry, piece: str, buttons: tuple[Button, ...]) -> Row:
    """A conversation that a search found, with the piece that was said; empty when it was found by name."""
    detail = joined("\n", [state_line(entry), piece]) if piece else state_line(entry)
    return Row(title=headline(entry), detail=detail, jumps=entry.jumps, buttons=buttons)


def headline(entry: Entry) -> str:
    """Channel logo, client name and marks (R10-R12, R14)."""
    return f"{CHANNELS[entry.channel_kind].logo} {entry.client} {marks_of(entry.conversation)}".rstrip()


def state_line(entry: Entry) -> str:
    """Status, time, group and responsible operator (R13, R15-R17)."""
    conversation = entry.conversation
    parts = [status_words(conversation, entry.meant_for), clock_words(conversation.time), entry.group, entry.responsible or ""]
    return joined(" · ", [part for part in parts if part])


def beside(operator: Operator, entry: Entry, back: str) -> tuple[Button, ...]:
    """What can be done with a conversation of a list; ``back`` is the token of the list."""
    token = f"{entry.conversation.id}.{entry.conversation.version}"
    found = [Button(Verb.PREVIEW, Phrase("Preview"), f"{token}.{back}")]
    if entry.conversation.blacklisted:
        if back.startswith(Tab.BLACKLIST.value) and operator.has(Permission.CONVERSATIONS_MANAGEMENT):
            found.append(Button(Verb.UNLOCK, Phrase("Unlock conversation"), token))
    elif entry.conversation.status is not Status.INBOX:
        found.append(Button(Verb.START, Phrase("Start conversation"), f"{token}.{back}", "primary"))
    return tuple(found)


ASK = "ask"
"""The token of the button that asks what to search for."""
FOUND = "found"
"""How the token of a search's page begins: ``found.2.1a2b3c4d``."""


def parse_found(token: str) -> tuple[int, str] | None:
    """The page and the digest of the search such a token names."""
    kind, _, rest = token.partition(".")
    page, _, digest = rest.partition(".")
    number = _number(page)
    return (max(number, 1), digest) if kind == FOUND and number is not None else None


def back_to(token: str) -> Button:
    """The way back to the list a token names; without one to Unassigned."""
    if parse_found(token) is not None:
        return Button(Verb.SEARCH, Phrase("‹ Back"), token)
    return Button(Verb.TAB, Phrase("‹ Back"), (parse_view(token) or View(tab=Tab.UNASSIGNED)).token)


SAID = {Direction.NOTE: Phrase("📝 note"), Direction.HELD: Phrase("🔒 held, not sent")}


def said_row(author: str, at: Moment, direction: Direction, words: str, tags: str = "") -> Row:
    """One message of a preview (R23): who and when, what kind when the client has not got it, its tags, and the words."""
    parts = (author, clock_words(at), SAID.get(direction, ""), tags)
    return Row(title=joined(" · ", [part for part in parts if part]), detail=shortened(words, LONGEST))


LONGEST = 280
"""Characters a preview shows of one message; the thread has it whole."""


def shortened(words: str, longest: int) -> str:
    """Words no longer than that, on one line."""
    flat = " ".join(words.split())
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"
