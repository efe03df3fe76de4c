"""What the clock does, as people on both desks and the client see it (R110). The details are told in tests/commands/test_timing.py."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.jobs import Clock
from tests.road.house import House
from tests.road.later import Later, in_private, rule, start_bot
from tests.road.talk import Talk, begin, begin_taken, journal_of


def lines(talk: Talk, words: str) -> list[int]:
    """How often the words stand in each thread."""
    return [sum(words in line for line in told) for told in (talk.lines(), talk.copies())]


async def test_R110_a_waiting_client_is_named_and_the_conversation_comes_back(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has it: the threads say so. Olga has it and says nothing: she is told in private, then it is Unassigned again."""
    later = Later(house, monkeypatch)
    start_bot(house, "olga")
    await rule(house, reminder_minutes=10, return_minutes=30)
    talk = await begin(house, platform)
    await later.pass_by(9)
    assert lines(talk, "⏰") == [0, 0]
    await later.pass_by(2)
    await house.until(
        lambda: lines(talk, "⏰ Ann Lee has been waiting for 11 minutes. Nobody has this conversation yet.") == [1, 1]
    )
    await later.tick()
    assert lines(talk, "⏰") == [1, 1], "once"
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await later.pass_by(11)
    await house.until(lambda: any("⏰ Ann Lee has been waiting for 22 minutes." in one for one in in_private(talk.mine, "olga")))
    assert not any("⏰" in one for one in in_private(talk.other, "olga")), "where she works"
    await house.stop()  # down for a while; late, the clock does once what is right now
    house.ahead += 3600
    await house.start()
    await later.tick()
    await talk.shows("⚪ Unassigned", "Start conversation", "Close")
    await house.until(lambda: lines(talk, "⏪ Back in Unassigned: Olga Ivanova has not answered for 71 minutes.") == [1, 1])
    assert [one.who for one in await journal_of(house, "returned by the clock")] == ["relaydesk"]
    assert house.client_sees() == []


async def test_R110_an_idle_conversation_closes_with_a_word_to_the_client(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Later(house, monkeypatch)
    await rule(house, close_minutes=60, close_text="We close this for now. Write whenever you like.")
    talk = await begin_taken(house, platform)
    await talk.marked(talk.says("olga", "your parcel left today"), "accepted")
    await later.pass_by(61)
    await talk.shows("↩️ ⚫ Closed 👤 Olga Ivanova", "Start conversation", "To Unassigned")
    await house.until(lambda: house.client_sees()[1:] == ["Sales\nWe close this for now. Write whenever you like."])
    await house.until(lambda: lines(talk, "💤 Closed: nothing was said for") == [1, 1])
    house.client_says("thanks!")
    await talk.shows("🆕 ⚪ Unassigned 👤 Olga Ivanova")
    await later.pass_by(300)
    assert len(house.client_sees()) == 2


async def test_R110_outside_business_hours_a_client_is_told_once(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Later(house, monkeypatch)
    now = datetime.now(UTC)
    closed = f"{(now.hour + 12) % 24:02}:00-{(now.hour + 20) % 24:02}:00 UTC"
    await rule(house, hours=f"Mon-Sun {closed}", away_text="We are back in the morning.")
    talk = await begin(house, platform)
    await later.tick()
    await house.until(lambda: house.client_sees() == ["Sales\nWe are back in the morning."])
    house.client_says("ah, I see")
    await later.pass_by(5)
    await house.until(lambda: lines(talk, "🌙 Outside business hours, so the client was told:") == [1, 1])
    await talk.shows("🆕 ⚪ Unassigned")
    await later.tick()
    assert len(house.client_sees()) == 1


async def test_R110_the_digest_stands_in_the_room_and_in_the_forum(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    later = Later(house, monkeypatch)
    await begin(house, "slack")
    await rule(house, digest_at=f"{datetime.now(UTC):%H:%M}")
    await later.tick()
    await later.pass_by(24 * 60)
    words = "🗓 🟢 Sales: 1 unassigned, 0 in progress, 0 closed yesterday. Waiting longest: Ann Lee"

    def shown() -> list[int]:
        room = house.box.slack.messages(room=house.slack.room)
        forum = house.box.telegram.messages(chat=house.telegram.chat)
        return [sum(words in str(one) for one in posts) for posts in (room, forum)]

    await house.until(lambda: shown() == [1, 1])
    await later.tick()
    assert shown() == [1, 1]


async def test_R110_two_clocks_do_each_thing_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one with the lease works; when it is gone the other goes on, and nothing is done twice."""
    later = Later(house, monkeypatch)
    await rule(house, reminder_minutes=10)
    talk = await begin(house, "slack")
    await later.tick()
    assert house.app is not None
    other = Clock(house.app.store, "another node")
    house.ahead += 60  # within the lease of the first
    await other.tick()
    assert await journal_of(house, "reminded") == []
    house.ahead += 600  # it is gone
    await other.tick()
    await later.tick()
    await house.until(lambda: lines(talk, "⏰") == [1, 1])
    await house.settled()
    assert len(await journal_of(house, "reminded")) == 1
