"""Canned responses from either desk: made, typed, stacked, chosen, held; what the client gets and what the desks show (R40-R44)."""

from __future__ import annotations

from tests.road.house import House
from tests.road.talk import COLLEAGUE, HOLDER, Talk, begin_taken

GREETING = "Hello {client}, this is {operator} of {group}."
FILLED = "Hello Ann Lee, this is Olga Ivanova of Sales."


async def keep(talk: Talk, title: str, body: str, who: str = HOLDER) -> str:
    """An operator makes one at his own desk; what he is told, or what is wrong."""
    await talk.mine.desk_says(who, "templates")
    await talk.mine.desk_presses(who, "New")
    return await talk.mine.fills(who, "", title=title, body=body)


async def got(talk: Talk, text: str) -> None:
    """The client gets the text as his only answer, under the operator's name."""
    await talk.house.until(lambda: talk.house.client_sees() == [f"Olga Ivanova\n{text}"])
    await talk.house.settled()
    assert len(talk.house.client_sees()) == 1


def shows(lines: list[str], text: str) -> int:
    return sum(" ".join(text.split()) in " ".join(line.split()) for line in lines)


async def test_R40_R42_R43_R44_made_typed_and_shown_once_on_every_desk(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    assert "Saved." in await keep(talk, "Greet", GREETING)
    post = talk.says(HOLDER, "\\greet")
    await got(talk, FILLED)
    await house.until(lambda: shows(talk.lines(), FILLED) == 1 == shows(talk.copies(), FILLED))
    assert shows(talk.copies(), "\\greet") == 0
    await talk.marked(post, "accepted")


async def test_R40_stacked_with_own_words_and_an_unknown_one_sends_nothing(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await keep(talk, "Greet", GREETING)
    await keep(talk, "Opening hours", "From 9 to 5.")
    before = len(talk.mine.told(HOLDER))
    talk.says(HOLDER, "\\greet \\openning-hours thanks")
    await house.until(lambda: len(talk.mine.told(HOLDER)) > before)
    assert "Did you mean \\opening-hours?" in talk.mine.told(HOLDER)[-1]
    assert house.client_sees() == []
    talk.says(HOLDER, "\\greet \\opening-hours thanks")
    await got(talk, f"{FILLED}\n\nFrom 9 to 5.\n\nthanks")


async def test_R40_in_a_topic_a_slash_does_as_well(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    await keep(talk, "Greet", GREETING)
    talk.says(HOLDER, "/greet")
    await got(talk, FILLED)


async def test_R25_R40_held_in_a_conversation_of_another(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    colleague = COLLEAGUE[platform]
    await keep(talk, "Greet", GREETING, colleague)
    post = talk.says(colleague, "\\greet")
    await talk.marked(post, "held")
    await talk.asked(colleague)
    assert house.client_sees() == []
    await talk.presses(colleague, "Take over and send")
    await house.until(lambda: len(house.client_sees()) == 1)
    assert "Hello Ann Lee, this is B" in house.client_sees()[0]
    await house.until(lambda: shows(talk.lines(), "Hello Ann Lee") == 1 == shows(talk.copies(), "Hello Ann Lee"))


async def test_R40_R44_chosen_looked_at_and_sent(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await keep(talk, "Greet", GREETING)
    await keep(talk, "Bye", "Goodbye!")
    await talk.mine.chooses(HOLDER, talk.thread, "Canned")
    shown = await talk.mine.fills(
        HOLDER, talk.thread, pick=["Greet — Hello {client}, this is {operator} of {group}.", "Bye — Goodbye!"], own="see you"
    )
    assert FILLED in shown
    assert house.client_sees() == []
    if platform == "slack":
        await house.slack.presses_in_modal(HOLDER, "Send")
    else:
        await talk.presses(HOLDER, "Send")
    await got(talk, f"{FILLED}\n\nGoodbye!\n\nsee you")
    await house.until(lambda: shows(talk.lines(), FILLED) == 1 == shows(talk.copies(), FILLED))


async def test_R44_an_unknown_variable_is_refused_beside_its_field_and_can_be_mended(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    told = await keep(talk, "Greet", "Hi {name}")
    assert told == "I don't know {name}. You can use {client}, {operator}, {group}."
    assert "Saved." in await talk.mine.fills(HOLDER, "", body="Hi {client}")


async def test_R41_R43_a_super_admins_are_everybodys_and_deleted_by_him(house: House) -> None:
    talk = await begin_taken(house, "slack")
    await keep(talk, "Greet", GREETING, "ada")
    await talk.mine.desk_says("ada", "templates")
    talk.says(HOLDER, "\\greet")
    await got(talk, FILLED)
    await talk.mine.desk_presses("ada", "Delete…")
    assert "Deleted." in await talk.mine.desk_presses("ada", "Delete")
    assert "There is no canned response" in await said(talk, "\\greet")


async def said(talk: Talk, text: str) -> str:
    before = len(talk.mine.told(HOLDER))
    talk.says(HOLDER, text)
    await talk.house.until(lambda: len(talk.mine.told(HOLDER)) > before)
    return talk.mine.told(HOLDER)[-1]
