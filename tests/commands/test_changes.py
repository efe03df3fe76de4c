"""Messages that are changed, taken back or reacted to, seen from the outbox (R33, R35, F37-F40, F42, F44)."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.commands import channel
from bot.commands.asked import Asked
from bot.commands.changes import (
    Rewrote,
    Spot,
    client_changed,
    client_deleted,
    client_reacted,
    delete,
    operator_changed,
    operator_deleted,
)
from bot.commands.context import Place
from bot.commands.perform import perform
from bot.commands.seen import Reacted, reacted
from bot.delivery.ports import Body, DeletePost, EditPost, Fate, React, Words
from bot.domain.actions import Verb
from bot.domain.ids import MessageId, Moment
from bot.domain.people import Actor
from bot.domain.text import RichText
from bot.store import messages, mirrors, spread, tables
from bot.store.messages import Ref
from bot.store.mirrors import Mirror
from bot.store.uow import Tx
from tests.commands.conftest import Shop, shop, store, stores
from tests.commands.parcels import packed

__all__ = ["shop", "store", "stores"]


async def all_sent(shop: Shop) -> None:
    """The platforms have taken everything; a post's id is made of its place and its message."""

    def job(tx: Tx) -> None:
        for row in tx.execute(tables.delivery.select().where(tables.delivery.c.state == "pending")).all():
            if row.op != "words":
                continue
            platform, chat, thread = spread.kind_of_lane(row.lane) if row.mirror_id is None else "", "ann", ""
            if row.mirror_id is not None:
                mirror = mirrors.by_ids(tx, {row.mirror_id})[row.mirror_id]
                platform, chat, thread = mirror.platform, mirror.chat, mirror.thread
            messages.add_ref(tx, Ref(MessageId(row.message_id), row.part, platform, chat, thread, f"p{row.id}", origin=False))
        tx.execute(update(tables.delivery).where(tables.delivery.c.state == "pending").values(state="sent"))

    await shop.does(job)


def spot(remote_id: str) -> Spot:
    return Spot("widget", "ann", remote_id)


async def olga_writes(shop: Shop, text: str) -> tuple[Mirror, str]:
    thread = (await shop.threads())[0]
    await shop.writes("olga", text, thread)
    return thread, f"r{shop._count}"


async def olga_changes(shop: Shop, thread: Mirror, remote_id: str, text: str, at: int = 0) -> list[str]:
    place = Place(thread.platform, thread.chat, thread.thread)

    def job(tx: Tx) -> None:
        operator_changed(
            tx, Rewrote(Actor("slack", "Uolga", "text"), place, remote_id, RichText.plain(text), Moment(at or tx.now))
        )

    before = len(await shop.queued("notice"))
    await shop.does(job)
    return [one["payload"]["text"] for one in (await shop.queued("notice"))[before:]]


async def olga_deletes(shop: Shop, thread: Mirror, remote_id: str) -> list[str]:
    place = Place(thread.platform, thread.chat, thread.thread)
    before = len(await shop.queued("notice"))
    await shop.does(lambda tx: operator_deleted(tx, Actor("slack", "Uolga", "text"), place, remote_id))
    return [one["payload"]["text"] for one in (await shop.queued("notice"))[before:]]


def words(body: Body | str) -> str:
    assert isinstance(body, EditPost) and isinstance(body.post, Words)
    return body.post.parts[0].to_plain()


@pytest.fixture
async def talking(shop: Shop) -> Shop:
    """Olga has the conversation, and Ann has said "second" after it was opened."""
    await shop.press("olga", Verb.START)
    await shop.client_says("second")
    await all_sent(shop)
    return shop


async def test_R33_F38_a_clients_edit_changes_the_posts_on_both_desks(talking: Shop) -> None:
    assert await talking.does(lambda tx: client_changed(tx, spot("2"), RichText.plain("second, better"), Moment(5)))
    for lane in ("slack:", "telegram-desk:"):
        (edit,) = await packed(talking, lane, "edit")
        assert words(edit) == "second, better"
    assert await talking.finds("olga", "better") == 1


async def test_F40_an_older_edit_after_a_newer_changes_nothing(talking: Shop) -> None:
    for text, rev in (("newest", 9), ("older", 7), ("newest", 9)):
        await talking.does(lambda tx, text=text, rev=rev: client_changed(tx, spot("2"), RichText.plain(text), Moment(rev)))
    assert [words(one) for one in await packed(talking, "slack:", "edit")] == ["newest"]


async def test_F37_an_edit_before_its_message_has_gone_costs_no_post(shop: Shop) -> None:
    await shop.client_says("second")
    await shop.does(lambda tx: client_changed(tx, spot("2"), RichText.plain("changed in time"), Moment(5)))
    assert await packed(shop, "slack:", "edit") == []
    (post,) = await packed(shop, "slack:")
    assert isinstance(post, Words) and post.parts[0].to_plain() == "changed in time"


