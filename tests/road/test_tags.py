"""Tags from either desk: put on by word, reply, shortcut, reaction and form; counts, and the files that tell them (R60-R63)."""

from __future__ import annotations

import csv
import io
from typing import Any

from sqlalchemy import select

from bot.store.tables import message, message_tag, tag
from bot.store.uow import Tx
from tests.road.desks import SlackView, slack_buttons
from tests.road.house import House
from tests.road.talk import COLLEAGUE, HOLDER, Talk, begin, begin_taken

Json = dict[str, Any]
REFUSED = {
    "slack": ("files.completeUploadExternal", "file_upload_size_restricted"),
    "telegram": ("sendDocument", "Bad Request: file is too big"),
}


async def borne(house: House) -> list[tuple[str, str]]:
    """Each tag with the words of its message, as they were put on."""
    query = (
        select(tag.c.name, message.c.body)
        .join(message_tag, message_tag.c.tag_id == tag.c.id)
        .join(message, message.c.id == message_tag.c.message_id)
        .order_by(message_tag.c.at, message.c.seq, tag.c.id)
    )

    def work(tx: Tx) -> list[tuple[str, str]]:
        return [(row.name, row.body.strip('"')) for row in tx.execute(query)]

    assert house.app is not None
    return await house.app.store.read(work)


def post_of(talk: Talk, words: str) -> str:
    """The post on this desk that says so."""
    for one in talk.mine.posts(talk.thread):
        if words in str(one):
            return str(one["ts"] if isinstance(talk.mine, SlackView) else one["message_id"])
    raise AssertionError(f"nobody said {words!r}:\n{talk.house.story()}")


def files(talk: Talk, who: str = HOLDER) -> list[tuple[str, str, bytes]]:
    """What the bot sent this operator in private: name, caption, bytes."""
    view = talk.mine
    if isinstance(view, SlackView):
        world, room = view.slack.core.world, view.slack.direct(user=view.user(who))["id"]
        posts = [one for one in view.slack.messages(room=room) if one.get("files")]
        return [(file["title"], one["text"], world.contents[file["id"]]) for one in posts for file in one["files"]]
    known, found = view.telegram.files, []
    for one in view.telegram.messages(chat=view.bot, user=view.user(who)):
        part = one.get("document") or (one.get("photo") or [None])[-1]
        if part:
            found.append((part.get("file_name", "photo"), one.get("caption", ""), known[part["file_id"]].content))
    return found


async def test_R60_R61_by_word_and_by_form(house: House, platform: str) -> None:
    talk = await begin(house, platform, "where is my money?")
    assert "Tagged 1 message: #Refund" in await talk.types(COLLEAGUE[platform], "tag Refund")
    house.client_says("and my parcel?")
    await house.until(lambda: any("parcel" in line for line in talk.lines()))
    await house.settled()
    await talk.mine.chooses(HOLDER, talk.thread, "Tag messages…")
    values: Json = {"messages": ["Ann Lee: and my parcel?"], "tags": ["#Refund"], "new": "late, refund"}
    if platform == "telegram":  # chosen beforehand, so a press would take it away
        values["messages"] = ["Ann Lee: where is my money? #Refund"]
    told = await talk.mine.fills(HOLDER, talk.thread, **values)
    assert "#Refund #late" in told
    assert ("late", "and my parcel?") in await borne(house)
    assert ("Refund", "and my parcel?") in await borne(house)
    assert house.client_sees() == []


async def test_R60_a_reply_or_a_shortcut_is_about_that_message(house: House, platform: str) -> None:
    talk = await begin(house, platform, "first")
    house.client_says("second")
    house.client_says("third")
    await house.until(lambda: any("third" in line for line in talk.lines()))
    await house.settled()
    post = post_of(talk, "second")
    if isinstance(talk.mine, SlackView):
        assert "Tag messages" in await talk.mine.shortcut(HOLDER, post, "tag")
        told = await talk.mine.fills(HOLDER, talk.thread, new="vip")
    else:
        before = len(talk.mine.told(HOLDER))
        talk.mine.replies(HOLDER, talk.thread, "/tag vip", int(post))
        await house.until(lambda: len(talk.mine.told(HOLDER)) > before)
        told = talk.mine.told(HOLDER)[-1]
    assert "Tagged 1 message: #vip" in told
    assert await borne(house) == [("vip", "second")]
    assert house.client_sees() == []


async def test_R60_a_reaction_with_the_label_offers_the_form(house: House) -> None:
    talk = await begin(house, "slack", "tag me")
    view = house.slack
    view.slack.react(user=view.user(HOLDER), room=view.room, ts=talk.thread, name="label")
    await house.until(lambda: any("Which tag" in words for words in view.told(HOLDER)))
    assert all("Which tag" not in line for line in talk.lines())
    whisper = view.slack.ephemerals(user=view.user(HOLDER))[-1]
    assert [label for label, _ in slack_buttons(whisper)] == ["Tag this message…"]
    await view.opens(HOLDER, talk.thread, "Tag this message…")
    assert "Tagged 1 message: #vip" in await view.fills(HOLDER, talk.thread, new="vip")
    assert await borne(house) == [("vip", "tag me")]


def fire(talk: Talk, who: str, post: str, *, on: bool, own: bool = False) -> None:
    """Somebody reacts with 🔥, or with a picture that has no sign, or takes that back."""
    view = talk.mine
    if isinstance(view, SlackView):
        react = view.slack.react if on else view.slack.unreact
        react(user=view.user(who), room=view.room, ts=post, name="partyparrot" if own else "fire")
    else:
        sign = ("5368324170671202286" if own else "🔥") if on else None
        view.telegram.react(user=view.user(who), chat=view.chat, message_id=int(post), emoji=sign)


