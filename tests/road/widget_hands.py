"""A website visitor without a face: what the widget's script asks, and what it is told."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession

from tests.road.desks import SlackView, TelegramView
from tests.road.house import House
from tests.road.talk import HOLDER, NAMES, Talk, View

Json = dict[str, Any]
NUMBERS = itertools.count(1)


@dataclass
class Visitor:
    """Somebody at the website. ``heard`` is all the server told, word for word."""

    house: House
    session: ClientSession
    token: str = ""
    identity: str = ""
    heard: list[str] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def url(self, path: str, **query: object) -> str:
        assert self.house.app is not None
        more = "".join(f"&{key}={value}" for key, value in query.items())
        return f"{self.house.app.address}/widget/{path}?channel={self.house.scene.widget['channel']}{more}"

    async def arrive(self) -> Visitor:
        status, answer = await self.post("session", {"identity": self.identity} if self.identity else {})
        assert status == 201, answer
        self.token = answer["token"]
        self.heard.clear()  # it is told this once
        return self

    async def post(self, path: str, data: Json) -> tuple[int, Json]:
        async with self.session.post(self.url(path), json=data, headers=self.headers) as answer:
            self.heard.append(await answer.text())
            return answer.status, json.loads(self.heard[-1])

    async def says(self, text: str = "", **more: Any) -> str:
        """Write; the message's id, once it is in the conversation."""
        number = f"message-{next(NUMBERS)}"
        status, answer = await self.post(
            "messages", {"id": number, "text": text, "name": "Vera", "identity": self.identity, **more}
        )
        assert status == 200, answer
        await self.until(lambda told: any(one.get("id") == number for one in told))
        return number

    async def uploads(self, name: str, content: Any, mime: str = "application/octet-stream") -> tuple[int, Json]:
        headers = {**self.headers, "X-File-Name": quote(name, safe=""), "Content-Type": mime}
        async with self.session.post(self.url("files"), data=content, headers=headers) as answer:
            self.heard.append(await answer.text())
            return answer.status, json.loads(self.heard[-1])

    async def sends(self, name: str, content: bytes, caption: str = "", mime: str = "application/octet-stream") -> str:
        status, answer = await self.uploads(name, content, mime)
        assert status == 201, answer
        return await self.says(caption, file=answer["file"])

    async def fetches(self, number: int) -> tuple[int, dict[str, str], bytes]:
        async with self.session.get(self.url(f"files/{number}"), headers=self.headers) as answer:
            self.heard.append(str(dict(answer.headers)))
            return answer.status, dict(answer.headers), await answer.read()

    async def history(self) -> list[Json]:
        async with self.session.get(self.url("history"), headers=self.headers) as answer:
            assert answer.status == 200
            self.heard.append(await answer.text())
            told: list[Json] = json.loads(self.heard[-1])["messages"]
            return told

    async def until(self, check: Any, seconds: float = 40.0) -> list[Json]:
        """Wait until the history is so."""
        async with asyncio.timeout(seconds):
            while not check(told := await self.history()):
                await asyncio.sleep(0.02)
        return told

    @asynccontextmanager
    async def listening(self, **query: object) -> AsyncIterator[asyncio.Queue[tuple[str, Json]]]:
        """What the open stream tells: names of events, and what they bear."""
        told: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()

        async def hear(answer: Any) -> None:
            name = ""
            async for line in answer.content:
                row = line.decode().rstrip("\n")
                self.heard.append(row)
                if row.startswith("event: "):
                    name = row[7:]
                elif row.startswith("data: "):
                    told.put_nowait((name, json.loads(row[6:])))

        async with self.session.get(self.url("events", **query), headers=self.headers) as answer:
            assert answer.status == 200
            task = asyncio.create_task(hear(answer))
            try:
                yield told
            finally:
                task.cancel()


async def event(told: asyncio.Queue[tuple[str, Json]], name: str) -> Json:
    """The next event of that name; others before it are passed over."""
    async with asyncio.timeout(40):
        while True:
            heard, what = await told.get()
            if heard == name:
                return what


def words(message: Json) -> str:
    """The plain words of a message that bears no styles."""
    return str(message["body"])


def desks(house: House, platform: str) -> tuple[View, View]:
    """The desks of the website's group: the one played from, and the other."""
    slack, telegram = SlackView(house, "support"), TelegramView(house, "support")
    return (slack, telegram) if platform == "slack" else (telegram, slack)


async def begin(house: House, visitor: Visitor, platform: str, text: str = "hello", *, taken: bool = True) -> Talk:
    """The visitor's first words, mirrored on both desks, and taken by Olga."""
    mine, other = desks(house, platform)
    await visitor.says(text)
    await house.until(lambda: mine.threads() and other.threads())
    await house.settled()
    talk = Talk(house, mine, other, mine.threads()[-1], other.threads()[-1])
    if taken:
        await talk.presses(HOLDER, "Start conversation")
        await talk.shows(f"🟢 In progress 👤 {NAMES[HOLDER]}")
    return talk


def files_at(view: View, thread: str) -> list[tuple[str, bytes]]:
    """The files in a thread: name and bytes; a photo of Telegram's has no name."""
    if isinstance(view, SlackView):
        return [(name, content) for name, content, _ in view.files(thread)]
    found = []
    for one in view.telegram.messages(chat=view.chat, thread=int(thread)):
        media = (
            one.get("document")
            or one.get("video")
            or one.get("audio")
            or one.get("animation")
            or (one.get("photo") or [None])[-1]
        )
        if media:
            found.append((media.get("file_name", "photo"), view.telegram.files[media["file_id"]].content))
    return found


def sends_file(talk: Talk, name: str, content: bytes, caption: str = "", mime: str = "application/pdf") -> str:
    """Olga sends a file in her thread; returns the post."""
    import base64

    view = talk.mine
    if isinstance(view, SlackView):
        return view.says(HOLDER, talk.thread, caption, files=[{"name": name, "content": content, "mimetype": mime}])
    sent = view.telegram.send_document(
        view.user(HOLDER),
        view.chat,
        name,
        mime,
        content=base64.b64encode(content).decode(),
        caption=caption or None,
        thread=int(talk.thread),
    )
    return str(sent["message_id"])


def edits(talk: Talk, post: str, text: str) -> None:
    """Olga changes what she wrote."""
    view = talk.mine
    if isinstance(view, SlackView):
        view.edits(HOLDER, talk.thread, post, text)
    else:
        view.telegram.edit(user=view.user(HOLDER), chat=view.chat, message_id=int(post), text=text)


def deletes(talk: Talk, post: str) -> None:
    """Olga takes back what she wrote; Telegram tells nobody of deletions, so she says ``/delete`` to it."""
    view = talk.mine
    if isinstance(view, SlackView):
        view.deletes(HOLDER, talk.thread, post)
    else:
        view.replies(HOLDER, talk.thread, "/delete", int(post))


def reacts(talk: Talk, post: str, slack_name: str, sign: str) -> None:
    """Olga reacts to a post."""
    view = talk.mine
    if isinstance(view, SlackView):
        view.reacts(HOLDER, talk.thread, post, slack_name)
    else:
        view.telegram.react(user=view.user(HOLDER), chat=view.chat, message_id=int(post), emoji=sign)


def post_of(view: View, thread: str, text: str) -> str:
    """The post in a thread that bears these words."""
    for one in view.posts(thread):
        told = json.dumps(one, ensure_ascii=False)
        if text in told:
            return str(one["ts"] if isinstance(view, SlackView) else one["message_id"])
    raise AssertionError(f"no post with {text!r}")
