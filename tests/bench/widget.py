"""The website chat measured: ``python -m tests.bench widget``; the bot, the sandbox and the visitors in processes of their own.

``python -m tests.bench.widget ADDRESS`` is the visitors' process: it does what stands in each line of the standard input.
``python -m tests.bench.widget serve`` is the bot, which at SIGUSR1 makes one answer visible in every conversation, in one commit.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import select

from bot.domain import conversation as moves
from bot.domain.conversation import Direction
from bot.domain.text import RichText
from bot.store import conversations, messages, tables
from bot.store.uow import Tx
from tests.bench.runs import Bot, BoxProcess, box, ours

Json = dict[str, Any]
WIDGETS = 2_000
NEWS = "The shop closes at six today."
MARK = "c{client}m{number}. Good morning, I have a question about order 4711."
WIDGET_TEAM = """
[[channel]]
kind = "widget"
name = "site"
group = "Sales"
"""


class Visitors:
    """Browsers without a face. Public names are the commands of the parent process."""

    def __init__(self, address: str) -> None:
        import aiohttp

        self._address = address
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(None))
        self._tokens: list[str] = []
        self._streams: list[asyncio.Task[None]] = []
        self._heard: dict[str, list[float]] = {}
        self._open = 0

    def _headers(self, who: int) -> dict[str, str]:
        # as if behind a proxy: each visitor from an address of his own
        return {"X-Forwarded-For": f"203.0.{who // 250}.{who % 250 + 1}", "Authorization": f"Bearer {self._tokens[who]}"}

    async def arrive(self, count: int) -> int:
        """So many visitors, each with a token."""
        for who in range(len(self._tokens), count):
            headers = {"X-Forwarded-For": f"203.0.{who // 250}.{who % 250 + 1}"}
            async with self._session.post(f"{self._address}/widget/session", json={}, headers=headers) as answer:
                self._tokens.append((await answer.json())["token"])
        return len(self._tokens)

    async def trickle(self, visitors: int, messages: int, per_second: float, start: int = 0) -> Json:
        """Visitors write in turns at a steady rate; when each was sent, by its mark (Unix seconds)."""
        began, sent = time.time(), {}
        for number in range(start, start + messages):
            await asyncio.sleep(max(0.0, began + (number - start) / per_second - time.time()))
            who = number % visitors
            mark = f"c{who}m{number // visitors}."
            sent[mark] = time.time()
            await self._say(who, number, MARK.format(client=who, number=number // visitors))
        return sent

    async def _say(self, who: int, number: int, text: str) -> None:
        body = {"id": f"message-{who}-{number}", "text": text, "name": f"Visitor {who}"}
        async with self._session.post(f"{self._address}/widget/messages", json=body, headers=self._headers(who)) as answer:
            assert answer.status == 200, await answer.text()

    async def write(self, visitors: int) -> None:
        """Everybody's first words."""
        for start in range(0, visitors, 50):
            await asyncio.gather(*(self._say(who, 0, f"hello from {who}") for who in range(start, min(visitors, start + 50))))

    async def open(self, count: int) -> int:
        """So many widgets open; how many are when it has settled."""
        for start in range(0, count, 100):
            self._streams += [asyncio.create_task(self._listen(who)) for who in range(start, min(count, start + 100))]
            await asyncio.sleep(0.2)
        end = time.monotonic() + 120
        while self._open < count and time.monotonic() < end:
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        return self._open

    async def _listen(self, who: int) -> None:
        async with self._session.get(f"{self._address}/widget/events", headers=self._headers(who)) as answer:
            assert answer.status == 200
            self._open += 1
            async for line in answer.content:
                if line.startswith(b"data: "):
                    text = json.loads(line[6:]).get("body")
                    if isinstance(text, str):
                        self._heard.setdefault(text, []).append(time.time())

    async def heard(self, text: str, least: int, seconds: float = 60.0) -> list[float]:
        """When each open widget heard these words."""
        end = time.monotonic() + seconds
        while len(self._heard.get(text, ())) < least and time.monotonic() < end:
            await asyncio.sleep(0.02)
        return self._heard.get(text, [])


class VisitorsProcess(BoxProcess):
    """The visitors in a process of their own."""

    def __init__(self, address: str) -> None:
        import subprocess

        command = [sys.executable, "-m", "tests.bench.widget", address]
        self.process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def measure(say: Any) -> Json:
    """Message to desk, then 2,000 open widgets and a broadcast to them all."""
    with box() as place:
        latency = _to_desk(place)
    say(
        f"  message to desk, 20/s: p50 {latency['p50']:.1f} ms, p95 {latency['p95']:.1f}, p99 {latency['p99']:.1f} over {latency['count']}"
    )
    crowd = _crowd()
    say(
        f"  {crowd['open']:,} open widgets: {crowd['rss']:.0f} MB held ({crowd['before']:.0f} before), "
        f"broadcast p50 {crowd['p50']:.0f} ms, p99 {crowd['p99']:.0f}, max {crowd['max']:.0f}, heard by {crowd['heard']:,}, "
        f"{crowd['cpu']:.2f} CPU-s"
    )
    return {"to_desk": latency, "crowd": crowd}