async def test_R33_an_edit_of_the_first_words_redraws_the_card(shop: Shop) -> None:
    await all_sent(shop)
    await shop.does(lambda tx: client_changed(tx, spot("1"), RichText.plain("hello again"), Moment(5)))
    assert await packed(shop, "slack:", "edit") == []
    assert [one["lane"].endswith(":card") for one in await shop.queued("card")][-2:] == [True, True]


async def test_R33_a_text_that_has_grown_goes_on_in_another_post_and_a_shrunk_one_is_shortened(talking: Shop) -> None:
    await talking.does(lambda tx: client_changed(tx, spot("2"), RichText.plain("word " * 1000), Moment(5)))
    first, second = await packed(talking, "slack:", "edit")
    assert words(first).startswith("word") and isinstance(second, Words)
    await talking.client_says("long " * 1000)
    await all_sent(talking)
    await talking.does(lambda tx: client_changed(tx, spot("3"), RichText.plain("short"), Moment(5)))
    first, second = await packed(talking, "slack:", "edit")
    assert words(first) == "short" and isinstance(second, DeletePost)


async def test_R33_F39_a_clients_deletion_is_told_in_the_place_of_the_words(talking: Shop) -> None:
    assert await talking.does(lambda tx: client_deleted(tx, spot("2")))
    assert [words(one) for one in await packed(talking, "slack:", "edit")] == ["🗑 Ann deleted this message."]
    assert await talking.finds("olga", "second") == 0
    assert not await talking.does(lambda tx: client_deleted(tx, spot("unknown")))


async def test_F39_what_is_deleted_before_it_has_gone_never_goes(shop: Shop) -> None:
    await shop.client_says("second")
    await shop.does(lambda tx: client_deleted(tx, spot("2")))
    assert await packed(shop, "slack:") == ["nothing"]


async def test_R33_an_operators_edit_reaches_the_client_and_the_other_desk(talking: Shop) -> None:
    thread, written = await olga_writes(talking, "our prise is 5")
    await all_sent(talking)
    assert await olga_changes(talking, thread, written, "our price is 5") == []
    assert [words(one) for one in await packed(talking, "widget:", "edit")] == ["our price is 5"]
    assert [words(one) for one in await packed(talking, "telegram-desk:", "edit")] == ["our price is 5"]
    assert await packed(talking, "slack:", "edit") == []
    assert "Olga Ivanova: edited" in await talking.journal()


async def test_F72_what_the_client_has_got_can_not_become_a_note(talking: Shop) -> None:
    thread, written = await olga_writes(talking, "hello")
    await all_sent(talking)
    (said,) = await olga_changes(talking, thread, written, "note: he is rude")
    assert said.startswith("The client has this message already")
    assert await packed(talking, "widget:", "edit") == []
    (said,) = await olga_changes(talking, thread, written, "!close")
    assert said.startswith("The client has this message already")


async def test_F44_an_edit_of_what_is_not_known_any_more_is_told(talking: Shop) -> None:
    thread = (await talking.threads())[0]
    (said,) = await olga_changes(talking, thread, "r-ancient", "new words")
    assert said.startswith("I don't know this message any more")
    assert await packed(talking, "widget:", "edit") == await packed(talking, "widget:") == []


async def test_R33_an_operators_deletion_takes_it_from_the_client_and_the_other_desk(talking: Shop) -> None:
    thread, written = await olga_writes(talking, "wrong chat")
    await all_sent(talking)
    assert await olga_deletes(talking, thread, written) == []
    assert all(isinstance(one, DeletePost) for one in await packed(talking, "widget:", "edit"))
    assert len(await packed(talking, "widget:", "edit")) == len(await packed(talking, "telegram-desk:", "edit")) == 1


async def test_F39_an_answer_deleted_before_it_has_gone_never_goes(talking: Shop) -> None:
    thread, written = await olga_writes(talking, "wrong chat")
    assert await olga_deletes(talking, thread, written) == []
    assert await packed(talking, "widget:") == ["nothing"]
    assert await packed(talking, "widget:", "edit") == []


async def on_whatsapp(shop: Shop) -> None:
    """The same conversation, as if WhatsApp carried it."""
    shop.kind = "whatsapp"
    await shop.does(lambda tx: tx.execute(update(tables.channel).values(kind="whatsapp")) and None)


