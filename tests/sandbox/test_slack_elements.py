"""Elements of the Slack stand-in that lists and forms need: rows with one action_id, files and moments in modals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from sandbox.people import Mistake
from tests.sandbox.test_slack import Bench, actions, bench, button, field, modal, socket_mode

Json = dict[str, Any]
__all__ = ["bench"]  # the fixture


@pytest.fixture
async def heard(bench: Bench) -> AsyncIterator[list[Json]]:
    """What the app hears; it opens the form when asked and accepts everything."""
    seen: list[Json] = []

    def prepare(bolt: AsyncApp) -> None:
        @bolt.action("open")
        async def opened(ack: Any, body: Json) -> None:
            await ack()
            seen.append(body)

        @bolt.view("form")
        async def submitted(ack: Any, view: Json) -> None:
            seen.append(view["state"]["values"])
            await ack()

        @bolt.shortcut("form")
        async def form(ack: Any, body: Json) -> None:
            await ack()
            await bench.client.views_open(trigger_id=body["trigger_id"], view=FORM)

    async with socket_mode(bench, prepare):
        yield seen


FORM = modal(
    {**field("Letter", "letter", type="file_input", filetypes=["pdf"], max_files=1), "optional": True},
    {**field("When", "when", type="datetimepicker", initial_date_time=1_700_000_000), "optional": True},
    callback_id="form",
)


async def test_rows_of_a_list_share_an_action_id_and_are_told_apart_by_their_block(bench: Bench, heard: list[Json]) -> None:
    rows = [actions(button("Open", "open", value=name), block_id=name) for name in ("ann", "bob")]
    ts = (await bench.client.chat_postMessage(channel=bench.room, text="list", blocks=rows))["ts"]
    await bench.client.views_publish(user_id=bench.ann, view={"type": "home", "blocks": rows})
    await bench.slack.press(bench.ann, bench.room, ts, "open", block_id="bob")
    await bench.slack.press_home(bench.ann, "open", block_id="bob")
    await bench.slack.press_home(bench.ann, "open")
    await bench.until(lambda: len(heard) == 3)
    assert [body["actions"][0]["value"] for body in heard] == ["bob", "bob", "ann"]
    with pytest.raises(Mistake, match="has no open"):
        await bench.slack.press_home(bench.ann, "open", block_id="eve")


async def test_a_message_with_a_picture_beside_its_words_can_be_pressed(bench: Bench, heard: list[Json]) -> None:
    picture = {"type": "image", "image_url": "https://a.example/p.png", "alt_text": "chart"}
    beside = {"type": "section", "text": {"type": "plain_text", "text": "words"}, "accessory": picture}
    blocks = [beside, actions(button("Open", "open"))]
    ts = (await bench.client.chat_postMessage(channel=bench.room, text="x", blocks=blocks))["ts"]
    assert await bench.slack.press(bench.ann, bench.room, ts, "open") == {"ok": True}
    await bench.until(lambda: heard)
    assert heard[0]["state"] == {"values": {}}


async def test_a_file_and_a_moment_in_a_modal(bench: Bench, heard: list[Json]) -> None:
    await bench.slack.shortcut(bench.ann, "form")
    await bench.until(lambda: bench.slack.modal(bench.ann))
    letter = bench.slack.upload(bench.ann, "letter.pdf", b"%PDF-1.7")["id"]
    picture = bench.slack.upload(bench.ann, "cat.png", b"\x89PNG")["id"]
    with pytest.raises(Mistake, match=r"takes pdf, not cat\.png"):
        await bench.slack.submit(bench.ann, {"Letter": {"letter": [picture]}})
    with pytest.raises(Mistake, match="at most 1 files"):
        await bench.slack.submit(bench.ann, {"Letter": {"letter": [letter, letter]}})
    assert (await bench.slack.submit(bench.ann, {"Letter": {"letter": [letter]}}))["ok"]
    [values] = heard
    assert values["When"]["when"] == {"type": "datetimepicker", "selected_date_time": 1_700_000_000}
    [file] = values["Letter"]["letter"]["files"]
    headers = {"Authorization": f"Bearer {bench.app['bot_token']}"}
    async with aiohttp.ClientSession() as http, http.get(file["url_private_download"], headers=headers) as answer:
        assert await answer.read() == b"%PDF-1.7"
