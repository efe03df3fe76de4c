"""A client who comes back after a rest: a new thread on Slack, the old topic on Telegram (R30)."""

from __future__ import annotations

import re

from tests.road.house import House
from tests.road.talk import begin_taken, facts_of

MOMENT = "0.0000001"
"""Hours of ``thread_rest``: any rest at all is long enough."""


async def test_R30_after_a_rest_slack_gets_a_new_thread_and_telegram_its_topic_back(cold_house: House, platform: str) -> None:
    house = cold_house
    house.env["RELAYDESK_THREAD_REST"] = MOMENT
    await house.start()
    talk = await begin_taken(house, platform)
    (old,), (topic,) = house.slack.threads(), house.telegram.threads()
    await talk.presses("olga", "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    await house.settled()
    house.client_says("me again")
    await house.until(lambda: len(house.slack.threads()) == 2)
    await house.settled()
    new = house.slack.threads()[1]
    assert house.telegram.threads() == [topic], "the topic is the same"
    assert house.box.telegram.topics(chat=house.telegram.chat)[-1]["closed"] is False
    assert [line for line in house.telegram.lines(topic) if "me again" in line]
    assert not [line for line in house.slack.lines(old)[1:] if "is yours" not in line], "nothing new in the old thread"
    assert "me again" in house.slack.card(new) and "Earlier thread" in house.slack.card(new)
    assert facts_of(house.slack, new) == facts_of(house.telegram, topic) == "🆕 ⚪ Unassigned 👤 Olga Ivanova"
    assert house.slack.buttons(new) == ["Start conversation", "Close"]
    await house.until(lambda: "Continued in a new thread" in house.slack.card(old))
    assert facts_of(house.slack, old) == "⚫ Closed 👤 Olga Ivanova" and house.slack.buttons(old) == []
    assert "until" in house.slack.card(old), "closed until she wrote again"
    assert links(house, new) == [permalink(house, old)] and links(house, old) == [permalink(house, new)]

    await house.desk(platform).presses("olga", new if platform == "slack" else topic, "Start conversation")
    await house.until(lambda: "In progress" in house.slack.card(new) and "In progress" in house.telegram.card(topic))
    house.slack.says("olga", new, "from the new thread")
    await house.until(lambda: len(house.client_sees()) == 1)
    house.slack.says("olga", old, "from the old thread")
    await house.until(lambda: len(house.client_sees()) == 2)
    await house.until(lambda: "from the old thread" in " ".join(house.slack.lines(new)))
    await house.settled()
    assert house.client_sees() == ["Olga Ivanova\nfrom the new thread", "Olga Ivanova\nfrom the old thread"]
    assert [line for line in house.slack.lines(new) if "from the old" in line] == ["Olga Ivanova: from the old thread"]
    assert sum("from the old thread" in line for line in house.telegram.lines(topic)) == 1
    assert "In progress" not in house.slack.card(old)


def links(house: House, thread: str) -> list[str]:
    """The addresses a Slack card links to."""
    return re.findall(r"'url': '([^']+)'", str(house.slack.posts(thread)[0]["blocks"]))


def permalink(house: House, thread: str) -> str:
    """Where Slack shows a thread's first message."""
    world = house.box.slack.core.world
    return f"https://{world.domain}.slack.com/archives/{house.slack.room}/p{thread.replace('.', '')}"
