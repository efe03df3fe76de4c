"""HTTP: reads calls as the Bot API does and writes its answers.

``/telegram/bot<token>/<method>`` by GET or POST, arguments in the query, as JSON, as a form or as
multipart; ``/telegram/file/bot<token>/<path>``. core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from sandbox.faults import AFTER, Fault, drops
from sandbox.telegram import answers, chats, editing, files, profile, sending, topics  # noqa: F401  fill the registry
from sandbox.telegram.arguments import METHODS, Arguments, decode
from sandbox.telegram.errors import Refused, bad, from_text, too_many
from sandbox.telegram.files import FILES, Upload
from sandbox.telegram.registry import HANDLERS, method
from sandbox.telegram.updates import LONGEST_POLL
from sandbox.telegram.webhook import Webhook, check_secret, check_url
from sandbox.telegram.world import Bot, Call, Json, World

JSON = {"Content-Type": "application/json"}
BODY_LIMIT = 60 << 20
ZEROS = bytes(64 * 1024)
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class Raw:
    """A result that is JSON already."""

    __slots__ = ("body",)

    def __init__(self, body: bytes) -> None:
        self.body = body


class Api:
    """The HTTP side of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.webhooks: dict[int, Webhook] = {}

    async def call(self, bot: Bot, name: str, given: Json, uploads: dict[str, Upload] | None = None) -> Any:
        """Execute one call that came in by any road."""
        known = METHODS.get(name.lower())
        if known is None:
            raise Refused(404, "Not Found: method not found")
        arguments = decode(name, given)
        if uploads:
            arguments[FILES] = uploads
        handler = HANDLERS.get(name.lower())
        if handler is not None:
            return handler(self.world, bot, arguments)
        local = LOCAL.get(name.lower())
        if local is None:
            raise Refused(501, f"Not Implemented: the sandbox has no {known[0]}")
        return await local(self, bot, arguments)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request: authorise, read, meet faults, execute, record."""
        world = self.world
        token, name = request.match_info["token"], request.match_info["method"]
        bot = world.tokens.get(token)
        if bot is None or bot.revoked:
            return _refuse(Refused(401, "Unauthorized"))
        given: Json = {}
        fault: Fault | None = None
        try:
            given, uploads = await read(request)
            known = METHODS.get(name.lower())
            method_name = known[0] if known else name
            fault = await world.faults.meet("telegram", method_name, given)
            if fault is not None and fault.kind not in AFTER:
                return self.faulty(request, fault, bot, method_name, given)
            result = await self.call(bot, name, given, uploads)
        except Refused as refusal:
            self.record(bot, METHODS.get(name.lower(), (name,))[0], given, refusal.description)
            return _abort(request) if await drops(fault) else _refuse(refusal)
        self.record(bot, method_name, given, "")
        if await drops(fault):
            return _abort(request)
        if isinstance(result, Raw):
            return web.Response(body=b'{"ok":true,"result":[' + result.body + b"]}", headers=JSON)
        return web.Response(body=b'{"ok":true,"result":' + _encode(result).encode() + b"}", headers=JSON)

    def record(self, bot: Bot, name: str, given: Json, error: str) -> None:
        """Remember a call for those who test."""
        self.world.calls.append(Call(self.world.clock(), bot.id, name, given, not error, error))
        self.world.counts[name, not error] += 1

    def faulty(self, request: web.Request, fault: Fault, bot: Bot, name: str, given: Json) -> web.StreamResponse:
        """Act on a fault instead of serving the call."""
        self.record(bot, name, given, f"fault: {fault.kind}")
        if fault.kind == "drop_before":
            return _abort(request)
        if fault.kind == "status":
            return web.Response(status=fault.status, text=fault.body)
        if fault.kind == "rate_limit":
            return _refuse(too_many(fault.seconds))
        return _refuse(from_text(fault.error))

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file's bytes; when only a size is pretended, that many zeros."""
        bot = self.world.tokens.get(request.match_info["token"])
        if bot is None or bot.revoked:
            return _refuse(Refused(401, "Unauthorized"))
        path = request.match_info["path"]
        file = self.world.paths.get(path)
        if file is None or file.size > files.DOWNLOAD_LIMIT:
            return _refuse(Refused(404, "Not Found"))
        fault = await self.world.faults.meet("telegram", "download", {"path": path})
        if fault is not None:
            return self.faulty(request, fault, bot, "download", {"path": path})
        if file.content is not None and not file.given:
            return web.Response(body=file.content, content_type="application/octet-stream")
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        left = file.given or file.size
        try:
            while left > 0:
                await response.write(ZEROS[: min(left, len(ZEROS))])
                left -= len(ZEROS)
            await response.write_eof()
        except ConnectionError:  # whoever asked has had enough
            pass
        return response

    async def close(self) -> None:
        """Stop webhooks and end waiting polls."""
        for bot in self.world.bots.values():
            bot.mailbox.conflict("Conflict: terminated by other getUpdates request")
        await asyncio.gather(*(webhook.stop() for webhook in self.webhooks.values()))
        self.webhooks.clear()


