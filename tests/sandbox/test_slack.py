"""The Slack stand-in under the real slack_sdk and slack_bolt."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.people import Mistake
from sandbox.slack import Slack
from sandbox.slack.blocks import message_blocks
from sandbox.slack.chat import normal
from sandbox.slack.text import composed, pings_of

Json = dict[str, Any]


class Bench:
    """A workspace with Ann and Bob in #desk and a bot beside them."""

    def __init__(self, slack: Slack, feed: Feed, faults: Faults, windows: Windows) -> None:
        self.slack, self.feed, self.faults, self.windows = slack, feed, faults, windows
        self.ann = slack.add_user("Ann Lee", "ann@example.com")["id"]
        self.bob = slack.add_user("Bob", "bob@example.com")["id"]
        self.app = slack.add_app("helpdesk")
        self.room = slack.add_room("desk", members=[self.ann, self.bob, self.app["bot_user_id"]])["id"]
        self.client = AsyncWebClient(token=self.app["bot_token"], base_url=slack.base_url, retry_handlers=[])

    async def until(self, true: Callable[[], Any], seconds: float = 40.0) -> Any:
        return await self.feed.until(true, seconds)


@asynccontextmanager
async def served(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    feed, faults, windows = Feed(), Faults(), Windows()
    slack = Slack(feed, faults, windows)
    async with served(slack.routes()) as url:
        slack.base_url = url
        yield Bench(slack, feed, faults, windows)
        await slack.close()


@asynccontextmanager
async def socket_mode(bench: Bench, prepare: Callable[[AsyncApp], None]) -> AsyncIterator[AsyncApp]:
    bolt = AsyncApp(client=bench.client, ignoring_self_events_enabled=False)
    prepare(bolt)
    handler = AsyncSocketModeHandler(bolt, bench.app["app_token"], web_client=bench.client, ping_interval=0.2)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await bench.until(lambda: bench.slack.socket_count(bench.app["app_id"]))
        yield bolt
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)


@asynccontextmanager
async def http_mode(bench: Bench, prepare: Callable[[AsyncApp], None]) -> AsyncIterator[list[web.Request]]:
    bolt = AsyncApp(client=bench.client, signing_secret=bench.app["signing_secret"])
    prepare(bolt)
    seen: list[web.Request] = []

    async def receive(request: web.Request) -> web.Response:
        seen.append(request)
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    async with served([web.post("/slack/events", receive)]) as url:
        urls = dict.fromkeys(("events_url", "interactivity_url", "commands_url", "options_url"), f"{url}/slack/events")
        bench.slack.configure_app(bench.app["app_id"], **urls)
        yield seen


async def refused(call: Awaitable[Any]) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


def button(text: str = "Take", action_id: str = "take", **more: Any) -> Json:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action_id, **more}