async def test_F38_where_nothing_can_be_edited_the_new_words_follow_and_the_operator_knows(talking: Shop) -> None:
    await on_whatsapp(talking)
    thread, written = await olga_writes(talking, "our prise is 5")
    await all_sent(talking)
    (said,) = await olga_changes(talking, thread, written, "our price is 5")
    assert said == "WhatsApp can't change what was sent. The client gets your new words as another message, marked ✏️."
    assert await packed(talking, "whatsapp:", "edit") == []
    (post,) = await packed(talking, "whatsapp:")
    assert isinstance(post, Words) and post.parts[0].to_plain() == "✏️\nour price is 5"
    assert await olga_changes(talking, thread, written, "our price is 5") == []


async def test_R33_where_nothing_can_be_taken_back_the_operator_is_told_what_the_client_still_sees(talking: Shop) -> None:
    await on_whatsapp(talking)
    thread, written = await olga_writes(talking, "wrong chat")
    await all_sent(talking)
    assert await olga_deletes(talking, thread, written) == [
        "WhatsApp can't take back what was sent. The client still sees this message."
    ]


async def test_R35_F42_a_clients_reactions_end_as_they_are_now(talking: Shop) -> None:
    for emoji in (("👍",), (), ("👍", "❤️"), ("❤️",), ("❤️",)):
        await talking.does(lambda tx, emoji=emoji: client_reacted(tx, spot("2"), emoji))
    shown = [one for one in await packed(talking, "slack:", "react") if isinstance(one, React)]
    assert {one.emoji for one in shown} == {("❤️",)}


async def test_R35_only_the_responsible_operators_reaction_reaches_the_client(talking: Shop) -> None:
    thread = (await talking.threads())[0]
    post = next(ref for ref in await talking.does(lambda tx: messages.refs_of(tx, MessageId(2))) if ref.platform == "slack")

    async def reacts(who: str, emoji: str, sign: str, *, added: bool = True) -> None:
        seen = Reacted(Actor("slack", f"U{who}", "reaction"), "slack", thread.chat, post.remote_id, emoji, sign, added)
        await talking.does(lambda tx: reacted(tx, seen))

    await reacts("ben", "heart", "❤️")
    await reacts("olga", "our_logo", "")
    assert await packed(talking, "widget:", "react") == []
    await reacts("olga", "heart", "❤️")
    assert await packed(talking, "widget:", "react") == [React("2", ("❤️",))]
    await reacts("olga", "heart", "❤️", added=False)
    assert {one.emoji for one in await packed(talking, "widget:", "react") if isinstance(one, React)} == {()}


async def test_R34_F9_fates_only_go_forward(talking: Shop) -> None:
    await on_whatsapp(talking)
    _, _ = await olga_writes(talking, "hello")
    await all_sent(talking)
    number = next(one["message_id"] for one in await talking.queued("words") if one["lane"].startswith("whatsapp:"))
    (ref,) = [one for one in await talking.does(lambda tx: messages.refs_of(tx, MessageId(number))) if one.platform == "whatsapp"]

    async def tells(fate: str, reason: str = "") -> str:
        await talking.does(lambda tx: channel.receipt(tx, "whatsapp", "ann", ref.remote_id, fate, reason=reason))
        said = await talking.does(lambda tx: messages.by_ids(tx, {number})[number])
        return str(said.fate)

    assert [await tells(fate) for fate in ("read", "delivered", "accepted", "read")] == ["read"] * 4
    assert [one["payload"]["fate"] for one in await talking.queued("mark")] == ["read"]
    assert await tells("failed", "Not on WhatsApp.") == "failed"
    assert await tells("delivered") == "failed"
    (told,) = [one["payload"] for one in await talking.queued("notice") if "Not on WhatsApp" in str(one["payload"])]
    assert told["text"] == "❌ Not delivered to the client. Not on WhatsApp." and told["buttons"][0][:2] == ["retry", "Retry"]
    assert Fate((await talking.queued("mark"))[-1]["payload"]["fate"]) is Fate.FAILED


async def test_R33_delete_as_a_reply_takes_back_a_message_of_ones_own(talking: Shop) -> None:
    _, written = await olga_writes(talking, "wrong chat")
    await all_sent(talking)
    threads = await talking.threads()

    def job(tx: Tx, who: str, about: str) -> str:
        thread = threads[0]
        place = Place(thread.platform, thread.chat, thread.thread)
        return perform(tx, talking.actor(who), place, lambda context: delete(tx, context, Asked(about=(about,)))).text

    assert await talking.does(lambda tx: job(tx, "ben", written)) == "Only Olga Ivanova, who wrote this message, can do that."
    assert (await talking.does(lambda tx: job(tx, "olga", "nothing"))).startswith("Reply to the message you mean")
    assert await talking.does(lambda tx: job(tx, "olga", written)) == "Deleted, here and for the client."
    assert [one for one in await packed(talking, "slack:", "edit") if isinstance(one, DeletePost)] == [DeletePost(written)]
