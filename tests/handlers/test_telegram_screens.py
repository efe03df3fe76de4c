"""Screens and questions as Telegram messages: what fits, what is cut, and that nobody's words can format."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.asking import PAGE, Key, Question
from bot.domain.actions import Button, Verb
from bot.domain.screen import ChoiceField, Form, Jump, Option, Row, Screen, TextField
from bot.domain.text import utf16_len
from bot.handlers.desks.telegram import forms, inline, screens
from sandbox.telegram import formatting, keyboards

OPEN = Button(Verb.PREVIEW, "Preview", "1.1")


def taken(drawn: dict[str, Any]) -> list[list[str]]:
    """Let Telegram take it; the labels line by line."""
    formatting.message_text(drawn)
    inline_keys, _ = keyboards.read(drawn["reply_markup"], True)
    return [[key["text"] for key in line] for line in (inline_keys or {"inline_keyboard": []})["inline_keyboard"]]


@given(
    st.lists(st.tuples(st.text(max_size=400), st.text(max_size=3000)), max_size=12), st.text(max_size=300), st.text(max_size=5000)
)
def test_F51_whatever_people_wrote_a_screen_fits_and_every_row_is_there(
    entries: list[tuple[str, str]], title: str, intro: str
) -> None:
    jumps = (Jump("telegram", "-1001", "2"), Jump("slack", "C1", "1.2"))
    rows = tuple(Row(title=one, detail=two, jumps=jumps, buttons=(OPEN,)) for one, two in entries)
    drawn = screens.draw(Screen(title=title, intro=intro, rows=rows, empty="none", buttons=(OPEN,)))
    assert utf16_len(drawn["text"]) <= 4096
    kinds = {entity["type"] for entity in drawn["entities"]} if "entities" in drawn else set()
    assert kinds <= {"bold", "italic", "text_link"}
    if len(rows) > 1:
        assert all(f"\n\n{number}. " in drawn["text"] for number in range(1, len(rows) + 1))
        assert drawn["text"].count("→ Telegram") >= len(rows)
    assert sum(map(len, drawn["reply_markup"]["inline_keyboard"])) == len(rows) + 1


def test_buttons_stand_under_their_numbers_and_the_tab_shown_is_marked() -> None:
    tabs = tuple(
        Button(Verb.TAB, name, name, "primary" if name == "Inbox" else "") for name in ("Unassigned", "Inbox", "Closed", "All")
    )
    rows = (
        Row(title="Ann", buttons=(OPEN, Button(Verb.START, "Start", "1.1", "primary"))),
        Row(title="no buttons"),
        Row(title="Bo", buttons=(OPEN,)),
    )
    drawn = screens.draw(Screen(title="Lists", tabs=tabs, rows=rows, buttons=(Button(Verb.TAB, "Next", "2"),)))
    assert taken(drawn) == [["Unassigned", "• Inbox", "Closed"], ["All"], ["1. Preview", "1. Start"], ["3. Preview"], ["Next"]]
    assert "3. Bo" in drawn["text"]
    alone = screens.draw(Screen(title="One", rows=rows[:1]))
    assert taken(alone) == [["Preview", "Start"]]
    assert screens.is_screen({**drawn, "message_id": 1})


def test_more_buttons_than_telegram_takes_are_left_out_the_ways_on_are_not() -> None:
    rows = tuple(Row(title=f"{number}", buttons=(OPEN, OPEN, OPEN)) for number in range(40))
    drawn = screens.draw(Screen(title="Many", rows=rows, buttons=(Button(Verb.TAB, "Next", "2"),)))
    labels = [label for line in taken(drawn) for label in line]
    assert len(labels) <= 100
    assert labels[-1] == "Next"


@pytest.mark.parametrize("private", [True, False])
@given(
    label=st.text(min_size=1, max_size=400), value=st.text(max_size=4000), hint=st.text(max_size=800), error=st.text(max_size=800)
)
def test_F51_a_question_fits_whatever_it_shows(private: bool, label: str, value: str, hint: str, error: str) -> None:
    field = TextField(name="a", label=label, value=value, hint=hint, optional=True)
    form = Form(verb=Verb.RENAME, token="1.1", title="Title", fields=(field,), intro=hint)
    question = Question(form=form, field=field, number=1, count=2, turn=1, error=error)
    drawn = forms.draw(question, private=private)
    assert utf16_len(drawn["text"]) <= 4096
    assert taken(drawn)[-1][-1] == "Cancel"
    asked = forms.prompt(question, {"id": 7, "first_name": value})
    assert asked["text"].startswith(forms.SIGN)
    assert utf16_len(asked["text"]) <= 4096
    keyboards.read(asked["reply_markup"], False)


@given(
    st.lists(st.text(min_size=1, max_size=30).filter(lambda value: len(value.encode("utf-8", "replace")) <= 60), max_size=PAGE)
)
def test_choices_come_back_as_they_were_within_64_bytes(values: list[str]) -> None:
    options = tuple(Option(value, value) for value in values)
    field = ChoiceField(name="a", label="Which", options=options, many=True)
    form = Form(verb=Verb.TAG, token="1.1", title="Tag", fields=(field,))
    question = Question(form=form, field=field, number=1, count=1, turn=1, options=options, page=1, pages=3)
    keys = [key for line in forms.draw(question, private=True)["reply_markup"]["inline_keyboard"] for key in line]
    assert all(len(key["callback_data"].encode("utf-8", "replace")) <= 64 for key in keys)
    picked = [forms.parse_key(key["callback_data"]) for key in keys]
    assert [value for kind, value in filter(None, picked) if kind is Key.PICK] == values


def test_a_verbs_button_is_no_key_and_a_key_no_verb() -> None:
    for data in ("close:1.1", "?", "?:", "?x:1", "pp:1", "", "?pp:1"):
        assert forms.parse_key(data) is None
    assert forms.parse_key("?p:a:b") == (Key.PICK, "a:b")


def test_inline_results_are_what_telegram_takes() -> None:
    options = tuple(Option(str(number), f"Title {number}", "x" * 5000) for number in range(3))
    arguments = inline.arguments({"id": "1"}, inline.Offer(options=options))
    assert [one["id"] for one in arguments["results"]] == ["0", "1", "2"]
    assert all(len(one["input_message_content"]["message_text"]) <= 4096 for one in arguments["results"])
