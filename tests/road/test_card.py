"""What a card says, on both desks alike: client, channel, marks, group, status, operator, time (R10-R17)."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.domain.actions import Verb
from bot.domain.people import Actor
from bot.store.tables import conversation
from bot.store.uow import Tx
from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, Talk, View, begin, begin_taken, facts_of

HOUR = 3600
NOWHERE = Place("slack", "", "")


async def test_R10_R11_R15_R16_the_head_of_the_card(house: House, platform: str) -> None:
    talk = await begin(house, platform, "Здравствуйте!", "karim")
    for desk, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        card = desk.card(thread)
        assert re.match(r"✈️ Карим · shop-bot\b", card), card
        assert "🟢 Sales" in card
        assert "Здравствуйте!" in card
        assert facts_of(desk, thread) == "🆕 ⚪ Unassigned"
        assert "👤" not in card
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova", "Close", "To Unassigned")
    await talk.presses("olga", "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova", "Start conversation", "To Unassigned")
    assert "Карим" in talk.mine.card(talk.thread)


async def test_R12_R14_R20_the_marks_of_the_last_and_of_unseen_words(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    house.client_says("are you there?")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")
    talk.says("olga", "I am")
    await talk.shows("↩️ 🟢 In progress 👤 Olga Ivanova")
    house.client_says("good")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")


async def test_R14_R20_a_note_and_a_reaction_of_any_operator_count_as_seen(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    colleague = COLLEAGUE[platform]
    house.client_says("one")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")
    talk.says(colleague, "note: I know this one")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    house.client_says("two")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")
    await house.settled()
    talk.mine.reacts(colleague, talk.thread, post_with(talk.mine, talk.thread, "two"))
    await talk.shows("🟢 In progress 👤 Olga Ivanova")


async def test_R13_R26_R30_the_responsible_operator_is_kept_after_closing(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.presses("olga", "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    colleague = COLLEAGUE[platform]
    await talk.presses(colleague, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[colleague]}")


async def test_R17_the_time_is_the_last_messages_or_that_of_the_status(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platforms' clocks run ahead, so that a message's time and a move's can be told apart."""
    ahead = Ahead(house, monkeypatch)
    moved = house.box.slack.core.clock() - ahead.seconds
    ahead.seconds = 2 * HOUR
    talk = await begin(house, platform)
    assert hours(talk, moved) == {0}
    assert time_words(talk) == {"since"}
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await house.until(lambda: hours(talk, moved) == {2})
    assert time_words(talk) == {"last message"}
    for count, (desk, thread) in enumerate((*views_of(talk), *views_of(talk)), 3):  # from the second on, the time alone changes
        ahead.seconds = count * HOUR
        desk.says("olga", thread, f"answer {count}")
        await house.until(lambda count=count: hours(talk, moved) == {count})
    ahead.seconds = 7 * HOUR
    house.client_says("thanks")
    await house.until(lambda: hours(talk, moved) == {7})
    await talk.presses("olga", "To Unassigned")
    await talk.shows("⚪ Unassigned")
    assert time_words(talk) == {"since"}
    assert hours(talk, moved) == {0}
    await talk.presses("olga", "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    assert time_words(talk) == {"since"}
    assert hours(talk, moved) == {0}


class Ahead:
    """Puts the clocks of both platforms ahead of the bot's by ``seconds``."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        world: Any
        for world in (house.box.slack.core, house.box.slack.core.world, house.box.telegram):
            clock = world.clock
            monkeypatch.setattr(world, "clock", lambda clock=clock: clock() + self.seconds)


def time_words(talk: Talk) -> set[str]:
    """What each card says its time is the time of."""
    return {match[0] for desk, thread in views_of(talk) if (match := re.search("since|last message|until", desk.card(thread)))}


def hours(talk: Talk, since: float) -> set[int]:
    """The times on the two cards, in whole hours after ``since``."""
    return {round((card_time(desk, thread) - since) / HOUR) for desk, thread in views_of(talk)}


def views_of(talk: Talk) -> tuple[tuple[View, str], ...]:
    return (talk.mine, talk.thread), (talk.other, talk.there)


def card_time(desk: View, thread: str) -> int:
    """The time on a card, seconds since 1970; readers see it in their own zone."""
    if isinstance(desk, SlackView):
        return int(re.findall(r"<!date\^(\d+)\^", str(desk.posts(thread)[0]["blocks"]))[0])
    card = next(one for one in desk.posts(thread) if one["from"]["is_bot"])
    return next(int(entity["unix_time"]) for entity in card["entities"] if entity["type"] == "date_time")


def post_with(desk: View, thread: str, words: str) -> str:
    """The post that holds these words."""
    for one in desk.posts(thread):
        if words in str(one):
            return str(one["ts"] if isinstance(desk, SlackView) else one["message_id"])
    raise AssertionError(words)


async def test_R121_two_hundred_changes_of_state_keep_within_slacks_updates_a_minute(cold_house: House) -> None:
    """Changes within the card's pause become one edit: Slack takes 50 ``chat.update`` a minute.

    They are pressed as from a list, so that nothing but cards has to be told to Slack.
    """
    house = cold_house
    for name in ("RELAYDESK_CARD_DEBOUNCE", "RELAYDESK_LIMITS__SLACK_UPDATES_PER_MINUTE"):
        del house.env[name]  # as they come
    app = await house.start()
    talks = [await begin(house, "slack", who=who) for who in ("ann", "karim")]
    began = len(house.box.slack.calls)
    olga = Actor("slack", house.slack.user("olga"), "button")
    before = await app.store.read(versions)

    async def changed(verb: Verb, turn: int) -> None:
        for answer in await asyncio.gather(
            *(
                app.store.write(partial(pressed, press=Pressed(olga, NOWHERE, "", f"{verb}:{number}.{version + turn}")))
                for number, version in before.items()
            )
        ):
            assert not answer.refused, answer.text

    for turn in range(99):
        await changed(Verb.UNASSIGN if turn % 2 else Verb.CLOSE, turn)
    await changed(Verb.START, 99)
    assert await app.store.read(versions) == {number: version + 100 for number, version in before.items()}
    for talk in talks:
        await talk.shows("🟢 In progress 👤 Olga Ivanova")
    updates = [call for call in list(house.box.slack.calls)[began:] if call[1] == "chat.update"]
    assert {call[3] for call in updates} == {"ok"}
    assert 2 <= len(updates) <= 50


def versions(tx: Tx) -> dict[int, int]:
    """The conversations with how often each has come into another state."""
    return {row.id: row.version for row in tx.execute(select(conversation.c.id, conversation.c.version))}
