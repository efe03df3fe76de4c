"""The bot is killed at the worst moments: nothing is lost, next to nothing is said twice (F1, F15, F17, F18, F22, F23, F26).

Slack never shows a thing twice, since it is read back by the delivery's number. Telegram can't be read back, so there
each try of unknown end may cost one repeat.
"""

from __future__ import annotations

import json
import re
import resource
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.store import journal
from bot.store.tables import cursor, delivery
from tests.road.desks import SlackView, TelegramView
from tests.road.house import House
from tests.road.process import Bot, file_of, inbox_locked, no_room_for_ends

Json = dict[str, Any]
View = SlackView | TelegramView
Moment = Callable[[Json], bool]


@pytest.fixture
async def bot(cold_house: House) -> AsyncIterator[Bot]:
    """A relaydesk in a process of its own, not started yet."""
    made = Bot(cold_house)
    yield made
    await made.close()


def posted_on_slack(text: str) -> Moment:
    """Slack has taken a post with these words."""

    def moment(change: Json) -> bool:
        post = change["platform"] == "slack" and change["kind"] == "call" and change["method"] == "chat.postMessage"
        return post and change["ok"] and text in json.dumps(change["arguments"], ensure_ascii=False)

    return moment


def posted_on_telegram(house: House, text: str, *, to_client: bool = False) -> Moment:
    """Telegram has taken the bot's post with these words, in the forum or in Ann's private chat."""
    telegram, scene = house.box.telegram, house.scene
    place = telegram.place(scene.clients["ann"], scene.channel_bot.id if to_client else scene.forums["sales"])

    def moment(change: Json) -> bool:
        if change["platform"] != "telegram" or change["kind"] != "message":
            return False
        if {"chat": change["chat"], "bot": change.get("bot")} != {"bot": None, **place.place()}:
            return False
        message = place.entries[change["message_id"]].message
        return bool(message["from"]["is_bot"]) and text in message.get("text", "")

    return moment


def posted(view: View, text: str) -> Moment:
    return posted_on_slack(text) if isinstance(view, SlackView) else posted_on_telegram(view._house, text)


def topic_made(change: Json) -> bool:
    return change["platform"] == "telegram" and change["kind"] == "topic" and change["action"] == "created"


def said(view: View, text: str) -> int:
    """How often a desk shows these words, whatever the thread."""
    return sum(line.count(text) for thread in view.threads() for line in view.lines(thread))


def shown_on_both(house: House, *texts: str) -> Callable[[], bool]:
    return lambda: all(said(house.slack, text) and said(house.telegram, text) for text in texts)


async def states(bot: Bot, op: str = "words") -> list[str]:
    """How the deliveries of one kind have ended, oldest first."""
    query = select(delivery.c.state).where(delivery.c.op == op).order_by(delivery.c.id)
    return await bot.read(lambda tx: list(tx.execute(query).scalars()))


async def opened(bot: Bot, text: str = "hello") -> tuple[str, str]:
    """Start, and have Ann's conversation on both desks; the Slack thread and the Telegram topic."""
    house = bot.house
    await bot.start()
    house.client_says(text)
    await house.until(shown_on_both(house, text))
    await bot.settled()
    return house.slack.threads()[0], house.telegram.threads()[0]


async def taken(bot: Bot) -> str:
    """The same, and Olga has taken the conversation; the Slack thread."""
    thread, _ = await opened(bot)
    bot.house.slack.says("olga", thread, "!start")
    await bot.house.until(lambda: "In progress" in bot.house.slack.card(thread))
    await bot.settled()
    return thread


def in_order(view: View, *texts: str) -> bool:
    """Whether these words first stand on the desk in this order."""
    story = "\n".join(line for thread in view.threads() for line in view.lines(thread))
    places = [story.find(text) for text in texts]
    return -1 not in places and places == sorted(places)


# What came in ---------------------------------------------------------------------------------------------------------


