"""The journal as admins read it, and a conversation's history from the menu, played from both desks (R29)."""

from __future__ import annotations

import pytest

from tests.road.house import House
from tests.road.talk import COLLEAGUE, begin_taken, join_telegram


@pytest.fixture
async def with_ada(cold_house: House) -> House:
    """Ada, the admin, is at Telegram too."""
    join_telegram(cold_house, "ada")
    await cold_house.start()
    return cold_house


async def test_R29_admins_see_who_did_what_and_nobody_else_does(with_ada: House, platform: str) -> None:
    talk = await begin_taken(with_ada, platform)
    await talk.presses("olga", "Close")
    desk = with_ada.desk(platform)
    told = await desk.desk_says("ada", "journal")
    where = platform.capitalize()
    for words in ("Olga Ivanova: closed", "Olga Ivanova: started", "Ann Lee: arrived", f"{where} button", "inbox → closed"):
        assert words in told
    told = await desk.desk_says("ada", "journal Olga 1h")
    assert "Olga Ivanova: closed" in told and "arrived" not in told
    assert "right “super_admin”" in await desk.desk_says(COLLEAGUE[platform], "journal")


async def test_R29_pages_and_the_filter(with_ada: House, platform: str) -> None:
    talk = await begin_taken(with_ada, platform)
    for label in ("Close", "Start conversation") * 6:
        await talk.presses("olga", label)
    desk = with_ada.desk(platform)
    await desk.desk_says("ada", "journal")
    older = await desk.desk_presses("ada", "Older")
    assert "Ann Lee: arrived" in older
    await desk.desk_presses("ada", "Filter…")
    shown = await desk.fills("ada", "", person="Olga Ivanova", since="Today")
    assert "Olga Ivanova: started" in shown and "arrived" not in shown


async def test_R29_the_history_of_a_conversation_is_paged_from_the_menu(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    for label in ("Close", "Start conversation") * 6:
        await talk.presses("olga", label)
    desk = house.desk(platform)
    shown = await desk.chooses("olga", talk.thread, "History")
    assert "Olga Ivanova: started" in shown and "arrived" not in shown
