"""The 24 hours after a client's last words on WhatsApp, and the templates that go outside of them (R94)."""

from __future__ import annotations

from tests.road.house import House
from tests.road.later import rule
from tests.road.talk import COLLEAGUE, HOLDER
from tests.road.whatsapp_hands import DAY, begin_taken_whatsapp, calls, fills_both, open_whatsapp, sees, writes

ORDER = "order_ready (en): Hello {{1}}, your order {{2}} is ready."
FILLED = "Hello Maria, your order 17 is ready.\nNorthwind Shop"


async def test_R94_the_card_says_until_when_in_the_groups_time(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    await rule(house, hours="Mon-Sun 00:00-24:00 Asia/Almaty")
    talk = await begin_taken_whatsapp(house, platform)
    await house.until(lambda: "⏳ free words until" in talk.mine.card(talk.thread) and "+05" in talk.mine.card(talk.thread))
    assert "then a template" in talk.other.card(talk.there)


async def test_R94_free_text_outside_is_held_and_a_template_goes_in_its_place(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform, age=DAY + 60)
    post = talk.says(HOLDER, "are you still there?")
    await talk.marked(post, "held")
    assert await talk.asked(HOLDER) == ["Send a template…", "Keep as note"]
    assert "takes only approved templates now" in talk.mine.told(HOLDER)[-1]
    assert not calls(house, "messages")
    await talk.presses(HOLDER, "Send a template…")
    told = await fills_both(talk.mine, HOLDER, talk.thread, {"approved": ORDER}, {"body0_1": "Maria", "body0_2": "17"})
    assert "Sent to the client." in told
    await house.until(lambda: sees(house) == [FILLED])
    flat = " ".join(FILLED.split())
    await house.until(
        lambda: all(any(flat in " ".join(line.split()) for line in lines) for lines in (talk.lines(), talk.copies()))
    )
    assert calls(house, "messages")[-1]["template"]["language"] == {"code": "en"}


async def test_R94_a_template_without_variables_goes_at_once_and_words_go_again_when_the_client_writes(
    cold_house: House, platform: str
) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform, age=DAY + 60)
    assert "Send a template…" in await talk.mine.menu(HOLDER, talk.thread)
    await talk.mine.chooses(HOLDER, talk.thread, "Send a template…")
    told = await talk.mine.fills(HOLDER, talk.thread, approved="still_there (en): Hello, may we write to you?")
    assert "Sent to the client." in told
    await house.until(lambda: len(sees(house)) == 1)
    writes(house, "yes, please")
    await house.until(lambda: any("yes, please" in line for line in talk.lines()))
    await house.settled()
    post = talk.says(HOLDER, "here it is")
    await talk.marked(post, "delivered")
    assert sees(house)[-1] == "*Olga Ivanova*\nhere it is"


async def test_R94_held_words_of_a_colleague_cannot_be_sent_outside_either(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform, age=DAY + 60)
    await talk.mine.desk_says(HOLDER, "templates")
    post = talk.says(HOLDER, "note: only among us")
    await house.settled()
    assert talk.mine.mark(talk.thread, post) == ""
    assert not calls(house, "messages")


async def test_R25_R94_words_held_in_time_are_not_sent_too_late(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform, age=DAY - 30)
    colleague = COLLEAGUE[platform]
    post = talk.says(colleague, "let me answer")
    await talk.marked(post, "held")
    assert "Take over and send" in await talk.asked(colleague)
    house.ahead += 60
    told = await talk.presses(colleague, "Take over and send")
    assert "takes only approved templates now" in told or "takes only approved templates now" in " ".join(
        talk.mine.told(colleague)
    )
    await house.settled()
    assert not calls(house, "messages")


async def test_R94_R126_doctor_names_the_number_and_counts_the_templates(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house)
    assert house.app is not None
    said = [one.what for one in await house.app.check()]
    assert "WhatsApp number +1 555 010 0000 answers" in said
    assert "WhatsApp: 2 approved templates that can be sent from here" in said
    house.box.whatsapp.world.numbers[house.scene.whatsapp.id].token = "another"
    assert any(one.what == "WhatsApp refuses the token" and not one.ok for one in await house.app.check())
