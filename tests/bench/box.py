"""The sandbox as a process of its own, told by lines of JSON what load to add and asked what became of it.

The load is added in the sandbox's own process, so that a thousand updates stand in the queue before the bot's waiting
``getUpdates`` is answered, and adding them costs the measured time nothing.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import sys
import time
from collections import Counter
from functools import cache
from typing import Any

import uvloop

from sandbox.scene import Scene, build_scene
from sandbox.server import Sandbox

Json = dict[str, Any]
MARK = re.compile(r"c(\d+)m(\d+)\.")


class Box:
    """The bench's hands and eyes in the sandbox. Public names are the commands of the parent process.

    Every message bears a mark ``c<client>m<number>.``, by which it is found again wherever it stands.
    """

    def __init__(self, sandbox: Sandbox, scene: Scene) -> None:
        self._sandbox = sandbox
        self._scene = scene
        self._clients: list[int] = []
        self._senders: list[int] = []
        self._load: list[tuple[int, int]] = []
        self._said = Counter[int]()
        self._began = 0.0
        self._desk = "telegram"
        self._looked = 0
        self._found: set[tuple[int, int]] = set()

    def scene(self) -> Json:
        """Where and who."""
        scene = self._scene
        return {
            "telegram": scene.telegram_api_url,
            "slack": scene.slack_api_url,
            "desk_token": scene.desk_bot.token,
            "channel_token": scene.channel_bot.token,
            "forum": scene.forums["sales"],
            "room": scene.rooms["sales"],
            "olga": scene.slack_users["olga"],
            "slack_bot": scene.app.bot_token,
            "slack_app": scene.app.app_token,
        }

    def set(self, desk: str = "telegram", latency: float = 0.0, limits: bool = False) -> None:
        """Which desk to look at; seconds each Telegram and Slack call takes; whether the platforms keep their limits."""
        self._desk = desk
        self._sandbox.faults.latency = {"telegram": latency, "slack": latency} if latency else {}
        self._sandbox.windows.enabled = limits

    async def listening(self, seconds: float = 60.0) -> bool:
        """Wait until a bot waits for the clients' updates and has been quiet for half a second; whether it came to that."""
        world, end = self._sandbox.telegram, time.monotonic() + seconds
        while not waits(world.bot(self._scene.channel_bot.id)):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.02)
        calls = -1
        while calls != (calls := len(world.calls)):
            await asyncio.sleep(0.5)
        return True

    def load(self, clients: int, messages: int, burst: bool = False) -> None:
        """Everybody writes at once: in turns, or each client's messages in a row (``burst``)."""
        self._people(clients)
        order = [(client, number) for number in range(messages) for client in range(clients)]
        for client, _ in sorted(order) if burst else order:
            self._say(client)
        self._began = time.time()

    async def trickle(self, clients: int, messages: int, per_second: float) -> None:
        """Messages in turns at a steady rate, with jitter."""
        self._people(clients)
        self._began = time.time()
        for number in range(messages):
            wait = self._began + (number + random.random()) / per_second - time.time()
            await asyncio.sleep(max(0.0, wait))
            self._say(number % clients)

    def _people(self, count: int) -> None:
        telegram, bot = self._sandbox.telegram, self._scene.channel_bot.id
        while len(self._clients) < count:
            user = telegram.add_user(name=f"Client {len(self._clients)}")["id"]
            telegram.private(user, telegram.bot(bot)).started = True
            self._clients.append(user)

    def _say(self, client: int) -> None:
        number = self._said[client]
        self._said[client] += 1
        self._load.append((client, number))
        text = f"c{client}m{number}. Good morning, I have a question about order 4711."
        self._sandbox.telegram.send(user=self._clients[client], chat=self._scene.channel_bot.id, text=text)

    # Files -----------------------------------------------------------------------------------------------------------

    def send_files(self, count: int, size: int) -> None:
        """Clients of their own send a file of ``size`` bytes each, all at once."""
        telegram, bot = self._sandbox.telegram, self._scene.channel_bot.id
        content = base64.b64encode(_bytes(size)).decode()
        while len(self._senders) < count:
            user = telegram.add_user(name=f"Sender {len(self._senders)}")["id"]
            telegram.private(user, telegram.bot(bot)).started = True
            self._senders.append(user)
        for user in self._senders[:count] if count > 1 else self._clients[:1]:
            telegram.send_document(
                user=user, chat=bot, name=f"large-{size}.bin", mime="application/octet-stream", content=content
            )

    async def files_here(self, least: int, size: int, seconds: float) -> bool:
        """Wait until so many files of that size stand in Slack threads, whole; whether they do."""
        world = self._sandbox.slack.core.world
        room, end = world.rooms[self._scene.rooms["sales"]], time.monotonic() + seconds
        while True:
            shown = [file["id"] for ts in room.order for file in room.posts[ts].wire.get("files", ()) if file["size"] == size]
            ours = [number for number in shown if world.files[number]["user"] not in self._scene.slack_users.values()]
            if len(ours) >= least:
                return all(world.contents[number] == _bytes(size) for number in ours)
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)

    async def take(self) -> None:
        """Olga takes the first conversation."""
        slack, room = self._sandbox.slack, self._scene.rooms["sales"]
        (root, *_) = slack.messages(room=room)
        buttons = [one for block in root["blocks"] if block["type"] == "actions" for one in block["elements"]]
        start = next(one for one in buttons if one["text"]["text"].startswith("Start"))
        await slack.press(
            user=self._scene.slack_users["olga"], room=room, ts=root["ts"], action_id=start["action_id"], value=start["value"]
        )

    def answer_file(self, size: int) -> None:
        """Olga answers with a file."""
        slack, room = self._sandbox.slack, self._scene.rooms["sales"]
        (root, *_) = slack.messages(room=room)
        sent = [{"name": f"back-{size}.bin", "content": _bytes(size), "mimetype": "application/octet-stream"}]
        slack.post(self._scene.slack_users["olga"], room, "", thread_ts=root["ts"], files=sent)

    async def file_at_client(self, size: int, seconds: float) -> bool:
        """Wait until the first client has got a file of that size, whole; whether he has."""
        telegram, end = self._sandbox.telegram, time.monotonic() + seconds
        while time.monotonic() < end:
            for one in telegram.messages(chat=self._scene.channel_bot.id, user=self._clients[0]):
                document = one.get("document", {})
                if one["from"]["is_bot"] and document.get("file_size") == size:
                    return bool(telegram.files[document["file_id"]].content == _bytes(size))
            await asyncio.sleep(0.05)
        return False

    async def visible(self, least: int, seconds: float) -> Json:
        """Wait until so many messages are visible on the desk, ``seconds`` at most; how many are."""
        end = time.monotonic() + seconds
        while self._count() < least and time.monotonic() < end:
            await asyncio.sleep(0.005)
        return {"visible": len(self._found)}

    def _count(self) -> int:
        posts = self._posts(self._looked)
        self._looked += len(posts)
        for _, text in posts:
            self._found.update(marks(text))
        return len(self._found)

    def _posts(self, start: int = 0) -> list[tuple[str, str]]:
        """Thread and text of the posts on the desk, in their order."""
        if self._desk == "slack":
            room = self._sandbox.slack.core.world.rooms[self._scene.rooms["sales"]]
            wires = [room.posts[ts].wire for ts in room.order[start:]]
            return [(wire.get("thread_ts", wire["ts"]), slack_text(wire)) for wire in wires]
        entries = list(self._sandbox.telegram.chats[self._scene.forums["sales"]].entries.values())[start:]
        return [(str(one.message.get("message_thread_id", 1)), one.message.get("text", "")) for one in entries]

    async def quiet(self, seconds: float = 1.0) -> None:
        """Wait until nobody has called for a while, long polls aside."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            now = self._sandbox.feed.last
            if now != last:
                last, since = now, time.monotonic()
            await asyncio.sleep(0.05)

    def result(self) -> Json:
        """What became of the load: seconds to the last message, lost, doubled, out of order, threads."""
        posts = self._posts()
        told = Counter(mark for _, text in posts for mark in marks(text))
        last: dict[int, int] = {}
        wrong = 0
        homes: dict[int, set[str]] = {}
        for thread, text in posts:
            for client, number in marks(text):
                wrong += number < last.get(client, -1)
                last[client] = max(number, last.get(client, -1))
                homes.setdefault(client, set()).add(thread)
        return {
            "sent": len(self._load),
            "seconds": max(self._arrivals().values(), default=self._began) - self._began,
            "lost": len(set(self._load) - told.keys()),
            "doubled": told.total() - len(told),
            "out_of_order": wrong,
            "threads": len({thread for thread, text in posts if marks(text)}),
            "topics": len(self._sandbox.telegram.chats[self._scene.forums["sales"]].topics),
            "astray": sum(len(threads) > 1 for threads in homes.values()),
            "posts": sum(bool(marks(text)) for _, text in posts),
            "refused": sum(not call.ok for call in self._sandbox.telegram.calls),
        }

    def _arrivals(self) -> dict[tuple[int, int], float]:
        """When each message's first request was served."""
        calls = [(call.at, call.method, call.args) for call in self._sandbox.telegram.calls]
        if self._desk == "slack":
            calls = [(at, name, arguments) for at, name, arguments, _ in self._sandbox.slack.calls]
        arrived: dict[tuple[int, int], float] = {}
        for at, name, arguments in calls:
            if name in ("sendMessage", "chat.postMessage"):
                for mark in marks(json.dumps(arguments)):
                    arrived.setdefault(mark, at)
        return arrived

    def files_took(self) -> float:
        """Seconds from the load's begin to the last file that a desk was shown."""
        shown = [
            at for at, name, _, outcome in self._sandbox.slack.calls if name == "files.completeUploadExternal" and outcome == "ok"
        ]
        return max(shown, default=self._began) - self._began

    def arrived(self) -> dict[str, float]:
        """When each marked message's request was served (Unix seconds), by its mark."""
        return {f"c{client}m{number}.": at for (client, number), at in self._arrivals().items()}

    def latencies(self, skip: int, first_seconds: float = 1e9) -> list[float]:
        """Milliseconds from each message's update to its request, without the first ``skip``; of the first seconds alone."""
        arrived = self._arrivals()
        box = self._sandbox.telegram.bot(self._scene.channel_bot.id).mailbox
        queued = {mark: update.at for update in box.history for mark in marks(update.raw.decode())}
        found = [mark for mark in self._load[skip:] if mark in arrived and queued[mark] - self._began < first_seconds]
        return [1000 * (arrived[mark] - queued[mark]) for mark in found]


@cache
def _bytes(size: int) -> bytes:
    """The content of every file of a size: nothing a program or a picture begins with."""
    return b"\xfe\xfd" + random.Random(size).randbytes(size - 2)


def waits(bot: Any) -> bool:
    """Whether somebody's getUpdates waits for this bot's updates."""
    poller = bot.mailbox._poller
    return poller is not None and not poller.done()


def marks(text: str) -> list[tuple[int, int]]:
    """The marks in a text, in order."""
    return [(int(client), int(number)) for client, number in MARK.findall(text)]


def slack_text(post: Json) -> str:
    """A Slack post's words: of its blocks, which people see, else its text."""
    return json.dumps(post.get("blocks")) if post.get("blocks") else post.get("text", "")


async def main() -> None:
    """Serve, and do what stands in each line of the standard input."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with Sandbox.running(limits=False, page=False) as sandbox:
        box = Box(sandbox, await build_scene(sandbox))
        async for line in lines:
            asked = json.loads(line)
            answer = getattr(box, asked.pop("do"))(**asked)
            if asyncio.iscoroutine(answer):
                answer = await answer
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
