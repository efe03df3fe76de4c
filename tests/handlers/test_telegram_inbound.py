"""What clients and operators do in Telegram, through the real aiogram, store, inbox and relay."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.handlers.channels.telegram.inbound import identifiers, words_of
from bot.handlers.desks.telegram.inbound import id_of, not_sent, place_of
from bot.handlers.shared.telegram_files import attachment
from bot.handlers.shared.telegram_media import KINDS, describe
from tests.telegram_house import House, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        yield house


class TestARoundTrip:
    async def test_a_client_writes_an_operator_takes_it_and_answers(self, house: House) -> None:
        house.telegram.start(house.ann, house.bot_id)
        house.telegram.send(house.ann, house.bot_id, "hello <b>you</b>")
        thread = await house.topic()
        assert house.telegram.topics(house.forum)[0]["name"] == "Ann Lee"
        (card,) = house.cards()
        assert "hello <b>you</b>" in card["text"]
        seen = await house.telegram.press(house.olga, house.forum, card["message_id"], "Start conversation")
        assert seen["answered"] is True
        assert seen["alert"] is False
        assert "The conversation is yours" in seen["text"]
        bold = [{"type": "bold", "offset": 0, "length": 3}]
        mine = house.telegram.send(house.olga, house.forum, "Hey Ann", thread, entities=bold)
        await house.sandbox.until(house.heard)
        assert house.heard() == ["Olga P\nHey Ann"]
        marked = await house.sandbox.until(lambda: _reactions(house, mine["message_id"]))
        assert marked == ["👍"]
        await house.sandbox.until(lambda: "In progress" in house.cards()[0]["text"])
        assert [direction for direction, _ in await house.said()] == ["in", "out"]

    async def test_start_alone_and_other_bots_are_no_words(self, house: House) -> None:
        house.telegram.start(house.ann, house.bot_id, "campaign")
        house.telegram.send(house.ann, house.bot_id, "hi")
        assert await house.until_said(1) == [("in", "hi")]
        await house.until_kept(2)
        assert await house.said() == [("in", "hi")]

    async def test_F10_an_album_is_one_conversation_with_its_parts_in_order(self, house: House) -> None:
        house.telegram.start(house.ann, house.bot_id)
        house.telegram.album(house.ann, house.bot_id, 10, "look")
        said = await house.until_said(10)
        assert said[0] == ("in", "📷 Photo\nlook")
        assert said[1:] == [("in", "📷 Photo")] * 9
        await house.topic()
        assert len(house.telegram.topics(house.forum)) == 1

    async def test_F40_an_edit_takes_the_place_of_the_words_and_the_newest_stays(self, house: House) -> None:
        house.telegram.start(house.ann, house.bot_id)
        message = house.telegram.send(house.ann, house.bot_id, "helo")
        for words in ("hallo", "hello"):  # both within one second, as Telegram counts
            house.telegram.edit(house.ann, house.bot_id, message["message_id"], words)
        last = house.telegram.bot(house.bot_id).mailbox.history[-2].id
        await house.until_kept(4)
        assert house.telegram.redeliver(last)
        house.telegram.send(house.ann, house.bot_id, "more")
        assert await house.until_said(2) == [("in", "hello"), ("in", "more")]

    async def test_an_edit_of_what_was_never_heard_is_a_message(self, house: House) -> None:
        message = house.telegram.start(house.ann, house.bot_id)
        house.telegram.edit(house.ann, house.bot_id, message["message_id"], "I need help")
        assert await house.until_said(1) == [("in", "✏️ I need help")]

    async def test_another_file_in_the_place_of_one_is_a_message(self, house: House) -> None:
        house.telegram.start(house.ann, house.bot_id)
        message = house.telegram.send_document(house.ann, house.bot_id, "a.txt", "text/plain", content=base64_of(b"old"))
        await house.until_said(1)
        house.telegram.edit_file(house.ann, house.bot_id, message["message_id"], base64_of(b"new"), "b.txt")
        said = await house.until_said(2)
        assert [words for _, words in said] == ["📎 a.txt (1 kB)", "📎 b.txt (1 kB)\n✏️"]

    async def test_blocking_is_told_to_the_operators(self, house: House) -> None:
        house.telegram.start(house.ann, house.bot_id)
        house.telegram.send(house.ann, house.bot_id, "hi")
        thread = await house.topic()
        house.telegram.block(house.ann, house.bot_id)
        await house.sandbox.until(lambda: any("blocked the bot" in text for text in house.texts(thread)))
        house.telegram.unblock(house.ann, house.bot_id)
        await house.sandbox.until(lambda: any("unblocked" in text for text in house.texts(thread)))


class TestInATopic:
    @pytest.fixture
    async def thread(self, house: House) -> int:
        house.telegram.start(house.ann, house.bot_id)
        house.telegram.send(house.ann, house.bot_id, "hi")
        return await house.topic()

    async def test_R25_words_before_the_start_are_held_and_the_author_alone_is_asked(self, house: House, thread: int) -> None:
        mine = house.telegram.send(house.olga, house.forum, "hello Ann", thread)
        (question,) = await house.sandbox.until(lambda: house.telegram.ephemerals(house.olga, house.forum))
        assert "What shall become of it" in question["text"]
        assert await house.sandbox.until(lambda: _reactions(house, mine["message_id"])) == ["✍"]
        seen = await house.telegram.press(
            house.olga, house.forum, label="Start and send", ephemeral_message_id=question["ephemeral_message_id"]
        )
        assert seen["answered"] is True
        await house.sandbox.until(lambda: house.heard() == ["Olga P\nhello Ann"])
        await house.sandbox.until(lambda: not house.telegram.ephemerals(house.olga, house.forum))

    async def test_commands_with_the_bots_name_are_verbs_and_those_for_others_are_not(self, house: House, thread: int) -> None:
        name = house.bot["username"]
        house.telegram.send(house.olga, house.forum, "/close@other_bot", thread)
        house.telegram.send(house.olga, house.forum, f"/start@{name.upper()}", thread)
        await house.sandbox.until(lambda: "In progress" in house.cards()[0]["text"])
        house.telegram.send(house.olga, house.forum, "/note call back", thread)
        said = await house.until_said(2)
        assert said == [("in", "hi"), ("note", "call back")]

    async def test_F66_a_stranger_is_refused_in_private(self, house: House, thread: int) -> None:
        eve = house.telegram.add_user("Eve")["id"]
        house.telegram.add_member(house.forum, eve)
        (card,) = house.cards()
        seen = await house.telegram.press(eve, house.forum, card["message_id"], "Start conversation")
        assert seen["alert"] is True
        assert "not a registered operator" in seen["text"]
        house.telegram.send(eve, house.forum, "let me", thread)
        await house.sandbox.until(lambda: house.telegram.ephemerals(eve, house.forum))
        assert "Unassigned" in house.cards()[0]["text"]
        assert [direction for direction, _ in await house.said()] == ["in"]

    async def test_F68_forged_data_is_refused(self, house: House, thread: int) -> None:
        (card,) = house.cards()
        for data in ("close:999.1", "x" * 64, "start:", "send_once:1"):
            seen = await house.telegram.press(house.olga, house.forum, card["message_id"], data=data, forged=True)
            assert seen["alert"] is True
        assert "Unassigned" in house.cards()[0]["text"]

    async def test_an_anonymous_admin_is_told_to_show_himself(self, house: House, thread: int) -> None:
        house.telegram.send(house.olga, house.forum, "/start", thread, anonymous=True)
        await house.sandbox.until(lambda: any("Remain anonymous" in text for text in house.texts(thread)))
        assert "Unassigned" in house.cards()[0]["text"]

    async def test_what_is_neither_words_nor_a_file_is_refused_in_words(self, house: House, thread: int) -> None:
        house.telegram._speak(house.olga, house.forum, {"poll": {"question": "Lunch?", "options": []}}, thread=thread)
        (told,) = await house.sandbox.until(lambda: house.telegram.ephemerals(house.olga, house.forum))
        assert told["text"] == "This can't be passed on; the client did not get 📊 Poll: Lunch?"
        assert [direction for direction, _ in await house.said()] == ["in"]

    async def test_a_place_goes_on_in_words(self, house: House, thread: int) -> None:
        await house.telegram.press(house.olga, house.forum, house.cards()[0]["message_id"], "Start conversation")
        house.telegram.send_location(house.olga, house.forum, 43.2, 76.9, thread=thread)
        await house.sandbox.until(lambda: house.heard() == ["Olga P\n📍 Location 43.2, 76.9"])

    async def test_team_talk_elsewhere_is_left_alone(self, house: House, thread: int) -> None:
        lunch = house.telegram.create_topic(house.olga, house.forum, "Lunch")["message_thread_id"]
        house.telegram.send_photo(house.olga, house.forum, thread=lunch)
        house.telegram.send(house.olga, house.forum, "pizza?", lunch)
        house.telegram.send(house.olga, house.forum, "in General")
        house.telegram.send(house.olga, house.forum, "note: end", thread)
        await house.until_said(2)
        assert house.telegram.ephemerals(house.olga, house.forum) == []
        assert house.texts(lunch) == ["pizza?"]

    async def test_R20_a_reaction_clears_the_unseen_mark(self, house: House, thread: int) -> None:
        (card,) = house.cards()
        assert "🆕" in card["text"]
        house.telegram.react(house.olga, house.forum, card["message_id"], "👀")
        await house.sandbox.until(lambda: "🆕" not in house.cards()[0]["text"])

    async def test_a_long_answer_to_a_press_is_shown_to_the_person_alone(self, house: House, thread: int) -> None:
        (card,) = house.cards()
        query = {"id": "1", "from": {"id": house.olga}, "message": card | {"chat": {"id": house.forum}}, "data": "help:1"}
        from bot.commands.answer import Answer

        inbound = next(iter(house.served.inbounds.values()))
        await inbound.answer({"callback_query": query}, Answer("long " * 100))
        shown = [one for one in house.texts(thread) if one.startswith("long")]
        whispered = [one["text"] for one in house.telegram.ephemerals(house.olga, house.forum)]
        assert len(shown) + len(whispered) == 1


async def test_the_same_by_webhook(tmp_path: Path) -> None:
    async with opened(tmp_path, webhook=True) as house:
        house.telegram.start(house.ann, house.bot_id)
        for number in range(30):
            house.telegram.send(house.ann, house.bot_id, f"{number}")
        assert await house.until_said(30) == [("in", f"{number}") for number in range(30)]


class TestShapes:
    def test_every_kind_of_message_says_what_it_was(self) -> None:
        shown = {
            "location": "📍 Location 43.2, 76.9",
            "venue": "📍 Cafe, Main St 43.2, 76.9",
            "contact": "👤 Contact Bo Li +7701",
            "poll": "📊 Poll: Why? a / b",
            "dice": "🎯 5",
        }
        point = {"latitude": 43.2, "longitude": 76.9}
        given: dict[str, Any] = {
            "location": point,
            "venue": {"title": "Cafe", "address": "Main St", "location": point},
            "contact": {"first_name": "Bo", "last_name": "Li", "phone_number": "+7701"},
            "poll": {"question": "Why?", "options": [{"text": "a"}, {"text": "b"}]},
            "dice": {"emoji": "🎯", "value": 5},
        }
        assert {kind: describe({"message_id": 1, kind: given[kind]}) for kind in shown} == shown

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_no_kind_stumbles_over_an_empty_content(self, kind: str) -> None:
        assert describe({kind: {}})
        assert describe({kind: [None]})

    def test_a_kind_nobody_knows_is_not_lost_and_events_are_no_words(self) -> None:
        assert describe({"message_id": 1, "chat": {}, "hologram": {}}) == "❔ Something this desk can't show (hologram)"
        assert describe({"message_id": 1, "chat": {}, "pinned_message": {}}) == ""
        assert words_of({"message_id": 1, "forum_topic_closed": {}}).is_empty

    def test_every_kind_of_file_is_one(self) -> None:
        given: dict[str, Any] = {
            "photo": [{"file_id": "s", "width": 90, "height": 60}, {"file_id": "l", "width": 800, "height": 600, "file_size": 7}],
            "animation": {"file_id": "1", "file_size": 12, "duration": 2},
            "video": {"file_id": "1", "file_name": "a.mp4", "mime_type": "video/mp4"},
            "video_note": {"file_id": "1", "duration": 65},
            "voice": {"file_id": "1", "duration": 3, "mime_type": "audio/ogg"},
            "audio": {"file_id": "1", "performer": "Abba", "title": "SOS", "duration": 160},
            "sticker": {"file_id": "1", "emoji": "🙂", "is_animated": True},
            "document": {"file_id": "1", "file_unique_id": "u", "file_name": "x.pdf", "mime_type": "application/pdf"},
        }
        seen = {}
        for kind, content in given.items():
            found = attachment({"message_id": 1, kind: content, "media_group_id": "9"}, "port")
            assert found is not None
            assert (found.source, found.ref["album"]) == ("port", "9")
            seen[kind] = (found.kind.value, found.name, found.mime, found.size, found.seconds, found.ref["file_id"])
        assert seen == {
            "photo": ("photo", "photo.jpg", "image/jpeg", 7, 0, "l"),
            "animation": ("animation", "", "video/mp4", 12, 2, "1"),
            "video": ("video", "a.mp4", "video/mp4", 0, 0, "1"),
            "video_note": ("video_note", "video-message.mp4", "video/mp4", 0, 65, "1"),
            "voice": ("voice", "voice-message.ogg", "audio/ogg", 0, 3, "1"),
            "audio": ("audio", "Abba – SOS.mp3", "audio/mpeg", 0, 160, "1"),
            "sticker": ("sticker", "sticker 🙂.tgs", "application/x-tgsticker", 0, 0, "1"),
            "document": ("document", "x.pdf", "application/pdf", 0, 0, "1"),
        }
        both = attachment({"animation": given["animation"], "document": {"file_id": "2"}}, "port")
        assert both is not None
        assert both.kind == "animation"

    @pytest.mark.parametrize("content", [None, {}, [], "x", [None], {"file_id": "1", "duration": "x", "file_size": -1}])
    def test_no_kind_of_file_stumbles_over_its_content(self, content: Any) -> None:
        for kind in ("photo", "live_photo", "video", "audio", "sticker", "document"):
            attachment({kind: content}, "port")

    def test_only_the_persons_own_card_gives_a_phone(self) -> None:
        sender = {"id": 7, "username": "ann", "language_code": "kk"}
        own = {"contact": {"user_id": 7, "phone_number": "+7701"}}
        assert identifiers(own, sender) == {"username": "ann", "language": "kk", "phone": "+7701"}
        assert "phone" not in identifiers({"contact": {"user_id": 8, "phone_number": "+7702"}}, sender)

    def test_the_general_topic_and_reply_threads_are_no_place(self) -> None:
        assert place_of({"chat": {"id": -5}, "message_thread_id": 9}).thread == ""
        assert place_of({"chat": {"id": -5}, "message_thread_id": 9, "is_topic_message": True}).thread == "9"
        assert place_of(json.loads("{}")).chat == ""

    def test_ephemeral_messages_have_ids_of_their_own(self) -> None:
        assert id_of({"message_id": 5}) == "5"
        assert id_of({"message_id": 0, "ephemeral_message_id": 3, "date": 9}) == "e3.9"
        assert not_sent("X").endswith("X")


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _reactions(house: House, message_id: int) -> list[str]:
    entry = house.telegram.chats[house.forum].entries[message_id]
    return entry.reactions.get(house.bot_id, [])
