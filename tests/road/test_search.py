"""Search where the operator is: ``/desk search`` in Slack, ``/search`` to the bot in Telegram (R85, R86)."""

from __future__ import annotations

from tests.road.house import House
from tests.road.talk import COLLEAGUE, HOLDER, begin, views


async def test_R85_R86_clients_and_words_are_found_by_whom_they_concern(house: House, platform: str) -> None:
    desk, _ = views(house, platform)
    who = COLLEAGUE[platform]
    talk = await begin(house, platform, "Где мой заказ? Ёлка так и не пришла, а Straße стоит")
    await talk.presses(HOLDER, "Start conversation")
    house.client_says("I want a refund", "karim")
    await house.until(lambda: len(desk.threads()) == 2)
    await house.settled()
    await desk.desk_says(HOLDER, "search елк")
    lines, buttons = await desk.desk_screen(HOLDER)
    (row,) = [line for line in lines if "Ann" in line]
    assert "Где мой заказ? Ёлка" in row and "Preview" in buttons
    assert "Ann" in await desk.desk_says(HOLDER, "search STRASS заказ")
    assert "Карим" in await desk.desk_says(who, "search карим")  # waits for anybody
    assert "Nothing was found" in await desk.desk_says(who, "search елка")  # Olga's, and no right to All
    assert "Nothing was found" in await desk.desk_says(HOLDER, "search лка")


async def test_R85_two_letters_are_refused_and_words_are_asked_for(house: House, platform: str) -> None:
    desk, _ = views(house, platform)
    who = COLLEAGUE[platform]
    await begin(house, platform, "I want a refund")
    assert "at least 3 letters" in await desk.desk_says(who, "search re")
    await desk.desk_says(who, "search")
    assert "at least 3 letters" in await desk.fills(who, "", words="re")
    await desk.fills(who, "", words="ref")
    lines, _ = await desk.desk_screen(who)
    assert any("I want a refund" in line for line in lines)
