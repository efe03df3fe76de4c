"""Updates of one bot: the queue behind ``getUpdates`` and webhooks.

``tdlib/telegram-bot-api Client::do_get_updates``, ``abort_long_poll``, ``DEFAULT_ALLOWED_UPDATE_TYPES``;
updates are kept for 24 hours (core.telegram.org/bots/api#getting-updates).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from sandbox.telegram.errors import Refused

KEPT_SECONDS = 24 * 3600
LONGEST_POLL = 50
HISTORY = 20_000
KINDS = frozenset(
    (
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
    )
)
DEFAULT = KINDS - {"chat_member", "message_reaction", "message_reaction_count"}
REPLACED = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
BY_WEBHOOK = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class Update(NamedTuple):
    """A queued update; ``lane`` keeps webhook deliveries of one chat in order; ``again`` = sent once more."""

    id: int
    raw: bytes
    at: float
    lane: Any
    again: bool = False


class Mailbox:
    """The updates of one bot, oldest first."""

    def __init__(self, clock: Callable[[], float] = time.time, first: int = 100_000_000) -> None:
        self.clock = clock
        self.next_id = first
        self.queue: deque[Update] = deque()
        self.history: deque[Update] = deque(maxlen=HISTORY)
        self.allowed = DEFAULT
        self.webhook: bool = False
        self.on_new: Callable[[], None] | None = None
        self._poller: asyncio.Future[str | None] | None = None

    def allow(self, given: Any) -> None:
        """Remember ``allowed_updates``; an empty list restores the default, unknown names are ignored."""
        if isinstance(given, list):
            named = KINDS.intersection(word for word in given if isinstance(word, str))
            self.allowed = named or DEFAULT

    @property
    def is_default(self) -> bool:
        """Whether the default set of updates is wanted."""
        return self.allowed == DEFAULT

    def add(self, kind: str, payload: dict[str, Any], lane: Any = None) -> int | None:
        """Queue an update of a kind the bot wants; returns its id."""
        if kind not in self.allowed:
            return None
        number = self.next_id
        raw = b'{"update_id":%d,"%s":%s}' % (number, kind.encode(), json.dumps(payload).encode())
        return self.add_raw(raw, lane)

    def add_raw(self, raw: bytes, lane: Any = None) -> int:
        """Queue bytes as the next update, whatever they are."""
        update = Update(self.next_id, raw, self.clock(), lane)
        self.next_id += 1
        self.queue.append(update)
        self.history.append(update)
        self.wake()
        return update.id

    def add_object(self, fields: dict[str, Any]) -> int:
        """Queue an update of any kind, wanted or not."""
        return self.add_raw(json.dumps({"update_id": self.next_id, **fields}).encode())

    def again(self, update_id: int) -> bool:
        """Queue an update a second time, with the same id, as Telegram does when an answer got lost."""
        for update in reversed(self.history):
            if update.id == update_id:
                self.queue.appendleft(update._replace(at=self.clock(), again=True))
                self.wake()
                return True
        return False

    def wake(self) -> None:
        """Tell the waiting poller or the webhook that something is there."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)
        if self.on_new is not None:
            self.on_new()

    def expire(self) -> None:
        """Forget updates older than a day."""
        limit = self.clock() - KEPT_SECONDS
        while self.queue and self.queue[0].at < limit:
            self.queue.popleft()

    def confirm(self, offset: int) -> None:
        """An offset confirms all updates below it; a negative one keeps only that many from the end."""
        if offset > 0:
            kept = []
            while self.queue and (self.queue[0].id < offset):
                update = self.queue.popleft()
                if update.again:
                    kept.append(update)
            self.queue.extendleft(reversed(kept))
        elif offset < 0:
            while len(self.queue) > -offset:
                self.queue.popleft()

    @property
    def is_polled(self) -> bool:
        """Whether somebody waits for updates."""
        return self._poller is not None

    def conflict(self, description: str) -> None:
        """End the waiting poll with 409."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(description)

    async def poll(self, offset: int, limit: int, seconds: float) -> bytes:
        """``getUpdates``: the newer of two pollers wins; an answer as soon as there is something."""
        if self.webhook:
            raise Refused(409, WEBHOOK_ACTIVE)
        self.conflict(REPLACED)
        self.confirm(offset)
        self.expire()
        if not self.queue and seconds > 0:
            mine = self._poller = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    if conflict := await mine:
                        raise Refused(409, conflict)
            except TimeoutError:
                pass
            finally:
                if self._poller is mine:
                    self._poller = None
        batch = list(islice(self.queue, limit))
        for update in batch:
            if not update.again:
                break
            self.queue.popleft()
        return b",".join([update.raw for update in batch])
