"""The control API: what a person does, and what happened, over HTTP and JSON.

``POST /control/<slack|telegram|whatsapp|mail>/<person method>`` takes its keywords as a JSON object and answers with
JSON; bytes travel as ``{"base64": "…"}``. A mistake is 400 with ``{"error": "a sentence"}``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import dataclasses
import inspect
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from sandbox.feed import Feed
from sandbox.people import Mistake

if TYPE_CHECKING:
    from sandbox.server import Sandbox

HEARTBEAT = 10.0
TOPIC_TAIL = 30
KINDS = ("delay", "drop_before", "drop_after", "answer_late", "status", "rate_limit", "error")


class Control:
    """The control routes of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._streams: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Routes for the sandbox's application."""
        return [
            web.get("/control/state", self.state),
            web.get("/control/feed", self.feed),
            web.get("/control/calls", self.calls),
            web.get("/control/scene", self.scene),
            web.post("/control/scene", self.set_scene),
            web.get("/control/trouble", self.trouble),
            web.post("/control/faults", self.add_fault),
            web.delete("/control/faults", self.clear_faults),
            web.post("/control/limits", self.set_limits),
            web.post("/control/latency", self.set_latency),
            web.get("/control/mail/{id:\\d+}/files/{number:\\d+}", self.mail_file),
            web.get("/control/telegram/files/{id}", self.telegram_file),
            web.get("/control/slack/files/{id}", self.slack_file),
            web.get("/control/whatsapp/files/{id}", self.whatsapp_file),
            web.post("/control/{platform}/{method}", self.act),
        ]

    def close(self) -> None:
        """End the open feeds, so that the server can stop."""
        for stream in self._streams:
            stream.cancel()

    async def act(self, request: web.Request) -> web.Response:
        """A person does something."""
        platform, name = request.match_info["platform"], request.match_info["method"]
        sandbox = self.sandbox
        targets = {"slack": sandbox.slack, "telegram": sandbox.telegram, "whatsapp": sandbox.whatsapp, "mail": sandbox.mailbox}
        method = getattr(targets.get(platform), name, None)
        if not getattr(method, "__person__", False):
            return refuse(f"{platform} has no method {name}", 404)
        assert method is not None
        try:
            words = unpacked(await body(request))
            signature = inspect.signature(method)
            try:
                signature.bind(**words)
            except TypeError as wrong:
                takes = signature.replace(return_annotation=inspect.Signature.empty)
                return refuse(f"{platform}.{name}: {wrong}; it takes {takes}")
            result = method(**words)
            if inspect.isawaitable(result):
                result = await result
        except Mistake as mistake:
            return refuse(str(mistake))
        except ValueError as wrong:  # a number that is none, and the like
            return refuse(f"{platform}.{name}: {wrong}")
        return answer(result)

    async def state(self, request: web.Request) -> web.Response:
        """Snapshots of everything; ``only=slack,mail`` picks, ``tail=N`` keeps the newest N messages of each place."""
        everything = self.sandbox.snapshot()
        if only := request.query.get("only"):
            everything = {key: everything[key] for key in ("n", *only.split(",")) if key in everything}
        if tail := request.query.get("tail"):
            everything = shortened(everything, int(tail))
        return answer(everything)

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Changes as server-sent events, from ``after`` (or Last-Event-ID) on, for ever."""
        asked = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
        if not asked.isdigit():
            return refuse("after must be a number")
        feed = self.sandbox.feed
        after = int(asked) if int(asked) <= feed.last else 0
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        await response.write(b"retry: 500\n\n")
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        try:
            while True:
                if changes := feed.since(after):
                    after = changes[-1]["n"]
                    await response.write("".join(map(event, changes)).encode())
                elif not await something_new(feed, after):
                    await response.write(b": still here\n\n")
        except (asyncio.CancelledError, ConnectionError):
            return response
        finally:
            self._streams.discard(task)

    async def calls(self, request: web.Request) -> web.Response:
        """API calls the bot made, by time: ``platform=``, ``method=`` and ``after=`` (Unix seconds) narrow them."""
        query = request.query
        try:
            after = float(query.get("after", "0"))
        except ValueError:
            return refuse("after must be a time in Unix seconds")
        wanted = [
            call
            for call in self._calls()
            if call["at"] > after and all(query.get(word, call[word]) == call[word] for word in ("platform", "method"))
        ]
        return answer(sorted(wanted, key=lambda call: call["at"]))

    def _calls(self) -> Iterator[dict[str, Any]]:
        for at, method, arguments, outcome in self.sandbox.slack.calls:
            error = "" if outcome == "ok" else outcome
            yield {"at": at, "platform": "slack", "method": method, "arguments": arguments, "ok": not error, "error": error}
        for call in self.sandbox.telegram.calls:
            about = {"at": call.at, "platform": "telegram", "bot": call.bot, "method": call.method}
            yield {**about, "arguments": call.args, "ok": call.ok, "error": call.error}
        for at, method, arguments, code in self.sandbox.whatsapp.api.calls:
            error = str(code) if code else ""
            yield {"at": at, "platform": "whatsapp", "method": method, "arguments": arguments, "ok": not code, "error": error}

    async def scene(self, request: web.Request) -> web.Response:
        """What was set up."""
        return answer(self.sandbox.scene)

    async def set_scene(self, request: web.Request) -> web.Response:
        """Replace what the page believes was set up."""
        try:
            self.sandbox.scene = await body(request)
        except Mistake as mistake:
            return refuse(str(mistake))
        return answer(self.sandbox.scene)

    async def trouble(self, request: web.Request) -> web.Response:
        """Faults, latency and limits as they are now."""
        return answer(self._trouble())

    def _trouble(self) -> dict[str, Any]:
        sandbox = self.sandbox
        return {
            "faults": [dataclasses.asdict(fault) for fault in sandbox.faults.armed if fault.times != 0],
            "latency": sandbox.faults.latency,
            "limits": {"enabled": sandbox.windows.enabled, "speed": sandbox.windows.speed},
        }

    async def add_fault(self, request: web.Request) -> web.Response:
        """Arm one fault; the words are those of :class:`sandbox.faults.Fault`."""
        try:
            words = await body(request)
            if words.get("kind") not in KINDS:
                raise Mistake(f"kind must be one of {', '.join(KINDS)}")
            self.sandbox.faults.add(**words)
        except TypeError as wrong:
            return refuse(f"a fault takes platform, method, kind and more: {wrong}")
        except Mistake as mistake:
            return refuse(str(mistake))
        return self._troubled()

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Disarm every fault and take the latency away."""
        self.sandbox.faults.clear()
        return self._troubled()

    async def set_limits(self, request: web.Request) -> web.Response:
        """``{"enabled": bool, "speed": float}``, either may be left out."""
        try:
            words = await body(request)
        except Mistake as mistake:
            return refuse(str(mistake))
        enabled, speed = words.get("enabled"), words.get("speed")
        if not isinstance(enabled, bool | None) or not (speed is None or (is_number(speed) and speed > 0)):
            return refuse("enabled must be true or false, speed a number above 0")
        if enabled is not None:
            self.sandbox.windows.enabled = enabled
        if speed is not None:
            self.sandbox.windows.speed = float(speed)
        return self._troubled()

    async def set_latency(self, request: web.Request) -> web.Response:
        """``{"slack": 0.8}``: every call to that platform takes so many seconds more; 0 takes it away."""
        try:
            words = await body(request)
            if not all(is_number(seconds) for seconds in words.values()):
                raise Mistake("latency is a number of seconds for each platform")
        except Mistake as mistake:
            return refuse(str(mistake))
        latency = self.sandbox.faults.latency
        latency.update(words)
        for platform in [name for name, seconds in latency.items() if seconds <= 0]:
            del latency[platform]
        return self._troubled()

    def _troubled(self) -> web.Response:
        self.sandbox.feed.publish("sandbox", "trouble")
        return answer(self._trouble())

    async def mail_file(self, request: web.Request) -> web.Response:
        """One attachment of one letter, always as a download."""
        try:
            name, _, data = self.sandbox.mailbox.file(int(request.match_info["id"]), int(request.match_info["number"]))
        except Mistake as mistake:
            return refuse(str(mistake), 404)
        return download(data, name, "")

    async def telegram_file(self, request: web.Request) -> web.Response:
        """A file a person sees in a chat, without the bot's token."""
        file = self.sandbox.telegram.files.get(request.match_info["id"])
        if file is None or file.content is None:
            return refuse("the file has no bytes: only its size was pretended", 404)
        kind = TELEGRAM_TYPES.get(file.kind) or str(file.fields.get("mime_type", ""))
        return download(file.content, str(file.fields.get("file_name", file.path.split("/")[-1])), kind)

    async def slack_file(self, request: web.Request) -> web.Response:
        """A file a person sees in a room, without a token."""
        world = self.sandbox.slack.core.world
        file, content = world.files.get(request.match_info["id"]), world.contents.get(request.match_info["id"])
        if file is None or content is None:
            return refuse("there is no such file", 404)
        return download(content, str(file.get("name", "file")), str(file.get("mimetype", "")))

    async def whatsapp_file(self, request: web.Request) -> web.Response:
        """A file a person sees in a WhatsApp chat, without a token."""
        media = self.sandbox.whatsapp.world.media.get(request.match_info["id"])
        if media is None:
            return refuse("there is no such file", 404)
        return download(media.content, media.name or "file", media.mime)


