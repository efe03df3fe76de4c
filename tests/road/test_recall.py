"""A reply that can be taken back for some seconds (R123)."""

from __future__ import annotations

import pytest

from tests.road.desks import slack_buttons
from tests.road.house import House
from tests.road.later import Later, rule
from tests.road.talk import COLLEAGUE, Talk, begin_taken, choices, forge, journal_of, whispers

HELD = "⏳ This goes to the client in 10 seconds."


async def held(house: House, platform: str, seconds: int = 10) -> Talk:
    """A conversation of a group whose answers wait so long."""
    talk = await begin_taken(house, platform)
    await rule(house, recall_seconds=seconds)
    return talk


async def says(talk: Talk, text: str) -> str:
    """Olga answers; the post, once she is told that it waits."""
    before = len(whispers(talk.mine, "olga"))
    post = talk.says("olga", text)
    await talk.house.until(lambda: len(whispers(talk.mine, "olga")) > before)
    await talk.house.settled()
    return post


def cancel_data(talk: Talk) -> str:
    """What Olga's newest *Cancel* carries."""
    for asked in reversed(whispers(talk.mine, "olga")):
        if talk.mine.platform == "slack" and "Cancel" in dict(slack_buttons(asked)):
            return str(dict(slack_buttons(asked))["Cancel"]["value"])
        for row in (asked.get("reply_markup") or {}).get("inline_keyboard", []):
            for key in row:
                if key["text"] == "Cancel":
                    return str(key["callback_data"])
    raise AssertionError("no Cancel")


async def test_R123_cancelled_nothing_leaves_and_the_words_stay_as_a_note(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, later = await held(house, platform), Later(house, monkeypatch)
    before = talk.copies()
    post = await says(talk, "the wrong words")
    assert HELD in talk.mine.told("olga")[-1] and choices(talk.mine, "olga") == ["Cancel"]
    assert not any(HELD in told for one in ("ben", "ada") for told in house.slack.told(one))
    assert house.client_sees() == [] and talk.copies() == before and talk.mine.mark(talk.thread, post) == ""
    data = cancel_data(talk)
    told = await forge(talk, COLLEAGUE[platform], data)
    assert told == "Only Olga Ivanova, who wrote this text, can decide about it."
    assert "Not sent." in await talk.presses("olga", "Cancel")
    await talk.marked(post, "held")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await later.pass_by(1)
    await talk.marked(await says(talk, "the right words"), "")
    await later.pass_by(1)
    await house.until(lambda: house.client_sees() == ["Olga Ivanova\nthe right words"])
    await house.settled()
    assert "the wrong words" not in " ".join(talk.copies()) and "the right words" in talk.copies()[-1]
    assert await forge(talk, "olga", data) == "This text was already taken back."
    (entry,) = await journal_of(house, "taken back")
    assert entry.who == "Olga Ivanova"


async def test_R123_too_late_is_told_and_order_is_kept_over_a_restart(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, later = await held(house, platform, 50), Later(house, monkeypatch)
    first = await says(talk, "first")
    data = cancel_data(talk)
    second = await says(talk, "second")
    await rule(house)  # the group lets nothing wait any more: the third still follows the second
    third = talk.says("olga", "third")
    house.client_says("a client's words do not wait")
    await house.until(lambda: "do not wait" in " ".join(talk.copies()))
    assert house.client_sees() == [] and "first" not in " ".join(talk.copies())
    await house.stop()
    house.ahead += 60
    await house.start()
    for post in (first, second, third):
        await talk.marked(post, "accepted")
    assert house.client_sees() == [f"Olga Ivanova\n{word}" for word in ("first", "second", "third")]
    await house.settled()
    assert [word for line in talk.copies() for word in ("first", "second") if word in line] == ["first", "second"]
    assert await forge(talk, "olga", data) == "Too late: it has gone already."
    await later.tick()
    assert len(house.client_sees()) == 3


async def test_R123_without_the_setting_nothing_waits_and_nobody_is_asked(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.marked(talk.says("olga", "at once"), "accepted")
    assert house.client_sees() == ["Olga Ivanova\nat once"] and choices(talk.mine, "olga") == []


async def test_R25_R123_a_held_text_that_is_sent_can_be_taken_back_too(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, later = await held(house, platform), Later(house, monkeypatch)
    author = COLLEAGUE[platform]
    post = talk.says(author, "let me answer")
    await talk.asked(author)
    await house.settled()
    await talk.presses(author, "Take over and send")
    await house.until(lambda: choices(talk.mine, author) == ["Cancel"])
    await talk.presses(author, "Cancel")
    await talk.marked(post, "held")
    await later.pass_by(2)
    assert house.client_sees() == [] and "let me answer" not in " ".join(talk.copies())
