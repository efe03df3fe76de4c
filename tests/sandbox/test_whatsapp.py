"""The sandbox refuses what WhatsApp's Cloud API refuses, with its codes."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from sandbox.server import Sandbox

Json = dict[str, Any]
TEXT = {"messaging_product": "whatsapp", "to": "4915112345678", "type": "text", "text": {"body": "hi"}}


async def ask(box: Sandbox, number: Json, body: Any, *, token: str = "", path: str = "messages", **more: Any) -> tuple[int, Json]:
    headers = {"Authorization": f"Bearer {token or number['token']}"}
    url = f"{box.whatsapp.base_url}/v23.0/{number['id']}/{path}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers, **more) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"messaging_product": None}, 100),
        ({"type": "hologram"}, 131009),
        ({"to": None}, 131008),
        ({"to": "me"}, 131009),
        ({"to": None, "recipient": "nobody"}, 131009),
        ({"text": None}, 131008),
        ({"text": {"body": " "}}, 131008),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": "x", "colour": "red"}}, 100),
        ({"colour": "red"}, 100),
        ({"context": "wamid.1"}, 131009),
        ({"biz_opaque_callback_data": "x" * 513}, 131009),
        ({"type": "image", "image": {"id": "1", "link": "https://x.example/1.png"}, "text": None}, 131008),
        ({"type": "image", "image": {"id": "1"}, "text": None}, 131009),
        ({"type": "document", "document": {"link": "https://x.example/1", "caption": "x" * 1025}, "text": None}, 131009),
        ({"type": "template", "template": {"name": "gone", "language": {"code": "en"}}, "text": None}, 132001),
        ({"type": "template", "template": {"name": "two", "language": {"code": "en"}}, "text": None}, 132000),
        ({"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": "👍"}, "text": None}, 131009),
    ],
)
async def test_what_does_not_fit_is_refused(change: Json, code: int) -> None:
    async with Sandbox.running(page=False) as box:
        number = box.whatsapp.add_number()
        box.whatsapp.add_person("Pat", "+4915112345678")
        box.whatsapp.add_template("two", "{{1}} and {{2}}")
        body = {name: value for name, value in (TEXT | change).items() if value is not None}
        status, answer = await ask(box, number, body)
        assert (status >= 400, answer["error"]["code"]) == (True, code)
        assert answer["error"]["type"] == "OAuthException"
        assert (await ask(box, number, TEXT, token="stolen"))[1]["error"]["code"] == 190


async def test_to_one_person_45_at_once_and_no_more() -> None:
    async with Sandbox.running(page=False) as box:
        number = box.whatsapp.add_number()
        who = box.whatsapp.add_person("Pat", "+4915112345678")
        box.whatsapp.send(who["id"], "hello")
        answers = [await ask(box, number, TEXT) for _ in range(46)]
        assert [status for status, _ in answers[:45]] == [200] * 45
        assert answers[45][1]["error"]["code"] == 131056


async def test_outside_of_the_window_and_off_whatsapp_it_fails_later() -> None:
    async with Sandbox.running(page=False) as box:
        number = box.whatsapp.add_number()
        who = box.whatsapp.add_person("Pat", "+4915112345678")
        status, answer = await ask(box, number, TEXT)
        assert status == 200
        assert box.whatsapp.world.said[answer["messages"][0]["id"]].status == "failed"
        assert box.whatsapp.messages(who["id"]) == []
        status, answer = await ask(box, number, TEXT | {"to": "4900000000"})
        assert (status, answer["contacts"][0]["wa_id"]) == (200, "4900000000")


async def test_an_address_of_a_file_wants_the_token_and_ends() -> None:
    async with Sandbox.running(page=False) as box:
        number = box.whatsapp.add_number()
        media = box.whatsapp.add_media(b"bytes", "image/png")
        headers = {"Authorization": f"Bearer {number['token']}"}
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{box.whatsapp.base_url}/v23.0/{media.id}", headers=headers) as answer:
                about = await answer.json()
            async with session.get(about["url"]) as answer:
                assert answer.status == 401
            async with session.get(about["url"], headers=headers) as answer:
                assert await answer.read() == b"bytes"
            for key in media.keys:
                media.keys[key] = 0
            async with session.get(about["url"], headers=headers) as answer:
                assert answer.status == 404
