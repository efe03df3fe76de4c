"""Erasing a client with all copies, played from both desks (R125)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.commands.housekeeping import expire
from bot.store.tables import conversation, group
from tests.road.house import House
from tests.road.pictures import PDF, desk_files, encoded
from tests.road.talk import begin, begin_taken, join_telegram

DONE = "The erasure is complete: all copies on the desks are gone."


@pytest.fixture
async def with_ada(cold_house: House) -> House:
    """Ada, the admin, is at Telegram too and has opened the bot's private chat."""
    join_telegram(cold_house, "ada")
    cold_house.box.telegram.start(user=cold_house.telegram.user("ada"), bot=cold_house.scene.desk_bot.id)
    await cold_house.start()
    await cold_house.until(lambda: any(cold_house.box.slack.core.sockets.open.values()))
    return cold_house


async def gone(house: House, slack: str, telegram: str, *, left: int = 0) -> None:
    await house.until(lambda: telegram not in house.telegram.threads())
    await house.until(lambda: len([one for one in posts(house, slack) if one.get("subtype") != "tombstone"]) == left)


def posts(house: House, thread: str) -> list[dict[str, Any]]:
    return [
        one
        for one in house.box.slack.messages(room=house.slack.room) + thread_of(house, thread)
        if one.get("thread_ts") == thread or one["ts"] == thread
    ]


def thread_of(house: House, thread: str) -> list[dict[str, Any]]:
    try:
        found = house.box.slack.thread(room=house.slack.room, ts=thread)
    except Exception:
        return []
    known = {one["ts"] for one in house.box.slack.messages(room=house.slack.room)}
    return [one for one in found if one["ts"] not in known]


async def test_R125_a_client_goes_with_all_copies_and_leaves_a_receipt(with_ada: House, platform: str) -> None:
    house = with_ada
    talk = await begin(house, platform)
    slack, telegram = (talk.thread, talk.there) if platform == "slack" else (talk.there, talk.thread)
    house.client_says("my secret is 42")
    await house.until(lambda: "42" in "".join(talk.lines()) and "42" in "".join(talk.copies()))
    ann = {"user": house.scene.clients["ann"], "chat": house.scene.channel_bot.id}
    house.box.telegram.send_document(**ann, name="secret.pdf", content=encoded(PDF))
    await house.until(lambda: house.slack.files(slack) and desk_files(house, telegram))
    (number,) = [file["id"] for one in house.slack.posts(slack) for file in one.get("files", ())]
    await house.settled()
    desk = house.desk(platform)
    asked = await desk.desk_says("ada", "erase Ann")
    assert "Erase a client" in asked or "Write the name" in asked
    told = await desk.fills("ada", "", name="Ann Lee")
    assert "Erased. The copies on the desks go now" in told
    await gone(house, slack, telegram)
    assert number not in house.box.slack.core.world.files
    await house.until(lambda: any(DONE in one for one in desk.private("ada")))
    shown = await desk.desk_says("ada", "journal")
    assert "Ada Admin: erased a client" in shown and "relaydesk: copies removed" in shown and "Ann Lee" not in shown
    assert house.client_sees() == []


async def test_R125_what_operators_wrote_in_slack_stays_and_is_told(with_ada: House, platform: str) -> None:
    house = with_ada
    talk = await begin_taken(house, platform, "olga")
    slack, telegram = (talk.thread, talk.there) if platform == "slack" else (talk.there, talk.thread)
    house.slack.says("olga", slack, "how can I help?")
    await house.until(lambda: house.client_sees())
    await house.settled()
    desk = house.desk(platform)
    await desk.desk_says("ada", "erase Ann")
    await desk.fills("ada", "", name="Ann Lee")
    await gone(house, slack, telegram, left=1)
    told = await house.until(lambda: next((one for one in desk.private("ada") if "The erasure has ended" in one), None))
    assert "2 of 2 copies on the desks are gone" in told and "1 post that an operator wrote stays" in told
    assert house.client_sees() != []  # the client's own chat is his


async def test_R125_afterwards_the_same_person_is_a_new_client(with_ada: House, platform: str) -> None:
    house = with_ada
    talk = await begin(house, platform)
    desk = house.desk(platform)
    await desk.desk_says("ada", "erase Ann")
    await desk.fills("ada", "", name="Ann Lee")
    await house.until(lambda: any(DONE in one for one in desk.private("ada")))
    again = await begin(house, platform, "it is me again")
    assert again.thread != talk.thread and "it is me again" in again.mine.card(again.thread)
    assert await again.types("olga", "history")


async def test_R125_a_right_that_is_missing_is_told_and_the_copy_goes_later(with_ada: House, platform: str) -> None:
    house = with_ada
    talk = await begin(house, platform)
    telegram = talk.thread if platform == "telegram" else talk.there
    refused = "Bad Request: not enough rights to delete the topic"
    house.box.faults.add(
        "telegram", "deleteForumTopic", "status", status=400, body='{"ok":false,"error_code":400,"description":"' + refused + '"}'
    )
    desk = house.desk(platform)
    await desk.desk_says("ada", "erase Ann")
    await fills_unsettled(house, platform, "Ann Lee")
    await house.until(lambda: any("give it the right “Delete messages”" in one for one in desk.private("ada")))
    await come_due(house)
    await house.until(lambda: telegram not in house.telegram.threads())
    await house.until(lambda: any(DONE in one for one in desk.private("ada")))


async def fills_unsettled(house: House, platform: str, name: str) -> None:
    """Confirm without waiting until all is sent: something will not be, for now."""
    filling = asyncio.create_task(house.desk(platform).fills("ada", "", name=name))
    await house.until(lambda: any("Delete messages" in one for one in house.desk(platform).private("ada")))
    filling.cancel()
    await asyncio.wait({filling})


async def come_due(house: House) -> None:
    """As if the pause were over."""
    from bot.store import buckets, lanes

    assert house.app is not None

    def hurry(tx: Any) -> None:
        buckets.lift(tx, "telegram-desk:")
        lanes.hurry(tx, "telegram-desk")
        tx.wake.add("outbox")

    await house.app.store.write(hurry)


async def test_R125_what_a_group_keeps_no_longer_goes_by_itself(house: House) -> None:
    talk = await begin_taken(house, "slack")
    await talk.presses("olga", "Close")
    await house.settled()
    assert house.app is not None

    def age(tx: Any) -> None:
        long_ago = tx.now - 40 * 86_400_000
        tx.execute(conversation.update().values(status_since=long_ago, last_message_at=long_ago))
        tx.execute(group.update().values(settings='{"retention_days": 30}'))

    await house.app.store.write(age)
    assert await house.app.store.write(expire) == 1
    await gone(house, talk.thread, talk.there)
