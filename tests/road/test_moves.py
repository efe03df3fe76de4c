"""Every movement, what it leaves behind, and its history (R20, R26-R30)."""

from __future__ import annotations

import re

from sqlalchemy import select

from bot.store.journal import add
from bot.store.tables import journal
from bot.store.uow import Tx
from tests.road.desks import TelegramView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, Talk, begin, begin_taken, facts_of


async def facts_kept(house: House) -> list[tuple[object, ...]]:
    """The whole journal, oldest first."""

    def read(tx: Tx) -> list[tuple[object, ...]]:
        return [tuple(row) for row in tx.execute(select(journal).order_by(journal.c.id))]

    assert house.app is not None
    return await house.app.store.read(read)


def topic_is_closed(talk: Talk) -> bool:
    """Whether Telegram shows the topic as closed, whichever desk the scenario is played from."""
    view, thread = (talk.mine, talk.thread) if isinstance(talk.mine, TelegramView) else (talk.other, talk.there)
    (topic,) = [one for one in view.telegram.topics(chat=view.chat) if str(one["id"]) == thread]
    return bool(topic["closed"])


async def test_R26_R27_R28_R29_R30_the_whole_round_and_its_history(house: House, platform: str) -> None:
    """Taken, returned, closed, reopened outgoing, closed by another, reopened by the client; nothing of it is forgotten."""
    talk, colleague = await begin(house, platform), COLLEAGUE[platform]
    kept: list[tuple[object, ...]] = []

    async def round_of(facts: str, *buttons: str, closed: bool = False) -> None:
        await talk.shows(facts, *buttons)
        await house.until(lambda: topic_is_closed(talk) is closed)
        now = await facts_kept(house)
        assert now[: len(kept)] == kept and len(now) > len(kept), "the journal only grows"
        kept[:] = now

    await round_of("🆕 ⚪ Unassigned", "Start conversation", "Close")
    await talk.presses(colleague, "Start conversation")
    await round_of(f"🟢 In progress 👤 {NAMES[colleague]}", "Close", "To Unassigned")
    await talk.types(colleague, "unassign")
    await round_of("⚪ Unassigned", "Start conversation", "Close")
    await talk.other.presses("olga", talk.there, "Close")
    await round_of("⚫ Closed 👤 Olga Ivanova", "Start conversation", "To Unassigned", closed=True)
    await talk.presses(colleague, "Start conversation")
    await round_of(f"🟢 In progress 👤 {NAMES[colleague]}", "Close", "To Unassigned")
    await talk.marked(talk.says(colleague, "one thing more"), "accepted")
    assert house.client_sees() == [f"{NAMES[colleague]}\none thing more"]
    await talk.presses("olga", "Close")
    await round_of(f"↩️ ⚫ Closed 👤 {NAMES[colleague]}", "Start conversation", "To Unassigned", closed=True)
    await talk.presses("olga", "To Unassigned")
    await round_of("↩️ ⚪ Unassigned", "Start conversation", "Close")
    await talk.presses("olga", "Close")
    await round_of("↩️ ⚫ Closed 👤 Olga Ivanova", "Start conversation", "To Unassigned", closed=True)
    house.client_says("and one from me")
    await round_of("🆕 ⚪ Unassigned 👤 Olga Ivanova", "Start conversation", "Close")
    assert len(talk.mine.threads()) == len(talk.other.threads()) == 1, "it has not rested long enough for a new thread"
    await house.until(lambda: [line for line in talk.lines() if "and one from me" in line])
    assert_history(await talk.types("olga", "history"), platform, talk.other.platform, NAMES[colleague])
    assert len(await facts_kept(house)) == len(kept), "to read is no movement"


def assert_history(told: str, mine: str, other: str, colleague: str) -> None:
    """When, who, what and from where, in order."""
    said = re.findall(r"\d+ \w{3} \d\d:\d\d UTC\s+(.+?): ([a-z ]+) \(([^)]+)\)", told)
    assert said == [
        ("Ann Lee", "arrived", "Client Telegram bot"),
        (colleague, "started", f"{mine.capitalize()} button"),
        (colleague, "returned", f"{mine.capitalize()} text"),
        ("Olga Ivanova", "closed", f"{other.capitalize()} button"),
        (colleague, "started", f"{mine.capitalize()} button"),
        ("Olga Ivanova", "closed", f"{mine.capitalize()} button"),
        ("Olga Ivanova", "returned", f"{mine.capitalize()} button"),
        ("Olga Ivanova", "closed", f"{mine.capitalize()} button"),
        ("Ann Lee", "reopened", "Client Telegram bot"),
    ]


