"""Letting go of what nobody needs any more. What is unsent, dead, or still to be found by an edit is never touched."""

from __future__ import annotations

from sqlalchemy import delete

from bot.store import blobs
from bot.store.tables import delivery, inbox
from bot.store.uow import Tx

DAY_MS = 24 * 3_600_000
INBOX_DAYS = 7
"""Longer than any platform repeats an update (Slack some minutes, Telegram a day, WhatsApp up to a week)."""
DELIVERY_DAYS = 30
OVER = ("sent", "unconfirmed", "cancelled", "retried")


def sweep(tx: Tx) -> tuple[int, int]:
    """Delete applied updates, finished deliveries and unused files that are old; returns how many of the first two."""
    blobs.sweep(tx)
    updates = tx.execute(
        delete(inbox).where(inbox.c.status == "done", inbox.c.received_at < tx.now - INBOX_DAYS * DAY_MS)
    ).rowcount
    deliveries = tx.execute(
        delete(delivery).where(delivery.c.state.in_(OVER), delivery.c.finished_at < tx.now - DELIVERY_DAYS * DAY_MS)
    ).rowcount
    return updates, deliveries
