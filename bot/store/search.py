"""Search by client name and by what was said, trimmed to what the person who asks may see (R85, R86).

Two ways, chosen by how much he may see. Of a few conversations the messages themselves are looked through. Else the index is
asked, bucket by bucket from the newest (see :mod:`bot.store.tables_search`), until there is a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from bot.domain.conversation import Direction, Status
from bot.domain.ids import ConversationId, MessageId
from bot.domain.listing import Tab, View, sees_all, sight
from bot.domain.people import Operator
from bot.store.lists import barred, branches, within
from bot.store.tables import client_words, conversation, last_search, message, message_words
from bot.store.tables_search import BUCKET_BITS, about
from bot.store.uow import Tx, values

FEW_TALKS = 1_000
FEW_MESSAGES = 20_000
"""Up to so many conversations with so many messages are looked through one by one."""
ROWS = 100
"""Hits fetched at once; one conversation may hold many of them."""
MOST_BUCKETS = 64
"""Buckets asked at once, when the ones before held too little."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that was found: by the newest message that matches, or by its client's name (``message_id`` None)."""

    conversation_id: ConversationId
    message_id: MessageId | None


def find(tx: Tx, who: Operator, beginnings: list[str], most: int) -> list[Hit]:
    """The first ``most`` conversations in which words begin like all of ``beginnings``: by name, then by the newest message."""
    few = _few(tx, who)
    found: dict[int, Hit] = {}
    for is_name in (True, False):
        rows = _through_few(tx, who, few, beginnings, is_name) if few is not None else _by_index(tx, who, beginnings, is_name)
        for row_id, conversation_id in rows:
            message_id = None if is_name else MessageId(row_id)
            found.setdefault(conversation_id, Hit(ConversationId(conversation_id), message_id))
            if len(found) >= most:
                return list(found.values())
    return list(found.values())


def _visible(who: Operator) -> list[ColumnElement[bool]]:
    """What he may see: with the tab All everything in his sight, else what his other tabs hold (R3, R5, R26, R80)."""
    inside = within(who)
    parts = [] if inside is None else [inside]
    if not sees_all(who):
        c = conversation.c
        waiting = c.status == Status.UNASSIGNED.value
        mine = and_(c.status == Status.INBOX.value, c.operator_id == who.id)
        closed = and_(c.status == Status.CLOSED.value, c.closed_by == who.id)
        parts += [or_(waiting, mine, closed), ~barred]
    return parts


def _readable(tx: Tx, who: Operator) -> list[ColumnElement[bool]]:
    """Not deleted, and not a held text that is still its author's alone (R25)."""
    m = message.c
    open_to_all = or_(m.direction != Direction.HELD.value, m.author_id == who.id, m.at <= tx.now - tx.policy.held_note_after)
    return [m.deleted_at.is_(None), open_to_all]


def _few(tx: Tx, who: Operator) -> Select[Any] | None:
    """The conversations he may see, as a query for their ids, when they are few; None when they are many."""
    everything = sees_all(who)
    if everything and sight(who) is None:
        return None
    tabs = (Tab.ALL, Tab.BLACKLIST) if everything else (Tab.UNASSIGNED, Tab.INBOX, Tab.CLOSED)
    ranges = [where for tab in tabs for where in branches(who, View(tab=tab))]
    c = conversation.c
    parts = [select(c.id, c.last_seq).where(*where).limit(FEW_TALKS + 1).subquery() for where in ranges]
    seen = union_all(*(select(part.c.id, part.c.last_seq) for part in parts)).subquery()
    row = tx.execute(select(func.count().label("talks"), func.sum(seen.c.last_seq).label("said")).select_from(seen)).one()
    return select(seen.c.id) if row.talks <= FEW_TALKS and (row.said or 0) <= FEW_MESSAGES else None