def _refuse(refusal: Refused) -> web.Response:
    headers = JSON
    if refusal.parameters and "retry_after" in refusal.parameters:
        headers = {**JSON, "Retry-After": str(refusal.parameters["retry_after"])}
    return web.Response(status=refusal.code, body=_encode(refusal.body()).encode(), headers=headers)


def _abort(request: web.Request) -> web.Response:
    """Cut the connection: the caller sees no answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def read(request: web.Request) -> tuple[Json, dict[str, Upload] | None]:
    """Arguments from the query and the body, and uploaded files."""
    given: Json = dict(parse_qsl(request.query_string, keep_blank_values=True)) if request.query_string else {}
    if not request.body_exists:
        return given, None
    kind = request.content_type
    if kind == "multipart/form-data":
        return await _multipart(request, given)
    body = await request.content.read()
    try:
        if kind == "application/json":
            decoded = json.loads(body) if body.strip() else {}
            if not isinstance(decoded, dict):
                raise bad("request body must be an object")
            given.update((name, value) for name, value in decoded.items() if value is not None)
        elif kind == "application/x-www-form-urlencoded":
            given.update(parse_qsl(body.decode(), keep_blank_values=True))
    except (ValueError, RecursionError):
        raise bad("strings must be encoded in UTF-8" if kind != "application/json" else "can't parse JSON") from None
    return given, None


async def _multipart(request: web.Request, given: Json) -> tuple[Json, dict[str, Upload]]:
    uploads: dict[str, Upload] = {}
    total = 0
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise bad("nested multipart bodies are not supported")
        content = await part.read(decode=False)
        total += len(content)
        if total > BODY_LIMIT:
            raise Refused(413, "Request Entity Too Large")
        name = part.name or ""
        if part.filename is None:
            given[name] = content.decode("utf-8", "replace")
        else:
            mime = part.headers.get("Content-Type", "").partition(";")[0]
            uploads[name] = Upload(part.filename or name, mime, bytes(content))
    return given, uploads


async def get_updates(api: Api, bot: Bot, arguments: Arguments) -> Raw:
    """``Client::process_get_updates_query``; limit 1-100, timeout 0-50, both clamped."""
    if not bot.mailbox.webhook:
        bot.mailbox.allow(arguments.get("allowed_updates"))
    limit = min(max(arguments.get("limit") or 100, 1), 100)
    timeout = min(max(arguments.get("timeout") or 0, 0), LONGEST_POLL)
    return Raw(await bot.mailbox.poll(arguments.get("offset") or 0, limit, timeout))


async def set_webhook(api: Api, bot: Bot, arguments: Arguments) -> bool:
    """``Client::do_set_webhook``; an empty URL deletes the webhook."""
    url = arguments.get("url") or ""
    if url:
        check_url(url)
    secret = check_secret(arguments.get("secret_token") or "")
    await _remove_webhook(api, bot, arguments)
    if url:
        bot.mailbox.allow(arguments.get("allowed_updates"))
        connections = min(max(arguments.get("max_connections") or 40, 1), 100)

        async def execute(name: str, given: Json) -> None:
            try:
                await api.call(bot, name, given)
            except Refused as refusal:
                api.record(bot, name, given, refusal.description)
            else:
                api.record(bot, name, given, "")

        api.webhooks[bot.id] = Webhook(bot.mailbox, url, secret, connections, execute)
        api.webhooks[bot.id].start()
    return True


async def _remove_webhook(api: Api, bot: Bot, arguments: Arguments) -> None:
    webhook = api.webhooks.pop(bot.id, None)
    if webhook is not None:
        await webhook.stop()
    if arguments.get("drop_pending_updates"):
        bot.mailbox.queue.clear()


async def delete_webhook(api: Api, bot: Bot, arguments: Arguments) -> bool:
    """Back to ``getUpdates``."""
    await _remove_webhook(api, bot, arguments)
    return True


async def get_webhook_info(api: Api, bot: Bot, arguments: Arguments) -> Json:
    """``Client::JsonWebhookInfo``."""
    webhook = api.webhooks.get(bot.id)
    pending = webhook.pending if webhook else len(bot.mailbox.queue)
    info: Json = {"url": webhook.url if webhook else "", "has_custom_certificate": False}
    info["pending_update_count"] = pending
    if webhook:
        info |= {"max_connections": webhook.connections, "ip_address": "127.0.0.1"}
        if webhook.error:
            info |= {"last_error_date": webhook.error_date, "last_error_message": webhook.error}
    if not bot.mailbox.is_default:
        info["allowed_updates"] = sorted(bot.mailbox.allowed)
    return info


@method("getMe")
def get_me(world: World, bot: Bot, arguments: Arguments) -> Json:
    """The bot itself."""
    return bot.me()


@method("logOut", "close")
def log_out(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Taken without effect."""
    return True


LOCAL: dict[str, Callable[[Api, Bot, Arguments], Awaitable[Any]]] = {
    "getupdates": get_updates,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}