def actions(*elements: Json, block_id: str = "acts") -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def field(block_id: str, action_id: str, **element: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": action_id, **element}
    return {"type": "input", "block_id": block_id, "label": {"type": "plain_text", "text": block_id}, "element": element}


def modal(*blocks: Json, title: str = "Form", **more: Any) -> Json:
    words = {"title": {"type": "plain_text", "text": title}, "submit": {"type": "plain_text", "text": "Send"}}
    return {"type": "modal", **words, "blocks": list(blocks), **more}


# the door


async def test_who_am_i_and_the_scopes_in_the_header(bench: Bench) -> None:
    answer = await bench.client.auth_test()
    assert answer["user_id"] == bench.app["bot_user_id"]
    assert answer["bot_id"] == bench.app["bot_id"]
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_tokens(bench: Bench) -> None:
    anonymous = AsyncWebClient(base_url=bench.slack.base_url)
    assert (await refused(anonymous.auth_test()))["error"] == "not_authed"
    assert (await refused(anonymous.auth_test(token="xoxb-no")))["error"] == "invalid_auth"
    assert (await refused(anonymous.auth_test(token=bench.app["app_token"])))["error"] == "not_allowed_token_type"
    bench.slack.revoke_token(bench.app["bot_token"])
    assert (await refused(bench.client.auth_test()))["error"] == "token_revoked"
    fresh = bench.slack.renew_token(bench.app["app_id"])
    assert (await anonymous.auth_test(token=fresh))["ok"]
    bench.slack.deactivate_user(bench.app["bot_user_id"])
    assert (await refused(anonymous.auth_test(token=fresh)))["error"] == "account_inactive"


async def test_form_json_and_query_say_the_same(bench: Bench) -> None:
    url, words = bench.slack.base_url + "chat.postMessage", {"channel": bench.room, "text": "hi"}
    bearer = {"Authorization": f"Bearer {bench.app['bot_token']}"}
    async with aiohttp.ClientSession() as http:
        ways: list[Any] = [{"json": words}, {"data": words}, {"params": words}]
        for more in ways:
            async with http.post(url, headers=bearer, **more) as response:
                assert (await response.json())["message"]["text"] == "hi"
        blocks = json.dumps([{"type": "divider"}])
        async with http.post(url, data=words | {"blocks": blocks, "token": bench.app["bot_token"]}) as response:
            assert (await response.json())["message"]["blocks"][0]["type"] == "divider"
        async with http.post(url, data=b"{", headers=bearer | {"Content-Type": "application/json"}) as response:
            assert (await response.json())["error"] == "invalid_json"
        async with http.post(url, data=words | {"blocks": "[{"}, headers=bearer) as response:
            assert (await response.json())["error"] == "invalid_blocks_format"
    assert len(bench.slack.messages(bench.room)) == 4


async def test_wrong_calls(bench: Bench) -> None:
    assert (await refused(bench.client.api_call("chat.nonsense")))["error"] == "unknown_method"
    wrong = await refused(bench.client.api_call("chat.update", json={"channel": bench.room, "ts": 5, "text": "x"}))
    assert wrong["error"] == "invalid_arguments"
    assert "/ts" in wrong["response_metadata"]["messages"][0]
    missing = await refused(bench.client.api_call("reactions.add", json={"channel": bench.room, "timestamp": "1.1"}))
    assert missing["response_metadata"]["messages"] == ["[ERROR] missing required field: name"]
    bench.slack.configure_app(bench.app["app_id"], scopes=["chat:write"])
    lacking = await refused(bench.client.users_info(user=bench.ann))
    assert (lacking["error"], lacking["needed"], lacking["provided"]) == ("missing_scope", "users:read", "chat:write")
    assert (await refused(bench.client.conversations_replies(channel=bench.room, ts="1")))["error"] == "missing_scope"
    named = await refused(bench.client.chat_postMessage(channel=bench.room, text="x", username="Mia"))
    assert named["needed"] == "chat:write.customize"


# posting


async def test_a_post_is_seen_and_can_be_read_back_by_its_metadata(bench: Bench) -> None:
    metadata = {"event_type": "delivery", "event_payload": {"delivery_id": 7}}
    parent = await bench.client.chat_postMessage(channel=bench.room, text="root", metadata=metadata)
    await bench.client.chat_postMessage(channel=bench.room, text="a <b> & c", thread_ts=parent["ts"], metadata=metadata)
    [seen] = bench.slack.messages(bench.room)
    assert (seen["reply_count"], seen["metadata"]) == (1, metadata)
    read = await bench.client.conversations_replies(channel=bench.room, ts=parent["ts"], include_all_metadata=True)
    assert [m["metadata"]["event_payload"]["delivery_id"] for m in read["messages"]] == [7, 7]
    assert read["messages"][1]["text"] == "a &lt;b&gt; &amp; c"
    bare = await bench.client.conversations_replies(channel=bench.room, ts=parent["ts"])
    assert bare["messages"][0]["metadata"] == {"event_type": "delivery"}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"text": " "}, "no_text"),
        ({"text": "x", "thread_ts": "1700000000.1"}, "invalid_thread_ts"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "x", "event_payload": {"a": "b" * 20_000}}}, "metadata_too_large"),
        ({"text": "x", "channel": "C000"}, "channel_not_found"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [actions(button("x" * 76))]}, "invalid_blocks"),
        ({"text": "x", "blocks": [actions(button(), button())]}, "invalid_blocks"),
        ({"text": "x", "blocks": [actions(button(colour="red"))]}, "invalid_blocks"),
        ({"text": "x", "blocks": [rich({"type": "text", "text": ""})]}, "invalid_blocks"),
        ({"text": "x", "blocks": [rich({"type": "user", "id": "U1"})]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "video"}]}, "invalid_blocks"),
    ],
)
async def test_posts_slack_refuses(bench: Bench, words: Json, error: str) -> None:
    answer = await refused(bench.client.api_call("chat.postMessage", json={"channel": bench.room} | words))
    assert answer["error"] == error
    if error == "invalid_blocks":
        assert "json-pointer:/blocks" in answer["response_metadata"]["messages"][0]
    assert bench.slack.messages(bench.room) == []


async def test_rooms_the_bot_is_not_in(bench: Bench) -> None:
    public = bench.slack.add_room("public", members=[bench.ann])["id"]
    private = bench.slack.add_room("private", members=[bench.ann], is_private=True)["id"]
    assert (await refused(bench.client.chat_postMessage(channel=public, text="x")))["error"] == "not_in_channel"
    assert (await refused(bench.client.chat_postMessage(channel=private, text="x")))["error"] == "channel_not_found"
    assert (await bench.client.conversations_join(channel=public))["channel"]["is_member"]
    bench.slack.archive(public)
    assert (await refused(bench.client.chat_postMessage(channel=public, text="x")))["error"] == "is_archived"
    bench.slack.delete_room(public)
    assert (await refused(bench.client.chat_postMessage(channel=public, text="x")))["error"] == "channel_not_found"


async def test_another_name_is_a_bot_message_and_survives_an_edit(bench: Bench) -> None:
    post = await bench.client.chat_postMessage(channel=bench.room, text="hi", username="Mia", icon_emoji=":wave:")
    assert "user" not in post["message"]
    await bench.client.chat_update(channel=bench.room, ts=post["ts"], text="hello")
    [seen] = bench.slack.messages(bench.room)
    assert (seen["username"], seen["text"], seen["subtype"]) == ("Mia", "hello", "bot_message")
    assert seen["edited"]["user"] == bench.app["bot_user_id"]


