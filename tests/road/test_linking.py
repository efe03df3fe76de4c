"""One operator at home in Slack and in Telegram, by a one-time code (R1)."""

from __future__ import annotations

import re

from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, add_guest, begin, views

OTHER = {"slack": "telegram", "telegram": "slack"}


def sign_up(house: House, platform: str, who: str) -> None:
    """The operator known on ``platform`` has an account on the other one too, which the team does not know."""
    if platform == "slack":
        person = house.box.telegram.add_user(name=who.title())["id"]
        house.box.telegram.add_member(chat=house.telegram.chat, user=person)
        house.scene.operators[who] = person
    else:
        house.scene.slack_users[who] = house.scene.slack_users["guest"]


async def test_R1_R6_a_code_from_here_makes_the_account_over_there_the_same_operator(house: House, platform: str) -> None:
    who = COLLEAGUE[platform]
    here, there = views(house, platform)
    sign_up(house, platform, who)
    talk = await begin(house, OTHER[platform])
    assert "not a registered operator" in await there.desk_says(who, "tab inbox")

    asked = await here.desk_says(who, "link")
    code = re.search(r"Your code is ([A-Z2-9]{4}-[A-Z2-9]{4})", asked)
    assert code, asked
    assert "This code is not valid (any more)." in await there.desk_says(who, "link ABCD-EFGH")
    assert f"Welcome, {NAMES[who]}: this " in await there.desk_says(who, f"link {code[1]}")
    await house.until(lambda: [one for one in here.private(who) if "account is linked" in one and "tell an admin at once" in one])

    await talk.presses(who, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[who]}")
    post = talk.says(who, "Good day from both places")
    await talk.marked(post, "accepted")
    assert house.client_sees() == [f"{NAMES[who]}\nGood day from both places"]
    assert "linked already" in await here.desk_says(who, "link")


async def test_R1_F66_a_stranger_learns_nothing_by_trying_codes(house: House, platform: str) -> None:
    add_guest(house)
    here, _ = views(house, platform)
    for tried in ("ABCD-EFGH", "x", "AAAA BBBB", "'; --", "☃" * 8):
        told = await here.desk_says("guest", f"link {tried}")
        assert "This code is not valid (any more)." in told
        assert not [name for name in NAMES.values() if name in told]
    assert "too many wrong codes" in await here.desk_says("guest", "link ABCD-EFGH")
    assert "not a registered operator" in await here.desk_says("guest", "link")
    assert "not a registered operator" in await here.desk_says("guest", "operators")
