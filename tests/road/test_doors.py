"""Slack's HTTP door: who is not Slack is turned away, whatever he sends, and nothing of it is kept (F62)."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import time
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.store.tables import inbox, journal
from bot.store.uow import Tx
from tests.road.house import House
from tests.road.talk import begin_taken

Json = dict[str, Any]


@pytest.fixture
async def open_door(cold_house: House) -> str:
    """The address of a relaydesk that hears Slack over HTTP instead of Socket Mode."""
    house = cold_house
    del house.env["RELAYDESK_SLACK__APP_TOKEN"]
    house.env["RELAYDESK_SLACK__SIGNING_SECRET"] = house.scene.app.signing_secret
    url = f"{(await house.start()).address}/slack/events"
    app = house.box.slack.app().id
    house.box.slack.configure_app(app, events_url=url, interactivity_url=url, commands_url=url)
    return url


def kept(tx: Tx) -> tuple[int, int]:
    """How much the inbox and the journal hold."""
    return tuple(tx.execute(select(func.count()).select_from(table)).scalar_one() for table in (inbox, journal))  # type: ignore[return-value]


async def test_F62_only_slack_is_heard_at_its_door(cold_house: House, open_door: str) -> None:
    house = cold_house
    talk = await begin_taken(house, "slack")
    said: Json = {"type": "message", "user": talk.mine.user("olga"), "text": "forged", "channel": house.slack.room}
    said |= {"ts": "1700000000.000001", "thread_ts": talk.thread}
    raw = json.dumps({"type": "event_callback", "team_id": "T1", "event_id": "Ev0FORGED", "event": said}).encode()
    press = b"payload=" + json.dumps({"type": "block_actions"}).encode()
    secret = house.scene.app.signing_secret

    def signed(body: bytes, age: int = 0, by: str = secret) -> dict[str, str]:
        stamp = str(int(time.time()) - age)
        digest = hmac.new(by.encode(), b"v0:%b:%b" % (stamp.encode(), body), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    good = signed(raw)
    refused: list[tuple[bytes, dict[str, str]]] = [
        (raw, {}),
        (raw, {"X-Slack-Signature": good["X-Slack-Signature"]}),
        (raw, {"X-Slack-Request-Timestamp": good["X-Slack-Request-Timestamp"]}),
        (raw, good | {"X-Slack-Signature": "v0=" + "0" * 64}),
        (raw, good | {"X-Slack-Signature": ""}),
        (raw, good | {"X-Slack-Signature": "v0=ключ" + good["X-Slack-Signature"][7:]}),
        (raw, good | {"X-Slack-Request-Timestamp": "abc"}),
        (raw, good | {"X-Slack-Request-Timestamp": "١٧٠٠٠٠٠٠٠٠"}),
        (raw, good | {"X-Slack-Request-Timestamp": ""}),
        (raw, signed(raw, age=302)),
        (raw, signed(raw, age=-302)),
        (raw, signed(raw, by="another app's secret")),
        (raw + b" ", good),
        (b"\xff", good),
        (b"\xff", signed(b"\xff")),
        (b"", good),
        (press, good),
    ]
    assert house.app is not None
    before = await house.app.store.read(kept)
    async with aiohttp.ClientSession() as stranger:
        for body, headers in refused:
            for kind in ("application/json", "application/x-www-form-urlencoded"):
                about = {**headers, "Content-Type": kind}
                async with stranger.post(open_door, data=io.BytesIO(body), headers=about) as answer:
                    assert answer.status == 401, (body, headers)
    await house.settled()
    assert await house.app.store.read(kept) == before
    assert house.client_sees() == []
    post = talk.says("olga", "Slack's own words")
    await house.until(lambda: talk.mine.mark(talk.thread, post) == "accepted")
    assert house.client_sees() == ["Olga Ivanova\nSlack's own words"], "Slack itself is heard, buttons and words"
