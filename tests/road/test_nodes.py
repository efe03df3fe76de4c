"""Two nodes on one PostgreSQL database, or one on SQLite: a client's first words meet, and nodes die (F11, F27)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from random import Random
from typing import Any

import aiohttp
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.app import App, build
from bot.commands.receive import Received, receive
from bot.domain.ids import Moment
from bot.domain.text import RichText
from bot.store.tables import conversation, message, mirror
from bot.store.uow import Tx
from tests.road.desks import SlackView, TelegramView
from tests.road.house import House
from tests.road.process import Bot, file_of
from tests.road.test_crash import in_order, posted_on_slack, posted_on_telegram, said, taken

Json = dict[str, Any]


@asynccontextmanager
async def nodes(house: House) -> AsyncIterator[list[App]]:
    """The house's own node, and on PostgreSQL one more beside it."""
    first = await house.start()
    if file_of(house.env["RELAYDESK_DATABASE_URL"]) is not None:
        yield [first]
        return
    second = await build(house.settings())
    running = asyncio.create_task(second.run())
    try:
        await asyncio.wait_for(second.ready.wait(), 60)
        yield [first, second]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def counts(tx: Tx) -> tuple[int, int, int]:
    """Conversations, messages, mirrors."""
    found = [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in (conversation, message, mirror)]
    return found[0], found[1], found[2]


def support(house: House) -> tuple[SlackView, TelegramView]:
    """The desks of the website chat's group."""
    return SlackView(house, "support"), TelegramView(house, "support")


async def test_F11_first_words_at_two_nodes_at_once_make_one_conversation(cold_house: House) -> None:
    """Six visitors of the website write twice at the same moment, each message arrives at both nodes."""
    house, visitors = cold_house, 6
    async with nodes(house) as running, aiohttp.ClientSession(headers={"Origin": house.scene.page_url}) as browser:
        doors = [node.address for node in running]

        async def write(door: str, token: str, number: int, words: str) -> None:
            body = {"id": f"message-{number}", "text": words, "name": "Vera"}
            headers = {"Authorization": f"Bearer {token}"}
            async with browser.post(f"{door}/widget/messages", json=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()

        async def visit(who: int) -> None:
            async with browser.post(f"{doors[0]}/widget/session") as answer:
                token = (await answer.json())["token"]
            words = [f"visitor {who} says {word}." for word in ("one", "two")]
            await asyncio.gather(*(write(door, token, at, words[at]) for at in (0, 1) for door in (*doors, doors[0])))

        await asyncio.gather(*(visit(who) for who in range(visitors)))
        desks = support(house)
        await house.until(
            lambda: all(said(view, f"{who} says {one}.") for view in desks for who in range(6) for one in ("one", "two"))
        )
        await house.settled()
        assert await running[0].store.read(counts) == (visitors, 2 * visitors, 2 * visitors)
        for view in desks:
            stories = ["\n".join(view.lines(thread)) for thread in view.threads()]
            told = [sorted(re.findall(r"visitor (\d) says (\w+)\.", story)) for story in stories]
            assert sorted(told) == [[(str(who), "one"), (str(who), "two")] for who in range(visitors)]


async def test_F11_even_past_the_inbox_one_conversation_is_made(cold_house: House) -> None:
    """The database decides, should two nodes ever apply a new client's words in the same instant."""
    house = cold_house
    async with nodes(house) as running:
        start = asyncio.Event()

        async def apply(node: App, who: int, number: int) -> None:
            got = Received(
                channel_kind="telegram",
                channel_name=None,
                external_id=str(9000 + who),
                client_name=f"Client {who}",
                remote_id=str(number),
                text=RichText.plain(f"client {who} word {number}."),
                at=Moment(1_700_000_000_000 + number),
            )
            await start.wait()
            for _ in range(5):  # the intake tries again likewise
                with suppress(IntegrityError):
                    await node.store.write(lambda tx: receive(tx, got))
                    return
            raise AssertionError("the other node's conversation is not seen")

        racing = [apply(node, who, number) for who in range(5) for number in range(2) for node in (*running, running[0])]
        tasks = [asyncio.create_task(one) for one in racing]
        await asyncio.sleep(0)
        start.set()
        await asyncio.gather(*tasks)
        await house.until(
            lambda: all(
                said(view, f"{who} word {n}.") for view in (house.slack, house.telegram) for who in range(5) for n in (0, 1)
            )
        )
        await house.settled()
        assert await running[0].store.read(counts) == (5, 10, 10)
        for view in (house.slack, house.telegram):
            assert len(view.threads()) == 5
            assert all(said(view, f"{who} word {number}.") == 1 for who in range(5) for number in range(2))


async def test_F27_a_hundred_messages_in_order_while_nodes_are_killed(cold_house: House) -> None:
    house, dice = cold_house, Random(27)
    house.box.slack.retry_delays = [0.2] * 100  # Slack's own are 1, 60 and 300 seconds
    alone = file_of(house.env["RELAYDESK_DATABASE_URL"]) is not None
    async with AsyncExitStack() as stack:
        running = [Bot(house, name) for name in ("one", "two")[: 1 if alone else 2]]
        for bot in running:
            stack.push_async_callback(bot.close)
        thread = await taken(running[0])
        for bot in running[1:]:
            await bot.start()
        kills = {number: dice.choice(running) for number in sorted(dice.sample(range(10, 95), 3))}
        answers = 0
        for number in range(100):
            if number % 20 == 7:
                house.slack.says("olga", thread, f"answer {answers}.")
                answers += 1
            if number not in kills:
                house.client_says(f"word {number}.")
                continue
            victim, word = kills[number], f"word {number}."
            moment = dice.choice((posted_on_slack(word), posted_on_telegram(house, word)))
            with victim.when(moment, victim.kill) as seen:
                house.client_says(word)
                await house.until(lambda seen=seen: seen, 60)
            await victim.ended()
            await victim.start()
        await house.until(lambda: said(house.slack, "word 99.") and said(house.telegram, "word 99."), 60)
        await house.until(lambda: f"answer {answers - 1}." in " ".join(house.client_sees()))
        await running[0].settled(30)
        numbers = [str(number) for number in range(100)]
        assert re.findall(r"word (\d+)\.", "\n".join(house.slack.lines(thread))) == numbers
        topic = re.findall(r"word (\d+)\.", "\n".join(house.telegram.lines(house.telegram.threads()[0])))
        assert list(dict.fromkeys(topic)) == numbers, "first occurrences in order"
        assert all(topic.count(number) <= 2 for number in topic)
        told = re.findall(r"answer (\d)\.", "\n".join(house.client_sees()))
        assert list(dict.fromkeys(told)) == numbers[:answers]
        assert in_order(house.slack, *(f"answer {number}." for number in range(answers)))
