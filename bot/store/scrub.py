"""Words of an erased client where no key leads to them: updates as they came, private notices that point to his threads, forms.

The rows of updates and notices stay, emptied: an update's row is what a platform's repeat of it is known by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Table, delete, false, or_, select, update

from bot.store.tables import asking, delivery, inbox, last_search
from bot.store.uow import Tx

READ = ("done", "unparsed", "dead")
AT_ONCE = 500

Place = tuple[str, str, str]
"""Platform, chat and thread."""


def scrub(tx: Tx, identities: Sequence[str], threads: Sequence[Place], talks: Sequence[int]) -> None:
    """Empty what speaks of these ids of the client, of these threads, or of these conversations."""
    numbers = [thread for _, _, thread in threads]
    exact = [re.compile(rf"(?<![\w.-]){re.escape(one)}(?![\w-])") for one in identities]
    exact += [_pattern(platform, thread) for platform, _, thread in threads]
    updates = select(inbox.c.id, inbox.c.payload).where(inbox.c.status.in_(READ), _any(inbox.c.payload, [*identities, *numbers]))
    _empty(tx, inbox, [row.id for row in tx.execute(updates) if any(one.search(row.payload) for one in exact)])
    private = select(delivery.c.id, delivery.c.payload).where(
        delivery.c.conversation_id.is_(None),
        delivery.c.op == "notice",
        delivery.c.state.not_in(("pending", "sending")),
        _any(delivery.c.payload, numbers),
    )
    _empty(tx, delivery, [row.id for row in tx.execute(private) if _jumps(row.payload) & set(threads)])
    tx.execute(delete(last_search))  # who searched for him; it only turns pages
    for form in tx.execute(select(asking.c.platform, asking.c.external_id, asking.c.chat, asking.c.thread, asking.c.data)).all():
        about = form.data.partition(":")[2].partition(".")[0]
        if (form.platform, form.chat, form.thread) in threads or about in {str(talk) for talk in talks}:
            tx.execute(delete(asking).where(asking.c.platform == form.platform, asking.c.external_id == form.external_id))


def _any(column: ColumnElement[str], needles: Iterable[str]) -> ColumnElement[bool]:
    return or_(false(), *(column.contains(needle, autoescape=True) for needle in needles))


def _pattern(platform: str, thread: str) -> re.Pattern[str]:
    """A Slack thread's ts is unique enough; a topic's number stands beside its name."""
    if platform == "telegram":
        return re.compile(rf'"message_thread_id":\s*{re.escape(thread)}\b')
    return re.compile(rf"(?<![\d.]){re.escape(thread)}(?!\d)")


def _jumps(payload: str) -> set[Place]:
    told = json.loads(payload).get("jumps", ())
    return {(one[0], one[1], one[2]) for one in told if isinstance(one, list) and len(one) == 3}


def _empty(tx: Tx, table: Table, ids: list[int]) -> None:
    for begin in range(0, len(ids), AT_ONCE):
        tx.execute(update(table).where(table.c.id.in_(ids[begin : begin + AT_ONCE])).values(payload="{}"))
