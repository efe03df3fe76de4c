"""A canned response that bears a file, from either desk: made, sent in every way, held, refused, taken away (R44)."""

from __future__ import annotations

from typing import Any

from bot.store import retention
from bot.store.tables import canned, file, file_chunk
from bot.store.uow import Tx
from tests.road.house import House
from tests.road.talk import COLLEAGUE, HOLDER, Talk, begin_taken
from tests.road.test_canned import FILLED, GREETING, said, shows
from tests.road.test_files_slack import PDF, client_files

PRICES: dict[str, Any] = {"name": "prices.pdf", "content": PDF}
HOURS: dict[str, Any] = {"name": "../../hours.txt", "content": b"From 9 to 5.\n"}


async def keep_with(talk: Talk, title: str, body: str, sent: dict[str, Any], who: str = HOLDER) -> str:
    """Make one with a file at one's own desk."""
    await talk.mine.desk_says(who, "templates")
    await talk.mine.desk_presses(who, "New")
    return await talk.mine.fills(who, "", title=title, body=body, file=sent)


async def listed(talk: Talk, who: str = HOLDER) -> tuple[str, list[str]]:
    """The list of canned responses: its words and buttons."""
    if talk.mine.platform == "slack":
        await talk.house.slack.closes(who)
    await talk.mine.desk_says(who, "templates")
    lines, buttons = await talk.mine.desk_screen(who)
    return " ".join(lines), buttons


async def rows(house: House) -> tuple[int, int, int]:
    """Files of canned responses, all files, all pieces in the store."""
    assert house.app is not None

    def count(tx: Tx) -> tuple[int, int, int]:
        own = tx.execute(file.select().where(file.c.conversation_id.is_(None))).all()
        return len(own), len(tx.execute(file.select()).all()), len(tx.execute(file_chunk.select()).all())

    return await house.app.store.read(count)


async def got(talk: Talk, *files: tuple[str, bytes, str]) -> None:
    """The client gets these, name, bytes and words, and nothing else twice."""
    await talk.house.until(lambda: len(client_files(talk.house)) >= len(files))
    await talk.house.settled()
    assert client_files(talk.house) == list(files)


def desk_files(talk: Talk) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    """Names and bytes of what the threads on Slack and on Telegram show."""
    house = talk.house
    slack_thread, topic = (talk.thread, talk.there) if talk.mine.platform == "slack" else (talk.there, talk.thread)
    said = house.box.telegram.messages(chat=house.telegram.chat, thread=int(topic))
    documents = [one["document"] for one in said if "document" in one]
    return (
        [(name, content) for name, content, _ in house.slack.files(slack_thread)],
        [(one["file_name"], house.box.telegram.files[one["file_id"]].content) for one in documents],
    )