async def test_update_and_delete_of_messages(bench: Bench) -> None:
    post = await bench.client.chat_postMessage(channel=bench.room, text="x", blocks=[{"type": "divider"}])
    long = bench.client.chat_update(channel=bench.room, ts=post["ts"], text="x" * 4001)
    assert (await refused(long))["error"] == "msg_too_long"
    await bench.client.chat_update(channel=bench.room, ts=post["ts"], text="plain")
    assert "blocks" not in bench.slack.messages(bench.room)[0]
    mine = bench.slack.post(bench.ann, bench.room, "mine")["ts"]
    words = {"channel": bench.room, "ts": mine}
    assert (await refused(bench.client.chat_update(**words, text="x")))["error"] == "cant_update_message"
    assert (await refused(bench.client.chat_delete(**words)))["error"] == "cant_delete_message"
    await bench.client.chat_delete(channel=bench.room, ts=post["ts"])
    assert (await refused(bench.client.chat_delete(channel=bench.room, ts=post["ts"])))["error"] == "message_not_found"
    told = await bench.client.chat_postMessage(channel=bench.room, text="x", blocks=[rich({"type": "text", "text": "x"})])
    other = bench.client.chat_update(channel=bench.room, ts=told["ts"], text="x", blocks=[{"type": "divider"}])
    assert (await refused(other))["error"] == "block_mismatch"


async def test_a_deleted_parent_leaves_a_tombstone_until_its_last_reply_is_gone(bench: Bench) -> None:
    parent = (await bench.client.chat_postMessage(channel=bench.room, text="root"))["ts"]
    reply = bench.slack.post(bench.ann, bench.room, "reply", thread_ts=parent)["ts"]
    await bench.client.chat_delete(channel=bench.room, ts=parent)
    assert [m.get("subtype") for m in bench.slack.thread(bench.room, parent)] == ["tombstone", None]
    bench.slack.delete(bench.ann, bench.room, reply)
    assert bench.slack.messages(bench.room) == []
    assert (await refused(bench.client.conversations_replies(channel=bench.room, ts=parent)))["error"] == "thread_not_found"


async def test_a_reply_to_a_parent_that_is_gone_lands_in_the_room(bench: Bench) -> None:
    parent = (await bench.client.chat_postMessage(channel=bench.room, text="root"))["ts"]
    threaded = await bench.client.chat_postMessage(channel=bench.room, text="in it", thread_ts=parent)
    assert threaded["message"]["thread_ts"] == parent
    await bench.client.chat_delete(channel=bench.room, ts=parent)
    under_the_stone = await bench.client.chat_postMessage(channel=bench.room, text="still in it", thread_ts=parent)
    assert under_the_stone["message"]["thread_ts"] == parent
    for reply in (threaded, under_the_stone):
        await bench.client.chat_delete(channel=bench.room, ts=reply["ts"])
    stray = await bench.client.chat_postMessage(channel=bench.room, text="x", thread_ts=parent, reply_broadcast=True)
    assert stray["ok"]
    assert not {"thread_ts", "subtype"} & stray["message"].keys()
    assert [one["ts"] for one in bench.slack.messages(bench.room)] == [stray["ts"]]


async def test_who_would_be_pinged(bench: Bench) -> None:
    bench.windows.enabled = False

    async def pings(**words: Any) -> list[str]:
        ts = (await bench.client.chat_postMessage(channel=bench.room, **words))["ts"]
        return next(m["pings"] for m in bench.slack.messages(bench.room) if m["ts"] == ts)

    assert await pings(text=f"<@{bench.ann}> <!here> <!subteam^S1> &lt;!channel&gt;") == [bench.ann, "here", "subteam:S1"]
    assert await pings(text="@channel @ann.lee") == []
    assert await pings(text="@channel @ann.lee", link_names=True) == ["channel", bench.ann]
    assert await pings(text="@here", parse="full") == ["here"]
    assert await pings(text="x", attachments=[{"text": "<!here>", "fallback": "x"}]) == ["here"]
    assert await pings(text="x", blocks=[rich({"type": "text", "text": "<!channel> @here"})]) == []
    assert await pings(text="x", blocks=[rich({"type": "broadcast", "range": "channel"})]) == ["channel"]
    plain = {"type": "section", "text": {"type": "plain_text", "text": "<!channel>"}}
    assert await pings(text="x", blocks=[plain]) == []
    assert await pings(text="x", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}]) == ["channel"]


async def test_history_pages(bench: Bench) -> None:
    bench.windows.enabled = False
    stamps = [bench.slack.post(bench.ann, bench.room, str(n))["ts"] for n in range(7)]
    replies = [bench.slack.post(bench.ann, bench.room, f"r{n}", thread_ts=stamps[0])["ts"] for n in range(5)]
    read: list[str] = []
    async for page in await bench.client.conversations_history(channel=bench.room, limit=3):
        read += [message["ts"] for message in page["messages"]]
    assert read == stamps[::-1]
    found = await bench.client.conversations_history(channel=bench.room, oldest=stamps[2], latest=stamps[5], inclusive=True)
    assert [m["text"] for m in found["messages"]] == ["5", "4", "3", "2"]
    since = await bench.client.conversations_replies(channel=bench.room, ts=stamps[0], oldest=replies[2])
    assert [m["text"] for m in since["messages"]] == ["0", "r3", "r4"]
    read = []
    async for page in await bench.client.conversations_replies(channel=bench.room, ts=stamps[0], limit=2):
        read += [message["text"] for message in page["messages"]]
    assert read == ["0", "r0", "r1", "r2", "r3", "r4"]


async def test_rate_limits(bench: Bench) -> None:
    for _ in range(8):
        await bench.client.chat_postMessage(channel=bench.room, text="x")
    limited = await refused(bench.client.chat_postMessage(channel=bench.room, text="x"))
    assert (limited.status_code, limited["error"]) == (429, "ratelimited")
    assert 1 <= int(limited.headers["Retry-After"]) <= 4
    other = bench.slack.add_room("other", members=[bench.app["bot_user_id"]])["id"]
    ts = (await bench.client.chat_postMessage(channel=other, text="x"))["ts"]
    for n in range(50):
        await bench.client.chat_update(channel=other, ts=ts, text=f"{n}")
    assert (await refused(bench.client.chat_update(channel=other, ts=ts, text="x"))).status_code == 429
    assert len(bench.slack.messages(bench.room)) == 8


