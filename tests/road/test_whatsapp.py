"""WhatsApp, played from either desk: words, files, quotes, reactions, receipts, and what its webhook may bring (R101)."""

from __future__ import annotations

from tests.road.house import House
from tests.road.talk import HOLDER
from tests.road.whatsapp_hands import begin_taken_whatsapp, begin_whatsapp, chat, open_whatsapp, sees, writes


async def test_R101_R31_words_both_ways_under_the_name(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform, text="*hello*, is _it_ ~there~ `yet`?")
    assert "hello, is it there yet?" in talk.mine.card(talk.thread)
    assert "🟩" in talk.mine.card(talk.thread)
    assert "Maria Silva" in talk.mine.card(talk.thread)
    post = talk.says(HOLDER, "Yes, it is")
    await house.until(lambda: sees(house) == ["*Olga Ivanova*\nYes, it is"])
    await talk.marked(post, "delivered")
    await house.until(lambda: any("Yes, it is" in line for line in talk.copies()))
    house.box.whatsapp.read(house.scene.whatsapp_clients["maria"])
    await talk.marked(post, "read")
    writes(house, "thanks")
    await house.until(lambda: any("thanks" in line for line in talk.lines()) and any("thanks" in line for line in talk.copies()))


async def test_R101_somebody_without_a_phone_number_is_one_client(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform, text="hi", client="nil")
    writes(house, "me again", "nil")
    await house.until(lambda: any("me again" in line for line in talk.lines()))
    talk.says(HOLDER, "welcome")
    await house.until(lambda: sees(house, "nil") == ["*Olga Ivanova*\nwelcome"])
    assert len(talk.mine.threads()) == 1
    sent = [call[2] for call in house.box.whatsapp.api.calls if call[1] == "messages"]
    assert "to" not in sent[-1]
