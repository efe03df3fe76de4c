"""What can't be delivered is healed, or shown where the operator looks, with *Retry* (F33, F34).

Classified once, never silent: a lost thread or topic is made anew, an unreachable room waits and says so elsewhere, a
refused answer bears its mark and words, and the lane goes on behind it.
"""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.doctor import examine
from bot.store.tables import bucket, lane
from bot.store.uow import Tx
from tests.road.desks import SlackView, TelegramView, seen, slack_buttons, telegram_buttons
from tests.road.house import House
from tests.road.talk import HOLDER, Talk, begin, begin_taken, views

PARSE = "Bad Request: can't parse entities: unexpected end of tag"
REFUSED = {"slack": "invalid_blocks", "telegram": PARSE}
POST = {"slack": "chat.postMessage", "telegram": "sendMessage"}


def lose_thread(talk: Talk) -> None:
    """An administrator deletes the topic, or on Slack the thread's first message."""
    view = talk.mine
    if isinstance(view, TelegramView):
        view.telegram.delete_topic(user=view.user(HOLDER), chat=view.chat, thread=int(talk.thread))
    else:
        view.slack.core.world.users[view.user("ada")]["is_admin"] = True
        view.slack.delete(user=view.user("ada"), room=view.room, ts=talk.thread)


def under(talk: Talk, label: str) -> list[str]:
    """The posts of this desk's thread that bear such a button, as ids."""
    if isinstance(talk.mine, SlackView):
        posts = talk.mine.posts(talk.thread)
        return [one["ts"] for one in posts if label in dict(slack_buttons(one))]
    return [str(one["message_id"]) for one in talk.mine.posts(talk.thread) if label in telegram_buttons(one)]


async def hours_pass(house: House) -> None:
    """Everything that waits for a time is due."""

    def work(tx: Tx) -> None:
        tx.execute(update(bucket).values(blocked_until=0))
        tx.execute(update(lane).where(lane.c.owner.is_(None)).values(due=0))
        tx.wake.add("outbox")

    assert house.app is not None
    await house.app.store.write(work)


# Lost threads ----------------------------------------------------------------------------------------------------------


