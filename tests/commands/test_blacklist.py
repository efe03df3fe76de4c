"""The black list from the commands' side (R80, R81, F72)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.commands import channel
from bot.domain.actions import Verb
from bot.domain.conversation import Status
from bot.store import visible
from bot.store.blacklist import UNHEARD_KEPT
from bot.store.tables import message, message_ref
from tests.commands.conftest import Shop

LISTED = "This client is on the black list. Unlock the conversation in the tab Blacklist first."


async def kept(shop: Shop, direction: str = "unheard") -> list[str]:
    query = select(message.c.body).where(message.c.direction == direction).order_by(message.c.seq)
    return [str(body) for body in await shop.does(lambda tx: tx.execute(query).scalars().all())]


async def test_R80_messages_are_kept_and_no_operator_hears_of_them(shop: Shop) -> None:
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    assert await shop.writes("olga", "!blacklist", slack) == ""  # first it asks
    assert not (await shop.talk()).blacklisted
    sure = (await shop.press("olga", Verb.BLACKLIST, thread=slack)).form
    assert sure is not None and (sure.title, sure.fields) == ("Send to the black list?", ())
    assert "Nobody will see what Ann writes" in sure.intro
    told = await shop.press("olga", Verb.BLACKLIST, values={}, thread=slack)
    assert told.text.startswith("The client is on the black list.") and "can unlock it" in told.text
    before = [len(await shop.queued(op)) for op in ("words", "card", "notice", "topic_state", "history")]
    talk = await shop.talk()
    assert (talk.status, talk.blacklisted, talk.closed_by) == (Status.CLOSED, True, await shop.id_of("olga"))
    await shop.client_says("buy my things")
    await shop.client_says("again")
    await shop.does(lambda tx: channel.blocked(tx, "widget", "ann"))
    after = await shop.talk()
    assert (after.status, after.unseen, after.version, after.last_message_at) == (
        talk.status,
        talk.unseen,
        talk.version,
        talk.last_message_at,
    )
    assert before == [len(await shop.queued(op)) for op in ("words", "card", "notice", "topic_state", "history")]
    assert len(await kept(shop)) == 2
    assert "Olga Ivanova: sent to the black list" in await shop.journal()
    # the client himself sees what he wrote
    shown = await shop.does(lambda tx: visible.visible(tx, talk.id, 0, 10))
    assert [(one.direction, one.body.to_plain()) for one in shown] == [("in", "hello"), ("in", "buy my things"), ("in", "again")]


async def test_R80_what_is_kept_is_bounded(shop: Shop) -> None:
    await shop.press("olga", Verb.BLACKLIST, values={})
    for number in range(UNHEARD_KEPT + 5):
        await shop.client_says(f"spam {number}")
    bodies = await kept(shop)
    assert len(bodies) == UNHEARD_KEPT
    assert await shop.finds("ada", "spam") == 0
    assert await shop.finds("ada", "hello") == 1
    assert "spam 5" in bodies[0] and f"spam {UNHEARD_KEPT + 4}" in bodies[-1]
    assert await shop.does(lambda tx: tx.execute(select(func.count()).select_from(message_ref)).scalar()) == UNHEARD_KEPT + 1


@pytest.mark.parametrize("verb", [Verb.START, Verb.TAKE_OVER, Verb.UNASSIGN])
async def test_R81_no_other_way_out_of_the_black_list(shop: Shop, verb: Verb) -> None:
    slack, _ = await shop.threads()
    await shop.press("ben", Verb.BLACKLIST, values={})
    assert (await shop.press("ada", verb)).text == LISTED
    assert await shop.writes("ada", "!assign Ben", slack) == LISTED
    assert await shop.writes("ada", "!group Support", slack) == LISTED
    assert (await shop.press("ben", Verb.BLACKLIST)).text == "This client is on the black list already."
    assert (await shop.press("ben", Verb.BLACKLIST, values={})).text == "This client is on the black list already."
    menu = await shop.menu("ada")
    assert not {"Assign to…", "Move to group…", "Send to the black list…"} & set(menu)
    assert (await shop.talk()).status is Status.CLOSED


async def test_R81_unlocking_is_for_the_tab_and_for_who_may(shop: Shop) -> None:
    slack, _ = await shop.threads()
    await shop.press("ben", Verb.BLACKLIST, values={})
    await shop.client_says("unheard")
    assert "conversations_management" in (await shop.press("ben", Verb.UNLOCK)).text
    assert (
        await shop.press("lead", Verb.UNLOCK, thread=slack)
    ).text == "A conversation is unlocked in the tab Blacklist, not here."
    assert (await shop.press("lead", Verb.UNLOCK)).text.startswith("Unlocked.")
    assert (await shop.press("lead", Verb.UNLOCK)).text == "This client is not on the black list."
    talk = await shop.talk()
    assert (talk.status, talk.blacklisted) == (Status.CLOSED, False)
    assert "Lena Lead: unlocked" in await shop.journal()


async def test_R81_nothing_is_replayed_and_the_next_message_takes_the_usual_way(shop: Shop) -> None:
    slack, _ = await shop.threads()
    await shop.press("ben", Verb.BLACKLIST, values={})
    await shop.client_says("unheard words")
    await shop.press("ada", Verb.UNLOCK)
    assert await shop.queued("words") == []
    await shop.client_says("I am sorry")
    assert (await shop.talk()).status is Status.UNASSIGNED
    words = await shop.queued("words")
    assert len(words) == 2 and {one["message_id"] for one in words} == {words[0]["message_id"]}
    # neither is it told again where history is
    await shop.writes("olga", "!group Night", slack)
    from bot.store import messages

    talk = await shop.talk()
    said = await shop.does(lambda tx: messages.latest(tx, talk.id, 50))
    assert [one.body.to_plain() for one in said] == ["hello", "I am sorry"]


async def test_R81_F72_operators_texts_are_held_with_the_reason(shop: Shop) -> None:
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    await shop.press("olga", Verb.BLACKLIST, values={})
    for who in ("olga", "lead"):
        await shop.writes(who, "are you there?", slack)
    asked = [one["payload"] for one in await shop.queued("notice") if one["payload"].get("only_for")]
    words = "This client is on the black list, so the client has not got your text. It stays a note."
    assert [(one["only_for"], one["text"], one["buttons"]) for one in asked] == [("Uolga", words, []), ("Ulead", words, [])]
    assert len(await kept(shop, "held")) == 2
    held = await shop.does(lambda tx: tx.execute(select(message.c.id).where(message.c.author == "Lena Lead")).scalar_one())
    from bot.commands.context import Place
    from bot.commands.press import Pressed, pressed

    place = Place("slack", slack.chat, slack.thread)
    for data in (f"send_once:{held}", f"send_taking:{held}.0"):  # forged: no such button was offered
        answer = await shop.does(lambda tx, data=data: pressed(tx, Pressed(shop.actor("lead"), place, "", data)))
        assert answer.text == LISTED
    assert [one for one in await shop.queued("words") if one["lane"].startswith("widget")] == []


async def test_F67_the_black_list_of_a_foreign_groups_client_is_refused(shop: Shop) -> None:
    answer = await shop.press("sue", Verb.BLACKLIST, values={})
    assert answer.refused and "🟢 Sales" in answer.text
    assert not (await shop.talk()).blacklisted


async def test_R70_R80_a_pinned_client_on_the_black_list_is_unheard_too(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    await shop.writes("olga", "!pin", (await shop.threads())[0])
    await shop.press("olga", Verb.BLACKLIST, values={})
    await shop.client_says("unheard")
    assert (await shop.talk()).status is Status.CLOSED
    assert await shop.notices("slack:Uolga:private") == []
    await shop.press("ada", Verb.UNLOCK)
    await shop.client_says("sorry")
    assert (await shop.talk()).operator_id == await shop.id_of("olga")
