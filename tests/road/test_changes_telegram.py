"""Edits, deletions, quotes, reactions, fates and typing between clients in Telegram and operators in its topics."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.commands.channel import receipt
from bot.store import tables
from tests.road.house import House
from tests.road.later import Later
from tests.road.pictures import PDF, client_files, desk_files
from tests.road.talk import Talk, begin, begin_taken
from tests.road.test_files_telegram import client_sends, sends

Json = dict[str, Any]


class Ann:
    """The client's hands and eyes in her chat with the shop's bot."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._telegram = house.box.telegram
        self.id, self.bot = house.scene.clients["ann"], house.scene.channel_bot.id

    def says(self, text: str, **more: Any) -> int:
        return int(self._house.client_says(text, **more)["message_id"])

    def edits(self, number: int, text: str) -> None:
        self._telegram.edit(user=self.id, chat=self.bot, message_id=number, text=text)

    def reacts(self, number: int, emoji: str | None) -> None:
        self._telegram.react(user=self.id, chat=self.bot, message_id=number, emoji=emoji)

    def sees(self) -> list[Json]:
        """What the bot has written to her."""
        return [one for one in self._telegram.messages(chat=self.bot, user=self.id) if one["from"]["id"] == self.bot]

    def reactions(self, number: int) -> list[str]:
        """The bot's reactions under a message of the chat."""
        said = self._telegram.messages(chat=self.bot, user=self.id)
        return [
            mark["emoji"] for one in said if one["message_id"] == number for mark in one["reactions"] if self.bot in mark["by"]
        ]


def edits(house: House, post: str, text: str, who: str = "olga") -> None:
    """An operator edits a post in the forum."""
    house.box.telegram.edit(user=house.telegram.user(who), chat=house.telegram.chat, message_id=int(post), text=text)


def reacts(house: House, post: str, emoji: str | None, who: str = "olga") -> None:
    """An operator reacts to a post in the forum."""
    house.box.telegram.react(user=house.telegram.user(who), chat=house.telegram.chat, message_id=int(post), emoji=emoji)


def bot_reactions(house: House, post: str) -> list[str]:
    """The bot's reactions under a post of the forum."""
    bot = house.scene.desk_bot.id
    said = house.box.telegram.messages(chat=house.telegram.chat)
    return [mark["emoji"] for one in said if str(one["message_id"]) == post for mark in one["reactions"] if bot in mark["by"]]


async def post_of(talk: Talk, words: str) -> Json:
    """The bot's post in the topic that says this, once it stands there, as a person comes to see it."""

    def found() -> Json | None:
        posts = [one for one in talk.mine.posts(talk.thread) if one["from"]["is_bot"]]
        return next((one for one in posts if words in one.get("text", one.get("caption", ""))), None)

    post: Json = await talk.house.until(found)
    await talk.house.settled()  # the bot knows where it stands
    return post


def client_lines(talk: Talk) -> list[str]:
    """What the client has written, as the topic shows it below the card."""
    return [line.partition("Ann Lee\n")[2] for line in talk.lines() if "Ann Lee\n" in line]


async def test_R33_F38_a_clients_edit_changes_the_post_and_the_card(house: House) -> None:
    ann = Ann(house)
    talk = await begin(house, "telegram", "the frist words")
    first = int(house.box.telegram.messages(chat=ann.bot, user=ann.id)[-1]["message_id"])
    second = ann.says("and the secnod")
    await post_of(talk, "and the secnod")
    posts = len(talk.mine.posts(talk.thread))
    ann.edits(second, "and the second")
    ann.edits(first, "the first words")
    await house.until(lambda: client_lines(talk) == ["and the second"])
    await house.until(lambda: "the first words" in talk.mine.card(talk.thread))
    await house.settled()
    assert len(talk.mine.posts(talk.thread)) == posts