def offsets(house: House) -> list[int]:
    """The offsets that clients' updates were asked with, so far; each confirms what lies before it."""
    calls, bot = house.box.telegram.calls, house.scene.channel_bot.id
    return [int(call.args.get("offset", 0)) for call in calls if call.method == "getUpdates" and call.bot == bot]


async def test_F1_killed_with_updates_in_hand(bot: Bot) -> None:
    """They came from Telegram and nothing was kept, or applied, yet: what was not kept comes again, all is shown once."""
    house, database = bot.house, bot.house.env["RELAYDESK_DATABASE_URL"]
    await opened(bot)
    house.client_says("добрый день", who="karim")
    await house.until(shown_on_both(house, "добрый день"))
    queue = house.box.telegram.bots[house.scene.channel_bot.id].mailbox.queue
    kept = select(cursor.c.value).where(cursor.c.source == f"telegram:{house.scene.channel_bot.id}")

    async def burst(number: int) -> None:
        before = len(offsets(house))
        for word in range(5):
            house.client_says(f"burst {number} word {word}.")
            house.client_says(f"burst {number} слово {word}.", who="karim")
        await house.until(lambda: len(offsets(house)) > before)
        bot.kill()
        await bot.ended()
        assert max(offsets(house)) <= await bot.read(lambda tx: int(tx.execute(kept).scalar_one()))

    async with inbox_locked(database):
        await burst(0)
        assert len(queue) == 10
    for number in (1, 2):
        await bot.start()
        await burst(number)
    await bot.start()
    await house.until(lambda: said(house.slack, "слово 4.") == said(house.telegram, "слово 4.") == 3)
    await bot.settled()
    for view in (house.slack, house.telegram):
        for thread in view.threads():
            words = re.findall(r"burst (\d) (?:word|слово) (\d)\.", " ".join(view.lines(thread)))
            first_seen = list(dict.fromkeys(words))
            assert first_seen == sorted(first_seen)
            assert len(first_seen) == 15
            assert len(words) == 15 or view is house.telegram


# What went out --------------------------------------------------------------------------------------------------------


async def test_F17_killed_between_a_post_and_its_commit(bot: Bot, platform: str) -> None:
    house = bot.house
    await opened(bot)
    await bot.dies(posted(house.desk(platform), "second words"), lambda: house.client_says("second words"))
    house.client_says("third words")
    await bot.start()
    await house.until(shown_on_both(house, "second words", "third words"))
    await bot.settled()
    assert said(house.slack, "second words") == 1
    assert said(house.telegram, "second words") in ((2,) if platform == "telegram" else (1, 2))
    assert said(house.slack, "third words") == said(house.telegram, "third words") == 1
    for view in (house.slack, house.telegram):
        assert in_order(view, "hello", "second words", "third words")
    assert (await states(bot)).count("unconfirmed") >= said(house.telegram, "second words") - 1


async def test_F17_killed_between_the_answer_and_its_commit(bot: Bot) -> None:
    """The client gets the answer, at most twice, and the operator sees on it that it was accepted."""
    house = bot.house
    thread = await taken(bot)
    posts: list[str] = []
    answer = posted_on_telegram(house, "the answer", to_client=True)
    await bot.dies(answer, lambda: posts.append(house.slack.says("olga", thread, "the answer")))
    await bot.start()
    await house.until(lambda: house.slack.mark(thread, posts[0]) == "accepted")
    await bot.settled()
    assert house.client_sees() == ["Olga Ivanova\nthe answer"] * 2
    assert said(house.telegram, "the answer") in (1, 2)


async def test_F18_killed_before_the_request_was_served(bot: Bot, platform: str) -> None:
    """The intent was committed, the platform did nothing: it is said once."""
    house = bot.house
    await opened(bot)
    method, match = ("chat.postMessage", {}) if platform == "slack" else ("sendMessage", {"chat_id": house.telegram.chat})
    held = house.box.faults.add(platform, method, "delay", seconds=0.3, match=match)
    lost = house.box.faults.add(platform, method, "drop_before", match=match)
    house.client_says("second words")
    await house.until(lambda: held.hits)
    bot.kill()
    await bot.ended()
    await house.until(lambda: lost.hits)
    assert not said(house.desk(platform), "second words")
    await bot.start()
    await house.until(shown_on_both(house, "second words"))
    await bot.settled()
    assert said(house.desk(platform), "second words") == said(house.slack, "second words") == 1


