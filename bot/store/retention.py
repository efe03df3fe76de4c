"""Letting go of what nobody needs any more. What is unsent, dead, or still to be found by an edit is never touched."""

from __future__ import annotations

from sqlalchemy import and_, delete, exists, func, or_, select

from bot.domain.conversation import Status
from bot.domain.group_settings import GroupSettings
from bot.domain.ids import ClientId
from bot.store import blobs, files
from bot.store.tables import blacklist, conversation, delivery, group, inbox
from bot.store.uow import Tx

DAY_MS = 24 * 3_600_000
INBOX_DAYS = 7
"""Longer than any platform repeats an update (Slack some minutes, Telegram a day, WhatsApp up to a week)."""
DELIVERY_DAYS = 30
EDITABLE_DAYS = 2
"""Telegram lets a message be edited so long (Bot API, editMessageText: 48 hours); until then its copies must be found."""
OVER = ("sent", "unconfirmed", "cancelled", "retried")


def sweep(tx: Tx) -> tuple[int, int]:
    """Delete applied updates, finished deliveries and unused files that are old; returns how many of the first two."""
    blobs.sweep(tx)
    files.sweep_uploads(tx)
    files.sweep(tx, tx.now - tx.policy.file_keep)
    updates = tx.execute(
        delete(inbox).where(inbox.c.status == "done", inbox.c.received_at < tx.now - INBOX_DAYS * DAY_MS)
    ).rowcount
    deliveries = tx.execute(
        delete(delivery).where(delivery.c.state.in_(OVER), delivery.c.finished_at < tx.now - DELIVERY_DAYS * DAY_MS)
    ).rowcount
    return updates, deliveries


def expired(tx: Tx, limit: int) -> list[ClientId]:
    """Clients whose one conversation has been closed for longer than its group keeps it, the longest closed first.

    Left out are clients on the black list, who would be heard again, and those of whom something is still to be sent or edited.
    """
    kept = {
        row.id: GroupSettings.from_json(row.settings).retention_days for row in tx.execute(select(group.c.id, group.c.settings))
    }
    past = [
        and_(conversation.c.group_id == group_id, conversation.c.status_since < tx.now - days * DAY_MS)
        for group_id, days in kept.items()
        if days > 0
    ]
    if not past:
        return []
    other = conversation.alias("other")
    due = and_(
        conversation.c.status == Status.CLOSED.value,
        or_(*past),
        func.coalesce(conversation.c.last_message_at, 0) < tx.now - EDITABLE_DAYS * DAY_MS,
    )
    first = (
        select(conversation.c.client_id)
        .where(due)
        .where(~exists().where(blacklist.c.client_id == conversation.c.client_id))
        .where(~exists().where(delivery.c.conversation_id == conversation.c.id, delivery.c.state.in_(("pending", "sending"))))
        .where(~exists().where(other.c.client_id == conversation.c.client_id, other.c.id != conversation.c.id))
        .order_by(conversation.c.status_since)
        .limit(limit)
    )
    return [ClientId(found) for found in tx.execute(first).scalars()]
