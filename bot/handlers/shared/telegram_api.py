"""One bot's calls to the Telegram Bot API: aiogram's bot, session and errors, without its models on the way.

Why not ``bot(SendMessage(...))``: every call pays for a form of parts and for pydantic on both sides, and all we need
of the answer is ``message_id``. :class:`LeanSession` sends JSON, which the Bot API takes for everything but files
(https://core.telegram.org/bots/api#making-requests), reads plain JSON, and leaves only failures to aiogram's
``check_response``, so the errors are aiogram's own. Measured on one core with uvloop, 50 calls at a time, an answer of
600 bytes (CPU per call, best of two runs of 3,000):

    bot(SendMessage(...)), stock session          332 µs    of it: building the model 16, the form 53, the rest pydantic
    the same, the model built beforehand          310 µs
    BotApi.call("sendMessage", {...})              86 µs    97 µs for TelegramDeskPort.deliver(Words) as a whole
    aiohttp alone, a ready body, nothing parsed    60 µs

The token is part of the address, so no error text of ours holds an address (F73), and no redirect is followed (F57).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import ClientConnectorError, ClientError, ClientTimeout, ConnectionTimeoutError, FormData
from yarl import URL

from bot.domain.phrase import Phrase
from bot.handlers.shared.telegram_sdk import (
    AiohttpSession,
    Bot,
    ClientDecodeError,
    TelegramAPIError,
    TelegramAPIServer,
    TelegramMethod,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramServerError,
)

CONNECTIONS = 300
TIMEOUT = ClientTimeout(total=30, connect=10)
UPLOAD = ClientTimeout(total=None, connect=10, sock_read=120)
"""A file may take its time; the answer, once all of it is sent, may not."""
DOWNLOAD = ClientTimeout(total=None, connect=10, sock_read=60)
OFFICIAL = "https://api.telegram.org"
ALWAYS_THERE = frozenset({"getUpdates", "sendMessage", "editMessageText", "createForumTopic"})
"""What no server is without: a mere "Not Found" to one of these passes, and what was to be sent waits."""
_PIECE = 256 * 1024
_HEADERS = {"Content-Type": "application/json"}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Call(TelegramMethod[Any]):
    """Stands for a call in aiogram's errors; the call itself was made without a model."""

    __returning__ = Any
    __api_method__ = "call"

    name: str
    chat_id: int | str | None = None


class GatewayError(TelegramAPIError):
    """Something before the Bot API answered, such as a proxy or a captive portal, so that the call was not made."""


class NotWhole(TelegramNetworkError):
    """The connection broke before all of a file was sent, so that Telegram has nothing of it."""


class NoMethod(TelegramAPIError):
    """The Bot API server has no such method: one of the house that is older than what we ask for, or a stand-in."""


class Missing(TelegramAPIError):
    """The Bot API server has no such file (any more), or it can't be read here."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send. ``pieces`` gives its bytes anew at each call, since one that is refused may be sent in another way."""

    name: str
    mime: str
    pieces: Callable[[], AsyncIterator[bytes]]


def whole(name: str, mime: str, content: bytes) -> Upload:
    """A small file whose bytes are at hand."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return Upload(name, mime, pieces)


class LeanSession(AiohttpSession):
    """aiogram's session with a way to call a method by name, JSON in and out."""

    def __init__(self, api: TelegramAPIServer) -> None:
        super().__init__(api=api, limit=CONNECTIONS, timeout=30)
        self._urls: dict[str, URL] = {}
        self._is_known = False

    async def close(self) -> None:
        """Close the connections; aiogram would sleep a quarter of a second for aiohttp, which waits for them by itself by now."""
        if self._session is not None and not self._session.closed:
            await self._session.close()

    async def exchange(
        self,
        bot: Bot,
        name: str,
        arguments: Mapping[str, Any],
        limits: ClientTimeout = TIMEOUT,
        form: FormData | None = None,
    ) -> tuple[int, bytes]:
        """Make the call and return the status and body as they came. Raises ``TelegramNetworkError`` without the address.

        ``form`` is sent instead of the arguments, where there is a file.
        """
        url = self._urls.get(name)
        if url is None:
            url = self._urls[name] = URL(self.api.api_url(token=bot.token, method=name), encoded=True)
        session = await self.create_session()
        body = form or _encode(arguments).encode(errors="replace")
        headers = None if form else _HEADERS
        try:
            async with session.post(url, data=body, headers=headers, timeout=limits, allow_redirects=False) as answer:
                return answer.status, await answer.read()
        except (ClientError, TimeoutError) as error:
            raise TelegramNetworkError(_call(name, arguments), type(error).__name__) from error

    async def call(self, bot: Bot, name: str, arguments: Mapping[str, Any]) -> Any:
        """Make the call and return its result. Raises what aiogram would."""
        status, body = await self.exchange(bot, name, arguments)
        return self.result(bot, name, arguments, status, body)

    async def download(self, bot: Bot, path: str) -> AsyncIterator[bytes]:
        """A file piece by piece. Raises aiogram's errors without the address, ``Missing`` when the server does not have it."""
        url = URL(self.api.file_url(token=bot.token, path=quote(path, safe="/")), encoded=True)
        session = await self.create_session()
        try:
            async with session.get(url, timeout=DOWNLOAD, allow_redirects=False) as answer:
                if answer.status == 404:
                    raise Missing(_call("download", {}), Phrase("Telegram does not have the file any more."))
                if answer.status != 200:
                    self.result(bot, "download", {}, answer.status, await answer.content.read(4096))
                    raise GatewayError(_call("download", {}), f"HTTP status {answer.status}")
                async for piece in answer.content.iter_chunked(_PIECE):
                    yield piece
        except (ClientError, TimeoutError) as error:
            raise TelegramNetworkError(_call("download", {}), type(error).__name__) from error

    def result(self, bot: Bot, name: str, arguments: Mapping[str, Any], status: int, body: bytes) -> Any:
        """The result in an answer. Raises the aiogram error that fits."""
        if status == 200:
            try:
                data = json.loads(body)
                if data["ok"]:
                    self._is_known = True
                    return data["result"]
            except (ValueError, KeyError, TypeError) as error:
                raise ClientDecodeError("Telegram's answer is not what it should be", error, "") from error
        call = _call(name, arguments)
        try:
            self.check_response(bot, call, status, body.decode(errors="replace"))
        except TelegramNotFound as error:
            # 404 is the answer to a token that can't be one, too ("Not Found"); a method that is missing is called so by
            # tdlib/telegram-bot-api (Client.cpp, "Not Found: method not found"), but not by every server
            if "method not found" in error.message.casefold() or (self._is_known and name not in ALWAYS_THERE):
                raise NoMethod(call, f"the server has no method {name}") from None
            raise
        except ClientDecodeError as error:
            kind = TelegramServerError if status >= 500 else GatewayError
            raise kind(call, f"HTTP status {status}") from error
        raise GatewayError(call, f"HTTP status {status}")


