"""Passing a conversation on, from the commands' side (R55-R57): who may, to whom, and where it lands."""

from __future__ import annotations

import pytest

from bot.commands.answer import Answer
from bot.domain.actions import Verb
from bot.domain.conversation import Status
from bot.domain.screen import ChoiceField
from tests.commands.conftest import Shop, plan


def choices(answer: Answer) -> list[str]:
    """What a form offers."""
    assert answer.form is not None
    field = answer.form.fields[0]
    assert isinstance(field, ChoiceField)
    return [one.label for one in field.options]


async def test_R55_an_operator_in_groups_is_offered_only_operators_of_those_groups(shop: Shop) -> None:
    assert choices(await shop.press("ben", Verb.ASSIGN)) == ["Lena Lead", "Oleg Orlov", "Olga Ivanova"]
    assert [one.label for one in await shop.offered("ben", "operators", "o")] == ["Oleg Orlov", "Olga Ivanova"]
    assert [one.label for one in await shop.offered("ben", "operators", "orl")] == ["Oleg Orlov"]
    assert await shop.offered("ben", "operators", "sue") == []
    sue = str(await shop.id_of("sue"))
    assert (await shop.press("ben", Verb.ASSIGN, values={"operator": sue})).errors.keys() == {"operator"}
    assert (await shop.talk()).status is Status.UNASSIGNED


@pytest.mark.parametrize("who", ["lead", "ada", "free"])
async def test_R57_admins_and_those_in_no_group_choose_anybody(shop: Shop, who: str) -> None:
    assert "Sue Wong" in choices(await shop.press(who, Verb.ASSIGN))
    answer = await shop.press(who, Verb.ASSIGN, values={"operator": str(await shop.id_of("sue"))})
    assert answer.text == "The conversation is in the inbox of Sue Wong."
    talk = await shop.talk()
    assert (talk.status, talk.operator_id) == (Status.INBOX, await shop.id_of("sue"))


