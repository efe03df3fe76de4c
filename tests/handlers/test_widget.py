"""The website chat over HTTP: who may write and read what, and that nothing is lost on the way (R102, F54, F74)."""

from __future__ import annotations

import ast
import asyncio
import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientResponse, ClientSession
from sqlalchemy import text as sql

from bot.delivery.ports import Address, Mark, Parcel, Sent, Unsupported, Words
from bot.delivery.ports import Fate as Shown
from bot.domain.conversation import Direction
from bot.domain.text import RichText
from bot.handlers.channels import widget
from bot.handlers.channels.widget import assets
from bot.handlers.channels.widget.limits import Limits, Throttle
from bot.handlers.channels.widget.origins import BadOrigin, Origins
from bot.handlers.channels.widget.outbound import WidgetPort
from bot.handlers.channels.widget.streams import Streams
from bot.handlers.channels.widget.tokens import Tokens, nameless, visitor_of
from bot.store.engine import open_store
from bot.store.migrate import migrate
from bot.store.uow import Tx
from tests.migrated import migrated_sqlite
from tests.widget_house import WIDE, House, at_home

MESSAGE = {"id": "message-1", "text": "hello"}


class Visitor:
    """A browser without a face."""

    def __init__(self, session: ClientSession, house: House, channel: str = "shop") -> None:
        self.session = session
        self.house = house
        self.channel = channel
        self.token = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def url(self, path: str, **query: object) -> str:
        more = "".join([f"&{key}={value}" for key, value in query.items()])
        return f"{self.house.url}/widget/{path}?channel={self.channel}{more}"

    async def arrive(self) -> Visitor:
        async with self.session.post(self.url("session"), json={}) as answer:
            assert answer.status == 201
            self.token = (await answer.json())["token"]
        return self

    async def send(self, data: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
        sent = {"data": data} if isinstance(data, bytes) else {"json": data or MESSAGE}
        async with self.session.post(self.url("messages"), **{"headers": self.headers, **sent, **more}) as answer:
            return answer.status, await answer.json()

    async def write(self, text: str, message_id: str | None = None, **more: Any) -> None:
        """Send, and wait until it is in the conversation."""
        data = {"id": message_id or f"m-{hashlib.sha256(text.encode()).hexdigest()[:20]}", "text": text, **more}
        assert (await self.send(data))[0] == 200
        await self.house.until(lambda: self._has(text))

    async def _has(self, text: str) -> bool:
        return text in [message["body"] for message in (await self.history())["messages"]]

    async def history(self, **query: object) -> dict[str, Any]:
        async with self.session.get(self.url("history", **query), headers=self.headers) as answer:
            assert answer.status == 200
            found: dict[str, Any] = await answer.json()
            return found

    @asynccontextmanager
    async def listening(self, **headers: str) -> AsyncIterator[Ear]:
        async with self.session.get(self.url("events"), headers={**self.headers, **headers}) as answer:
            assert answer.status == 200
            yield Ear(answer)


class Ear:
    """Reads a stream of events."""

    def __init__(self, answer: ClientResponse) -> None:
        self.answer = answer

    async def event(self, seconds: float = 40.0) -> dict[str, str]:
        """The next event or comment; empty at the end."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(seconds):
            async for line in self.answer.content:
                row = line.decode().rstrip("\n")
                if not row:
                    return fields
                key, _, value = row.partition(": ")
                fields[key] = value
        return fields

    async def message(self) -> dict[str, Any]:
        while (event := await self.event()).get("event") != "message":
            assert event, "the stream has ended"
        found: dict[str, Any] = json.loads(event["data"])
        assert int(event["id"]) == found["seq"]
        return found

    async def bodies(self, count: int) -> list[Any]:
        return [(await self.message())["body"] for _ in range(count)]


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


def refusals() -> set[str]:
    """The codes of all the server's refusals."""
    calls = [node for path in Path(widget.__file__).parent.glob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    found = [node.args[1] for node in calls if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "No"]
    return {str(ast.literal_eval(code)) for code in found}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with at_home(database_url, channels=["shop", "blog"]) as house:
        yield house


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return migrated_sqlite(tmp_path)


@pytest.fixture
async def visitor(house: House, http: ClientSession) -> Visitor:
    return await Visitor(http, house).arrive()


class TestScript:
    async def test_is_small_whole_and_asked_for_again_only_when_it_changed(self, sqlite_url: str, http: ClientSession) -> None:
        async with at_home(sqlite_url) as house:
            async with http.get(f"{house.url}/widget.js", auto_decompress=False, headers={"Accept-Encoding": "gzip"}) as answer:
                packed = await answer.read()
                assert answer.content_type == "text/javascript"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert len(packed) < 20_000
            async with http.get(f"{house.url}/widget.js", headers={"Accept-Encoding": "identity"}) as answer:
                assert await answer.read() == gzip.decompress(packed)
            async with http.get(f"{house.url}/widget.js", headers={"If-None-Match": answer.headers["ETag"]}) as again:
                assert again.status == 304
            async with http.get(f"{house.url}/widget/widget.css") as answer:
                assert answer.content_type == "text/css"

    async def test_every_language_has_every_text(self) -> None:
        english = json.loads(assets.words("en").plain)
        for language in assets.LANGUAGES:
            spoken = json.loads(assets.words(language).plain)
            assert list(spoken)[: len(english)] == list(english), language
            for name, text in english.items():
                forms = list(spoken[name].values()) if isinstance(text, dict) else [spoken[name]]
                wanted = re.findall(r"\{\w+\}", text["other"] if isinstance(text, dict) else text)
                assert all(sorted(re.findall(r"\{\w+\}", form)) == sorted(wanted) and form for form in forms), (language, name)

    async def test_every_refusal_has_words_in_the_visitors_language(self) -> None:
        """By its code; in English the server's own words are as good, and the script has no room for them twice."""
        english, codes = set(json.loads(assets.words("en").plain)), refusals()
        assert {"too_long", "identity", "full"} <= codes and codes & english == {"identity", "later", "slower"}
        for language in set(assets.LANGUAGES) - {"en"}:
            spoken = json.loads(assets.words(language).plain)
            assert set(spoken) == english | codes and all(spoken[code] for code in codes), language

    async def test_looks_that_are_set_reach_the_script_and_nothing_else(self, sqlite_url: str, http: ClientSession) -> None:
        looks = {"greeting": "</script><script>hit()"}
        async with at_home(sqlite_url, looks=looks) as house, http.get(f"{house.url}/widget.js") as answer:
            script = await answer.text()
        assert "</script>" not in script and "\\u003c/script>" in script

    async def test_any_page_may_read_the_words(self, sqlite_url: str, http: ClientSession) -> None:
        headers = {"Origin": "https://any.example"}
        async with at_home(sqlite_url) as house, http.get(f"{house.url}/widget/words/ru.json", headers=headers) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")

    async def test_runs_no_text_and_parses_no_html(self, sqlite_url: str, http: ClientSession) -> None:
        async with at_home(sqlite_url) as house, http.get(f"{house.url}/widget.js") as answer:
            script = await answer.text()
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            'setAttribute("style"',
        ):
            assert word not in script


class TestWriting:
    async def test_r102_a_message_is_kept_when_it_is_acknowledged_and_arrives(self, visitor: Visitor, house: House) -> None:
        status, answer = await visitor.send({"id": "message-1", "text": "hello :wave:\r\nyou", "name": " Marta\n"})
        assert (status, answer["id"]) == (200, "message-1")
        assert await house.kept() == 1
        await house.until(house.talks)
        [message] = await house.visible()
        assert (message.direction, message.body.to_plain(), message.remote_id) == ("in", "hello 👋\nyou", "message-1")

    async def test_the_same_id_again_is_the_same_message(self, visitor: Visitor, house: House) -> None:
        answers = await asyncio.gather(*[visitor.send() for _ in range(10)])
        assert {status for status, _ in answers} == {200}
        await visitor.write("next")
        assert await house.said() == ["hello", "next"]

    async def test_messages_keep_their_order(self, visitor: Visitor, house: House) -> None:
        for number in range(30):
            await visitor.send({"id": f"message-{number}", "text": str(number)})
        await house.until(lambda: self._all(house))
        assert await house.said() == [str(number) for number in range(30)]

    @staticmethod
    async def _all(house: House) -> bool:
        return bool(await house.talks()) and len(await house.said()) == 30

    async def test_a_visitor_has_the_name_he_gave_or_a_stable_one(self, house: House, http: ClientSession) -> None:
        named, nobody = [await Visitor(http, house).arrive() for _ in range(2)]
        await named.write("a", name="Marta \u202eevil\u200b")
        await nobody.write("b")
        names = await house.store.read(lambda tx: set(tx.execute(sql("SELECT name FROM client")).scalars()))
        assert names == {"Marta evil", nameless(visitor_of(nobody.token))}
        assert nameless("4f2a99") == "Website visitor 4F2A"

    @pytest.mark.parametrize(
        ("body", "status", "word"),
        [
            (b"", 400, "not_json"),
            (b"{", 400, "not_json"),
            (b"[]", 400, "not_json"),
            (b'"text"', 400, "not_json"),
            (b"[" * 60_000, 400, "not_json"),
            (b'{"id":"message-1","text":"\xff"}', 400, "not_utf8"),
            (json.dumps({"text": "no id"}).encode(), 400, "id"),
            (json.dumps({"id": "short", "text": "x"}).encode(), 400, "id"),
            (json.dumps({"id": "a" * 65, "text": "x"}).encode(), 400, "id"),
            (json.dumps({"id": "message 1 ✓", "text": "x"}).encode(), 400, "id"),
            (json.dumps({"id": 12345678, "text": "x"}).encode(), 400, "id"),
            (json.dumps({"id": "message-1", "text": ["x"]}).encode(), 400, "shape"),
            (json.dumps({"id": "message-1", "text": "x", "name": {"a": 1}}).encode(), 400, "shape"),
            (json.dumps({"id": "message-1"}).encode(), 400, "shape"),
            (json.dumps({"id": "message-1", "text": ""}).encode(), 400, "empty"),
            (json.dumps({"id": "message-1", "text": " \n\t\u00a0"}).encode(), 400, "empty"),
            (json.dumps({"id": "message-1", "text": "x" * 8001}).encode(), 413, "too_long"),
            (json.dumps({"id": "message-1", "text": "😀" * 4001}).encode(), 413, "too_long"),
            (b" " * 70_000, 413, "too_long"),
        ],
    )
    async def test_what_is_wrong_is_said_in_words(
        self, sqlite_url: str, http: ClientSession, body: bytes, status: int, word: str
    ) -> None:
        async with at_home(sqlite_url) as house:
            visitor = await Visitor(http, house).arrive()
            got, answer = await visitor.send(body or b" ")
            assert (got, answer["error"]) == (status, word)
            assert answer["message"].endswith(".")
            assert await house.kept() == 0

    async def test_a_body_without_a_declared_length_is_cut_off(self, visitor: Visitor, house: House) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(1000):
                yield b" " * 1024

        async with visitor.session.post(visitor.url("messages"), data=endless(), headers=visitor.headers) as answer:
            assert answer.status == 413
        assert await house.kept() == 0

    async def test_any_text_that_fits_is_taken(self, visitor: Visitor, house: House) -> None:
        texts = ["x" * 8000, "😀" * 4000, "nul \x00 and \ud800 half", "<!channel> <b>&amp;", "\u202e rtl", "שלום"]
        for number, text in enumerate(texts):
            body = json.dumps({"id": f"message-{number}", "text": text}).encode()
            assert (await visitor.send(body))[0] == 200
        await house.until(lambda: self._count(house, len(texts)))
        assert await house.said() == [text.replace("\x00", "\ufffd").replace("\ud800", "\ufffd") for text in texts]

    @staticmethod
    async def _count(house: House, count: int) -> bool:
        return bool(await house.talks()) and len(await house.visible()) == count

    async def test_a_store_that_is_away_acknowledges_nothing(self, visitor: Visitor, house: House) -> None:
        await house.store.write(lambda tx: tx.execute(sql("ALTER TABLE inbox RENAME TO away")) and None)
        status, answer = await visitor.send()
        assert (status, answer["error"]) == (503, "later")
        await house.store.write(lambda tx: tx.execute(sql("ALTER TABLE away RENAME TO inbox")) and None)
        assert (await visitor.send())[0] == 200
        await house.until(house.talks)
        assert await house.said() == ["hello"]


class TestWhoIsIt:
    async def test_f74_the_store_never_sees_the_token(self, visitor: Visitor, house: House) -> None:
        await visitor.write("hello")
        external = await house.store.read(lambda tx: tx.execute(sql("SELECT external_id FROM client_identity")).scalar())
        assert external == hashlib.sha256(visitor.token.encode()).hexdigest()
        payloads = await house.store.read(
            lambda tx: " ".join(tx.execute(sql("SELECT payload || dedupe_key FROM inbox")).scalars())
        )
        assert visitor.token not in payloads

    async def test_f74_the_token_is_told_once(self, visitor: Visitor) -> None:
        async with visitor.session.post(visitor.url("session"), headers=visitor.headers) as answer:
            assert (answer.status, await answer.json()) == (200, {"resumed": True})
        _, sent = await visitor.send()
        assert visitor.token not in json.dumps([sent, await visitor.history()])

    async def test_f74_nobody_reads_or_writes_anothers_conversation(
        self, visitor: Visitor, house: House, http: ClientSession
    ) -> None:
        await visitor.write("my secret")
        await house.answer("for you alone")
        stranger = await Visitor(http, house).arrive()
        assert (await stranger.history())["messages"] == []
        async with stranger.listening() as ear:
            await stranger.write("mine", message_id="message-1")
            await house.answer("another secret", (await house.talks())[0])
            assert await ear.bodies(1) == ["mine"]
            with pytest.raises(TimeoutError):
                await ear.event(0.3)
        assert await house.said() == ["my secret", "for you alone", "another secret"]

    @pytest.mark.parametrize(
        "path", ["messages", "history", "events", "session", "edit", "delete", "react", "seen", "typing", "files", "files/1"]
    )
    async def test_f74_a_token_must_be_ours(self, sqlite_url: str, http: ClientSession, path: str) -> None:
        async with at_home(sqlite_url, channels=["shop", "blog"]) as house:
            visitor = await Visitor(http, house).arrive()
            elsewhere = await Visitor(http, house, "blog").arrive()
            await elsewhere.write("on the blog")
            mine = visitor.token
            flipped = mine[:-1] + ("A" if mine[-1] != "A" else "B")
            foreign = Tokens("another secret").issue("shop")
            for token in ("", "x", "é" * 48, visitor_of(mine), mine[:47], flipped, foreign, elsewhere.token):
                call = http.get if path in ("history", "events", "files/1") else http.post
                async with call(visitor.url(path), headers={"Authorization": f"Bearer {token}"}) as answer:
                    assert (answer.status, (await answer.json())["error"]) == (401, "token")

    async def test_who_has_written_is_known_even_under_another_secret(self, sqlite_url: str, http: ClientSession) -> None:
        async with at_home(sqlite_url, secret="old") as house:
            writer, reader = [await Visitor(http, house).arrive() for _ in range(2)]
            await writer.write("hello")
            await house.stop()
            house.settings["secret"] = ""
            await house.start()
            assert [message["body"] for message in (await writer.history())["messages"]] == ["hello"]
            assert (await reader.send())[0] == 401

    async def test_an_unknown_channel_is_said_in_words(self, visitor: Visitor) -> None:
        for name in ("nowhere", ""):
            visitor.channel = name
            status, answer = await visitor.send()
            assert (status, answer["error"]) == (404, "channel")

    async def test_the_only_channel_needs_no_name(self, sqlite_url: str, http: ClientSession) -> None:
        async with at_home(sqlite_url) as house:
            visitor = await Visitor(http, house, channel="").arrive()
            await visitor.write("hello")
            await house.until(house.talks)
            assert await house.said() == ["hello"]


class TestOrigins:
    ALLOWED = ("https://shop.example", "https://Blog.Example:8443/")

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            (None, 201),
            ("https://shop.example", 201),
            ("https://SHOP.example:443", 201),
            ("https://blog.example:8443", 201),
            ("http://shop.example", 403),
            ("https://shop.example:444", 403),
            ("https://shop.example.evil.example", 403),
            ("https://evil.example", 403),
            ("https://evil.example/https://shop.example", 403),
            ("https://shop.example@evil.example", 403),
            ("null", 403),
            ("file://", 403),
            ("http://localhost:3000", 403),
            ("http://[bad", 403),
        ],
    )
    async def test_f74_only_named_websites(self, sqlite_url: str, http: ClientSession, origin: str | None, status: int) -> None:
        async with at_home(sqlite_url, origins=self.ALLOWED) as house:
            headers = {"Origin": origin} if origin else {}
            async with http.post(f"{house.url}/widget/session", headers=headers) as answer:
                assert answer.status == status
                assert answer.headers["Vary"] == "Origin"
                assert answer.headers["Cache-Control"] == "no-store"
                told = answer.headers.get("Access-Control-Allow-Origin")
                assert told == (origin if status == 201 else None)
                assert "Access-Control-Allow-Credentials" not in answer.headers

    @pytest.mark.parametrize(
        ("origin", "allowed"), [("http://localhost:3000", True), ("http://[::1]:3000", True), ("https://evil.example", False)]
    )
    async def test_on_a_developers_machine_loopback_pages_may(
        self, sqlite_url: str, http: ClientSession, origin: str, allowed: bool
    ) -> None:
        async with at_home(sqlite_url) as house, http.post(f"{house.url}/widget/session", headers={"Origin": origin}) as answer:
            assert answer.status == (201 if allowed else 403)

    @pytest.mark.parametrize(
        ("host", "origin", "status"),
        [
            ("chat.example", "http://localhost:3000", 403),
            ("chat.example", "https://chat.example", 201),
            ("inner:8080", "https://public.example", 201),
            ("inner:8080", "https://evil.example", 403),
        ],
    )
    async def test_behind_a_proxy_our_own_name_counts(
        self, sqlite_url: str, http: ClientSession, host: str, origin: str, status: int
    ) -> None:
        headers = {"Host": host, "Origin": origin}
        public = "https://public.example"
        async with (
            at_home(sqlite_url, public_url=public) as house,
            http.post(f"{house.url}/widget/session", headers=headers) as answer,
        ):
            assert answer.status == status

    async def test_the_question_beforehand(self, sqlite_url: str, http: ClientSession) -> None:
        async with at_home(sqlite_url, origins=self.ALLOWED) as house:
            for origin, status in (("https://shop.example", 204), ("https://evil.example", 403)):
                for path in ("session", "messages", "events", "history"):
                    async with http.options(f"{house.url}/widget/{path}", headers={"Origin": origin}) as answer:
                        assert answer.status == status
                        assert ("Access-Control-Allow-Origin" in answer.headers) == (status == 204)

    async def test_a_stream_bears_the_same_headers(self, sqlite_url: str, http: ClientSession) -> None:
        async with at_home(sqlite_url, origins=self.ALLOWED) as house:
            visitor = await Visitor(http, house).arrive()
            async with visitor.listening(Origin="https://shop.example") as ear:
                assert ear.answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
                assert ear.answer.content_type == "text/event-stream"

    @pytest.mark.parametrize(
        "origin", ["*", "shop.example", "https://*.shop.example", "https://shop.example/path", "ftp://shop.example", ""]
    )
    def test_a_wrong_setting_stops_the_start(self, origin: str) -> None:
        with pytest.raises(BadOrigin, match="WIDGET__ORIGINS"):
            Origins([origin])


