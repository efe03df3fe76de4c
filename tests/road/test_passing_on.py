"""Passing a conversation on, played from both desks: to a colleague (R55, R57) and to another group (R56)."""

from __future__ import annotations

from tests.road.desks import SlackView, TelegramView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, Talk, View, begin, begin_taken, change_team, join_telegram


def meet_the_bot(house: House) -> None:
    """The Telegram operators have started the desk's bot, so that it may write to them."""
    for who in ("olga", "boris"):
        house.box.telegram.start(user=house.scene.operators[who], bot=house.scene.desk_bot.id)


def support(house: House, platform: str) -> tuple[View, View]:
    """The desks of the group Support: that of this platform first."""
    there = SlackView(house, "support"), TelegramView(house, "support")
    return there if platform == "slack" else (there[1], there[0])


def heard(house: House) -> list[str]:
    """What the client has been told, without names."""
    return [said.splitlines()[-1] for said in house.client_sees()]


async def test_R55_a_colleague_gets_the_conversation_and_is_told_in_private(house: House, platform: str) -> None:
    meet_the_bot(house)
    talk = await begin_taken(house, platform)
    who = COLLEAGUE[platform]
    name = NAMES[who]
    assert await talk.types("olga", f"assign {name.split()[0]}") == f"The conversation is in the inbox of {name}."
    await talk.shows(f"🟢 In progress 👤 {name}")
    words = f"➡️ Olga Ivanova passed this conversation on to {name}."
    assert any(words in line for line in talk.lines()) and any(words in line for line in talk.copies())
    assert any("Olga Ivanova passed the conversation with Ann Lee on to you." in said for said in talk.mine.private(who))
    held = talk.says("olga", "do not send")
    await talk.marked(held, "held")
    await talk.marked(talk.says(who, "I have it now"), "accepted")
    assert heard(house) == ["I have it now"]