def _through_few(tx: Tx, who: Operator, few: Select[Any], beginnings: list[str], is_name: bool) -> Iterator[tuple[Any, ...]]:
    """The matching rows of a few conversations, newest first."""
    words = (client_words if is_name else message_words).c.words
    like = [(" " + words).like(f"% {beginning}%") for beginning in beginnings]  # folded words hold neither % nor _
    if is_name:
        rows = select(client_words.c.client_id, conversation.c.id).join_from(
            conversation, client_words, client_words.c.client_id == conversation.c.client_id
        )
        key: ColumnElement[int] = client_words.c.client_id
        rows = rows.where(conversation.c.id.in_(few), *like)
    else:
        rows = select(message.c.id, message.c.conversation_id).join_from(
            message, message_words, message_words.c.message_id == message.c.id
        )
        key = message.c.id
        rows = rows.where(message.c.conversation_id.in_(few), *_readable(tx, who), *like)
    yield from map(values, tx.execute(rows.order_by(key.desc())))


def _by_index(tx: Tx, who: Operator, beginnings: list[str], is_name: bool) -> Iterator[tuple[Any, ...]]:
    """The matching rows by the index, newest first."""
    key = client_words.c.client_id if is_name else message_words.c.message_id
    bucket = (tx.execute(select(func.max(key))).scalar() or 0) >> BUCKET_BITS
    size = 1
    while bucket >= 0:
        asked = range(bucket, max(bucket - size, -1), -1)
        yield from _in_buckets(tx, who, _query(tx, asked, beginnings), is_name)
        bucket, size = asked[-1] - 1, min(size * 2, MOST_BUCKETS)


def _in_buckets(tx: Tx, who: Operator, query: str, is_name: bool) -> Iterator[tuple[Any, ...]]:
    """The hits of one query of the index that he may see."""
    statement = _statement(tx, who, is_name)
    below = 1 << 62
    while True:
        rows = [values(row) for row in tx.execute(statement, {"query": query, "below": below})]
        yield from rows
        if len(rows) < ROWS:
            return
        below = rows[-1][0]


def _query(tx: Tx, buckets: range, beginnings: list[str]) -> str:
    """Any of the buckets, all of the beginnings, in the index's own language. Folded words need no escaping."""
    if tx.postgres:
        return " | ".join("(" + " & ".join(f"'{one}x{word}':*" for word in beginnings) + ")" for one in buckets)
    return " OR ".join("(" + " AND ".join(f'"{one}x{word}" *' for word in beginnings) + ")" for one in buckets)


def _statement(tx: Tx, who: Operator, is_name: bool) -> Select[Any]:
    """What the index answers, joined with the conversations he may see."""
    found = _hits("client" if is_name else "message", tx.postgres)
    c, visible = conversation.c, _visible(who)
    if is_name:
        rows = select(found.c.id, c.id).join_from(found, conversation, c.client_id == found.c.id)
    else:
        rows = select(found.c.id, message.c.conversation_id).join_from(found, message, message.c.id == found.c.id)
        rows = rows.where(*_readable(tx, who))
        if visible:
            rows = rows.join(conversation, c.id == message.c.conversation_id)
    return rows.where(*visible).order_by(found.c.id.desc()).limit(ROWS)


@cache
def _hits(owner: str, postgres: bool) -> Any:
    """The rows of one index below a number, newest first."""
    if postgres:
        key: ColumnElement[int] = client_words.c.client_id if owner == "client" else message_words.c.message_id
        lexemes: ColumnElement[Any] = literal_column(about(owner, "array_to_tsvector(string_to_array(TERMS, ' '))"))
        wanted = lexemes.op("@@")(cast(bindparam("query", type_=Text), TSQUERY))
    else:
        index = table(f"{owner}_find", column("rowid"), column(f"{owner}_find"))
        key = index.c.rowid
        wanted = index.c[f"{owner}_find"].op("MATCH")(bindparam("query", type_=Text))
    return select(key.label("id")).where(wanted, key < bindparam("below")).order_by(key.desc()).subquery("hits")


def remember(tx: Tx, who: Operator, words: str) -> None:
    """Keep what he searched for, so that a button can turn its pages."""
    row = tx.upsert(last_search).values(operator_id=who.id, words=words)
    tx.execute(row.on_conflict_do_update(index_elements=["operator_id"], set_={"words": words}))


def remembered(tx: Tx, who: Operator) -> str:
    """What he searched for last."""
    return tx.execute(select(last_search.c.words).where(last_search.c.operator_id == who.id)).scalar() or ""
