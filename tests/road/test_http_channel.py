"""The HTTP channel, played from either desk (R103)."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from sqlalchemy import select

from bot.store import figures
from bot.store.tables import inbox
from tests.road.house import House
from tests.road.http_hands import begin_taken_http, open_http
from tests.road.talk import HOLDER, change_team
from tests.road.whatsapp_hands import PDF, files_in, react, reactions_of, sends_file
from tools.http_channel import TARGET, page

DOCS = Path(__file__).resolve().parents[2] / "docs" / "http-channel.md"


async def test_R103_R31_words_both_ways_with_receipts(cold_house: House, platform: str) -> None:
    async with open_http(cold_house) as shop:
        house = cold_house
        talk = await begin_taken_http(house, shop, platform)
        assert "Kim Park" in talk.mine.card(talk.thread)
        post = talk.says(HOLDER, "good morning")
        await house.until(lambda: shop.texts() == ["Olga Ivanova: good morning"])
        await talk.marked(post, "accepted")
        number = shop.got[0]["id"]
        await shop.tells("receipt", id=number, fate="read")
        await talk.marked(post, "read")
        await shop.tells("receipt", id=number, fate="delivered")
        await house.settled()
        await talk.marked(post, "read")
        assert shop.unsigned == 0


async def test_R103_R33_R35_edits_deletions_and_reactions_both_ways(cold_house: House, platform: str) -> None:
    async with open_http(cold_house) as shop:
        house = cold_house
        talk = await begin_taken_http(house, shop, platform)
        await shop.tells("message", id="q", text="red one?")
        await house.until(lambda: any("red one?" in line for line in talk.lines()))
        await house.settled()
        react(talk, HOLDER, talk.mine.posts(talk.thread)[-1], "👍", "+1")
        await house.until(
            lambda: [one for one in shop.got if one["type"] == "reaction" and one["emoji"] == ["👍"] and one["id"] == "q"]
        )
        await shop.tells("edit", id="q", text="blue one?", at=1)
        await house.until(lambda: any("blue one?" in line for line in talk.lines()))
        post = talk.says(HOLDER, "it costs 5")
        await talk.marked(post, "accepted")
        number = shop.got[-1]["id"]
        await shop.tells("reaction", id=number, emoji=["🎉"], at=1)
        await house.until(lambda: reactions_of(talk, post) & {"🎉", "tada"})
        if platform == "slack":
            house.slack.edits(HOLDER, talk.thread, post, "it costs 6")
        else:
            view = house.telegram
            view.telegram.edit(user=view.user(HOLDER), chat=view.chat, message_id=int(post), text="it costs 6")
        await house.until(lambda: {"type": "edit", "id": number, "client": "42", "text": "it costs 6"} in shop.got)
        if platform == "slack":
            house.slack.deletes(HOLDER, talk.thread, post)
            await house.until(lambda: {"type": "delete", "id": number, "client": "42"} in shop.got)
        await shop.tells("delete", id="q")
        await house.until(lambda: any("deleted this message" in line for line in talk.lines()))


async def test_R103_R32_files_both_ways_by_their_bytes(cold_house: House, platform: str) -> None:
    async with open_http(cold_house) as shop:
        house = cold_house
        talk = await begin_taken_http(house, shop, platform)
        status, uploaded = await shop.uploads("../my bill.pdf", "application/pdf", PDF)
        assert (status, uploaded["name"], uploaded["size"]) == (201, "my bill.pdf", len(PDF))
        told = {"id": "f", "file": {"upload": uploaded["upload"]}, "text": "my bill"}
        assert (await shop.tells("message", **told))[1] == {"ok": True, "new": True}
        await house.until(lambda: files_in(talk) == [("my bill.pdf", PDF)] == files_in(talk, there=True))
        assert (await shop.tells("message", **told))[1] == {"ok": True, "new": False}
        assert (await shop.tells("message", **{**told, "id": "g"}))[0] == 422
        post = sends_file(talk, HOLDER, "offer.pdf", "application/pdf", PDF[:-1] + b"x", "our offer")
        await house.until(lambda: shop.texts() == ["Olga Ivanova: our offer"])
        await talk.marked(post, "accepted")
        url = shop.got[-1]["file"]["url"].replace("http://127.0.0.1:1", shop.url.removesuffix("/channel/app"))
        assert await shop.fetches(url) == (200, PDF[:-1] + b"x")
        assert (await shop.fetches(url[:-1] + ("0" if url[-1] != "0" else "1")))[0] == 401
        assert (await shop.fetches(re.sub(r"expires=\d+", "expires=1", url)))[0] == 401


async def test_R103_F7_F65_what_is_unsigned_stale_cut_or_doubled(cold_house: House) -> None:
    async with open_http(cold_house) as shop:
        house = cold_house
        body = b'{"type":"message","id":"1","client":{"id":"7"},"text":"hi"}'
        for signature in ("", "v1=", "v1=00", "v0=" + "0" * 64):
            assert (await shop.posts(body, signature=signature))[0] == 401
        assert (await shop.posts(body, age=320))[0] == 401
        assert (await shop.posts(body, age=-320))[0] == 401
        assert (await shop.posts(body, path="-not"))[0] in (401, 404)
        assert (await shop.posts(body[:-9]))[0] == 422
        assert (await shop.posts(b"[" * 5000))[0] == 422
        status, answer = await shop.posts(b'{"type":"message","id":"1","client":{"id":"7"},"colour":"red"}')
        assert (status, "colour" in answer["error"]) == (422, True)
        assert (await shop.posts(b"x" * 300_000))[0] == 413
        assert (await shop.tells("message", text=" "))[0] == 422
        assert (await shop.posts(body, path="/files", **{"X-Relaydesk-Content-SHA256": "0" * 64}))[0] == 422
        assert house.app is not None
        kept = select(inbox.c.id).where(inbox.c.source == "http")
        assert await house.app.store.read(lambda tx: tx.execute(kept).first()) is None
        assert [await shop.posts(body), await shop.posts(body)] == [
            (202, {"ok": True, "new": True}),
            (202, {"ok": True, "new": False}),
        ]
        await house.until(lambda: len(house.slack.threads()) == 1)


async def test_R103_F17_the_other_system_is_away_and_comes_back(cold_house: House, platform: str) -> None:
    async with open_http(cold_house) as shop:
        house = cold_house
        talk = await begin_taken_http(house, shop, platform)
        shop.answers = [429]
        post = talk.says(HOLDER, "one")
        other = talk.says(HOLDER, "two")
        await house.until(lambda: shop.texts() == ["Olga Ivanova: one", "Olga Ivanova: two"])
        await talk.marked(other, "accepted")
        await talk.marked(post, "accepted")
        shop.answers = [400]
        bad = talk.says(HOLDER, "three")
        await talk.marked(bad, "failed")
        await house.until(lambda: any("it answered 400" in line for line in talk.lines()))


async def test_R103_F57_a_callback_inside_the_network_is_not_called(cold_house: House) -> None:
    house = cold_house
    async with open_http(house) as shop:
        await house.stop()
        house.env["RELAYDESK_HTTP_CHANNEL__INSECURE_CALLBACKS"] = ""
        change_team(house, lambda tables: None)
        await house.start()
        talk = await begin_taken_http(house, shop, "slack")
        talk.says(HOLDER, "hello")
        assert house.app is not None
        async with asyncio.timeout(40):
            while not (waits := (await house.app.store.read(figures.collect)).waits):
                await asyncio.sleep(0.02)
        assert "no plain https address" in str(waits[0])
        assert shop.texts() == []


async def test_R103_the_example_of_the_page_works(cold_house: House) -> None:
    async with open_http(cold_house) as shop:
        program = re.search(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
        assert program is not None
        env = {**os.environ, "SECRET": shop.secret, "ADDRESS": shop.url}
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", program[1], env=env, stdout=asyncio.subprocess.PIPE)
        said, _ = await child.communicate()
        assert said.decode().strip() == '202 {"ok":true,"new":true}'
        await cold_house.until(lambda: cold_house.slack.threads())
        assert "Where is my order?" in cold_house.slack.card(cold_house.slack.threads()[0])


async def test_R103_an_admin_reads_the_secret_and_sets_the_callback(cold_house: House) -> None:
    async with open_http(cold_house) as shop:
        house = cold_house
        told = await house.slack.desk_says("ada", "channel app callback=ftp://x")
        assert "A callback is an address like" in told
        assert "go to https://app.example.com/x from now on" in await house.slack.desk_says(
            "ada", "channel app callback=https://app.example.com/x"
        )
        await house.slack.desk_says("ada", "channel app")
        assert shop.secret in " ".join(house.slack.modal("ada")[0])


def test_R103_the_description_is_made_from_the_code() -> None:
    assert TARGET.read_text("utf-8") == page(), "stale: python -m tools.http_channel"
