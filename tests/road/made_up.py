"""Verbs made up for tests of the surfaces: a long form about a conversation, a list and a form about the team."""

from __future__ import annotations

from typing import Any

import pytest

from bot.commands import lookup, verbs
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.menu import token_of
from bot.commands.perform import Context, Desk
from bot.domain.actions import Button, Verb
from bot.domain.errors import Refusal
from bot.domain.screen import ChoiceField, Form, Jump, Option, Row, Screen, TextField
from bot.store.uow import Tx

COLOURS = tuple(Option(f"c{number}", f"Colour {number}") for number in range(11))
FRUIT = ("Apple", "Apricot", "Banana", "Cherry", "Date", "Elder", "Fig", "Grape", "Hazel", "Imbe")
SHORT = "The name"


class BadName(Refusal):
    """“{name}” can't be a name."""

    field = "name"


class MadeUp:
    """What was handed in, form by form."""

    def __init__(self) -> None:
        self.got: list[dict[str, tuple[str, ...]]] = []
        self.rows = 3

    def rename(self, tx: Tx, context: Context, asked: Asked) -> Answer:
        if asked.values is None:
            return Answer(form=long_form(token_of(context.conversation, "x")))
        if asked.value("name").startswith("bad"):
            raise BadName(name=asked.value("name"))
        self.got.append(dict(asked.values))
        return Answer(f"Saved as {asked.value('name')}.")

    def remember(self, tx: Tx, context: Context, asked: Asked) -> Answer:
        """A form of one field."""
        if asked.values is None:
            field = TextField(name="note", label="What to remember", many_lines=True, longest=20)
            return Answer(
                form=Form(verb=Verb.CLIENT_NOTE, token=token_of(context.conversation), title="Remember", fields=(field,))
            )
        self.got.append(dict(asked.values))
        return Answer("Kept.")

    def blacklist(self, tx: Tx, context: Context, asked: Asked) -> Answer:
        """A form that is only to be confirmed."""
        if asked.values is None:
            token = token_of(context.conversation)
            form = Form(verb=Verb.BLACKLIST, token=token, title="Black list", fields=(), intro="Sure?", submit="Do it")
            return Answer(form=form)
        self.got.append(dict(asked.values))
        return Answer("Done.")

    def tag(self, tx: Tx, context: Context, asked: Asked) -> Answer:
        self.got.append({"words": (asked.words,), "about": asked.about})
        return Answer("Tagged.")

    def groups(self, tx: Tx, desk: Desk, asked: Asked) -> Answer:
        which = asked.token or asked.words or "one"
        tabs = tuple(Button(Verb.TEMPLATES, name.title(), name, "primary" if name == which else "") for name in ("one", "two"))
        rows = tuple(
            Row(
                title=f"{which} row {number}",
                detail=f"detail *of* <b>{number}</b>",
                jumps=(Jump("telegram", "-1001234", str(number)),),
                buttons=(Button(Verb.TEMPLATE, "Change", str(number)),),
            )
            for number in range(self.rows)
        )
        more = (Button(Verb.TEMPLATES, "Next", f"{which}-2"),)
        return Answer(
            screen=Screen(title="Groups", intro=f"This is {which}.", tabs=tabs, rows=rows, empty="Nothing.", buttons=more)
        )

    def group_settings(self, tx: Tx, desk: Desk, asked: Asked) -> Answer:
        if asked.values is None:
            fields = (
                TextField(name="name", label=SHORT, value="Old name"),
                ChoiceField(name="colour", label="Its colour", options=COLOURS[:3], chosen=("c1",)),
            )
            return Answer(form=Form(verb=Verb.TEMPLATE, token=asked.token, title="Group", fields=fields))
        if asked.value("name").startswith("bad"):
            raise BadName(name=asked.value("name"))
        self.got.append(dict(asked.values))
        return Answer(f"Group {asked.token} is now {asked.value('name')}.")


def long_form(token: str) -> Form:
    fields = (
        TextField(name="name", label="New name", longest=40),
        ChoiceField(name="colour", label="Colour", options=COLOURS),
        ChoiceField(name="fruit", label="Fruit", many=True, lookup="fruit"),
        TextField(name="why", label="Reason", optional=True, many_lines=True),
    )
    return Form(verb=Verb.RENAME, token=token, title="Rename client", fields=fields, intro="So that all know.")


def fruit(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    return [Option(f"f{name}", name) for name in FRUIT if name.casefold().startswith(typed.casefold())]


def greetings(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    known = {"Greeting": "Hello, how can I help?", "Closing": "Bye *now*"}
    found = [(title, text) for title, text in known.items() if title.casefold().startswith(typed.casefold())]
    return [Option(str(number), title, text) for number, (title, text) in enumerate(found)]


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> MadeUp:
    """The made-up verbs stand in for those of the product, for this test."""
    made = MadeUp()
    on: dict[Verb, Any] = {Verb.RENAME: made.rename, Verb.CLIENT_NOTE: made.remember, Verb.BLACKLIST: made.blacklist}
    on[Verb.TAG] = made.tag
    for verb, function in on.items():
        monkeypatch.setitem(verbs.ON_CONVERSATION, verb, function)
    monkeypatch.setitem(verbs.ON_DESK, Verb.TEMPLATES, made.groups)
    monkeypatch.setitem(verbs.ON_DESK, Verb.TEMPLATE, made.group_settings)
    monkeypatch.setitem(lookup.LOOKUPS, "fruit", fruit)
    monkeypatch.setitem(lookup.LOOKUPS, "canned", greetings)
    return made
