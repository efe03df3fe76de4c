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
    Subquery,
    Text,
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

from bot.domain.conversation import Direction
from bot.domain.ids import ConversationId, MessageId
from bot.domain.listing import Tab
from bot.domain.people import Operator
from bot.store.ranges import Shape, Sight, ranges, sight_of, values_for, visible
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
    sees_few = _sees_few(tx, who)
    found: dict[int, Hit] = {}
    for owner in ("client", "message"):
        rows = (_through_few if sees_few else _by_index)(tx, who, owner, beginnings)
        for row_id, conversation_id in rows:
            message_id = MessageId(row_id) if owner == "message" else None
            found.setdefault(conversation_id, Hit(ConversationId(conversation_id), message_id))
            if len(found) >= most:
                return list(found.values())
    return list(found.values())


def _asked(tx: Tx, who: Operator, **more: object) -> dict[str, Any]:
    return {**values_for(who), "silent": tx.now - tx.policy.held_note_after, **more}


def _readable() -> list[ColumnElement[bool]]:
    """Not deleted, and not a held text that is still its author's alone (R25)."""
    m = message.c
    return [
        m.deleted_at.is_(None),
        or_(m.direction != Direction.HELD.value, m.author_id == bindparam("me"), m.at <= bindparam("silent")),
    ]


def _sees_few(tx: Tx, who: Operator) -> bool:
    """Whether he may see so little that it is quicker to look through it."""
    seen = sight_of(who)
    if seen.everything and seen.groups is None:
        return False
    row = tx.execute(_extent(seen), values_for(who)).one()
    return row.talks <= FEW_TALKS and (row.said or 0) <= FEW_MESSAGES


@cache
def _extent(seen: Sight) -> Any:
    """How many conversations he may see, counted a little further than matters, and how much was said in them."""
    sub = _seen(seen, FEW_TALKS + 1)
    return select(func.count().label("talks"), func.sum(sub.c.last_seq).label("said")).select_from(sub)


def _seen(seen: Sight, most: int) -> Subquery:
    """The conversations of all his tabs, of each range at most so many."""
    tabs = (Tab.ALL, Tab.BLACKLIST) if seen.everything else (Tab.UNASSIGNED, Tab.INBOX, Tab.CLOSED)
    c, parts = conversation.c, []
    for where in (where for tab in tabs for where in ranges(Shape(seen, tab))):
        part = select(c.id, c.client_id, c.last_seq).where(*where).limit(most).subquery()
        parts.append(select(part.c.id, part.c.client_id, part.c.last_seq))
    return union_all(*parts).subquery()


def _through_few(tx: Tx, who: Operator, owner: str, beginnings: list[str]) -> Iterator[tuple[Any, ...]]:
    """The matching rows of a few conversations, newest first."""
    patterns = {f"like_{place}": f"% {word}%" for place, word in enumerate(beginnings)}  # folded words hold neither % nor _
    statement = _looking_through(sight_of(who), owner, len(beginnings))
    yield from map(values, tx.execute(statement, _asked(tx, who, **patterns)))


@cache
def _looking_through(seen: Sight, owner: str, count: int) -> Select[Any]:
    few = _seen(seen, FEW_TALKS + 1)
    table = client_words if owner == "client" else message_words
    like = [(" " + table.c.words).like(bindparam(f"like_{place}")) for place in range(count)]
    if owner == "client":
        named = select(client_words.c.client_id, few.c.id).join_from(
            few, client_words, client_words.c.client_id == few.c.client_id
        )
        return named.where(*like).order_by(client_words.c.client_id.desc())
    said = select(message.c.id, message.c.conversation_id).join_from(few, message, message.c.conversation_id == few.c.id)
    said = said.join(message_words, message_words.c.message_id == message.c.id)
    return said.where(*_readable(), *like).order_by(message.c.id.desc())


def _by_index(tx: Tx, who: Operator, owner: str, beginnings: list[str]) -> Iterator[tuple[Any, ...]]:
    """The matching rows by the index, newest first."""
    bucket = (tx.execute(_NEWEST[owner]).scalar() or 0) >> BUCKET_BITS
    size = 1
    while bucket >= 0:
        asked = range(bucket, max(bucket - size, -1), -1)
        yield from _in_buckets(tx, who, owner, _query(tx, asked, beginnings))
        bucket, size = asked[-1] - 1, min(size * 2, MOST_BUCKETS)


_NEWEST = {"client": select(func.max(client_words.c.client_id)), "message": select(func.max(message_words.c.message_id))}


def _in_buckets(tx: Tx, who: Operator, owner: str, query: str) -> Iterator[tuple[Any, ...]]:
    """The hits of one query of the index that he may see."""
    statement, below = _statement(sight_of(who), owner, tx.postgres), 1 << 62
    while True:
        rows = [values(row) for row in tx.execute(statement, _asked(tx, who, query=query, below=below))]
        yield from rows
        if len(rows) < ROWS:
            return
        below = rows[-1][0]


def _query(tx: Tx, buckets: range, beginnings: list[str]) -> str:
    """Any of the buckets, all of the beginnings, in the index's own language. Folded words need no escaping."""
    if tx.postgres:
        return " | ".join("(" + " & ".join(f"'{one}x{word}':*" for word in beginnings) + ")" for one in buckets)
    return " OR ".join("(" + " AND ".join(f'"{one}x{word}" *' for word in beginnings) + ")" for one in buckets)


@cache
def _statement(seen: Sight, owner: str, postgres: bool) -> Select[Any]:
    """What the index answers, joined with the conversations he may see."""
    found, c, where = _hits(owner, postgres), conversation.c, visible(seen)
    if owner == "client":
        rows = select(found.c.id, c.id).join_from(found, conversation, c.client_id == found.c.id)
    else:
        rows = select(found.c.id, message.c.conversation_id).join_from(found, message, message.c.id == found.c.id)
        rows = rows.where(*_readable())
        if where:
            rows = rows.join(conversation, c.id == message.c.conversation_id)
    return rows.where(*where).order_by(found.c.id.desc()).limit(ROWS)


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
