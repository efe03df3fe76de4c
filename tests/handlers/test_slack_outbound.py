"""The Slack port through the real SDK: against the sandbox, and against servers that answer what no sandbox would."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bot.delivery.ports import (
    Address,
    Ambiguous,
    Body,
    EditCard,
    Fate,
    History,
    Mark,
    Notice,
    OpenTopic,
    Parcel,
    Permanent,
    PostCard,
    PublishHome,
    ReadsBack,
    Retry,
    Sent,
    TopicState,
    Unsupported,
    Words,
)
from bot.domain.actions import Button, Verb
from bot.domain.screen import Jump, Row, Screen
from bot.domain.text import RichText
from bot.handlers.desks.slack import outbound
from bot.handlers.desks.slack.outbound import SlackPort
from bot.handlers.desks.slack.wire import Wire
from sandbox.server import Sandbox
from tests.handlers.test_slack_blocks import a_card

NO_FILES: Any = None
"""In place of the store, which only files ask."""


class Desk:
    """A room with an operator in it, and the port that posts there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.slack = sandbox.slack
        self.app = self.slack.add_app("Helpdesk")
        self.olga = self.slack.add_user("Olga")["id"]
        self.room = self.slack.add_room("sales", [self.olga, self.app["bot_user_id"]])["id"]
        self.wire = Wire(self.app["bot_token"], self.slack.base_url)
        self.port = SlackPort(self.wire, NO_FILES)
        self.numbers = iter(range(1, 1000))

    def parcel(self, body: Body, thread: str = "", room: str | None = None) -> Parcel:
        return Parcel(next(self.numbers), Address(room or self.room, thread), body, since=int(time.time() * 1000))

    async def open(self) -> str:
        outcome = await self.port.deliver(self.parcel(PostCard(a_card())))
        assert isinstance(outcome, Sent)
        return outcome.remote_id

    def said(self, thread: str | None = None) -> list[dict[str, Any]]:
        return self.slack.messages(self.room, thread)

    def fault(self, method: str, kind: Any, **more: Any) -> None:
        self.sandbox.faults.add("slack", method, kind, **more)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Sandbox.running(limits=False, page=False) as sandbox:
        desk = Desk(sandbox)
        yield desk
        await desk.wire.close()


def words(text: str = "hello", kind: str = "client") -> Words:
    return Words("Ann", kind, (RichText.plain(text),))


