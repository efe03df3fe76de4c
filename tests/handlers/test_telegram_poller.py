"""Updates are kept before they are confirmed, by polling and by webhook."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.handlers.shared import telegram_poller
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_poller import Patience, Poller, read_batch
from bot.handlers.shared.telegram_updates import keep_raw, keep_update, order_key
from bot.handlers.shared.telegram_webhook import HEADER, Webhook
from bot.store import cursors, tables
from bot.store.uow import Tx
from tests.telegram_house import SECRET, House, opened


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's waits, a tenth as long or less."""
    monkeypatch.setattr(telegram_poller, "LEASE_SECONDS", 2.0)
    monkeypatch.setattr(telegram_poller, "RENEW_SECONDS", 0.2)
    monkeypatch.setattr(Patience, "next", lambda self, first, most: 0.05)


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """Nobody polls yet; on either engine."""
    async with opened(tmp_path, start=False, address=database_url) as house:
        yield house


class Polling:
    """A poller at work."""

    def __init__(self, house: House) -> None:
        self.api = BotApi(house.bot["token"], house.telegram.base_url)
        self.poller = Poller(self.api, house.intake, house.store, poll_seconds=0.5)  # type: ignore[arg-type]
        self.task = asyncio.create_task(self.poller.run())

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.api.close()


@pytest.fixture
async def polling(house: House) -> AsyncIterator[Polling]:
    house.telegram.start(house.ann, house.bot_id)
    polling = Polling(house)
    yield polling
    await polling.stop()


def asked(house: House) -> list[int]:
    """The offsets Telegram was asked for, so far."""
    return [call.args.get("offset", 0) for call in house.telegram.calls if call.method == "getUpdates"]


async def keys(house: House, number: int) -> list[str]:
    async with asyncio.timeout(40):
        while len(found := await house.kept()) < number:
            await asyncio.sleep(0.01)
    return [key for key, _ in found]


async def offset(house: House) -> int:
    query = select(tables.cursor.c.value).where(tables.cursor.c.source == house.source)
    return int(await house.store.read(lambda tx: tx.execute(query).scalar_one()))


class TestKeeping:
    async def test_F1_nothing_is_confirmed_before_it_is_kept(self, house: House, polling: Polling) -> None:
        for number in range(250):
            house.telegram.send(house.ann, house.bot_id, f"{number}")
        kept = await keys(house, 251)
        ids = [int(key.partition(":")[2]) for key in kept]
        assert ids == sorted(ids)
        await house.sandbox.until(lambda: not house.telegram.bot(house.bot_id).mailbox.queue)
        assert await offset(house) == ids[-1] + 1
        await house.sandbox.until(lambda: max(asked(house)) == ids[-1] + 1)

    async def test_F1_what_was_fetched_and_not_kept_comes_again(self, house: House, polling: Polling) -> None:
        await keys(house, 1)
        house.store.down = True
        house.telegram.send(house.ann, house.bot_id, "hi")
        await house.sandbox.until(lambda: house.store.turned_away)
        await polling.stop()  # as if killed between getUpdates and the commit
        house.store.down = False
        again = Polling(house)
        kept = await keys(house, 2)
        await again.stop()
        assert kept == sorted(set(kept)) and len(kept) == 2

    async def test_F2_while_the_store_is_away_no_offset_moves(self, house: House, polling: Polling) -> None:
        first = await keys(house, 1)
        await house.sandbox.until(lambda: max(asked(house)) > 0)
        reached = max(asked(house))
        house.store.down = True
        for number in range(3):
            house.telegram.send(house.ann, house.bot_id, f"{number}")
        await house.sandbox.until(lambda: house.store.turned_away > 1)
        assert max(asked(house)) == reached == int(first[0].partition(":")[2]) + 1
        house.store.down = False
        assert len(await keys(house, 4)) == 4

    async def test_a_repeated_update_is_kept_once(self, house: House, polling: Polling) -> None:
        (key,) = await keys(house, 1)
        house.telegram.redeliver(int(key.partition(":")[2]))
        house.telegram.send(house.ann, house.bot_id, "hi")
        assert len(await keys(house, 2)) == 2

    @pytest.mark.parametrize(
        "shape",
        [
            b'{"update_id":%d,"message":{"text":"\xff\xfe broken"}}',
            b'{"update_id":%d,"message":{"text":"unfinished',
            b'{"update_id":%d,"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"update_id":%d,"message":{"text":"' + b"a" * 2_000_000 + b'"}}',
            b'{"update_id":%d,"hologram":{"x":1}}',
            b'{"update_id":%d,"message":{"text":"\\ud800 half"}}',
            b"\x00\x01 nothing at all %d",
        ],
        ids=["bytes", "cut", "deep", "large", "unknown", "surrogate", "rubbish"],
    )
    async def test_F12_whatever_comes_is_kept_and_the_loop_goes_on(self, house: House, polling: Polling, shape: bytes) -> None:
        await keys(house, 1)
        mailbox = house.telegram.bot(house.bot_id).mailbox
        house.telegram.send(house.ann, house.bot_id, "before")
        house.telegram.inject_update(house.bot["token"], shape % mailbox.next_id)
        house.telegram.send(house.ann, house.bot_id, "after")
        assert len(await keys(house, 4)) == 4
        await house.sandbox.until(lambda: not mailbox.queue)
        query = select(tables.inbox.c.payload).order_by(tables.inbox.c.id)
        payloads = await house.store.read(lambda tx: list(tx.execute(query).scalars()))
        assert "after" in payloads[-1]