async def test_R33_F38_captions_and_long_texts_change_in_their_place(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    number = client_sends(house, "document", PDF, name="a.pdf", caption="the bil")["message_id"]
    await house.until(lambda: desk_files(house, talk.thread))
    ann.edits(number, "the bill")
    await house.until(lambda: desk_files(house, talk.thread)[0][3] == "Ann Lee\nthe bill")
    long = "\n".join(f"line {number}" for number in range(900))
    post = talk.says("olga", long[:4000])
    await house.until(lambda: len(ann.sees()) == 2)
    assert "line 1\n" in ann.sees()[0]["text"]
    edits(house, post, "short now")
    await house.until(lambda: [one["text"] for one in ann.sees()] == ["Olga Ivanova\nshort now"])
    mine = str(sends(house, talk, "document", PDF, name="b.pdf", caption="yours")["message_id"])
    await house.until(lambda: client_files(house))
    edits(house, mine, "this is yours")
    await house.until(lambda: client_files(house)[0][3] == "Olga Ivanova\nthis is yours")
    await house.settled()
    assert len(ann.sees()) == 2


async def test_F37_an_edit_before_the_delivery_goes_as_one_post(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    house.box.faults.add("telegram", "sendMessage", "rate_limit", seconds=1, match={"chat_id": ann.id})
    post = talk.says("olga", "helo")
    await house.until(lambda: house.box.telegram.counts["sendMessage", False])
    edits(house, post, "hello")
    await house.until(ann.sees)
    await house.settled()
    assert [(one["text"], "edit_date" in one) for one in ann.sees()] == [("Olga Ivanova\nhello", False)]


async def test_F40_the_same_edit_again_and_an_older_one_change_nothing(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    number = ann.says("one")
    await post_of(talk, "one")
    ann.edits(number, "two")
    ann.edits(number, "three")
    await house.until(lambda: client_lines(talk) == ["three"])
    box = house.box.telegram.bot(ann.bot).mailbox
    older = {"edited_message": {**house.box.telegram.messages(chat=ann.bot, user=ann.id)[-1], "text": "old", "edit_date": 5}}
    for update in [*box.history][-2:]:
        house.box.telegram.redeliver(update.id, ann.bot)
    box.add_object(older)
    ann.says("next")
    await post_of(talk, "next")
    assert client_lines(talk) == ["three", "next"]


async def test_R33_F39_an_operator_takes_back_what_he_wrote(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    post = talk.says("olga", "a mistake")
    await house.until(ann.sees)
    house.telegram.replies("olga", talk.thread, "/delete", int(post))
    await house.until(lambda: not ann.sees())
    await house.settled()
    assert not any("a mistake" in line for line in talk.lines())
    assert house.telegram.told("olga")[-1] == "Deleted, here and for the client."
    house.box.faults.add("telegram", "sendMessage", "rate_limit", seconds=1, match={"chat_id": ann.id})
    refused = house.box.telegram.counts["sendMessage", False]
    post = talk.says("olga", "too quick")
    await house.until(lambda: house.box.telegram.counts["sendMessage", False] > refused)
    house.telegram.replies("olga", talk.thread, "/delete", int(post))
    await house.until(lambda: not any("too quick" in line for line in talk.lines()))
    talk.says("olga", "better")
    await house.until(ann.sees)
    assert [one["text"] for one in ann.sees()] == ["Olga Ivanova\nbetter"]


async def test_R33_only_the_author_may_and_after_two_days_he_reads_what_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, later = Ann(house), Later(house, monkeypatch)
    talk = await begin_taken(house, "telegram")
    post = talk.says("olga", "I promise")
    await house.until(ann.sees)
    house.telegram.replies("boris", talk.thread, "/delete", int(post))
    await house.until(lambda: house.telegram.told("boris"))
    assert house.telegram.told("boris")[-1] == "Only Olga Ivanova, who wrote this message, can do that."
    await later.pass_by(49 * 60)
    before = len(house.telegram.told("olga"))
    house.telegram.replies("olga", talk.thread, "/delete", int(post))
    await house.until(lambda: len(house.telegram.told("olga")) > before)
    told = house.telegram.told("olga")[-1]
    assert told == "Telegram bot takes a message back only within 48 hours. The client still sees this message."
    assert [one["text"] for one in ann.sees()] == ["Olga Ivanova\nI promise"]


async def test_F44_a_change_of_what_nobody_knows_is_answered(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    await house.stop()
    post = talk.says("olga", "while you slept")
    box = house.box.telegram.bot(house.scene.desk_bot.id).mailbox
    box.queue.clear()  # older than Telegram keeps updates
    await house.start()
    edits(house, post, "other words")
    await house.until(lambda: house.telegram.told("olga"))
    assert "I don't know this message any more" in house.telegram.told("olga")[-1]
    assert house.client_sees() == []


async def test_R33_a_note_stays_one_and_an_answer_becomes_none(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    note = talk.says("olga", "note: she is right")
    post = talk.says("olga", "we shall see")
    await house.until(house.client_sees)
    edits(house, note, "she is right")
    edits(house, post, "note: we shall see")
    await house.until(lambda: house.telegram.told("olga"))
    assert "can't become a note" in house.telegram.told("olga")[-1]
    await house.settled()
    assert house.client_sees() == ["Olga Ivanova\nwe shall see"]


async def test_R35_quotes_both_ways(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    asked = ann.says("where is it?")
    question = await post_of(talk, "where is it?")
    house.telegram.replies("olga", talk.thread, "on its way", question["message_id"])
    (answer,) = await house.until(ann.sees)
    await house.settled()  # the bot knows what it is called there
    assert answer["reply_to_message"]["message_id"] == asked
    assert answer["text"] == "Olga Ivanova\non its way"
    ann.says("since when?", reply_to=answer["message_id"])
    quoted = (await post_of(talk, "since when?"))["reply_to_message"]
    assert quoted["text"] == "on its way" and not quoted["from"]["is_bot"]


async def test_R35_F42_reactions_both_ways(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    number = ann.says("we married!")
    post = str((await post_of(talk, "we married!"))["message_id"])
    for emoji in ("🎉", None, "❤", None, "🔥"):
        reacts(house, post, emoji)
    await house.until(lambda: ann.reactions(number) == ["🔥"])
    reacts(house, post, "5368324170671202286")
    await house.until(lambda: ann.reactions(number) == [])
    mine = talk.says("olga", "congratulations")
    (answer,) = await house.until(ann.sees)
    await house.settled()  # the bot knows what it is called there
    await talk.marked(mine, "accepted")
    ann.reacts(answer["message_id"], "❤")
    await house.until(lambda: bot_reactions(house, mine) == ["❤"])
    ann.reacts(answer["message_id"], None)
    await house.until(lambda: bot_reactions(house, mine) == ["👍"])
    box = house.box.telegram.bot(ann.bot).mailbox
    for update in [*box.history][-2:]:
        house.box.telegram.redeliver(update.id, ann.bot)
    await house.settled()
    assert bot_reactions(house, mine) == ["👍"]
    assert house.telegram.told("olga") == ["The client does not see that emoji, which only Telegram has."]


async def test_R35_only_the_responsible_operators_reaction_reaches_the_client(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    number = ann.says("hello?")
    post = str((await post_of(talk, "hello?"))["message_id"])
    reacts(house, post, "💩", who="boris")
    reacts(house, post, "👀")
    await house.until(lambda: ann.reactions(number) == ["👀"])


async def test_R35_who_reacts_before_we_know_the_posts_id_has_reacted(house: House) -> None:
    """People see a post before its id has come back to us."""
    ann = Ann(house)
    await begin_taken(house, "telegram")
    late = house.box.faults.add("telegram", "sendMessage", "answer_late", seconds=1.0)
    number = ann.says("thank you")
    talk = house.telegram
    await house.until(lambda: late.hits and any("thank you" in line for line in talk.lines(talk.threads()[-1])))
    (post,) = [one["message_id"] for one in talk.posts(talk.threads()[-1]) if "thank you" in one.get("text", "")]
    reacts(house, str(post), "🔥")
    await house.until(lambda: ann.reactions(number) == ["🔥"])


async def test_R34_F9_the_fates_of_a_message_on_the_message_itself(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    post = talk.says("olga", "hello")
    (answer,) = await house.until(ann.sees)
    await house.settled()  # the bot knows what it is called there
    await talk.marked(post, "accepted")
    assert house.app is not None
    for told, shown in (("delivered", "delivered"), ("read", "read"), ("delivered", "read")):
        await house.app.store.write(lambda tx, told=told: receipt(tx, "telegram", str(ann.id), str(answer["message_id"]), told))
        await talk.marked(post, shown)
    house.box.telegram.block(user=ann.id, bot=ann.bot)
    lost = talk.says("olga", "are you there?")
    await talk.marked(lost, "failed")
    assert any("The client has blocked the bot." in line and "Not delivered" in line for line in talk.lines())


async def test_R38_F43_typing_shows_in_the_topic_or_not_at_all(house: House) -> None:
    talk = await begin(house, "telegram")
    assert house.app is not None
    ann = str(house.scene.clients["ann"])
    for _ in range(5):
        house.app.typing.client_types("telegram", ann)
    house.app.typing.client_types("telegram", "1")
    await house.until(lambda: shown(house))
    assert shown(house) == [{"chat_id": house.telegram.chat, "action": "typing", "message_thread_id": int(talk.thread)}]
    house.client_says("and", who="ann")
    await post_of(talk, "Ann Lee\nand")
    assert len(shown(house)) == 1


def shown(house: House) -> list[Json]:
    return [call.args for call in house.box.telegram.calls if call.method == "sendChatAction"]


async def test_F43_typing_is_dropped_where_posts_must_wait_and_is_kept_nowhere(cold_house: House) -> None:
    house = cold_house
    house.env["RELAYDESK_LIMITS__TELEGRAM_FORUM_PER_MINUTE"] = "4"  # topic, card, and two of the client's texts
    await house.start()
    talk = await begin(house, "telegram")
    ann = str(house.scene.clients["ann"])
    for number in range(3):
        house.client_says(f"{number}")
    await post_of_now(talk, "1")
    assert house.app is not None
    house.app.typing.client_types("telegram", ann)
    await house.until(lambda: not house.app or not house.app.typing.is_telling)
    assert shown(house) == []


async def post_of_now(talk: Talk, words: str) -> None:
    """Wait until a text stands in the topic, while others still wait."""
    await talk.house.until(lambda: any(words in line for line in talk.lines()))


async def test_F31_F38_an_edit_of_one_of_several_texts_in_a_post_changes_that_one(house: House) -> None:
    ann = Ann(house)
    talk = await begin(house, "telegram")
    house.box.faults.add("telegram", "sendMessage", "rate_limit", seconds=2, match={"chat_id": talk.house.telegram.chat})
    numbers = [ann.says(words) for words in ("one", "twi", "three")]
    await house.until(lambda: client_lines(talk) == ["one\ntwi\nthree"])
    await house.settled()
    ann.edits(numbers[1], "two")
    await house.until(lambda: client_lines(talk) == ["one\ntwo\nthree"])


async def test_R33_R35_a_file_is_taken_back_and_an_answer_to_it_says_so_no_more(house: House) -> None:
    ann = Ann(house)
    talk = await begin_taken(house, "telegram")
    post = int(sends(house, talk, "document", PDF, name="wrong.pdf", caption="for you")["message_id"])
    await house.until(lambda: client_files(house))
    await house.settled()
    house.telegram.replies("olga", talk.thread, "/delete", post)
    await house.until(lambda: not ann.sees())
    await house.settled()
    assert house.app is not None
    assert await house.app.store.read(lambda tx: tx.execute(select(tables.file_chunk.c.n)).all()) == []
    house.telegram.replies("olga", talk.thread, "sorry for that", post_before(house, talk))
    await house.until(ann.sees)
    assert "wrong.pdf" not in f"{ann.sees()}"


def post_before(house: House, talk: Talk) -> int:
    """The newest post in the topic."""
    return int(talk.mine.posts(talk.thread)[-1]["message_id"])
