"""Menus and forms in Telegram topics and in the bot's private chat, and that nothing said to them reaches a client."""

from __future__ import annotations

import pytest

from tests.road.house import House
from tests.road.made_up import MadeUp, made_up
from tests.road.talk import begin_taken
from tests.road.telegram_hands import labels


async def test_a_long_form_is_asked_field_by_field_and_the_topic_stays_clean(house: House, made_up: MadeUp) -> None:  # noqa: F811
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    before = view.lines(talk.thread)
    shown = await view.chooses("olga", talk.thread, "Rename client")
    assert "Rename client  1/4" in shown
    assert "So that all know." in shown
    told = await view.fills("olga", talk.thread, name="Ann  of\nLeeds", Colour="Colour 9", fruit=["Apple", "Cherry"])
    assert "Saved as Ann of Leeds." in told
    assert made_up.got == [{"name": ("Ann of Leeds",), "colour": ("c9",), "fruit": ("fApple", "fCherry"), "why": ()}]
    await house.settled()
    assert view.lines(talk.thread) == before
    assert house.client_sees() == []
    assert [labels(one) for one in view.whispers("olga") if labels(one)] == []


async def test_what_is_wrong_is_asked_again_and_the_rest_is_kept(house: House, made_up: MadeUp) -> None:  # noqa: F811
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    await view.chooses("olga", talk.thread, "Rename client")
    told = await view.fills("olga", talk.thread, name="bad one", colour="Colour 1", fruit="Fig", why="two\nlines")
    assert told == "“bad one” can't be a name."
    told = await view.fills("olga", talk.thread, name="Good")
    assert "Saved as Good." in told
    assert made_up.got == [{"name": ("Good",), "colour": ("c1",), "fruit": ("fFig",), "why": ("two\nlines",)}]
    await talk.types("olga", "remember")
    assert await view.fills("olga", talk.thread, note="x" * 21) == "That is too long. At most 20 characters, please."
    assert "Kept." in await view.fills("olga", talk.thread, note="short")
    assert house.client_sees() == []