class TestOnePoller:
    async def test_F16_of_two_nodes_one_polls_and_the_other_takes_over(self, house: House, polling: Polling) -> None:
        await keys(house, 1)
        other = Polling(house)
        rounds = len(asked(house))
        await house.sandbox.until(lambda: len(asked(house)) > rounds + 1)
        assert not any("Conflict" in call.error for call in house.telegram.calls)
        await polling.stop()
        house.telegram.send(house.ann, house.bot_id, "hi")
        await keys(house, 2)
        await other.stop()

    async def test_F16_a_stranger_on_our_token_costs_no_update(self, house: House, polling: Polling) -> None:
        await keys(house, 1)
        stranger = BotApi(house.bot["token"], house.telegram.base_url)
        for _ in range(5):
            await stranger.fetch("getUpdates", {"timeout": 0}, 5)
            await asyncio.sleep(0.05)
        house.telegram.send(house.ann, house.bot_id, "hi")
        assert len(await keys(house, 2)) == 2
        await stranger.close()

    async def test_a_lost_lease_ends_the_batch(self, house: House, polling: Polling) -> None:
        await keys(house, 1)

        def steal(tx: Tx) -> None:
            tx.execute(tables.cursor.update().values(owner="thief", fence=tables.cursor.c.fence + 1, lease_until=tx.now + 400))

        await house.store.write(steal)
        house.telegram.send(house.ann, house.bot_id, "hi")
        await keys(house, 2)
        assert len(await house.kept()) == 2

    async def test_the_lease_is_given_back(self, house: House, polling: Polling) -> None:
        await keys(house, 1)
        await polling.stop()
        assert await house.store.write(lambda tx: cursors.acquire(tx, house.source, "next", 60)) is not None