def shortened(state: dict[str, Any], tail: int) -> dict[str, Any]:
    """The same snapshot with only the newest ``tail`` messages of each room and chat."""
    for platform, places in (("slack", "rooms"), ("telegram", "chats")):
        if platform in state:
            state[platform] = {
                **state[platform],
                places: [{**place, "messages": newest(place["messages"], tail)} for place in state[platform][places]],
            }
    return state


def newest(messages: list[dict[str, Any]], tail: int) -> list[dict[str, Any]]:
    """The newest messages, the parents of those that are replies, and the newest few of every forum topic."""
    if len(messages) <= tail:
        return messages
    kept = messages[-tail:]
    parents = {message["thread_ts"] for message in kept if "thread_ts" in message}
    topics: Counter[int] = Counter()
    older: list[dict[str, Any]] = []
    for message in reversed(messages[:-tail]):
        topic = message.get("message_thread_id")
        if topic is not None:
            topics[topic] += 1
        if message.get("ts") in parents or 0 < topics[topic or 0] <= TOPIC_TAIL:
            older.append(message)
    return [*reversed(older), *kept]


async def something_new(feed: Feed, after: int) -> bool:
    """Wait for a change above ``after``; False when none came for a while."""
    try:
        async with asyncio.timeout(HEARTBEAT):
            async for _ in feed.changes(after):
                return True
    except TimeoutError:
        pass
    return False


