"""Screens and forms as modals, Home tabs and messages: whatever people call things, Slack takes them and nothing pings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actions import BY_VERB, Button, Verb
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, FileField, Form, Jump, Option, Row, Screen, TextField
from bot.handlers.desks.slack import forms, screens
from bot.handlers.desks.slack.views import About, about_of, depth_of, words_modal
from bot.handlers.shared.jumps import address_of
from bot.languages import in_language
from sandbox.slack.blocks import elements_of, message_blocks
from sandbox.slack.views import checked_view
from tests.road.desks import view_seen
from tests.text_trees import nasty_texts

WORKSPACE = "https://acme.slack.com/"
ABOUT = About("client:7.1", "C1", "1700000000.000100")


def address(jump: Jump) -> str:
    return address_of(jump, WORKSPACE)


def button(label: str = "Open", verb: Verb = Verb.PROFILE) -> Button:
    return Button(verb, label, "7.1")


ROWS = st.builds(
    lambda title, detail, jumps, buttons: Row(title=title, detail=detail, jumps=jumps, buttons=buttons),
    nasty_texts,
    nasty_texts,
    st.sampled_from([(), (Jump("slack", "C1", "1.2"), Jump("telegram", "-1001", "5"))]),
    st.lists(st.builds(button, nasty_texts), max_size=3).map(tuple),
)
SCREENS = st.builds(
    lambda title, intro, rows, labels: Screen(
        title=title,
        intro=intro,
        rows=rows,
        tabs=tuple(button(label, Verb.TAB) for label in labels),
        empty="Nothing here.",
        buttons=tuple(button(label) for label in labels),
    ),
    nasty_texts,
    nasty_texts,
    st.lists(ROWS, max_size=12).map(tuple),
    st.lists(nasty_texts, max_size=3),
)


def every(node: Any, kind: str) -> list[Any]:
    """All objects of a type."""
    if isinstance(node, list):
        return [found for one in node for found in every(one, kind)]
    if isinstance(node, dict):
        return [node] * (node.get("type") == kind) + [found for value in node.values() for found in every(value, kind)]
    return []


class TestScreens:
    @given(SCREENS, nasty_texts)
    def test_F49_F50_slack_takes_every_screen_and_reads_no_markup_in_it(self, screen: Screen, words: str) -> None:
        modal = screens.as_modal(screen, ABOUT, address, words=words)
        home = screens.as_home(screen, address, words=words)
        checked_view(modal, kind="modal")
        checked_view(home, kind="home")
        message = screens.as_message(screen, Verb.TAB, address, words=words)
        shown = {"blocks": [], **message.arguments("chat.postEphemeral")}  # of a screen that is blank nothing but words is left
        message_blocks(shown["blocks"], lambda: "x")
        for view in (modal, home, shown):
            assert not every(view, "mrkdwn")
            ids = [element["action_id"] for block in view["blocks"] for element in elements_of(block)]
            assert len(ids) == len(set(ids))

    @pytest.mark.parametrize("buttons", [0, 1, 3])
    def test_rows_that_find_no_room_are_said(self, buttons: int) -> None:
        rows = tuple(Row(title=f"row {number}", detail="x", buttons=(button(),) * buttons) for number in range(200))
        screen = Screen(title="Many", rows=rows, tabs=(button(),), buttons=(button("Back"),))
        for view, most in (
            (screens.as_home(screen, address), 100),
            (screens.as_message(screen, Verb.TAB, address).arguments("chat.update"), 50),
        ):
            assert len(view["blocks"]) <= most
            words, labels = view_seen(view)
            shown = sum(word.startswith("row ") for word in words)
            assert words[-1] == f"… and {200 - shown} more that find no room here"
            assert labels[-1] == "Back"

    def test_one_button_stands_beside_its_row_and_links_below(self) -> None:
        row = Row(title="Ann", detail="waits", buttons=(button(),))
        (block,) = screens.as_home(Screen(title="", rows=(row,)), address)["blocks"]
        assert (block["type"], block["text"]["text"], block["accessory"]["value"]) == ("section", "Ann\nwaits", "client:7.1")
        linked = Row(title="Ann", jumps=(Jump("slack", "C1", "1700.000100"),), buttons=(button(),))
        drawn = screens.as_home(Screen(title="", rows=(linked,)), address)["blocks"]
        assert [block["type"] for block in drawn] == ["rich_text", "actions"]
        (link,) = every(drawn, "link")
        assert link["url"] == "https://acme.slack.com/archives/C1/p1700000100"

    def test_without_the_workspace_there_is_no_link_to_slack(self) -> None:
        assert address_of(Jump("slack", "C1", "1.2"), "") == ""
        assert address_of(Jump("slack", "C1", ""), WORKSPACE) == ""
        assert address_of(Jump("telegram", "-1001234", "5"), "") == "https://t.me/c/1234/5"
        assert address_of(Jump("telegram", "1234", "5"), "") == ""

    def test_a_screens_blocks_say_whose_they_are(self) -> None:
        (block,) = screens.as_message(Screen(title="x"), Verb.TAB, address).blocks
        assert screens.screen_at(block["block_id"]) == (Verb.TAB, "menu")
        assert screens.screen_at("123.0") is screens.screen_at("tab") is screens.screen_at("") is None


NAMES = st.sampled_from(["a", "b", "c"])
OPTIONS = st.lists(nasty_texts, max_size=30).map(lambda labels: tuple(Option(str(at), label) for at, label in enumerate(labels)))
FIELDS = st.one_of(
    st.builds(
        lambda label, value, hint, many: TextField(name="t", label=label, value=value, hint=hint, many_lines=many, longest=40),
        nasty_texts,
        nasty_texts,
        nasty_texts,
        st.booleans(),
    ),
    st.builds(
        lambda label, options, many, look: ChoiceField(
            name="c", label=label, options=options, chosen=("0", "3"), many=many, lookup="found" if look else ""
        ),
        nasty_texts,
        OPTIONS,
        st.booleans(),
        st.booleans(),
    ),
)


class TestForms:
    @given(st.lists(FIELDS, max_size=5), nasty_texts)
    def test_F49_F50_slack_takes_every_form(self, fields: list[Any], intro: str) -> None:
        named = tuple(
            type(one)(**{**{k: getattr(one, k) for k in one.__slots__}, "name": f"f{at}"}) for at, one in enumerate(fields)
        )
        form = Form(verb=Verb.GROUP, token="7.1", title="Move to another group", fields=named, intro=intro)
        view = forms.as_modal(form, ABOUT)
        checked_view(view, kind="modal")
        assert not every(view, "mrkdwn")
        assert len(json.dumps(about_of(view).metadata)) < 200

    def test_it_is_about_what_the_form_names_at_the_place_it_was_asked_in(self) -> None:
        form = Form(verb=Verb.GROUP, token="7.1.x", title="Move", fields=(TextField(name="a", label="A", value="x" * 5000),))
        view = forms.as_modal(form, ABOUT)
        assert about_of(view) == About("group:7.1.x", "C1", "1700000000.000100")
        (block,) = [block for block in view["blocks"] if block["type"] == "input"]
        assert len(block["element"]["initial_value"]) == 3000
        assert block["hint"]["text"] == "Only the first 3000 characters find room here."

    def test_values_by_the_names_of_fields(self) -> None:
        state = {
            "s:a": {"text": {"type": "plain_text_input", "value": "x"}},
            "s:b": {"pick": {"type": "static_select", "selected_option": {"value": "1"}}},
            "s:c": {"pick": {"type": "checkboxes", "selected_options": [{"value": "1"}, {"value": "2"}]}},
            "s:d": {"pick": {"type": "static_select", "selected_option": None}},
            "s:e": {"text": {"type": "plain_text_input", "value": None}},
        }
        found = forms.values_of({"state": {"values": state}})
        assert found == {"a": ("x",), "b": ("1",), "c": ("1", "2"), "d": (), "e": ()}


def test_how_deep_a_view_stands() -> None:
    assert depth_of({"id": "V1", "previous_view_id": None, "root_view_id": "V1"}) == 1
    assert depth_of({"id": "V2", "previous_view_id": "V1", "root_view_id": "V1"}) == 2
    assert depth_of({"id": "V3", "previous_view_id": "V2", "root_view_id": "V1"}) == 3


def test_words_alone_stand_under_what_was_asked() -> None:
    view = words_modal("Done.", ABOUT)
    assert view["title"]["text"] == "Client"
    checked_view(view, kind="modal")
    checked_view(words_modal("x", About("nonsense")), kind="modal")


LONG = "Переместить это обращение в другую группу, у которой сейчас есть свободные операторы, и сообщить им об этом"


def test_words_that_are_too_long_in_another_language_are_cut_not_refused() -> None:
    boxes = ChoiceField(name="a", label=LONG, options=(Option("1", LONG),), chosen=("1",), many=True)
    found = ChoiceField(name="b", label=LONG * 30, lookup="group", options=(Option("1", LONG),), chosen=("1",), hint=LONG * 30)
    one = ChoiceField(name="c", label=LONG, options=tuple(Option(str(at), LONG) for at in range(30)))
    form = Form(verb=Verb.GROUP, token="7.1", title=LONG, fields=(boxes, found, one), submit=LONG, intro=LONG)
    view = checked_view(forms.as_modal(form, ABOUT, language="ru"), kind="modal")
    assert [view[name]["text"] for name in ("title", "submit")] == ["Переместить это обращен…"] * 2
    labels = {option["text"]["text"] for field in view["blocks"][1:] for option in field["element"].get("options", ())}
    assert labels == {"Переместить это обращение в другую группу, у которой сейчас есть свободные…"}
    assert forms.options([Option("1", LONG)])[0]["text"]["text"] in labels
    screen = Screen(title=LONG * 2, tabs=(button(LONG, Verb.TAB),), rows=(Row(title=LONG * 30, buttons=(button(LONG),)),))
    shown = checked_view(screens.as_modal(screen, ABOUT, address, language="ru"), kind="modal")
    assert (shown["title"]["text"], len(every(shown, "header")[0]["text"]["text"])) == ("Переместить это обращен…", 150)
    assert {len(one["text"]["text"]) for one in every(shown, "button")} == {75}
    checked_view(screens.as_home(screen, address, language="ru"), kind="home")


def test_what_is_added_to_a_view_is_in_the_persons_language() -> None:
    def said(words: str, **values: object) -> str:
        return in_language(Phrase(words, **values), "ru")

    fields = (ChoiceField(name="a", label="Группа"), FileField(name="b", label="Файл", value="a.pdf", hint="Сюда."))
    view = forms.as_modal(Form(verb=Verb.GROUP, token="7", title="Перенос", fields=fields), ABOUT, language="ru")
    assert view["close"]["text"] == said("Cancel")
    (nothing,) = every(view["blocks"][0], "text")
    assert nothing["text"] == said("{field}: there is nothing to choose yet.", field="Группа")
    assert view["blocks"][1]["hint"]["text"] == f"Сюда. {said('There is {file} now; leave this empty to keep it.', file='a.pdf')}"
    rows = tuple(Row(title="x", jumps=(Jump("slack", "C1", "1.2"),)) for _ in range(101))
    home = screens.as_home(Screen(title="", rows=rows), address, language="ru")
    assert every(home, "link")[0]["text"] == said("Open in {platform}", platform="Slack")
    assert every(home["blocks"][-1], "text")[0]["text"] == said("… and {n} more that find no room here", n=2)
    words = words_modal("Готово.", About("close:7.1"), "ru")
    asked = in_language(BY_VERB[Verb.CLOSE].label, "ru").removesuffix("…")
    assert (words["title"]["text"], words["close"]["text"]) == (asked, said("Done"))
