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

The token is part of the address, so no error text of ours holds an address (F73).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientTimeout, ConnectionTimeoutError, FormData
from yarl import URL

from bot.handlers.shared.telegram_sdk import (
    AiohttpSession,
    Bot,
    ClientDecodeError,
    TelegramAPIError,
    TelegramAPIServer,
    TelegramMethod,
    TelegramNetworkError,
    TelegramServerError,
)

CONNECTIONS = 300
TIMEOUT = ClientTimeout(total=30, connect=10)
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


class LeanSession(AiohttpSession):
    """aiogram's session with a way to call a method by name, JSON in and out."""

    def __init__(self, api: TelegramAPIServer) -> None:
        super().__init__(api=api, limit=CONNECTIONS, timeout=30)
        self._urls: dict[str, URL] = {}

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

    def result(self, bot: Bot, name: str, arguments: Mapping[str, Any], status: int, body: bytes) -> Any:
        """The result in an answer. Raises the aiogram error that fits."""
        if status == 200:
            try:
                data = json.loads(body)
                if data["ok"]:
                    return data["result"]
            except (ValueError, KeyError, TypeError) as error:
                raise ClientDecodeError("Telegram's answer is not what it should be", error, "") from error
        call = _call(name, arguments)
        try:
            self.check_response(bot, call, status, body.decode(errors="replace"))
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

        Raises ``TelegramAPIError`` or one of its children, or ``ClientDecodeError``.
        """
        return await self._session.call(self.bot, name, arguments or {})

    async def send_file(self, name: str, arguments: Mapping[str, Any], field: str, file: tuple[str, str, bytes]) -> Any:
        """Like :meth:`call` with a file in ``field``: its name, MIME type and bytes."""
        form = FormData({key: value if isinstance(value, str) else _encode(value) for key, value in arguments.items()})
        file_name, mime, content = file
        form.add_field(field, content, filename=file_name, content_type=mime)
        status, body = await self._session.exchange(self.bot, name, arguments, form=form)
        return self._session.result(self.bot, name, arguments, status, body)

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
    return isinstance(cause, ClientConnectorError | ConnectionTimeoutError)


def _call(name: str, arguments: Mapping[str, Any]) -> Call:
    return Call(name=name, chat_id=arguments.get("chat_id"))
