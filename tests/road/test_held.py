"""Words of somebody who does not have the conversation: held, and their author alone decides (R24, R25)."""

from __future__ import annotations

import asyncio

from tests.road.desks import slack_buttons
from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, Talk, begin, begin_taken, choices, facts_of, forge, journal_of, whispers

SENT = "Sent to the client."
NOTED = "Kept as a note. The client does not see it."
ALREADY_SENT = "This text was already sent."
ALREADY_NOTED = "This text was already kept as a note."


async def hold(talk: Talk, who: str, text: str) -> tuple[str, list[str]]:
    """Somebody without the conversation writes; the post, and the choices he comes to have."""
    post = talk.says(who, text)
    offered = await talk.asked(who)
    await talk.marked(post, "held")
    await talk.house.settled()
    return post, offered


def question(talk: Talk, who: str) -> str:
    """The last thing the bot told this person alone."""
    return talk.mine.told(who)[-1]


def pressed_data(talk: Talk, who: str, label: str) -> str:
    """What a button of the question carries."""
    (asked,) = whispers(talk.mine, who)
    if talk.mine.platform == "slack":
        return str(dict(slack_buttons(asked))[label]["value"])
    rows = asked["reply_markup"]["inline_keyboard"]
    return str(next(key["callback_data"] for row in rows for key in row if key["text"] == label))


def alone(talk: Talk, who: str) -> bool:
    """Whether nobody but the author was told or asked anything."""
    people = {"slack": ("olga", "ben", "ada"), "telegram": ("olga", "boris")}
    return not any(
        view.told(one) for view in (talk.mine, talk.other) for one in people[view.platform] if (view, one) != (talk.mine, who)
    )


async def test_R24_R25_before_the_start_the_author_is_asked_and_starts(house: House, platform: str) -> None:
    """Pressed twice at once: taken and sent once, and the second press is told."""
    talk, author = await begin(house, platform), COLLEAGUE[platform]
    post, offered = await hold(talk, author, "I will look into it")
    assert offered == ["Start and send", "Keep as note"], "he has no right to send once"
    assert question(talk, author).startswith("Nobody has this conversation now, so the client has not got your text.")
    assert alone(talk, author)
    await talk.shows("⚪ Unassigned", "Start conversation", "Close")
    assert house.client_sees() == [] == talk.copies()
    told = await asyncio.gather(talk.presses(author, "Start and send"), talk.presses(author, "Start and send"))
    await talk.marked(post, "accepted")
    await talk.shows(f"↩️ 🟢 In progress 👤 {NAMES[author]}", "Close", "To Unassigned")
    assert house.client_sees() == [f"{NAMES[author]}\nI will look into it"]
    (copy,) = talk.copies()
    assert NAMES[author] in copy and "I will look into it" in copy and "note" not in copy
    assert choices(talk.mine, author) == [], "the question is gone"
    await house.until(lambda: ALREADY_SENT in " ".join([*told, *talk.mine.told(author)]))
    assert len(await journal_of(house, "started")) == len(await journal_of(house, "sent a held text")) == 1
    assert [one.details["reason"] for one in await journal_of(house, "refused")] == ["Decided"]


async def test_R25_taking_over_names_who_has_it_and_asks_again_when_that_has_changed(house: House, platform: str) -> None:
    talk, author = await begin(house, platform), COLLEAGUE[platform]
    _, offered = await hold(talk, author, "let me")
    assert offered == ["Start and send", "Keep as note"]
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    assert "Olga Ivanova already has this conversation." in await talk.presses(author, "Start and send")
    await house.until(lambda: "Take over and send" in choices(talk.mine, author))
    await house.settled()
    assert question(talk, author).startswith("Olga Ivanova has this conversation")
    assert house.client_sees() == []
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await talk.presses(author, "Take over and send")
    await talk.shows(f"↩️ 🟢 In progress 👤 {NAMES[author]}")
    await house.until(lambda: house.client_sees() == [f"{NAMES[author]}\nlet me"])
    (entry,) = await journal_of(house, "taken over")
    assert (entry.who, entry.way) == (NAMES[author], f"{platform}:button")
    await house.settled()
    assert len(talk.copies()) == 1


async def test_R25_send_once_only_with_the_right_and_the_conversation_stays(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform, COLLEAGUE[platform])
    holder = NAMES[COLLEAGUE[platform]]
    post, offered = await hold(talk, "olga", "One word from the lead")
    assert offered == ["Take over and send", "Send once", "Keep as note"]
    data = pressed_data(talk, "olga", "Send once")
    assert await forge(talk, COLLEAGUE[platform], data) == "Only Olga Ivanova, who wrote this text, can decide about it."
    assert await forge(talk, COLLEAGUE[platform], pressed_data(talk, "olga", "Keep as note")) == (
        "Only Olga Ivanova, who wrote this text, can decide about it."
    )
    assert house.client_sees() == []
    await talk.presses("olga", "Send once")
    await talk.marked(post, "accepted")
    assert house.client_sees() == ["Olga Ivanova\nOne word from the lead"]
    await talk.shows(f"↩️ 🟢 In progress 👤 {holder}", "Close", "To Unassigned")
    assert await forge(talk, "olga", data) == ALREADY_SENT
    await house.settled()
    (copy,) = talk.copies()
    assert "One word from the lead" in copy and house.client_sees() == ["Olga Ivanova\nOne word from the lead"]


