"""The yardstick: the least an aiogram bot must do to mirror clients into topics, and nothing else.

64 sends at once, one topic per client made on first sight, nothing stored; each batch of updates is finished before
the next is asked. Whatever it loses, doubles or shuffles it does not notice.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import uvloop
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.types import Update

AT_ONCE = 64


class Bare:
    """One loop over one bot of clients and one of operators."""

    def __init__(self) -> None:
        server = TelegramAPIServer.from_base(os.environ["BARE_API_URL"])
        self.channel = Bot(os.environ["BARE_CHANNEL_TOKEN"], session=AiohttpSession(api=server))
        self.desk = Bot(os.environ["BARE_DESK_TOKEN"], session=AiohttpSession(api=server))
        self.forum = int(os.environ["BARE_FORUM"])
        self.topics: dict[int, asyncio.Task[int]] = {}
        self.slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Batch after batch."""
        offset = 0
        while True:
            updates = await self.channel.get_updates(offset=offset, limit=100, timeout=25, request_timeout=40)
            await asyncio.gather(*(self.mirror(update) for update in updates))
            if updates:
                offset = updates[-1].update_id + 1

    async def mirror(self, update: Update) -> None:
        """One message into its client's topic; a refusal loses it."""
        message = update.message
        if message is None or message.from_user is None:
            return
        async with self.slots:
            client = message.from_user
            if client.id not in self.topics:
                self.topics[client.id] = asyncio.create_task(self.open(client.full_name))
            with suppress(AiogramError):
                topic = await self.topics[client.id]
                text = f"{client.full_name}\n{message.text}"
                await self.desk.send_message(self.forum, text, message_thread_id=topic)

    async def open(self, name: str) -> int:
        """A new topic."""
        return (await self.desk.create_forum_topic(self.forum, name)).message_thread_id


async def main() -> None:
    """Run until killed."""
    await Bare().run()


if __name__ == "__main__":
    uvloop.run(main())