class TestThrottle:
    async def test_f74_a_flood_is_stopped_and_others_go_on(self, sqlite_url: str, http: ClientSession) -> None:
        limits = Limits(address=6_000, address_burst=6_000)
        async with at_home(sqlite_url, limits=limits) as house:
            flood, other = [await Visitor(http, house).arrive() for _ in range(2)]
            answers = [await flood.send({"id": f"message-{number}", "text": str(number)}) for number in range(300)]
            assert [status for status, _ in answers[:10]] == [200] * 10
            assert sum(status == 200 for status, _ in answers) <= 13
            assert answers[-1][1]["error"] == "slower"
            async with http.post(flood.url("messages"), headers=flood.headers, json=MESSAGE) as answer:
                assert answer.status == 429
                assert 1 <= int(answer.headers["Retry-After"]) <= 4
            assert (await other.send())[0] == 200

    async def test_f74_one_address_can_be_many_visitors_only_so_long(self, sqlite_url: str, http: ClientSession) -> None:
        async with at_home(sqlite_url, limits=Limits()) as house:
            statuses = []
            for number in range(80):
                headers = {"X-Forwarded-For": f"10.9.9.{number}, 203.0.113.7"}
                async with http.post(f"{house.url}/widget/session", headers=headers) as answer:
                    statuses.append(answer.status)
            assert statuses[:60] == [201] * 60
            assert statuses.count(429) >= 15
            for elsewhere in ("203.0.113.8", "2001:db8::1"):
                async with http.post(f"{house.url}/widget/session", headers={"X-Forwarded-For": elsewhere}) as answer:
                    assert answer.status == 201

    def test_refills_and_forgets(self) -> None:
        now = [0.0]
        throttle = Throttle(60, 2, lambda: now[0])
        throttle.KEYS = 100
        assert [throttle.take("a") for _ in range(3)] == [0, 0, 1.0]
        now[0] = 1.0
        assert [throttle.take("a") for _ in range(2)] == [0, 1.0]
        for number in range(1000):
            throttle.take(str(number))
            now[0] += 0.001
        assert len(throttle._busy_until) <= 100


