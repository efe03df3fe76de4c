"""A mirror whose thread is gone is made anew on the same desk: card, recent history, then what had still to be sent.

Likewise a card that a desk refuses is posted without the client's words, which may be at fault; they follow by themselves.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from bot.domain.ids import ConversationId, MessageId
from bot.domain.text import utf16_len
from bot.languages import in_language
from bot.store import conversations, journal, messages, mirrors, outbox, spread
from bot.store.messages import Message
from bot.store.mirrors import Mirror
from bot.store.tables import delivery
from bot.store.team import Desk
from bot.store.uow import Tx

HISTORY_LINES = 10
NOBODYS = -1
"""A fence no lane has."""


def replace(tx: Tx, old: Mirror) -> None:
    """Retire ``old`` and open its successor; when there is one already, what was queued for ``old`` meanwhile follows."""
    conversation = conversations.by_id(tx, old.conversation_id)  # locked first, as everybody does who opens threads
    if not mirrors.retire(tx, old):
        _follow(tx, old)
        return
    home = Desk(old.desk_id, old.platform, old.chat, conversation.group_id)
    lost = _under_way(tx, old)
    fresh = succeed(tx, conversation.id, old, home, taken_out(tx, old))
    for row in lost:
        payload = {"delivery": row.id, "since": row.intent_at or tx.now}
        spread.on_mirror(tx, fresh, "sweep", lane=f"{fresh.lane}:sweep", payload=payload)
    journal.add(
        tx,
        "mirror made anew",
        who="relaydesk",
        way="system",
        conversation_id=old.conversation_id,
        desk=f"{old.platform}:{old.chat}",
    )


def succeed(
    tx: Tx,
    conversation_id: ConversationId,
    old: Mirror | None,
    home: Desk,
    waiting: Sequence[Row[Any]],
    *,
    title: str = "",
    pointer: str = "",
) -> Mirror:
    """A new mirror on ``home`` that takes over from ``old``: card, recent history, then ``waiting``, taken out of its lane.

    ``title`` heads the history, ``pointer`` stands on the card. First words that no card has borne yet stand on this one.
    """
    was_posted = old is None or bool(old.card_ref)
    opening = (0, 0) if old is None or old.card_ref else (old.opening_first, old.opening_last)
    fresh = mirrors.add(tx, conversation_id, home, opening=opening[0], pointer=pointer)
    mirrors.set_opening(tx, fresh.id, *opening)
    fresh = dataclasses.replace(fresh, opening_last=opening[1])
    if home.platform == "telegram":
        spread.on_mirror(tx, fresh, "topic", idem_key=f"topic:{fresh.id}")
    spread.on_mirror(tx, fresh, "card", idem_key=f"card:{fresh.id}")
    if was_posted or any(item.op == "history" for item in waiting):
        told = _told_again(tx, conversation_id, waiting) | ({"title": in_language(title, fresh.language)} if title else {})
        spread.on_mirror(tx, fresh, "history", payload=told)
    _requeue(tx, fresh, waiting)
    return fresh


def _under_way(tx: Tx, old: Mirror) -> Sequence[Row[Any]]:
    """What may have fallen into the Slack room (F33). The mirror's successor has another number, so it is looked for there."""
    if old.platform != "slack" or not old.thread:
        return []
    outbox.flush(tx)
    query = select(delivery.c.id, delivery.c.intent_at).where(
        delivery.c.mirror_id == old.id, delivery.c.state == "sending", delivery.c.op.in_(("words", "notice", "history"))
    )
    return tx.execute(query.order_by(delivery.c.id)).all()


def without_words(tx: Tx, mirror: Mirror) -> bool:
    """The first card was refused: post it without the client's words, and these after it. False when it bore none."""
    if not mirror.opening_first:
        return False
    opening = messages.between(tx, mirror.conversation_id, mirror.opening_first, mirror.opening_first)
    waiting = taken_out(tx, mirror, lane_only=True)
    mirrors.set_opening(tx, mirror.id, 0, 0)
    bare = dataclasses.replace(mirror, opening_first=0, opening_last=0)
    spread.on_mirror(tx, bare, "card", idem_key=f"card:{mirror.id}:bare")
    for message in opening:
        _words(tx, bare, message, joinable=True)
    _requeue(tx, bare, waiting, but={message.id for message in opening})
    return True


def _follow(tx: Tx, old: Mirror) -> None:
    live = [one for one in mirrors.of_conversation(tx, old.conversation_id) if one.desk_id == old.desk_id]
    if live:
        _requeue(tx, live[-1], taken_out(tx, old))


def _told_again(tx: Tx, conversation_id: ConversationId, waiting: Sequence[Row[Any]]) -> dict[str, object]:
    """What the history holds: what was said until now, but for what is still to be posted by itself."""
    last = messages.latest(tx, conversation_id, 1)
    still = sorted({item.message_id for item in waiting if item.op == "words"})
    return {"upto": last[-1].id if last else 0, "but": still, "lines": HISTORY_LINES}


def taken_out(tx: Tx, old: Mirror, *, lane_only: bool = False) -> list[Row[Any]]:
    """What still waits in the mirror's lane, in order, taken out; so is all else for the mirror unless ``lane_only``.

    What is in the air may still arrive, but is not tried again there: nobody holds its fence any more.
    """
    outbox.flush(tx)
    open_states = delivery.c.state.in_(("pending", "sending"))
    rows = tx.execute(
        select(delivery.c.id, delivery.c.op, delivery.c.message_id, delivery.c.size, delivery.c.payload, delivery.c.state)
        .where(delivery.c.lane == old.lane, open_states)
        .order_by(delivery.c.lane_seq)
    ).all()
    which = delivery.c.lane == old.lane if lane_only else delivery.c.mirror_id == old.id
    tx.execute(
        update(delivery)
        .where(which, open_states)
        .values(state="cancelled", error="queued anew", finished_at=tx.now, fence=NOBODYS)
    )
    return list(rows)


def _requeue(tx: Tx, fresh: Mirror, waiting: Sequence[Row[Any]], but: set[MessageId] | None = None) -> None:
    """Words and the topic's state, each message whole: of one in parts the first may stand in what is lost."""
    bodies = messages.by_ids(tx, {item.message_id for item in waiting if item.op == "words"})
    done: set[int] = set(but or ())
    for item in waiting:
        state = json.loads(item.payload) if item.op == "topic_state" else {}
        if state and "left" not in state:  # a topic that was left closes for good; its successor does not
            spread.on_mirror(tx, fresh, "topic_state", payload=state)
        elif item.op == "words" and item.message_id in bodies and item.message_id not in done:
            done.add(item.message_id)
            _words(tx, fresh, bodies[item.message_id], joinable=bool(item.size))


def _words(tx: Tx, mirror: Mirror, message: Message, *, joinable: bool) -> None:
    in_card = message.seq == mirror.opening_first and bool(mirror.opening_first)
    parts = spread.desk_parts(mirror.platform, message.body, in_card=in_card)
    last = len(parts) if message.file_id is None or not in_card else 2  # behind a card the file itself is the second part
    for part in range(1 if in_card else 0, last):
        size = utf16_len(parts[part].to_plain()) if joinable and len(parts) == 1 and message.file_id is None else 0
        spread.on_mirror(tx, mirror, "words", message_id=message.id, part=part, size=size)