async def test_R44_a_file_goes_with_the_words_and_shows_on_every_desk(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    assert "Saved." in await keep_with(talk, "Greet", GREETING, PRICES)
    words, _ = await listed(talk)
    assert "📎 prices.pdf (391 kB)" in words
    post = talk.says(HOLDER, "\\greet")
    await got(talk, ("prices.pdf", PDF, FILLED))
    await house.until(lambda: desk_files(talk) == ([("prices.pdf", PDF)], [("prices.pdf", PDF)]))
    await talk.marked(post, "accepted")
    assert shows(talk.lines(), FILLED) == 1 == shows(talk.copies(), FILLED)


async def test_R40_R44_stacked_files_go_in_order_and_long_words_before_them(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await keep_with(talk, "Prices", "Our prices. " * 60, PRICES)
    await keep_with(talk, "Hours", "From 9 to 5. " * 40, HOURS)
    talk.says(HOLDER, "\\prices \\hours thanks")
    await got(talk, ("prices.pdf", PDF, ""), ("hours.txt", HOURS["content"], ""))
    words, *after = house.client_sees()
    assert words.endswith("thanks") and len(after) == 2
    await house.until(lambda: [len(files) for files in desk_files(talk)] == [2, 2])


async def test_R40_R44_chosen_the_preview_names_the_file(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await keep_with(talk, "Greet", GREETING, PRICES)
    if platform == "slack":
        await house.slack.closes(HOLDER)
    await talk.mine.chooses(HOLDER, talk.thread, "Canned")
    shown = await talk.mine.fills(HOLDER, talk.thread, pick="📎 Greet — Hello {client}, this is {operator} of {group}.")
    assert FILLED in shown and "📎 prices.pdf (391 kB)" in shown
    assert house.client_sees() == []
    await (house.slack.presses_in_modal(HOLDER, "Send") if platform == "slack" else talk.presses(HOLDER, "Send"))
    await got(talk, ("prices.pdf", PDF, FILLED))
    await house.until(lambda: desk_files(talk) == ([("prices.pdf", PDF)], [("prices.pdf", PDF)]))


async def test_F60_R44_kept_through_edits_replaced_removed_and_gone_with_deletion(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await keep_with(talk, "Greet", GREETING, PRICES)
    await listed(talk)
    await talk.mine.desk_presses(HOLDER, "Change…")
    assert "Saved." in await talk.mine.fills(HOLDER, "", body="Hello again")
    assert "prices.pdf" in (await listed(talk))[0]
    await talk.mine.desk_presses(HOLDER, "Change…")
    assert "Saved." in await talk.mine.fills(HOLDER, "", file=HOURS)
    words, _ = await listed(talk)
    assert "hours.txt" in words and "prices.pdf" not in words and (await rows(house))[0] == 1
    talk.says(HOLDER, "\\greet")
    await got(talk, ("hours.txt", HOURS["content"], "Hello again"))
    await talk.mine.desk_presses(HOLDER, "Remove file")
    words, buttons = await listed(talk)
    assert "hours.txt" not in words and "Remove file" not in buttons
    assert await rows(house) == (0, 1, 1), "what was sent stays in its conversation"
    await talk.mine.desk_presses(HOLDER, "Change…")
    await talk.mine.fills(HOLDER, "", file=PRICES)
    await listed(talk)
    await talk.mine.desk_presses(HOLDER, "Delete…")
    assert "Deleted." in await talk.mine.desk_presses(HOLDER, "Delete")
    assert await rows(house) == (0, 1, 1)


async def test_R44_a_file_too_large_is_refused_beside_its_field(cold_house: House, platform: str) -> None:
    cold_house.env["RELAYDESK_FILES__LARGEST_MB"] = "1"
    await cold_house.start()
    talk = await begin_taken(cold_house, platform)
    told = await keep_with(talk, "Greet", GREETING, {**PRICES, "size": 2 << 20})
    assert told == "Too large to be kept here: at most 1 MB. Nothing was saved."
    assert await rows(cold_house) == (0, 0, 0)


async def test_F58_R44_a_program_is_refused_in_private_and_nothing_is_sent(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    assert "Saved." in await keep_with(talk, "Greet", GREETING, {"name": "prices.pdf", "content": b"MZ" + bytes(5000)})
    await house.until(lambda: any("prices.pdf could not be kept" in one for one in talk.mine.private(HOLDER)))
    assert "Programs are not passed on here." in (await listed(talk))[0]
    assert "so nothing was sent" in await said(talk, "\\greet")
    assert house.client_sees() == []


async def test_R25_R44_held_it_goes_with_its_file_when_the_author_says_so(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    colleague = COLLEAGUE[platform]
    await keep_with(talk, "Greet", GREETING, PRICES, colleague)
    post = talk.says(colleague, "\\greet")
    await talk.marked(post, "held")
    await talk.asked(colleague)
    assert "📎 prices.pdf (391 kB)" in talk.mine.told(colleague)[-1]
    assert house.client_sees() == []
    await talk.presses(colleague, "Take over and send")
    await house.until(lambda: client_files(house))
    await house.settled()
    assert [(name, content) for name, content, _ in client_files(house)] == [("prices.pdf", PDF)]
    assert len(house.client_sees()) == 1


async def test_R40_R44_R60_inline_with_its_file_and_a_reply_that_tags(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    view, telegram = house.telegram, house.box.telegram
    await keep_with(talk, "Greet", GREETING, PRICES)
    offer = await telegram.inline(view.user(HOLDER), view.bot, "gre")
    assert [one["title"][:7] for one in offer["results"]] == ["📎 Greet"]
    chosen = offer["results"][0]["id"]
    telegram.choose_inline(view.user(HOLDER), view.bot, offer["id"], chosen, chat=view.chat, thread=int(talk.thread))
    await got(talk, ("prices.pdf", PDF, FILLED))
    house.client_says("too dear")
    await house.until(lambda: "too dear" in talk.lines()[-1])
    await house.settled()  # until then nobody but Telegram knows the post that is answered
    view.replies(HOLDER, talk.thread, "/tag refund", view.posts(talk.thread)[-1]["message_id"])
    await house.until(lambda: any("Tagged 1 message" in one for one in view.told(HOLDER)))
    await house.settled()
    assert len(client_files(house)) == 1


async def test_R44_the_sweeps_take_no_file_that_a_canned_response_bears(house: House) -> None:
    talk = await begin_taken(house, "slack")
    await keep_with(talk, "Greet", GREETING, HOURS)
    assert house.app is not None
    house.ahead = 400 * 24 * 3600.0
    await house.app.store.write(retention.sweep)
    assert await rows(house) == (1, 1, 1)

    def forget(tx: Tx) -> None:
        tx.execute(canned.update().values(file_id=None))
        retention.sweep(tx)

    await house.app.store.write(forget)
    assert await rows(house) == (0, 0, 0)


async def test_R44_words_are_no_file(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    await talk.mine.desk_says(HOLDER, "templates")
    await talk.mine.desk_presses(HOLDER, "New")
    for words in ("Greet", "Hello", "words instead"):
        house.box.telegram.send(user=house.telegram.user(HOLDER), chat=house.telegram.bot, text=words)
        await house.settled()
    await house.until(lambda: "Please send a file." in house.telegram.private_posts(HOLDER)[-1]["text"])
    assert "Saved." in await talk.mine.fills(HOLDER, "", file=HOURS)
    assert "hours.txt" in (await listed(talk))[0]