async def test_R55_who_cannot_be_told_in_private_is_named_in_the_thread(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    await talk.types("olga", "assign Boris")  # he has never started the desk's bot
    words = "✉️ For Boris Petrov, who can't be told in private: ➡️ Olga Ivanova passed the conversation with Ann Lee on to you."
    await house.until(lambda: words in "\n".join(talk.lines()) and words in "\n".join(talk.copies()))


async def test_R55_what_a_colleague_has_is_not_taken_from_him_by_assigning(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    told = await talk.types(COLLEAGUE[platform], "assign Olga")
    assert told == "Only Olga Ivanova, who has this conversation, can do that."
    assert "no operator “Nobody”" in await talk.types("olga", "assign Nobody")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")


async def test_R2_R57_an_admin_gives_what_anybody_has_to_anybody(cold_house: House, platform: str) -> None:
    join_telegram(cold_house, "ada")
    await cold_house.start()
    talk = await begin_taken(cold_house, platform)
    for who in ("ben", "boris"):
        assert await talk.types("ada", f"assign {NAMES[who]}") == f"The conversation is in the inbox of {NAMES[who]}."
        await talk.shows(f"🟢 In progress 👤 {NAMES[who]}")
    assert heard(cold_house) == []


async def test_R55_assigned_ones_may_wait_in_unassigned_marked_for_their_operator(cold_house: House, platform: str) -> None:
    house = cold_house
    change_team(house, lambda tables: [group.update(assign_lands_in="unassigned") for group in tables["group"]])
    await house.start()
    talk = await begin(house, platform)
    name = NAMES[COLLEAGUE[platform]]
    assert await talk.types("olga", f"assign {name}") == f"It waits in Unassigned for {name}."
    for desk, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        await house.until(lambda desk=desk, thread=thread: f"⚪ Unassigned, for {name}" in desk.card(thread))
    assert f"⚪ Unassigned, for {name}" in await house.desk(platform).desk_says(COLLEAGUE[platform], "tab unassigned")
    await talk.presses(COLLEAGUE[platform], "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {name}")


async def moved(house: House, platform: str, talk: Talk) -> Talk:
    """The talk as it goes on in the group Support."""
    mine, other = support(house, platform)
    await house.until(lambda: len(mine.threads()) == len(other.threads()) == 1)
    await house.settled()
    return Talk(house, mine, other, mine.threads()[-1], other.threads()[-1])


async def test_R56_a_moved_conversation_goes_on_in_the_other_group(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.marked(talk.says("olga", "an answer"), "accepted")
    await house.settled()
    assert (await talk.types("olga", "group Support")).startswith("Moved to 🔵 Support.")
    there = await moved(house, platform, talk)
    await there.shows("↩️ ⚪ Unassigned", "Start conversation", "Close")
    for desk, thread in ((there.mine, there.thread), (there.other, there.there)):
        told = "\n".join(desk.lines(thread))
        assert "What was said in 🟢 Sales" in told and "hello" in told and "an answer" in told
    for desk, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        assert "Moved to 🔵 Support" in desk.card(thread) and desk.buttons(thread) == []
        assert "Olga Ivanova moved this conversation to 🔵 Support. It goes on there." in desk.lines(thread)[-1]
    topic = next(one for one in house.telegram.telegram.topics(chat=house.telegram.chat) if one["id"] != 1)
    assert topic["closed"]
    # the client's next words and the answer go the new way only
    before = [len(talk.lines()), len(talk.copies())]
    house.client_says("still there?")
    await house.until(lambda: "still there?" in there.lines()[-1] and "still there?" in there.copies()[-1])
    await house.settled()
    await there.presses("olga", "Start conversation")
    await there.marked(there.says("olga", "yes, here"), "accepted")
    assert heard(house) == ["an answer", "yes, here"]
    assert before == [len(talk.lines()), len(talk.copies())]


async def test_R56_F72_what_is_written_in_the_old_thread_goes_nowhere(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.types("olga", "group Support")
    there = await moved(house, platform, talk)
    await there.presses("olga", "Start conversation")
    talk.says("olga", "to nobody")
    words = "This conversation goes on in another place, in 🔵 Support."
    await house.until(lambda: any(words in told for told in talk.mine.told("olga")))
    await house.settled()
    assert house.client_sees() == [] and not any("to nobody" in line for line in [*there.lines(), *there.copies()])


async def test_R56_it_moves_back_into_a_new_thread_that_links_to_the_first(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    await talk.types("olga", "group Support")
    there = await moved(house, platform, talk)
    await there.types("olga", "group Sales")
    await house.until(lambda: len(talk.mine.threads()) == len(talk.other.threads()) == 2)
    await house.settled()
    back = talk.mine.threads()[-1]
    assert "Earlier thread" in talk.mine.card(back) and talk.mine.buttons(back) == ["Start conversation", "Close"]
    house.client_says("and me?")
    await house.until(lambda: "and me?" in talk.mine.lines(back)[-1])
    assert not any("and me?" in line for line in [*talk.lines(), *there.lines()])


async def test_R56_from_two_desks_to_slack_alone(cold_house: House) -> None:
    house = cold_house

    def slack_only(tables: dict[str, list[dict[str, object]]]) -> None:
        del next(group for group in tables["group"] if group["name"] == "Support")["telegram_forums"]

    change_team(house, slack_only)
    await house.start()
    talk = await begin(house, "telegram")
    await talk.types("olga", "group Support")
    room = SlackView(house, "support")
    await house.until(lambda: len(room.threads()) == 1)
    await house.settled()
    assert "hello" in "\n".join(room.lines(room.threads()[0]))
    house.client_says("more")
    await house.until(lambda: "more" in room.lines(room.threads()[0])[-1])
    await house.settled()
    assert len(house.telegram.threads()) == 1


async def test_R56_what_waits_in_a_slow_forum_follows_to_the_new_one(cold_house: House) -> None:
    house = cold_house
    house.env["RELAYDESK_LIMITS__TELEGRAM_FORUM_PER_MINUTE"] = "5"
    await house.start()
    talk = await begin(house, "slack")
    said = [f"line {number}" for number in range(5)]
    for words in said:
        house.client_says(words)
    await house.until(lambda: "line 4" in "\n".join(talk.lines()))
    assert "line 4" not in "\n".join(talk.copies())
    talk.says("olga", "!group Support")
    forum = TelegramView(house, "support")
    await house.until(lambda: forum.threads() and "line 4" in "\n".join(forum.lines(forum.threads()[0])))
    everything = "\n".join(forum.lines(forum.threads()[0]))
    places = [everything.index(words) for words in said]
    assert places == sorted(places) and all(everything.count(words) == 1 for words in said)


async def test_R56_F67_a_group_that_cannot_take_it_is_refused_in_words(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    assert await talk.types("olga", "group Moon") == "There is no group “Moon”. There are: Sales, Support."
    assert await talk.types("olga", "group Sales") == "This conversation is in 🟢 Sales already."
    await talk.shows("🆕 ⚪ Unassigned")