@asynccontextmanager
async def answering(answer: Callable[[web.Request], Any]) -> AsyncIterator[SlackPort]:
    """A port that talks to a server of the test's own."""
    app = web.Application()
    app.router.add_route("*", "/api/{method}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    wire = Wire("xoxb-1", f"http://127.0.0.1:{runner.addresses[0][1]}/api/")
    try:
        yield SlackPort(wire, NO_FILES)
    finally:
        await wire.close()
        await runner.cleanup()


class TestPosting:
    async def test_is_a_port_that_reads_back(self, desk: Desk) -> None:
        assert isinstance(desk.port, ReadsBack)

    async def test_the_card_is_the_root_and_words_stand_in_its_thread(self, desk: Desk) -> None:
        root = await desk.open()
        parcel = desk.parcel(words("<!channel> hi"), root)
        outcome = await desk.port.deliver(parcel)
        card, said = desk.said(root)
        assert card["ts"] == root
        assert outcome == Sent(said["ts"])
        assert (said["username"], said["icons"]["emoji"]) == ("Ann", ":bust_in_silhouette:")
        assert said["pings"] == []
        assert said["metadata"] == {"event_type": "relaydesk_delivery", "event_payload": {"delivery_id": str(parcel.delivery_id)}}

    async def test_the_card_is_redrawn_in_place(self, desk: Desk) -> None:
        root = await desk.open()
        card = a_card(status="⚫ Closed", marks="", buttons=())
        assert await desk.port.deliver(desk.parcel(EditCard(root, card), root)) == Sent(root)
        (shown,) = desk.said()
        assert "⚫ Closed" in json.dumps(shown, ensure_ascii=False)
        assert all(block["type"] != "actions" for block in shown["blocks"])
        assert await desk.port.deliver(desk.parcel(EditCard(root, card), root)) == Sent(root)

    async def test_a_notice_for_one_is_a_whisper(self, desk: Desk) -> None:
        root = await desk.open()
        button = Button(Verb.SEND_TAKING, "Start and send", "4", "primary")
        notice = Notice("Nobody has it", only_for=desk.olga, buttons=(button,))
        assert await desk.port.deliver(desk.parcel(notice, root)) == Sent()
        (whisper,) = desk.slack.ephemerals(desk.olga)
        assert whisper["thread_ts"] == root
        assert whisper["blocks"][1]["elements"][0]["value"] == "send_taking:4"
        assert len(desk.said(root)) == 1

    async def test_a_notice_for_somebody_outside_is_never(self, desk: Desk) -> None:
        stranger = desk.slack.add_user("Stranger")["id"]
        outcome = await desk.port.deliver(desk.parcel(Notice("x", only_for=stranger), await desk.open()))
        assert outcome == Permanent("the person is not in the room")

    async def test_a_notice_for_all_and_history_stand_in_the_thread(self, desk: Desk) -> None:
        root = await desk.open()
        assert isinstance(await desk.port.deliver(desk.parcel(Notice("Not delivered"), root)), Sent)
        history = History("Earlier words", (("Ann", "<@U1> one"), ("Olga", "two")))
        assert isinstance(await desk.port.deliver(desk.parcel(history, root)), Sent)
        _, notice, told = desk.said(root)
        assert notice["text"] == "Not delivered"
        assert "<@U1> one" in json.dumps(told)
        assert told["pings"] == []

    async def test_a_notice_in_private_leads_to_its_threads(self, desk: Desk) -> None:
        root = await desk.open()
        jumps = (Jump("slack", desk.room, root), Jump("telegram", "-1001234", "77"), Jump("telegram", "5", "7"))
        outcome = await desk.port.deliver(desk.parcel(Notice("*Ann* waits", jumps=jumps), room=desk.olga))
        assert isinstance(outcome, Sent)
        (said,) = desk.slack.messages(desk.slack.direct(desk.olga)["id"])
        links = [element["url"] for block in said["blocks"] if block["type"] == "actions" for element in block["elements"]]
        shown = (await desk.wire.call("chat.getPermalink", {"channel": desk.room, "message_ts": root}))["permalink"]
        assert links == [shown, "https://t.me/c/1234/77"]

    async def test_F17_a_notice_in_private_is_found_again(self, desk: Desk) -> None:
        parcel = desk.parcel(Notice("hello"), room=desk.olga)
        assert await desk.port.find(parcel) is None
        outcome = await desk.port.deliver(parcel)
        assert await desk.port.find(parcel) == outcome

    async def test_a_home_is_published(self, desk: Desk) -> None:
        button = Button(Verb.TAB, "Inbox", "inbox")
        for rows in ((), (Row(title="Ann", buttons=(button, button)),) * 100):
            screen = Screen(title="Conversations", tabs=(button,), rows=rows, empty="Nothing here.")
            assert await desk.port.deliver(desk.parcel(PublishHome(screen), room=desk.olga)) == Sent()
        assert len(desk.slack.home(desk.olga)["blocks"]) <= 100
        assert isinstance(await desk.port.deliver(desk.parcel(PublishHome(), room=desk.olga)), Permanent)

    async def test_topics_are_nothing_here_and_replies_are_not_for_desks(self, desk: Desk) -> None:
        assert await desk.port.deliver(desk.parcel(OpenTopic("Ann"))) == Sent()
        assert await desk.port.deliver(desk.parcel(TopicState(closed=True))) == Sent()
        assert isinstance(await desk.port.deliver(desk.parcel(words(kind="reply"))), Unsupported)
        assert desk.said() == []


class TestMarks:
    async def test_a_new_fate_takes_the_place_of_the_old(self, desk: Desk) -> None:
        root = await desk.open()
        ts = desk.slack.post(desk.olga, "sales", "hello Ann", thread_ts=root)["ts"]
        desk.slack.react(desk.olga, "sales", ts, "tada")
        for fate in (Fate.HELD, Fate.HELD, Fate.FAILED, Fate.ACCEPTED, Fate.ACCEPTED):
            assert await desk.port.deliver(desk.parcel(Mark(ts, fate), root)) == Sent()
        assert [reaction["name"] for reaction in desk.said(root)[1]["reactions"]] == ["tada", "white_check_mark"]

    async def test_an_operators_own_mark_is_left_alone(self, desk: Desk) -> None:
        root = await desk.open()
        ts = desk.slack.post(desk.olga, "sales", "hello Ann", thread_ts=root)["ts"]
        desk.slack.react(desk.olga, "sales", ts, "lock")
        assert await desk.port.deliver(desk.parcel(Mark(ts, Fate.ACCEPTED), root)) == Sent()
        assert [reaction["name"] for reaction in desk.said(root)[1]["reactions"]] == ["lock", "white_check_mark"]

    async def test_a_message_that_is_gone_has_no_mark(self, desk: Desk) -> None:
        outcome = await desk.port.deliver(desk.parcel(Mark("1700000000.000001", Fate.ACCEPTED), await desk.open()))
        assert isinstance(outcome, Permanent)
        assert outcome.code == "other"

    async def test_a_missing_scope_for_marks_stops_nothing_else(self, desk: Desk) -> None:
        desk.slack.configure_app(desk.app["app_id"], scopes=["chat:write", "chat:write.customize"])
        root = await desk.open()
        outcome = await desk.port.deliver(desk.parcel(Mark(root, Fate.ACCEPTED), root))
        assert isinstance(outcome, Permanent)
        assert "reactions:write" in outcome.reason


class TestF33Refusals:
    async def test_a_thread_that_is_gone(self, desk: Desk) -> None:
        root = await desk.open()
        desk.slack.core.remove(desk.slack.core.world.rooms[desk.room], root)
        for body in (words(), EditCard(root, a_card()), Notice("x"), Notice("x", only_for=desk.olga)):
            outcome = await desk.port.deliver(desk.parcel(body, root))
            assert isinstance(outcome, Permanent)
            assert outcome.code == "thread_gone"

    async def test_a_room_that_is_gone_archived_or_closed_to_us(self, desk: Desk) -> None:
        root = await desk.open()
        gone = [await desk.port.deliver(desk.parcel(words(), room="C0NOWHERE"))]
        desk.slack.kick("sales", desk.app["bot_user_id"])
        gone.append(await desk.port.deliver(desk.parcel(words(), root)))
        desk.slack.join("sales", desk.app["bot_user_id"])
        desk.slack.archive("sales")
        gone.append(await desk.port.deliver(desk.parcel(words(), root)))
        gone.append(await desk.port.deliver(desk.parcel(EditCard(root, a_card()), root)))
        assert [outcome.code for outcome in gone if isinstance(outcome, Permanent)] == ["chat_gone"] * 4

    async def test_F34_refused_blocks_are_tried_once_in_plain_text(self, desk: Desk) -> None:
        root = await desk.open()
        desk.fault("chat.postMessage", "error", error="invalid_blocks", times=1)
        assert isinstance(await desk.port.deliver(desk.parcel(words("*a* <b>"), root)), Sent)
        said = desk.said(root)[1]
        assert said["text"] == "*a* &lt;b&gt;"
        assert "blocks" not in said
        assert said["metadata"]
        desk.fault("chat.postMessage", "error", error="invalid_blocks", times=2)
        outcome = await desk.port.deliver(desk.parcel(words(), root))
        assert isinstance(outcome, Permanent)
        assert outcome.code == "bad_text"

    @pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope"])
    async def test_F35_a_token_that_needs_a_person_stops_the_account(self, desk: Desk, error: str) -> None:
        desk.fault("chat.postMessage", "error", error=error)
        outcome = await desk.port.deliver(desk.parcel(words()))
        assert isinstance(outcome, Retry)
        assert (outcome.after, outcome.scope, outcome.counted) == (60, "account", False)

    async def test_a_limit_names_its_time_and_is_not_counted(self, desk: Desk) -> None:
        root = await desk.open()
        desk.fault("chat.postMessage", "rate_limit", seconds=7)
        desk.fault("chat.update", "rate_limit", seconds=9)
        assert await desk.port.deliver(desk.parcel(words(), root)) == Retry(
            "Slack's limit for chat.postMessage", 7, "chat", False
        )
        assert await desk.port.deliver(desk.parcel(EditCard(root, a_card()), root)) == Retry(
            "Slack's limit for chat.update", 9, "account", False
        )

    async def test_an_edit_that_is_not_allowed_is_never(self, desk: Desk) -> None:
        root = await desk.open()
        desk.fault("chat.update", "error", error="edit_window_closed")
        outcome = await desk.port.deliver(desk.parcel(EditCard(root, a_card()), root))
        assert isinstance(outcome, Permanent)
        assert outcome.code == "other"

    async def test_a_card_that_left_a_stone_or_is_another_apps_is_gone(self, desk: Desk) -> None:
        root = await desk.open()
        desk.slack.post(desk.olga, "sales", "a reply", thread_ts=root)
        desk.slack.core.remove(desk.slack.core.world.rooms[desk.room], root)
        theirs = desk.slack.post(desk.olga, "sales", "not ours")["ts"]
        for ts in (root, theirs):
            outcome = await desk.port.deliver(desk.parcel(EditCard(ts, a_card()), ts))
            assert isinstance(outcome, Permanent)
            assert outcome.code == "thread_gone"


class TestBrokenConnections:
    async def test_F19_accepted_then_reset_is_ambiguous_and_found(self, desk: Desk) -> None:
        root = await desk.open()
        desk.fault("chat.postMessage", "drop_after")
        parcel = desk.parcel(words(), root)
        assert isinstance(await desk.port.deliver(parcel), Ambiguous)
        (said,) = desk.said(root)[1:]
        assert await desk.port.find(parcel) == Sent(said["ts"])
        assert len([1 for _, method, _, _ in desk.slack.calls if method == "chat.postMessage"]) == 2

    async def test_F18_what_never_arrived_is_found_missing(self, desk: Desk) -> None:
        root = await desk.open()
        desk.fault("chat.postMessage", "drop_before")
        parcel = desk.parcel(words(), root)
        assert isinstance(await desk.port.deliver(parcel), Ambiguous)
        assert await desk.port.find(parcel) is None
        assert isinstance(await desk.port.deliver(parcel), Sent)

    async def test_F22_a_root_is_found_among_the_rooms_own_posts(self, desk: Desk) -> None:
        await desk.open()
        desk.fault("chat.postMessage", "drop_after")
        parcel = desk.parcel(PostCard(a_card("Ben")))
        assert isinstance(await desk.port.deliver(parcel), Ambiguous)
        await desk.open()
        assert await desk.port.find(parcel) == Sent(desk.said()[1]["ts"])
        assert await desk.port.find(desk.parcel(PostCard(a_card("Ben")))) is None

    async def test_only_ours_by_number_and_kind_is_found(self, desk: Desk) -> None:
        root = await desk.open()
        parcel = desk.parcel(words(), root)
        for kind, number in (("other", str(parcel.delivery_id)), ("relaydesk_delivery", "999")):
            metadata = {"event_type": kind, "event_payload": {"delivery_id": number}}
            await desk.wire.call("chat.postMessage", {"channel": desk.room, "thread_ts": root, "text": "x", "metadata": metadata})
        assert await desk.port.find(parcel) is None

    async def test_the_search_turns_pages_and_begins_at_its_time(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outbound, "PAGE", 2)
        root = await desk.open()
        first = desk.parcel(words("first"), root)
        await desk.port.deliver(first)
        for number in range(5):
            desk.slack.post(desk.olga, "sales", str(number), thread_ts=root)
        last = desk.parcel(words("last"), root)
        sent = await desk.port.deliver(last)
        assert await desk.port.find(last) == sent
        assert isinstance(await desk.port.find(first), Sent)
        late = Parcel(first.delivery_id, first.address, first.body, since=int(time.time() * 1000) + 3_600_000)
        assert await desk.port.find(late) is None
        monkeypatch.setattr(outbound, "MOST_PAGES", 1)
        assert isinstance(await desk.port.find(last), Retry)

    async def test_what_can_not_be_told_now_is_retried(self, desk: Desk) -> None:
        root = await desk.open()
        for kind, more in (
            ("rate_limit", {"seconds": 3}),
            ("status", {"status": 503}),
            ("drop_before", {"times": 2}),  # aiohttp itself asks a second time, since reading changes nothing
            ("error", {"error": "invalid_auth"}),
        ):
            desk.fault("conversations.replies", kind, **more)
            assert isinstance(await desk.port.find(desk.parcel(words(), root)), Retry)

    async def test_a_lost_thread_or_room_holds_nothing(self, desk: Desk) -> None:
        assert await desk.port.find(desk.parcel(words(), "1700000000.000001")) is None
        assert await desk.port.find(desk.parcel(words(), room="C0NOWHERE")) is None

    async def test_what_may_be_done_twice_is_simply_retried(self, desk: Desk) -> None:
        root = await desk.open()
        for method, body in (
            ("chat.update", EditCard(root, a_card())),
            ("reactions.add", Mark(root, Fate.ACCEPTED)),
            ("chat.postEphemeral", Notice("x", only_for=desk.olga)),
        ):
            desk.fault(method, "drop_after")
            parcel = desk.parcel(body, root)
            assert isinstance(await desk.port.deliver(parcel), Retry)
            assert await desk.port.find(parcel) is None
            assert await desk.port.deliver(parcel) in (Sent(), Sent(root))

    async def test_a_500_may_have_been_done_and_a_fatal_error_too(self, desk: Desk) -> None:
        root = await desk.open()
        for kind, more in (("status", {"status": 500}), ("status", {"status": 503}), ("error", {"error": "fatal_error"})):
            desk.fault("chat.postMessage", kind, **more)
            assert isinstance(await desk.port.deliver(desk.parcel(words(), root)), Ambiguous)
            desk.fault("chat.update", kind, **more)
            assert isinstance(await desk.port.deliver(desk.parcel(EditCard(root, a_card()), root)), Retry)

    async def test_F20_no_connection_is_a_plain_retry(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            nobody = free.getsockname()[1]
        tls = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        plain = tls.sockets[0].getsockname()[1]
        for url in (f"http://127.0.0.1:{nobody}/api/", "http://no-such-host.invalid/api/", f"https://127.0.0.1:{plain}/api/"):
            wire = Wire("xoxb-1", url)
            outcome = await SlackPort(wire, NO_FILES).deliver(Parcel(1, Address("C1", "1700000000.000001"), words()))
            await wire.close()
            assert isinstance(outcome, Retry), url
            assert (outcome.scope, outcome.counted) == ("account", False)
        tls.close()
        await tls.wait_closed()

    async def test_an_answer_out_of_time_is_ambiguous(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bot.handlers.desks.slack.wire.READ_SECONDS", 0.1)

        async def slow(_: web.Request) -> web.Response:
            await asyncio.sleep(0.5)
            return web.json_response({"ok": True})

        async with answering(slow) as port:
            assert isinstance(await port.deliver(Parcel(1, Address("C1"), words())), Ambiguous)
            assert isinstance(await port.deliver(Parcel(2, Address("C1"), EditCard("1.2", a_card()))), Retry)

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"<html>", "text/html"),
            (b"ok", "text/plain"),
            (b"{", "application/json"),
            (b"[1]", "application/json"),
            (b"", "text/plain"),
        ],
    )
    async def test_an_answer_that_is_no_answer_is_ambiguous(self, body: bytes, kind: str) -> None:
        async def odd(_: web.Request) -> web.Response:
            return web.Response(body=body, content_type=kind)

        async with answering(odd) as port:
            assert isinstance(await port.deliver(Parcel(1, Address("C1"), words())), Ambiguous)