async def test_faults_on_calls(bench: Bench) -> None:
    post = bench.client.chat_postMessage
    bench.faults.add("slack", "chat.postMessage", "drop_before")
    with pytest.raises(aiohttp.ClientError):
        await post(channel=bench.room, text="lost")
    bench.faults.add("slack", "chat.postMessage", "drop_after")
    with pytest.raises(aiohttp.ClientError):
        await post(channel=bench.room, text="kept")
    assert [m["text"] for m in bench.slack.messages(bench.room)] == ["kept"]
    bench.faults.add("slack", "chat.*", "rate_limit", seconds=7.2)
    assert (await refused(post(channel=bench.room, text="x"))).headers["Retry-After"] == "8"
    bench.faults.add("slack", "*", "error", error="fatal_error")
    assert (await refused(post(channel=bench.room, text="x")))["error"] == "fatal_error"
    bench.faults.add("slack", "*", "status", status=503)
    with pytest.raises(SlackApiError):
        await post(channel=bench.room, text="x")
    assert [outcome for _, _, _, outcome in bench.slack.calls][:2] == ["fault:drop_before", "ok"]


async def test_reactions(bench: Bench) -> None:
    ts = bench.slack.post(bench.ann, bench.room, "hi")["ts"]
    where = {"channel": bench.room, "timestamp": ts}
    await bench.client.reactions_add(name="eyes", **where)
    assert (await refused(bench.client.reactions_add(name="eyes", **where)))["error"] == "already_reacted"
    assert (await refused(bench.client.reactions_add(name="no_such_sign", **where)))["error"] == "invalid_name"
    bench.slack.react(bench.bob, bench.room, ts, "eyes")
    [reaction] = (await bench.client.reactions_get(**where))["message"]["reactions"]
    assert reaction == {"name": "eyes", "users": [bench.app["bot_user_id"], bench.bob], "count": 2}
    await bench.client.reactions_remove(name="eyes", **where)
    assert (await refused(bench.client.reactions_remove(name="eyes", **where)))["error"] == "no_reaction"
    for name in ("white_check_mark", "x", "hourglass_flowing_sand", "warning", "+1", "lock", "outbox_tray", "envelope"):
        await bench.client.reactions_add(name=name, **where)


async def test_people_and_rooms(bench: Bench) -> None:
    user = (await bench.client.users_info(user=bench.ann))["user"]
    assert user["profile"]["email"] == "ann@example.com"
    assert (await bench.client.users_lookupByEmail(email="ANN@example.com"))["user"]["id"] == bench.ann
    bench.slack.deactivate_user(bench.ann)
    assert (await refused(bench.client.users_lookupByEmail(email="ann@example.com")))["error"] == "users_not_found"
    assert (await refused(bench.client.users_info(user="U0")))["error"] == "user_not_found"
    assert [c["id"] for c in (await bench.client.users_conversations())["channels"]] == [bench.room]
    info = await bench.client.conversations_info(channel=bench.room, include_num_members=True)
    assert (info["channel"]["name"], info["channel"]["num_members"]) == ("desk", 2)
    assert bench.bob in (await bench.client.conversations_members(channel=bench.room))["members"]
    direct = (await bench.client.conversations_open(users=bench.bob))["channel"]["id"]
    await bench.client.chat_postMessage(channel=bench.bob, text="psst")
    assert [m["text"] for m in bench.slack.messages(direct)] == ["psst"]
    assert (await bench.client.team_info())["team"]["id"] == bench.app["team_id"]
    assert (await bench.client.bots_info(bot=bench.app["bot_id"]))["bot"]["app_id"] == bench.app["app_id"]
    link = await bench.client.chat_getPermalink(channel=direct, message_ts=bench.slack.messages(direct)[0]["ts"])
    assert f"/archives/{direct}/p" in link["permalink"]


async def test_pins_status_and_a_second_app(bench: Bench) -> None:
    ts = bench.slack.post(bench.ann, bench.room, "hi")["ts"]
    await bench.client.pins_add(channel=bench.room, timestamp=ts)
    assert (await refused(bench.client.pins_add(channel=bench.room, timestamp=ts)))["error"] == "already_pinned"
    await bench.client.assistant_threads_setStatus(channel_id=bench.room, thread_ts=ts, status="is typing…")
    assert bench.slack.snapshot()["statuses"] == [{"room": bench.room, "thread_ts": ts, "status": "is typing…"}]
    other = bench.slack.add_app("other", scopes=["chat:write"], slash_commands=[])
    stranger = AsyncWebClient(token=other["bot_token"], base_url=bench.slack.base_url, retry_handlers=[])
    bench.slack.join(bench.room, other["bot_user_id"])
    theirs = (await stranger.chat_postMessage(channel=bench.room, text="beep"))["ts"]
    assert (await refused(bench.client.chat_update(channel=bench.room, ts=theirs, text="x")))["error"] == "cant_update_message"
    assert {envelope["api_app_id"] for envelope in bench.slack.events("message")} == {bench.app["app_id"]}


