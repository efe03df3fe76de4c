"""The black list, played from both desks (R80, R81)."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from bot.store.tables import message
from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, Talk, begin, begin_taken, choices


async def unlock(house: House, platform: str) -> str:
    """Olga presses *Unlock conversation* in the tab Blacklist."""
    desk = house.desk(platform)
    assert "Ann Lee" in await desk.desk_says("olga", "tab blacklist")
    return await desk.desk_presses("olga", "Unlock conversation")


async def unheard(house: House, number: int) -> None:
    """Wait until so many messages from the black list have come."""
    assert house.app is not None
    query = select(func.count()).select_from(message).where(message.c.direction == "unheard")
    async with asyncio.timeout(40):
        while await house.app.store.read(lambda tx: tx.execute(query).scalar()) != number:
            await asyncio.sleep(0.02)


async def sends_there(talk: Talk, who: str) -> str:
    """An operator sends the client to the black list and says that it is meant; what he is told."""
    await talk.mine.chooses(who, talk.thread, "Send to the black list…")
    told = await talk.mine.fills(who, talk.thread)
    if isinstance(talk.mine, SlackView):
        await talk.mine.closes(who)
    return told


async def listed(house: House, platform: str) -> Talk:
    """A conversation whose client Olga sent to the black list."""
    talk = await begin_taken(house, platform)
    assert "The client is on the black list." in await sends_there(talk, "olga")
    for desk, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        await house.until(lambda desk=desk, thread=thread: "⛔ Black list" in desk.card(thread))
    await house.settled()
    return talk


async def test_R80_a_client_on_the_black_list_reaches_nobody(house: House, platform: str) -> None:
    talk = await listed(house, platform)
    assert talk.mine.buttons(talk.thread) == talk.other.buttons(talk.there) == []
    before = talk.lines(), talk.copies(), talk.mine.card(talk.thread), talk.mine.private("olga")
    house.client_says("buy my things")
    house.client_says("again")
    await unheard(house, 2)
    await house.settled()
    assert before == (talk.lines(), talk.copies(), talk.mine.card(talk.thread), talk.mine.private("olga"))
    assert len(talk.mine.threads()) == 1
    house.client_says("hello", "karim")
    await house.until(lambda: len(talk.mine.threads()) == 2)  # others are heard as ever


async def test_R80_it_is_asked_twice_and_the_outcome_leads_back(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.types("olga", "blacklist")
    asked = await talk.mine.chooses("olga", talk.thread, "Send to the black list…")
    assert "Nobody will see what Ann Lee writes" in asked
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await talk.mine.fills("olga", talk.thread)
    shown = await back(talk, "Undo in Blacklist…")
    assert "Blacklist" in shown and "Ann Lee" in shown
    assert "Unlocked." in await back(talk, "Unlock conversation")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    assert house.client_sees() == []


async def back(talk: Talk, label: str) -> str:
    """Olga presses a button of what she was shown last."""
    if isinstance(talk.mine, SlackView):
        return await talk.mine.presses_in_modal("olga", label)
    told = await talk.presses("olga", label)
    await talk.house.settled()
    return " ".join([told, *(str(one["text"]) for one in talk.mine.whispers("olga")[-1:])])


async def test_R81_unlocked_nothing_is_replayed_and_the_next_message_takes_the_usual_way(house: House, platform: str) -> None:
    talk = await listed(house, platform)
    house.client_says("unheard words")
    await unheard(house, 1)
    who = COLLEAGUE[platform]
    assert "Ann Lee" not in await house.desk(platform).desk_says(who, "tab blacklist")
    await unlock(house, platform)
    await talk.shows("⚫ Closed 👤 Olga Ivanova", "Start conversation", "To Unassigned")
    house.client_says("I am sorry")
    await talk.shows("🆕 ⚪ Unassigned 👤 Olga Ivanova")
    await house.settled()
    for lines in (talk.lines(), talk.copies()):
        assert "I am sorry" in "\n".join(lines) and "unheard words" not in "\n".join(lines)


async def test_R80_F72_operators_texts_there_are_held_with_the_reason(house: House, platform: str) -> None:
    talk = await listed(house, platform)
    # the topic is closed: only those who manage the forum write there
    for who in ("olga", "ben") if platform == "slack" else ("olga",):
        before = len(talk.mine.told(who))
        post = talk.says(who, "are you there?")
        await talk.marked(post, "held")
        await house.settled()
        words = "This client is on the black list, so the client has not got your text."
        await house.until(lambda who=who, before=before, words=words: words in " ".join(talk.mine.told(who)[before:]))
        assert set(choices(talk.mine, who)) <= {"Undo in Blacklist…"}
    assert house.client_sees() == []


async def test_R81_no_other_way_leads_out_of_the_black_list(house: House, platform: str) -> None:
    talk = await listed(house, platform)
    words = "This client is on the black list. Unlock the conversation in the tab Blacklist first."
    for typed in ("start", "takeover", "unassign", "assign Boris", "group Support"):
        assert await talk.types("olga", typed) == words
    assert "already closed" in await talk.types("olga", "close")
    assert "⛔ Black list" in talk.mine.card(talk.thread)


async def test_R80_whoever_sees_a_conversation_may_send_its_client_there(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    told = await sends_there(talk, COLLEAGUE[platform])
    assert "can unlock it" in told and "Undo" not in told
    assert await talk.types("olga", "blacklist") == "This client is on the black list already."
