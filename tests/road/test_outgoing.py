"""An operator writes to a client first, on WhatsApp (R90-R93)."""

from __future__ import annotations

import asyncio

from bot.store import approved
from tests.road.house import House
from tests.road.talk import COLLEAGUE, HOLDER, views
from tests.road.whatsapp_hands import begin_taken_whatsapp, calls, fills_both, open_whatsapp, sees, writes

ON = {"RELAYDESK_OUTGOING__ENABLED": "true"}
ORDER = "order_ready (en): Hello {{1}}, your order {{2}} is ready."
STILL = "still_there (en): Hello, may we write to you?"
FILLED = "Hello Pat, your order 17 is ready.\nNorthwind Shop"


def add_pat(house: House, **more: bool) -> None:
    """Somebody who has never written to the house."""
    made = house.box.whatsapp.add_person(name="Pat Jones", phone="+4915112345678", **more)
    house.scene.whatsapp_clients["pat"] = made["id"]


async def test_R90_it_is_nowhere_to_be_seen_unless_it_is_switched_on(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    desk = house.desk(platform)
    assert "outgoing" not in await desk.desk_says(HOLDER, "help")
    answer = await desk.desk_says(HOLDER, "outgoing")
    assert "outgoing" in answer
    assert "Phone number" not in answer


async def test_R91_R92_R93_a_template_to_a_new_number(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house, **ON)
    add_pat(house)
    mine, other = views(house, platform)
    who = COLLEAGUE[platform] if platform == "slack" else HOLDER
    assert "outgoing" in await mine.desk_says(who, "help")
    await mine.desk_says(who, "outgoing")
    group = {} if who == "ben" else {"group": "🟢 Sales"}
    wrong = await mine.fills(who, "", phone="12345", name="Pat", **group, approved=ORDER)
    assert "That is no phone number" in wrong
    whole = {"phone": "+49 151 12345678"} | ({"name": "Pat", **group, "approved": ORDER} if platform == "slack" else {})
    told = await fills_both(mine, who, "", whole, {"body0_1": "Pat", "body0_2": "17"})
    assert "can't say beforehand" in told
    await house.until(lambda: sees(house, "pat") == [FILLED])
    await house.until(lambda: mine.threads() and other.threads())
    thread, there = mine.threads()[-1], other.threads()[-1]
    flat = " ".join(FILLED.split())
    for view, place in ((mine, thread), (other, there)):
        await house.until(lambda view=view, place=place: any(flat in " ".join(line.split()) for line in view.lines(place)))
        await house.until(lambda view=view, place=place: any("can be reached" in line for line in view.lines(place)))
        assert "🟢 In progress" in view.card(place)
        assert "Pat" in view.card(place)
        assert "the client has not written yet" in view.card(place)
    writes(house, "who is this?", "pat")
    await house.until(lambda: any("who is this?" in line for line in mine.lines(thread)))
    assert len(mine.threads()) == 1 == len(other.threads())
    assert calls(house, "messages")[0]["to"] == "4915112345678"


async def test_R91_who_is_not_on_whatsapp_is_told_by_the_first_send(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house, **ON)
    add_pat(house, on_whatsapp=False)
    mine, _ = views(house, platform)
    await mine.desk_says(HOLDER, "outgoing")
    told = await mine.fills(HOLDER, "", phone="+4915112345678", name="Pat", group="🟢 Sales", approved=STILL)
    assert "can't say beforehand" in told
    await house.until(lambda: mine.threads() and any("not on WhatsApp" in line for line in mine.lines(mine.threads()[-1])))


async def test_R92_own_words_only_within_the_window(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house, **ON)
    add_pat(house)
    talk = await begin_taken_whatsapp(house, platform)
    await talk.presses(HOLDER, "Close")
    await house.settled()
    await talk.mine.desk_says(HOLDER, "outgoing")
    refused = await talk.mine.fills(
        HOLDER, "", phone="+4915112345678", name="Pat", group="🟢 Sales", approved="No template", message="hello"
    )
    assert "only within 24 hours" in refused
    assert not calls(house, "messages")
    rest = {"name": "Maria", "group": "🟢 Sales", "approved": "No template"}
    if platform == "telegram":  # the questions begin anew
        await talk.mine.desk_says(HOLDER, "cancel")
        await talk.mine.desk_says(HOLDER, "outgoing")
    await talk.mine.fills(HOLDER, "", phone="+49 151 12340001", message="one more thing", **rest)
    await house.until(lambda: sees(house) == ["*Olga Ivanova*\none more thing"])
    assert len(talk.mine.threads()) == 1


async def test_R91_a_client_of_another_operator_is_not_taken_away(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house, **ON)
    await begin_taken_whatsapp(house, platform, who=COLLEAGUE[platform])
    desk = house.desk(platform)
    await desk.desk_says(HOLDER, "outgoing")
    told = await desk.fills(HOLDER, "", phone="+4915112340001", name="Maria", group="🟢 Sales", approved=STILL)
    assert "already has this conversation" in told
    assert not calls(house, "messages")


async def test_R90_slacks_home_and_global_shortcut_lead_there_too(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house, **ON)
    desk = house.slack
    _, buttons = await desk.home("ben")
    assert "Outgoing message" in buttons
    assert "Outgoing message" in await desk.presses_home("ben", "Outgoing message")
    assert any("Phone number" in line for line in desk.modal("ben")[0]) or desk.modal("ben")[1]
    await desk.closes("ben")
    answer = await desk.slack.shortcut(user=desk.user("ben"), callback_id="outgoing")
    assert answer["ok"]
    await house.until(lambda: desk.modal("ben")[0])
    assert desk.modal("ben")[0][0] == "Outgoing message"


async def test_R90_switched_off_the_home_offers_nothing(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house)
    _, buttons = await house.slack.home("ben")
    assert "Outgoing message" not in buttons
    answer = await house.slack.slack.shortcut(user=house.slack.user("ben"), callback_id="outgoing")
    assert answer is not None
    await house.settled()
    assert "Phone number" not in " ".join(house.slack.modal("ben")[0])


async def test_R92_a_template_that_was_taken_back_is_refused_and_a_draft_goes_once(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house, **ON)
    add_pat(house)
    desk = house.slack
    await desk.desk_says("ben", "outgoing +49 151 12345678")
    shown = await desk.fills("ben", "", name="Pat", approved=ORDER)
    assert "{{1}}" in shown
    business = house.scene.whatsapp.business
    house.box.whatsapp.world.templates[business].clear()
    house.box.whatsapp.add_template("news", "News: {{1}}", status="PAUSED")
    assert house.app is not None
    async with asyncio.timeout(40):
        while await house.app.store.read(approved.everything):
            await asyncio.sleep(0.02)
    told = await desk.fills("ben", "", body0_1="Pat", body0_2="17")
    assert "approved no more" in told
    assert not calls(house, "messages")