async def test_R26_R27_what_makes_no_sense_is_refused_in_words(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    assert await talk.types("olga", "unassign") == "This conversation is already in Unassigned."
    assert await talk.types("olga", "start") == "The conversation is yours. What you write in it now goes to the client."
    assert await talk.types("olga", "start") == "You already have this conversation. Just write, and the client gets it."
    assert (await talk.types("olga", "close")).startswith("Closed.")
    assert await talk.types("olga", "close") == "This conversation is already closed."
    assert "note:" in await talk.types("olga", "help")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    assert house.client_sees() == []


async def test_R20_what_counts_as_seen(house: House, platform: str) -> None:
    """A typed verb, a held text, a press; on either desk. Words of the client alone bring the mark back."""
    talk, colleague = await begin_taken(house, platform), COLLEAGUE[platform]

    async def unseen(words: str) -> None:
        house.client_says(words)
        await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")
        await house.settled()

    await unseen("one")
    await talk.types(colleague, "history")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await unseen("two")
    talk.says(colleague, "a word that is held")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await unseen("three")
    await talk.presses(colleague, "Keep as note")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await unseen("four")
    talk.other.reacts("olga", talk.there, copy_of(talk, "four"))
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    assert facts_of(talk.mine, talk.thread) == facts_of(talk.other, talk.there)


def copy_of(talk: Talk, words: str) -> str:
    """The other desk's post of a client's words."""
    key = "ts" if talk.other.platform == "slack" else "message_id"
    return str(next(one[key] for one in talk.other.posts(talk.there) if words in str(one)))


async def test_R29_of_a_long_history_the_newest_is_told(house: House, platform: str) -> None:
    """More than one post holds: the oldest gives way, nothing is cut at the end."""
    talk = await begin(house, platform)

    def long_story(tx: Tx) -> None:
        conversation_id = tx.execute(select(journal.c.conversation_id).where(journal.c.what == "arrived")).scalar_one()
        for number in range(49):
            who = f"{'Maximilian-Ferdinand ' * 4}{number}"
            add(tx, "returned", who=who, way="slack:button", conversation_id=conversation_id)

    assert house.app is not None
    await house.app.store.write(long_story)
    await talk.types("olga", "start")
    told = await talk.types("olga", "history")
    assert "…" in told.splitlines()[0] or told.startswith("…")
    assert "Maximilian-Ferdinand 48: returned (Slack button)" in told and f"started ({platform.capitalize()} text)" in told[-40:]
    assert "arrived" not in told


async def test_a_slip_of_the_pen_is_answered_with_what_was_meant(house: House, platform: str) -> None:
    """At every door: in the thread or topic, and to the bot itself; what somebody may not do is not named."""
    talk = await begin(house, platform)
    here, desk = ("!", "/desk ") if platform == "slack" else ("/", "/")
    behind = f" “{here}help” lists all there is."
    assert await talk.types("olga", "clsoe") == f"I don't know “{here}clsoe”. Did you mean “{here}close”?{behind}"
    assert f"Did you mean “{here}assign”? Example: “{here}assign Olga”." in await talk.types("olga", "asign")
    assert await talk.types("olga", "xyzzy") == f"I don't know “{here}xyzzy”.{behind}"
    assert f"Did you mean “{desk}search”? Example: “{desk}search refund”." in await talk.mine.desk_says("olga", "serach refund")
    where = "thread" if platform == "slack" else "topic"
    assert f"Did you mean “{here}close” in a conversation's {where}?" in await talk.mine.desk_says("olga", "clsoe")
    assert "operators" not in await talk.mine.desk_says("olga", "oprators")
    await talk.shows("🆕 ⚪ Unassigned")
    assert house.client_sees() == []
