"""Who has reacted to which message with which emoji (R35)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select

from bot.domain.ids import MessageId
from bot.store.tables import reaction
from bot.store.uow import Tx


def replace(tx: Tx, message_id: MessageId, side: str, who: str, emoji: Collection[str]) -> bool:
    """One person's reactions are these now; whether that is a change. ``side`` ``client`` or ``operator``."""
    theirs = (reaction.c.message_id == message_id, reaction.c.side == side, reaction.c.who == who)
    before = set(tx.execute(select(reaction.c.emoji).where(*theirs)).scalars())
    for one in before.difference(emoji):
        tx.execute(delete(reaction).where(*theirs, reaction.c.emoji == one))
    for one in sorted(set(emoji) - before):
        _add(tx, message_id, side, who, one)
    return before != set(emoji)


def add(tx: Tx, message_id: MessageId, side: str, who: str, emoji: str) -> bool:
    """One more of somebody's; whether it is new."""
    return _add(tx, message_id, side, who, emoji)


def remove(tx: Tx, message_id: MessageId, side: str, who: str, emoji: str) -> bool:
    """One fewer; whether it was there."""
    theirs = (reaction.c.message_id == message_id, reaction.c.side == side, reaction.c.who == who, reaction.c.emoji == emoji)
    return tx.execute(delete(reaction).where(*theirs)).rowcount == 1


def shown(tx: Tx, message_id: MessageId, side: str) -> tuple[str, ...]:
    """The emoji of one side, the newest first."""
    query = select(reaction.c.emoji).where(reaction.c.message_id == message_id, reaction.c.side == side)
    return tuple(dict.fromkeys(tx.execute(query.order_by(reaction.c.at.desc(), reaction.c.id.desc())).scalars()))


def _add(tx: Tx, message_id: MessageId, side: str, who: str, emoji: str) -> bool:
    row = {"message_id": message_id, "side": side, "who": who, "emoji": emoji, "at": tx.now}
    return tx.execute(tx.upsert(reaction).values(row).on_conflict_do_nothing()).rowcount == 1
