"""Who learns of what, where and when: one mention for who takes it, quiet hours, in private where he works (R111)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.desk_words import said
from bot.domain.people import Actor
from tests.road.house import House
from tests.road.later import Later, calls, in_private, start_bot
from tests.road.talk import COLLEAGUE, Talk, begin_taken

YOURS = "this conversation is yours."


def called(talk: Talk, words: str) -> list[int]:
    """How often somebody is called with these words on this desk and on the other."""
    return [
        sum(words in told for _, told in calls(view, thread))
        for view, thread in ((talk.mine, talk.thread), (talk.other, talk.there))
    ]


async def test_R111_taking_it_is_one_mention_and_a_rest_one_more(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Later(house, monkeypatch)
    talk = await begin_taken(house, platform)
    await house.until(lambda: called(talk, YOURS) == [1, 0])
    (person, _) = calls(talk.mine, talk.thread)[0]
    assert person == str(talk.mine.user("olga"))
    house.client_says("one more thing")
    await later.pass_by(29)
    house.client_says("and another")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")
    await later.pass_by(31)
    assert called(talk, "writes again.") == [0, 0]
    house.client_says("hello?")
    await house.until(lambda: called(talk, "Ann Lee writes again.") == [1, 0])
    house.client_says("hello??")
    await house.settled()
    assert called(talk, "writes again.") == [1, 0]
    talk.mine.says("olga", talk.thread, "here I am")
    await later.pass_by(1)
    assert len(calls(talk.mine, talk.thread)) == 2 and calls(talk.other, talk.there) == []


async def test_R111_quiet_hours_let_notices_wait_and_gather_them(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody calls Olga in her quiet hours; at their end she has one message, where she works."""
    later = Later(house, monkeypatch)
    start_bot(house, "olga")
    now = datetime.now(UTC)
    end = now + timedelta(hours=3)
    assert house.app is not None
    view = house.desk(platform)
    actor = Actor(platform, str(view.user("olga")), "command")  # type: ignore[attr-defined]
    words = f"quiet {now - timedelta(hours=1):%H:%M}-{end:%H:%M} UTC"
    answer = await house.app.store.write(lambda tx: said(tx, actor, words))
    assert answer.text.startswith("Quiet hours:"), answer
    talk = await begin_taken(house, platform)
    await later.pass_by(60)
    house.client_says("are you there?")
    await later.pass_by(60)
    house.client_says("still there?")
    await later.pass_by(1)
    assert calls(talk.mine, talk.thread) == [] == [one for one in in_private(talk.mine, "olga") if "writes again" in one]
    await later.pass_by(62)
    await house.until(lambda: [one.count("Ann Lee writes again.") for one in in_private(talk.mine, "olga") if "🔔" in one] == [2])
    assert not any("🔔" in one for one in in_private(talk.other, "olga"))


async def test_R111_who_cannot_be_told_on_one_platform_is_told_on_the_other(
    cold_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Olga worked in Telegram last but never started the bot there: Slack takes over."""
    house = cold_house
    await house.start()
    later = Later(house, monkeypatch)
    talk = await begin_taken(house, "telegram")
    await talk.types("olga", "pin")
    await talk.presses("olga", "Close")
    await later.pass_by(1)
    house.client_says("me again")
    words = "📌 Ann Lee is pinned to you and writes again. The conversation is in your inbox."
    await house.until(lambda: sum(words in one for one in in_private(house.slack, "olga")) == 1)
    await house.settled()
    assert sum(words in one for one in in_private(house.slack, "olga")) == 1


async def test_R55_R111_who_is_given_a_conversation_is_called_in_its_thread(house: House, platform: str) -> None:
    talk, who = await begin_taken(house, platform), COLLEAGUE[platform]
    start_bot(house, *(["boris"] if platform == "telegram" else []))
    name = {"ben": "Ben", "boris": "Boris"}[who]
    await talk.types("olga", f"assign {name}")
    await house.until(lambda: str(talk.mine.user(who)) in {person for person, _ in calls(talk.mine, talk.thread)})
    await house.until(lambda: any("passed the conversation with Ann Lee on to you" in one for one in in_private(talk.mine, who)))
