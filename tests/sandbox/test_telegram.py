"""The Telegram stand-in, spoken to by the real aiogram over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import escape
from typing import Any

import aiohttp
import pytest
from aiogram import Bot, methods
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BufferedInputFile,
    ChatMemberAdministrator,
    EphemeralMessageParameters,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputTextMessageContent,
    Message,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyParameters,
    Update,
)
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.people import Mistake
from sandbox.telegram import Telegram, markup_html, markup_markdown
from sandbox.telegram.arguments import TABLE
from sandbox.telegram.entities import finish, length16
from sandbox.telegram.updates import KINDS
from sandbox.telegram.webhook import Webhook
from tests import aiogram_models  # noqa: F401 - builds them

ALL = sorted(KINDS)
RIGHTS = ["can_manage_topics", "can_delete_messages", "can_pin_messages"]
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


class Session(AiohttpSession):
    """aiogram's own, without its wait for TLS connections to close."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


@dataclass
class Place:
    """One Telegram with a forum, a bot that administers it, an operator and a client."""

    telegram: Telegram
    faults: Faults
    windows: Windows
    base: str
    bot: Bot
    ann: int
    oleg: int
    forum: int

    def api(self, token: str) -> Bot:
        return Bot(token, session=Session(api=TelegramAPIServer.from_base(self.base)))

    async def updates(self, **more: Any) -> list[Update]:
        found = await self.bot.get_updates(allowed_updates=ALL, **more)
        if found:
            await self.bot.get_updates(offset=found[-1].update_id + 1, allowed_updates=ALL)
        return found

    async def post(self, method: str, token: str | None = None, **given: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self.base}/bot{token or self.bot.token}/{method}"
        async with aiohttp.ClientSession() as session, session.post(url, json=given) as answer:
            return answer.status, await answer.json()


