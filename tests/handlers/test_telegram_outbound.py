"""The Telegram ports through the real aiogram: against the sandbox, and against servers that answer what it would not."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from aiogram.exceptions import TelegramNetworkError
from aiohttp import web

from bot.delivery.ports import (
    Address,
    Ambiguous,
    Body,
    DeletePost,
    EditCard,
    EditPost,
    Fate,
    History,
    Mark,
    Notice,
    OpenTopic,
    Outcome,
    Parcel,
    Permanent,
    PostCard,
    React,
    Retry,
    Sent,
    TopicState,
    Unsupported,
    Words,
)
from bot.domain.actions import Button, Verb
from bot.domain.text import Paragraph, RichText, Span, Style
from bot.handlers.channels.telegram.outbound import TelegramChannelPort
from bot.handlers.desks.telegram.outbound import TelegramDeskPort
from bot.handlers.shared.files import Files
from bot.handlers.shared.telegram_api import BotApi
from tests.handlers.test_telegram_keyboards import a_card
from tests.telegram_house import House, opened


class Desk:
    """A forum with a topic in it, and both ports."""

    def __init__(self, house: House) -> None:
        self.house, self.telegram, self.forum, self.olga = house, house.telegram, house.forum, house.olga
        self.api = BotApi(house.bot["token"], house.telegram.base_url)
        files = Files(house.store)  # type: ignore[arg-type]
        self.port, self.clients = TelegramDeskPort(self.api, files), TelegramChannelPort(self.api, files)
        self.thread = ""
        self.fault = house.fault

    async def give(self, body: Body, thread: str | None = None, chat: int | None = None) -> Outcome:
        where = Address(str(chat or self.forum), self.thread if thread is None else thread)
        return await self.port.deliver(Parcel(1, where, body))

    async def reply(self, body: Body, chat: int | None = None) -> Outcome:
        return await self.clients.deliver(Parcel(1, Address(str(chat or self.house.ann)), body))

    def shown(self) -> list[dict[str, Any]]:
        return [one for one in self.telegram.messages(self.forum, int(self.thread)) if "text" in one]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path, start=False) as house:
        desk = Desk(house)
        made = await desk.give(OpenTopic("Ann Lee"))
        assert isinstance(made, Sent)
        desk.thread = made.remote_id
        house.telegram.start(house.ann, house.bot_id)
        yield desk
        await desk.api.close()


def words(text: str = "hello", kind: str = "client") -> Words:
    return Words("Ann", kind, (RichText.plain(text),))


def desk_port(api: BotApi) -> TelegramDeskPort:
    """A port whose calls carry no files."""
    return TelegramDeskPort(api, cast("Files", None))


LOUD = Words("Ann", "client", (RichText((Paragraph((Span("loud", frozenset({Style.BOLD})),)),)),))


class TestPosting:
    async def test_a_topic_bears_the_clients_name(self, desk: Desk) -> None:
        (topic,) = desk.telegram.topics(desk.forum)
        assert (str(topic["id"]), topic["name"]) == (desk.thread, "Ann Lee")

    async def test_words_stand_in_the_topic(self, desk: Desk) -> None:
        outcome = await desk.give(words("<b>hi</b> @all"))
        (said,) = desk.shown()
        assert outcome == Sent(str(said["message_id"]))
        assert said["text"] == "Ann\n<b>hi</b> @all"

    async def test_the_card_is_posted_and_redrawn(self, desk: Desk) -> None:
        outcome = await desk.give(PostCard(a_card()))
        assert isinstance(outcome, Sent)
        closed = EditCard(outcome.remote_id, a_card(status="⚫ Closed", buttons=()))
        assert await desk.give(closed) == outcome
        (shown,) = desk.shown()
        assert "⚫ Closed" in shown["text"]
        assert "reply_markup" not in shown or not shown["reply_markup"]["inline_keyboard"]
        assert await desk.give(closed) == Sent()

    async def test_the_cards_time_is_the_readers_own(self, desk: Desk) -> None:
        await desk.give(PostCard(a_card()))
        (shown,) = desk.shown()
        (time,) = [entity for entity in shown["entities"] if entity["type"] == "date_time"]
        assert (time["unix_time"], time["date_time_format"]) == (1_764_000_000, "dt")

    async def test_marks_replace_one_another(self, desk: Desk) -> None:
        message = desk.telegram.send(desk.olga, desk.forum, "hi", int(desk.thread))
        for fate, emoji in ((Fate.HELD, "✍"), (Fate.ACCEPTED, "👍"), (Fate.FAILED, "👎"), (Fate.FAILED, "👎")):
            assert await desk.give(Mark(str(message["message_id"]), fate)) == Sent(str(message["message_id"]))
            assert [one["emoji"] for one in desk.shown()[0]["reactions"]] == [emoji]

    async def test_topics_close_and_reopen_and_twice_is_done(self, desk: Desk) -> None:
        for closed in (True, True, False, False):
            assert await desk.give(TopicState(closed)) == Sent()
            assert desk.telegram.topics(desk.forum)[0]["closed"] is closed

    async def test_history_is_one_post(self, desk: Desk) -> None:
        await desk.give(History("Earlier", (("Ann", "hi"), ("Bob", "hello"))))
        assert [one["text"] for one in desk.shown()] == ["🕘 Earlier\nAnn: hi\nBob: hello"]

    async def test_a_client_reads_the_operators_name_and_no_preview_follows(self, desk: Desk) -> None:
        outcome = await desk.reply(Words("Olga", "reply", (RichText.plain("see https://example.com"),)))
        assert desk.house.heard() == ["Olga\nsee https://example.com"]
        call = next(call for call in reversed(desk.telegram.calls) if call.method == "sendMessage")
        assert call.args["link_preview_options"] == {"is_disabled": True}
        assert isinstance(outcome, Sent)
        assert isinstance(await desk.reply(PostCard(a_card())), Unsupported)


class TestNotices:
    async def test_one_person_alone_sees_it(self, desk: Desk) -> None:
        button = Button(Verb.SEND_TAKING, "Start and send", "4", "primary")
        notice = Notice("Nobody has it", only_for=str(desk.olga), reply_to="99", buttons=(button,))
        assert await desk.give(notice) == Sent()
        (whisper,) = desk.telegram.ephemerals(desk.olga, desk.forum)
        assert whisper["text"] == "Nobody has it"
        assert desk.shown() == []

    async def test_where_it_is_refused_all_see_it_under_the_message(self, desk: Desk) -> None:
        desk.telegram.promote(desk.forum, desk.house.bot_id, [])
        message = desk.telegram.send(desk.olga, desk.forum, "hi", int(desk.thread))
        outcome = await desk.give(Notice("No", only_for=str(desk.olga), reply_to=str(message["message_id"])))
        _, told = desk.shown()
        assert outcome == Sent(str(told["message_id"]))
        assert told["reply_to_message"]["message_id"] == message["message_id"]

    async def test_somebody_who_left_is_told_before_all(self, desk: Desk) -> None:
        stranger = desk.telegram.add_user("Eve")["id"]
        assert isinstance(await desk.give(Notice("No", only_for=str(stranger), reply_to="12345")), Sent)
        assert [one["text"] for one in desk.shown()] == ["No"]

    @pytest.mark.parametrize("only_for", [None, "", "U0SLACK"])
    async def test_without_a_person_it_is_for_all(self, desk: Desk, only_for: str | None) -> None:
        await desk.give(Notice("Hear, hear", only_for=only_for))
        assert [one["text"] for one in desk.shown()] == ["Hear, hear"]


class TestRefusals:
    async def test_F33_a_deleted_topic(self, desk: Desk) -> None:
        desk.telegram.delete_topic(desk.olga, desk.forum, int(desk.thread))
        for body in (words(), Notice("x"), Notice("x", only_for=str(desk.olga)), TopicState(True)):
            outcome = await desk.give(body)
            assert isinstance(outcome, Permanent)
            assert outcome.code == "thread_gone"

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            ("Bad Request: message thread not found", "thread_gone"),
            ("Bad Request: TOPIC_DELETED", "thread_gone"),
            ("Bad Request: TOPIC_ID_INVALID", "thread_gone"),
            ("Bad Request: chat not found", "chat_gone"),
            ("Forbidden: bot was kicked from the supergroup chat", "chat_gone"),
            ("Forbidden: bot is not a member of the supergroup chat", "chat_gone"),
            ("Forbidden: something new", "chat_gone"),
            ("Bad Request: not enough rights to send text messages to the chat", "chat_gone"),
            ("Bad Request: the chat is not a forum", "chat_gone"),
            ("Bad Request: message is too long", "bad_text"),
            ("Bad Request: message to edit not found", "other"),
            ("Bad Request: TOPIC_CLOSED", "other"),
        ],
    )
    async def test_F33_each_is_classified_with_words(self, desk: Desk, error: str, code: str) -> None:
        desk.fault("sendMessage", "error", error=error)
        outcome = await desk.give(words())
        assert isinstance(outcome, Permanent)
        assert outcome.code == code
        assert outcome.reason

    @pytest.mark.parametrize("error", ["Bad Request: not enough rights to create a topic", "Bad Request: CHANNEL_FORUM_MISSING"])
    async def test_a_forum_without_rights(self, desk: Desk, error: str) -> None:
        desk.fault("createForumTopic", "error", error=error)
        outcome = await desk.give(OpenTopic("x"))
        assert isinstance(outcome, Permanent)
        assert outcome.code == "chat_gone"

    async def test_F33_a_client_who_blocked_the_bot(self, desk: Desk) -> None:
        desk.telegram.block(desk.house.ann, desk.house.bot_id)
        assert await desk.reply(words(kind="reply")) == Permanent("The client has blocked the bot.", "blocked")
        stranger = desk.telegram.add_user("Eve")["id"]
        outcome = await desk.reply(words(kind="reply"), stranger)
        assert isinstance(outcome, Permanent)
        assert outcome.code == "blocked"

    async def test_F34_what_cannot_be_parsed_is_sent_plain_once(self, desk: Desk) -> None:
        desk.fault("sendMessage", "error", error="Bad Request: can't parse entities: unsupported start tag")
        assert isinstance(await desk.give(LOUD), Sent)
        (said,) = desk.shown()
        assert said["text"] == "Ann\nloud"
        assert "entities" not in said
        desk.fault("sendMessage", "error", error="Bad Request: can't parse entities", times=2)
        outcome = await desk.reply(LOUD)
        assert isinstance(outcome, Permanent)
        assert outcome.code == "bad_text"
        before = desk.telegram.counts["sendMessage", False]
        assert before == 3

    async def test_a_reaction_the_group_forbids(self, desk: Desk) -> None:
        desk.fault("setMessageReaction", "error", error="Bad Request: REACTION_INVALID")
        assert isinstance(await desk.give(Mark("5", Fate.ACCEPTED)), Unsupported)

    async def test_F35_a_revoked_token_pauses_the_account(self, desk: Desk) -> None:
        desk.telegram.revoke(desk.house.bot["token"])
        for outcome in (await desk.give(words()), await desk.reply(words())):
            assert isinstance(outcome, Retry)
            assert (outcome.after, outcome.scope, outcome.counted) == (60.0, "account", False)

    @pytest.mark.parametrize("said", ["Not Found", "Not Found: method not found"])
    async def test_F34_a_server_without_a_method_is_no_refused_token(self, desk: Desk, said: str) -> None:
        assert isinstance(await desk.give(words()), Sent)
        body = f'{{"ok":false,"error_code":404,"description":"{said}"}}'
        desk.fault("setMessageReaction", "status", status=404, body=body)
        assert isinstance(await desk.give(Mark("5", Fate.ACCEPTED)), Unsupported)

    async def test_F20_words_that_are_not_found_for_a_moment_wait(self, desk: Desk) -> None:
        assert isinstance(await desk.give(words()), Sent)
        desk.fault("sendMessage", "status", status=404, body='{"ok":false,"error_code":404,"description":"Not Found"}')
        outcome = await desk.give(words())
        assert isinstance(outcome, Retry) and not outcome.counted

    async def test_what_is_no_telegram_id_ends_at_once(self, desk: Desk) -> None:
        assert isinstance(await desk.port.deliver(Parcel(1, Address("C123"), words())), Permanent)
        assert isinstance(await desk.clients.deliver(Parcel(1, Address("C123"), words())), Permanent)


class TestLimits:
    async def test_F28_a_group_waits_as_it_is_told(self, desk: Desk) -> None:
        desk.fault("sendMessage", "rate_limit", seconds=30)
        assert await desk.give(words()) == Retry("Telegram asks to wait", 30.0, "chat", counted=False)

    async def test_F29_a_long_wait_is_handed_on_whole(self, desk: Desk) -> None:
        desk.fault("createForumTopic", "rate_limit", seconds=10_072)
        outcome = await desk.give(OpenTopic("x"))
        assert isinstance(outcome, Retry)
        assert outcome.after == 10_072.0

    async def test_several_clients_refused_at_once_mean_the_bot(self, desk: Desk) -> None:
        desk.fault("sendMessage", "rate_limit", seconds=5, times=3)
        scopes = []
        for chat in (desk.house.ann, desk.house.ann, desk.olga):
            outcome = await desk.reply(words(), chat)
            assert isinstance(outcome, Retry)
            scopes.append(outcome.scope)
        assert scopes == ["chat", "chat", "account"]


CREATING = [words(), OpenTopic("x"), PostCard(a_card()), Notice("x"), History("x", ())]
REPEATABLE = [
    EditCard("5", a_card()),
    EditPost("5", words()),
    DeletePost("5"),
    React("5", ("👍",)),
    Mark("5", Fate.ACCEPTED),
    TopicState(True),
]


class TestBrokenConnections:
    @pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
    async def test_F19_an_end_nobody_knows(self, desk: Desk, kind: str) -> None:
        desk.fault("*", kind, times=-1)
        for body in CREATING:
            assert isinstance(await desk.give(body), Ambiguous)
        for body in REPEATABLE:
            assert isinstance(await desk.give(body), Retry)
        assert isinstance(await desk.reply(words()), Ambiguous)

    async def test_F19_one_call_is_one_request(self, desk: Desk) -> None:
        await desk.give(words("first"))  # the connection is a used one now
        desk.fault("sendMessage", "drop_after")
        await desk.give(words("second"))
        assert [one["text"] for one in desk.shown()] == ["Ann\nfirst", "Ann\nsecond"]

    @pytest.mark.parametrize(
        ("status", "body"), [(500, '{"ok":false,"error_code":500,"description":"Internal"}'), (502, "<html>")]
    )
    async def test_servers_that_fail(self, desk: Desk, status: int, body: str) -> None:
        desk.fault("*", "status", status=status, body=body, times=-1)
        assert isinstance(await desk.give(words()), Ambiguous)
        assert isinstance(await desk.give(REPEATABLE[0]), Retry)

    async def test_answers_nobody_understands(self, desk: Desk) -> None:
        for body in ("<html>a portal", "[]", '{"ok":true}', '"x"'):
            desk.fault("sendMessage", "status", status=200, body=body)
            assert isinstance(await desk.give(words()), Ambiguous)

    async def test_F20_no_connection_is_surely_not_sent(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        for address in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
            api = BotApi("1:secret-token", address)
            outcome = await desk_port(api).deliver(Parcel(1, Address("-5", "6"), words()))
            assert isinstance(outcome, Retry)
            assert outcome.counted
            assert "secret" not in outcome.reason
            await api.close()

    async def test_F20_a_failed_handshake_is_surely_not_sent(self) -> None:
        async with answering(lambda request: web.Response()) as api_url:
            api = BotApi("1:x", api_url.replace("http:", "https:"))
            assert isinstance(await desk_port(api).deliver(Parcel(1, Address("-5"), words())), Retry)
            await api.close()

    async def test_a_migrated_group_is_named(self) -> None:
        body = {"ok": False, "error_code": 400, "description": "x", "parameters": {"migrate_to_chat_id": -100_5}}
        async with answering(lambda request: web.json_response(body, status=400)) as api_url:
            api = BotApi("1:x", api_url)
            outcome = await desk_port(api).deliver(Parcel(1, Address("-5"), words()))
            assert isinstance(outcome, Permanent)
            assert outcome.code == "chat_gone"
            assert "-1005" in outcome.reason
            await api.close()

    async def test_an_older_server_shows_the_notice_to_all(self) -> None:
        message = {"message_id": 7, "date": 1, "chat": {"id": -5, "type": "supergroup"}}
        async with answering(lambda request: web.json_response({"ok": True, "result": message})) as api_url:
            api = BotApi("1:x", api_url)
            outcome = await desk_port(api).deliver(Parcel(1, Address("-5", "6"), Notice("x", only_for="8")))
            assert outcome == Sent("7")
            await api.close()

    async def test_redirects_are_not_followed(self) -> None:
        away = {"Location": "http://127.0.0.1:1/"}
        async with answering(lambda request: web.Response(status=302, headers=away)) as api_url:
            api = BotApi("1:x", api_url)
            outcome = await desk_port(api).deliver(Parcel(1, Address("-5"), words()))
            assert isinstance(outcome, Retry)
            assert outcome.reason == "Telegram did not take the call (HTTP status 302)"
            await api.close()

    async def test_F73_no_error_holds_the_token(self, desk: Desk) -> None:
        desk.fault("getMe", "drop_after")
        with pytest.raises(TelegramNetworkError) as caught:
            await desk.api.call("getMe")
        seen: BaseException | None = caught.value
        while seen is not None:
            assert desk.house.bot["token"] not in f"{seen} {seen!r}"
            seen = seen.__cause__ or seen.__context__


@asynccontextmanager
async def answering(answer: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    """A server of the test's own; gives its address."""

    async def take(request: web.Request) -> web.StreamResponse:
        answered: web.StreamResponse = answer(request)
        return answered

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
