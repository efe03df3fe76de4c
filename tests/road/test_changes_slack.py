"""What is changed, taken back or reacted to on the Slack desk and by its clients (R33-R35)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.commands.changes import Spot, client_deleted
from bot.commands.channel import receipt
from bot.domain.errors import TooOldToChange
from bot.store.tables import message_ref
from tests.road.desks import SlackView, seen
from tests.road.house import House
from tests.road.talk import HOLDER, Talk, begin, begin_taken
from tests.road.test_files_slack import PNG, client_sends

Json = dict[str, Any]
REFS = select(message_ref.c.remote_id).where(message_ref.c.remote_id.like("upload-%")).order_by(message_ref.c.id)


def slack(talk: Talk) -> SlackView:
    assert isinstance(talk.mine, SlackView)
    return talk.mine


def client_has(house: House) -> list[Json]:
    """What the bot has sent to Ann, as it stands there."""
    said = house.box.telegram.messages(chat=house.scene.channel_bot.id, user=house.scene.clients["ann"])
    return [one for one in said if one["from"]["id"] == house.scene.channel_bot.id]


def words_of(one: Json) -> str:
    return str(one.get("text", one.get("caption", "")))


def client_edits(house: House, post: Json, text: str) -> None:
    house.box.telegram.edit(
        user=house.scene.clients["ann"], chat=house.scene.channel_bot.id, message_id=post["message_id"], text=text
    )


async def answered(talk: Talk, text: str = "the answer", **more: Any) -> tuple[str, Json]:
    """Olga's words once the client has them: her post, and the client's."""
    post = slack(talk).says(HOLDER, talk.thread, text, **more)
    await talk.house.until(lambda: any(text in words_of(one) for one in client_has(talk.house)))
    await talk.marked(post, "accepted")
    return post, client_has(talk.house)[-1]


def post_with(talk: Talk, words: str) -> Json:
    return next(one for one in slack(talk).posts(talk.thread) if words in seen(one))


def last_event(house: House, subtype: str) -> str:
    events = [one for one in house.box.slack.events("message") if one["event"].get("subtype") == subtype]
    return str(events[-1]["event_id"])


# Edits ---------------------------------------------------------------------------------------------------------------


async def test_R33_F38_a_clients_edit_stands_in_the_place_of_his_words(house: House) -> None:
    first = house.client_says("frist")
    await house.until(lambda: house.slack.threads())
    second = house.client_says("secnd")
    await house.until(lambda: any("secnd" in line for line in house.slack.lines(house.slack.threads()[0])))
    (thread,) = house.slack.threads()
    before = len(house.slack.posts(thread))
    client_edits(house, first, "first <!channel>")
    client_edits(house, second, "second *x*")
    await house.until(lambda: "first <!channel>" in house.slack.card(thread))
    await house.until(lambda: any(line.endswith("second *x*") for line in house.slack.lines(thread)))
    await house.settled()
    assert len(house.slack.posts(thread)) == before
    assert not any("secnd" in line or "frist" in line for line in house.slack.lines(thread))
    assert all(one["pings"] == [] for one in house.slack.posts(thread))


async def test_R33_F38_F40_F53_an_operators_edit_reaches_the_client_in_place(house: House) -> None:
    talk = await begin_taken(house, "slack")
    post, got = await answered(talk, "teh answer")
    slack(talk).edits(HOLDER, talk.thread, post, f"the <b> & *answer* <@{slack(talk).user('ben')}> <https://shop.example|shop>")
    await house.until(lambda: "the <b> & answer" in words_of(client_has(house)[-1]))
    await house.until(lambda: any("the <b> & answer" in line for line in talk.copies()))
    event = last_event(house, "message_changed")
    slack(talk).edits(HOLDER, talk.thread, post, "newest")
    await house.until(lambda: words_of(client_has(house)[-1]).endswith("newest"))
    await house.box.slack.redeliver(event)
    await house.settled()
    last = client_has(house)[-1]
    assert (last["message_id"], words_of(last).endswith("newest")) == (got["message_id"], True)
    assert len([line for line in talk.copies() if "newest" in line]) == 1
    assert not any("teh answer" in line for line in talk.copies())


async def test_F40_an_older_edit_that_comes_later_changes_nothing(house: House) -> None:
    talk = await begin_taken(house, "slack")
    post, _ = await answered(talk)
    house.box.slack.drop_events(1)
    slack(talk).edits(HOLDER, talk.thread, post, "older")
    event = last_event(house, "message_changed")
    house.box.slack.drop_events(0)
    await answered(talk, "between")
    slack(talk).edits(HOLDER, talk.thread, post, "newer")
    await house.until(lambda: words_of(client_has(house)[-2]).endswith("newer"))
    await house.box.slack.redeliver(event)
    await house.settled()
    assert words_of(client_has(house)[-2]).endswith("newer")


async def test_F37_F39_what_has_not_gone_goes_changed_or_not_at_all(house: House) -> None:
    talk = await begin_taken(house, "slack")
    await answered(talk)
    client = {"chat_id": house.scene.clients["ann"]}
    house.box.faults.add("telegram", "sendMessage", "rate_limit", seconds=1.0, match=client)
    wrong = slack(talk).says(HOLDER, talk.thread, "wrong words")
    gone = slack(talk).says(HOLDER, talk.thread, "never said")
    await house.until(lambda: any("never said" in line for line in talk.copies()))
    slack(talk).edits(HOLDER, talk.thread, wrong, "right words")
    slack(talk).deletes(HOLDER, talk.thread, gone)
    await house.until(lambda: words_of(client_has(house)[-1]).endswith("right words"))
    await house.settled()
    said = [words_of(one) for one in client_has(house)]
    assert not any("wrong words" in one or "never said" in one for one in said)
    assert not any("never said" in line for line in talk.copies())


async def test_F46_only_a_persons_own_edit_counts(house: House) -> None:
    talk = await begin_taken(house, "slack")
    post, _ = await answered(talk, "see https://shop.example")
    core = house.box.slack.core
    room = core.world.room_named(slack(talk).room)
    core.change(room, room.posts[post], {"attachments": [{"id": 1, "title": "Shop"}]}, editor=None)  # a preview of the link
    ours = next(one for one in slack(talk).posts(talk.thread) if one.get("bot_id"))
    core.change(room, room.posts[ours["ts"]], {"text": "other"}, editor=next(iter(core.world.apps.values())).bot_user_id)
    await answered(talk, "after")
    await house.settled()
    assert [words_of(one).rpartition("\n")[2] for one in client_has(house)[-2:]] == ["see https://shop.example", "after"]


async def test_F44_an_edit_of_what_is_not_known_is_told_and_sends_nothing(house: House) -> None:
    talk = await begin_taken(house, "slack")
    house.box.slack.drop_events(1)
    post = slack(talk).says(HOLDER, talk.thread, "unheard")
    house.box.slack.drop_events(0)
    before = len(client_has(house))
    slack(talk).edits(HOLDER, talk.thread, post, "still unheard")
    await house.until(lambda: any(str(TooOldToChange()) == words for words in slack(talk).told(HOLDER)))
    await house.settled()
    assert len(client_has(house)) == before


async def test_R33_a_post_somebody_has_deleted_in_slack_does_not_take_the_thread_with_it(house: House) -> None:
    talk = await begin(house, "slack")
    second = house.client_says("secnd")
    await house.until(lambda: any("secnd" in line for line in talk.lines()))
    core = house.box.slack.core
    core.remove(core.world.room_named(slack(talk).room), post_with(talk, "secnd")["ts"])
    client_edits(house, second, "second")
    await house.until(lambda: any("second" in line for line in talk.lines()))
    await house.settled()
    assert slack(talk).threads() == [talk.thread]


# Deletions -----------------------------------------------------------------------------------------------------------


async def test_R33_F39_what_an_operator_deletes_goes_from_the_client_and_the_other_desk(house: House) -> None:
    talk = await begin_taken(house, "slack")
    post, got = await answered(talk, "regretted")
    told = slack(talk).told(HOLDER)
    slack(talk).deletes(HOLDER, talk.thread, post)
    await house.until(lambda: all(one["message_id"] != got["message_id"] for one in client_has(house)))
    await house.until(lambda: not any("regretted" in line for line in talk.copies()))
    await house.box.slack.redeliver(last_event(house, "message_deleted"))
    await house.settled()
    assert slack(talk).told(HOLDER) == told


async def test_R33_what_a_client_deletes_is_gone_from_slack_and_so_are_its_bytes(house: House) -> None:
    talk = await begin(house, "slack")
    said = house.client_says("my secret")
    await client_sends(house, "secret.png", PNG, "and its picture")
    await house.until(lambda: slack(talk).files(talk.thread))
    await house.settled()
    assert house.app is not None
    client, number = str(house.scene.clients["ann"]), post_with(talk, "and its picture")["files"][0]["id"]
    rows = await house.app.store.read(lambda tx: tx.execute(REFS).scalars().all())
    for remote in (str(said["message_id"]), rows[-1]):
        await house.app.store.write(lambda tx, remote=remote: client_deleted(tx, Spot("telegram", client, remote)))  # type: ignore[misc]
    await house.until(lambda: not any("secret" in line or "picture" in line for line in talk.lines()))
    await house.settled()
    assert any("deleted this message" in line for line in talk.lines())
    assert number not in house.box.slack.core.world.files


# Files ---------------------------------------------------------------------------------------------------------------


async def test_R33_R32_captions_change_both_ways_and_one_file_of_several_is_taken_back(house: House) -> None:
    talk = await begin_taken(house, "slack")
    files = [{"name": "a.bin", "content": b"\xfe" * 500}, {"name": "b.bin", "content": b"\xfd" * 500}]
    post, _ = await answered(talk, "captoin", files=files)
    await house.until(lambda: len([one for one in client_has(house) if "document" in one]) == 2)
    slack(talk).edits(HOLDER, talk.thread, post, "caption")
    await house.until(lambda: any(words_of(one).endswith("caption") and "document" in one for one in client_has(house)))
    second = slack(talk).posts(talk.thread)[-1]["files"][1]["id"]
    house.box.slack.delete_file(user=slack(talk).user(HOLDER), file_id=second)
    await house.until(lambda: [one["document"]["file_name"] for one in client_has(house) if "document" in one] == ["a.bin"])
    await client_sends(house, "c.bin", b"\xfc" * 500, "thier")
    await house.until(lambda: slack(talk).files(talk.thread)[-1][0] == "c.bin")


# Reactions, quotes, fates --------------------------------------------------------------------------------------------


async def test_R35_a_clients_reaction_shows_beside_the_mark(house: House) -> None:
    talk = await begin_taken(house, "slack")
    post, got = await answered(talk)
    client = {"user": house.scene.clients["ann"], "chat": house.scene.channel_bot.id, "message_id": got["message_id"]}
    house.box.telegram.react(**client, emoji="🔥")
    await house.until(lambda: slack(talk).reactions(talk.thread, post) == {"fire", "white_check_mark"})
    house.box.telegram.react(**client, emoji="❤")
    await house.until(lambda: slack(talk).reactions(talk.thread, post) == {"heart", "white_check_mark"})
    house.box.telegram.react(**client, emoji=None)
    await house.until(lambda: slack(talk).reactions(talk.thread, post) == {"white_check_mark"})


async def test_R35_F42_an_operators_reactions_reach_the_client_and_his_own_emoji_do_not(house: House) -> None:
    talk = await begin_taken(house, "slack")
    said = house.client_says("thank you")
    await house.until(lambda: any("thank you" in line for line in talk.lines()))
    post, place = post_with(talk, "thank you")["ts"], slack(talk)

    def shown() -> list[str]:
        ours = house.box.telegram.messages(chat=house.scene.channel_bot.id, user=house.scene.clients["ann"])
        one = next(one for one in ours if one["message_id"] == said["message_id"])
        return [reaction["emoji"] for reaction in one.get("reactions", ())]

    for back in (False, True, False):
        place.reacts(HOLDER, talk.thread, post, "+1::skin-tone-4", back=back)
    await house.until(lambda: shown() == ["👍"])
    await house.box.slack.redeliver(house.box.slack.events("reaction_removed")[-1]["event_id"])
    place.reacts(HOLDER, talk.thread, post, "shipit-own")
    await house.until(lambda: any(":shipit-own:" in words for words in place.told(HOLDER)))
    await house.settled()
    assert shown() == ["👍"]
    place.reacts(HOLDER, talk.thread, post, "+1::skin-tone-4", back=True)
    await house.until(lambda: shown() == [])


async def test_R35_who_reacts_before_we_know_the_posts_id_has_reacted(house: House) -> None:
    """People see a post before its id has come back to us."""
    talk = await begin_taken(house, "slack")
    late = house.box.faults.add("slack", "chat.postMessage", "answer_late", seconds=1.0)
    said = house.client_says("thank you")
    await house.until(lambda: late.hits and any("thank you" in line for line in talk.lines()))
    slack(talk).reacts(HOLDER, talk.thread, post_with(talk, "thank you")["ts"], "+1")

    def shown() -> list[str]:
        ours = house.box.telegram.messages(chat=house.scene.channel_bot.id, user=house.scene.clients["ann"])
        one = next(one for one in ours if one["message_id"] == said["message_id"])
        return [reaction["emoji"] for reaction in one.get("reactions", ())]

    await house.until(lambda: shown() == ["👍"])


async def test_R35_an_answer_shows_what_it_is_to(house: House) -> None:
    talk = await begin_taken(house, "slack")
    post, got = await answered(talk, "which size?")
    house.client_says("the <large> one", reply_to=got["message_id"])
    await house.until(lambda: any("the <large> one" in line for line in talk.lines()))
    shown = post_with(talk, "the <large> one")
    assert "Olga Ivanova: which size?" in seen(shown)
    quote = next(part for part in shown["blocks"][0]["elements"] if part["type"] == "rich_text_quote")
    link = next(part["url"] for part in quote["elements"] if part["type"] == "link")
    assert link.endswith(f"/p{post.replace('.', '')}?thread_ts={talk.thread}&cid={slack(talk).room}")


async def test_R34_F9_marks_follow_what_the_channel_tells(house: House) -> None:
    talk = await begin_taken(house, "slack")
    assert house.app is not None
    client = str(house.scene.clients["ann"])
    for fates, mark in (
        (("delivered",), "delivered"),
        (("read", "delivered"), "read"),
        (("delivered", "failed", "read"), "failed"),
    ):
        post, got = await answered(talk, f"it is {mark}")
        for fate in fates:
            await house.app.store.write(
                lambda tx, fate=fate, got=got: receipt(tx, "telegram", client, str(got["message_id"]), fate, reason="Away.")  # type: ignore[misc]
            )
        await talk.marked(post, mark)
        await house.settled()
        assert slack(talk).mark(talk.thread, post) == mark
        assert any("Not delivered to the client. Away." in line for line in talk.lines()) is (mark == "failed")
