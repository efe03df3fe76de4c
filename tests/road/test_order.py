"""Once and in order, on both engines and both desks (F32, F45, F47, F76): repeats, echoes, replies from two desks at once."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from random import Random
from typing import Any

from sqlalchemy import func, select

from bot.store.tables import inbox, message
from bot.store.uow import Tx
from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import begin, begin_taken, facts_of

Json = dict[str, Any]


def words(lines: list[str], pattern: str) -> list[str]:
    """Everything in the lines that matches, in the order it stands there."""
    return re.findall(pattern, "\n".join(lines))


def numbered(word: str, count: int) -> list[str]:
    return [f"{word} {number}." for number in range(count)]


async def test_F76_order_and_dedupe(house: House, platform: str) -> None:
    """Forty words each way, everything delivered to us twice and more: each once, in order, on this engine too."""
    talk = await begin_taken(house, platform)
    shop = house.scene.channel_bot.id
    for number in range(20):
        house.client_says(f"word {number}.")
    await house.until(lambda: "word 19." in " ".join(talk.lines()))
    for number in range(20, 40):
        house.box.telegram.redeliver(house.box.telegram.bots[shop].mailbox.history[number - 20].id, shop)
        house.client_says(f"word {number}.")
    posts = [talk.says("olga", f"answer {number}.") for number in range(40)]
    await house.until(lambda: len(house.client_sees()) == 40)
    await house.settled()
    for update in list(house.box.telegram.bots[shop].mailbox.history)[-20:]:
        house.box.telegram.redeliver(update.id, shop)
    for update in list(house.box.telegram.bots[house.scene.desk_bot.id].mailbox.history)[-20:]:
        house.box.telegram.redeliver(update.id, house.scene.desk_bot.id)
    for envelope in house.box.slack.events("message")[-20:]:
        await house.box.slack.redeliver(envelope["event_id"], 2)
    house.client_says("the end")
    await house.until(lambda: [line for line in talk.lines() if "the end" in line])
    await house.settled()
    assert words(house.client_sees(), r"answer \d+\.") == numbered("answer", 40)
    for lines in (talk.lines(), talk.copies()):
        assert words(lines, r"word \d+\.") == numbered("word", 40)
        assert words(lines, r"answer \d+\.") == numbered("answer", 40)
    await house.until(lambda: all(talk.mine.mark(talk.thread, post) == "accepted" for post in posts))

    def stored(tx: Tx) -> list[int]:
        return list(tx.execute(select(message.c.seq).order_by(message.c.seq)).scalars())

    assert house.app is not None
    assert await house.app.store.read(stored) == list(range(1, 83)), "hello, 40 words, 40 answers and the end"


# Two desks -------------------------------------------------------------------------------------------------------------


async def test_F47_R36_replies_from_both_desks_in_any_order(house: House) -> None:
    """Sixty answers, some from each desk, between a client's words: one for the client, one copy, no ping-pong."""
    dice = Random(47)
    talk = await begin_taken(house, "slack")
    places = {"slack": (talk.mine, talk.thread), "telegram": (talk.other, talk.there)}
    said: dict[str, list[str]] = {"slack": [], "telegram": []}
    asked: list[str] = []
    for number in range(60):
        platform = dice.choice(("slack", "telegram"))
        view, thread = places[platform]
        view.says("olga", thread, f"{platform} {number}.")
        said[platform].append(f"{platform} {number}.")
        if dice.random() < 0.3:
            house.client_says(f"asked {number}.")
            asked.append(f"asked {number}.")
        if dice.random() < 0.4:
            goal = dice.randrange(number + 1)
            await house.until(lambda goal=goal: len(house.client_sees()) >= goal)
        elif dice.random() < 0.5:
            await asyncio.sleep(0)
    await house.until(lambda: len(house.client_sees()) == 60)
    await house.settled()
    assert all(line.startswith("Olga Ivanova\n") for line in house.client_sees())
    for platform, expected in said.items():
        assert words(house.client_sees(), rf"{platform} \d+\.") == expected, "the order of each desk is kept"
    for view, thread in places.values():
        lines = [line for line in view.lines(thread)[1:] if "this conversation is yours" not in line]
        assert sorted(words(lines, r"(?:slack|telegram) \d+\.")) == sorted(said["slack"] + said["telegram"])
        assert words(lines, r"asked \d+\.") == asked
        assert len(lines) == 60 + len(asked), "and nothing else stands there"
        for platform, expected in said.items():
            assert words(lines, rf"{platform} \d+\.") == expected