async def test_F22_killed_between_the_root_and_its_commit(bot: Bot) -> None:
    """The thread's first post stands in the room, its ts is not known yet: no second thread, and the talk goes on in it."""
    house = bot.house
    await bot.start()
    await bot.dies(posted_on_slack("hello"), lambda: house.client_says("hello"))
    house.client_says("more words")
    await bot.start()
    await house.until(shown_on_both(house, "hello", "more words"))
    await bot.settled()
    (thread,) = house.slack.threads()
    assert len(house.slack.lines(thread)) == 2
    assert said(house.slack, "hello") == said(house.slack, "more words") == 1
    house.slack.says("olga", thread, "!start")
    await house.until(lambda: "In progress" in house.slack.card(thread))


async def test_F22_killed_between_the_topic_and_its_commit(bot: Bot) -> None:
    """At most one orphan, which doctor names; all words stand in the other topic, none in General."""
    from bot.doctor import examine

    house = bot.house
    await bot.start()
    await bot.dies(topic_made, lambda: house.client_says("hello"))
    house.client_says("more words")
    await bot.start()
    await house.until(shown_on_both(house, "hello", "more words"))
    await bot.settled()
    orphan, home = house.telegram.threads()
    assert house.telegram.lines(orphan) == []
    assert in_order(house.telegram, "hello", "more words")
    assert len(house.telegram.lines(home)) == 2
    (entry,) = await bot.read(lambda tx: journal.latest(tx, "topic unconfirmed"))
    assert (entry.details["chat"], entry.details["name"]) == (str(house.telegram.chat), "Ann Lee")
    assert any(str(house.telegram.chat) in one.what and not one.ok for one in await examine(house.settings()))
    for text in ("/start", "the answer"):
        house.telegram.says("olga", home, text)
    await house.until(lambda: house.client_sees() == ["Olga Ivanova\nthe answer"])
    await bot.settled()
    general = house.box.telegram.messages(chat=house.telegram.chat, thread=1)
    assert [one for one in general if one["from"]["is_bot"] and "text" in one] == []


@pytest.mark.parametrize("at", ["client", "topic"])
async def test_F23_killed_within_a_message_of_many_parts(bot: Bot, at: str) -> None:
    """An answer of five posts, the third accepted and not noted: the last two follow, the first two are not repeated."""
    house = bot.house
    thread = await taken(bot)
    text = "\n".join(f"line {number:03d} {'😀' * 50}" for number in range(164))
    await bot.dies(
        posted_on_telegram(house, "line 090", to_client=at == "client"), lambda: house.slack.says("olga", thread, text)
    )
    await bot.start()
    await house.until(lambda: "line 163" in " ".join(house.client_sees()) and said(house.telegram, "line 163"))
    await bot.settled()
    topic = [line for line in house.telegram.lines(house.telegram.threads()[0]) if "line " in line]
    for posts, hit in ((house.client_sees(), at == "client"), (topic, at == "topic")):
        numbers = [re.findall(r"line (\d{3})", post) for post in posts]
        assert len(numbers) in ((6,) if hit else (5, 6))
        parts = [part for number, part in enumerate(numbers) if part not in numbers[:number]]
        assert [line for part in parts for line in part] == [f"{number:03d}" for number in range(164)]
        assert all(part == numbers[0] or numbers.count(part) == 1 or len(numbers) == 6 for part in numbers)


async def test_F23_the_same_on_slack(bot: Bot) -> None:
    """Two posts of one message, the first accepted and not noted: each stands once."""
    house = bot.house
    await opened(bot)
    text = "\n".join(f"line {number:03d} {'x' * 40}" for number in range(80))
    await bot.dies(posted_on_slack("line 000"), lambda: house.client_says(text))
    await bot.start()
    await house.until(shown_on_both(house, "line 079"))
    await bot.settled()
    lines = re.findall(r"line (\d{3})", " ".join(house.slack.lines(house.slack.threads()[0])))
    assert lines == [f"{number:03d}" for number in range(80)]