class Time:
    """A clock that can be moved."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
async def place(clock: Time) -> AsyncIterator[Place]:
    faults, windows = Faults(), Windows()
    windows.enabled = False
    telegram = Telegram(Feed(), faults, windows, clock)
    app = web.Application()
    app.add_routes(telegram.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    base = f"http://127.0.0.1:{port}/telegram"
    made = telegram.add_bot(name="Desk", username="desk_bot")
    ann = telegram.add_user(name="Ann", username="ann_client")["id"]
    oleg = telegram.add_user(name="Oleg")["id"]
    forum = telegram.add_forum(title="Desk", members=[], admins=[oleg], bots={made["id"]: RIGHTS})["id"]
    bot = Bot(made["token"], session=Session(api=TelegramAPIServer.from_base(base)))
    await bot.get_updates(offset=-1, allowed_updates=ALL)
    telegram.bots[bot.id].mailbox.queue.clear()
    try:
        yield Place(telegram, faults, windows, base, bot, ann, oleg, forum)
    finally:
        await telegram.close()
        await bot.session.close()
        await runner.cleanup()


def buttons(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=list(rows))


def key(text: str = "Take", data: str = "take") -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data)


def spans(message: Message) -> list[tuple[str, int, int]]:
    return [(str(entity.type), entity.offset, entity.length) for entity in message.entities or ()]


async def refused(call: Any, words: str, kind: type[TelegramAPIError] = TelegramBadRequest) -> None:
    with pytest.raises(kind) as caught:
        await call
    assert caught.value.message == words


# --- messages ---------------------------------------------------------------------------------------------------------


async def test_start_and_answer_in_a_private_chat(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id, payload="abc")
    [update] = await place.updates()
    assert update.message
    assert update.message.text == "/start abc"
    assert spans(update.message) == [("bot_command", 0, 6)]
    sent = await place.bot.send_message(place.ann, "hello <3")
    assert (sent.text, sent.chat.id, sent.from_user and sent.from_user.id) == ("hello <3", place.ann, place.bot.id)
    shown = place.telegram.messages(chat=place.bot.id, user=place.ann)
    assert [message["text"] for message in shown] == ["/start abc", "hello <3"]


async def test_who_may_not_be_written_to(place: Place) -> None:
    stranger = place.telegram.add_user(name="Stranger")["id"]
    await refused(place.bot.send_message(stranger, "x"), "Bad Request: chat not found")
    await refused(place.bot.send_message(12345, "x"), "Bad Request: chat not found")
    await refused(place.bot.send_message("@nobody", "x"), "Bad Request: chat not found")
    words = "Forbidden: bot can't initiate conversation with a user"
    await refused(place.bot.send_message(place.oleg, "x"), words, TelegramForbiddenError)
    place.telegram.start(user=place.ann, bot=place.bot.id)
    place.telegram.block(user=place.ann, bot=place.bot.id)
    words = "Forbidden: bot was blocked by the user"
    await refused(place.bot.send_message(place.ann, "x"), words, TelegramForbiddenError)
    states = [u.my_chat_member.new_chat_member.status for u in await place.updates() if u.my_chat_member]
    assert states == ["kicked"]
    place.telegram.unblock(user=place.ann, bot=place.bot.id)
    assert (await place.bot.send_message(place.ann, "x")).message_id
    place.telegram.remove_member(chat=place.forum, user=place.bot.id)
    words = "Forbidden: bot was kicked from the supergroup chat"
    await refused(place.bot.send_message(place.forum, "x"), words, TelegramForbiddenError)


async def test_leaving_and_deleted_groups(place: Place) -> None:
    assert await place.bot.leave_chat(place.forum)
    words = "Forbidden: bot is not a member of the supergroup chat"
    await refused(place.bot.send_message(place.forum, "x"), words, TelegramForbiddenError)
    place.telegram.add_member(chat=place.forum, user=place.bot.id)
    place.telegram.delete_chat(chat=place.forum)
    words = "Forbidden: the group chat was deleted"
    await refused(place.bot.send_message(place.forum, "x"), words, TelegramForbiddenError)


async def test_lengths_are_utf16_units_after_parsing(place: Place) -> None:
    await place.bot.send_message(place.forum, "x" * 4096)
    await place.bot.send_message(place.forum, "😀" * 2048)
    await place.bot.send_message(place.forum, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")
    await refused(place.bot.send_message(place.forum, "x" * 4097), "Bad Request: message is too long")
    await refused(place.bot.send_message(place.forum, "😀" * 2049), "Bad Request: message is too long")
    await refused(place.bot.send_message(place.forum, ""), "Bad Request: message text is empty")
    await refused(place.bot.send_message(place.forum, " \n"), "Bad Request: text must be non-empty")
    photo = BufferedInputFile(PNG, "a.png")
    words = "Bad Request: message caption is too long"
    await refused(place.bot.send_photo(place.forum, photo, caption="x" * 1025), words)


async def test_text_is_trimmed_and_cleaned_with_its_entities(place: Place) -> None:
    bold = MessageEntity(type="bold", offset=3, length=50)
    sent = await place.bot.send_message(place.forum, "\n a\rb\x00c\u202ed \n", entities=[bold])
    assert sent.text == "ab cd"
    assert spans(sent) == [("bold", 1, 4)]


HTML = [
    ("<b>a</b> &lt;&#128512;&amp", "a <😀&", [("bold", 0, 1)]),
    ("<b>a<i>b</i></b>", "ab", [("bold", 0, 1), ("bold", 1, 1), ("italic", 1, 1)]),
    ('<a href="https://x.com/?a=1&amp;b=2">l</a>', "l", [("text_link", 0, 1)]),
    ('<pre><code class="language-py">x</code></pre>', "x", [("pre", 0, 1)]),
    ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
    ('<span class="tg-spoiler">s</span><tg-spoiler>t</tg-spoiler>', "st", [("spoiler", 0, 2)]),
    ("😀<code>x</code>", "😀x", [("code", 2, 1)]),
]


@pytest.mark.parametrize(("source", "text", "entities"), HTML)
async def test_html(place: Place, source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    sent = await place.bot.send_message(place.forum, source, parse_mode="HTML")
    assert sent.text == text
    assert spans(sent) == entities


WRONG_HTML = [
    ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
    ("é<x>", 'Unsupported start tag "x" at byte offset 2'),
    ("a</b>", "Unexpected end tag at byte offset 1"),
    ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
    ("<b", "Unclosed start tag at byte offset 0"),
    ('<span class="x">a</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
]


@pytest.mark.parametrize(("source", "words"), WRONG_HTML)
async def test_wrong_html(place: Place, source: str, words: str) -> None:
    call = place.bot.send_message(place.forum, source, parse_mode="HTML")
    await refused(call, f"Bad Request: can't parse entities: {words}")


MARKDOWN = [
    ("*a* _b_ __c__ ~d~ `e`", "a b c d e", ["bold", "italic", "underline", "strikethrough", "code"]),
    (r"\*a\* [l](https://x.com/\)b) ||s||", "*a* l s", ["text_link", "spoiler"]),
    ("```py\nx\n```", "x", ["pre"]),
    (">q\n>r\ntext", "q\nr\ntext", ["blockquote"]),
    ("**>q\n>r||", "q\nr", ["expandable_blockquote"]),
    ("![👍](tg://emoji?id=5368324170671202286)", "👍", ["custom_emoji"]),
]


@pytest.mark.parametrize(("source", "text", "kinds"), MARKDOWN)
async def test_markdown_v2(place: Place, source: str, text: str, kinds: list[str]) -> None:
    sent = await place.bot.send_message(place.forum, source, parse_mode="MarkdownV2")
    assert sent.text == text
    assert [str(entity.type) for entity in sent.entities or ()] == kinds


WRONG_MARKDOWN = [
    ("a.b", r"Character '.' is reserved and must be escaped with the preceding '\'"),
    ("é*a", "Can't find end of Bold entity at byte offset 2"),
    ("[a](x", "Can't find end of a URL at byte offset 4"),
    ("```x", "Can't find end of Pre entity at byte offset 0"),
]


@pytest.mark.parametrize(("source", "words"), WRONG_MARKDOWN)
async def test_wrong_markdown_v2(place: Place, source: str, words: str) -> None:
    call = place.bot.send_message(place.forum, source, parse_mode="MarkdownV2")
    await refused(call, f"Bad Request: can't parse entities: {words}")


async def test_old_markdown_and_unknown_modes(place: Place) -> None:
    sent = await place.bot.send_message(
        place.forum, "*a* `b` [c](http://x.com) a_b".replace("a_b", r"a\_b"), parse_mode="Markdown"
    )
    assert sent.text == "a b c a_b"
    await refused(place.bot.send_message(place.forum, "x", parse_mode="BB"), "Bad Request: unsupported parse_mode")
    words = "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 1"
    await refused(place.bot.send_message(place.forum, "a_b", parse_mode="Markdown"), words)


async def test_entities_are_checked_and_repaired(place: Place) -> None:
    async def send(*entities: dict[str, Any]) -> Any:
        given = json.dumps(list(entities))
        return (await place.post("sendMessage", chat_id=place.forum, text="one two", entities=given))[1]

    answer = await send({"type": "bold", "offset": -1, "length": 2})
    assert answer["description"] == "Bad Request: receive an entity with incorrect offset -1"
    answer = await send({"type": "bold", "offset": 0})
    assert answer["description"] == "Bad Request: can't parse MessageEntity: Can't find field \"length\""
    answer = await send({"type": "big", "offset": 0, "length": 1})
    assert answer["description"] == "Bad Request: can't parse MessageEntity: Unsupported type specified"
    answer = await send({"type": "bold", "offset": 4, "length": 99}, {"type": "italic", "offset": 9, "length": 1})
    assert answer["result"]["entities"] == [{"type": "bold", "offset": 4, "length": 3}]
    code = {"type": "code", "offset": 0, "length": 3}
    answer = await send(code, {"type": "bold", "offset": 0, "length": 7})
    assert answer["result"]["entities"] == [code, {"type": "bold", "offset": 3, "length": 4}]


async def test_plain_text_of_people_gets_entities(place: Place) -> None:
    said = place.telegram.send(
        user=place.oleg, chat=place.forum, text="😀 /take@desk_bot https://x.com/a. @ann_client a@b.co #vip +79161234567"
    )
    kinds = [(entity["type"], entity["offset"], entity["length"]) for entity in said["entities"]]
    assert kinds == [
        ("bot_command", 3, 14),
        ("url", 18, 15),
        ("mention", 35, 11),
        ("email", 47, 6),
        ("hashtag", 54, 4),
        ("phone_number", 59, 12),
    ]


async def test_half_characters_are_refused(place: Place) -> None:
    status, answer = await place.post("sendMessage", chat_id=place.forum, text="a\ud83d")
    assert (status, answer["description"]) == (400, "Bad Request: strings must be encoded in UTF-8")


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"))))
def test_escaped_html_reads_back(text: str) -> None:
    assert markup_html.parse(f"<b>{escape(text)}</b>")[0] == text


@given(st.text(alphabet="ab😀 *_[]()~`>#+-=|{}.!\\\n"))
def test_escaped_markdown_reads_back(text: str) -> None:
    assert markup_markdown.parse_v2(re.sub(r"([_*\[\]()~`>#+\-=|{}.!\\])", r"\\\1", text))[0] == text


@given(
    st.text(alphabet="ab 😀\n", min_size=1),
    st.lists(st.tuples(st.sampled_from(["bold", "italic", "code", "blockquote"]), st.integers(0, 9), st.integers(0, 9))),
)
def test_repaired_entities_stay_inside_and_do_not_cross(text: str, given: list[tuple[str, int, int]]) -> None:
    text, fixed = finish(text, [{"type": kind, "offset": at, "length": size} for kind, at, size in given])
    spans = [(e["offset"], e["offset"] + e["length"], e["type"]) for e in fixed]
    assert all(0 <= begin < end <= length16(text) for begin, end, _ in spans)
    for n, (begin, end, kind) in enumerate(spans):
        for left, right, other in spans[n + 1 :]:
            assert right <= begin or end <= left or (left >= begin and right <= end) or (begin >= left and end <= right)
            assert kind != other or right <= begin or end <= left


def test_the_argument_table_knows_all_that_aiogram_sends() -> None:
    for name in methods.__all__:
        made = getattr(methods, name)
        if name not in ("TelegramMethod", "Request", "Response"):
            missing = {field.alias or key for key, field in made.model_fields.items()} - set(TABLE[made.__api_method__])
            assert not missing, (name, missing)


async def test_topics_in_private_chats(place: Place) -> None:
    made = place.telegram.add_bot(name="Threads", topics=True)
    api = place.api(made["token"])
    place.telegram.start(user=place.ann, bot=made["id"])
    topic = await api.create_forum_topic(place.ann, "Orders")
    sent = await api.send_message(place.ann, "x", message_thread_id=topic.message_thread_id)
    assert sent.is_topic_message
    await refused(api.close_forum_topic(place.ann, topic.message_thread_id), "Bad Request: the chat is not a supergroup forum")
    await api.session.close()


async def test_replies(place: Place) -> None:
    first = await place.bot.send_message(place.forum, "first")
    reply = await place.bot.send_message(
        place.forum, "second", reply_parameters=ReplyParameters(message_id=first.message_id, quote="irs")
    )
    assert reply.reply_to_message
    assert reply.reply_to_message.message_id == first.message_id
    assert reply.quote
    assert (reply.quote.text, reply.quote.position) == ("irs", 1)
    lost = ReplyParameters(message_id=999)
    await refused(place.bot.send_message(place.forum, "x", reply_parameters=lost), "Bad Request: message to be replied not found")
    lenient = ReplyParameters(message_id=999, allow_sending_without_reply=True)
    assert (await place.bot.send_message(place.forum, "x", reply_parameters=lenient)).reply_to_message is None


async def test_mistyped_missing_and_unknown_arguments(place: Place) -> None:
    assert (await place.post("sendMessage", text="x"))[1]["description"] == "Bad Request: chat_id is empty"
    status, answer = await place.post("sendMessage", chat_id=place.forum, text="x", message_thread_id="abc")
    assert (status, answer["description"]) == (400, "Bad Request: invalid message_thread_id specified")
    status, answer = await place.post("sendMessage", chat_id=place.forum, text="x", reply_markup="{")
    assert answer["description"] == "Bad Request: can't parse reply keyboard markup JSON object"
    status, answer = await place.post("SENDMESSAGE", chat_id=str(place.forum), text="x", colour="red")
    assert (status, answer["ok"]) == (200, True)
    assert await place.post("sendNothing") == (
        404,
        {"ok": False, "error_code": 404, "description": "Not Found: method not found"},
    )
    async with aiohttp.ClientSession() as session:
        url = f"{place.base}/bot{place.bot.token}/sendMessage?chat_id={place.forum}&text=by%20GET"
        assert (await (await session.get(url)).json())["result"]["text"] == "by GET"


async def test_tokens(place: Place) -> None:
    status, answer = await place.post("getMe", token="1:wrong")
    assert (status, answer["description"]) == (401, "Unauthorized")
    me = await place.bot.get_me()
    assert (me.username, me.can_read_all_group_messages) == ("desk_bot", False)
    place.telegram.revoke(bot_token=place.bot.token)
    with pytest.raises(TelegramUnauthorizedError):
        await place.bot.get_me()
    assert place.bot.token not in json.dumps(place.telegram.snapshot())


# --- edits, deletes, reactions ----------------------------------------------------------------------------------------


async def test_edits(place: Place) -> None:
    sent = await place.bot.send_message(place.forum, "one", reply_markup=buttons([key()]))
    edited = await place.bot.edit_message_text("two", chat_id=place.forum, message_id=sent.message_id)
    assert isinstance(edited, Message)
    assert (edited.text, edited.reply_markup) == ("two", None)
    assert edited.edit_date
    same = place.bot.edit_message_text("two", chat_id=place.forum, message_id=sent.message_id)
    await refused(
        same,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as "
        "a current content and reply markup of the message",
    )
    gone = place.bot.edit_message_text("x", chat_id=place.forum, message_id=999)
    await refused(gone, "Bad Request: message to edit not found")
    foreign = place.telegram.send(user=place.oleg, chat=place.forum, text="mine")
    call = place.bot.edit_message_text("x", chat_id=place.forum, message_id=foreign["message_id"])
    await refused(call, "Bad Request: message can't be edited")
    await place.bot.edit_message_reply_markup(chat_id=place.forum, message_id=sent.message_id, reply_markup=buttons([key()]))
    call = place.bot.edit_message_caption(chat_id=place.forum, message_id=sent.message_id, caption="x")
    await refused(call, "Bad Request: there is no caption in the message to edit")


async def test_deletes(place: Place, clock: Time) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    sent = await place.bot.send_message(place.ann, "x")
    assert await place.bot.delete_message(place.ann, sent.message_id)
    await refused(place.bot.delete_message(place.ann, sent.message_id), "Bad Request: message to delete not found")
    old = await place.bot.send_message(place.ann, "x")
    clock.ahead = 48 * 3600 + 1
    await refused(place.bot.delete_message(place.ann, old.message_id), "Bad Request: message can't be deleted")
    foreign = place.telegram.send(user=place.oleg, chat=place.forum, text="mine")
    assert await place.bot.delete_messages(place.forum, [foreign["message_id"], 999])
    place.telegram.promote(chat=place.forum, who=place.bot.id, rights=["can_manage_topics"])
    foreign = place.telegram.send(user=place.oleg, chat=place.forum, text="mine")
    call = place.bot.delete_message(place.forum, foreign["message_id"])
    await refused(call, "Bad Request: message can't be deleted")


async def test_reactions(place: Place) -> None:
    said = place.telegram.send(user=place.oleg, chat=place.forum, text="x")
    number = said["message_id"]
    assert await place.bot.set_message_reaction(place.forum, number, [ReactionTypeEmoji(emoji="👀")])
    call = place.bot.set_message_reaction(place.forum, number, [ReactionTypeEmoji(emoji="✅")])
    await refused(call, "Bad Request: REACTION_INVALID")
    assert place.telegram.messages(chat=place.forum)[-1]["reactions"] == [{"emoji": "👀", "by": [place.bot.id]}]
    place.telegram.react(user=place.oleg, chat=place.forum, message_id=number, emoji="👍")
    place.telegram.react(user=place.oleg, chat=place.forum, message_id=number, emoji=None)
    changes = [u.message_reaction for u in await place.updates() if u.message_reaction]
    assert [(len(c.old_reaction), len(c.new_reaction)) for c in changes] == [(0, 1), (1, 0)]
    assert changes[0].user
    assert changes[0].user.id == place.oleg
    await place.bot.set_message_reaction(place.forum, number, [])
    assert place.telegram.messages(chat=place.forum)[-1]["reactions"] == []


async def test_people_edit_and_delete(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    said = place.telegram.send(user=place.ann, chat=place.bot.id, text="helo")
    place.telegram.edit(user=place.ann, chat=place.bot.id, message_id=said["message_id"], text="hello")
    place.telegram.delete(user=place.ann, chat=place.bot.id, message_id=said["message_id"])
    kinds = [update.event_type for update in await place.updates()]
    assert kinds == ["message", "message", "edited_message"]
    assert len(place.telegram.messages(chat=place.bot.id, user=place.ann)) == 1


# --- topics -----------------------------------------------------------------------------------------------------------


async def test_life_of_a_topic(place: Place) -> None:
    topic = await place.bot.create_forum_topic(place.forum, "Ann · #1", icon_color=0x6FB9F0)
    thread = topic.message_thread_id
    posted = await place.bot.send_message(place.forum, "hi", message_thread_id=thread)
    assert (posted.message_thread_id, posted.is_topic_message) == (thread, True)
    assert posted.reply_to_message
    assert posted.reply_to_message.forum_topic_created
    said = place.telegram.send(user=place.oleg, chat=place.forum, text="note", thread=thread)
    assert said["message_thread_id"] == thread
    assert "message_thread_id" not in place.telegram.send(user=place.oleg, chat=place.forum, text="general")
    icons = await place.bot.get_forum_topic_icon_stickers()
    await place.bot.edit_forum_topic(place.forum, thread, name="Ann", icon_custom_emoji_id=icons[0].custom_emoji_id)
    await refused(place.bot.edit_forum_topic(place.forum, thread, name="Ann"), "Bad Request: TOPIC_NOT_MODIFIED")
    await place.bot.close_forum_topic(place.forum, thread)
    await refused(place.bot.close_forum_topic(place.forum, thread), "Bad Request: TOPIC_NOT_MODIFIED")
    assert (await place.bot.send_message(place.forum, "as manager", message_thread_id=thread)).message_id
    place.telegram.promote(chat=place.forum, who=place.bot.id, rights=["can_delete_messages"])
    await refused(place.bot.send_message(place.forum, "x", message_thread_id=thread), "Bad Request: TOPIC_CLOSED")
    await place.bot.reopen_forum_topic(place.forum, thread)
    words = "Bad Request: not enough rights to create a topic"
    await refused(place.bot.create_forum_topic(place.forum, "y"), words)
    await place.bot.delete_forum_topic(place.forum, thread)
    call = place.bot.send_message(place.forum, "x", message_thread_id=thread)
    await refused(call, "Bad Request: message thread not found")
    await refused(place.bot.close_forum_topic(place.forum, thread), "Bad Request: TOPIC_ID_INVALID")
    assert place.telegram.messages(chat=place.forum, thread=thread) == []


async def test_the_bot_hears_of_its_own_topics_but_not_of_its_own_messages(place: Place) -> None:
    topic = await place.bot.create_forum_topic(place.forum, "T")
    await place.bot.send_message(place.forum, "x", message_thread_id=topic.message_thread_id)
    [update] = await place.updates()
    assert update.message
    assert update.message.forum_topic_created
    assert update.message.forum_topic_created.name == "T"


async def test_topics_only_in_forums(place: Place) -> None:
    place.telegram.set_forum(chat=place.forum, on=False)
    await refused(place.bot.create_forum_topic(place.forum, "T"), "Bad Request: the chat is not a forum")
    assert (await place.bot.send_message(place.forum, "x", message_thread_id=5)).message_thread_id is None
    place.telegram.set_forum(chat=place.forum, on=True)
    call = place.bot.send_message(place.forum, "x", message_thread_id=1)
    await refused(call, "Bad Request: message thread not found")


async def test_people_make_and_remove_topics(place: Place) -> None:
    made = place.telegram.create_topic(user=place.oleg, chat=place.forum, name="By hand")
    place.telegram.close_topic(user=place.oleg, chat=place.forum, thread=made["message_thread_id"])
    assert place.telegram.topics(chat=place.forum)[0]["closed"] is True
    place.telegram.add_member(chat=place.forum, user=place.ann)
    with pytest.raises(Mistake):
        place.telegram.send(user=place.ann, chat=place.forum, text="x", thread=made["message_thread_id"])
    place.telegram.delete_topic(user=place.oleg, chat=place.forum, thread=made["message_thread_id"])
    assert place.telegram.topics(chat=place.forum) == []


# --- buttons, inline mode, ephemeral messages -------------------------------------------------------------------------


async def answer_next(place: Place, **more: Any) -> Update:
    [update] = await place.updates(timeout=5)
    assert update.callback_query
    await place.bot.answer_callback_query(update.callback_query.id, **more)
    return update


async def test_pressing_a_button(place: Place, clock: Time) -> None:
    sent = await place.bot.send_message(place.forum, "card", reply_markup=buttons([key("✋ Take", "take:1")]))
    press = asyncio.create_task(
        place.telegram.press(user=place.oleg, chat=place.forum, message_id=sent.message_id, label="✋ Take")
    )
    update = await answer_next(place, text="Taken", show_alert=True)
    seen = await press
    assert (seen["answered"], seen["text"], seen["alert"]) == (True, "Taken", True)
    assert update.callback_query
    assert update.callback_query.data == "take:1"
    assert update.callback_query.message
    assert update.callback_query.message.message_id == sent.message_id
    assert place.telegram.toasts(user=place.oleg)[0]["text"] == "Taken"
    words = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    clock.ahead = 60
    await refused(place.bot.answer_callback_query(update.callback_query.id), words)
    await refused(place.bot.answer_callback_query("77"), words)


async def test_unanswered_unknown_and_forged_buttons(place: Place) -> None:
    sent = await place.bot.send_message(place.forum, "card", reply_markup=buttons([key()]))
    at: dict[str, Any] = {"user": place.oleg, "chat": place.forum, "message_id": sent.message_id}
    assert (await place.telegram.press(**at, data="take", wait=0.01))["answered"] is False
    with pytest.raises(Mistake):
        await place.telegram.press(**at, data="drop table")
    await place.telegram.press(**at, data="drop table", forged=True, wait=0.01)
    seen = [update.callback_query.data for update in await place.updates() if update.callback_query]
    assert seen == ["take", "drop table"]


async def test_wrong_buttons(place: Place) -> None:
    call = place.bot.send_message(place.forum, "x", reply_markup=buttons([key(data="é" * 33)]))
    await refused(call, "Bad Request: BUTTON_DATA_INVALID")
    call = place.bot.send_message(place.forum, "x", reply_markup=buttons([InlineKeyboardButton(text="x")]))
    words = "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
    await refused(call, words)
    await place.bot.send_message(place.forum, "x", reply_markup=buttons([key(data="é" * 32)]))


async def test_inline_mode(place: Place) -> None:
    asked = asyncio.create_task(place.telegram.inline(user=place.oleg, bot=place.bot.id, query="ref"))
    [update] = await place.updates(timeout=5)
    assert update.inline_query
    assert update.inline_query.query == "ref"
    text = InputTextMessageContent(message_text="We refund in *5* days", parse_mode="Markdown")
    article = InlineQueryResultArticle(id="1", title="Refund", input_message_content=text)
    with pytest.raises(TelegramBadRequest, match="RESULT_ID_DUPLICATE"):
        await place.bot.answer_inline_query(update.inline_query.id, [article, article])
    await place.bot.answer_inline_query(update.inline_query.id, [article], cache_time=0, is_personal=True)
    found = await asked
    assert [result["title"] for result in found["results"]] == ["Refund"]
    place.telegram.choose_inline(user=place.oleg, bot=place.bot.id, query_id=found["id"], result_id="1", chat=place.forum)
    posted, chosen = await place.updates()
    assert posted.message
    assert posted.message.text == "We refund in 5 days"
    assert posted.message.via_bot
    assert posted.message.via_bot.id == place.bot.id
    assert chosen.chosen_inline_result
    assert chosen.chosen_inline_result.result_id == "1"


async def test_ephemeral_messages(place: Place) -> None:
    to_oleg = EphemeralMessageParameters(receiver_user_id=place.oleg)
    sent = await place.bot.send_message(
        place.forum, "only you", ephemeral_message_parameters=to_oleg, reply_markup=buttons([key()])
    )
    assert (sent.message_id, sent.receiver_user and sent.receiver_user.id) == (0, place.oleg)
    number = sent.ephemeral_message_id
    assert number
    assert place.telegram.messages(chat=place.forum)[-1:] == []
    assert [m["text"] for m in place.telegram.ephemerals(user=place.oleg, chat=place.forum)] == ["only you"]
    at: dict[str, Any] = {"chat_id": place.forum, "receiver_user_id": place.oleg, "ephemeral_message_id": number}
    assert await place.bot.edit_ephemeral_message_text(text="changed", reply_markup=buttons([key()]), **at)
    press = asyncio.create_task(place.telegram.press(user=place.oleg, chat=place.forum, ephemeral_message_id=number, data="take"))
    await answer_next(place)
    assert (await press)["answered"] is True
    assert await place.bot.delete_ephemeral_message(**at)
    assert place.telegram.ephemerals(user=place.oleg, chat=place.forum) == []
    nobody = EphemeralMessageParameters(receiver_user_id=place.ann)
    call = place.bot.send_message(place.forum, "x", ephemeral_message_parameters=nobody)
    await refused(call, "Bad Request: USER_NOT_PARTICIPANT")
    place.telegram.promote(chat=place.forum, who=place.bot.id, rights=[])
    with pytest.raises(TelegramForbiddenError):
        await place.bot.send_message(place.forum, "x", ephemeral_message_parameters=to_oleg)


async def test_people_whisper_commands_and_replies_to_whispers(place: Place) -> None:
    topic = (await place.bot.create_forum_topic(place.forum, "Ann")).message_thread_id
    await place.updates()
    scope = BotCommandScopeChat(chat_id=place.forum)
    quiet = BotCommand(command="help", description="Help", is_ephemeral=True)
    await place.bot.set_my_commands([quiet, BotCommand(command="close", description="Close")], scope=scope)
    place.telegram.send(user=place.oleg, chat=place.forum, text="/help@desk_bot me", thread=topic)
    place.telegram.send(user=place.oleg, chat=place.forum, text="/help@other_bot", thread=topic)
    whispered, open_to_all = await place.updates()
    assert whispered.message
    assert (whispered.message.message_id, whispered.message.message_thread_id) == (0, topic)
    assert whispered.message.ephemeral_message_id
    assert open_to_all.message
    assert open_to_all.message.message_id
    seen = [one.get("text") for one in place.telegram.messages(chat=place.forum, thread=topic)]
    assert seen[1:] == ["/help@other_bot"]
    to_oleg = EphemeralMessageParameters(receiver_user_id=place.oleg)
    sent = await place.bot.send_message(place.forum, "well?", message_thread_id=topic, ephemeral_message_parameters=to_oleg)
    number = sent.ephemeral_message_id
    place.telegram.send(user=place.oleg, chat=place.forum, text="aside", reply_to_ephemeral=number)
    (answer,) = await place.updates()
    assert answer.message
    assert (answer.message.text, answer.message.message_thread_id) == ("aside", topic)
    assert answer.message.reply_to_message is None
    with pytest.raises(Mistake):
        place.telegram.send(user=place.ann, chat=place.forum, text="aside", reply_to_ephemeral=number)


# --- files, albums, copies --------------------------------------------------------------------------------------------


async def test_upload_download_and_reuse(place: Place) -> None:
    sent = await place.bot.send_document(place.forum, BufferedInputFile(b"body", "../../etc/ä b.txt"), caption="c")
    assert sent.document
    assert sent.caption == "c"
    assert (sent.document.file_size, sent.document.mime_type) == (4, "text/plain")
    assert sent.document.file_name
    assert "/" not in sent.document.file_name
    again = await place.bot.send_document(place.forum, sent.document.file_id)
    assert again.document
    assert again.document.file_unique_id == sent.document.file_unique_id
    file = await place.bot.get_file(sent.document.file_id)
    assert file.file_path
    content = await place.bot.download_file(file.file_path)
    assert content
    assert content.read() == b"body"
    await refused(place.bot.send_document(place.forum, "nonsense"), "Bad Request: wrong file identifier/HTTP URL specified")
    await refused(place.bot.send_photo(place.forum, BufferedInputFile(b"text", "a.png")), "Bad Request: IMAGE_PROCESS_FAILED")
    await refused(place.bot.get_file("nonsense"), "Bad Request: invalid file_id")


async def test_too_big_to_fetch(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    place.telegram.send_document(user=place.ann, chat=place.bot.id, name="big.zip", mime="application/zip", size=21 << 20)
    document = (await place.updates())[-1].message.document  # type: ignore[union-attr]
    assert document
    assert document.file_name == "big.zip"
    await refused(place.bot.get_file(document.file_id), "Bad Request: file is too big")


async def test_albums_and_copies(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    sent = place.telegram.album(user=place.ann, chat=place.bot.id, count=3, caption="look")
    assert len({message["media_group_id"] for message in sent}) == 1
    topic = (await place.bot.create_forum_topic(place.forum, "Ann")).message_thread_id
    numbers = [message["message_id"] for message in sent]
    copies = await place.bot.copy_messages(place.forum, place.ann, [*numbers, 999], message_thread_id=topic)
    assert len(copies) == 3
    shown = place.telegram.messages(chat=place.forum, thread=topic)[1:]
    assert shown[0]["caption"] == "look"
    assert len({message["media_group_id"] for message in shown}) == 1
    one = await place.bot.copy_message(place.forum, place.ann, numbers[0], message_thread_id=topic, caption="other")
    assert place.telegram.messages(chat=place.forum, thread=topic)[-1]["message_id"] == one.message_id
    forwarded = await place.bot.forward_message(place.forum, place.ann, numbers[0])
    assert forwarded.forward_origin
    assert forwarded.forward_origin.type == "user"
    lost = place.bot.copy_message(place.forum, place.ann, 999)
    await refused(lost, "Bad Request: message to copy not found")
    unordered = place.bot.copy_messages(place.forum, place.ann, numbers[::-1])
    await refused(unordered, "Bad Request: message identifiers must be in a strictly increasing order")
    media: Any = [InputMediaPhoto(media=BufferedInputFile(PNG, f"{n}.png"), caption=str(n)) for n in range(2)]
    album = await place.bot.send_media_group(place.forum, media)
    assert [message.caption for message in album] == ["0", "1"]
    assert album[0].media_group_id == album[1].media_group_id


async def test_every_kind_of_message_people_send_is_understood(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    at: dict[str, Any] = {"user": place.ann, "chat": place.bot.id}
    place.telegram.send_photo(**at, caption="p")
    place.telegram.send_sticker(**at)
    place.telegram.send_voice(**at)
    place.telegram.send_video(**at)
    place.telegram.send_location(**at, latitude=1.5, longitude=2.5)
    place.telegram.send_contact(**at, phone_number="+1", first_name="A")
    kinds = [str(u.message.content_type) for u in await place.updates() if u.message]
    assert [kind.rpartition(".")[2].lower() for kind in kinds][1:] == [
        "photo", "sticker", "voice", "video", "location", "contact",
    ]  # fmt: skip


# --- updates ----------------------------------------------------------------------------------------------------------


async def test_offsets_confirm_and_updates_repeat_until_then(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    for n in range(4):
        place.telegram.send(user=place.ann, chat=place.bot.id, text=str(n))
    first = await place.bot.get_updates(limit=2)
    assert [update.update_id for update in await place.bot.get_updates(limit=2)] == [u.update_id for u in first]
    rest = await place.bot.get_updates(offset=first[-1].update_id + 1)
    assert len(rest) == 3
    assert rest[0].update_id == first[-1].update_id + 1
    last = await place.bot.get_updates(offset=-1)
    assert [update.update_id for update in last] == [rest[-1].update_id]


async def test_updates_are_kept_a_day(place: Place, clock: Time) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    clock.ahead = 23 * 3600
    assert len(await place.bot.get_updates()) == 1
    clock.ahead = 24 * 3600 + 1
    assert await place.bot.get_updates() == []


async def test_long_poll_answers_at_once_and_the_newer_poller_wins(place: Place) -> None:
    older = asyncio.create_task(place.bot.get_updates(timeout=30))
    async with asyncio.timeout(40):
        while not place.telegram.bot(place.bot.id).mailbox.is_polled:
            await asyncio.sleep(0)
    newer = asyncio.create_task(place.bot.get_updates(timeout=30))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await older
    place.telegram.start(user=place.ann, bot=place.bot.id)
    assert len(await asyncio.wait_for(newer, 20)) == 1


async def test_default_updates_leave_some_out(place: Place) -> None:
    place.telegram.bots[place.bot.id].mailbox.allow([])
    said = place.telegram.send(user=place.oleg, chat=place.forum, text="x")
    place.telegram.react(user=place.oleg, chat=place.forum, message_id=said["message_id"], emoji="👍")
    place.telegram.add_member(chat=place.forum, user=place.ann)
    assert [update.event_type for update in await place.bot.get_updates()] == ["message", "message"]
    await place.bot.get_updates(allowed_updates=["chat_member"])
    place.telegram.remove_member(chat=place.forum, user=place.ann)
    kinds = [update.event_type for update in await place.bot.get_updates()]
    assert kinds == ["message", "message", "chat_member"]


async def test_redelivered_and_odd_updates(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    [update] = await place.updates()
    assert place.telegram.redeliver(update.update_id)
    [again] = await place.bot.get_updates(offset=update.update_id + 1)
    assert again.update_id == update.update_id
    assert await place.bot.get_updates(offset=update.update_id + 1) == []
    number = place.telegram.inject_update(place.bot.token, {"new_kind": {"deep": [[1]]}})
    [odd] = await place.bot.get_updates()
    assert odd.update_id == number > update.update_id


async def test_privacy_mode(place: Place) -> None:
    made = place.telegram.add_bot(name="Shy", username="shy_bot")
    loud = place.telegram.add_bot(name="Loud", username="loud_bot", can_read_all=True)
    for bot in (made, loud):
        place.telegram.add_member(chat=place.forum, user=bot["id"])
    api, other = place.api(made["token"]), place.api(loud["token"])
    await api.get_updates(offset=-1)
    await other.get_updates(offset=-1)
    for bot in (made, loud):
        place.telegram.bots[bot["id"]].mailbox.queue.clear()
    mine = await api.send_message(place.forum, "from the bot")
    for text in ("plain", "/help", "/help@desk_bot", "/help@shy_bot"):
        place.telegram.send(user=place.oleg, chat=place.forum, text=text)
    place.telegram.send(user=place.oleg, chat=place.forum, text="answer", reply_to=mine.message_id)
    heard = [u.message.text for u in await api.get_updates() if u.message]
    assert heard == ["/help", "/help@shy_bot", "answer"]
    assert len(await other.get_updates()) == 5
    await api.session.close()
    await other.session.close()


async def test_anonymous_administrators(place: Place) -> None:
    place.telegram.send(user=place.oleg, chat=place.forum, text="who am I", anonymous=True)
    [update] = await place.updates()
    message = update.message
    assert message
    assert message.from_user
    assert message.from_user.id == 1087968824
    assert message.sender_chat
    assert message.sender_chat.id == place.forum


# --- webhooks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[str, list[tuple[str | None, dict[str, Any]]], list[Any]]]:
    got: list[tuple[str | None, dict[str, Any]]] = []
    answers: list[Any] = []

    async def hear(request: web.Request) -> web.Response:
        got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        answer = answers.pop(0) if answers else 200
        return web.Response(status=answer) if isinstance(answer, int) else web.json_response(answer)

    app = web.Application()
    app.router.add_post("/hook", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/hook", got, answers
    await runner.cleanup()


async def test_webhook_delivers_retries_and_replies(place: Place, receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url, got, answers = receiver
    monkeypatch.setattr(Webhook, "first_delay", 0.02)
    answers += [500, 200, {"method": "sendMessage", "chat_id": place.ann, "text": "by webhook"}]
    assert await place.bot.set_webhook(url, secret_token="s-3_X", max_connections=5)
    with pytest.raises(TelegramConflictError, match="can't use getUpdates method while webhook is active"):
        await place.bot.get_updates()
    place.telegram.start(user=place.ann, bot=place.bot.id)
    place.telegram.send(user=place.ann, chat=place.bot.id, text="hello")

    def last() -> str:
        return str(place.telegram.messages(chat=place.bot.id, user=place.ann)[-1]["text"])

    await place.telegram.feed.until(lambda: last() == "by webhook")
    assert [secret for secret, _ in got] == ["s-3_X"] * 3
    assert got[0][1]["update_id"] == got[1][1]["update_id"] == got[2][1]["update_id"] - 1
    info = await place.bot.get_webhook_info()
    assert (info.url, info.max_connections, info.pending_update_count) == (url, 5, 0)
    assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"


async def test_removing_a_webhook_gives_updates_back(place: Place, receiver: Any) -> None:
    url, _, answers = receiver
    answers += [500] * 9
    await place.bot.set_webhook(url)
    place.telegram.start(user=place.ann, bot=place.bot.id)
    place.telegram.send(user=place.ann, chat=place.bot.id, text="hello")
    await place.telegram.feed.until(lambda: len(answers) < 9)
    await place.bot.delete_webhook()
    assert [u.message.text for u in await place.bot.get_updates() if u.message] == ["/start", "hello"]
    await place.bot.delete_webhook(drop_pending_updates=True)
    assert await place.bot.get_updates() == []


async def test_wrong_webhooks(place: Place) -> None:
    words = "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
    await refused(place.bot.set_webhook("http://example.com/x"), words)
    words = "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
    await refused(place.bot.set_webhook("https://example.com:9999/x"), words)
    call = place.bot.set_webhook("https://example.com/x", secret_token="ä")
    await refused(call, "Bad Request: secret token contains unallowed characters")
    call = place.bot.set_webhook("https://example.com/x", secret_token="a" * 257)
    await refused(call, "Bad Request: secret token is too long")


# --- limits and faults ------------------------------------------------------------------------------------------------


async def test_a_group_takes_20_posts_a_minute_and_edits_apart(place: Place) -> None:
    place.windows.enabled = True
    sent = [await place.bot.send_message(place.forum, "x") for _ in range(19)]
    await place.bot.create_forum_topic(place.forum, "T")
    with pytest.raises(TelegramRetryAfter) as caught:
        await place.bot.send_message(place.forum, "x")
    assert 50 <= caught.value.retry_after <= 60
    assert await place.bot.edit_message_text("y", chat_id=place.forum, message_id=sent[0].message_id)
    assert await place.bot.set_message_reaction(place.forum, sent[0].message_id, [ReactionTypeEmoji(emoji="👍")])


async def test_a_private_chat_takes_a_burst_of_five(place: Place) -> None:
    place.telegram.start(user=place.ann, bot=place.bot.id)
    place.windows.enabled = True
    for _ in range(5):
        await place.bot.send_message(place.ann, "x")
    status, answer = await place.post("sendMessage", chat_id=place.ann, text="x")
    seconds = answer["parameters"]["retry_after"]
    assert (status, answer["description"]) == (429, f"Too Many Requests: retry after {seconds}")


async def test_faults(place: Place) -> None:
    async def post(text: str) -> Message:
        return await place.bot.send_message(place.forum, text)

    def texts() -> list[str]:
        return [message["text"] for message in place.telegram.messages(chat=place.forum)]

    place.faults.add("telegram", "sendMessage", "drop_before")
    with pytest.raises(TelegramNetworkError):
        await post("a")
    place.faults.add("telegram", "sendMessage", "drop_after", match={"chat_id": place.forum})
    with pytest.raises(TelegramNetworkError):
        await post("b")
    place.faults.add("telegram", "send*", "status", status=502, body='{"ok":false,"description":"Bad Gateway"}')
    with pytest.raises(TelegramServerError):
        await post("c")
    place.faults.add("telegram", "*", "rate_limit", seconds=7)
    with pytest.raises(TelegramRetryAfter) as caught:
        await post("d")
    assert caught.value.retry_after == 7
    place.faults.add("telegram", "*", "error", error="400 Bad Request: message thread not found")
    await refused(post("e"), "Bad Request: message thread not found")
    place.faults.add("telegram", "*", "error", error="403 Forbidden: user is deactivated")
    await refused(post("f"), "Forbidden: user is deactivated", TelegramForbiddenError)
    await post("g")
    assert texts() == ["b", "g"]
    assert [call.ok for call in place.telegram.calls if call.method == "sendMessage"][-1] is True


async def test_calls_are_recorded(place: Place) -> None:
    with pytest.raises(TelegramNotFound):
        await place.bot.session.make_request(place.bot, _Unknown())
    await place.bot.send_message(place.forum, "x")
    last = place.telegram.calls[-1]
    assert (last.bot, last.method, last.args["text"], last.ok) == (place.bot.id, "sendMessage", "x", True)
    assert place.telegram.counts["sendMessage", True] == 1


class _Unknown(TelegramMethod[bool]):
    __returning__ = bool
    __api_method__ = "sendTelepathy"


# --- chats and profile ------------------------------------------------------------------------------------------------


async def test_chats_and_members(place: Place) -> None:
    chat = await place.bot.get_chat(place.forum)
    assert (chat.title, chat.is_forum, chat.type) == ("Desk", True, "supergroup")
    me = await place.bot.get_chat_member(place.forum, place.bot.id)
    assert isinstance(me, ChatMemberAdministrator)
    assert (me.can_manage_topics, me.can_promote_members) == (True, False)
    assert (await place.bot.get_chat_member(place.forum, place.oleg)).status == "creator"
    assert (await place.bot.get_chat_member(place.forum, place.ann)).status == "left"
    assert {member.user.id for member in await place.bot.get_chat_administrators(place.forum)} == {place.oleg, place.bot.id}
    assert await place.bot.get_chat_member_count(place.forum) == 2
    sent = await place.bot.send_message(place.forum, "x")
    assert await place.bot.pin_chat_message(place.forum, sent.message_id)
    assert place.telegram.messages(chat=place.forum)[-1]["pinned_message"]["message_id"] == sent.message_id
    assert (await place.bot.get_chat(place.forum)).pinned_message
    assert await place.bot.unpin_chat_message(chat_id=place.forum, message_id=sent.message_id)
    assert await place.bot.send_chat_action(place.forum, "typing")
    _, answer = await place.post("sendChatAction", chat_id=place.forum, action="dancing")
    assert answer["description"] == "Bad Request: wrong parameter action in request"


async def test_commands_and_descriptions(place: Place) -> None:
    scope = BotCommandScopeChat(chat_id=place.forum)
    await place.bot.set_my_commands([BotCommand(command="take", description="Take it")], scope=scope)
    assert [command.command for command in await place.bot.get_my_commands(scope=scope)] == ["take"]
    assert await place.bot.get_my_commands() == []
    call = place.bot.set_my_commands([BotCommand(command="Take", description="x")])
    await refused(call, "Bad Request: BOT_COMMAND_INVALID")
    take = [BotCommand(command="take", description="x")]
    await refused(place.bot.set_my_commands(take, scope=BotCommandScopeChat(chat_id=1)), "Bad Request: chat not found")
    place.telegram.start(user=place.ann, bot=place.bot.id)
    await place.bot.set_my_commands(take, scope=BotCommandScopeChat(chat_id=place.ann))
    in_private = place.bot.set_my_commands(take, scope=BotCommandScopeChatAdministrators(chat_id=place.ann))
    await refused(in_private, "Bad Request: can't use specified scope in private chats")
    await refused(place.bot.set_my_commands(take, language_code="eng"), "Bad Request: invalid language code specified")
    await place.bot.set_my_description("We help", language_code="en")
    assert (await place.bot.get_my_description(language_code="en")).description == "We help"


async def test_snapshot_is_json_and_shows_the_world(place: Place) -> None:
    topic = await place.bot.create_forum_topic(place.forum, "T")
    place.telegram.start(user=place.ann, bot=place.bot.id)
    state = json.loads(json.dumps(place.telegram.snapshot()))
    forum = next(chat for chat in state["chats"] if chat["id"] == place.forum)
    assert [shown["name"] for shown in forum["topics"]] == ["General", "T"]
    assert forum["messages"][0]["message_thread_id"] == topic.message_thread_id
    private = next(chat for chat in state["chats"] if chat["type"] == "private")
    assert (private["user"], private["bot"]) == (place.ann, place.bot.id)
