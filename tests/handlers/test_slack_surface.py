"""Menus, forms, lists, the Home tab, slash words and shortcuts in Slack, with the whole house and verbs of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.verbs_to_try import verbs_to_try
from tests.migrated import migrated_sqlite
from tests.road.house import House, open_house
from tests.road.talk import begin

__all__ = ["verbs_to_try"]

SORRY = "You are not a registered operator here, so nothing was done. Ask an admin to add you."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, migrated_sqlite(tmp_path)) as made:
        await made.start()
        yield made


@pytest.fixture
async def thread(house: House) -> str:
    return (await begin(house, "slack")).thread


class TestDoorsKeepStrangersOut:
    async def test_F66_every_new_door_says_one_sentence_and_shows_nothing(self, house: House, thread: str) -> None:
        assert await house.slack.presses("guest", thread, "More…") == SORRY
        assert house.slack.modal("guest") == ([], [])
        assert await house.slack.slash("guest", "tab") == SORRY
        assert await house.slack.shortcut("guest", thread, "tag") == SORRY
        assert (await house.slack.home("guest"))[0] == [SORRY]
        house.slack.writes_to_bot("guest", "tab")
        assert (await house.until(lambda: house.slack.private("guest"))) == [SORRY]

    async def test_F67_who_has_left_can_use_nothing_that_is_still_open(self, house: House, thread: str) -> None:
        await house.slack.home("ben")
        await house.slack.chooses("ben", thread, "Move to group…")
        assert await house.slack.suggest("ben", "Found", "g") == ["Green"]
        await dismiss(house, "Ben Carter")
        assert await house.slack.suggest("ben", "Found", "g") == []
        assert await house.slack.fills("ben", thread) == SORRY
        await house.slack.closes("ben")
        assert SORRY in await house.slack.presses_home("ben", "Inbox")
        await house.slack.closes("ben")
        assert (await house.slack.home("ben"))[0] == [SORRY]
        await house.slack.presses("olga", thread, "Start conversation")
        await house.settled()
        assert house.slack.home_now("ben")[0] == [SORRY]
        menu = await house.slack.menu("olga", thread)
        await dismiss(house, "Olga Ivanova")
        assert SORRY in await house.slack.presses_in_modal("olga", menu[-1])


class TestForms:
    async def test_fields_filled_reach_the_verb(self, house: House, thread: str) -> None:
        words, labels = await house.slack.opens("olga", thread, "More…")
        assert words[0] == "Ann Lee"
        assert {"Rename client", "History"} <= set(labels)
        told = await house.slack.presses_in_modal("olga", "Rename client")
        assert told == "Rename client Ann has a name. New name Why Only the team reads it."
        assert (
            await house.slack.fills("olga", thread, name="Ann Lee", Why="married") == "Rename client The client is Ann Lee now."
        )
        told = await house.slack.chooses("olga", thread, "History")
        assert "Olga Ivanova: tried" in told and "Slack form" in told
        assert house.slack.modal("olga")[1] == []

    async def test_an_error_stands_beside_its_field_and_the_form_stays(self, house: House, thread: str) -> None:
        await house.slack.chooses("olga", thread, "Rename client")
        assert await house.slack.fills("olga", thread, name="x") == "“x” is too short for a name."
        assert await house.slack.fills("olga", thread, name="x") == "“x” is too short for a name."
        assert await house.slack.fills("olga", thread, name="gone") == "Nobody can do that any more."
        assert (await house.slack.fills("olga", thread, name="bug")).startswith(
            "Something broke on our side; nothing was done. Number "
        )
        assert "is Bob now" in await house.slack.fills("olga", thread, name="Bob")
        await house.slack.chooses("olga", thread, "Rename client")
        assert await house.slack.fills("olga", thread, name="odd") == "Rename client There is no such field."

    async def test_choices_of_every_kind(self, house: House, thread: str) -> None:
        told = await house.slack.chooses("olga", thread, "Move to group…")
        assert "None: there is nothing to choose yet." in told
        assert await house.slack.suggest("olga", "Found", "bug") == []
        assert await house.slack.suggest("olga", "Found", "r") == ["Red"]
        told = await house.slack.fills("olga", thread, few=["Red", "Blue"], many="Number 7", found="Red")
        assert told == "Move to group one=green few=red,blue many=7 found=red"
        await house.slack.chooses("olga", thread, "Move to group…")
        assert await house.slack.fills("olga", thread) == "Move to group one=green few= many= found="

    async def test_a_form_may_lead_to_another_and_that_to_a_screen(self, house: House, thread: str) -> None:
        await house.slack.chooses("olga", thread, "Note on client")
        assert await house.slack.fills("olga", thread, Note="one") == "Second Again"
        assert await house.slack.fills("olga", thread, Again="two") == "Notes Kept: two"


class TestScreens:
    async def test_rows_are_plain_and_jumps_lead_to_thread_and_topic(self, house: House, thread: str) -> None:
        await house.slack.chooses("olga", thread, "Client")
        words, labels = house.slack.modal("olga")
        assert words == ["The client", "Ann Lee *bold* <!channel> Open in Slack · Open in Telegram", "alone"]
        assert labels == ["Rename", "Remember", "Again"]
        view = house.slack.slack.modal(user=house.slack.user("olga"))
        links = [part["url"] for part in every(view, "link")]
        workspace = f"https://{house.slack.slack.core.world.domain}.slack.com"
        assert links[0] == f"{workspace}/archives/{house.slack.room}/p{thread.replace('.', '')}"
        topic = house.telegram.threads()[0]
        assert links[1] == f"https://t.me/c/{str(house.telegram.chat).removeprefix('-100')}/{topic}"
        assert not list(every(view, "mrkdwn"))

    async def test_a_form_lies_over_the_list_it_was_asked_in(self, house: House, thread: str) -> None:
        await house.slack.chooses("olga", thread, "Client")
        assert "Rename client" in await house.slack.presses_in_modal("olga", "Rename")
        assert "is Bob now" in await house.slack.fills("olga", thread, name="Bob")
        await house.slack.slack.close_modal(user=house.slack.user("olga"))
        assert house.slack.modal("olga")[0][0] == "The client"
        for _ in range(4):  # the same screen again takes its place
            await house.slack.presses_in_modal("olga", "Again")
        await house.slack.slack.close_modal(user=house.slack.user("olga"))
        assert house.slack.modal("olga") == ([], [])

    async def test_a_typed_verb_shows_its_screen_to_its_author(self, house: House, thread: str) -> None:
        house.slack.says("olga", thread, "!client")
        await house.until(lambda: house.slack.told("olga"))
        words, _ = await house.slack.desk_screen("olga")
        assert words[0] == "The client"
        assert "Rename client" in await house.slack.desk_presses("olga", "Rename")
        assert "is Bob now" in await house.slack.fills("olga", thread, name="Bob")
        assert house.slack.slack.ephemerals(user=house.slack.user("ben")) == []

    async def test_a_typed_verb_that_needs_a_form_offers_a_button_and_a_used_menu_goes(self, house: House, thread: str) -> None:
        house.slack.says("olga", thread, "!rename")
        await house.until(lambda: house.slack.told("olga"))
        assert (await house.slack.desk_screen("olga"))[1] == ["Rename client"]
        await house.slack.desk_presses("olga", "Rename client")
        assert "is Bob now" in await house.slack.fills("olga", thread, name="Bob")
        await house.slack.closes("olga")
        house.slack.says("olga", thread, "!more")
        await house.until(lambda: len(house.slack.told("olga")) == 2)
        assert "arrived" in await house.slack.desk_presses("olga", "History")
        assert len(house.slack.told("olga")) == 1, "the used menu has gone, the history is a window"


class TestSlashWords:
    async def test_words_are_answered_at_once_and_format_nothing(self, house: House) -> None:
        guest, room = house.slack.user("guest"), house.slack.room
        assert await house.slack.slash("olga", "quiet a &lt;b&gt; & c") == "“a <b> & c” <!channel> *bold*"
        told = await house.slack.slash("olga", f"quiet <@{house.slack.user('ben')}> <@{guest}> <#{room}>")
        assert told.startswith(f"“Ben Carter {guest} {room}”")
        assert "/desk operators" not in await house.slack.slash("olga", "")
        assert "/desk operators" in await house.slack.slash("ada", "")
        assert await house.slack.slash("olga", "quiet form") == "Quiet hours Hours"
        assert await house.slack.fills("olga", "", Hours="22-6") == "Quiet hours Quiet 22-6."

    async def test_a_list_turns_its_pages_where_it_stands(self, house: House, thread: str) -> None:
        assert "unassigned 1 page 1" in await house.slack.slash("olga", "tab")
        await house.slack.desk_presses("olga", "Next")
        assert [words for words in (await house.slack.desk_screen("olga"))[0] if "page" in words] == [
            "unassigned 1 page 2: unassigned"
        ]
        assert len(house.slack.told("olga")) == 1
        assert "yours" in await house.slack.desk_presses("olga", "Take")
        assert house.slack.buttons(thread) == ["Close", "To Unassigned"]
        assert len(house.slack.told("olga")) == 2

    async def test_a_trigger_that_ran_out_is_said_in_words(self, house: House, thread: str) -> None:
        house.box.faults.add("slack", "views.open", kind="error", error="expired_trigger_id", times=3)
        again = "Press again, please: Slack's time to open a window had run out."
        assert await house.slack.slash("olga", "quiet form") == again
        assert await house.slack.presses("olga", thread, "More…") == again
        await house.slack.home("olga")
        await house.slack.presses_home("olga", "Filter…")
        assert house.slack.private("olga") == [again]


class TestShortcut:
    async def test_a_message_is_tagged_where_it_stands(self, house: House, thread: str) -> None:
        post = house.slack.says("olga", thread, "note: a refund")
        await house.settled()
        assert await house.slack.shortcut("olga", post, "tag") == "Tagged 1 with nothing."
        lunch = house.slack.slack.post(house.slack.user("olga"), house.slack.room, "lunch?")["ts"]
        assert "not a client's conversation" in await house.slack.shortcut("olga", lunch, "tag")


class TestHome:
    async def test_the_list_looked_at_last_is_there_again(self, house: House, thread: str) -> None:
        words, _ = await house.slack.home("olga")
        assert words[0] == "Conversations"
        assert "unassigned 1 page 1: unassigned" in words
        assert "inbox 1 page 1" in await house.slack.presses_home("olga", "Inbox")
        assert "inbox 1 page 1: unassigned" in (await house.slack.home("olga"))[0]

    async def test_it_is_drawn_anew_when_a_conversation_changes(self, house: House, thread: str) -> None:
        await house.slack.home("olga")
        await house.slack.presses("ben", thread, "Start conversation")
        await house.until(lambda: "unassigned 1 page 1: inbox" in house.slack.home_now("olga")[0])
        assert house.slack.home_now("ben") == ([], [])  # who never opened it gets none
        house.client_says("a second client", "karim")
        await house.until(lambda: len([words for words in house.slack.home_now("olga")[0] if "page" in words]) == 2)

    async def test_a_form_over_it_filters_it(self, house: House, thread: str) -> None:
        await house.slack.home("olga")
        assert await house.slack.presses_home("olga", "Filter…") == "Filter What"
        await house.slack.fills("olga", "", What="inbox")
        assert "inbox 1 page 1: unassigned" in house.slack.home_now("olga")[0]
        assert house.slack.modal("olga") == ([], [])
        await house.slack.presses("ben", thread, "Start conversation")
        await house.until(lambda: "inbox 1 page 1: inbox" in house.slack.home_now("olga")[0])

    async def test_a_row_can_be_worked_from_there(self, house: House, thread: str) -> None:
        await house.slack.home("olga")
        assert "Rename client" in await house.slack.presses_home("olga", "Rename")
        assert "is Bob now" in await house.slack.fills("olga", "", name="Bob")
        await house.slack.closes("olga")
        assert "yours" in await house.slack.presses_home("olga", "Take")


async def test_words_to_the_bot_itself_are_slash_words_and_files_are_refused(house: House, thread: str) -> None:
    slack, user = house.slack.slack, house.slack.user("olga")
    house.slack.writes_to_bot("olga", "quiet now")
    assert await house.until(lambda: house.slack.private("olga")) == ["“now” <!channel> *bold*"]
    slack.post(user, slack.direct(user=user)["id"], files=[{"name": "a.pdf", "content": b"1"}])
    told = await house.until(lambda: house.slack.private("olga")[1:])
    assert told == ["Files can't be taken here. A file for a client goes into the client's thread."]
    house.slack.writes_to_bot("olga", "!tab inbox")
    listed = await house.until(lambda: house.slack.private("olga")[2:])
    assert listed[0].startswith("Conversations")


async def dismiss(house: House, name: str) -> None:
    """An admin switches an operator off."""
    from sqlalchemy import update

    from bot.store.tables import operator

    assert house.app is not None
    await house.app.store.write(
        lambda tx: tx.execute(update(operator).where(operator.c.name == name).values(active=False)) and None
    )


def every(node: Any, kind: str) -> Any:
    """All objects of a type within blocks."""
    if isinstance(node, list):
        for one in node:
            yield from every(one, kind)
    elif isinstance(node, dict):
        if node.get("type") == kind:
            yield node
        for value in node.values():
            yield from every(value, kind)
