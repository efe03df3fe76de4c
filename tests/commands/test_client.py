"""The client from the commands' side (R50-R52)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.domain.actions import Verb
from bot.domain.screen import Screen, TextField
from bot.store.tables import message
from tests.commands.conftest import Shop


async def profile(shop: Shop, who: str = "ben") -> Screen:
    answer = await shop.press(who, Verb.PROFILE)
    assert answer.screen is not None, answer
    return answer.screen


async def test_R50_a_client_gets_another_name_and_keeps_the_original(shop: Shop) -> None:
    slack, telegram = await shop.threads()
    form = (await shop.press("ben", Verb.RENAME)).form
    assert form is not None and isinstance(form.fields[0], TextField) and form.fields[0].value == "Ann"
    assert (
        await shop.press("ben", Verb.RENAME, values={"name": "Ann Lee, Acme"})
    ).text == "The client is called Ann Lee, Acme now."
    assert await shop.finds("ben", "acme") == await shop.finds("ben", "ann") == 1
    screen = await profile(shop)
    assert screen.title == "Ann Lee, Acme" and "Called Ann in the channel" in screen.intro
    assert [one["mirror_id"] for one in await shop.queued("topic_name")] == [telegram.id]
    assert {one["mirror_id"] for one in await shop.queued("card") if one["lane"].endswith(":card")} == {slack.id, telegram.id}
    await shop.client_says("me again")
    authors = select(message.c.author).order_by(message.c.seq)
    assert await shop.does(lambda tx: tx.execute(authors).scalars().all()) == ["Ann", "Ann Lee, Acme"]
    assert await shop.writes("ben", "!rename  Ann ", slack) == "The client is called Ann now."
    assert "Called" not in (await profile(shop)).intro


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "A client needs a name. Write the new one, please."),
        (" \u200b\n", "A client needs a name. Write the new one, please."),
        ("x" * 81, "That is too long: 80 characters are the most."),
        ("Ann", "The client is called Ann already."),
    ],
)
async def test_R50_a_name_that_is_none_is_refused(shop: Shop, name: str, said: str) -> None:
    assert (await shop.press("ben", Verb.RENAME, values={"name": name})).text == said
    assert (await profile(shop)).title == "Ann"


async def test_R51_notes_on_a_client_with_author_and_time(shop: Shop) -> None:
    slack, _ = await shop.threads()
    assert (await shop.press("ben", Verb.CLIENT_NOTE)).form is not None
    assert (await shop.press("ben", Verb.CLIENT_NOTE, values={"note": " "})).errors.keys() == {"note"}
    assert (await shop.writes("ben", "!remember prefers mornings", slack)).startswith("Kept.")
    await shop.press("olga", Verb.CLIENT_NOTE, values={"note": "speaks\nFrench"})
    notes = [row for row in (await profile(shop)).rows if row.title.startswith("📝")]
    assert [row.title for row in notes] == ["📝 speaks\nFrench", "📝 prefers mornings"]
    assert [row.detail.split(" · ")[0] for row in notes] == ["Olga Ivanova", "Ben Carter"]
    assert notes[0].detail.endswith("UTC")
    assert [len(row.buttons) for row in notes] == [0, 1]  # one's own can be deleted
    client_lane = [one for op in ("words", "notice") for one in await shop.queued(op) if one["lane"].startswith("widget")]
    assert client_lane == []


async def test_R51_one_deletes_ones_own_notes(shop: Shop) -> None:
    await shop.press("ben", Verb.CLIENT_NOTE, values={"note": "first"})
    await shop.press("olga", Verb.CLIENT_NOTE, values={"note": "second"})
    theirs, own = [row for row in (await profile(shop, "ada")).rows if row.buttons]
    extra = theirs.buttons[0].token.split(".")[2:]
    refused = await shop.press("ben", Verb.CLIENT_NOTE, *extra)
    assert refused.text == "Only Olga Ivanova, who wrote this note, can delete it."
    gone = await shop.press("ben", Verb.CLIENT_NOTE, *own.buttons[0].token.split(".")[2:])
    assert gone.screen is not None and [row.title for row in gone.screen.rows if row.title.startswith("📝")] == ["📝 second"]
    assert (await shop.press("ben", Verb.CLIENT_NOTE, *own.buttons[0].token.split(".")[2:])).refused
    assert (await shop.press("ben", Verb.CLIENT_NOTE, "delete", "x")).refused


async def test_F68_a_note_of_another_client_cannot_be_deleted_from_here(shop: Shop) -> None:
    await shop.client_says("hello", "bob")
    await shop.press("ben", Verb.CLIENT_NOTE, values={"note": "on Bob"}, client="bob")
    assert (await shop.press("ben", Verb.CLIENT_NOTE, "delete", "1", client="ann")).refused
    answer = await shop.press("ben", Verb.PROFILE, client="bob")
    assert answer.screen is not None and answer.screen.rows[0].title == "📝 on Bob"


async def test_R52_the_profile_tells_who_the_client_is_and_what_happened(shop: Shop) -> None:
    slack, telegram = await shop.threads()
    await shop.press("olga", Verb.START)
    await shop.writes("olga", "!pin", slack)
    await shop.press("olga", Verb.CLOSE)
    screen = await profile(shop)
    assert screen.intro.splitlines() == [
        "🌐 Website chat · site · 🟢 Sales",
        "Phone: +4915112345678",
        "📌 Pinned to Olga Ivanova",
    ]
    assert [row.title for row in screen.rows] == ["Olga Ivanova: closed", "Olga Ivanova: started", "Ann: arrived"]
    jumps = [(one.platform, one.thread) for one in screen.rows[0].jumps]
    assert jumps == [("slack", slack.thread), ("telegram", telegram.thread)]
    assert [one.label for one in screen.buttons] == ["Rename client", "Note on client", "Pinned (Olga Ivanova)"]
    await shop.press("ben", Verb.BLACKLIST, values={})
    assert "⛔ On the black list since" in (await profile(shop)).intro


async def test_R52_steps_lead_to_the_thread_of_their_time(shop: Shop) -> None:
    old, _ = await shop.threads()
    await shop.writes("olga", "!group Night", old)
    (fresh,) = await shop.threads()
    await shop.press("ada", Verb.CLOSE)
    rows = (await profile(shop, "ada")).rows
    assert [row.title for row in rows[:2]] == ["Ada Admin: closed", "Olga Ivanova: moved to another group"]
    assert [one.thread for one in rows[0].jumps] == [fresh.thread]
    assert old.thread in [one.thread for one in rows[-1].jumps]


@pytest.mark.parametrize("verb", [Verb.PROFILE, Verb.RENAME, Verb.CLIENT_NOTE, Verb.PIN, Verb.ASSIGN, Verb.GROUP])
async def test_F67_every_new_door_refuses_a_foreign_groups_conversation(shop: Shop, verb: Verb) -> None:
    answer = await shop.press("sue", verb, values={"name": "X", "note": "X", "operator": "1", "group": "2"})
    assert answer.refused and answer.text == "This conversation belongs to 🟢 Sales, and you don't work in that group."
    assert (await shop.press("nobody", verb)).text.startswith("You are not a registered operator")
    await shop.switch_off("ben")
    assert (await shop.press("ben", verb)).text.startswith("You are not a registered operator")