async def test_R55_what_somebody_has_only_he_and_an_admin_pass_on(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    refused = await shop.press("ben", Verb.ASSIGN, values={"operator": str(await shop.id_of("oleg"))})
    assert refused.refused and "Olga Ivanova" in refused.text
    assert "Assign to…" not in await shop.menu("ben") and "Assign to…" in await shop.menu("olga")
    assert not {"Olga Ivanova", "Lena Lead"} & set(choices(await shop.press("lead", Verb.ASSIGN))), "who has it, who asks"
    assert not (await shop.press("olga", Verb.ASSIGN, values={"operator": str(await shop.id_of("ben"))})).refused
    assert not (await shop.press("lead", Verb.ASSIGN, values={"operator": str(await shop.id_of("oleg"))})).refused
    assert (await shop.talk()).operator_id == await shop.id_of("oleg")


async def test_R55_the_chosen_one_is_told_in_private_and_the_thread_says_it(shop: Shop) -> None:
    slack, telegram = await shop.threads()
    assert await shop.writes("ben", "!assign Oleg", slack) == "The conversation is in the inbox of Oleg Orlov."
    (private,) = await shop.notices("slack:Uoleg:private")
    assert private == "➡️ Ben Carter passed the conversation with Ann on to you. It is in your inbox."
    for thread in (slack, telegram):
        assert "➡️ Ben Carter passed this conversation on to Oleg Orlov." in await shop.notices(f"{thread.lane}:notices")
    assert "Ben Carter: assigned" in await shop.journal()


async def test_R55_a_name_that_means_several_is_asked_about(shop: Shop) -> None:
    slack, _ = await shop.threads()
    assert await shop.writes("ben", "!assign ol", slack) == ""
    assert "no operator “Zoe”" in await shop.writes("ben", "!assign Zoe", slack)
    assert "no operator “Sue”" in await shop.writes("ben", "!assign Sue", slack)
    assert (await shop.talk()).status is Status.UNASSIGNED
    assert "Olga Ivanova" in await shop.writes("ben", "!assign olga ivanova", slack)
    assert (await shop.talk()).operator_id == await shop.id_of("olga")


async def test_R55_to_oneself_is_to_take_it(shop: Shop) -> None:
    slack, _ = await shop.threads()
    assert (await shop.writes("ben", "!assign Ben", slack)).startswith("The conversation is yours.")


async def test_R55_it_may_land_in_unassigned_of_the_operators_group_for_him(shop: Shop) -> None:
    await shop.set_up(plan(Sales="unassigned"))
    answer = await shop.press("lead", Verb.ASSIGN, values={"operator": str(await shop.id_of("oleg"))})
    assert answer.text == "It waits in Unassigned for Oleg Orlov."
    talk = await shop.talk()
    assert (talk.status, talk.operator_id, talk.meant_for) == (Status.UNASSIGNED, None, await shop.id_of("oleg"))
    assert len(await shop.threads()) == 2
    await shop.press("oleg", Verb.START)
    assert (await shop.talk()).meant_for is None
    await shop.press("oleg", Verb.UNASSIGN)
    answer = await shop.press("lead", Verb.ASSIGN, values={"operator": str(await shop.id_of("sue"))})
    assert [one.chat for one in await shop.threads()] == ["C2", "-1002"]
    assert (await shop.talk()).meant_for == await shop.id_of("sue")
    assert await shop.notices("slack:Usue:private") == [
        "➡️ Lena Lead passed the conversation with Ann on to you. It waits in Unassigned for you."
    ]


async def test_R55_apply_keeps_what_was_set_at_run_time(shop: Shop) -> None:
    await shop.set_up(plan(Sales="unassigned"))
    await shop.set_up(plan())
    await shop.press("lead", Verb.ASSIGN, values={"operator": str(await shop.id_of("oleg"))})
    assert (await shop.talk()).status is Status.UNASSIGNED


# Groups ----------------------------------------------------------------------------------------------------------------


async def test_R56_a_conversation_moves_to_another_groups_unassigned(shop: Shop) -> None:
    old = await shop.threads()
    await shop.press("olga", Verb.START)
    answer = await shop.press("olga", Verb.GROUP)
    assert choices(answer) == ["🟣 Night", "🔵 Support"]
    before = await shop.talk()
    assert (await shop.writes("olga", "!group supp", old[0])).startswith("Moved to 🔵 Support.")
    talk = await shop.talk()
    assert (talk.status, talk.operator_id) == (Status.UNASSIGNED, None)
    assert talk.status_since >= before.status_since and talk.group_id != before.group_id
    fresh = await shop.threads()
    assert [(one.platform, one.chat) for one in fresh] == [("slack", "C2"), ("telegram", "-1002")]
    histories = await shop.queued("history")
    assert {one["mirror_id"] for one in histories} == {one.id for one in fresh}
    assert histories[0]["payload"]["title"] == "What was said in 🟢 Sales"
    for one in old:
        (said,) = [one["payload"] for one in await shop.queued("notice") if one["lane"] == old[0].lane]
        assert said["text"] == "➡️ Olga Ivanova moved this conversation to 🔵 Support. It goes on there."
        assert said["jumps"] == "live"
        assert one.thread
    (closed,) = [one for one in await shop.queued("topic_state") if one["payload"]["closed"]]
    assert closed["mirror_id"] == old[1].id
    await shop.client_says("are you there?")
    heard = [one["mirror_id"] for one in await shop.queued("words")]
    assert heard == [one.id for one in fresh]


async def test_R56_what_still_waited_for_the_old_thread_follows(shop: Shop) -> None:
    old = await shop.threads()
    for number in range(3):
        await shop.client_says(f"line {number}")
    assert not (await shop.press("olga", Verb.GROUP, values={"group": str(await group_id(shop, "Night"))})).refused
    (fresh,) = await shop.threads()
    words = await shop.queued("words")
    assert [one["state"] for one in words if one["mirror_id"] in {one.id for one in old}] == ["cancelled"] * 6
    assert len([one for one in words if one["mirror_id"] == fresh.id and one["state"] == "pending"]) == 3
    (history,) = [one for one in await shop.queued("history") if one["mirror_id"] == fresh.id]
    assert len(history["payload"]["but"]) == 3


async def test_R56_a_group_without_a_desk_and_the_same_group_are_refused(shop: Shop) -> None:
    slack, _ = await shop.threads()
    assert "⚪ Nowhere has no room or forum" in await shop.writes("olga", "!group Nowhere", slack)
    assert "in 🟢 Sales already" in await shop.writes("olga", "!group sales", slack)
    assert await shop.writes("olga", "!group Moon", slack) == (
        "There is no group “Moon”. There are: Night, Nowhere, Sales, Support."
    )
    assert len(await shop.threads()) == 2


async def test_R56_F72_words_in_the_old_thread_are_refused_in_words(shop: Shop) -> None:
    old, _ = await shop.threads()
    await shop.writes("olga", "!group Support", old)
    told = await shop.writes("olga", "for the client", old)
    assert told.startswith("This conversation goes on in another place, in 🔵 Support.")
    assert "🔵 Support" in await shop.writes("ben", "for the client", old)  # he does not work there
    assert "goes on in another place" in await shop.writes("olga", "note: hm", old)
    fresh, _ = await shop.threads()
    await shop.press("olga", Verb.START, thread=fresh)
    assert "goes on in another place" in await shop.writes("olga", "for the client", old)
    assert [one for one in await shop.queued("words") if one["lane"].startswith("widget")] == []
    assert await shop.writes("olga", "for the client", fresh) == ""
    assert len([one for one in await shop.queued("words") if one["lane"].startswith("widget")]) == 1


async def test_R56_moving_back_opens_a_new_thread_that_links_to_the_old_one(shop: Shop) -> None:
    old, _ = await shop.threads()
    await shop.writes("olga", "!group Support", old)
    there, _ = await shop.threads()
    await shop.writes("olga", "!group Sales", there)
    back, _ = await shop.threads()
    assert back.chat == old.chat and back.id != old.id and back.pointer == "Earlier thread"


async def group_id(shop: Shop, name: str) -> int:
    from sqlalchemy import select

    from bot.store.tables import group

    found = await shop.does(lambda tx: tx.execute(select(group.c.id).where(group.c.name == name)).scalar_one())
    return int(found)
