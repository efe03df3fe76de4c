"""The control API, the mailbox and the pages, over real HTTP and SMTP."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import aiosmtplib
import pytest
import pytest_asyncio
from yarl import URL

from config.settings import load
from config.team import load_team
from sandbox.scene import Scene, build_scene
from sandbox.server import Sandbox


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.running() as running:
        yield running


@pytest_asyncio.fixture
async def scene(sandbox: Sandbox) -> Scene:
    return await build_scene(sandbox)


@pytest_asyncio.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=sandbox.url) as session:
        yield session


async def ask(http: aiohttp.ClientSession, verb: str, path: str, words: Any = None) -> tuple[int, Any]:
    async with http.request(verb, path, json=words) as answer:
        return answer.status, await answer.json()


def letter(subject: str = "Transcript", to: str = "boss@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.org", to, subject
    message.set_content("Ann: привет")
    message.add_alternative("<p>Ann: <b>привет</b></p>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="pdf", filename="счёт.pdf")
    return message


async def post(sandbox: Sandbox, message: EmailMessage, **more: Any) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=sandbox.mailbox.port, **more)


# A person's methods


async def test_a_person_acts_on_telegram(sandbox: Sandbox, scene: Scene, http: aiohttp.ClientSession) -> None:
    words = {"user": scene.clients["ann"], "chat": scene.channel_bot.id, "text": "Hello"}
    status, sent = await ask(http, "POST", "/control/telegram/send", words)
    assert status == 200
    assert sent["text"] == "Hello"


async def test_a_person_acts_on_slack(sandbox: Sandbox, scene: Scene, http: aiohttp.ClientSession) -> None:
    words = {"user": scene.slack_users["olga"], "room": scene.rooms["sales"], "text": "Morning"}
    status, _ = await ask(http, "POST", "/control/slack/post", words)
    assert status == 200
    _, said = await ask(http, "POST", "/control/slack/messages", {"room": scene.rooms["sales"]})
    assert [message["text"] for message in said] == ["Morning"]


@pytest.mark.parametrize(
    "path", ["slack/no_such", "telegram/close", "telegram/snapshot", "slack/_app", "teams/post", "mail/open"]
)
async def test_only_a_persons_methods_can_be_called(http: aiohttp.ClientSession, path: str) -> None:
    status, answer = await ask(http, "POST", f"/control/{path}", {})
    assert status == 404
    assert "has no method" in answer["error"]


async def test_a_mistake_is_a_sentence(http: aiohttp.ClientSession, scene: Scene) -> None:
    status, answer = await ask(http, "POST", "/control/telegram/send", {"user": 1, "chat": scene.forums["sales"], "text": "x"})
    assert status == 400
    assert answer["error"] == "there is no user 1"


async def test_wrong_keywords_are_a_sentence(http: aiohttp.ClientSession) -> None:
    status, answer = await ask(http, "POST", "/control/telegram/add_user", {"nme": "Ann"})
    assert status == 400
    assert answer["error"].startswith("telegram.add_user: missing a required argument: 'name'")
    assert "it takes (name" in answer["error"]


async def test_a_number_that_is_none_is_a_sentence(http: aiohttp.ClientSession, scene: Scene) -> None:
    status, answer = await ask(http, "POST", "/control/telegram/start", {"user": "", "bot": scene.channel_bot.id})
    assert status == 400
    assert answer["error"].startswith("telegram.start: invalid literal")


@pytest.mark.parametrize("body", ["{", "[1]", '"x"'])
async def test_a_body_that_is_no_object_is_refused(http: aiohttp.ClientSession, body: str) -> None:
    async with http.post("/control/telegram/add_user", data=body) as answer:
        assert answer.status == 400
        assert "JSON" in (await answer.json())["error"]


# State, feed, calls, scene


async def test_state_shows_every_part_and_can_be_narrowed(http: aiohttp.ClientSession, scene: Scene) -> None:
    _, whole = await ask(http, "GET", "/control/state")
    assert set(whole) == {"n", "slack", "telegram", "whatsapp", "mail"}
    assert {room["name"] for room in whole["slack"]["rooms"]} >= {"sales", "support"}
    _, part = await ask(http, "GET", "/control/state?only=mail")
    assert set(part) == {"n", "mail"}


async def test_tail_keeps_the_newest_messages(http: aiohttp.ClientSession, sandbox: Sandbox, scene: Scene) -> None:
    for number in range(5):
        sandbox.telegram.send(user=scene.operators["olga"], chat=scene.forums["sales"], text=f"n{number}")
    _, part = await ask(http, "GET", "/control/state?only=telegram&tail=2")
    forum = next(chat for chat in part["telegram"]["chats"] if chat["id"] == scene.forums["sales"])
    assert [message["text"] for message in forum["messages"]] == ["n3", "n4"]


async def test_state_carries_no_tokens(http: aiohttp.ClientSession, scene: Scene) -> None:
    async with http.get("/control/state") as answer:
        text = await answer.text()
    async with http.get("/control/scene") as answer:
        text += await answer.text()
    secrets = [scene.app.bot_token, scene.app.app_token, scene.app.signing_secret, scene.desk_bot.token, scene.channel_bot.token]
    assert [secret for secret in secrets if secret in text] == []


async def events(answer: aiohttp.ClientResponse, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async for line in answer.content:
        if line.startswith(b"data: "):
            found.append(json.loads(line[6:]))
            if len(found) == count:
                break
    return found


async def test_the_feed_tells_changes_as_they_come(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    after = sandbox.feed.last
    async with http.get("/control/feed", params={"after": after}) as answer:
        assert answer.content_type == "text/event-stream"
        sandbox.telegram.add_user(name="Zoe")
        sandbox.scene = {"hello": 1}
        first, second = await events(answer, 2)
    assert (first["platform"], first["kind"]) == ("telegram", "user")
    assert (second["platform"], second["kind"], second["n"]) == ("sandbox", "scene", first["n"] + 1)


async def test_the_feed_goes_on_from_the_last_event_seen(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    sandbox.scene = {"hello": 1}
    sandbox.scene = {"hello": 2}
    async with http.get("/control/feed", headers={"Last-Event-ID": str(sandbox.feed.last - 1)}) as answer:
        (only,) = await events(answer, 1)
    assert only["n"] == sandbox.feed.last


async def test_an_open_feed_does_not_keep_the_sandbox_from_closing() -> None:
    async with aiohttp.ClientSession() as session:
        async with Sandbox.running() as sandbox:
            answer = await session.get(f"{sandbox.url}/control/feed")
        assert await answer.content.read() == b"retry: 500\n\n"


async def test_calls_of_the_bot_are_listed(http: aiohttp.ClientSession, sandbox: Sandbox, scene: Scene) -> None:
    for method in ("getMe", "getWebhookInfo"):
        async with http.post(f"/telegram/bot{scene.desk_bot.token}/{method}") as answer:
            assert answer.status == 200
    _, calls = await ask(http, "GET", "/control/calls?platform=telegram&method=getMe")
    assert [(call["method"], call["ok"]) for call in calls] == [("getMe", True)]
    _, calls = await ask(http, "GET", "/control/calls?platform=slack")
    assert calls == []


async def test_a_scene_can_be_set_over_http(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    status, scene = await ask(http, "POST", "/control/scene", {"widget": {"src": "http://127.0.0.1:1/w.js"}})
    assert (status, scene) == (200, sandbox.scene)
    assert await ask(http, "GET", "/control/scene") == (200, scene)


# Trouble


async def test_a_fault_is_armed_met_and_cleared(http: aiohttp.ClientSession, scene: Scene) -> None:
    fault = {"platform": "telegram", "method": "getMe", "kind": "rate_limit", "seconds": 7, "times": -1}
    status, trouble = await ask(http, "POST", "/control/faults", fault)
    assert status == 200
    assert [armed["method"] for armed in trouble["faults"]] == ["getMe"]
    path = f"/telegram/bot{scene.desk_bot.token}/getMe"
    status, answer = await ask(http, "POST", path)
    assert (status, answer["parameters"]) == (429, {"retry_after": 7})
    _, trouble = await ask(http, "DELETE", "/control/faults")
    assert trouble["faults"] == []
    status, _ = await ask(http, "POST", path)
    assert status == 200


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("faults", {"platform": "slack", "method": "*", "kind": "explode"}),
        ("faults", {"kind": "delay"}),
        ("faults", {"platform": "slack", "method": "*", "kind": "delay", "second": 1}),
        ("limits", {"enabled": "yes"}),
        ("limits", {"speed": 0}),
        ("limits", {"speed": -1}),
        ("latency", {"slack": "much"}),
        ("latency", {"slack": True}),
    ],
)
async def test_wrong_trouble_is_refused(http: aiohttp.ClientSession, sandbox: Sandbox, path: str, words: Any) -> None:
    status, answer = await ask(http, "POST", f"/control/{path}", words)
    assert status == 400
    assert answer["error"]
    assert sandbox.faults.armed == []


async def test_limits_and_latency_are_set_apart(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    await ask(http, "POST", "/control/limits", {"enabled": False})
    await ask(http, "POST", "/control/limits", {"speed": 10})
    assert (sandbox.windows.enabled, sandbox.windows.speed) == (False, 10.0)
    await ask(http, "POST", "/control/latency", {"slack": 0.5, "telegram": 1})
    await ask(http, "POST", "/control/latency", {"telegram": 0})
    _, trouble = await ask(http, "GET", "/control/trouble")
    assert trouble["latency"] == {"slack": 0.5}


# The mailbox


async def test_a_letter_is_received_whole(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    await post(sandbox, letter(), username="desk", password="secret")
    _, (kept,) = await ask(http, "POST", "/control/mail/received", {"to": "boss@example.org"})
    assert kept["subject"] == "Transcript"
    assert (kept["text"].strip(), kept["html"].strip()) == ("Ann: привет", "<p>Ann: <b>привет</b></p>")
    assert kept["files"] == [{"name": "счёт.pdf", "type": "application/pdf", "size": 2}]
    assert sandbox.mailbox.logins == ["desk"]
    async with http.get("/control/mail/1/files/0") as answer:
        assert await answer.read() == b"\x00\x01"
        assert answer.headers["Content-Disposition"].startswith("attachment")
    status, _ = await ask(http, "GET", "/control/mail/1/files/1")
    assert status == 404


async def test_letters_keep_their_numbers_when_the_box_is_emptied(sandbox: Sandbox) -> None:
    await post(sandbox, letter("first"))
    sandbox.mailbox.clear()
    await post(sandbox, letter("second", to="else@example.org"))
    assert [(kept["id"], kept["subject"]) for kept in sandbox.mailbox.received()] == [(2, "second")]
    assert sandbox.mailbox.received(to="boss@example.org") == []
    assert "Subject: first" in sandbox.mailbox.raw(1)


async def test_a_letter_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.faults.add("mail", "send", "error", error="550 no such person", match={"to": "boss@example.org"})
    with pytest.raises(aiosmtplib.SMTPResponseException, match="no such person"):
        await post(sandbox, letter())
    await post(sandbox, letter())
    assert len(sandbox.mailbox.letters) == 1


async def test_a_letter_can_be_taken_without_an_answer(sandbox: Sandbox) -> None:
    sandbox.faults.add("mail", "send", "drop_after")
    with pytest.raises(aiosmtplib.SMTPException):
        await post(sandbox, letter())
    assert len(sandbox.mailbox.letters) == 1


async def test_an_address_can_be_refused_or_put_off(sandbox: Sandbox) -> None:
    sandbox.faults.add("mail", "rcpt", "error", error="550 5.1.1 no such user", match={"to": "boss@example.org"})
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await post(sandbox, letter())
    assert refused.value.recipients[0].code == 550
    sandbox.faults.add("mail", "rcpt", "rate_limit")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as put_off:
        await post(sandbox, letter())
    assert put_off.value.recipients[0].code == 451
    await post(sandbox, letter())
    assert len(sandbox.mailbox.letters) == 1


async def test_a_mail_server_can_be_away_and_come_back_at_its_address(sandbox: Sandbox) -> None:
    port = sandbox.mailbox.port
    await sandbox.mailbox.down()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await post(sandbox, letter())
    await sandbox.mailbox.up()
    await post(sandbox, letter())
    assert sandbox.mailbox.port == port and len(sandbox.mailbox.letters) == 1


async def test_a_login_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.mailbox.refuse_login = True
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await post(sandbox, letter(), username="desk", password="secret")
    assert sandbox.mailbox.letters == []


# Pages and the scene


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/page/js/main.js", "/page/style/base.css", "/page/emoji.json", "/client-site"]
)
async def test_pages_are_served(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        assert answer.status == 200
        assert len(await answer.read()) > 100


@pytest.mark.parametrize(
    "path", ["/page/../server.py", "/page/%2e%2e/server.py", "/page/..%2fserver.py", "/page/js", "/page/nothing.js"]
)
async def test_nothing_else_is_served(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(URL(path, encoded=True)) as answer:
        assert answer.status == 404


async def test_emoji_go_by_slacks_names(http: aiohttp.ClientSession) -> None:
    _, names = await ask(http, "GET", "/page/emoji.json")
    wanted = {"smile": "😄", "+1": "👍", "white_check_mark": "✅", "large_green_circle": "🟢", "thinking_face": "🤔"}
    assert {name: names[name] for name in wanted} == wanted


async def test_the_shop_carries_the_scenes_widget_safely(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    sandbox.scene = {"widget": {"src": "http://127.0.0.1:8080/widget.js", "channel": 'a"><script>x</script>'}}
    async with http.get("/client-site") as answer:
        text = await answer.text()
    assert '<script id="widget" async src="http://127.0.0.1:8080/widget.js" data-channel="a&quot;&gt;' in text
    assert "<script>x" not in text


async def test_a_sandbox_without_its_page() -> None:
    async with Sandbox.running(page=False, limits=False) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
        assert sandbox.windows.enabled is False
        async with session.get("/") as answer:
            assert answer.status == 404
        assert await ask(session, "GET", "/control/scene") == (200, {})


async def test_the_scenes_settings_and_team_fit_the_bot(
    sandbox: Sandbox, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = scene.environment()
    assert settings["RELAYDESK_SLACK__API_URL"] == f"{sandbox.url}/slack/api/"
    assert settings["RELAYDESK_TELEGRAM__API_URL"] == f"{sandbox.url}/telegram"
    assert re.fullmatch(r"xoxb-\S+", settings["RELAYDESK_SLACK__BOT_TOKEN"])
    scene.write(tmp_path)
    rights = ["super_admin", "conversations_management", "tab_all", "send_once"]
    team = load_team(tmp_path / "team.toml", permissions=rights)
    assert [group.name for group in team.groups] == ["Sales", "Support"]
    assert team.groups[0].slack_room == scene.rooms["sales"]
    assert team.groups[0].telegram_forums == (str(scene.forums["sales"]),)
    olga = next(operator for operator in team.operators if operator.name == "Olga Ivanova")
    assert (olga.slack, olga.telegram) == (scene.slack_users["olga"], str(scene.operators["olga"]))
    assert {channel.kind for channel in team.channels} == {"telegram", "widget", "whatsapp"}
    written = dict(line.split("=", 1) for line in (tmp_path / "bot.env").read_text().splitlines())
    for name, value in written.items():
        monkeypatch.setenv(name, value)
    read = load(env_file=None)
    assert (read.http.port, read.smtp.port, read.widget.origins) == (8080, sandbox.mailbox.port, (sandbox.url,))
    assert str(read.team_file) == str(tmp_path / "team.toml")