async def test_F42_R60_R62_a_tags_own_emoji_tags_and_untags_a_message(house: House, platform: str) -> None:
    talk = await begin(house, platform, "first")
    await talk.types(HOLDER, "tag 🔥 urgent")
    house.client_says("second")
    await house.until(lambda: any("second" in line for line in talk.lines()))
    await house.settled()
    first, both = ("🔥 urgent", "first"), [("🔥 urgent", "first"), ("🔥 urgent", "second")]
    post = post_of(talk, "second")
    fire(talk, HOLDER, post, on=True, own=True)
    fire(talk, HOLDER, post, on=False, own=True)
    await house.until(lambda: "🆕" not in talk.mine.card(talk.thread))  # it is seen, and tags nothing
    for on in (True, False, True):
        fire(talk, HOLDER, post, on=on)
    await house.until(lambda: sum("Tagged 1 message: #🔥 urgent" in words for words in talk.mine.told(HOLDER)) == 3)
    await house.settled()
    assert await borne(house) == both
    fire(talk, COLLEAGUE[platform], post, on=True)
    fire(talk, COLLEAGUE[platform], post, on=False)  # it is not his
    fire(talk, HOLDER, post, on=False)
    await house.until(lambda: "Not tagged any more: #🔥 urgent" in talk.mine.told(HOLDER)[-1])
    await house.settled()
    assert await borne(house) == [first]
    assert "#🔥 urgent — 1" in await talk.mine.desk_says(HOLDER, "tags")  # the tag itself stays
    assert house.client_sees() == []


async def test_R60_a_tag_of_three_hundred_characters_stays_in_the_form(house: House, platform: str) -> None:
    talk = await begin(house, platform)
    await talk.mine.chooses(HOLDER, talk.thread, "Tag messages…")
    assert await talk.mine.fills(HOLDER, talk.thread, new="x" * 300) == "A tag has at most 60 characters."
    assert "#vi" in await talk.mine.fills(HOLDER, talk.thread, new="vi")
    assert await borne(house) == [("vi", "hello")]


async def test_R63_counts_and_the_messages_behind_them(house: House, platform: str) -> None:
    talk = await begin(house, platform, "where is my money?")
    await talk.types(HOLDER, "tag refund")
    assert "#refund — 1" in await talk.mine.desk_says(HOLDER, "tags")
    shown = await talk.mine.desk_presses(HOLDER, "Messages")
    assert "Ann Lee: where is my money?" in shown
    assert "#refund · by Olga Ivanova" in shown
    await talk.mine.desk_presses(HOLDER, "Back")
    assert "🟢 Sales — 1" in await talk.mine.desk_presses(HOLDER, "By group")


async def test_F54_R63_a_chart_as_a_picture_and_a_table_in_private(house: House, platform: str) -> None:
    talk = await begin(house, platform, "=1+1 where is my money?")
    await talk.types(HOLDER, "tag refund $x$")
    await talk.mine.desk_says(HOLDER, "tags")
    assert "The chart comes to you" in await talk.mine.desk_presses(HOLDER, "Chart")
    await house.until(lambda: len(files(talk)) == 1, 30.0)
    await talk.mine.desk_says(HOLDER, "tags")
    assert "The table comes to you" in await talk.mine.desk_presses(HOLDER, "CSV")
    await house.until(lambda: len(files(talk)) == 2)
    (picture, caption, drawn), (table, _, content) = files(talk)
    assert picture.startswith("tags-" if platform == "slack" else "photo")
    assert caption == "The last 30 days"
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) > 10_000
    assert table.endswith(".csv")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert (lines[1][1], lines[1][2], lines[1][8]) == ("refund $x$", "Olga Ivanova", "'=1+1 where is my money?")
    assert house.client_sees() == []
    assert not any("file" in str(one).lower() and ".csv" in str(one) for one in talk.mine.posts(talk.thread))


async def test_F17_F19_R63_a_file_of_unknown_fate_is_looked_for_and_not_sent_twice(house: House) -> None:
    talk = await begin(house, "slack", "hello")
    await talk.types(HOLDER, "tag refund")
    house.box.faults.add("slack", "files.completeUploadExternal", "drop_after")
    await talk.mine.desk_says(HOLDER, "tags")
    await talk.mine.desk_presses(HOLDER, "CSV")
    await house.until(lambda: len(files(talk)) == 1)
    await house.settled(30.0)
    assert len(files(talk)) == 1


async def test_F34_R63_who_can_not_be_sent_a_file_is_told(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    await talk.types(HOLDER, "tag refund")
    await talk.mine.desk_says(HOLDER, "tags")
    call, error = REFUSED[platform]
    house.box.faults.add(platform, call, "error", error=error)
    await talk.mine.desk_presses(HOLDER, "CSV")
    await house.until(lambda: any("could not be sent" in words for words in talk.mine.private(HOLDER)))
    assert files(talk) == []


async def test_R63_files_are_for_no_topic(house: House) -> None:
    talk = await begin(house, "telegram", "hello")
    await talk.types(HOLDER, "tag refund")
    await talk.types(HOLDER, "tags")
    assert "only in our private chat" in await talk.presses(HOLDER, "CSV")
    await house.settled()
    assert files_in(talk) == []


def files_in(talk: Talk) -> list[Json]:
    """The files that stand in the topic."""
    assert not isinstance(talk.mine, SlackView)
    said = talk.mine.telegram.messages(chat=talk.mine.chat, thread=int(talk.thread))
    return [one for one in said if "document" in one or "photo" in one]
