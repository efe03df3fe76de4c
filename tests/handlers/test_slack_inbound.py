"""Slack's updates through the real SDKs: kept before they are acknowledged, then done once and in order."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.conversation import Status
from bot.handlers.desks.slack.inbound import at_of
from bot.handlers.desks.slack.platform import SlackPlatform
from bot.handlers.desks.slack.updates import to_keep
from bot.store import mirrors, tables
from sandbox.server import Sandbox
from tests.slack_house import House, opened


@pytest.fixture(params=["http", "socket"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, http=request.param == "http") as house:
        yield house


@pytest.fixture
async def web_house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, http=True) as house:
        yield house


class TestWhatOperatorsDo:
    async def test_words_in_a_thread_reach_the_conversation(self, house: House) -> None:
        ts = house.slack.post(house.olga, "sales", f"hello <@{house.olga}> *you*", thread_ts=house.root)["ts"]
        assert await house.settled(1) == [(f"message:{house.app['team_id']}:{house.room}:{ts}", "done")]
        (_, _), (direction, body) = await house.said()
        assert direction == "held"
        assert "@Olga P" in body
        assert house.olga not in body

    async def test_words_written_before_the_thread_is_known_wait_a_moment(self, house: House) -> None:
        """Who is quick answers while Slack's answer to the card's post is still on its way."""
        await house.know_thread(known=False)
        house.slack.post(house.olga, "sales", "I am quick", thread_ts=house.root)
        await house.until(house.kept)
        await house.know_thread(known=True)
        await house.settled(1)
        assert [direction for direction, body in await house.said() if "I am quick" in body] == ["held"]

    async def test_many_words_keep_their_order(self, house: House) -> None:
        for number in range(20):
            house.slack.post(house.olga, "sales", f"note: {number}", thread_ts=house.root)
            if house.http:  # requests overtake one another on their way; a socket's messages do not
                await house.until_kept(number + 1)
        await house.settled(20)
        notes = [json.dumps(body) for direction, body in await house.said() if direction == "note"]
        assert ["note: " in note and f" {number}\\" in note for number, note in enumerate(notes)] == [True] * 20

    async def test_a_press_does_it_and_a_refused_one_is_told_to_the_person(self, house: House) -> None:
        assert (await house.slack.press(house.olga, "sales", house.root, "start"))["ok"]
        await house.settled(1)
        assert await house.status() is Status.INBOX
        assert (await house.slack.press(house.olga, "sales", house.root, "close"))["ok"]
        whisper = await house.sandbox.until(lambda: house.slack.ephemerals(house.olga, "sales")[-1:])
        assert "thread_ts" not in whisper[0] or whisper[0]["thread_ts"] == house.root
        assert await house.status() is Status.INBOX

    async def test_F66_a_strangers_press_is_refused_to_the_stranger_alone(self, house: House) -> None:
        eve = house.slack.add_user("Eve")["id"]
        house.slack.join("sales", eve)
        await house.slack.press(eve, "sales", house.root, "start")
        await house.sandbox.until(lambda: house.slack.ephemerals(eve))
        assert await house.status() is Status.UNASSIGNED
        assert house.slack.ephemerals(house.olga) == []

    async def test_a_decided_question_goes_away(self, house: House) -> None:
        ts = house.slack.post(house.olga, "sales", "hello", thread_ts=house.root)["ts"]
        await house.settled(1)
        message_id = await house.store.read(
            lambda tx: tx.execute(select(tables.message.c.id).where(tables.message.c.direction == "held")).scalar_one()
        )
        blocks = [{"type": "actions", "elements": [house._button("keep_note", f"keep_note:{message_id}")]}]
        question = {"channel": house.room, "user": house.olga, "thread_ts": house.root, "text": "?", "blocks": blocks}
        await house.platform._wire.call("chat.postEphemeral", question)
        (asked,) = house.slack.ephemerals(house.olga)
        await house.slack.press(house.olga, "sales", asked["ts"], "keep_note")
        await house.sandbox.until(lambda: [one["text"] for one in house.slack.ephemerals(house.olga)] != ["?"])
        await house.sandbox.until(lambda: any("Kept" in one["text"] for one in house.slack.ephemerals(house.olga)))
        assert all(one["text"] != "?" for one in house.slack.ephemerals(house.olga))
        assert ts

    async def test_a_reaction_counts_as_seen(self, house: House) -> None:
        assert (await house.store.read(house.talk)).unseen
        house.slack.react(house.olga, "sales", house.root, "eyes")
        await house.settled(1)
        assert not (await house.store.read(house.talk)).unseen

    async def test_R32_files_are_messages_of_their_own_the_words_with_the_first(self, house: House) -> None:
        files = [{"name": "a\u202egpj.exe", "content": b"1"}, {"name": "b.pdf", "content": b"2"}]
        house.slack.post(house.olga, "sales", "note: look", thread_ts=house.root, files=files)
        await house.settled(1)
        said = await house.said()
        assert [direction for direction, _ in said] == ["in", "note", "note"]
        assert "agpj.exe" in said[1][1]
        assert "look" in said[1][1]
        assert "b.pdf" in said[2][1]
        assert await house.told() == []

    async def test_F46_F61_our_own_file_and_one_edited_by_a_bot_are_not_kept(self, house: House) -> None:
        core = house.slack.core
        room = core.world.room_named("sales")
        ours = {"user": house.bot, "subtype": "file_share", "files": [{"id": "F1", "name": "ours"}], "thread_ts": house.root}
        core.post(room, {"text": "", **ours})
        post = core.post(room, {"text": "x", "user": house.olga, "bot_id": "B0OTHER", "thread_ts": house.root})
        core.change(room, post, {"text": "y"}, editor=house.olga)
        house.slack.post(house.olga, "sales", "note: x", thread_ts=house.root)
        assert len(await house.settled(1)) == 1

    async def test_team_talk_elsewhere_is_none_of_our_business(self, house: House) -> None:
        talk = house.slack.post(house.olga, "sales", "lunch?")["ts"]
        house.slack.post(house.olga, "sales", "yes", thread_ts=talk, files=[{"name": "menu.pdf", "content": b"1"}])
        await house.settled(1)
        assert await house.told() == []
        assert len(await house.said()) == 1

    async def test_a_deleted_root_is_made_anew_with_and_without_replies(self, house: House) -> None:
        await house.platform._wire.call("chat.delete", {"channel": house.room, "ts": house.root})
        await house.settled(1)
        live = await house.store.read(lambda tx: mirrors.of_conversation(tx, house.talk(tx).id))
        assert [mirror.thread for mirror in live] == [""]
        second = (await house.platform._wire.call("chat.postMessage", {"channel": house.room, "text": "card"}))["ts"]
        await house.store.write(lambda tx: mirrors.place(tx, live[0], thread=second, card_ref=second))
        reply = house.slack.post(house.olga, "sales", "note: x", thread_ts=second)["ts"]
        await house.settled(2)
        house.slack.delete(house.olga, "sales", reply)
        house.slack.post(house.olga, "sales", "note: y", thread_ts=second)
        await house.settled(4)
        assert [
            mirror.thread for mirror in await house.store.read(lambda tx: mirrors.of_conversation(tx, house.talk(tx).id))
        ] == [second]
        await house.platform._wire.call("chat.delete", {"channel": house.room, "ts": second})
        await house.settled(5)
        assert [
            mirror.thread for mirror in await house.store.read(lambda tx: mirrors.of_conversation(tx, house.talk(tx).id))
        ] == [""]

    async def test_the_slash_word_shows_what_can_be_typed(self, house: House) -> None:
        shown = await house.slack.slash(house.olga, "sales", "/desk", "help")
        assert "!start" in json.dumps(shown)
        assert [(key.partition(":")[0], state) for key, state in await house.kept()] == [("/desk", "done")]


class TestWhatIsNotKept:
    async def test_F45_F46_neither_our_echo_nor_other_bots_nor_noise(self, house: House) -> None:
        call = house.platform._wire.call
        other = house.slack.add_app("Other")
        house.slack.join("sales", other["bot_user_id"])
        robot = house.slack.add_user("Robot", is_bot=True)["id"]
        house.slack.join("sales", robot)
        house.slack.post(robot, "sales", "beep", thread_ts=house.root)
        await call("chat.postMessage", {"channel": house.room, "thread_ts": house.root, "text": "x", "username": "Ann"})
        await call("chat.update", {"channel": house.room, "ts": house.root, "text": "card 2"})
        await call("reactions.add", {"channel": house.room, "timestamp": house.root, "name": "lock"})
        house.slack.post(house.olga, "sales", "in the room itself")
        await house.sandbox.until(lambda: all(house.slack.event_outcome(one["event_id"]) for one in house.slack.events()))
        assert await house.kept() == []

    @given(
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(
                    st.sampled_from(
                        [
                            "type",
                            "event",
                            "subtype",
                            "channel",
                            "ts",
                            "thread_ts",
                            "user",
                            "item",
                            "message",
                            "actions",
                            "container",
                        ]
                    ),
                    inner,
                    max_size=6,
                ),
            ),
            max_leaves=20,
        ),
        st.sampled_from(["event_callback", "block_actions", "view_submission"]),
        st.sampled_from(["message", "app_mention", "reaction_added", "channel_archive", "novelty", None]),
    )
    def test_F12_odd_shapes_never_raise(self, odd: Any, kind: str, event: Any) -> None:
        shape = odd if isinstance(odd, dict) else {"event": odd, "actions": odd, "container": odd}
        for body in ({**shape, "type": kind}, {"type": kind, "event": {**shape, "type": event}}):
            kept = to_keep(body)
            assert kept is None or json.loads(kept.payload) == body or kept.order_key == "unparsed"

    async def test_F12_what_is_unknown_or_no_json_is_kept_unparsed(self, web_house: House) -> None:
        bodies = [
            b'{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"novelty"}}',
            b"{" * 100_000,
            b'{"type":"event_callback","event":' + b'{"a":' * 900 + b"1" + b"}" * 902,
            b'{"type":"event_callback","event":{"type":"x","pad":"' + b"x" * (2 << 20) + b'"}}',
            b'{"type": "event_callback", "event": {"type": "\\u0000\\ud800"}}',
        ]
        for raw in bodies:
            assert await web_house.post(raw, **web_house.signed(raw)) == 200
        assert [status for _, status in await web_house.settled(5)] == ["unparsed"] * 5
        assert await web_house.post(b"x" * (9 << 20), **web_house.signed(b"")) == 413


class TestKeptBeforeAcknowledged:
    async def test_F3_a_store_that_is_away_is_no_acknowledgement(self, house: House) -> None:
        house.slack.retry_delays = [0.3] * 100
        house.store.down = True
        house.slack.core.delivery.patience = 0.2
        house.slack.post(house.olga, "sales", "note: x", thread_ts=house.root)
        await house.sandbox.until(lambda: house.store.turned_away)
        (event,) = [one for one in house.slack.events("message") if one["event"].get("user") == house.olga]
        assert house.slack.event_outcome(event["event_id"]) is None
        house.store.down = False
        await house.settled(1)
        assert [direction for direction, _ in await house.said()] == ["in", "note"]

    async def test_F3_the_answer_is_500_over_http(self, web_house: House) -> None:
        raw = json.dumps(an_event(web_house)).encode()
        web_house.store.down = True
        assert await web_house.post(raw, **web_house.signed(raw)) == 500
        web_house.store.down = False
        assert await web_house.post(raw, **web_house.signed(raw), **{"x-slack-retry-num": "1"}) == 200
        assert len(await web_house.settled(1)) == 1

    async def test_F4_repeated_events_are_one(self, house: House) -> None:
        house.slack.post(house.olga, "sales", "note: x", thread_ts=house.root)
        await house.settled(1)
        (event,) = [one for one in house.slack.events("message") if one["event"].get("user") == house.olga]
        await house.slack.redeliver(event["event_id"], times=3)
        assert len(await house.kept()) == 1
        assert len(await house.said()) == 2

    async def test_F6_a_message_that_mentions_the_bot_is_one(self, house: House) -> None:
        house.slack.post(house.olga, "sales", f"note: <@{house.bot}> x", thread_ts=house.root)
        await house.sandbox.until(lambda: house.slack.events("app_mention"))
        await house.sandbox.until(lambda: all(house.slack.event_outcome(one["event_id"]) for one in house.slack.events()))
        assert len(await house.settled(1)) == 1
        assert [direction for direction, _ in await house.said()] == ["in", "note"]

    async def test_two_presses_with_one_trigger_are_one(self, web_house: House) -> None:
        payload = {
            "type": "block_actions",
            "trigger_id": "1.2.3",
            "user": {"id": web_house.olga},
            "channel": {"id": web_house.room},
            "container": {"type": "message", "message_ts": web_house.root},
            "actions": [{"type": "button", "action_id": "start", "value": "start:1.1"}],
        }
        raw = f"payload={json.dumps(payload)}".encode()
        for _ in range(2):
            assert await web_house.post(raw, **web_house.signed(raw, kind="application/x-www-form-urlencoded")) == 200
        assert await web_house.settled(1) == [("press:1.2.3", "done")]


def an_event(house: House) -> dict[str, Any]:
    said = {
        "type": "message",
        "user": house.olga,
        "text": "note: x",
        "ts": "1700000001.000200",
        "thread_ts": house.root,
        "channel": house.room,
    }
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": said}


class TestF62Signatures:
    async def test_the_challenge_is_answered(self, web_house: House) -> None:
        assert await web_house.slack.verify_url(web_house.app["app_id"])

    async def test_whatever_slack_did_not_sign_is_401_and_leaves_nothing(self, web_house: House) -> None:
        raw = json.dumps(an_event(web_house)).encode()
        good = web_house.signed(raw)
        latin = {**good, "X-Slack-Signature": "v0=\u00fc" + good["X-Slack-Signature"][4:]}
        refused: list[tuple[bytes, dict[str, str]]] = [
            (raw, {}),
            (raw, {"X-Slack-Signature": good["X-Slack-Signature"]}),
            (raw, {"X-Slack-Request-Timestamp": good["X-Slack-Request-Timestamp"]}),
            (raw, {**good, "X-Slack-Signature": "v0=" + "0" * 64}),
            (raw, {**good, "X-Slack-Signature": ""}),
            (raw, latin),
            (raw, {**good, "X-Slack-Request-Timestamp": "abc"}),
            (raw, {**good, "X-Slack-Request-Timestamp": "9" * 5000}),
            (raw, {**good, "X-Slack-Request-Timestamp": "1e9"}),
            (raw, web_house.signed(raw, age=301)),
            (raw, web_house.signed(raw, age=-302)),
            (raw + b" ", good),
            (b"\xff", good),
            (b"\xff", web_house.signed(b"\xff")),
            (b"", good),
        ]
        for body, headers in refused:
            assert await web_house.post(body, **headers) == 401, headers
        assert await web_house.kept() == []
        assert await web_house.post(raw, **web_house.signed(raw, age=295)) == 200

    async def test_bytes_no_client_library_would_send(self, web_house: House) -> None:
        host, port = web_house.url.removeprefix("http://").split("/")[0].split(":")
        stamp = str(int(time.time())).encode()
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-Slack-Request-Timestamp: " + stamp
            + b"\r\nX-Slack-Signature: v0=\xff\xfe\xc3\r\n\r\n{}"
        )  # fmt: skip
        status = await reader.readline()
        writer.close()
        assert b" 401 " in status


class TestSocketMode:
    async def test_comes_back_after_every_kind_of_goodbye(self, tmp_path: Path) -> None:
        async with opened(tmp_path, http=False) as house:
            app = house.app["app_id"]
            for reason in ("refresh_requested", "abrupt", "warning"):
                await house.slack.disconnect_sockets(app, reason)
                await asyncio.sleep(0.1)
                async with asyncio.timeout(30):
                    while house.slack.socket_count(app) < 1:
                        await asyncio.sleep(0.05)
            house.slack.retry_delays = [0.2] * 20
            house.slack.post(house.olga, "sales", "note: still here", thread_ts=house.root)
            await house.settled(1)
            ((direction, body),) = [said for said in await house.said() if said[0] != "in"]
            assert direction == "note" and "still here" in body

    async def test_what_was_begun_is_acknowledged_before_the_end(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Else the log ends in a traceback, and Slack sends again what is kept already."""
        async with opened(tmp_path, http=False) as house:
            house.store.may_go_on.clear()
            house.slack.post(house.olga, "sales", "note: the last word", thread_ts=house.root)
            await house.store.begun.wait()
            end = asyncio.create_task(house.stop())
            await asyncio.sleep(0)
            house.store.may_go_on.set()
            await end
            assert [key[:8] for key, _ in await house.kept()] == ["message:"]
        assert [record.message for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []

    async def test_a_refused_token_is_said_and_tried_again(self, tmp_path: Path) -> None:
        async with Sandbox.running(limits=False, page=False) as sandbox:
            sandbox.slack.add_app("Helpdesk")
            platform = SlackPlatform(
                None,  # type: ignore[arg-type]  # nothing arrives
                None,  # type: ignore[arg-type]
                bot_token="xoxb-1",
                app_token="xapp-wrong",
                signing_secret=None,
                api_url=sandbox.slack.base_url,
            )
            task = asyncio.create_task(platform.listen())
            await sandbox.until(lambda: [1 for _, method, _, _ in sandbox.slack.calls if method == "apps.connections.open"][1:])
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await platform.stop()
            assert platform.routes() == []


class TestCheck:
    async def test_all_is_well(self, house: House) -> None:
        findings = await house.platform.check([house.room])
        assert all(finding.ok for finding in findings), findings
        assert any("#sales" in finding.what for finding in findings)

    async def test_everything_wrong_has_its_remedy(self, house: House) -> None:
        out = house.slack.add_room("outside")["id"]
        old = house.slack.add_room("old", [house.bot])["id"]
        house.slack.archive("old")
        house.slack.configure_app(house.app["app_id"], scopes=["channels:read", "chat:write"])
        wrong = [finding for finding in await house.platform.check([house.room, out, old, "C0NOWHERE"]) if not finding.ok]
        assert len(wrong) == 4
        assert "reactions:write" in wrong[0].what
        assert "/invite @helpdesk in #outside" in wrong[1].remedy
        assert "unarchive #old" in wrong[2].remedy
        assert "C0NOWHERE" in wrong[3].what
        assert all(finding.remedy for finding in wrong)

    async def test_a_token_that_does_not_work(self, house: House) -> None:
        house.slack.revoke_token(house.app["bot_token"])
        (finding,) = await house.platform.check([house.room])
        assert not finding.ok
        assert "RELAYDESK_SLACK__BOT_TOKEN" in finding.remedy

    async def test_nobody_there(self) -> None:
        platform = SlackPlatform(
            None,  # type: ignore[arg-type]  # nothing arrives
            None,  # type: ignore[arg-type]
            bot_token="xoxb-1",
            app_token=None,
            signing_secret="s",
            api_url="http://127.0.0.1:9/api/",
        )
        (finding,) = await platform.check([])
        await platform.stop()
        assert not finding.ok
        assert finding.remedy


def test_times_and_names() -> None:
    assert at_of("1700000000.123456") == 1_700_000_000_123
    assert at_of("1700000000") == 1_700_000_000_000
    assert at_of("abc") == at_of("") == 0