class TestTrouble:
    async def test_a_webhook_is_taken_away_before_polling(self, house: House) -> None:
        api = BotApi(house.bot["token"], house.telegram.base_url)
        await api.call("setWebhook", {"url": "http://127.0.0.1:9/x", "secret_token": SECRET})
        polling = Polling(house)
        house.telegram.start(house.ann, house.bot_id)
        await keys(house, 1)
        await api.call("setWebhook", {"url": "http://127.0.0.1:9/x", "secret_token": SECRET})
        house.telegram.send(house.ann, house.bot_id, "hi")
        assert len(await keys(house, 2)) == 2
        await polling.stop()
        assert (await api.call("getWebhookInfo", {}))["url"] == ""
        await api.close()

    async def test_outages_and_limits_end_by_themselves(self, house: House, polling: Polling) -> None:
        await keys(house, 1)
        house.fault("getUpdates", "status", times=2, status=502, body="<html>bad gateway")
        house.fault("getUpdates", "drop_after", times=2)
        house.fault("getUpdates", "rate_limit", times=1, seconds=1)
        house.fault("getUpdates", "status", times=1, status=200, body="<html>a portal")
        house.telegram.send(house.ann, house.bot_id, "hi")
        assert len(await keys(house, 2)) == 2

    async def test_a_refused_token_is_asked_about_slowly(
        self, house: House, polling: Polling, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await keys(house, 1)
        naps: list[float] = []
        monkeypatch.setattr(Poller, "_explain", lambda self, error: naps.append(_explain(self, error)) or 0.05)
        house.telegram.revoke(house.bot["token"])
        await house.sandbox.until(lambda: naps)
        assert naps[0] == 60.0


_explain = Poller._explain


class TestWebhook:
    @pytest.fixture
    async def served(self, tmp_path: Path) -> AsyncIterator[House]:
        async with opened(tmp_path, webhook=True) as house:
            yield house

    async def post(self, house: House, body: bytes, **headers: Any) -> int:
        url, data = f"{house.url}/telegram/desk", io.BytesIO(body)
        async with aiohttp.ClientSession() as session, session.post(url, data=data, **headers) as answer:
            return answer.status

    async def test_F64_without_the_secret_nothing_is_taken(self, served: House) -> None:
        update = b'{"update_id":5,"message":{}}'
        assert await self.post(served, update) == 401
        for wrong in ("", "x", SECRET + "x", "s3cret_é", SECRET.upper(), "\u00ff" * 9):
            assert await self.post(served, update, headers={HEADER: wrong}) == 401
        assert await served.kept() == []
        assert await self.post(served, update, headers={HEADER: SECRET}) == 200
        assert [key for key, _ in await served.until_kept(1)] == [f"{served.bot_id}:5"]

    async def test_F64_raw_header_bytes_raise_nothing(self, served: House) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
        head = b"POST /telegram/desk HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        writer.write(head + HEADER.encode() + b": \xff\xfe\xe9\r\n\r\n{}")
        assert b" 401 " in await reader.readline()
        writer.close()

    async def test_F64_an_empty_or_odd_secret_stops_the_start(self, house: House) -> None:
        api = BotApi(house.bot["token"], house.telegram.base_url)
        for wrong in ("", "with space", "é", "x" * 257):
            with pytest.raises(ValueError, match="WEBHOOK_SECRET"):
                Webhook(api, house.intake, public_url="https://x", path="/", secret=wrong)
        await api.close()

    async def test_while_the_store_is_away_telegram_is_asked_to_come_again(self, served: House) -> None:
        served.store.down = True
        update = b'{"update_id":6,"message":{}}'
        assert await self.post(served, update, headers={HEADER: SECRET}) == 500
        served.store.down = False
        for _ in range(2):
            assert await self.post(served, update, headers={HEADER: SECRET}) == 200
        assert len(await served.until_kept(1)) == 1

    async def test_F12_any_body_is_kept(self, served: House) -> None:
        bodies = [b"\xff\xfe", b"[]", b'{"update_id":7', b'{"update_id":8,"x":' + b"[" * 100_000, b"{" + b" " * 2_000_000]
        for body in bodies:
            assert await self.post(served, body, headers={HEADER: SECRET}) == 200
        kept = await served.until_kept(5)
        assert {status for _, status in kept} <= {"unparsed", "done"}
        assert {f"{served.bot_id}:7", f"{served.bot_id}:8"} <= {key for key, _ in kept}


class TestKeys:
    def test_updates_of_a_topic_share_a_key_and_topics_do_not(self) -> None:
        def update(thread: int, kind: str = "message") -> dict[str, Any]:
            message = {"chat": {"id": -5}, "message_thread_id": thread, "is_topic_message": True}
            return {"update_id": 1, kind: {"message": message} if kind == "callback_query" else message}

        assert order_key(1, update(7)) == order_key(1, update(7, "callback_query")) == order_key(1, update(7, "edited_message"))
        assert order_key(1, update(7)) != order_key(1, update(8))
        assert order_key(1, {"update_id": 1, "message": []}) == "1::"

    def test_what_is_kept_can_be_encoded_and_read_again(self) -> None:
        update = {"update_id": 3, "message": {"text": "\ud800 é 🙂 \x00"}}
        kept = keep_update(9, update)
        assert kept.payload.encode()
        assert json.loads(kept.payload) == update
        assert keep_raw(9, json.dumps(update).encode()).dedupe_key == "9:3"

    def test_odd_answers_are_no_batches(self) -> None:
        for body in (b"", b"[]", b"{}", b'{"result":5}', b'{"result":[1]}', b'{"result":[{"update_id":"x"}]}'):
            assert read_batch(body) is None
        assert read_batch(b'{"ok":true,"result":[]}') == []