class TestUnthreaded:
    """Slack puts a reply whose parent was deleted into the room and says ok (github.com/slack-go/slack/issues/1571)."""

    async def test_a_reply_that_fell_out_of_its_thread_is_removed_and_the_thread_is_gone(self) -> None:
        calls: list[tuple[str, Any]] = []

        async def slack(request: web.Request) -> web.Response:
            calls.append((request.match_info["method"], await request.json()))
            return web.json_response({"ok": True, "channel": "C1", "ts": "2.000001", "message": {"ts": "2.000001"}})

        async with answering(slack) as port:
            outcome = await port.deliver(Parcel(1, Address("C1", "1.000001"), words()))
        assert isinstance(outcome, Permanent)
        assert outcome.code == "thread_gone"
        assert [method for method, _ in calls] == ["chat.postMessage", "chat.delete"]
        assert calls[1][1] == {"channel": "C1", "ts": "2.000001"}

    async def test_one_of_unknown_fate_is_found_in_the_room_and_removed(self, desk: Desk) -> None:
        lost = desk.parcel(words("stray"), "1700000000.000001")
        desk.fault("chat.postMessage", "drop_after")
        assert isinstance(await desk.port.deliver(lost), Ambiguous)
        assert len(desk.said()) == 1
        assert await desk.port.find(lost) is None
        assert desk.said() == []

    async def test_one_that_can_not_be_removed_now_is_looked_for_again(self, desk: Desk) -> None:
        lost = desk.parcel(words("stray"), "1700000000.000001")
        desk.fault("chat.delete", "rate_limit", seconds=3)
        desk.fault("chat.delete", "status", status=503)
        assert isinstance(await desk.port.deliver(lost), Ambiguous)
        assert isinstance(await desk.port.find(lost), Retry)
        assert len(desk.said()) == 1
        assert await desk.port.find(lost) is None
        assert desk.said() == []

    async def test_one_that_may_never_be_removed_holds_nothing_up(self, desk: Desk) -> None:
        desk.fault("chat.delete", "error", error="compliance_exports_prevent_deletion")
        outcome = await desk.port.deliver(desk.parcel(words("stray"), "1700000000.000001"))
        assert isinstance(outcome, Permanent)
        assert outcome.code == "thread_gone"
