"""WhatsApp, played from either desk: words, files, quotes, reactions, receipts, and what its webhook may bring (R101)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.store import inbox
from sandbox.people import Mistake
from tests.road.house import House
from tests.road.talk import HOLDER
from tests.road.whatsapp_hands import (
    PDF,
    PNG,
    begin_taken_whatsapp,
    begin_whatsapp,
    calls,
    chat,
    files_in,
    open_whatsapp,
    react,
    reactions_of,
    sees,
    sends_file,
    writes,
)


async def test_R101_R31_words_both_ways_under_the_name(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform, text="*hello*, is _it_ ~there~ `yet`?")
    assert "hello, is it there yet?" in talk.mine.card(talk.thread).replace("hello ,", "hello,").replace(" ?", "?")
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


async def test_R101_R35_quotes_and_reactions_pass_both_ways(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    maria = house.scene.whatsapp_clients["maria"]
    writes(house, "a second thing")
    await house.until(lambda: any("a second thing" in line for line in talk.lines()))
    await house.settled()
    post = talk.mine.posts(talk.thread)[-1]
    react(talk, HOLDER, post, "👍", "+1")
    await house.until(lambda: chat(house)[1]["reactions"] == {"business": "👍"})
    react(talk, HOLDER, post, "🎉", "tada")  # WhatsApp shows one, and that is the newest
    await house.until(lambda: chat(house)[1]["reactions"] == {"business": "🎉"})
    answer = talk.says(HOLDER, "the answer")
    await house.until(lambda: len(sees(house)) == 1)
    await talk.marked(answer, "delivered")
    theirs = chat(house)[-1]["id"]
    house.box.whatsapp.send(maria, "to that", reply_to=theirs)
    await house.until(lambda: any("to that" in line for line in talk.copies()))
    house.box.whatsapp.react(maria, theirs, "🎉")
    await house.until(lambda: reactions_of(talk, answer) & {"🎉", "tada"})
    house.box.whatsapp.react(maria, theirs)
    await house.until(lambda: not reactions_of(talk, answer) & {"🎉", "tada"})


async def test_R101_R35_an_answer_quotes_the_message_it_is_to(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, "telegram")
    writes(house, "which one?")
    await house.until(lambda: any("which one?" in line for line in talk.lines()))
    await house.settled()
    post = talk.mine.posts(talk.thread)[-1]
    view = house.telegram
    view.telegram.send(
        user=view.user(HOLDER), chat=view.chat, text="the red one", thread=int(talk.thread), reply_to=post["message_id"]
    )
    await house.until(lambda: len(sees(house)) == 1)
    assert chat(house)[-1]["reply_to"] == chat(house)[1]["id"]


async def test_R101_R32_F56_files_both_ways_by_their_bytes(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    maria = house.scene.whatsapp_clients["maria"]
    house.box.whatsapp.send(maria, "my *bill*", kind="document", content=PDF, mime="application/pdf", name="bill.pdf")
    house.box.whatsapp.send(maria, kind="image", content=PNG, mime="image/png")
    await house.until(lambda: len(files_in(talk)) == 2 == len(files_in(talk, there=True)))
    assert [content for _, content in files_in(talk)] == [PDF, PNG] == [content for _, content in files_in(talk, there=True)]
    assert files_in(talk)[0][0] == "bill.pdf"
    post = sends_file(talk, HOLDER, "offer.pdf", "application/pdf", PDF[:-1] + b"x", "our offer")
    await house.until(lambda: len(sees(house)) == 1)
    got = chat(house)[-1]
    assert (got["type"], got["file"]["name"], got["text"]) == ("document", "offer.pdf", "*Olga Ivanova*\nour offer")
    assert house.box.whatsapp.world.media[got["file"]["id"]].content == PDF[:-1] + b"x"
    await talk.marked(post, "delivered")
    shown = json.dumps([house.slack.posts(thread) for thread in house.slack.threads()], default=str)
    assert house.scene.whatsapp.token not in shown
    assert "/whatsapp/media/" not in shown


async def test_R101_R32_R104_a_type_whatsapp_does_not_take_is_refused_with_the_reason(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    before = len(talk.mine.told(HOLDER))
    sends_file(talk, HOLDER, "all.zip", "application/zip", b"PK\x03\x04" + b"x" * 3000)
    await house.until(lambda: "WhatsApp does not take files of this type" in " ".join(talk.mine.told(HOLDER)[before:]))
    assert sees(house) == []
    assert not calls(house, "upload")


async def test_F38_R33_what_whatsapp_cannot_change_follows_and_deletions_are_told(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    post = talk.says(HOLDER, "it costs 5")
    await house.until(lambda: len(sees(house)) == 1)
    await talk.marked(post, "delivered")
    if platform == "slack":
        house.slack.edits(HOLDER, talk.thread, post, "it costs 6")
    else:
        view = house.telegram
        view.telegram.edit(user=view.user(HOLDER), chat=view.chat, message_id=int(post), text="it costs 6")
    await house.until(lambda: len(sees(house)) == 2)
    assert sees(house)[1] == "*Olga Ivanova*\n✏️\nit costs 6"
    assert chat(house)[-1]["reply_to"] == chat(house)[-2]["id"]
    await house.until(lambda: any("WhatsApp can't change what was sent" in one for one in talk.mine.told(HOLDER)))
    if platform == "slack":
        house.slack.deletes(HOLDER, talk.thread, post)
        await house.until(lambda: any("The client still sees this message" in one for one in talk.mine.told(HOLDER)))


async def test_F9_R34_receipts_in_any_order_and_repeated(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    whatsapp = house.box.whatsapp
    talk = await begin_taken_whatsapp(house, platform)
    whatsapp.receipts = "accepted"
    post = talk.says(HOLDER, "one")
    await house.until(lambda: calls(house, "messages"))
    await talk.marked(post, "accepted")
    wamid = next(one.id for one in whatsapp.world.said.values() if not one.mine)
    whatsapp.hold()
    for step in ("sent", "delivered", "read"):
        whatsapp.step(wamid, step)
    whatsapp.release(shuffled=True, twice=True)
    await talk.marked(post, "read")
    await house.settled()
    await talk.marked(post, "read")
    assert all(status == 200 for _, status in whatsapp.webhooks.sent)


async def test_F9_R34_a_receipt_before_the_answer_is_not_lost(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    house.box.faults.add("whatsapp", "messages", "drop_after")
    post = talk.says(HOLDER, "one")
    await talk.marked(post, "delivered")


async def test_R34_F33_a_failure_is_told_in_words_and_can_be_tried_again(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    maria = house.box.whatsapp.world.people[house.scene.whatsapp_clients["maria"]]
    maria.on_whatsapp = False
    post = talk.says(HOLDER, "are you there?")
    await talk.marked(post, "failed")
    await house.until(lambda: any("The number is not on WhatsApp" in line for line in talk.lines()))
    maria.on_whatsapp = True
    notice = next(one for one in talk.mine.posts(talk.thread) if "not on WhatsApp" in str(one))
    await talk.mine.presses(HOLDER, talk.thread, "Retry", str(notice.get("ts") or notice["message_id"]))
    await house.until(lambda: sees(house) == ["*Olga Ivanova*\nare you there?"])
    await talk.marked(post, "delivered")


async def test_F7_F8_one_bad_part_of_a_batch_takes_nobody_with_it(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    whatsapp = house.box.whatsapp
    whatsapp.hold()
    writes(house, "first")
    for part in ({"messages": ["?"]}, {"messages": [{"type": "text"}]}, {"statuses": [{"status": 5}]}, {"messages": {"a": 1}}):
        whatsapp.inject(part)
    user = whatsapp.world.people[house.scene.whatsapp_clients["maria"]].user_id
    whatsapp.inject({"messages": [{"id": "wamid.X", "from_user_id": user, "timestamp": "soon", "type": "hologram"}]})
    writes(house, "last")
    whatsapp.release(twice=True)
    await house.until(lambda: house.slack.threads())
    await house.settled()
    desk = house.desk(platform)
    said = [desk.card(desk.threads()[0]), *desk.lines(desk.threads()[0])]
    assert sum("first" in one for one in said[:1]) == 1
    assert sum("can't pass this message on: hologram" in one for one in said) == 1
    assert sum("last" in one for one in said) == 1
    assert house.app is not None
    assert (await house.app.store.read(inbox.counts))["dead"] == 3


async def test_F65_only_what_is_signed_and_knows_the_token_gets_in(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house)
    whatsapp = house.box.whatsapp
    number = whatsapp.world.numbers[house.scene.whatsapp.id]
    body = b'{"object":"whatsapp_business_account","entry":[]}'
    for signature in (
        "",
        "sha256=",
        "sha256=00",
        "sha256=zz",
        "sha1=" + "0" * 40,
        "sha256=" + "0" * 64,
        "\u00e9".encode().decode("latin-1"),
    ):
        assert not await whatsapp.webhooks.post(number, body, signature=signature)
    assert {status for _, status in whatsapp.webhooks.sent} <= {200, 401}
    assert sum(status == 401 for _, status in whatsapp.webhooks.sent) == 7
    assert await whatsapp.webhooks.post(number, b"{cut")
    assert await whatsapp.webhooks.post(number, b"[1]")
    with pytest.raises(Mistake, match="couldn't be validated"):
        await whatsapp.set_webhook(number.url, "guessed")


async def test_R101_a_new_number_leads_to_the_same_conversation(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    maria = house.scene.whatsapp_clients["maria"]
    house.box.whatsapp.change_number(maria, "+4915112349999")
    await house.until(lambda: any("another number" in line for line in talk.lines()))
    post = talk.says(HOLDER, "hello again")
    await house.until(lambda: len(sees(house)) == 1)
    await talk.marked(post, "delivered")
    writes(house, "it is me")
    await house.until(lambda: any("it is me" in line for line in talk.lines()))
    assert len(talk.mine.threads()) == 1


async def test_R101_a_number_given_to_somebody_else_is_somebody_else(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_whatsapp(house, platform)
    house.scene.whatsapp_clients["heir"] = house.box.whatsapp.add_person(name="Heir", phone="+4915112340001")["id"]
    writes(house, "I am new here", "heir")
    await house.until(lambda: len(talk.mine.threads()) == 2 == len(talk.other.threads()))
    assert not any("I am new here" in line for line in talk.lines())


async def test_F57_R32_a_files_address_outside_of_whatsapp_is_not_asked(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_whatsapp(house, "slack")
    house.box.whatsapp.base_url = "http://127.0.0.1:9"
    house.box.whatsapp.send(house.scene.whatsapp_clients["maria"], kind="image", content=PNG, mime="image/png")
    await house.until(lambda: any("It was not fetched" in line for line in talk.lines()))


async def test_R121_F31_the_limit_for_one_client_delays_and_loses_nothing(cold_house: House, platform: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_taken_whatsapp(house, platform)
    house.box.faults.add("whatsapp", "messages", "error", error="131056")
    for number in range(5):
        talk.says(HOLDER, f"line {number}")
    await house.until(lambda: any(code == 131056 for _, _, _, code in house.box.whatsapp.api.calls))
    house.ahead += 10
    await house.until(lambda: len(sees(house)) == 5)
    assert sees(house) == [f"*Olga Ivanova*\nline {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"type": "location", "wire": {"latitude": 1.5, "longitude": 2.5, "name": "Office"}}, "📍 Office"),
        ({"type": "button", "wire": {"text": "Yes, please", "payload": "yes"}}, "Yes, please"),
        (
            {"type": "interactive", "wire": {"type": "list_reply", "list_reply": {"id": "1", "title": "The blue one"}}},
            "The blue one",
        ),
        ({"type": "unsupported", "wire": {}}, "can't pass this message on"),
    ],
)
async def test_R101_what_is_no_text_is_told_in_words(cold_house: House, sent: dict[str, Any], words: str) -> None:
    house = cold_house
    await open_whatsapp(house)
    house.box.whatsapp.send(house.scene.whatsapp_clients["maria"], kind=sent["type"], wire=sent["wire"])
    await house.until(lambda: house.slack.threads())
    assert words in house.slack.card(house.slack.threads()[0])


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "The file is empty"),
        (b"MZ" + b"\0" * 300, "bill.pdf.exe", "Programs are not passed on"),
        (b"x" * (2 << 20), "big.pdf", "larger than 1 MB"),
    ],
)
async def test_F58_F60_R32_a_clients_bad_file_is_told_of_in_its_place(
    cold_house: House, content: bytes, name: str, words: str
) -> None:
    house = cold_house
    await open_whatsapp(house, RELAYDESK_FILES__LARGEST_MB="1")
    talk = await begin_whatsapp(house, "slack")
    maria = house.scene.whatsapp_clients["maria"]
    house.box.whatsapp.send(maria, "look", kind="document", content=content, mime="application/pdf", name=name)
    await house.until(lambda: any(words in line and "look" in line for line in talk.lines()))
    writes(house, "and this?")
    await house.until(lambda: any("and this?" in line for line in talk.copies()))


async def test_F17_R32_a_file_that_could_not_be_had_at_once_comes_later(cold_house: House) -> None:
    house = cold_house
    await open_whatsapp(house)
    talk = await begin_whatsapp(house, "slack")
    house.box.faults.add("whatsapp", "get", "status", status=500, body="{}")
    maria = house.scene.whatsapp_clients["maria"]
    house.box.whatsapp.send(maria, kind="document", content=PDF, mime="application/pdf", name="bill.pdf")
    await house.until(lambda: calls(house, "get"))
    house.ahead += 10
    await house.until(lambda: files_in(talk) == [("bill.pdf", PDF)])