class TestStream:
    async def test_tells_what_becomes_visible_and_nothing_else(self, visitor: Visitor, house: House) -> None:
        async with visitor.listening() as ear:  # before there is a conversation
            await visitor.write("hello", message_id="message-1")
            told = await ear.message()
            assert {key: told[key] for key in ("seq", "mine", "id", "body")} == {
                "seq": 1,
                "mine": True,
                "id": "message-1",
                "body": "hello",
            }
            await house.answer("a note", direction=Direction.NOTE)
            await house.answer("a held text", direction=Direction.HELD)
            await house.answer("an answer")
            told = await ear.message()
            assert {key: told[key] for key in ("mine", "author", "body")} == {
                "mine": False,
                "author": "Anna",
                "body": "an answer",
            }
            assert "id" not in told
        assert [message["body"] for message in (await visitor.history())["messages"]] == ["hello", "an answer"]

    async def test_goes_on_where_it_was_left(self, visitor: Visitor, house: House) -> None:
        await visitor.write("one")
        async with visitor.listening() as ear:
            last = (await ear.message())["seq"]
        for text in ("two", "three"):
            await house.answer(text)
        async with visitor.listening(**{"Last-Event-ID": str(last)}) as ear:
            assert await ear.bodies(2) == ["two", "three"]
            await house.answer("four")
            assert await ear.bodies(1) == ["four"]
        async with visitor.session.get(visitor.url("events", after=3), headers=visitor.headers) as answer:
            assert await Ear(answer).bodies(1) == ["four"]

    async def test_what_changed_meanwhile_is_told_to_who_says_what_he_has(self, visitor: Visitor, house: House) -> None:
        for number in range(3):
            await visitor.write(f"number {number}", message_id=f"message-{number}")
        had = (await visitor.history())["messages"]
        for what, more in (("edit", {"text": "another"}), ("delete", {})):
            body = {"id": f"message-{what == 'delete':d}", "change": f"change-{what}", **more}
            async with visitor.session.post(visitor.url(what), json=body, headers=visitor.headers) as answer:
                assert answer.status == 200
        await house.until(lambda: self._count(visitor, 2))
        have = ",".join(f"{one['seq']}-{one['v']}" for one in had)
        async with visitor.session.get(visitor.url("events", after=3, have=have), headers=visitor.headers) as answer:
            ear = Ear(answer)
            events = [event for event in [await ear.event() for _ in range(3)] if event.get("event")]
            assert [event["event"] for event in events] == ["edit", "delete"]
            assert json.loads(events[0]["data"])["body"] == "another"
            await house.answer("and on")
            assert await ear.bodies(1) == ["and on"]
        for odd in ("x", "1-", "1-0.2.0", "1-gone;"):
            async with visitor.session.get(visitor.url("events", have=odd), headers=visitor.headers) as answer:
                assert (answer.status, (await answer.json())["error"]) == (400, "have")

    @staticmethod
    async def _count(visitor: Visitor, count: int) -> bool:
        return len((await visitor.history())["messages"]) == count

    async def test_a_long_absence_is_told_whole(self, visitor: Visitor, house: House) -> None:
        await visitor.write("hello")
        for number in range(250):
            await house.answer(str(number))
        async with visitor.listening(**{"Last-Event-ID": "1"}) as ear:
            assert await ear.bodies(250) == [str(number) for number in range(250)]

    async def test_speaks_in_silence(self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Streams, "PING_SECONDS", 0.05)
        async with visitor.listening() as ear:
            assert [await ear.event() for _ in range(3)] == [{"": "hello"}, {"": "ping"}, {"": "ping"}]
            await visitor.write("hello")
            while (event := await ear.event()).get("event") != "message":
                assert event
            assert (await ear.event()) == {"": "ping"}

    async def test_the_newest_tabs_listen(self, visitor: Visitor, house: House) -> None:
        await visitor.write("hello")
        async with visitor.listening() as oldest:
            await oldest.message()
            async with visitor.listening() as second, visitor.listening() as third, visitor.listening() as fourth:
                assert (await oldest.event())["event"] == "moved"
                assert await oldest.event() == {}
                await house.answer("to all")
                for ear in (second, third, fourth):
                    assert (await ear.bodies(2))[-1] == "to all"

    async def test_too_many_are_told_to_wait(self, sqlite_url: str, http: ClientSession) -> None:
        limits = Limits(address_streams=2)
        async with at_home(sqlite_url, limits=limits) as house:
            first, second, third = [await Visitor(http, house).arrive() for _ in range(3)]
            asked = http.get(third.url("events"), headers=third.headers)
            async with first.listening(), second.listening(), asked as answer:
                assert (answer.status, (await answer.json())["error"]) == (503, "full")
                assert answer.headers["Retry-After"] == "60"

            async def let_in() -> bool:
                async with http.get(third.url("events"), headers=third.headers) as answer:
                    return answer.status == 200

            await house.until(let_in)  # once it is known that both have hung up

    async def test_a_tab_that_was_reloaded_pushes_no_other_tab_out(self, visitor: Visitor, house: House) -> None:
        await visitor.write("hello")
        async with visitor.listening() as other:
            await other.message()
            for _ in range(5):
                async with visitor.listening() as reloaded:
                    await reloaded.message()
                await asyncio.sleep(0.02)
            await house.answer("still there")
            assert await other.bodies(1) == ["still there"]

    async def test_stopping_ends_streams_at_once(self, visitor: Visitor, house: House) -> None:
        await visitor.write("hello")
        async with visitor.listening() as ear:
            await ear.message()
            async with asyncio.timeout(20):
                await house.stop()
                assert (await ear.event())["event"] == "stopping"
                assert await ear.event() == {}

    @pytest.mark.parametrize("place", ["x", "-1", "1e3", "99999999999"])
    async def test_a_place_that_is_none_is_said_in_words(self, sqlite_url: str, http: ClientSession, place: str) -> None:
        async with at_home(sqlite_url) as house:
            visitor = await Visitor(http, house).arrive()
            async with http.get(visitor.url("history", before=place), headers=visitor.headers) as answer:
                assert (answer.status, (await answer.json())["error"]) == (400, "number")

    async def test_another_node_wakes_it(self, postgres_url: str, http: ClientSession) -> None:
        await migrate(postgres_url)
        async with at_home(postgres_url) as house:
            store = await open_store(postgres_url)
            other = House(store)
            await other.start()
            try:
                visitor = await Visitor(http, house).arrive()
                async with visitor.listening() as ear:
                    there = Visitor(http, other)
                    there.token = visitor.token
                    await there.write("through the other door")
                    assert await ear.bodies(1) == ["through the other door"]
                    await other.answer("from the other node")
                    assert await ear.bodies(1) == ["from the other node"]
            finally:
                await other.stop()
                await store.close()


