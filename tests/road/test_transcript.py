"""The correspondence by e-mail, played from both desks through a real SMTP server (R64, F55)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bot.handlers.mail.compose import FILES_MOST
from bot.store import buckets, lanes
from bot.store.uow import Tx
from tests.road.house import House
from tests.road.talk import COLLEAGUE, PREFIX, Talk, begin, begin_taken
from tests.road.test_files_slack import PDF, client_sends

BEN = "ben@northwind.example"


async def letters(house: House, number: int = 1) -> list[dict[str, Any]]:
    await house.until(lambda: len(house.box.mailbox.letters) >= number)
    await house.settled()
    assert len(house.box.mailbox.letters) == number
    return house.box.mailbox.letters


async def told(talk: Talk, who: str, words: str) -> str:
    """Wait until he is told this in the thread, him alone."""
    await talk.house.until(lambda: any(words in one for one in talk.mine.told(who)))
    return next(one for one in talk.mine.told(who) if words in one)


def typed(talk: Talk, address: str) -> str:
    """An address as the desk's own program hands on what was typed: Slack makes a link of it."""
    return f"<mailto:{address}|{address}>" if talk.mine.platform == "slack" else address


async def asks(talk: Talk, who: str, words: str, answer: str) -> None:
    """Type it and wait for this answer, but not until the letter has gone."""
    talk.says(who, f"{PREFIX[talk.mine.platform]}{words}")
    await told(talk, who, answer)


async def come_due(house: House) -> None:
    """As if the pause were over."""
    assert house.app is not None

    def hurry(tx: Tx) -> None:
        buckets.lift(tx, "mail:")
        lanes.hurry(tx, "mail")
        tx.wake.add("outbox")

    await house.app.store.write(hurry)