def _begin(folder: Path, place: BoxProcess, *, serve: bool = False) -> tuple[Bot, str]:
    bot = ours(place.scene, folder, desk="slack" if serve else "telegram")
    team = folder / "team.toml"
    words = team.read_text("utf-8")
    if serve:  # nothing of Telegram's, so that its library is not counted among the widgets
        bot._command = [sys.executable, "-m", "tests.bench.widget", "serve"]
        bot._env = {name: value for name, value in bot._env.items() if "TELEGRAM" not in name}
        words = words.partition("[[channel]]")[0]
    team.write_text(words + WIDGET_TEAM, "utf-8")
    bot.start()
    bot.until_said("relaydesk is ready")
    said = bot.log.read_text("utf-8", "replace")
    return bot, said.partition("address=")[2].split()[0]


def _to_desk(place: BoxProcess, messages: int = 500, visitors: int = 200) -> Json:
    with tempfile.TemporaryDirectory() as name:
        bot, address = _begin(Path(name), place)
        people = VisitorsProcess(address)
        try:
            people.ask("arrive", count=visitors)
            people.ask("trickle", visitors=visitors, messages=visitors, per_second=20)
            place.ask("visible", least=visitors, seconds=60)
            place.ask("quiet", seconds=2)
            sent = people.ask("trickle", visitors=visitors, messages=messages, per_second=20, start=visitors)
            place.ask("visible", least=visitors + messages, seconds=60)
            arrived = place.ask("arrived")
        finally:
            people.process.kill()
            bot.kill()
    times = [1000 * (arrived[mark] - at) for mark, at in sent.items() if mark in arrived]
    return {**parts(times), "count": len(times)}


def _crowd() -> Json:
    """2,000 visitors who have written look at their open chats, and one commit has news for all of them."""
    with box() as place, tempfile.TemporaryDirectory() as name:
        bot, address = _begin(Path(name), place, serve=True)
        people = VisitorsProcess(address)
        try:
            people.ask("arrive", count=WIDGETS)
            people.ask("write", visitors=WIDGETS)
            place.ask("quiet", seconds=5)
            before = rss(bot)
            count = people.ask("open", count=WIDGETS)
            held = rss(bot)
            assert bot.process is not None
            bot.process.send_signal(signal.SIGUSR1)
            heard = people.ask("heard", text=NEWS, least=WIDGETS)
            used = bot.cpu()
            bot.until_said(" end")
            words = bot.log.read_text("utf-8", "replace").partition("broadcast at ")[2].split()
            began, used = float(words[0]), used - float(words[2])
        finally:
            people.process.kill()
            bot.kill()
    times = [1000 * (at - began) for at in heard]
    return {**parts(times), "open": count, "heard": len(heard), "rss": held, "before": before, "cpu": used}


async def serve() -> None:
    """The bot as ``run`` starts it, with a hand in its store."""
    from bot.app import built_at_rest
    from config.settings import load

    app = await built_at_rest(load())
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def broadcast() -> None:
        await app.store.write(_to_all)
        print(f"broadcast at {time.time()} cpu {time.process_time()} end", flush=True)

    loop.add_signal_handler(signal.SIGUSR1, lambda: tasks.add(asyncio.create_task(broadcast())))
    await app.run()


def _to_all(tx: Tx) -> None:
    for number in tx.execute(select(tables.conversation.c.id)).scalars().all():
        said = moves.say(conversations.by_id(tx, number), Direction.OUT, tx.now)
        added = messages.add(
            tx,
            conversation_id=said.id,
            seq=said.last_seq,
            direction=Direction.OUT,
            author="Olga",
            shown_as="Olga",
            body=RichText.plain(NEWS),
            at=tx.now,
        )
        if added is not None:
            messages.set_delivered(tx, [added])
        conversations.save(tx, said)
        tx.wake.add(f"widget:{number}")


def rss(bot: Bot) -> float:
    """Memory it holds now, in MB of 1,000,000 bytes."""
    line = next(one for one in bot._proc("status").splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def parts(times: list[float]) -> Json:
    """p50, p95, p99, max."""
    times = sorted(times)
    found = {f"p{part}": times[min(len(times) - 1, int(len(times) * part / 100))] for part in (50, 95, 99)}
    return {**found, "max": times[-1]}


async def main() -> None:
    """Do what stands in each line of the standard input."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    visitors = Visitors(sys.argv[1])
    async for line in lines:
        asked = json.loads(line)
        answer = await getattr(visitors, asked.pop("do"))(**asked)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(serve() if sys.argv[1] == "serve" else main())
