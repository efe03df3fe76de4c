"""A whole day, told once from each desk: everything an operator does between the first client and the evening (issue 3)."""

from __future__ import annotations

import asyncio

from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, HOLDER, NAMES, begin, facts_of
from tests.road.test_passing_on import heard, meet_the_bot


async def test_R24_R25_R40_R55_R56_R60_R70_R80_R81_R85_a_whole_day(house: House, platform: str) -> None:
    """Two race for a new client; note, tag, canned words, passing on, pin, close, return, black list, search, e-mail."""
    meet_the_bot(house)
    mine = COLLEAGUE[platform]
    talk = await begin(house, platform, "Good morning! My order 1042 is late, I want a refund.")
    theirs = COLLEAGUE[talk.other.platform]

    # Two operators on two platforms want it at once; one gets it, the other is told who has it.
    told = await asyncio.gather(
        talk.presses(mine, "Start conversation"), talk.other.presses(theirs, talk.there, "Start conversation")
    )
    winner = mine if "is yours" in told[0] else theirs
    assert sum("is yours" in words for words in told) == 1
    assert sum(f"{NAMES[winner]} already has this conversation." in words for words in told) == 1
    await house.until(lambda: facts_of(talk.mine, talk.thread) == facts_of(talk.other, talk.there))
    if winner != mine:
        await talk.types(HOLDER, f"assign {NAMES[mine]}")
    await talk.shows(f"🟢 In progress 👤 {NAMES[mine]}")

    # The talk: a note stays in the house, a canned greeting goes out, the complaint is tagged.
    assert (await talk.mine.desk_says(mine, "templates")).strip()
    await talk.mine.desk_presses(mine, "New")
    await talk.mine.fills(mine, "", title="greeting", body="Good day, {client}! I am {operator}.")
    talk.says(mine, "note: a regular, be generous")
    talk.says(mine, "\\greeting I look into it.")
    await house.until(lambda: heard(house))
    assert house.client_sees() == [f"{NAMES[mine]}\nGood day, Ann Lee! I am {NAMES[mine]}.\n\nI look into it."]
    assert "Tagged" in await talk.types(mine, "tag refund")

    # Passed on to Olga, who pins the client and closes; the client's return lands in her inbox.
    assert "Olga" in await talk.types(mine, "assign Olga")
    await talk.shows("↩️ 🟢 In progress 👤 Olga Ivanova")
    assert any("Ann Lee" in words for words in house.slack.private(HOLDER) + house.telegram.private(HOLDER))
    assert (await talk.types(HOLDER, "pin")).startswith("Pinned to Olga Ivanova")
    await talk.marked(talk.says(HOLDER, "The refund is on its way."), "accepted")
    await talk.presses(HOLDER, "Close")
    await talk.shows("↩️ ⚫ Closed 👤 Olga Ivanova")
    house.client_says("Thank you! One more thing…")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")

    # To another group and back; then the client turns to abuse, and is heard again after the evening's talk.
    await talk.types(HOLDER, "group Support")
    await house.until(lambda: "Moved to" in talk.mine.card(talk.thread) and "Moved to" in talk.other.card(talk.there))
    house.client_says("hello?")
    await house.settled()
    assert not [line for line in talk.lines() if "hello?" in line], "what is written now stands on the new desk alone"
    assert "Ann Lee" in await talk.mine.desk_says(HOLDER, "search refund")

    # Taken again from the list, where it can be read first.
    before = heard(house)
    await talk.mine.desk_says(HOLDER, "tab all")
    await talk.mine.desk_presses(HOLDER, "Preview")
    lines, buttons = await talk.mine.desk_screen(HOLDER)
    assert any("hello?" in line for line in lines) and "Start conversation" in buttons
    await talk.mine.desk_presses(HOLDER, "Start conversation")
    there = type(talk.mine)(house, "support")
    (thread,) = there.threads()
    await house.until(lambda: "🟢 In progress" in there.card(thread))
    assert heard(house) == before, "taking a conversation says nothing to the client"

    # The evening: off to the black list, and heard again after the unlock, with nothing replayed.
    await there.chooses(HOLDER, thread, "Send to the black list…")
    assert "on the black list" in await there.fills(HOLDER, thread)
    await house.until(lambda: "⛔ Black list" in there.card(thread))
    if isinstance(there, SlackView):
        await there.closes(HOLDER)
    house.client_says("you are all thieves")
    await house.settled()
    await talk.mine.desk_says(HOLDER, "tab blacklist")
    await talk.mine.desk_presses(HOLDER, "Unlock conversation")
    await house.until(lambda: "⚫ Closed" in there.card(thread))
    house.client_says("I am sorry. Good night")
    await house.until(lambda: any("Good night" in line for line in there.lines(thread)))
    assert "thieves" not in " ".join(there.lines(thread) + talk.lines() + talk.copies())
    assert heard(house) == before
