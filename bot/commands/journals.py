"""The journal: of a conversation, of a person, of a time (R29). Page by page, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.commands import journal_words
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.lookup import LOOKUPS
from bot.commands.menu import RELABELLED, token_of
from bot.commands.perform import Context, Desk
from bot.domain.actions import Action, Button, Verb, row_of
from bot.domain.errors import BadSince, StaleCard, UnknownPerson
from bot.domain.ids import Moment, OperatorId
from bot.domain.names import begins, named
from bot.domain.phrase import Phrase, joined
from bot.domain.privacy import masked
from bot.domain.screen import ChoiceField, Form, Option, Row, Screen
from bot.domain.since import since
from bot.domain.times import clock_words
from bot.store import conversations, journal, team
from bot.store.journal import Entry
from bot.store.uow import Tx

PAGE = 12
PAGES = "page"
FILTER = "filter"
EVERYBODY, ALL = "0", "0"
TIMES = (
    ("today", Phrase("Today")),
    ("24h", Phrase("The last 24 hours")),
    ("7d", Phrase("The last 7 days")),
    ("30d", Phrase("The last 30 days")),
)
LOOKUP = "journal_people"


@dataclass(frozen=True, slots=True)
class View:
    """One operator's deeds (0 = everybody's), since a time (0 = ever), those before a fact (0 = the newest)."""

    operator: int = 0
    since: int = 0
    before: int = 0

    @property
    def token(self) -> str:
        """As a button carries it."""
        return f"{self.operator}.{self.since}.{self.before}"


def team_journal(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Who did what, when and from where: ``journal``, ``journal Olga``, ``journal Olga 3d``."""
    if asked.values is not None:
        view = _filled(tx, asked)
    elif asked.token.startswith(FILTER):
        return Answer(form=_filter_form(tx, _view(asked.token.removeprefix(f"{FILTER}."))))
    elif asked.token:
        view = _view(asked.token)
    else:
        view = _typed(tx, asked.words)
    return Answer(screen=_screen(tx, view))


def _view(token: str) -> View:
    numbers = [row_of(part) for part in token.split(".")]
    if len(numbers) != 3 or None in numbers:
        raise StaleCard
    return View(*(number or 0 for number in numbers))


def _typed(tx: Tx, words: str) -> View:
    """A name, a time, or both; the time is the last word."""
    name, _, last = words.strip().rpartition(" ")
    when = since(last, tx.now) if last else None
    if when is None:
        name, when = words.strip(), Moment(0)
    if not name:
        return View(since=when)
    found = named([(one, (one.name, one.email)) for one in journal.people(tx)], name)
    if len(found) != 1:
        raise UnknownPerson(name=name)
    return View(operator=found[0].id, since=when)


def _filled(tx: Tx, asked: Asked) -> View:
    words = asked.value("since")
    when = Moment(0) if words in ("", ALL) else since(words, tx.now)
    if when is None:
        raise BadSince(words=words)
    return View(operator=row_of(asked.value("person")) or 0, since=when)


def _filter_form(tx: Tx, view: View) -> Form:
    times = (Option(ALL, Phrase("Ever")), *(Option(word, label) for word, label in TIMES))
    fields = (
        ChoiceField(
            name="person",
            label=Phrase("Who"),
            options=(Option(EVERYBODY, Phrase("Everybody")), *_people(tx, ""))[:100],
            chosen=(str(view.operator),),
            lookup=LOOKUP,
        ),
        ChoiceField(name="since", label=Phrase("Since"), options=times, chosen=(ALL,)),
    )
    token = f"{FILTER}.{view.token}"
    return Form(verb=Verb.JOURNAL, token=token, title=Phrase("Filter the journal"), fields=fields, submit=Phrase("Show"))


def _people(tx: Tx, typed: str) -> list[Option]:
    known = [one for one in journal.people(tx) if not typed or begins(one.name, typed) or begins(one.email, typed)]
    return [Option(str(one.id), one.name) for one in known]


def offered(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    """The people of the filter's search field."""
    return [*([] if typed else [Option(EVERYBODY, Phrase("Everybody"))]), *_people(tx, typed)]


def _screen(tx: Tx, view: View) -> Screen:
    person = OperatorId(view.operator) if view.operator else None
    moment = Moment(view.since) if view.since else None
    found = journal.page(tx, limit=PAGE + 1, before=view.before, operator_id=person, since=moment)
    shown = found[:PAGE]
    places = journal.places(tx, {one.conversation_id for one in shown if one.conversation_id is not None})
    rows = []
    for entry in shown:
        client, jumps = places.get(entry.conversation_id or 0, ("", ()))
        rows.append(replace(_row(entry, client), jumps=jumps))
    whose = team.name_of(tx, person) if person else Phrase("Everybody")
    buttons = [
        *_pages(found, view.before, lambda before: Button(Verb.JOURNAL, "", replace(view, before=before).token)),
        Button(Verb.JOURNAL, Phrase("Filter…"), f"{FILTER}.{replace(view, before=0).token}"),
    ]
    intro = Phrase("{whose}, newest first", whose=whose)
    if moment:
        intro = Phrase("{whose}, since {time}", whose=whose, time=clock_words(moment))
    empty = Phrase("Nothing was done.")
    return Screen(title=Phrase("Journal"), intro=intro, rows=tuple(rows), empty=empty, buttons=tuple(buttons))


def _pages(found: Sequence[Entry], before: int, button: Callable[[int], Button]) -> list[Button]:
    pages = [replace(button(0), label=Phrase("Newest"))] if before else []
    if len(found) > PAGE:
        pages.append(replace(button(found[PAGE - 1].id), label=Phrase("Older")))
    return pages


def _row(entry: Entry, client: str = "") -> Row:
    parts = [clock_words(entry.at), journal_words.way(entry.way), masked(client), journal_words.details(entry.details)]
    title = joined(": ", [journal_words.who(entry.who, entry.way), journal_words.deed(entry.what)])
    return Row(title=title, detail=joined(" · ", filter(None, parts)))


def of_conversation(tx: Tx, context: Context, asked: Asked) -> Answer:
    """What happened to one conversation, as a screen; the token is ``page`` and the fact to begin before."""
    conversation = context.conversation
    before = row_of(asked.token.removeprefix(PAGES).removeprefix(".")) or 0
    found = journal.page(tx, limit=PAGE + 1, before=before, conversation_id=conversation.id)
    buttons = _pages(found, before, lambda number: Button(Verb.HISTORY, "", token_of(conversation, PAGES, number)))
    title = conversations.client_name(tx, conversation.client_id)
    return Answer(
        screen=Screen(
            title=title,
            intro=Phrase("What happened to the conversation, newest first"),
            rows=tuple(_row(entry) for entry in found[:PAGE]),
            empty=Phrase("Nothing has happened here yet."),
            buttons=tuple(buttons),
        )
    )


def _in_menu(tx: Tx, context: Context, action: Action) -> Button:
    """From the menu it opens as a screen; typed in a thread it is told there."""
    return Button(Verb.HISTORY, action.label, token_of(context.conversation, PAGES))


RELABELLED[Verb.HISTORY] = _in_menu
LOOKUPS[LOOKUP] = offered
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.JOURNAL: team_journal}
