"""Under the platforms' limits everything arrives once, in order, as fast as they allow; who is blocked holds up nobody
else (F28-F31, R121).

The sandbox's windows count as the platforms do; ``speed`` makes its minute pass quickly. Where the bot's own limits are
on, its clock runs as much faster, so that a minute is about a second and both sides still speak of the same minute.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Select, func, select, text, update

from bot.delivery import relay, turn
from bot.doctor import examine
from bot.domain.ids import Moment
from bot.domain.text import utf16_len
from bot.store import postgres, sqlite
from bot.store.tables import bucket, client, conversation, delivery, lane, message, message_ref
from bot.store.uow import Tx
from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import Talk, begin, begin_taken

SPEED = 60.0
SLACK_LIMITS = ("RELAYDESK_LIMITS__SLACK_ROOM_PER_SECOND", "RELAYDESK_LIMITS__SLACK_UPDATES_PER_MINUTE")
POSTS = ("sendMessage", "createForumTopic", "chat.postMessage")


@pytest.fixture
def quick_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's clock runs 60 times faster: a minute passes in a second."""
    began = time.time_ns() // 1_000_000

    def clock() -> Moment:
        return Moment(int(began + (time.time_ns() // 1_000_000 - began) * SPEED))

    for module in (sqlite, postgres, relay):
        monkeypatch.setattr(module, "clock", clock)
    now = f"SELECT ({began} + (extract(epoch FROM clock_timestamp()) * 1000 - {began}) * {SPEED})::bigint"
    monkeypatch.setattr(postgres, "_NOW", text(now))
    monkeypatch.setattr(turn, "LEASE_MS", int(30_000 * SPEED))
    monkeypatch.setattr(relay.Relay, "POLL_SECONDS", 0.02)


async def hours_pass(house: House) -> None:
    """Everything that waits for a time is due."""

    def work(tx: Tx) -> None:
        tx.execute(update(bucket).values(blocked_until=0))
        tx.execute(update(lane).where(lane.c.owner.is_(None)).values(due=0))
        tx.wake.add("outbox")

    assert house.app is not None
    await house.app.store.write(work)


async def kept(house: House, query: Select[tuple[int]], number: int) -> None:
    """Wait until the store holds that many."""
    assert house.app is not None
    async with asyncio.timeout(40):
        while await house.app.store.read(lambda tx: tx.execute(query).scalar_one()) < number:
            await asyncio.sleep(0.01)


async def topics_begun(house: House) -> list[str]:
    """The clients whose topics were made, in the order of the turns that began them; calls of one turn may overtake each other."""
    query = (
        select(client.c.name)
        .select_from(delivery)
        .join(conversation, conversation.c.id == delivery.c.conversation_id)
        .join(client, client.c.id == conversation.c.client_id)
        .where(delivery.c.op == "topic")
        .order_by(delivery.c.intent_at, conversation.c.id)
    )
    assert house.app is not None
    return await house.app.store.read(lambda tx: list(tx.execute(query).scalars()))


def words(lines: list[str], pattern: str) -> list[str]:
    """Everything in the lines that matches, in the order it stands there."""
    return re.findall(pattern, "\n".join(lines))


def refused(house: House) -> list[str]:
    """The calls a platform answered with 429."""
    slack = [call[1] for call in house.box.slack.calls if call[3] == "ratelimited"]
    return slack + [call.method for call in house.box.telegram.calls if "Too Many Requests" in call.error]


def newcomer(house: House, short: str) -> str:
    """One more client, who has started the shop's bot."""
    user = house.box.telegram.add_user(name=short.title())["id"]
    house.scene.clients[short] = user
    house.box.telegram.start(user=user, bot=house.scene.channel_bot.id)
    return short


def threads_of(view: SlackView, names: list[str]) -> dict[str, str]:
    """The threads by the client whose card they bear."""
    found = {name: one for one in view.threads() for name in names if re.search(rf"\b{name.title()}\b", view.card(one))}
    assert len(found) == len(names), found
    return found


# One lane is made to wait ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocked", ["forum", "room", "client"])
async def test_F28_who_must_wait_holds_up_nobody_else(house: House, blocked: str) -> None:
    talk = await begin_taken(house, "slack")
    house.client_says("привет", "karim")
    await house.until(lambda: len(house.slack.threads()) == len(house.telegram.threads()) == 2)
    await house.settled()
    karim = house.slack.threads()[1]
    await house.slack.presses("olga", karim, "Start conversation")
    await house.until(lambda: "In progress" in house.slack.card(karim))
    where = {
        "forum": ("telegram", "sendMessage", {"chat_id": house.telegram.chat}),
        "room": ("slack", "chat.postMessage", {"channel": house.slack.room}),
        "client": ("telegram", "sendMessage", {"chat_id": house.scene.clients["ann"]}),
    }
    platform, method, match = where[blocked]
    talk.says("olga", "one.")
    await house.until(house.client_sees)
    await house.settled()
    flood = house.box.faults.add(platform, method, "rate_limit", seconds=30, times=-1, match=match)
    house.client_says("asked.")
    post = talk.says("olga", "two.")
    await house.until(lambda: flood.hits)
    for said in ("three.", "four."):
        talk.says("olga", said)
    house.slack.says("olga", karim, "ответ.")
    await house.until(lambda: [line for line in house.client_sees("karim") if "ответ." in line], 20)
    if blocked != "client":
        await house.until(lambda: [line for line in house.client_sees() if "four." in line], 20)
        shown = talk.copies if blocked == "room" else talk.lines
        await house.until(lambda: "asked." in " ".join(shown()), 20)
    else:
        assert words(house.client_sees(), r"\w+\.") == ["one."]
        assert talk.mine.mark(talk.thread, post) == ""
        await house.until(lambda: "four." in " ".join(talk.copies()), 20)
    assert flood.hits == 1, "it is not asked again before the time the platform named"
    house.box.faults.clear()
    await hours_pass(house)
    await house.settled()
    assert words(house.client_sees(), r"\w+\.") == ["one.", "two.", "three.", "four."]
    for lines in (talk.lines(), talk.copies()):
        assert sorted(words(lines, r"(?:one|two|three|four|asked)\.")) == sorted(["one.", "two.", "three.", "four.", "asked."])
        assert words(lines, r"(?:one|two|three|four)\.") == ["one.", "two.", "three.", "four."]


async def test_F29_a_block_of_hours_is_kept_shown_and_respected_by_a_restart(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    where = {
        "slack": ("chat.postMessage", {"channel": house.slack.room}),
        "telegram": ("sendMessage", {"chat_id": house.telegram.chat}),
    }
    method, match = where[platform]
    flood = house.box.faults.add(platform, method, "rate_limit", seconds=10_072, times=-1, match=match)
    house.client_says("first")
    await house.until(lambda: flood.hits == 1 and "first" in " ".join(talk.copies()))
    found = [one for one in await examine(house.settings()) if not one.ok and re.search(r"waits 10\d\d\d s", one.what)]
    assert len(found) == 1
    assert {"slack": house.slack.room, "telegram": str(house.telegram.chat)}[platform] in found[0].what
    await house.stop()
    await house.start()
    house.client_says("second")
    await house.until(lambda: "second" in " ".join(talk.copies()))
    house.client_says("third", "karim")
    await house.until(lambda: len(talk.other.threads()) == 2)
    assert flood.hits == 1, "a restart does not ask again"
    assert not [line for line in talk.lines() if "first" in line or "second" in line]
    house.box.faults.clear()
    await hours_pass(house)
    await house.until(lambda: words(talk.lines(), "first|second") == ["first", "second"])
    await house.until(lambda: len(talk.mine.threads()) == 2)


async def test_F28_F36_a_storm_of_refusals_is_met_with_patience(house: House, platform: str) -> None:
    """Every third post is refused for a second: the number of tries stays within twice the number of messages."""
    talk = await begin(house, platform)
    method = {"slack": "chat.postMessage", "telegram": "sendMessage"}[platform]
    flood = house.box.faults.add(platform, method, "rate_limit", seconds=1, times=2)
    for number in range(12):
        house.client_says(f"word {number}.")
    await house.until(lambda: words(talk.lines(), r"word \d+\.") == [f"word {number}." for number in range(12)])
    assert flood.hits == 2
    assert words(talk.copies(), r"word \d+\.") == [f"word {number}." for number in range(12)]


# Texts that wait are joined --------------------------------------------------------------------------------------------


def block(house: House, talk: Talk, seconds: float = 1) -> None:
    """This desk's room takes no posts for a while."""
    slack = isinstance(talk.mine, SlackView)
    match = {"channel": house.slack.room} if slack else {"chat_id": house.telegram.chat}
    method = "chat.postMessage" if slack else "sendMessage"
    house.box.faults.add("slack" if slack else "telegram", method, "rate_limit", seconds=seconds, match=match)


async def test_F31_R121_a_client_s_burst_is_joined_and_every_message_keeps_its_reference(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    block(house, talk)
    said = [f"word {number}." for number in range(12)]
    for word in said:
        house.client_says(word)
    await house.until(lambda: words(talk.lines(), r"word \d+\.") == said)
    await house.settled()
    assert words(talk.copies(), r"word \d+\.") == said
    assert len(talk.lines()) <= 3, talk.lines()

    def look(tx: Tx) -> list[tuple[int, str]]:
        mine = (message_ref.c.platform == platform) & message_ref.c.origin.is_(False)
        query = select(message.c.id, message_ref.c.remote_id).join(message_ref, (message_ref.c.message_id == message.c.id) & mine)
        return [(row.id, row.remote_id) for row in tx.execute(query.order_by(message.c.seq))]

    assert house.app is not None
    refs = await house.app.store.read(look)
    assert len(refs) == 13, "the first words and twelve more, each with a reference of its own"
    key = "ts" if platform == "slack" else "message_id"
    shown = {str(one[key]): " ".join(line for line in [str(one)]) for one in talk.mine.posts(talk.thread)}
    for number, (_, remote_id) in enumerate(refs[1:]):
        assert f"word {number}." in shown[remote_id]


async def test_F31_joined_texts_fit_the_platform(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    block(house, talk)
    said = [f"{number}:" + "😀ю" * 450 for number in range(8)]  # 1,352 UTF-16 units each
    for word in said:
        house.client_says(word)
    await house.until(lambda: "".join(talk.lines()).count("😀ю" * 450) == 8)
    await house.settled()
    assert words(talk.lines(), r"(\d):😀") == [str(number) for number in range(8)]
    longest = {"slack": 3000, "telegram": 4096}[platform]
    assert max(utf16_len(line) for line in talk.lines()) <= longest
    assert len(talk.lines()) < 8


async def test_F31_nobody_s_words_are_joined_with_somebody_else_s(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    block(house, talk)
    for number in range(3):
        house.client_says(f"word {number}.")
    await house.until(lambda: "word 2." in " ".join(talk.copies()))
    talk.other.says("olga", talk.there, "answer 3.")
    await house.until(house.client_sees)
    talk.other.says("olga", talk.there, "note: aside 4.")
    talk.other.says("olga", talk.there, "note: aside 5.")
    await kept(house, select(func.count()).select_from(message).where(message.c.direction == "note"), 2)
    house.client_says("word 6.")
    house.client_says("word 7.")
    await house.until(lambda: "word 7." in " ".join(talk.lines()))
    await house.settled()
    assert words(talk.lines(), r"(?:word|answer|aside) (\d)\.") == [str(number) for number in range(8)]
    for line in talk.lines():
        kinds = set(re.findall(r"(word|answer|aside) \d\.", line))
        assert len(kinds) <= 1, line
        assert "word" in kinds or len(re.findall(r"(?:answer|aside) \d\.", line)) <= 1, "only a client's texts are joined"


async def test_F31_answers_to_a_client_are_never_joined(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    flood = house.box.faults.add(
        "telegram", "sendMessage", "rate_limit", seconds=1, match={"chat_id": house.scene.clients["ann"]}
    )
    posts = [talk.says("olga", f"answer {number}.") for number in range(5)]
    await house.until(lambda: len(house.client_sees()) == 5)
    assert flood.hits == 1
    assert [line.splitlines()[-1] for line in house.client_sees()] == [f"answer {number}." for number in range(5)]
    await house.until(lambda: all(talk.mine.mark(talk.thread, post) == "accepted" for post in posts))


# A whole house under limits --------------------------------------------------------------------------------------------


async def everything_arrived(house: House, clients: list[str], each: int, seconds: float) -> None:
    """Every client's words stand in that client's thread on both desks, each once and in order."""
    said = [f"word {number}." for number in range(each)]

    def complete(view: SlackView) -> bool:
        if len(view.threads()) != len(clients):
            return False
        return all(words(view.lines(one), r"word \d+\.") == said for one in view.threads())

    await house.until(lambda: complete(house.slack) and complete(house.telegram), seconds)  # type: ignore[arg-type]
    await house.settled()
    assert complete(house.slack)
    assert complete(house.telegram)  # type: ignore[arg-type]


async def test_R121_F30_a_backlog_drains_at_the_rate_the_platforms_answer_with(house: House) -> None:
    """The bot has no limits of its own here: 429 alone rules, and the sandbox's minute takes two seconds."""
    house.box.windows.enabled, house.box.windows.speed = True, 30.0
    clients = [newcomer(house, f"client{letter}") for letter in "abcdef"]
    for number in range(8):
        for who in clients:
            house.client_says(f"word {number}.", who)
    await everything_arrived(house, clients, 8, 30)
    posts = sum(len(house.telegram.lines(one)) for one in house.telegram.threads())
    assert posts < len(clients) * 8, "bursts of one client are joined"
    assert len(house.telegram.threads()) == len(clients)


async def test_R121_with_the_bot_s_own_limits_no_platform_has_to_refuse(
    cold_house: House, quick_minute: Callable[[], None]
) -> None:
    house = cold_house
    house.env |= {
        "RELAYDESK_LIMITS__TELEGRAM_FORUM_PER_MINUTE": "20",
        "RELAYDESK_LIMITS__TELEGRAM_BOT_PER_SECOND": "30",
        "RELAYDESK_LIMITS__TELEGRAM_CHAT_PER_SECOND": "1",
        "RELAYDESK_LIMITS__SLACK_ROOM_PER_SECOND": "1",
        "RELAYDESK_LIMITS__SLACK_UPDATES_PER_MINUTE": "45",
    }
    house.box.windows.enabled = True
    house.box.windows.speed = SPEED * 2  # a delay of 100 ms on a busy machine is six seconds of the quick clock
    await house.start()
    clients = [newcomer(house, f"client{letter}") for letter in "abcdefgh"]
    for number in range(6):
        for who in clients:
            house.client_says(f"word {number}.", who)
    await everything_arrived(house, clients, 6, 30)
    assert refused(house) == []


async def test_F30_forty_topics_share_one_window_and_none_starves(cold_house: House, quick_minute: Callable[[], None]) -> None:
    """One client writes long texts without end, forty others once: all of these get their turn, the oldest first."""
    house = cold_house
    house.env["RELAYDESK_LIMITS__TELEGRAM_FORUM_PER_MINUTE"] = "20"
    await house.start()
    loud = newcomer(house, "loud")
    house.client_says("loud begins", loud)
    await house.until(lambda: len(house.telegram.threads()) == 1)
    await house.settled()
    house.telegram.telegram.calls.clear()
    for number in range(12):
        house.client_says(f"loud {number}. " + "x" * 3500, loud)
    others = [newcomer(house, f"quiet{number:02}") for number in range(40)]
    for wave in (others[:20], others[20:]):
        for who in wave:
            house.client_says("just a word", who)
        known = select(func.count()).select_from(conversation).where(conversation.c.last_seq > 0)
        await kept(house, known, 1 + others.index(wave[-1]) + 1)
    await house.until(lambda: len(house.telegram.threads()) == 41, 40)
    (thread,) = (one for one in house.telegram.threads() if "Loud" in house.telegram.card(one))
    await house.until(lambda: words(house.telegram.lines(thread), r"loud (\d+)\.")[-1:] == ["11"], 40)
    await house.settled(40)
    made = [call for call in house.box.telegram.calls if call.method in POSTS and call.args.get("chat_id") == house.telegram.chat]
    times = [call.at * SPEED for call in made]
    assert len(times) == 12 + 40 * 2

    # A busy machine may hold a single post back by half a second, half a minute of the quick clock; all together they can't be early.
    assert times[-1] - times[0] > (len(times) / 20 - 1) * 60 - 40, "no more than twenty a minute, all topics together"

    names = await topics_begun(house)
    assert sorted(names[1:21]) == [who.title() for who in others[:20]], "the oldest lanes first"
    assert sorted(names[21:]) == [who.title() for who in others[20:]]
    turns = ["loud" if "loud " in str(call.args.get("text", "")) else "quiet" for call in made]
    assert turns[:20].count("loud") <= 12
    last_quiet = max(at for at, who in enumerate(turns) if who == "quiet")
    assert "loud" in turns[last_quiet - 40 :], "the loud one is not starved either"
    assert turns[: last_quiet + 1].count("loud") < 12, "and does not go before everybody else"
