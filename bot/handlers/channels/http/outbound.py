"""What operators say, as signed webhooks to another system."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import structlog
from pydantic import BaseModel
from yarl import URL

from bot.delivery.ports import (
    DeletePost,
    EditPost,
    FilePost,
    Outcome,
    Parcel,
    Permanent,
    Quoted,
    React,
    Retry,
    Sent,
    Unsupported,
    Words,
)
from bot.domain.files import File
from bot.domain.phrase import Phrase
from bot.domain.text import RichText, join
from bot.handlers.channels.http.contract import DeleteOut, EditOut, FileOut, MessageOut, ReactionOut
from bot.handlers.channels.http.inbound import KIND, OURS
from bot.handlers.channels.http.signing import SIGNATURE, TIMESTAMP, file_signature, sign
from bot.handlers.shared.download import Barred, bar, open_session
from bot.store import team
from bot.store.engine import Store
from bot.store.secrets import channel_secret

log = structlog.get_logger(__name__)

PORT = "http"
CALL_SECONDS = 15.0
FILE_SECONDS = 3600
WAIT_SECONDS = 30.0


class HttpPort:
    """All HTTP channels. ``insecure`` are origins that may be plain http or private, named in the settings."""

    def __init__(self, store: Store, *, master: str, public_url: str, insecure: Sequence[str]) -> None:
        self._store = store
        self._master = master
        self._public_url = public_url.rstrip("/")
        self._insecure = tuple(insecure)
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, parcel: Parcel) -> Outcome:
        """See :class:`bot.delivery.ports.Port`. The receiver knows each by its id, so that once more does no harm."""
        name, _, client = parcel.address.chat.partition(":")
        number = f"{OURS}{parcel.delivery_id}"
        told: BaseModel
        match parcel.body:
            case Words(author, _, parts) as words:
                told = _message(number, client, author, join(parts), words.quote)
            case FilePost(author, _, file, caption) as post:
                told = _message(number, client, author, caption, post.quote, self._file(name, file))
            case EditPost(remote_id, Words(_, _, parts)):
                number, told = "", EditOut(id=remote_id, client=client, text=join(parts).to_plain())
            case EditPost(remote_id, FilePost() as post):
                number, told = "", EditOut(id=remote_id, client=client, text=post.caption.to_plain())
            case DeletePost(remote_id):
                number, told = "", DeleteOut(id=remote_id, client=client)
            case React(remote_id, emoji):
                number, told = "", ReactionOut(id=remote_id, client=client, emoji=list(emoji))
            case _:
                return Unsupported(Phrase("The HTTP channel can't show this ({what}).", what=type(parcel.body).__name__))
        try:
            return await self._post(name, told.model_dump_json().encode(), number)
        except Barred as barred:
            return _wait(Phrase("the callback of {name} is not called: {why}", name=name, why=barred.words))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _wait(Phrase("the callback of {name} does not answer ({error})", name=name, error=type(error).__name__))

    async def _post(self, name: str, body: bytes, number: str) -> Outcome:
        channel = await self._store.read(lambda tx: team.find_channel(tx, KIND, name))
        if channel is None or not channel.callback:
            words = Phrase(
                "no callback address is set: write “channel {name} callback=https://…” to the bot, or set it in the team file",
                name=name,
            )
            return _wait(words)
        where = URL(channel.callback)
        bar(where, (str(where.host).lower(), *self._insecure), what=Phrase("The address"))
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: stamp,
            SIGNATURE: sign(channel_secret(self._master, name), stamp, body),
        }
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        async with self._client().post(where, data=body, headers=headers, allow_redirects=False, timeout=timeout) as answer:
            await answer.content.read(2048)
        return _outcome(name, answer.status, answer.headers.get("Retry-After", ""), number)

    def _file(self, name: str, file: File) -> FileOut:
        expires = int(time.time() + FILE_SECONDS) * 1000
        signature = file_signature(channel_secret(self._master, name), file.id, expires)
        url = f"{self._public_url}/channel/{name}/files/{file.id}?expires={expires}&signature={signature}"
        return FileOut(url=url, expires=expires, name=file.name, mime=file.mime, size=file.size, kind=file.kind)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = open_session(self._insecure)
        return self._session

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()


def _message(
    number: str, client: str, author: str, text: RichText, quote: Quoted | None, file: FileOut | None = None
) -> MessageOut:
    more: dict[str, Any] = {}
    if quote is not None:
        more = {"reply_to": quote.remote_id, "quote": quote.text}
    return MessageOut(id=number, client=client, author=author, text=text.to_plain(), file=file, **more)


def _outcome(name: str, status: int, after: str, number: str) -> Outcome:
    if 200 <= status < 300:
        return Sent(number)
    if status == 429:
        seconds = float(after) if after.isascii() and after.isdigit() else 5.0
        return Retry(Phrase("the callback of {name} asks to wait", name=name), min(seconds, 3600.0), "chat", counted=False)
    if status >= 500 or status in (401, 403, 404, 408, 425) or 300 <= status < 400:
        return _wait(Phrase("the callback of {name} answers {status}", name=name, status=status))
    return Permanent(Phrase("The other system did not take it (it answered {status}).", status=status))


def _wait(reason: str) -> Retry:
    """Nothing is lost while the other system is away or set up wrongly; what waits goes on in order by itself."""
    return Retry(reason, WAIT_SECONDS, "chat", counted=False)
