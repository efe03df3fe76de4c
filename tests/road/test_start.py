"""Taking, answering, closing: the main road (R10-R17, R22, R24, R26-R31, R34, R36, R120)."""

from __future__ import annotations

from tests.road.house import House


async def test_R22_R100_R120_a_client_appears_on_both_desks_with_the_first_words(house: House) -> None:
    house.client_says("Good morning, where is my order?")
    await house.until(lambda: house.slack.threads() and house.telegram.threads())
    await house.settled()
    for desk in (house.slack, house.telegram):
        assert len(desk.threads()) == 1
        card = desk.card(desk.threads()[0])
        assert "Ann Lee" in card and "Unassigned" in card and "Good morning, where is my order?" in card
        assert desk.buttons(desk.threads()[0]) == ["Start conversation", "Close"]
        assert len(desk.lines(desk.threads()[0])) == 1


async def test_R24_R31_R34_R36_start_and_answer(house: House, platform: str) -> None:
    house.client_says("hello")
    await house.until(lambda: house.slack.threads() and house.telegram.threads())
    await house.settled()
    mine, other = house.desk(platform), house.desk(house.desk(platform).other)
    thread, there = mine.threads()[0], other.threads()[0]
    await mine.presses("olga", thread, "Start conversation")
    await house.until(lambda: "In progress" in mine.card(thread) and "In progress" in other.card(there))
    assert "Olga Ivanova" in mine.card(thread)
    post = mine.says("olga", thread, "Good day!")
    await house.until(lambda: mine.mark(thread, post) == "accepted")
    assert house.client_sees() == ["Olga Ivanova\nGood day!"]
    await house.settled()
    assert [line for line in other.lines(there) if "Good day!" in line and "Olga" in line]
    assert sum("Good day!" in line for line in mine.lines(thread)) == 1