async def test_F45_our_own_posts_that_come_back_are_nobody_s_words(house: House) -> None:
    """Slack sends our posts back to us, before we know their ids and again later; also the edits of cards."""
    talk = await begin_taken(house, "slack")
    house.client_says("a question")
    talk.other.says("olga", talk.there, "an answer")
    await house.until(lambda: "an answer" in " ".join(talk.lines()) and house.client_sees())
    await house.settled()
    slack = house.box.slack
    app = slack.app()
    ours = [
        one for one in slack.events("message") if one["event"].get("bot_id") or one["event"].get("subtype") == "message_changed"
    ]
    assert len(ours) >= 4, "the card, its redraw, the client's words, the answer"
    before = talk.lines(), talk.copies(), house.client_sees()
    for envelope in ours:
        await slack.redeliver(envelope["event_id"])
        await slack.redeliver(slack.core.tell(app, unknown(envelope["event"])))
    desk_bot = house.box.telegram.bots[house.scene.desk_bot.id]
    for post in talk.other.posts(talk.there):
        if post["from"]["id"] == desk_bot.id:
            message_id = post["message_id"] + 10_000
            house.box.telegram.inject_update(desk_bot.token, {"message": {**whole(house, post), "message_id": message_id}})
    talk.says("olga", "a person's words")
    await house.until(lambda: "a person's words" in " ".join(house.client_sees()))
    await house.settled()
    assert talk.lines() == [*before[0], "olga: a person's words"]
    assert talk.copies()[: len(before[1])] == before[1]
    assert len(talk.copies()) == len(before[1]) + 1
    assert len(house.client_sees()) == len(before[2]) + 1


def unknown(event: Json) -> Json:
    """The same post as it may come before we know that it is ours: without metadata, under an id we have not stored."""
    late = {name: value for name, value in event.items() if name not in ("metadata", "client_msg_id")}
    seconds, _, rest = event["ts"].partition(".")
    return {**late, "ts": f"{int(seconds) + 5}.{rest}"}


def whole(house: House, post: Json) -> Json:
    """A message of the forum as an update bears it."""
    shown = ("text", "date", "from", "chat", "message_thread_id", "is_topic_message", "entities")
    entry = house.box.telegram.chats[house.telegram.chat].entries[post["message_id"]].message
    return {name: entry[name] for name in shown if name in entry}


async def test_F45_an_echo_that_comes_while_our_post_is_still_under_way(house: House) -> None:
    """Slack's answer to our post is lost, its event is not: the read-back finds the post, and there is one copy."""
    talk = await begin_taken(house, "telegram")
    lost = house.box.faults.add("slack", "chat.postMessage", "drop_after", times=1)
    post = talk.says("olga", "said once")
    await house.until(lambda: lost.hits and talk.mine.mark(talk.thread, post) == "accepted")
    await house.until(lambda: "said once" in " ".join(talk.copies()))
    await house.settled()
    assert " ".join(talk.copies()).count("said once") == 1
    assert " ".join(talk.lines()).count("said once") == 1
    assert len(house.client_sees()) == 1

    def kept(tx: Tx) -> int:
        echoes = inbox.c.payload.like("%bot_id%") & (inbox.c.source == "slack") & inbox.c.payload.not_like("%block_actions%")
        return int(tx.execute(select(func.count()).select_from(inbox).where(echoes)).scalar_one())

    assert house.app is not None
    assert await house.app.store.read(kept) == 0, "echoes are not even kept"


# Cards -----------------------------------------------------------------------------------------------------------------


async def test_F32_thirty_changes_make_few_edits_and_the_last_one_is_seen(cold_house: House, platform: str) -> None:
    house = cold_house
    house.env["RELAYDESK_CARD_DEBOUNCE"] = "0.3"
    await house.start()
    talk = await begin(house, platform)
    sign = {"slack": "!", "telegram": "/"}[platform]
    house.box.slack.calls.clear()
    house.box.telegram.calls.clear()
    for _ in range(15):
        talk.says("olga", f"{sign}start")
        talk.says("olga", f"{sign}unassign")
    talk.says("olga", f"{sign}start")
    await talk.shows("🟢 In progress 👤 Olga Ivanova", "Close", "To Unassigned")
    await house.settled()
    assert facts_of(talk.mine, talk.thread) == facts_of(talk.other, talk.there) == "🟢 In progress 👤 Olga Ivanova"
    for view in (talk.mine, talk.other):
        edits = edit_times(house, view)
        assert 1 <= len(edits) <= 12, f"31 changes, {len(edits)} edits on {view.platform}"
        assert all(later - earlier >= 0.2 for earlier, later in pairwise(edits))


def edit_times(house: House, view: Any) -> list[float]:
    if isinstance(view, SlackView):
        return [call[0] for call in house.box.slack.calls if call[1] == "chat.update"]
    return [call.at for call in house.box.telegram.calls if call.method == "editMessageText"]
