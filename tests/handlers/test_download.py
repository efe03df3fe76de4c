"""Where a file may be fetched from, and where its token may go (F57)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.handlers.shared.download import Barred, NotGiven, download, open_session

TOKEN = {"Authorization": "Bearer xoxb-secret"}


class Host:
    """A server that counts what it is asked, and redirects where it is told to."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.to = ""
        app = web.Application()
        app.router.add_get("/file", self.file)
        app.router.add_get("/away", self.away)
        app.router.add_get("/gone", self.gone)
        self.server = TestServer(app)

    async def file(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("Authorization"))
        return web.Response(body=b"bytes" * 40_000)

    async def away(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("Authorization"))
        return web.Response(status=302, headers={"Location": self.to})

    async def gone(self, request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "7"})

    @property
    def origin(self) -> str:
        return str(self.server.make_url("/").origin())


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    made = Host()
    await made.server.start_server()
    yield made
    await made.server.close()


@pytest.fixture
async def other() -> AsyncIterator[Host]:
    made = Host()
    await made.server.start_server()
    yield made
    await made.server.close()


async def got(url: str, hosts: tuple[str, ...], headers: dict[str, str] = TOKEN) -> bytes:
    async with open_session(hosts) as session, aclosing(download(session, url, headers=headers, hosts=hosts)) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_the_origin_a_person_has_set_may_be_private(host: Host) -> None:
    assert await got(f"{host.origin}/file", (host.origin,)) == b"bytes" * 40_000
    assert host.asked == ["Bearer xoxb-secret"]


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/f",
        "https://files.slack.com.evil.example/f",
        "https://evilslack.com/f",
        "https://user:word@files.slack.com/f",
        "https://files.slack.com:8443/f",
        "https://127.0.0.1/f",
        "https://2130706433/f",
        "https://0x7f.1/f",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/f",
        "https://[::ffff:10.0.0.1]/f",
        "https://10.1.2.3/f",
        "file:///etc/passwd",
        "gopher://files.slack.com/",
        "",
        "https://",
        "//files.slack.com/f",
    ],
)
async def test_F57_an_address_that_is_not_the_platforms_is_not_asked(url: str) -> None:
    with pytest.raises(Barred):
        await got(url, ("*.slack.com",))


@pytest.mark.parametrize("place", ["127.0.0.1", "169.254.169.254", "[::1]", "10.1.2.3", "[::ffff:c0a8:1]", "[64:ff9b::a00:1]"])
async def test_F57_a_private_address_is_refused_even_if_it_were_listed(place: str) -> None:
    with pytest.raises(Barred, match="private network"):
        await got(f"https://{place}/f", (place.strip("[]"),))


@pytest.mark.parametrize("name", ["localhost", "2130706433"])
async def test_F57_a_name_that_stands_for_a_private_address_is_refused_before_it_is_connected_to(name: str) -> None:
    with pytest.raises(Barred):
        await got(f"https://{name}/f", (name,))


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest", "https://[::1]/", "http://10.0.0.1/", "http://2130706433/", "http://localhost:1/"]
)
async def test_F57_a_redirect_off_the_list_is_not_followed(host: Host, to: str) -> None:
    host.to = to
    with pytest.raises(Barred):
        await got(f"{host.origin}/away", (host.origin, "*.slack.com"))


async def test_F57_the_token_goes_to_no_other_host(host: Host, other: Host) -> None:
    host.to = f"{other.origin}/file"
    with pytest.raises(Barred):
        await got(f"{host.origin}/away", (host.origin,))
    assert other.asked == []
    assert await got(f"{host.origin}/away", (host.origin, other.origin)) == b"bytes" * 40_000
    assert other.asked == [None]


async def test_redirects_end(host: Host) -> None:
    host.to = "/away"
    with pytest.raises(Barred, match="on and on"):
        await got(f"{host.origin}/away", (host.origin,))
    host.to = "/file"
    host.asked.clear()
    assert await got(f"{host.origin}/away", (host.origin,))
    assert host.asked == ["Bearer xoxb-secret"] * 2


async def test_what_is_not_given_says_when_to_ask_again(host: Host) -> None:
    with pytest.raises(NotGiven) as told:
        await got(f"{host.origin}/gone", (host.origin,))
    assert (told.value.status, told.value.after) == (429, 7.0)


async def test_F57_an_ordinary_session_will_not_do(host: Host) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TypeError):
            await anext(download(session, f"{host.origin}/file", headers=TOKEN, hosts=(host.origin,)))
    assert host.asked == []
