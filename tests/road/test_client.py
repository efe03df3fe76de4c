"""The client, played from both desks: another name, notes, the profile (R50-R52)."""

from __future__ import annotations

from tests.road.house import House
from tests.road.talk import COLLEAGUE, begin, begin_taken


def topic_names(house: House) -> list[str]:
    return [one["name"] for one in house.box.telegram.topics(chat=house.telegram.chat) if one["id"] != 1]


async def test_R50_another_name_on_cards_topics_and_later_words(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    assert await talk.types("olga", "rename Ann of Acme") == "The client is called Ann of Acme now."
    for desk, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        await house.until(lambda desk=desk, thread=thread: "Ann of Acme" in desk.card(thread))
    await house.until(lambda: topic_names(house) == ["Ann of Acme"])
    house.client_says("me again")
    await house.until(lambda: "me again" in talk.lines()[-1] and "me again" in talk.copies()[-1])
    assert "Ann of Acme" in talk.lines()[-1] and "Ann of Acme" in talk.copies()[-1]
    profile = await house.desk(platform).chooses("olga", talk.thread, "Client")
    assert "Called Ann Lee in the channel" in profile


async def test_R50_a_name_is_asked_for_and_an_empty_one_refused(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    desk = house.desk(platform)
    assert "Rename client" in await desk.chooses("olga", talk.thread, "Rename client")
    assert "called Ann B. now" in await desk.fills("olga", talk.thread, name="Ann B.")
    await house.until(lambda: topic_names(house) == ["Ann B."])


async def test_R51_notes_on_a_client_are_for_operators_only(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    who = COLLEAGUE[platform]
    assert (await talk.types(who, "remember prefers mornings")).startswith("Kept.")
    desk = house.desk(platform)
    await desk.chooses("olga", talk.thread, "Note on client")
    assert "Kept." in await desk.fills("olga", talk.thread, note="speaks French")
    profile = await desk.chooses("olga", talk.thread, "Client")
    assert "prefers mornings" in profile and "speaks French" in profile
    assert house.client_sees() == []


async def test_R52_the_profile_tells_what_is_known(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.types("olga", "pin")
    await talk.presses("olga", "Close")
    profile = await house.desk(platform).chooses("olga", talk.thread, "Client")
    for words in ("Ann Lee", "Telegram bot · shop-bot", "Username: ann_lee", "📌 Pinned to Olga Ivanova", "Olga Ivanova: closed"):
        assert words in profile