async def test_R64_the_whole_correspondence_from_the_menu(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    who = COLLEAGUE[platform]
    talk.says("olga", "how can I help?")
    talk.says(who, "note: be nice")
    talk.says(who, "not mine to say")
    await talk.asked(who)
    await house.until(lambda: house.client_sees())
    desk = house.desk(platform)
    assert "Send to Email" in await desk.chooses("olga", talk.thread, "Send to Email…")
    assert f"On its way to {BEN}." in await desk.fills("olga", talk.thread, to=BEN, subject="About Ann")
    (letter,) = await letters(house)
    assert (letter["to"], letter["subject"], letter["from"]) == ([BEN], "About Ann", "desk@northwind.example")
    for part in (letter["text"], letter["html"]):
        assert "hello" in part and "how can I help?" in part and "Ann Lee" in part and "Olga Ivanova" in part and "UTC" in part
        assert "be nice" not in part and "not mine to say" not in part
    assert await told(talk, "olga", f"Sent to {BEN}.") == f"✉️ Sent to {BEN}."
    assert talk.mine.told(who) == [one for one in talk.mine.told(who) if "Sent to" not in one]


async def test_R64_typed_in_the_thread_with_an_address_made_a_link(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    words = await talk.types("olga", f"email {typed(talk, BEN)} The parcel of Ann")
    assert f"On its way to {BEN}." in words
    (letter,) = await letters(house)
    assert letter["subject"] == "The parcel of Ann" and "hello" in letter["text"]


async def test_R64_only_the_messages_it_is_asked_about(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    post = talk.says("olga", "just this one")
    await talk.marked(post, "accepted")
    if platform == "slack":
        assert "Send to Email" in await house.slack.shortcut("olga", post, "email")
        await house.slack.fills("olga", talk.thread, to=BEN)
    else:
        house.telegram.replies("olga", talk.thread, f"/email {BEN}", int(post))
    (letter,) = await letters(house)
    assert "just this one" in letter["text"] and "hello" not in letter["text"]
    assert letter["subject"] == "Conversation with Ann Lee" and "Only some messages" in letter["text"]


async def test_R64_F20_while_the_mail_server_is_down_it_waits_and_is_told(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    await house.box.mailbox.down()
    await asks(talk, "olga", f"email {typed(talk, BEN)}", "On its way")
    waits = await told(talk, "olga", "waits and will be sent")
    assert waits == f"⏳ The mail server does not answer; the transcript for {BEN} waits and will be sent."
    await asks(talk, "olga", "email ada@northwind.example", "waits and will be sent: the mail server does not answer")
    await house.box.mailbox.up()
    await come_due(house)
    assert {one["to"][0] for one in await letters(house, 2)} == {BEN, "ada@northwind.example"}


async def test_R64_a_server_that_puts_off_gets_it_later(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    house.box.faults.add("mail", "rcpt", "error", error="451 4.7.1 Greylisted")
    await asks(talk, "olga", f"email {typed(talk, BEN)}", "On its way")
    assert "asks to come back later (451 4.7.1 Greylisted)" in await told(talk, "olga", "waits and will be sent")
    assert house.box.mailbox.letters == []
    await come_due(house)
    await letters(house)


async def test_R64_a_refused_address_is_told_with_retry(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    house.box.faults.add("mail", "rcpt", "error", error="550 5.1.1 no such user")
    await talk.types("olga", f"email {typed(talk, BEN)}")
    refused = await told(talk, "olga", "❌ Not sent")
    assert refused == f"❌ Not sent to {BEN}. The mail server does not take this address: 550 5.1.1 no such user"
    await talk.presses("olga", "Retry")
    await letters(house)
    await told(talk, "olga", f"Sent to {BEN}.")


async def test_R64_F19_a_broken_connection_may_double_with_the_same_number_and_is_told(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    house.box.faults.add("mail", "send", "drop_after")
    await talk.types("olga", f"email {typed(talk, BEN)}")
    first, second = await letters(house, 2)
    assert first["message_id"] == second["message_id"] and first["date"] == second["date"]
    await house.until(
        lambda: (
            "may arrive twice" in " ".join([*talk.mine.told("olga"), *talk.mine.lines(talk.thread), *talk.mine.private("olga")])
        )
    )


async def test_F55_neither_a_second_header_nor_a_strangers_address(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    assert "A subject is one line" in await talk.types("olga", f"email {typed(talk, BEN)} Hello\nBcc: all@evil.example")
    assert "but not to x@evil.example" in await talk.types("olga", f"email {typed(talk, 'x@evil.example')}")
    desk = house.desk(platform)
    await desk.chooses("olga", talk.thread, "Send to Email…")
    assert "but not to x@evil.example" in await desk.fills("olga", talk.thread, to="x@evil.example")
    await house.settled()
    assert house.box.mailbox.letters == []


async def test_F54_F60_R64_a_clients_file_goes_along_and_his_words_are_inert(house: House, platform: str) -> None:
    talk = await begin(house, platform, "<script>alert(1)</script> [x](javascript:alert(1)) =1+1")
    client = {"user": house.scene.clients["ann"], "chat": house.scene.channel_bot.id}
    content = base64.b64encode(PDF).decode()
    house.box.telegram.send_document(**client, name="../../in\u202evoice?.pdf", content=content, caption="<b>my bill</b>")
    await house.until(lambda: "my bill" in " ".join(talk.lines()))
    await talk.types("olga", f"email {typed(talk, BEN)}")
    (letter,) = await letters(house)
    name, kind, sent = house.box.mailbox.file(1, 0)
    assert (name, kind, sent) == ("invoice_.pdf", "application/pdf", PDF)
    assert "1 file goes with this letter." in letter["text"] and "1 file goes with this letter." in letter["html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in letter["html"] and "&lt;b&gt;my bill&lt;/b&gt;" in letter["html"]
    assert "<script" not in letter["html"] and 'href="javascript' not in letter["html"]
    assert "📎 invoice_.pdf (391 kB)" in letter["text"]


async def test_R64_a_file_too_large_for_a_letter_is_named_instead(house: House) -> None:
    talk = await begin(house, "telegram")
    await client_sends(house, "film.bin", bytes(FILES_MOST + 1), "the film")
    await client_sends(house, "bill.pdf", PDF, mime="application/pdf")
    await house.until(lambda: "the film" in " ".join(talk.lines()))
    await talk.types("olga", f"email {BEN}")
    (letter,) = await letters(house)
    assert [one["name"] for one in letter["files"]] == ["bill.pdf"]
    for part in (letter["text"], letter["html"]):
        assert "1 file goes with this letter." in part and "Too large to go along" in part and "film.bin" in part


async def test_R64_without_a_mail_server_the_verb_says_so(cold_house: House) -> None:
    cold_house.env = {name: value for name, value in cold_house.env.items() if "SMTP" not in name}
    await cold_house.start()
    talk = await begin(cold_house, "telegram")
    assert "RELAYDESK_SMTP__HOST" in await talk.types("olga", f"email {BEN}")
    assert cold_house.app is not None and all("mail" not in one.ports for one in cold_house.app.platforms)


@pytest.mark.parametrize("domain", ["acme.example"])
async def test_F55_an_allowed_domain_is_open_to_every_operator(cold_house: House, domain: str) -> None:
    cold_house.env["RELAYDESK_SMTP__ALLOWED_DOMAINS"] = domain
    await cold_house.start()
    talk = await begin(cold_house, "slack")
    assert "On its way" in await talk.types("ben", f"email {typed(talk, f'x@{domain}')}")
    await letters(cold_house)