class TestHistory:
    async def test_page_by_page(self, visitor: Visitor, house: House) -> None:
        await visitor.write("0")
        for number in range(1, 70):
            await house.answer(str(number))
        pages = [await visitor.history()]
        while pages[-1]["more"]:
            pages.append(await visitor.history(before=pages[-1]["messages"][0]["seq"]))
        assert [len(page["messages"]) for page in pages] == [30, 30, 10]
        assert [int(message["body"]) for page in reversed(pages) for message in page["messages"]] == list(range(70))

    async def test_f54_texts_come_as_a_tree_and_never_as_html(self, visitor: Visitor, house: House) -> None:
        await visitor.write("<img src=x onerror=alert(1)>")
        [message] = (await visitor.history())["messages"]
        assert message["body"] == "<img src=x onerror=alert(1)>"
        async with visitor.session.get(visitor.url("history"), headers=visitor.headers) as answer:
            assert answer.content_type == "application/json"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


class TestPort:
    async def test_an_answer_is_there_and_other_things_are_unknown(self) -> None:
        port = WidgetPort()
        words = Words("Anna", "reply", (RichText.plain("hello"),))
        assert await port.deliver(Parcel(7, Address("visitor"), words)) == Sent("7")
        assert isinstance(await port.deliver(Parcel(8, Address("visitor"), Mark("7", Shown.ACCEPTED))), Unsupported)


async def test_what_cannot_be_applied_is_kept_and_stops_nothing(visitor: Visitor, house: House) -> None:
    from bot.store import inbox
    from bot.store.inbox import Kept

    def junk(tx: Tx) -> int:
        return inbox.keep(tx, "widget", [Kept("junk", "junk", '{"visitor": 1}')])

    await house.store.write(junk)
    await visitor.write("hello")
    assert await house.said() == ["hello"]


async def test_the_check_names_what_is_missing(sqlite_url: str) -> None:
    async with at_home(sqlite_url, channels=[], limits=WIDE) as house:
        [finding] = await house.platform.check([])
        assert not finding.ok
        assert "[[channel]]" in finding.remedy
