"""Bytes from addresses that a platform tells: only from its own hosts, never from inside our network (F57).

A message can name any address, so an address is looked at before anything is connected to, and again at each redirect: its
host must be on the platform's list, and what the name resolves to must be a public address. A redirect to a host on the list is
followed without the token; one to any other is not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.delivery.ports import Outcome, Permanent, Retry
from bot.domain.files import File
from bot.domain.phrase import Phrase
from bot.handlers.shared.files import Files

PIECE = 64 * 1024
MOST_REDIRECTS = 3
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
AWAY_SECONDS = 5.0
OF_FILE = Phrase("The address of the file")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Barred(Exception):
    """An address that is not to be asked; ``words`` say why, for people, without the address itself."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NotGiven(Exception):
    """The host answers, but does not give the file. ``after`` seconds are to be waited, where it says so."""

    def __init__(self, status: int, after: float = 0.0) -> None:
        super().__init__(str(status))
        self.status = status
        self.after = after


def open_session(hosts: Collection[str]) -> aiohttp.ClientSession:
    """A session for :func:`download` that connects to nothing private but what ``hosts`` names as an origin.

    To be made within the running loop and closed by the caller.
    """
    timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
    own = frozenset(str(URL(one).host) for one in hosts if "://" in one)
    return aiohttp.ClientSession(
        connector=_Guarded(resolver=_PublicResolver(own)), timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    )


async def download(
    session: aiohttp.ClientSession, url: str, *, headers: Mapping[str, str], hosts: Collection[str]
) -> AsyncGenerator[bytes]:
    """The bytes at ``url``, in pieces.

    ``session``  of :func:`open_session`; any other raises ``TypeError``
    ``headers``  the token; it goes to the host of ``url`` alone
    ``hosts``    ``files.slack.com`` or ``*.slack.com`` (which is not slack.com itself), reached by https; or a whole origin,
                 ``http://127.0.0.1:9101``, which may also be private: that of the API a person has set

    Raises ``Barred``, ``NotGiven``, and what aiohttp raises (``ClientError``, ``TimeoutError``) for a connection that breaks.
    """
    if not isinstance(session.connector, _Guarded):
        raise TypeError("a session of open_session, please")
    here = first = _parsed(url)
    for _ in range(MOST_REDIRECTS + 1):
        bar(here, hosts)
        told = {"Accept-Encoding": "identity", **(headers if here.origin() == first.origin() else {})}
        try:
            async with session.get(here, headers=told, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308) and "Location" in answer.headers:
                    here = here.join(_parsed(answer.headers["Location"], relative=True))
                    continue
                if answer.status != 200:
                    raise NotGiven(answer.status, _after(answer.headers.get("Retry-After", "")))
                async for piece in answer.content.iter_chunked(PIECE):
                    yield piece
                return
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _Private):
                raise Barred(Phrase("{what} leads into a private network.", what=OF_FILE)) from None
            raise
        except aiohttp.InvalidURL:
            raise Barred(Phrase("{what} is none.", what=OF_FILE)) from None
    raise Barred(Phrase("{what} leads on and on.", what=OF_FILE))


async def fetched(files: Files, file: File, pieces: AsyncIterator[bytes], *, platform: str, login: str = "") -> Outcome:
    """Take the pieces of a :func:`download` into the store; what may go wrong on the way, in the house's words.

    ``platform`` is its name for people; ``login`` as in :meth:`Files.take`.
    """
    try:
        return await files.take(file, pieces, login=login)
    except Barred as barred:
        return Permanent(Phrase("{why} It was not fetched.", why=barred.words))
    except NotGiven as answer:
        return _not_given(answer, platform)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Retry(
            Phrase("{platform} did not give the whole file ({error})", platform=platform, error=type(error).__name__),
            after=AWAY_SECONDS,
        )
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


def bar(url: URL, hosts: Collection[str], what: str = OF_FILE) -> None:
    """Raise ``Barred`` for an address that is not one of ``hosts`` (as in :func:`download`); ``what`` it is is said then."""
    host = (url.host or "").lower().rstrip(".")
    origins = {str(URL(one).origin()) for one in hosts if "://" in one}
    if url.user is None and url.password is None and host and url.scheme in ("http", "https") and str(url.origin()) in origins:
        return
    if url.scheme != "https" or url.user is not None or url.password is not None or url.port != 443:
        raise Barred(Phrase("{what} is no plain https address.", what=what))
    if not any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in hosts if "://" not in one):
        raise Barred(Phrase("{what} is not the platform's own.", what=what))
    if _is_address(host) and not _is_public(host):
        raise Barred(Phrase("{what} leads into a private network.", what=what))


class _Private(OSError):
    """A name that stands for an address inside a network."""


class _Guarded(aiohttp.TCPConnector):
    """A connector whose resolver gives public addresses only."""


class _PublicResolver(AbstractResolver):
    """Resolves names, but those that stand for a private address only when they are the house's ``own``."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self._names = aiohttp.ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """All of a name's addresses must be public: which of them is connected to is not ours to say."""
        found = await self._names.resolve(host, port, family)
        if host not in self._own and not all(_is_public(one["host"]) for one in found):
            raise _Private(f"{host} is private")
        return found

    async def close(self) -> None:
        """Nothing to close."""


def _parsed(url: str, *, relative: bool = False) -> URL:
    try:
        found = URL(url)
        if not relative:
            found.origin()
    except (ValueError, TypeError):
        raise Barred(Phrase("{what} is none.", what=OF_FILE)) from None
    return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(host: str) -> bool:
    try:
        address: Any = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if address.version == 6:
        address = address.ipv4_mapped or address.sixtofour or address
        if address.version == 6 and (address in _NAT64 or address.teredo):
            return False
    return bool(address.is_global and not address.is_multicast and not address.is_reserved)


def _after(value: str) -> float:
    return min(float(value), 3600.0) if value.isascii() and value.isdigit() else 0.0


def _not_given(answer: NotGiven, platform: str) -> Outcome:
    if answer.status == 429:
        return Retry(Phrase("{platform}'s limit for files", platform=platform), after=answer.after or 30.0, counted=False)
    if answer.status >= 500 or answer.status == 408:
        return Retry(
            Phrase("{platform} answered {status}", platform=platform, status=answer.status), after=answer.after or AWAY_SECONDS
        )
    if answer.status in (404, 410):
        return Permanent(Phrase("{platform} does not have the file any more.", platform=platform))
    return Permanent(Phrase("{platform} does not give the file to the bot ({status}).", platform=platform, status=answer.status))