async def test_F33_a_deleted_thread_is_made_anew_with_what_was_said(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    house.client_says("my order is late")
    await house.until(lambda: "my order is late" in " ".join(talk.lines()))
    talk.says("olga", "I am looking")
    await house.until(lambda: "I am looking" in " ".join(house.client_sees()))
    await house.settled()
    lose_thread(talk)
    house.client_says("are you there?")
    house.client_says("hello?")
    await house.until(lambda: any("hello?" in " ".join(talk.mine.lines(one)) for one in talk.mine.threads()))
    await house.settled()
    (fresh,) = (one for one in talk.mine.threads() if one != talk.thread)
    lines = talk.mine.lines(fresh)
    assert "In progress" in lines[0] and "Olga Ivanova" in lines[0]
    told = [word for line in lines for word in line.splitlines() or [line]]
    seen = " ".join(told)
    for words in ("hello", "my order is late", "I am looking", "are you there?", "hello?"):
        assert words in seen
    assert seen.count("are you there?") == seen.count("my order is late") == 1
    assert seen.index("my order is late") < seen.index("I am looking") < seen.index("are you there?") < seen.index("hello?")
    assert sum("are you there?" in line for line in talk.copies()) == 1, "the other desk is left alone"
    await talk.mine.presses("olga", fresh, "Close")
    await house.until(lambda: "Closed" in talk.mine.card(fresh) and "Closed" in talk.other.card(talk.there))


async def test_F33_a_thread_deleted_before_anybody_wrote_in_it(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    lose_thread(talk)
    house.client_says("second words")
    await house.until(lambda: [one for one in talk.mine.threads() if "second words" in " ".join(talk.mine.lines(one))])
    await house.settled()
    (fresh,) = (one for one in talk.mine.threads() if one != talk.thread)
    seen = " ".join(talk.mine.lines(fresh))
    assert seen.count("hello") == seen.count("second words") == 1
    assert seen.index("hello") < seen.index("second words")


async def test_F33_an_operator_s_words_reach_the_desk_whose_thread_was_deleted(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    lose_thread(talk)
    talk.other.says("olga", talk.there, "said on the other desk")
    await house.until(lambda: any("said on the other desk" in " ".join(talk.mine.lines(one)) for one in talk.mine.threads()))
    await house.settled()
    (fresh,) = (one for one in talk.mine.threads() if one != talk.thread)
    assert " ".join(talk.mine.lines(fresh)).count("said on the other desk") == 1
    post = talk.mine.says("olga", fresh, "and answered here")
    await house.until(lambda: talk.mine.mark(fresh, post) == "accepted")
    assert [text.splitlines()[-1] for text in house.client_sees()] == ["said on the other desk", "and answered here"]


def lose_unheard(talk: Talk) -> None:
    """The thread's first message is deleted on Slack, and Slack's word of it is lost."""
    talk.house.box.slack.drop_events(-1)
    lose_thread(talk)
    talk.house.box.slack.drop_events(0)


def whole_room(house: House) -> list[str]:
    """Everything that stands in the Slack room itself, threads aside."""
    return [seen(one) for one in house.box.slack.messages(room=house.slack.room) if one.get("subtype") != "tombstone"]


@pytest.mark.parametrize("trouble", ["none", "removal", "answer"])
async def test_F33_R122_words_that_fell_out_of_a_deleted_thread_are_taken_back(house: House, trouble: str) -> None:
    """Slack takes a reply to a deleted message and puts it into the room; nobody told us that the thread is gone."""
    talk = await begin(house, "slack")
    lose_unheard(talk)
    faults = house.box.faults
    if trouble == "removal":
        faults.add("slack", "chat.delete", "rate_limit", seconds=1)
    if trouble == "answer":
        faults.add("slack", "chat.postMessage", "drop_after")
    house.client_says("second words")
    house.client_says("third words")
    await house.until(lambda: any("third words" in " ".join(talk.mine.lines(one)) for one in talk.mine.threads()))
    await house.settled()
    (fresh,) = talk.mine.threads()
    assert whole_room(house) == [talk.mine.card(fresh)], "in the room itself stands the new card alone"
    told = " ".join(talk.mine.lines(fresh))
    assert [told.count(words) for words in ("hello", "second words", "third words")] == [1, 1, 1]
    assert told.index("hello") < told.index("second words") < told.index("third words")
    assert [call for call in house.box.slack.calls if call[1] == "chat.delete" and call[3] == "ok"], "there was one to take back"
    assert [line.splitlines()[-1] for line in talk.copies()] == ["second words", "third words"], "the other desk is left alone"
    await talk.mine.presses("olga", fresh, "Start conversation")
    post = talk.mine.says("olga", fresh, "here I am")
    await house.until(lambda: talk.mine.mark(fresh, post) == "accepted")
    assert house.client_sees() == ["Olga Ivanova\nhere I am"]


async def test_F33_R122_the_other_desk_s_words_are_taken_back_too(house: House) -> None:
    talk = await begin(house, "slack")
    lose_unheard(talk)
    await talk.other.presses("olga", talk.there, "Start conversation")
    talk.other.says("olga", talk.there, "said on the other desk")
    talk.other.says("olga", talk.there, "note: between us")
    await house.until(lambda: any("between us" in " ".join(talk.mine.lines(one)) for one in talk.mine.threads()))
    await house.settled()
    (fresh,) = talk.mine.threads()
    assert whole_room(house) == [talk.mine.card(fresh)]
    assert "In progress" in talk.mine.card(fresh)
    told = " ".join(talk.mine.lines(fresh))
    assert [told.count(words) for words in ("hello", "said on the other desk", "between us")] == [1, 1, 1]
    assert house.client_sees() == ["Olga Ivanova\nsaid on the other desk"]


async def test_F33_R122_a_stray_whose_thread_is_healed_meanwhile_is_taken_back(house: House) -> None:
    """Slack's answer to the stray is lost; before it is looked for, the card's redraw finds the thread gone."""
    talk = await begin(house, "slack")
    lose_unheard(talk)
    lost = house.box.faults.add("slack", "chat.postMessage", "drop_after")
    slow = house.box.faults.add("slack", "chat.update", "delay", seconds=0.3)
    house.client_says("second words")
    await house.until(lambda: "second words" in " ".join(talk.copies()))
    talk.other.says("olga", talk.there, "/start")
    await house.until(lambda: lost.hits and slow.hits)
    await house.until(lambda: any("second words" in " ".join(talk.mine.lines(one)[1:]) for one in talk.mine.threads()))
    await house.settled()
    await house.until(lambda: len(whole_room(house)) == 1)
    (fresh,) = talk.mine.threads()
    assert whole_room(house) == [talk.mine.card(fresh)]
    assert "In progress" in talk.mine.card(fresh)
    assert " ".join(talk.mine.lines(fresh)).count("second words") == 1


async def test_F33_R122_a_card_whose_place_a_stone_keeps_comes_back(house: House) -> None:
    """The thread goes on under the stone, so that words arrive; the card cannot, and a new thread is begun for it."""
    talk = await begin_taken(house, "slack")
    house.client_says("my order is late")
    await house.until(lambda: "my order is late" in " ".join(talk.lines()))
    await house.settled()
    lose_unheard(talk)
    house.client_says("are you there?")
    await house.until(lambda: talk.mine.threads() and "are you there?" in " ".join(talk.mine.lines(talk.mine.threads()[-1])))
    await house.settled()
    (fresh,) = talk.mine.threads()
    assert whole_room(house) == [talk.mine.card(fresh)]
    told = " ".join(talk.mine.lines(fresh))
    assert [told.count(words) for words in ("hello", "my order is late", "are you there?")] == [1, 1, 1]
    await talk.mine.presses("olga", fresh, "Close")
    await house.until(lambda: "Closed" in talk.mine.card(fresh) and "Closed" in talk.other.card(talk.there))


# Rooms that can't be reached -------------------------------------------------------------------------------------------


async def test_F33_an_archived_room_waits_and_the_other_desk_says_so(house: House) -> None:
    talk = await begin_taken(house, "slack")
    house.box.slack.archive(room=house.slack.room)
    house.client_says("one")
    house.client_says("two")
    await house.until(lambda: "two" in " ".join(talk.copies()))
    await house.until(lambda: [line for line in talk.copies() if "archived" in line])
    assert sum("archived" in line for line in talk.copies()) == 1, "said once, not for each message"
    post = talk.other.says("olga", talk.there, "the answer goes its way")
    await house.until(lambda: talk.other.mark(talk.there, post) == "accepted")
    wrong = [one for one in await examine(house.settings()) if not one.ok]
    assert [one for one in wrong if "archived" in one.what and "unarchive" in one.remedy]
    house.box.slack.unarchive(room=house.slack.room)
    await hours_pass(house)
    await house.until(lambda: "the answer goes its way" in " ".join(talk.lines()))
    await house.settled()
    said = " ".join(talk.lines())
    assert [said.count(words) for words in ("one", "two", "the answer goes its way")] == [1, 1, 1]
    assert said.index("one") < said.index("two") < said.index("the answer goes its way")


async def test_F33_a_forum_that_threw_the_bot_out_waits_and_the_other_desk_says_so(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    rights = ["can_manage_topics", "can_delete_messages", "can_pin_messages"]
    house.box.telegram.remove_member(chat=house.telegram.chat, user=house.scene.desk_bot.id)
    house.client_says("one")
    house.client_says("two")
    await house.until(lambda: [line for line in talk.copies() if "removed from the group" in line])
    assert sum("removed from the group" in line for line in talk.copies()) == 1
    house.box.telegram.add_member(chat=house.telegram.chat, user=house.scene.desk_bot.id, rights=rights)
    await hours_pass(house)
    await house.until(lambda: "two" in " ".join(talk.lines()))
    seen = " ".join(talk.lines())
    assert seen.count("one") == seen.count("two") == 1
    assert seen.index("one") < seen.index("two")


# Clients that can't be reached -----------------------------------------------------------------------------------------


async def test_F33_R34_a_client_who_blocked_the_bot(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    shop, ann = house.scene.channel_bot.id, house.scene.clients["ann"]
    house.box.telegram.block(user=ann, bot=shop)
    await house.until(lambda: [line for line in talk.lines() if "blocked the bot" in line])
    lost = talk.says("olga", "can you read this?")
    await house.until(lambda: talk.mine.mark(talk.thread, lost) == "failed")
    await house.until(lambda: under(talk, "Retry"))
    assert [line for line in talk.lines() if "Not delivered to the client. The client has blocked the bot." in line]
    assert house.client_sees() == []
    house.box.telegram.unblock(user=ann, bot=shop)
    after = talk.says("olga", "and this?")
    await house.until(lambda: talk.mine.mark(talk.thread, after) == "accepted")
    assert [text.splitlines()[-1] for text in house.client_sees()] == ["and this?"], "skipped, and marked"
    assert talk.mine.mark(talk.thread, lost) == "failed"
    (notice,) = under(talk, "Retry")
    await talk.mine.presses("olga", talk.thread, "Retry", post=notice)
    await house.until(lambda: talk.mine.mark(talk.thread, lost) == "accepted")
    assert [text.splitlines()[-1] for text in house.client_sees()] == ["and this?", "can you read this?"]
    told = await talk.mine.presses("olga", talk.thread, "Retry", post=notice) if under(talk, "Retry") else ""
    await house.settled()
    assert len(house.client_sees()) == 2, told


# Words that are refused ------------------------------------------------------------------------------------------------


async def test_F34_a_refused_answer_goes_once_in_plain_text(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    house.box.faults.add("telegram", "sendMessage", "error", error=PARSE, match={"chat_id": house.scene.clients["ann"]})
    post = talk.says("olga", "*bold words*")
    await house.until(lambda: talk.mine.mark(talk.thread, post) == "accepted")
    said = house.box.telegram.messages(chat=house.scene.channel_bot.id, user=house.scene.clients["ann"])[-1]
    assert said["text"].endswith("words*" if platform == "telegram" else "bold words")
    assert "entities" not in said
    assert len(house.client_sees()) == 1


async def test_F34_an_answer_that_is_always_refused_dies_visibly_and_the_next_one_goes(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    poison = house.box.faults.add(
        "telegram", "sendMessage", "error", error=PARSE, times=2, match={"chat_id": house.scene.clients["ann"]}
    )
    dead = talk.says("olga", "poison")
    good = talk.says("olga", "fine")
    await house.until(lambda: talk.mine.mark(talk.thread, good) == "accepted")
    await house.until(lambda: talk.mine.mark(talk.thread, dead) == "failed")
    await house.until(lambda: under(talk, "Retry"))
    assert poison.hits == 2, "as it was, once in plain text, and no more"
    assert [text.splitlines()[-1] for text in house.client_sees()] == ["fine"]
    assert [line for line in talk.lines() if "Not delivered to the client. Telegram does not take this text" in line]
    assert [one for one in await examine(house.settings()) if not one.ok and "1 delivery failed for good" in one.what]
    await talk.mine.presses("olga", talk.thread, "Retry", post=under(talk, "Retry")[0])
    await house.until(lambda: talk.mine.mark(talk.thread, dead) == "accepted")
    assert [text.splitlines()[-1] for text in house.client_sees()] == ["fine", "poison"]


async def test_F34_a_client_s_words_a_desk_refuses_are_told_there_and_the_next_ones_go(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    text = {"slack": "poison", "telegram": "Ann Lee\npoison"}[platform]
    poison = house.box.faults.add(platform, POST[platform], "error", error=REFUSED[platform], times=-1, match={"text": text})
    house.client_says("poison")
    house.client_says("fine")
    await house.until(lambda: [line for line in talk.lines() if line.endswith("fine")])
    await house.until(lambda: under(talk, "Retry"))
    assert poison.hits == 2, "as it was, once in plain text, and no more"
    assert not [line for line in talk.lines() if line.endswith("poison")]
    assert [line for line in talk.copies() if line.endswith("poison")]
    house.box.faults.clear()
    await talk.mine.presses("olga", talk.thread, "Retry", post=under(talk, "Retry")[0])
    await house.until(lambda: [line for line in talk.lines() if line.endswith("poison")])


async def test_F34_first_words_a_desk_refuses_do_not_keep_the_conversation_away(house: House, platform: str) -> None:
    """The card goes without them; they are tried once more behind it."""
    poison = house.box.faults.add(platform, POST[platform], "error", error=REFUSED[platform], times=2)
    mine, other = views(house, platform)
    house.client_says("poison")
    await house.until(lambda: poison.hits == 2 and other.threads())
    house.client_says("fine")
    await house.until(lambda: [one for one in mine.threads() if "fine" in " ".join(mine.lines(one))])
    await house.settled()
    (thread,) = mine.threads()
    assert mine.buttons(thread) == ["Start conversation", "Close"]
    assert "poison" not in mine.card(thread)
    seen = " ".join(mine.lines(thread))
    assert seen.count("poison") == seen.count("fine") == 1
    assert seen.index("poison") < seen.index("fine")
    await mine.presses("olga", thread, "Start conversation")
    post = mine.says("olga", thread, "here I am")
    await house.until(lambda: mine.mark(thread, post) == "accepted")


async def test_F33_F34_a_card_slack_refuses_whatever_it_says_waits_and_the_other_desk_says_so(house: House) -> None:
    """Nothing can stand in a thread that has no first message; nothing is lost either."""
    house.box.faults.add("slack", "chat.postMessage", "error", error="invalid_blocks", times=4)
    house.client_says("first")
    house.client_says("second")
    await house.until(house.telegram.threads)
    (there,) = house.telegram.threads()
    await house.until(lambda: [line for line in house.telegram.lines(there) if "Slack does not take" in line])
    assert house.slack.threads() == []
    await hours_pass(house)
    await house.until(lambda: house.slack.threads() and "second" in " ".join(house.slack.lines(house.slack.threads()[0])))
    await house.settled()
    (thread,) = house.slack.threads()
    assert house.slack.buttons(thread) == ["Start conversation", "Close"]
    seen = " ".join(house.slack.lines(thread))
    assert seen.count("first") == seen.count("second") == 1
    assert seen.index("first") < seen.index("second")


async def test_F34_a_card_telegram_refuses_whatever_it_says_is_told_in_the_topic(house: House) -> None:
    house.box.faults.add("telegram", "sendMessage", "error", error=PARSE, times=4)
    house.client_says("first")
    await house.until(lambda: house.telegram.threads() and house.slack.threads())
    (thread,) = house.telegram.threads()
    talk = Talk(house, house.telegram, house.slack, thread, house.slack.threads()[0])
    await house.until(lambda: under(talk, "Retry"))
    await house.until(lambda: [line for line in house.telegram.lines(thread) if line.endswith("first")])
    await talk.mine.presses("olga", thread, "Retry", post=under(talk, "Retry")[0])
    await house.until(lambda: under(talk, "Start conversation"))
    await talk.mine.presses("olga", thread, "Start conversation")
    await house.until(lambda: "In progress" in talk.other.card(talk.there))


async def test_F33_a_topic_telegram_will_not_make_waits_and_the_other_desk_says_so(house: House) -> None:
    house.box.faults.add("telegram", "createForumTopic", "error", error="Bad Request: TOPICS_TOO_MANY")
    house.client_says("first")
    house.client_says("second")
    await house.until(house.slack.threads)
    (thread,) = house.slack.threads()
    await house.until(lambda: [line for line in house.slack.lines(thread) if "Telegram does not take" in line])
    assert house.telegram.threads() == []
    await hours_pass(house)
    await house.until(
        lambda: house.telegram.threads() and "second" in " ".join(house.telegram.lines(house.telegram.threads()[0]))
    )
    await house.settled()
    seen = " ".join(house.telegram.lines(house.telegram.threads()[0]))
    assert seen.count("first") == seen.count("second") == 1
    assert seen.index("first") < seen.index("second")