class BotApi:
    """One bot token at one Bot API server."""

    def __init__(self, token: str, api_url: str = "https://api.telegram.org") -> None:
        self._session = LeanSession(TelegramAPIServer.from_base(api_url))
        self.bot = Bot(token, session=self._session)
        self.id = self.bot.id
        self.username = ""

    async def introduce(self) -> dict[str, Any]:
        """``getMe``; from then on ``username`` is known, in small letters."""
        me: dict[str, Any] = await self.call("getMe")
        self.username = str(me.get("username", "")).lower()
        return me

    async def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Call a method with JSON arguments (no ``None`` among them) and return its result as plain JSON.

        Raises ``TelegramAPIError`` or one of its children (``NoMethod`` is one), or ``ClientDecodeError``.
        """
        return await self._session.call(self.bot, name, arguments or {})

    async def send_file(self, name: str, arguments: Mapping[str, Any], field: str, file: Upload) -> Any:
        """Like :meth:`call` with a file in ``field``, sent piece by piece. Raises ``NotWhole`` when it surely did not arrive."""
        is_whole = False

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal is_whole
            async for piece in file.pieces():
                yield piece
            is_whole = True

        form = FormData(quote_fields=False)  # Telegram takes names as they are, and would show "%20"
        for key, value in arguments.items():
            form.add_field(key, value if isinstance(value, str) else _encode(value))
        form.add_field(field, pieces(), filename=file.name, content_type=file.mime or "application/octet-stream")
        try:
            status, body = await self._session.exchange(self.bot, name, arguments, UPLOAD, form)
        except TelegramNetworkError as error:
            if is_whole:
                raise
            raise NotWhole(error.method, error.message) from error.__cause__
        return self._session.result(self.bot, name, arguments, status, body)

    @property
    def is_own_server(self) -> bool:
        """Whether it is a Bot API server of the house, which knows no 20 MB limit and names files by their place on the disk."""
        return not self._session.api.base.startswith(OFFICIAL)

    async def download(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file by the ``file_path`` of ``getFile``. Raises ``Missing`` or what :meth:`call` raises."""
        if path.startswith(("/", "file://")) and self.is_own_server:
            async for piece in _from_disk(Path(path.removeprefix("file://"))):
                yield piece
            return
        async for piece in self._session.download(self.bot, path):
            yield piece

    async def fetch(self, name: str, arguments: Mapping[str, Any], seconds: float) -> bytes:
        """Like :meth:`call` for long polling: waits up to ``seconds`` and returns the answer's raw bytes, unread."""
        limits = ClientTimeout(total=seconds, connect=10)
        status, body = await self._session.exchange(self.bot, name, arguments, limits)
        if status != 200:
            self._session.result(self.bot, name, arguments, status, body)
        return body

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def surely_not_sent(error: TelegramNetworkError) -> bool:
    """Whether no byte of the request can have left: no connection was made (F20).

    aiohttp: ``ClientConnectorError`` covers refusals, DNS and TLS; ``ConnectionTimeoutError`` the time spent on waiting
    for a free connection and on connecting. A POST is never repeated by aiohttp itself (only idempotent methods are).
    """
    cause = error.__cause__
    return isinstance(error, NotWhole) or isinstance(cause, ClientConnectorError | ConnectionTimeoutError)


async def _from_disk(path: Path) -> AsyncIterator[bytes]:
    """A file that a Bot API server of our own (``--local``) has laid down on this machine."""
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    except OSError as error:
        words = Phrase("The Bot API server keeps the file where it can't be read from here ({why}).", why=type(error).__name__)
        raise Missing(_call("download", {}), words) from None


def _call(name: str, arguments: Mapping[str, Any]) -> Call:
    return Call(name=name, chat_id=arguments.get("chat_id"))
