"""Pins from the commands' side (R70-R75): labels word for word, who may, where the client's next words go."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.domain.actions import Button, Verb
from bot.domain.conversation import Status
from bot.store.tables import operator
from tests.commands.conftest import Shop


async def pin_button(shop: Shop, who: str) -> Button | None:
    """What somebody sees in place of *Fix*."""
    shown = [one for one in await shop.buttons(who) if one.verb in (Verb.PIN, Verb.DETACH)]
    assert len(shown) <= 1
    return shown[0] if shown else None


async def label(shop: Shop, who: str) -> str:
    found = await pin_button(shop, who)
    return found.label if found else ""


async def pin(shop: Shop, who: str) -> str:
    found = await pin_button(shop, who)
    assert found is not None
    extra = found.token.split(".")[2:]
    return (await shop.press(who, found.verb, *extra)).text


async def test_R75_labels_word_for_word(shop: Shop) -> None:
    assert [await label(shop, who) for who in ("olga", "ada")] == ["", ""]  # nobody has it, so nobody to pin to
    await shop.press("olga", Verb.START)
    assert await label(shop, "olga") == "Fix (Olga Ivanova)"
    assert await label(shop, "ada") == "Fix (Olga Ivanova)"
    assert [await label(shop, who) for who in ("ben", "lead")] == ["", ""]
    await pin(shop, "olga")
    assert await label(shop, "olga") == "Detach (Olga Ivanova)"
    assert await label(shop, "ben") == await label(shop, "lead") == "Pinned (Olga Ivanova)"
    assert await label(shop, "ada") == "Detach (assigned to Olga Ivanova)"
    # "Pinned" does nothing but say so
    assert (
        await pin(shop, "ben")
        == "This client is pinned to Olga Ivanova. Only Olga Ivanova or a super-admin can detach the client."
    )
    assert await label(shop, "olga") == "Detach (Olga Ivanova)"


async def test_R75_the_email_stands_for_a_missing_name(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    number = await shop.id_of("olga")
    await shop.does(lambda tx: tx.execute(update(operator).where(operator.c.id == number).values(name="")) and None)
    assert await label(shop, "olga") == "Fix (olga@example.com)"
    await pin(shop, "olga")
    assert await label(shop, "ben") == "Pinned (olga@example.com)"


async def test_R71_only_the_responsible_operator_or_a_super_admin_pins(shop: Shop) -> None:
    slack, _ = await shop.threads()
    assert "nobody has it now" in await shop.writes("ben", "!pin", slack)
    await shop.press("olga", Verb.START)
    refused = "Only Olga Ivanova, who has this conversation, or a super-admin can pin this client."
    assert await shop.writes("ben", "!pin", slack) == await shop.writes("lead", "!pin", slack) == refused
    assert (await shop.writes("ada", "!pin", slack)).startswith("Pinned to Olga Ivanova")
    assert "Ada Admin: pinned" in await shop.journal()


async def test_R71_a_button_drawn_for_another_operator_pins_nobody(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    old = await pin_button(shop, "ada")
    assert old is not None
    await shop.press("ben", Verb.TAKE_OVER)
    stale = await shop.press("ada", Verb.PIN, old.token.split(".")[2])
    assert stale.refused and "older card" in stale.text
    assert await label(shop, "ada") == "Fix (Ben Carter)"


async def test_R72_who_may_detach(shop: Shop) -> None:
    slack, _ = await shop.threads()
    assert await shop.writes("ben", "!detach", slack) == "This client is pinned to nobody."
    await shop.press("olga", Verb.START)
    await pin(shop, "olga")
    assert "Only Olga Ivanova, to whom" in await shop.writes("ben", "!detach", slack)
    assert "Only Olga Ivanova, to whom" in await shop.writes("lead", "!detach", slack)
    assert await shop.writes("olga", "!detach", slack) == "Detached: the client is pinned to Olga Ivanova no more."
    await pin(shop, "olga")
    assert (await shop.writes("ada", "!detach", slack)).startswith("Detached")
    assert await label(shop, "olga") == "Fix (Olga Ivanova)"


async def test_R73_to_pin_anew_is_to_detach_pass_on_and_pin(shop: Shop) -> None:
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    await pin(shop, "olga")
    await shop.writes("olga", "!assign Ben", slack)
    assert "pinned to Olga Ivanova" in await shop.writes("ben", "!pin", slack)
    await shop.writes("olga", "!detach", slack)
    assert (await shop.writes("ben", "!pin", slack)).startswith("Pinned to Ben Carter")


@pytest.mark.parametrize("closer", ["olga", "ben"])
async def test_R70_R74_the_next_words_go_to_the_owners_inbox_whoever_closed_it(shop: Shop, closer: str) -> None:
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    await pin(shop, "olga")
    if closer == "ben":
        await shop.writes("olga", "!assign Ben", slack)
    await shop.press(closer, Verb.CLOSE)
    await shop.client_says("me again")
    talk = await shop.talk()
    assert (talk.status, talk.operator_id, talk.unseen) == (Status.INBOX, await shop.id_of("olga"), True)
    assert await shop.notices("slack:Uolga:private") == [
        "📌 Ann is pinned to you and writes again. The conversation is in your inbox."
    ]
    assert (await shop.writes("olga", "hello again", slack)) == ""
    assert len([one for one in await shop.queued("words") if one["lane"].startswith("widget")]) == 1


async def test_R70_a_pin_to_an_operator_who_was_switched_off_has_no_effect_and_says_so(shop: Shop) -> None:
    slack, telegram = await shop.threads()
    await shop.press("olga", Verb.START)
    await pin(shop, "olga")
    await shop.press("olga", Verb.CLOSE)
    await shop.switch_off("olga")
    await shop.client_says("me again")
    talk = await shop.talk()
    assert talk.status is Status.UNASSIGNED
    words = "📌 This client is pinned to Olga Ivanova, who is no longer active, so the conversation waits in Unassigned."
    for thread in (slack, telegram):
        assert words in await shop.notices(f"{thread.lane}:notices")
    assert await shop.notices("slack:Uolga:private") == []


async def test_R70_without_a_pin_the_usual_way(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    await pin(shop, "olga")
    await shop.writes("olga", "!detach", (await shop.threads())[0])
    await shop.press("olga", Verb.CLOSE)
    await shop.client_says("me again")
    assert (await shop.talk()).status is Status.UNASSIGNED
