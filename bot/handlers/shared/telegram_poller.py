"""Long polling with nothing confirmed before it is kept (F1, F2).

Telegram takes an update as received once a higher offset is asked for
(https://core.telegram.org/bots/api#getupdates). So a batch and the next offset are committed together, and only then
is the next batch asked. aiogram's polling asks before the handlers have run; a crash there loses updates.

An offset beyond the queue's end makes the server start from the head (tdlib/telegram-bot-api ``do_get_updates``), so
the random restart of ids after a week of silence needs no care: the next offset simply follows the last batch.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time

import structlog

from bot.commands import desk
from bot.handlers.intake import Intake
from bot.handlers.shared.telegram_api import BotApi, NoMethod
from bot.handlers.shared.telegram_sdk import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from bot.handlers.shared.telegram_updates import ALLOWED, Update, is_echo, keep_raw, keep_update, source_of, update_id_in
from bot.store import cursors
from bot.store.cursors import Cursor
from bot.store.engine import Store
from bot.store.inbox import Kept, LostLease

log = structlog.get_logger(__name__)

LEASE_SECONDS = 60.0
"""Longer than one poll with everything around it, so that a lease never ends under a poller that lives."""
RENEW_SECONDS = 20.0
POLL_SECONDS = 25.0
BATCH = 100
KEPT_MS = 24 * 3_600_000
"""How long Telegram keeps updates nobody asked for (https://core.telegram.org/bots/api#getting-updates)."""
_ANSWER = b'{"ok":true,"result":['


class Poller:
    """Keeps the updates of one bot. Any number may run; the one that holds the lease polls."""

    def __init__(
        self, api: BotApi, intake: Intake, store: Store, *, poll_seconds: float = POLL_SECONDS, token_remedy: str = ""
    ) -> None:
        """``token_remedy`` is what a person does when Telegram refuses the token."""
        self._api = api
        self._intake = intake
        self._store = store
        self._source = source_of(api.id)
        self._owner = secrets.token_hex(8)
        self._poll = poll_seconds
        self._token_remedy = token_remedy
        self._cursor: Cursor | None = None
        self._renewed = 0.0
        self._heard = 0.0
        self._patience = Patience()
        self._trouble = ""

    async def run(self) -> None:
        """Poll for ever; a cancellation gives the lease back."""
        ready = False
        try:
            while True:
                try:
                    if not await self._lead():
                        await asyncio.sleep(LEASE_SECONDS / 10)
                        continue
                    if not ready:
                        await self._leave_webhook()
                        ready = True
                    await self._round()
                    self._fine()
                except TelegramConflictError as error:
                    ready = False  # perhaps a webhook was set meanwhile
                    await self._stand_by(error)
                except LostLease:
                    self._cursor = None
                    log.info("another node polls now", source=self._source)
                except Exception as error:  # whatever it was, nothing was confirmed: wait, and ask again
                    await asyncio.sleep(self._explain(error))
        finally:
            await asyncio.shield(self._give_back())

    async def _lead(self) -> bool:
        if self._cursor is None or time.monotonic() - self._renewed > RENEW_SECONDS:
            before = time.monotonic()
            held = await self._store.write(lambda tx: cursors.acquire(tx, self._source, self._owner, LEASE_SECONDS))
            self._cursor, self._renewed = held, before
        return self._cursor is not None

    async def _round(self) -> None:
        """One batch: asked, kept with the next offset, and only then forgotten by Telegram's next answer."""
        assert self._cursor is not None
        body = await self._ask(BATCH)
        await self._note_heard()
        updates = read_batch(body)
        if updates is None:
            await self._one_by_one()
            return
        if updates:
            last = max(update["update_id"] for update in updates)
            heard = [update for update in updates if not is_echo(self._api.id, update)]
            await self._keep([keep_update(self._api.id, update) for update in heard], last + 1)

    async def _note_heard(self) -> None:
        """Keep when Telegram last answered, now and then, so that a gap longer than its memory is known (F13)."""
        assert self._cursor is not None
        if self._heard and time.monotonic() - self._heard < RENEW_SECONDS:
            return
        fence = self._cursor.fence
        if await self._store.write(lambda tx: desk.heard(tx, self._source, fence, KEPT_MS)) is not None:
            log.warning("Telegram was not heard for more than a day: messages may be lost", source=self._source)
        self._heard = time.monotonic()

    async def _ask(self, limit: int) -> bytes:
        assert self._cursor is not None
        seconds = min(self._poll, POLL_SECONDS)
        arguments = {"offset": self._cursor.value, "limit": limit, "timeout": max(0, int(seconds)), "allowed_updates": ALLOWED}
        return await self._api.fetch("getUpdates", arguments, seconds + 15)

    async def _one_by_one(self) -> None:
        """A batch that is no JSON: find the update at fault, keep it raw, go on behind it (F12).

        One that does not even show its id can only be the next in turn: a step of one confirms nothing else.
        """
        assert self._cursor is not None
        body = await self._ask(1)
        updates = read_batch(body)
        if updates is None:
            found = update_id_in(body)
            if not body.startswith(_ANSWER) or (found is None and not self._cursor.value):
                raise ValueError("Telegram's answer is no JSON")
            raw = body.removeprefix(_ANSWER).removesuffix(b"]}")
            await self._keep([keep_raw(self._api.id, raw)], (self._cursor.value if found is None else found) + 1)
            log.warning("an update could not be read; it was kept as it came", source=self._source, update_id=found)
        elif updates:
            await self._keep([keep_update(self._api.id, updates[0])], updates[0]["update_id"] + 1)

    async def _keep(self, kept: list[Kept], offset: int) -> None:
        assert self._cursor is not None
        await self._intake.keep(self._source, kept, cursor=(offset, self._cursor.fence))
        self._cursor = Cursor(offset, self._cursor.fence)

    async def _leave_webhook(self) -> None:
        """getUpdates does not work while a webhook is set. What waits for the webhook is not dropped."""
        try:
            info = await self._api.call("getWebhookInfo")
        except NoMethod:  # a server without webhooks
            return
        if info.get("url"):
            await self._api.call("deleteWebhook", {"drop_pending_updates": False})
            log.info("webhook removed, polling from now on", source=self._source)

    async def _stand_by(self, error: TelegramConflictError) -> None:
        """Somebody polls this token outside our store (F16). Telegram lets the newest in, so we stay away for a while."""
        self._say("the token is in use by another program; standing by", error.message, "conflict")
        await asyncio.sleep(self._patience.next(5.0, 60.0))

    def _explain(self, error: Exception) -> float:
        """Say once what is wrong; return the seconds to wait."""
        if isinstance(error, TelegramUnauthorizedError | TelegramNotFound):
            self._say("Telegram refuses the token, so nothing is heard", error.message, "token", remedy=self._token_remedy)
            return 60.0
        if isinstance(error, TelegramRetryAfter):
            return float(error.retry_after)
        if isinstance(error, AiogramError | ValueError):
            self._say("Telegram can't be reached; trying again", str(error), "network")
        else:  # the store is away: Telegram keeps what was not confirmed
            self._cursor = None
            self._say("updates can't be kept; trying again", type(error).__name__, "store")
        return self._patience.next(0.5, 15.0)

    def _say(self, what: str, why: str, kind: str, **more: str) -> None:
        if self._trouble != kind:
            self._trouble = kind
            log.warning(what, source=self._source, why=why, **more)

    def _fine(self) -> None:
        if self._trouble:
            log.info("polling again", source=self._source)
        self._trouble = ""
        self._patience.reset()

    async def _give_back(self) -> None:
        if self._cursor is None:
            return
        try:
            async with asyncio.timeout(2):
                await self._store.write(lambda tx: cursors.release(tx, self._source, self._owner))
        except Exception as error:  # the lease ends by itself
            log.info("lease not given back", source=self._source, why=type(error).__name__)


class Patience:
    """Waits that double up to a limit, with jitter so that nodes do not return together."""

    def __init__(self) -> None:
        self._tries = 0

    def next(self, first: float, most: float) -> float:
        """Seconds to wait before the next try."""
        self._tries += 1
        return min(most, first * float(2 ** min(self._tries - 1, 10))) * random.uniform(0.6, 1.0)

    def reset(self) -> None:
        """It went well."""
        self._tries = 0


def read_batch(body: bytes) -> list[Update] | None:
    """The updates in an answer of getUpdates; None when it can't be read. Bytes that are no UTF-8 become U+FFFD."""
    try:
        answer = json.loads(body.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    updates = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(updates, list):
        return None
    if not all(isinstance(update, dict) and isinstance(update.get("update_id"), int) for update in updates):
        return None
    return updates