async def test_F26_the_disk_is_full_after_the_post_and_then_it_dies(bot: Bot) -> None:
    """The rows stay ``sending`` for as long as that lasts, even over a crash; then Slack is read back."""
    house, database = bot.house, bot.house.env["RELAYDESK_DATABASE_URL"]
    await opened(bot)
    async with no_room_for_ends(database):
        house.client_says("second words")
        await house.until(lambda: bot.log.count("relay turn failed") > 1)
        assert await states(bot) == ["sending", "sending"]
        assert said(house.slack, "second words") == said(house.telegram, "second words") == 1
        bot.kill()
        await bot.ended()
    await bot.start()
    await bot.settled()
    assert said(house.slack, "second words") == 1
    assert said(house.telegram, "second words") == 2
    assert sorted(await states(bot)) == ["sent", "unconfirmed"]


async def test_F26_no_byte_more_can_be_written(bot: Bot) -> None:
    """SQLite's real trouble: from the moment of the post no file can grow. It holds on and writes when it can again."""
    house, database = bot.house, bot.house.env["RELAYDESK_DATABASE_URL"]
    path = file_of(database)
    if path is None:
        pytest.skip("PostgreSQL's files are not ours")
    await opened(bot)

    def fill() -> None:
        size = Path(f"{path}-wal").stat().st_size
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    with bot.when(posted_on_slack("second words"), fill) as seen:
        house.client_says("second words")
        await house.until(lambda: seen)
    await house.until(lambda: bot.log.count("relay turn failed") > 2)
    calls = [
        call for call in house.box.slack.calls if call[1].startswith(("chat.", "conversations.history", "conversations.replies"))
    ]
    assert len(calls) == 2, "it looks nothing up and posts nothing while nothing can be noted"
    assert "sending" in await states(bot)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    house.client_says("third words")
    await house.until(shown_on_both(house, "third words"))
    await bot.settled()
    assert said(house.slack, "second words") == said(house.slack, "third words") == 1


# Told to stop ---------------------------------------------------------------------------------------------------------


async def test_F15_told_to_stop_under_load(bot: Bot) -> None:
    """It ends in order within ten seconds; what had begun is finished, and the rest follows after the next start, once."""
    house = bot.house
    for number in range(10):
        house.scene.clients[f"c{number}"] = house.box.telegram.add_user(name=f"Client {number}")["id"]
    await bot.start()
    house.box.faults.latency |= {"slack": 0.05, "telegram": 0.05}
    for word in range(8):
        for number in range(10):
            house.client_says(f"word {word} of {number}.", who=f"c{number}")
    await house.until(lambda: said(house.slack, "word 1 of") > 3)
    assert await bot.stop() < 10
    assert not set(await states(bot)) & {"sending", "unconfirmed"}
    assert said(house.slack, "word 7 of") < 10, "it was to be stopped before all was done"
    await bot.start()
    await house.until(lambda: said(house.slack, "word 7 of") >= 10 and said(house.telegram, "word 7 of") >= 10)
    await bot.settled()
    for view in (house.slack, house.telegram):
        told = [re.findall(r"word (\d) of", " ".join(view.lines(thread))) for thread in view.threads()]
        assert told == [list("01234567")] * 10
    assert set(await states(bot)) == {"sent"}


async def test_F15_a_call_that_hangs_does_not_hold_it(bot: Bot) -> None:
    house = bot.house
    if file_of(house.env["RELAYDESK_DATABASE_URL"]) is None:
        pytest.skip("it takes its time, and says nothing about the engine")
    await opened(bot)
    hanging = house.box.faults.add("telegram", "sendMessage", "delay", seconds=60)
    house.client_says("second words")
    await house.until(lambda: hanging.hits)
    assert await bot.stop() < 10
