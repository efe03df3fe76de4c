"""Answers to clients on WhatsApp."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import structlog

from bot.delivery.ports import (
    DeletePost,
    EditPost,
    Fetch,
    FilePost,
    Outcome,
    Parcel,
    Permanent,
    Quoted,
    React,
    Sent,
    Template,
    Unsupported,
    Words,
)
from bot.domain.capabilities import CHANNELS
from bot.domain.files import FileKind
from bot.domain.phrase import Phrase
from bot.domain.text import RichText, join
from bot.handlers.channels.whatsapp import outcomes
from bot.handlers.channels.whatsapp.text import to_marks
from bot.handlers.channels.whatsapp.wire import Graph, NotUnderstood, Refused, to_whom
from bot.handlers.shared.download import download, fetched, open_session
from bot.handlers.shared.files import Files

log = structlog.get_logger(__name__)
Json = dict[str, Any]

PORT = "whatsapp"
TAKES = CHANNELS["whatsapp"]
MEDIA_HOSTS = ("*.fbsbx.com", "*.facebook.com", "*.fbcdn.net", "*.whatsapp.net")
"""Where WhatsApp keeps files; the token goes to no other host."""
PICTURES = ("image/jpeg", "image/png")
FILMS = ("video/mp4", "video/3gpp")
SOUNDS = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")
FAILURES = (Refused, NotUnderstood, aiohttp.ClientError, TimeoutError, OSError)


class WhatsappPort:
    """The clients of one number."""

    def __init__(self, graph: Graph, files: Files, *, api_url: str) -> None:
        self._graph = graph
        self._files = files
        self._hosts = (*MEDIA_HOSTS, api_url)
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, parcel: Parcel) -> Outcome:
        """See :class:`bot.delivery.ports.Port`."""
        try:
            return await self._deliver(parcel)
        except FAILURES as error:
            return outcomes.read(error, creates=not isinstance(parcel.body, React | Fetch))
        except LookupError:
            return Permanent(Phrase("The file is not kept any more."))
        except Exception as error:  # a bug of ours must not stop the relay
            log.exception("not delivered", port=PORT, delivery=parcel.delivery_id)
            return Permanent(Phrase("It could not be put into WhatsApp's shape ({error}).", error=type(error).__name__))

    async def _deliver(self, parcel: Parcel) -> Outcome:
        match parcel.body:
            case Words(template=Template() as template):
                return await self._send(parcel, {"type": "template", "template": _template(template)}, None)
            case Words() as words:
                return await self._send(parcel, {"type": "text", "text": _text(words)}, words.quote)
            case FilePost() as post:
                return await self._file(parcel, post)
            case React() as react:
                told = {"message_id": react.remote_id, "emoji": react.emoji[0] if react.emoji else ""}
                await self._graph.send({**to_whom(parcel.address.chat), "type": "reaction", "reaction": told})
                return Sent()
            case Fetch() as fetch:
                return await self._fetch(fetch)
            case EditPost() | DeletePost():
                return Unsupported(Phrase("WhatsApp can't change or take back what was sent."))
        return Unsupported(Phrase("WhatsApp can't show this ({what}).", what=type(parcel.body).__name__))

    async def _send(self, parcel: Parcel, said: Json, quote: Quoted | None) -> Sent:
        body = {**to_whom(parcel.address.chat), **said, "biz_opaque_callback_data": f"d{parcel.delivery_id}"}
        if quote is not None and quote.remote_id:
            body["context"] = {"message_id": quote.remote_id}
        return Sent(await self._graph.send(body))

    async def _file(self, parcel: Parcel, post: FilePost) -> Outcome:
        """Hand the bytes over first; only the message itself can show twice."""
        file = post.file
        kind, mime = _kind(file.kind, file.mime)
        try:
            number = await self._graph.upload(file.name, mime, file.size, self._files.pieces(file.id))
        except FAILURES as error:
            return outcomes.read(error, creates=False)
        part: Json = {"id": number}
        if kind in ("image", "video", "document"):
            caption = _signed(post.author, post.caption, post.quote, TAKES.caption)
            part |= {"caption": caption} if caption else {}
        if kind == "document":
            part["filename"] = file.name
        if file.kind is FileKind.VOICE and mime == "audio/ogg":
            part["voice"] = True
        return await self._send(parcel, {"type": kind, kind: part}, post.quote)

    async def _fetch(self, fetch: Fetch) -> Outcome:
        try:
            return await fetched(self._files, fetch.file, self._pieces(fetch), platform=TAKES.name)
        except Refused as error:
            if error.code in (33, 100, 131052):
                return Permanent(Phrase("{platform} does not have the file any more.", platform=TAKES.name))
            return outcomes.refused(error)

    async def _pieces(self, fetch: Fetch) -> AsyncGenerator[bytes]:
        """Ask where the file is when its turn has come, and take it from there; such an address lives for minutes."""
        about = await self._graph.media(str(fetch.file.ref.get("id", "")))
        if self._session is None:
            self._session = open_session(self._hosts)
        pieces = download(self._session, str(about.get("url", "")), headers=self._graph.headers, hosts=self._hosts)
        async for piece in pieces:
            yield piece

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()


def _text(words: Words) -> Json:
    return {"body": _signed(words.author, join(words.parts), words.quote, TAKES.text_limit), "preview_url": False}


def _signed(author: str, text: RichText, quote: Quoted | None, most: int) -> str:
    """The words under the operator's name; as plain text where the marks would make them too long."""
    head = f"*{author.replace('*', '')}*\n" if author else ""
    if quote is not None and not quote.remote_id:
        head += f"> {quote.author}: {quote.text}\n"
    if text.is_empty:
        return head.strip()
    marked = head + to_marks(text)
    return marked if len(marked) <= most else (head + text.to_plain())[:most]


def _kind(kind: FileKind, mime: str) -> tuple[str, str]:
    """What WhatsApp shows a file as, and the type it is handed over under."""
    if kind is FileKind.STICKER and mime == "image/webp":
        return "sticker", mime
    for shown, types in (("image", PICTURES), ("video", FILMS), ("audio", SOUNDS)):
        if mime in types:
            return shown, mime
    return "document", "text/plain" if mime.startswith("text/") else mime


def _template(post: Template) -> Json:
    """Components in the API's words."""
    parts: dict[tuple[str, int], list[Json]] = {}
    for part, index, name, value in post.slots:
        named = {"parameter_name": name} if post.named else {}
        parts.setdefault((part, index), []).append({"type": "text", **named, "text": " ".join(value.split())})
    components: list[Json] = []
    for (part, index), values in parts.items():
        button = {"sub_type": "url", "index": str(index)} if part == "button" else {}
        components.append({"type": part, **button, "parameters": values})
    return {"name": post.name, "language": {"code": post.language}, **({"components": components} if components else {})}
