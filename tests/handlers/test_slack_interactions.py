"""What wants an answer within three seconds, over HTTP and over Socket Mode: the answer is in the same response."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.conversation import Status
from bot.handlers.desks.slack.interactions import typed_words
from bot.handlers.desks.slack.updates import is_question, to_keep
from bot.store import journal
from tests.handlers.verbs_to_try import verbs_to_try
from tests.road.desks import view_seen
from tests.slack_house import House, opened

__all__ = ["verbs_to_try"]


@pytest.fixture(params=["http", "socket"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, http=request.param == "http") as house:
        yield house


@pytest.fixture
async def web_house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, http=True) as house:
        yield house


async def form(house: House, label: str) -> dict[str, Any]:
    """The form behind an entry of the menu behind *More…*, once it is there."""
    await house.slack.press(house.olga, "sales", house.root, "more")
    menu = await house.sandbox.until(lambda: house.slack.modal(house.olga))
    (action,) = [
        e["action_id"] for b in menu["blocks"] if b["type"] == "actions" for e in b["elements"] if e["text"]["text"] == label
    ]
    assert (await house.slack.press_modal(house.olga, action))["ok"]
    await house.sandbox.until(lambda: house.slack.modal(house.olga)["hash"] != menu["hash"])
    return house.slack.modal(house.olga)


def field(view: dict[str, Any], name: str) -> str:
    return next(b["block_id"] for b in view["blocks"] if b["type"] == "input" and b["block_id"].endswith(f":{name}"))


class TestTheSameResponse:
    async def test_a_form_is_refused_beside_its_field_and_then_done(self, house: House) -> None:
        view = await form(house, "Rename client")
        name = field(view, "name")
        assert await house.slack.submit(house.olga, {name: {"text": "x"}}) == {
            "ok": False,
            "errors": {name: "“x” is too short for a name."},
        }
        assert await house.slack.submit(house.olga, {name: {"text": "Ann Lee"}}) == {"ok": True, "action": "update"}
        assert view_seen(house.slack.modal(house.olga)) == (["Rename client", "The client is Ann Lee now."], [])
        (entry,) = await house.store.read(lambda tx: journal.latest(tx, "tried"))
        assert (entry.who, entry.way, entry.details["name"]) == ("Olga P", "slack:form", "Ann Lee")

    async def test_a_search_field_is_answered(self, house: House) -> None:
        await form(house, "Move to group…")
        found = await house.slack.options(house.olga, "look:colours:found", "b")
        assert [one["value"] for one in found] == ["blue"]

    async def test_slash_words_are_answered_with_words_a_list_or_a_form(self, house: House) -> None:
        assert view_seen((await house.slack.slash(house.olga, "sales", "/desk", "quiet x"))["response"])[0] == [
            "“x” <!channel> *bold*"
        ]
        listed = (await house.slack.slash(house.olga, "sales", "/desk", "tab"))["response"]
        assert view_seen(listed)[1] == ["Unassigned", "Inbox", "Take", "Rename", "Next", "Filter…", "Quiet"]
        assert (await house.slack.slash(house.olga, "sales", "/desk", "quiet form")) == {"ok": True, "response": None}
        assert house.slack.modal(house.olga)["title"]["text"] == "Quiet hours"

    async def test_a_shortcut_names_its_door(self, house: House) -> None:
        assert (await house.slack.shortcut(house.olga, "tag", "sales", house.root))["ok"]
        told = await house.sandbox.until(lambda: house.slack.ephemerals(house.olga))
        assert told[0]["blocks"][0]["elements"][0]["elements"][0]["text"] == "Tagged 1 with nothing."

    async def test_home_says_what_there_is(self, house: House) -> None:
        house.slack.open_home(house.olga)
        shown = await house.sandbox.until(lambda: house.slack.home(house.olga))
        assert view_seen(shown)[0][0] == "Conversations"


class TestTwice:
    async def test_a_form_sent_twice_is_done_once(self, web_house: House) -> None:
        """Slack says that it had trouble when an answer takes too long, and the person sends again."""
        view = await form(web_house, "Rename client")
        values = {field(view, "name"): {"text": {"type": "plain_text_input", "value": "Ann Lee"}}}
        payload = {
            "type": "view_submission",
            "trigger_id": "1",
            "user": {"id": web_house.olga},
            "view": {**view, "state": {"values": values}},
        }
        first = await web_house.ask(payload)
        second = await web_house.ask({**payload, "trigger_id": "2"})
        assert "The client is Ann Lee now." in json.dumps(first)
        assert "This was sent already." in json.dumps(second)
        assert len(await web_house.store.read(lambda tx: journal.latest(tx, "tried"))) == 1

    async def test_one_that_was_refused_or_broke_may_be_sent_again(self, web_house: House) -> None:
        view = await form(web_house, "Rename client")
        for name, told in (("x", "too short"), ("bug", "Something broke"), ("gone", "Nobody can")):
            values = {field(view, "name"): {"text": {"type": "plain_text_input", "value": name}}}
            payload = {"type": "view_submission", "user": {"id": web_house.olga}, "view": {**view, "state": {"values": values}}}
            for _ in range(2):
                status, said = await web_house.ask(payload)
                assert status == 200
                assert told in said["errors"][field(view, "name")]

    async def test_a_press_told_twice_is_done_once(self, web_house: House) -> None:
        payload = {
            "type": "block_actions",
            "trigger_id": "7",
            "user": {"id": web_house.olga},
            "channel": {"id": web_house.room},
            "container": {"type": "message", "message_ts": web_house.root},
            "actions": [{"action_id": "start", "value": "start:1.1"}],
        }
        assert await web_house.ask(payload) == await web_house.ask(payload) == (200, None)
        await web_house.settled(1)
        assert await web_house.status() is Status.INBOX


class TestTrouble:
    async def test_what_breaks_has_the_same_number_in_the_log(self, web_house: House, capsys: pytest.CaptureFixture[str]) -> None:
        told = await web_house.slack.slash(web_house.olga, "sales", "/desk", "quiet bug")
        words = view_seen(told["response"])[0][0]
        number = words.removeprefix("Something broke on our side; nothing was done. Number ").rstrip(".")
        assert f"number={number}" in plain(capsys.readouterr().out)
        assert (await web_house.kept())[-1][1] == "dead"

    async def test_what_can_not_be_drawn_was_done_all_the_same(self, web_house: House) -> None:
        told = await web_house.slack.slash(web_house.olga, "sales", "/desk", "quiet undrawn")
        assert view_seen(told["response"])[0][0].startswith("This was done, but it can't be shown here. Number ")
        await web_house.slack.slash(web_house.olga, "sales", "/desk", "quiet form")
        view = web_house.slack.modal(web_house.olga)
        sent = await web_house.slack.submit(web_house.olga, {field(view, "hours"): {"text": "undrawn"}})
        assert sent == {"ok": True, "action": "update"}
        assert view_seen(web_house.slack.modal(web_house.olga))[0][1].startswith("This was done, but it can't be shown here.")

    async def test_F14_a_store_that_is_away_is_said_in_words(self, web_house: House) -> None:
        view = await form(web_house, "Rename client")
        web_house.store.down = True
        told = await web_house.slack.slash(web_house.olga, "sales", "/desk", "quiet x")
        assert view_seen(told["response"])[0][0].startswith("Something broke on our side; nothing was done. Number ")
        name = field(view, "name")
        sent = await web_house.slack.submit(web_house.olga, {name: {"text": "Ann Lee"}})
        assert sent["errors"][name].startswith("Something broke on our side")
        web_house.store.down = False
        assert (await web_house.slack.submit(web_house.olga, {name: {"text": "Ann Lee"}}))["ok"]

    async def test_odd_payloads_do_nothing(self, web_house: House) -> None:
        view = {
            "id": "V1",
            "hash": "1",
            "type": "modal",
            "private_metadata": "nonsense",
            "state": {"values": {"a": {"b": 1}, "c": 2}},
        }
        who = {"user": {"id": web_house.olga}}
        for payload in (
            {"type": "view_submission", **who, "view": view},
            {"type": "view_submission"},
            {"type": "view_closed", **who, "view": view},
            {"type": "block_suggestion", **who, "action_id": "look", "value": "x"},
            {"type": "block_suggestion"},
            {"type": "message_action", **who, "callback_id": "nonsense", "trigger_id": "1"},
            {"type": "message_action", **who, "callback_id": "close", "trigger_id": "2"},
            {"type": "shortcut", **who, "callback_id": "tab", "trigger_id": "3"},
            {"type": "block_actions", **who, "view": view, "actions": [{"value": "tab:"}], "trigger_id": "4"},
            {"type": "block_actions", **who, "view": {**view, "type": "home"}, "actions": [{"value": "odd"}], "trigger_id": "5"},
            {"type": "block_actions", **who, "actions": [{"action_id": "jump.0"}], "trigger_id": "6"},
        ):
            status, _ = await web_house.ask(payload)
            assert status == 200, payload
        assert await web_house.status() is Status.UNASSIGNED
        assert "dead" not in {state for _, state in await web_house.kept()}


def plain(log: str) -> str:
    import re

    return re.sub(r"\x1b\[[\d;]*m", "", log)


def test_moves_keep_their_turn_and_what_opens_a_window_does_not() -> None:
    def pressed(value: str, **more: Any) -> dict[str, Any]:
        return {"type": "block_actions", "actions": [{"value": value}], "container": {"message_ts": "1.2"}, **more}

    assert not is_question(pressed("close:1.1"))
    assert not is_question(pressed("send_taking:1"))
    assert is_question(pressed("more:1.1"))
    assert is_question(pressed("close:1.1", view={"id": "V1"}))
    assert to_keep({"type": "view_closed"}) is None


def test_references_in_a_command() -> None:
    names = {"U1": "Olga P"}
    assert typed_words("a <@U1|olga> <@U2|x> <#C1|sales> &lt;b&gt; &amp;lt;", names.get) == "a Olga P U2 C1 <b> &lt;"
