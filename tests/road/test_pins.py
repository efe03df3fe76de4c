"""A client pinned to an operator, played from both desks (R70-R75)."""

from __future__ import annotations

import pytest

from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, begin_taken, change_team, member
from tests.road.test_passing_on import heard, meet_the_bot


async def test_R70_R71_a_pinned_client_comes_straight_to_the_owners_inbox(house: House, platform: str) -> None:
    meet_the_bot(house)
    talk = await begin_taken(house, platform)
    assert (await talk.types("olga", "pin")).startswith("Pinned to Olga Ivanova")
    for desk, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        await house.until(lambda desk=desk, thread=thread: "📌 Olga Ivanova" in desk.card(thread))
    await talk.presses("olga", "Close")
    house.client_says("me again")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova", "Close", "To Unassigned")
    await house.settled()
    words = "📌 Ann Lee is pinned to you and writes again. The conversation is in your inbox."
    assert any(words in said for said in talk.mine.private("olga"))
    await talk.marked(talk.says("olga", "hello again"), "accepted")
    assert heard(house) == ["hello again"]


async def test_R74_the_owner_gets_the_client_back_whoever_closed_it(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    who = COLLEAGUE[platform]
    await talk.types("olga", "pin")
    await talk.types("olga", f"assign {NAMES[who]}")
    await talk.types(who, "close")
    await talk.shows(f"⚫ Closed 👤 {NAMES[who]}")
    house.client_says("me again")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")


async def test_R71_R72_R73_who_pins_and_who_detaches(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    who = COLLEAGUE[platform]
    assert "Only Olga Ivanova, who has this conversation, or a super-admin" in await talk.types(who, "pin")
    await talk.types("olga", "pin")
    assert "Only Olga Ivanova, to whom this client is pinned" in await talk.types(who, "detach")
    await talk.types("olga", f"assign {NAMES[who]}")
    assert "pinned to Olga Ivanova" in await talk.types(who, "pin")
    assert (await talk.types("olga", "detach")).startswith("Detached")
    assert (await talk.types(who, "pin")).startswith(f"Pinned to {NAMES[who]}")


async def test_R70_a_pin_to_somebody_who_left_has_no_effect_and_says_so(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.types("olga", "pin")
    await talk.presses("olga", "Close")
    await house.stop()
    change_team(house, lambda tables: tables["operator"].remove(member(tables, "olga")))
    await house.start()
    house.client_says("me again")
    await house.until(lambda: "⚪ Unassigned" in talk.mine.card(talk.thread))
    await house.settled()
    words = "📌 This client is pinned to Olga Ivanova, who is no longer active, so the conversation waits in Unassigned."
    assert any(words in line for line in talk.lines()) and any(words in line for line in talk.copies())
    assert "📌 Olga Ivanova, no longer active" in talk.mine.card(talk.thread)


async def pin_label(house: House, platform: str, who: str, thread: str) -> str:
    """What somebody's menu shows in place of *Fix*."""
    shown = await house.desk(platform).menu(who, thread)
    return next((label for label in shown if label.split(" (")[0] in ("Fix", "Detach", "Pinned")), "")


async def test_R75_the_labels_word_for_word(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    who = COLLEAGUE[platform]
    assert await pin_label(house, platform, who, talk.thread) == ""
    assert await pin_label(house, platform, "olga", talk.thread) == "Fix (Olga Ivanova)"
    assert "Pinned to Olga Ivanova" in await house.desk(platform).chooses("olga", talk.thread, "Fix (Olga Ivanova)")
    assert await pin_label(house, platform, "olga", talk.thread) == "Detach (Olga Ivanova)"
    assert await pin_label(house, platform, who, talk.thread) == "Pinned (Olga Ivanova)"
    told = await house.desk(platform).chooses(who, talk.thread, "Pinned (Olga Ivanova)")
    assert "Only Olga Ivanova or a super-admin can detach the client." in told
    assert await pin_label(house, platform, who, talk.thread) == "Pinned (Olga Ivanova)"


@pytest.mark.parametrize("platform", ["slack"], indirect=False)
async def test_R75_a_super_admin_detaches_anybodys(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    assert await pin_label(house, platform, "ada", talk.thread) == "Fix (Olga Ivanova)"
    await talk.types("olga", "pin")
    assert await pin_label(house, platform, "ada", talk.thread) == "Detach (assigned to Olga Ivanova)"
    told = await house.desk(platform).chooses("ada", talk.thread, "Detach (assigned to Olga Ivanova)")
    assert "pinned to Olga Ivanova no more" in told
    assert await pin_label(house, platform, "olga", talk.thread) == "Fix (Olga Ivanova)"