async def test_R25_send_once_without_the_right_is_refused_even_when_forged(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    author = COLLEAGUE[platform]
    post, offered = await hold(talk, author, "may I?")
    assert offered == ["Take over and send", "Keep as note"]
    row = pressed_data(talk, author, "Keep as note").partition(":")[2]
    told = await forge(talk, author, f"send_once:{row}")
    assert told == "Your role does not allow this. Ask an admin for the right “send_once”."
    assert house.client_sees() == []
    await talk.marked(post, "held")
    assert "Olga Ivanova already has this conversation." in await forge(talk, author, f"send_taking:{row}")
    assert house.client_sees() == []
    await talk.shows("🟢 In progress 👤 Olga Ivanova")


async def test_R25_keep_as_note_shows_it_to_the_other_desk_and_never_to_the_client(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    author = COLLEAGUE[platform]
    await hold(talk, author, "she was rude last time")
    data = pressed_data(talk, author, "Keep as note")
    await talk.presses(author, "Keep as note")
    await house.until(talk.copies)
    await house.settled()
    (copy,) = talk.copies()
    assert "she was rude last time" in copy and NAMES[author] in copy and is_shown_as_note(copy)
    assert await forge(talk, author, data) == ALREADY_NOTED
    assert await forge(talk, author, data.replace("keep_note", "send_taking")) == ALREADY_NOTED
    await talk.marked(talk.says("olga", "Good day"), "accepted")
    assert house.client_sees() == ["Olga Ivanova\nGood day"]
    await talk.shows("↩️ 🟢 In progress 👤 Olga Ivanova")


def is_shown_as_note(line: str) -> bool:
    """Whether a copy on a desk says that it is a note."""
    return "🔒" in line or "note, not sent" in line


async def test_R25_silence_keeps_it_as_a_note_for_both_desks(cold_house: House, platform: str) -> None:
    house, author = cold_house, COLLEAGUE[platform]
    house.env["RELAYDESK_HELD_NOTE_AFTER"] = "0.5"
    await house.start()
    talk = await begin(house, platform)
    post, offered = await hold(talk, author, "I say nothing more")
    data = pressed_data(talk, author, offered[0])
    await house.until(talk.copies)
    await house.settled()
    (copy,) = talk.copies()
    assert "I say nothing more" in copy and NAMES[author] in copy and is_shown_as_note(copy)
    assert await forge(talk, author, data) == ALREADY_NOTED
    await talk.presses(author, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[author]}")
    await talk.marked(post, "held")
    assert house.client_sees() == [] and facts_of(talk.other, talk.there) == f"🟢 In progress 👤 {NAMES[author]}"


async def test_R25_a_decision_that_comes_while_silence_is_being_told_is_too_late(cold_house: House, platform: str) -> None:
    """The other desk is slow to take the note; it shows the text once all the same."""
    house, author = cold_house, COLLEAGUE[platform]
    house.env["RELAYDESK_HELD_NOTE_AFTER"] = "0.5"
    await house.start()
    talk = await begin_taken(house, platform)
    method = {"slack": "chat.postMessage", "telegram": "sendMessage"}[talk.other.platform]
    slow = house.box.faults.add(talk.other.platform, method, "delay", seconds=1.5, times=1)
    talk.says(author, "too late")
    offered = await talk.asked(author)
    data = pressed_data(talk, author, offered[-1])
    await house.until(lambda: slow.hits)
    assert await forge(talk, author, data) == ALREADY_NOTED
    await house.until(talk.copies)
    await house.settled()
    assert len(talk.copies()) == 1 and house.client_sees() == []


async def test_R25_in_a_closed_conversation_words_are_held_and_start_it_again(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.presses("olga", "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    if platform == "telegram":  # a closed topic takes words of administrators only
        house.box.telegram.add_member(chat=house.telegram.chat, user=house.telegram.user("olga"), rights=["can_manage_topics"])
    post, offered = await hold(talk, "olga", "one more thing")
    assert offered == ["Start and send", "Send once", "Keep as note"]
    assert question(talk, "olga").startswith("Nobody has this conversation now")
    assert house.client_sees() == [] and talk.copies() == [line for line in talk.copies() if "one more" not in line]
    await talk.presses("olga", "Start and send")
    await talk.marked(post, "accepted")
    await talk.shows("↩️ 🟢 In progress 👤 Olga Ivanova")
    assert house.client_sees() == ["Olga Ivanova\none more thing"]


async def test_R25_a_super_admins_words_are_held_too_while_somebody_else_has_it(house: House) -> None:
    talk = await begin_taken(house, "slack", "ben")
    post, offered = await hold(talk, "ada", "I am the admin")
    assert offered == ["Take over and send", "Send once", "Keep as note"]
    assert house.client_sees() == []
    await talk.presses("ada", "Send once")
    await talk.marked(post, "accepted")
    await talk.shows("↩️ 🟢 In progress 👤 Ben Carter")
    assert house.client_sees() == ["Ada Admin\nI am the admin"]


async def test_R25_the_question_outlives_a_restart(house: House, platform: str) -> None:
    talk, author = await begin(house, platform), COLLEAGUE[platform]
    post, _ = await hold(talk, author, "asked before the restart")
    await house.stop()
    await house.start()
    if platform == "slack":
        await house.until(lambda: any(house.box.slack.core.sockets.open.values()))
    await talk.presses(author, "Start and send")
    await talk.marked(post, "accepted")
    await talk.shows(f"↩️ 🟢 In progress 👤 {NAMES[author]}")
    assert house.client_sees() == [f"{NAMES[author]}\nasked before the restart"]
    assert choices(talk.mine, author) == []