async def test_files_both_ways(bench: Bench) -> None:
    parent = (await bench.client.chat_postMessage(channel=bench.room, text="root"))["ts"]
    sent = await bench.client.files_upload_v2(
        channel=bench.room, thread_ts=parent, filename="a.txt", content="hello", initial_comment="look", username="Mia"
    )
    assert sent["file"]["shares"] == {}
    await bench.until(lambda: len(bench.slack.thread(bench.room, parent)) == 2)
    reply = bench.slack.thread(bench.room, parent)[1]
    assert (reply["files"][0]["id"], reply["text"], reply["username"]) == (sent["file"]["id"], "look", "Mia")
    shares = (await bench.client.files_info(file=sent["file"]["id"]))["file"]["shares"]
    assert shares["public"][bench.room][0]["ts"] == reply["ts"]
    assert shares["public"][bench.room][0]["thread_ts"] == parent
    await bench.client.chat_update(channel=bench.room, ts=reply["ts"], text="changed")
    changed = bench.slack.thread(bench.room, parent)[1]
    assert (changed["text"], changed["files"][0]["id"]) == ("changed", sent["file"]["id"])
    again = {"files": [{"id": sent["file"]["id"]}], "channel_id": bench.room}
    assert (await refused(bench.client.api_call("files.completeUploadExternal", json=again)))["error"] == "file_not_found"
    await bench.client.files_delete(file=sent["file"]["id"])
    assert bench.slack.thread(bench.room, parent)[1]["files"] == [{"id": sent["file"]["id"], "mode": "tombstone"}]
    assert (await refused(bench.client.files_delete(file=sent["file"]["id"])))["error"] == "file_deleted"
    assert (await refused(bench.client.files_info(file=sent["file"]["id"])))["error"] == "file_deleted"
    given = bench.slack.post(bench.ann, bench.room, "", files=[{"name": "p.png", "content": b"\x89PNG"}])
    url = given["files"][0]["url_private_download"]
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as page:
            assert page.content_type == "text/html"
        async with http.get(url, headers={"Authorization": f"Bearer {bench.app['bot_token']}"}) as file:
            assert (file.content_type, await file.read()) == ("image/png", b"\x89PNG")
    assert (await refused(bench.client.files_delete(file=given["files"][0]["id"])))["error"] == "cant_delete_file"


async def test_blocks_count_only_without_an_initial_comment(bench: Bench) -> None:
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "block"}}]
    for comment in ("words", None):
        place = await bench.client.files_getUploadURLExternal(filename="a.txt", length=1)
        async with aiohttp.ClientSession() as http, http.post(place["upload_url"], data=b"x") as took:
            assert took.status == 200
        what = {"files": [{"id": place["file_id"]}], "channel_id": bench.room, "blocks": blocks}
        await bench.client.api_call("files.completeUploadExternal", json=what | ({"initial_comment": comment} if comment else {}))
    await bench.until(lambda: len(bench.slack.messages(bench.room)) >= 2)
    first, second = bench.slack.messages(bench.room)[-2:]
    assert (first["text"], "blocks" in first) == ("words", False)
    assert second["blocks"][0]["text"]["text"] == "block"


async def test_a_file_in_a_shared_room_has_to_be_asked_about(bench: Bench) -> None:
    given = bench.slack.post(bench.ann, bench.room, "", files=[{"name": "p.png", "content": b"\x89PNG", "connect": True}])
    shown = given["files"][0]
    assert (shown["file_access"], "url_private" in shown, "name" in shown) == ("check_file_info", False, False)
    assert (await bench.client.files_info(file=shown["id"]))["file"]["name"] == "p.png"


# people


