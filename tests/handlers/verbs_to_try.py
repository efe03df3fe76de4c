"""Small verbs of a test's own, entered where the real ones are: one of each kind a surface must show."""

from __future__ import annotations

import pytest

from bot.commands import lookup, menu
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.menu import token_of
from bot.commands.perform import Context, Desk
from bot.commands.verbs import ON_CONVERSATION, ON_DESK
from bot.domain.actions import Button, Verb
from bot.domain.errors import Refusal
from bot.domain.screen import ChoiceField, Form, Jump, Option, Row, Screen, TextField
from bot.store import conversations, mirrors
from bot.store.uow import Tx

COLOURS = ("red", "green", "blue")


class TooShort(Refusal):
    """“{name}” is too short for a name."""

    field = "name"


class Unseen(Refusal):
    """There is no such field."""

    field = "elsewhere"


class NoMore(Refusal):
    """Nobody can do that any more."""


def form(verb: Verb, token: str, title: str, *fields: TextField | ChoiceField, **more: str) -> Answer:
    return Answer(form=Form(verb=verb, token=token, title=title, fields=fields, **more))


def rename(tx: Tx, context: Context, asked: Asked) -> Answer:
    """A form of text fields, with errors beside a field, at no field, and at one the form does not have."""
    if asked.values is None and not asked.words:
        fields = (
            TextField(name="name", label="New name", value="Ann", longest=40),
            TextField(name="why", label="Why", many_lines=True, optional=True, hint="Only the team reads it."),
        )
        return form(Verb.RENAME, token_of(context.conversation), "Rename client", *fields, intro="Ann has a name.")
    name = asked.words or asked.value("name")
    if name == "gone":
        raise NoMore
    if name == "odd":
        raise Unseen
    if name == "bug":
        raise ZeroDivisionError
    if len(name) < 3:
        raise TooShort(name=name)
    context.journal(tx, "tried", name=name, why=asked.value("why"))
    return Answer(f"The client is {name} now.")


def group(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Choices of every kind."""
    if asked.values is None:
        colours = tuple(Option(colour, colour.title()) for colour in COLOURS)
        many = tuple(Option(str(number), f"Number {number}") for number in range(12))
        fields = (
            ChoiceField(name="one", label="One", options=colours, chosen=("green",)),
            ChoiceField(name="few", label="Few", options=colours, many=True, optional=True),
            ChoiceField(name="many", label="Many", options=many, many=True, optional=True),
            ChoiceField(name="found", label="Found", lookup="colours", optional=True),
            ChoiceField(name="none", label="None", optional=True),
        )
        return form(Verb.GROUP, token_of(context.conversation), "Choose", *fields)
    chosen = {name: ",".join(asked.chosen(name)) for name in ("one", "few", "many", "found")}
    return Answer(" ".join(f"{name}={values}" for name, values in chosen.items()))


def profile(tx: Tx, context: Context, asked: Asked) -> Answer:
    """A list about a conversation, with links and a button in each row."""
    jumps = tuple(Jump(one.platform, one.chat, one.thread) for one in mirrors.of_conversation(tx, context.conversation.id))
    name = conversations.client_name(tx, context.conversation.client_id)
    row = Row(title=name, detail="*bold* <!channel>", jumps=jumps, buttons=(Button(Verb.RENAME, "Rename", token(context)),))
    alone = Row(title="alone", buttons=(Button(Verb.CLIENT_NOTE, "Remember", token(context)),))
    return Answer(screen=Screen(title="The client", rows=(row, alone), buttons=(Button(Verb.PROFILE, "Again", token(context)),)))


def token(context: Context) -> str:
    return token_of(context.conversation)


def remember(tx: Tx, context: Context, asked: Asked) -> Answer:
    """A form that leads to another one."""
    if asked.values is None:
        one = TextField(name="body", label="Note")
        return form(Verb.CLIENT_NOTE, token(context), "First", one, submit="Next")
    if not asked.token:
        two = TextField(name="body", label="Again")
        return form(Verb.CLIENT_NOTE, token_of(context.conversation, "two"), "Second", two)
    return Answer(screen=Screen(title="Notes", intro=f"Kept: {asked.value('body')}"))


def tag(tx: Tx, context: Context, asked: Asked) -> Answer:
    """About the messages it was asked for."""
    return Answer(f"Tagged {len(asked.about)} with {asked.words or 'nothing'}." if asked.about else "Nothing to tag.")


def tab(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """The tabs: the token is the list and the page."""
    name, _, page = (asked.token or asked.words or "unassigned").partition("_")
    tabs = tuple(Button(Verb.TAB, one.title(), one, "primary" if one == name else "") for one in ("unassigned", "inbox"))
    found = tx.execute(conversations.select(conversations.conversation.c.id)).scalars().all()
    rows = []
    for number in found:
        talk = conversations.load(tx.execute(conversations.select(*conversations.CONVERSATION_COLUMNS)).first())
        buttons = (
            Button(Verb.START, "Take", f"{number}.{talk.version}"),
            Button(Verb.RENAME, "Rename", f"{number}.{talk.version}"),
        )
        rows.append(Row(title=f"{name} {number} page {page or 1}: {talk.status.value}", buttons=buttons))
    below = (Button(Verb.TAB, "Next", f"{name}_2"), Button(Verb.FILTER, "Filter…", name), Button(Verb.QUIET, "Quiet", ""))
    return Answer(screen=Screen(title="Conversations", tabs=tabs, rows=tuple(rows), empty="Nothing here.", buttons=below))


def filtered(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """A form whose answer is the list."""
    if asked.values is None:
        return form(Verb.FILTER, asked.token, "Filter", TextField(name="what", label="What"), submit="Show")
    return tab(tx, desk, Asked(token=asked.value("what")))


def quiet(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Words, a form, or a bug, by what is asked."""
    if asked.words == "form":
        return form(Verb.QUIET, "x", "Quiet hours", TextField(name="hours", label="Hours"))
    if asked.words == "bug":
        raise ZeroDivisionError
    if "undrawn" in (asked.words, asked.value("hours")):
        return Answer(screen=Screen(title="x", rows=(None,)))  # type: ignore[arg-type]  # what no code of ours should do
    if asked.values is not None:
        return Answer(f"Quiet {asked.value('hours')}.")
    return Answer(f"“{asked.words}” <!channel> *bold*")


def colours(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    """What a search field finds."""
    if typed == "bug":
        raise ZeroDivisionError
    return [Option(colour, colour.title()) for colour in COLOURS if colour.startswith(typed.lower())]


@pytest.fixture(autouse=True)
def verbs_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter them for one test."""
    of_conversation = {Verb.RENAME: rename, Verb.GROUP: group, Verb.PROFILE: profile, Verb.CLIENT_NOTE: remember, Verb.TAG: tag}
    for verb, function in of_conversation.items():
        monkeypatch.setitem(ON_CONVERSATION, verb, function)
        monkeypatch.delitem(menu.RELABELLED, verb, raising=False)
    for verb, of_desk in {Verb.TAB: tab, Verb.FILTER: filtered, Verb.QUIET: quiet}.items():
        monkeypatch.setitem(ON_DESK, verb, of_desk)
    monkeypatch.setitem(lookup.LOOKUPS, "colours", colours)
