"""A server that lacks what the road does not need: a Bot API server of the house that is older, or one that stands in for Slack."""

from __future__ import annotations

import json

import pytest

from tests.road.house import House
from tests.road.talk import HOLDER, begin_taken

SLACK = ("reactions.*", "conversations.info", "conversations.history", "conversations.replies", "users.*", "views.publish")
TELEGRAM = (
    "setMy*",
    "getWebhookInfo",
    "deleteWebhook",
    "getChat*",
    "setMessageReaction",
    "sendChatAction",
    "editForumTopic",
    "closeForumTopic",
    "reopenForumTopic",
)


def lacks(house: House, said: str) -> None:
    """The methods beside the road are not there. ``said``: what a Bot API server says of one it does not know."""
    for method in SLACK:
        house.box.faults.add("slack", method, "error", error="unknown_method", times=-1)
    body = json.dumps({"ok": False, "error_code": 404, "description": said})
    for method in TELEGRAM:
        house.box.faults.add("telegram", method, "status", status=404, body=body, times=-1)


@pytest.mark.parametrize("said", ["Not Found", "Not Found: method not found"])
async def test_R24_R36_F34_the_road_needs_only_what_it_is_made_of(cold_house: House, platform: str, said: str) -> None:
    house = cold_house
    lacks(house, said)
    await house.start()
    talk = await begin_taken(house, platform)
    talk.says(HOLDER, "hello dear")
    await house.until(lambda: any("hello dear" in text for text in house.client_sees()))
    house.client_says("thanks")
    await house.until(lambda: all(any("thanks" in line for line in lines) for lines in (talk.lines(), talk.copies())))
    assert sum("hello dear" in line for line in talk.copies()) == 1
    await talk.presses(HOLDER, "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    house.client_says("one thing more")
    await talk.shows("🆕 ⚪ Unassigned 👤 Olga Ivanova")
    await house.until(lambda: all(any("one thing more" in line for line in lines) for lines in (talk.lines(), talk.copies())))


async def test_F34_doctor_does_not_call_wrong_what_it_can_t_look_at(cold_house: House) -> None:
    house = cold_house
    lacks(house, "Not Found: method not found")
    app = await house.start()
    found = [finding for finding in await app.check() if "can't be looked at" in finding.what]
    assert len(found) == 4, "two rooms, two forums"
    assert all(finding.ok for finding in found)