def is_number(value: Any) -> bool:
    """A JSON number; ``true`` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object a person sent; nothing at all is an empty one."""
    text = await request.text()
    try:
        words = json.loads(text) if text.strip() else {}
    except ValueError as wrong:
        raise Mistake(f"the body is not JSON: {wrong}") from None
    if not isinstance(words, dict):
        raise Mistake("the body must be a JSON object of keyword arguments")
    return words


def unpacked(value: Any) -> Any:
    """The same value with every ``{"base64": "…"}`` as bytes."""
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"base64"}:
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (TypeError, binascii.Error):
            raise Mistake("base64 must be a string in base64") from None
    return {key: unpacked(item) for key, item in value.items()}


def answer(value: Any, status: int = 200) -> web.Response:
    """Anything as JSON."""
    return web.json_response(text=json.dumps(value, ensure_ascii=False, default=plain), status=status)


def refuse(sentence: str, status: int = 400) -> web.Response:
    """What a person did wrong."""
    return answer({"error": sentence}, status)


def plain(value: Any) -> Any:
    """What JSON has no word for: dataclasses, bytes, models, sets."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def event(change: dict[str, Any]) -> str:
    """One change as a server-sent event."""
    return f"id: {change['n']}\ndata: {json.dumps(change, ensure_ascii=False, default=plain)}\n\n"


SHOWN = frozenset(
    (
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "video/mp4",
        "video/webm",
        "audio/ogg",
        "audio/mpeg",
        "audio/mp4",
        "audio/x-wav",
    )
)
TELEGRAM_TYPES = {"photo": "image/jpeg", "sticker": "image/webp", "video_note": "video/mp4"}
"""What Telegram does not say of each file, since it is always so."""


def download(data: bytes, name: str, kind: str) -> web.Response:
    """Bytes of a stranger: what is to be looked at or listened to is shown, everything else is saved."""
    shown = kind in SHOWN
    response = web.Response(body=data, content_type=kind if shown else "application/octet-stream")
    place = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f"{place}; filename*=utf-8''{quote(name, safe='')}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
