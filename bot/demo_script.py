"""One conversation, played by nobody: a Telegram client and a website client, answered from Slack and from Telegram."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from html import unescape
from typing import Any

import aiohttp

from bot.app import App
from sandbox.scene import Scene
from sandbox.server import Sandbox

Json = dict[str, Any]


class Missing(Exception):
    """Something failed to arrive; the text says what."""


class Script:
    """The play. Each step says what a person does, then waits, at most ``seconds``, until others see it."""

    def __init__(self, sandbox: Sandbox, scene: Scene, app: App, seconds: float) -> None:
        self._sandbox = sandbox
        self._seconds = seconds
        self._slack, self._telegram = sandbox.slack, sandbox.telegram
        self._scene = scene
        self._app = app
        self._olga_at_slack = scene.slack_users["olga"]
        self._olga_at_telegram = scene.operators["olga"]
        self._ann = scene.clients["ann"]

    async def play(self) -> int:
        """Play it; 0, or 1 when anything failed to arrive."""
        try:
            await self._telegram_client()
            await self._website_client()
        except Missing as missing:
            _say(f"\n✘ {missing}")
            return 1
        _say("\n✔ Everything arrived, once, on both desks and at both clients.")
        return 0

    async def _telegram_client(self) -> None:
        _say("— A client on Telegram, answered from Slack and from Telegram —\n")
        self._telegram.start(user=self._ann, bot=self._scene.channel_bot.id)
        self._ann_says("Hello! Where is my order 1042?")
        room, forum = self._scene.rooms["sales"], self._scene.forums["sales"]
        root = await self._until("the thread in Slack", lambda: self._find(self._slack.messages(room=room), "1042"))
        topic = await self._until("the topic in Telegram", lambda: next((t for t in self._topics(forum)), None))
        _say(f"Slack #sales        │ a new thread: {_words(root)}")
        _say(f"Telegram Sales desk │ a new topic: {topic['name']}")
        await self._slack.press(user=self._olga_at_slack, room=room, ts=root["ts"], action_id="start")
        _say("Olga, in Slack      │ presses “Start conversation”")
        card = await self._until("the card in Telegram", lambda: self._find(self._topic(forum, topic["id"]), "In progress"))
        _say(f"Telegram Sales desk │ the card says: {_words(card)}")
        self._slack.post(self._olga_at_slack, room, "Good day, Ann! I am looking *right now*.", thread_ts=root["ts"])
        _say("Olga, in Slack      │ Good day, Ann! I am looking *right now*.")
        answer = await self._until("the answer at the client", lambda: self._find(self._client(), "right now"))
        _say(f"Ann, on Telegram    │ reads: {_words(answer)}")
        await self._until("Olga's words on the other desk", lambda: self._find(self._topic(forum, topic["id"]), "right now"))
        await self._until("the mark on Olga's message", lambda: self._marked(room, root["ts"]))
        _say("Slack #sales        │ ✅ on Olga's message; her words stand in the Telegram topic too")
        self._ann_says("Thank you!")
        await self._until("the thanks in Slack", lambda: self._find(self._slack.thread(room=room, ts=root["ts"]), "Thank you"))
        self._telegram.send(user=self._olga_at_telegram, chat=forum, text="It left today.", thread=topic["id"])
        _say("Olga, in Telegram   │ It left today.")
        await self._until("the second answer at the client", lambda: self._find(self._client(), "It left today."))
        self._telegram.send(user=self._olga_at_telegram, chat=forum, text="/close", thread=topic["id"])
        _say("Olga, in Telegram   │ /close")
        await self._until("the closed card in Slack", lambda: self._find(self._slack.messages(room=room), "Closed"))
        _say("Slack #sales        │ the card says: Closed")
        self._once(room, root["ts"])

    async def _website_client(self) -> None:
        _say("\n— A client on the website, answered from Telegram —\n")
        forum = self._scene.forums["support"]
        async with aiohttp.ClientSession(self._app.address, headers={"Origin": self._app.address}) as http:
            async with http.post("/widget/session?channel=website", json={}) as answer:
                token = (await answer.json())["token"]
            headers = {"Authorization": f"Bearer {token}"}
            said = {"id": secrets.token_hex(8), "text": "Do you ship to Almaty?", "name": "Dana"}
            async with http.post("/widget/messages?channel=website", json=said, headers=headers) as answer:
                answer.raise_for_status()
            _say("Dana, on the website│ Do you ship to Almaty?")
            topic = await self._until("the topic", lambda: next(iter(self._topics(forum)), None))
            card = await self._until("the card", lambda: self._find(self._topic(forum, topic["id"]), "Almaty"))
            await self._telegram.press(
                user=self._olga_at_telegram, chat=forum, message_id=card["message_id"], label="Start conversation"
            )
            self._telegram.send(user=self._olga_at_telegram, chat=forum, text="Yes, in three days.", thread=topic["id"])
            _say("Olga, in Telegram   │ presses “Start conversation”, writes: Yes, in three days.")
            await self._until("her words in Slack", lambda: self._in_threads(self._scene.rooms["support"], "three days"))
            seen = await self._website_reads(http, headers)
        if seen != ["Yes, in three days."]:
            raise Missing(f"the website shows {seen} instead of the answer")
        _say(f"Dana, on the website│ reads: {seen[0]}")

    async def _website_reads(self, http: aiohttp.ClientSession, headers: dict[str, str]) -> list[str]:
        """What was answered, as the website's own history has it: Slack may have the words a moment before it."""
        loop = asyncio.get_running_loop()
        last = loop.time() + self._seconds
        while True:
            async with http.get("/widget/history?channel=website", headers=headers) as answer:
                seen = [_plain(one["body"]) for one in (await answer.json())["messages"] if not one["mine"]]
            if seen or loop.time() > last:
                return seen
            await asyncio.sleep(0.05)

    def _ann_says(self, text: str) -> None:
        self._telegram.send(user=self._ann, chat=self._scene.channel_bot.id, text=text)
        _say(f"Ann, on Telegram    │ {text}")

    async def _until(self, what: str, true: Callable[[], Any]) -> Any:
        try:
            return await self._sandbox.until(true, self._seconds)
        except TimeoutError:
            raise Missing(f"{what} did not arrive within {self._seconds:.0f} s") from None

    def _find(self, messages: list[Json], words: str) -> Json | None:
        return next((one for one in messages if words in _words(one)), None)

    def _in_threads(self, room: str, words: str) -> Json | None:
        roots = self._slack.messages(room=room)
        return next((found for root in roots if (found := self._find(self._slack.thread(room=room, ts=root["ts"]), words))), None)

    def _topics(self, forum: int) -> list[Json]:
        return [topic for topic in self._telegram.topics(chat=forum) if topic["id"] != 1]

    def _topic(self, forum: int, topic: int) -> list[Json]:
        return self._telegram.messages(chat=forum, thread=topic)

    def _client(self) -> list[Json]:
        return self._telegram.messages(chat=self._scene.channel_bot.id, user=self._ann)

    def _marked(self, room: str, root: str) -> bool:
        names = {reaction["name"] for one in self._slack.thread(room=room, ts=root) for reaction in one.get("reactions", ())}
        return "white_check_mark" in names

    def _once(self, room: str, root: str) -> None:
        thread = [_words(one) for one in self._slack.thread(room=room, ts=root)]
        read = [_words(one) for one in self._client()]
        for words, where in (("It left today.", thread), ("Thank you!", thread), ("right now", read), ("It left today.", read)):
            if sum(words in one for one in where) != 1:
                raise Missing(f"“{words}” stands {sum(words in one for one in where)} times instead of once")


def _words(message: Json) -> str:
    """A message as one line a person reads."""
    text = re.sub(r"<!date\^[^|]*\|([^>]*)>", r"\1", str(message.get("text", "")))
    return " · ".join(line for line in unescape(text).splitlines() if line)


def _plain(body: Any) -> str:
    return body if isinstance(body, str) else "".join(str(span if isinstance(span, str) else span[0]) for span in body[0][1:])


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - the play is what the command prints
