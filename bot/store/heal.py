"""A mirror whose thread is gone is made anew on the same desk: card, recent history, then what had still to be sent."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, select, update

from bot.domain.ids import MessageId
from bot.store import conversations, journal, mirrors, spread
from bot.store.mirrors import Mirror
from bot.store.tables import delivery
from bot.store.team import Desk
from bot.store.uow import Tx

HISTORY_LINES = 10


def replace(tx: Tx, old: Mirror) -> Mirror | None:
    """Retire ``old`` and open its successor; None when that has been done already."""
    if not mirrors.retire(tx, old):
        return None
    conversation = conversations.by_id(tx, old.conversation_id)
    was_posted = bool(old.card_ref)
    fresh = mirrors.add(tx, old.conversation_id, Desk(old.desk_id, old.platform, old.chat, conversation.group_id), opening=0)
    mirrors.set_opening(tx, fresh.id, 0 if was_posted else old.opening_first, 0 if was_posted else old.opening_last)
    if old.platform == "telegram":
        spread.on_mirror(tx, fresh, "topic", idem_key=f"topic:{fresh.id}")
    spread.on_mirror(tx, fresh, "card", idem_key=f"card:{fresh.id}")
    waiting = _unsent(tx, old)
    if was_posted:
        spread.on_mirror(
            tx, fresh, "history", payload={"before": waiting[0].message_id if waiting else None, "lines": HISTORY_LINES}
        )
    for item in waiting:
        if item.op == "words":
            spread.on_mirror(tx, fresh, "words", message_id=MessageId(item.message_id), part=item.part, size=item.size)
        elif item.op == "topic_state":
            spread.on_mirror(tx, fresh, "topic_state", payload=json.loads(item.payload))
    journal.add(
        tx,
        "mirror made anew",
        who="relaydesk",
        way="system",
        conversation_id=old.conversation_id,
        desk=f"{old.platform}:{old.chat}",
    )
    return fresh


def _unsent(tx: Tx, old: Mirror) -> list[Row[Any]]:
    """What still waited for the lost thread, in order, taken out of its lane."""
    rows = tx.execute(
        select(delivery.c.id, delivery.c.op, delivery.c.message_id, delivery.c.part, delivery.c.size, delivery.c.payload)
        .where(delivery.c.lane == old.lane, delivery.c.state.in_(("pending", "sending")))
        .order_by(delivery.c.lane_seq)
    ).all()
    tx.execute(
        update(delivery)
        .where(delivery.c.mirror_id == old.id, delivery.c.state.in_(("pending", "sending")))
        .values(state="cancelled", error="its thread is gone; moved to the new one", finished_at=tx.now)
    )
    return list(rows)