def test_what_the_composer_makes() -> None:
    text, [block] = composed("*Hi* <@U012> see https://a.b/?x=1&y=2 & `x<y`\n> so\n```\nz\n```", "b")
    assert text == "*Hi* <@U012> see <https://a.b/?x=1&amp;y=2> &amp; `x&lt;y`\n&gt; so\n```z```"
    assert [part["type"] for part in block["elements"]] == ["rich_text_section", "rich_text_quote", "rich_text_preformatted"]
    assert block["elements"][0]["elements"][0] == {"type": "text", "text": "Hi", "style": {"bold": True}}
    assert pings_of(text, [block]) == ["U012"]


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab *_~`>-•1.\n<@U1ABC#!|&:/)[](https") | st.characters(codec="utf-8")))
def test_the_composer_always_makes_valid_blocks(typed: str) -> None:
    text, blocks = composed(typed, "b")
    assert message_blocks(blocks, str) == blocks
    assert normal(text) == text


async def test_what_the_composer_refuses(bench: Bench) -> None:
    ts = bench.slack.post(bench.ann, bench.room, "root")["ts"]
    with pytest.raises(Mistake, match="slash command"):
        bench.slack.post(bench.ann, bench.room, "/desk help", thread_ts=ts)
    with pytest.raises(Mistake, match="cannot change"):
        bench.slack.edit(bench.bob, bench.room, ts, "x")
    bench.slack.kick(bench.room, bench.bob)
    with pytest.raises(Mistake, match="not in"):
        bench.slack.post(bench.bob, bench.room, "hi")


async def test_the_snapshot_is_json_without_secrets(bench: Bench) -> None:
    bench.slack.post(bench.ann, bench.room, "hi")
    await bench.client.chat_postEphemeral(channel=bench.room, user=bench.ann, text="psst")
    text = json.dumps(bench.slack.snapshot())
    assert all(bench.app[secret] not in text for secret in ("bot_token", "app_token", "signing_secret"))
    assert [m["text"] for m in bench.slack.ephemerals(bench.ann)] == ["psst"]
    stranger = bench.client.chat_postEphemeral(channel=bench.room, user="U0", text="x")
    assert (await refused(stranger))["error"] == "user_not_in_channel"


# events


async def test_socket_mode_hears_everything(bench: Bench) -> None:
    heard: list[Json] = []

    def prepare(bolt: AsyncApp) -> None:
        @bolt.middleware
        async def note(body: Json, next_: Callable[[], Awaitable[None]]) -> None:
            heard.append(body)
            await next_()

        @bolt.event({"type": "message"})
        async def message() -> None: ...

        for kind in (
            "app_mention",
            "reaction_added",
            "app_home_opened",
            "member_joined_channel",
            "user_change",
            "channel_archive",
        ):
            bolt.event(kind)(message)

    async with socket_mode(bench, prepare):
        bot = bench.app["bot_user_id"]
        ts = bench.slack.post(bench.ann, bench.room, f"help <@{bot}>")["ts"]
        await bench.until(lambda: len(heard) == 2)
        assert {body["event"]["type"] for body in heard} == {"message", "app_mention"}
        assert heard[0]["event_id"] != heard[1]["event_id"]
        assert heard[0]["event"]["ts"] == heard[1]["event"]["ts"] == ts
        bench.slack.edit(bench.ann, bench.room, ts, "never mind")
        bench.slack.react(bench.bob, bench.room, ts, "tada")
        reply = await bench.client.chat_postMessage(channel=bench.room, text="ok", thread_ts=ts)
        bench.slack.delete(bench.ann, bench.room, ts)
        bench.slack.open_home(bench.ann)
        carol = bench.slack.add_user("Carol")["id"]
        bench.slack.join(bench.room, carol)
        bench.slack.change_user(bench.ann, display_name="annie")
        bench.slack.archive(bench.room)
        await bench.until(lambda: len(heard) == 11)
    events = [body["event"] for body in heard[2:]]
    assert [event.get("subtype", event["type"]) for event in events] == [
        "message_changed", "reaction_added", "message", "message_changed", "app_home_opened",
        "member_joined_channel", "channel_join", "user_change", "channel_archive",
    ]  # fmt: skip
    assert (events[0]["message"]["text"], events[0]["previous_message"]["text"]) == ("never mind", f"help <@{bot}>")
    assert (events[1]["item"]["ts"], events[1]["item_user"]) == (ts, bench.ann)
    assert (events[2]["thread_ts"], events[2]["ts"], events[2]["bot_id"]) == (ts, reply["ts"], bench.app["bot_id"])
    assert events[3]["message"]["subtype"] == "tombstone"


async def test_only_rooms_with_the_bot_are_heard(bench: Bench) -> None:
    other = bench.slack.add_room("other", members=[bench.ann])["id"]
    bench.slack.post(bench.ann, other, "secret")
    bench.slack.kick(bench.room, bench.app["bot_user_id"])
    bench.slack.post(bench.ann, bench.room, "too late")
    assert [envelope["event"]["type"] for envelope in bench.slack.events()] == ["channel_left"]


async def test_http_events_are_signed_and_repeated_until_taken(bench: Bench) -> None:
    heard: list[str] = []

    def prepare(bolt: AsyncApp) -> None:
        @bolt.middleware
        async def fail_twice(body: Json, next_: Callable[[], Awaitable[None]]) -> None:
            heard.append(body["event_id"])
            if len(heard) <= 2:
                raise RuntimeError("database is locked")
            await next_()

        @bolt.event("message")
        async def message() -> None: ...

    bench.slack.retry_delays = [0.01, 0.02, 0.03]
    async with http_mode(bench, prepare) as requests:
        assert await bench.slack.verify_url(bench.app["app_id"])
        heard.clear()
        bench.slack.post(bench.ann, bench.room, "hi")
        [envelope] = bench.slack.events("message")
        event_id = envelope["event_id"]
        await bench.until(lambda: bench.slack.event_outcome(event_id) == "delivered")
        assert heard == [event_id] * 3
        assert [r.headers.get("x-slack-retry-num") for r in requests[1:]] == [None, "1", "2"]
        assert requests[-1].headers["x-slack-retry-reason"] == "http_error"
        await bench.slack.redeliver(event_id, 2)
        assert heard == [event_id] * 5


async def test_lost_events(bench: Bench) -> None:
    bench.slack.retry_delays = [0.01]
    bench.slack.drop_events(1)
    bench.slack.post(bench.ann, bench.room, "outage")
    bench.slack.post(bench.ann, bench.room, "nobody listens")
    bench.faults.add("slack-events", "reaction_added", "drop_before")
    bench.slack.react(bench.ann, bench.room, bench.slack.messages(bench.room)[0]["ts"], "eyes")
    ids = [envelope["event_id"] for envelope in bench.slack.events()]
    await bench.until(lambda: all(map(bench.slack.event_outcome, ids)))
    assert [bench.slack.event_outcome(event_id) for event_id in ids] == ["dropped", "lost", "dropped"]


async def test_an_event_waits_for_the_next_socket(bench: Bench) -> None:
    heard: list[Json] = []
    bench.slack.retry_delays = [0.3, 0.3, 0.3]
    bench.slack.post(bench.ann, bench.room, "early")

    def prepare(bolt: AsyncApp) -> None:
        @bolt.event("message")
        async def message(event: Json) -> None:
            heard.append(event)

    async with socket_mode(bench, prepare):
        await bench.until(lambda: heard)
        assert heard[0]["text"] == "early"
        for number, reason in enumerate(("refresh_requested", "abrupt"), 2):
            await bench.until(lambda: bench.slack.socket_count(bench.app["app_id"]))
            assert await bench.slack.disconnect_sockets(bench.app["app_id"], reason) == 1
            bench.slack.post(bench.ann, bench.room, reason)
            await bench.until(lambda number=number: len(heard) == number, 10)  # type: ignore[misc]


async def test_ten_sockets_take_turns(bench: Bench) -> None:
    xapp = AsyncWebClient(token=bench.app["app_token"], base_url=bench.slack.base_url)
    async with aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        sockets = []
        for _ in range(11):
            url = (await xapp.apps_connections_open(app_token=bench.app["app_token"]))["url"]
            sockets.append(await stack.enter_async_context(http.ws_connect(url)))
        hellos = [await socket.receive_json() for socket in sockets]
        assert [hello["type"] for hello in hellos] == ["hello"] * 10 + ["disconnect"]
        bench.slack.core.delivery.patience = 0.1
        bench.slack.retry_delays = [0.01]
        bench.slack.post(bench.ann, bench.room, "who takes it?")
        heard = [asyncio.create_task(socket.receive_json()) for socket in sockets[:10]]
        await bench.until(lambda: "lost" in bench.slack.core.delivery.outcomes.values())  # it is not tried again
        await bench.until(lambda: sum(task.done() for task in heard) == 2)
        taken = sorted((task.result() for task in heard if task.done()), key=lambda e: e["retry_attempt"])
        for task in heard:
            task.cancel()
        assert [(e["retry_attempt"], e["retry_reason"]) for e in taken] == [(0, ""), (1, "timeout")]
        assert taken[0]["payload"]["event_id"] == taken[1]["payload"]["event_id"]


# interactivity, in both modes


def interactive(bench: Bench, seen: list[Any]) -> Callable[[AsyncApp], None]:
    def prepare(bolt: AsyncApp) -> None:
        @bolt.action("take")
        async def take(ack: Any, body: Json, respond: Any, client: AsyncWebClient) -> None:
            await ack()
            seen.append(body)
            await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="taken")
            await respond("You took it")

        @bolt.action("slow")
        async def slow() -> None:
            await asyncio.sleep(0.5)

        @bolt.action("form")
        async def form(ack: Any, body: Json, client: AsyncWebClient) -> None:
            await ack()
            picker = {"type": "external_select", "action_id": "reply", "min_query_length": 0}
            view = modal(field("Name", "name"), {**field("Reply", "reply"), "element": picker}, callback_id="f")
            seen.append((await client.views_open(trigger_id=body["trigger_id"], view=view)).data)
            again = await refused(client.views_open(trigger_id=body["trigger_id"], view=view))
            seen.append(again.data)

        @bolt.options("reply")
        async def reply(ack: Any, payload: Json) -> None:
            await ack(options=[{"text": {"type": "plain_text", "text": f"Refund {payload['value']}"}, "value": "r1"}])

        @bolt.view("f")
        async def submitted(ack: Any, view: Json) -> None:
            values = view["state"]["values"]
            seen.append(values)
            if values["Name"]["name"]["value"] == "bad":
                await ack(response_action="errors", errors={"Name": "No such name"})
            else:
                await ack(response_action="push", view=modal(title="Sure?", callback_id="g"))

        @bolt.view("g")
        async def sure(ack: Any) -> None:
            await ack(response_action="clear")

        @bolt.command("/desk")
        async def desk(ack: Any, command: Json) -> None:
            seen.append(command)
            await ack(f"You said {command['text']}")

        @bolt.shortcut("tag")
        async def tag(ack: Any, shortcut: Json) -> None:
            await ack()
            seen.append(shortcut)

        @bolt.event("app_home_opened")
        async def home(event: Json, client: AsyncWebClient) -> None:
            view = {"type": "home", "blocks": [actions(button("Refresh", "refresh"))]}
            await client.views_publish(user_id=event["user"], view=view)

        @bolt.action("refresh")
        async def refresh(ack: Any, body: Json) -> None:
            await ack()
            seen.append(body["view"])

    return prepare


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> Any:
    return socket_mode if request.param == "socket" else http_mode


async def test_a_press(bench: Bench, mode: Any) -> None:
    seen: list[Json] = []
    async with mode(bench, interactive(bench, seen)):
        root = bench.slack.post(bench.ann, bench.room, "root")["ts"]
        blocks = [actions(button(value="c7"), button("Slow", "slow"), button("None", "nobody"))]
        ts = (await bench.client.chat_postMessage(channel=bench.room, thread_ts=root, text="card", blocks=blocks))["ts"]
        assert await bench.slack.press(bench.ann, bench.room, ts, "take") == {"ok": True}
        await bench.until(lambda: bench.slack.ephemerals(bench.ann))
        assert bench.slack.ephemerals(bench.ann)[0]["text"] == "You took it"
        assert bench.slack.thread(bench.room, root)[1]["text"] == "taken"
        [body] = seen
        assert body["container"]["thread_ts"] == root
        assert (body["actions"][0]["value"], body["message"]["text"]) == ("c7", "card")
        with pytest.raises(Mistake, match="has no take"):
            await bench.slack.press(bench.ann, bench.room, ts, "take")


async def test_a_press_nobody_takes_shows_the_warning_sign(bench: Bench) -> None:
    bench.slack.core.delivery.patience = 0.2
    ts = (await bench.client.chat_postMessage(channel=bench.room, text="x", blocks=[actions(button("Slow", "slow"))]))["ts"]
    assert (await bench.slack.press(bench.ann, bench.room, ts, "slow"))["error"] == "dispatch_failed"
    async with socket_mode(bench, interactive(bench, [])):
        assert (await bench.slack.press(bench.ann, bench.room, ts, "slow"))["error"] == "operation_timeout"


async def test_a_modal_from_open_to_clear(bench: Bench, mode: Any) -> None:
    seen: list[Any] = []
    async with mode(bench, interactive(bench, seen)):
        ts = (await bench.client.chat_postMessage(channel=bench.room, text="x", blocks=[actions(button("Form", "form"))]))["ts"]
        assert (await bench.slack.press(bench.ann, bench.room, ts, "form"))["ok"]
        await bench.until(lambda: len(seen) == 2)
        assert seen.pop()["error"] == "exchanged_trigger_id"
        shown = bench.slack.modal(bench.ann)
        assert shown
        assert shown["id"] == seen.pop()["view"]["id"]
        assert (await bench.slack.submit(bench.ann, {}))["errors"]["Name"].startswith("Please complete")
        assert [o["value"] for o in await bench.slack.options(bench.ann, "reply", "now")] == ["r1"]
        fill = {"Name": {"name": "bad"}, "Reply": {"reply": "r1"}}
        assert await bench.slack.submit(bench.ann, fill) == {"ok": False, "errors": {"Name": "No such name"}}
        assert seen[0]["Reply"]["reply"]["selected_option"]["text"]["text"] == "Refund now"
        assert (await bench.slack.submit(bench.ann, {"Name": {"name": "good"}}))["action"] == "push"
        assert bench.slack.modal(bench.ann)["title"]["text"] == "Sure?"  # type: ignore[index]
        assert (await bench.slack.submit(bench.ann))["action"] == "clear"
        assert bench.slack.modal(bench.ann) is None


async def test_slash_shortcut_and_home(bench: Bench, mode: Any) -> None:
    seen: list[Json] = []
    async with mode(bench, interactive(bench, seen)):
        answer = await bench.slack.slash(bench.ann, bench.room, "/desk", f"add <@{bench.bob}>")
        assert answer["response"]["text"] == f"You said add <@{bench.bob}|bob>"
        assert seen.pop()["channel_id"] == bench.room
        with pytest.raises(Mistake, match="not a valid command"):
            await bench.slack.slash(bench.ann, bench.room, "/nothing")
        ts = bench.slack.post(bench.ann, bench.room, "hi")["ts"]
        assert (await bench.slack.shortcut(bench.ann, "tag", bench.room, ts))["ok"]
        assert (await bench.slack.shortcut(bench.ann, "tag"))["ok"]
        await bench.until(lambda: len(seen) == 2)
        assert (seen[0]["message"]["text"], seen[1]["type"]) == ("hi", "shortcut")
        assert bench.slack.open_home(bench.ann) is None
        await bench.until(lambda: bench.slack.home(bench.ann))
        assert (await bench.slack.press_home(bench.ann, "refresh"))["ok"]


async def test_views_slack_refuses(bench: Bench) -> None:
    app = bench.slack.app()

    def trigger() -> str:
        return bench.slack.core.new_trigger(app, bench.ann)

    client = bench.client
    assert (await refused(client.views_open(trigger_id="1.2.3", view=modal())))["error"] == "invalid_trigger_id"
    late = trigger()
    bench.slack.core.triggers[late].expires = time.time() - 1
    assert (await refused(client.views_open(trigger_id=late, view=modal())))["error"] == "expired_trigger_id"
    for wrong in (
        modal(title="x" * 25),
        modal(private_metadata="x" * 3001),
        modal(*[{"type": "divider"}] * 101),
        {"type": "modal"},
    ):
        assert (await refused(client.views_open(trigger_id=trigger(), view=wrong)))["error"] == "invalid_arguments"
    view = (await client.views_open(trigger_id=trigger(), view=modal()))["view"]
    newer = await client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title="New"))
    assert newer["view"]["id"] == view["id"]
    stale = client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title="Old"))
    assert (await refused(stale))["error"] == "hash_conflict"
    for _ in range(2):
        await client.views_push(trigger_id=trigger(), view=modal())
    assert (await refused(client.views_push(trigger_id=trigger(), view=modal())))["error"] == "push_limit_reached"
    await bench.slack.close_modal(bench.ann, clear=True)
    assert (await refused(client.views_update(view_id=view["id"], view=modal())))["error"] == "not_found"


async def test_a_response_url_is_good_five_times(bench: Bench) -> None:
    app, room = bench.slack.app(), bench.slack.core.world.rooms[bench.room]
    whisper = bench.slack.core.whisper(bench.ann, room, {"text": "pick"}, app)
    url = bench.slack.core.new_response_url(app, bench.ann, room, ts=whisper["ts"], ephemeral=True)
    async with aiohttp.ClientSession() as http:

        async def respond(**body: Any) -> tuple[int, str]:
            async with http.post(url, json=body) as response:
                return response.status, await response.text()

        assert await respond(text="picked", replace_original=True) == (200, "ok")
        assert [m["text"] for m in bench.slack.ephemerals(bench.ann)] == ["picked"]
        assert (await respond(delete_original=True))[0] == 200
        assert bench.slack.ephemerals(bench.ann) == []
        assert (await respond(text="for all", response_type="in_channel"))[0] == 200
        assert bench.slack.messages(bench.room)[0]["text"] == "for all"
        assert (await respond(text=""))[0] == 400
        assert (await respond(text="fifth"))[0] == 200
        assert (await respond(text="sixth"))[0] == 404
