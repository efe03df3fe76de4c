"""Search by client name and by what was said, trimmed to what the person who asks may see (R85, R86).

Two ways, chosen by how much he may see. Of a few conversations the messages themselves are looked through. Else the index is
asked, shelf by shelf from the newest (see :mod:`bot.store.tables_search`), until there is a page.
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
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from bot.domain.conversation import Direction
from bot.domain.ids import ConversationId, MessageId
from bot.domain.listing import Tab
from bot.domain.people import Operator
from bot.store.ranges import Shape, Sight, may_see, ranges, sight_of, values_for, visible
from bot.store.tables import client_words, conversation, last_search, message, message_words
from bot.store.tables_search import SHELF_BITS, terms
from bot.store.uow import Tx, values

FEW_TALKS = 1_000
FEW_MESSAGES = 20_000
"""Up to so many conversations with so many messages are looked through one by one."""
ROWS = 30
"""Hits fetched at once: those of a page, and some more since one conversation may hold many."""
RARE = (1 << SHELF_BITS) // 16
"""Up to so many rows of a shelf hold a rare word."""
GATHERED = 2_000
"""So many rows an index may gather at first; as one shelf holds, so many shelves are asked at once."""
MOST_SHELVES = 128
"""Shelves asked at once, when the word is rare or the ones before held too little."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that was found: by the newest message that matches, or by its client's name (``message_id`` None)."""

    conversation_id: ConversationId
    message_id: MessageId | None


def find(tx: Tx, who: Operator, beginnings: list[str], most: int) -> list[Hit]:
    """The first ``most`` conversations in which words begin like all of ``beginnings``: by name, then by the newest message."""
    begin = tx.execute(_start(sight_of(tx, who)), values_for(who)).mappings().one()
    sees_few = _sees_few(tx, who, begin["talks"])
    found: dict[int, Hit] = {}
    for owner in _TABLES:
        if sees_few:
            rows = _through_few(tx, who, owner, beginnings)
        else:
            rows = _by_index(tx, who, owner, beginnings, (begin[owner] or 0) >> SHELF_BITS)
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


def _sees_few(tx: Tx, who: Operator, talks: int) -> bool:
    """Whether he may see so little that it is quicker to look through it; ``talks`` are counted to one more than that."""
    if talks > FEW_TALKS:
        return False
    said = tx.execute(_said(sight_of(tx, who)), values_for(who)).scalar() or 0
    return bool(said <= FEW_MESSAGES)


@cache
def _start(seen: Sight) -> Select[Any]:
    """What a search must know first: the newest rows of each index, and how many conversations he may see at the most.

    These are counted a little further than matters, by the indexes alone.
    """
    if seen.everything and seen.groups is None:
        talks: ColumnElement[Any] = literal_column(str(FEW_TALKS + 1))
    else:
        parts: list[Select[Any]] = [
            select(literal_column("1").label("one")).where(*where).limit(_up_to(FEW_TALKS + 1)) for where in may_see(seen)
        ]
        some = union_all(*(select(part.subquery()) for part in parts)).limit(_up_to(FEW_TALKS + 1)).subquery()
        talks = select(func.count()).select_from(some).scalar_subquery()
    newest = [select(func.max(_keys(owner))).scalar_subquery().label(owner) for owner in _TABLES]
    return select(*newest, talks.label("talks"))


def _up_to(number: int) -> ColumnElement[int]:
    """A limit that the planner can see; of a parameter PostgreSQL's kept plans expect a tenth of all rows."""
    return literal_column(str(number))


@cache
def _said(seen: Sight) -> Select[Any]:
    """How much was said in the few conversations he may see."""
    return select(func.sum(_seen(seen, FEW_TALKS + 1).c.last_seq))


def _seen(seen: Sight, most: int) -> Subquery:
    """The conversations of all his tabs, of each range at most so many."""
    tabs = (Tab.ALL, Tab.BLACKLIST) if seen.everything else (Tab.UNASSIGNED, Tab.INBOX, Tab.CLOSED)
    c, parts = conversation.c, []
    for where in (where for tab in tabs for where in ranges(Shape(seen, tab))):
        part = select(c.id, c.client_id, c.last_seq).where(*where).limit(_up_to(most)).subquery()
        parts.append(select(part.c.id, part.c.client_id, part.c.last_seq))
    return union_all(*parts).subquery()


def _through_few(tx: Tx, who: Operator, owner: str, beginnings: list[str]) -> Iterator[tuple[Any, ...]]:
    """The matching rows of a few conversations, newest first."""
    statement = _looking_through(sight_of(tx, who), owner, len(beginnings))
    yield from map(values, tx.execute(statement, _asked(tx, who, **_patterns(beginnings))))


@cache
def _looking_through(seen: Sight, owner: str, count: int) -> Select[Any]:
    few, like = _seen(seen, FEW_TALKS + 1), _like(owner, count)
    if owner == "client":
        key = client_words.c.client_id.label("row_id")
        return _row_by_row(few, select(key).where(key == few.c.client_id, *like), few.c.id, seen.postgres)
    said = select(message.c.id.label("row_id")).join_from(message, message_words, message_words.c.message_id == message.c.id)
    return _row_by_row(few, said.where(message.c.conversation_id == few.c.id, *_readable(), *like), few.c.id, seen.postgres)


def _row_by_row(first: Subquery, then: Select[Any], talk: ColumnElement[int], postgres: bool) -> Select[Any]:
    """The rows of ``then`` for each row of ``first``, newest first, with the conversation they belong to.

    PostgreSQL would rather read whole tables and compare; ``LATERAL`` with ``OFFSET 0`` keeps it from that.
    """
    if not postgres:
        return then.add_columns(talk.label("talk_id")).order_by(then.selected_columns.row_id.desc())
    rows = then.offset(literal_column("0")).lateral("found")
    return select(rows.c.row_id, talk).join_from(first, rows, true()).order_by(rows.c.row_id.desc())


def _by_index(tx: Tx, who: Operator, owner: str, beginnings: list[str], shelf: int) -> Iterator[tuple[Any, ...]]:
    """The matching rows by the index, newest first. ``shelf`` is the newest, which may be nearly empty."""
    often = _often(tx, owner, max(shelf - 1, 0), beginnings)
    asked, checked = _split(often)
    patterns = _patterns(checked)
    statement = _statement(sight_of(tx, who), owner, len(checked), tx.postgres)
    size = min(GATHERED // (min(often.values()) + 1), MOST_SHELVES - 1) + 1
    while shelf >= 0:
        these = range(shelf, max(shelf - size, -1), -1)
        yield from _rows(tx, statement, _asked(tx, who, query=_query(tx, these, asked), **patterns))
        shelf, size = these[-1] - 1, min(size * 4, MOST_SHELVES)


def _often(tx: Tx, owner: str, shelf: int, beginnings: list[str]) -> dict[str, int]:
    """In how many rows of a shelf each beginning stands."""
    these = range(shelf, shelf + 1)
    queries = {f"query_{place}": _query(tx, these, [word]) for place, word in enumerate(beginnings)}
    return dict(zip(beginnings, tx.execute(_counts(owner, len(beginnings), tx.postgres), queries).one(), strict=True))


def _split(often: dict[str, int]) -> tuple[list[str], list[str]]:
    """What to ask the index, and what to check in the rows it gives.

    The index gathers all that begins with each word before it compares. Beside a rare word, as one shelf shows, the others are
    checked far quicker in the few rows of that one.
    """
    rarest = min(often, key=lambda word: often[word])
    if often[rarest] > RARE:
        return list(often), []
    return [rarest], [word for word in often if word != rarest]


def _rows(tx: Tx, statement: Select[Any], asked: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """All hits of one question to the index, some at a time."""
    below = 1 << 62
    while True:
        rows = [values(row) for row in tx.execute(statement, {**asked, "below": below})]
        yield from rows
        if len(rows) < ROWS:
            return
        below = rows[-1][0]


def _query(tx: Tx, shelves: range, beginnings: list[str]) -> str:
    """Any of the shelves, all of the beginnings, in the index's own language. Folded words need no escaping."""
    if tx.postgres:
        return " | ".join("(" + " & ".join(f"'{one}x{word}':*" for word in beginnings) + ")" for one in shelves)
    return " OR ".join("(" + " AND ".join(f'"{one}x{word}" *' for word in beginnings) + ")" for one in shelves)


def _patterns(beginnings: list[str]) -> dict[str, str]:
    return {f"like_{place}": f"% {word}%" for place, word in enumerate(beginnings)}  # folded words hold neither % nor _


def _like(owner: str, count: int) -> list[ColumnElement[bool]]:
    """Words that begin so, read from the row itself."""
    spaced = " " + _TABLES[owner].c.words
    return [spaced.like(bindparam(f"like_{place}")) for place in range(count)]


@cache
def _statement(seen: Sight, owner: str, checked: int, postgres: bool) -> Select[Any]:
    """What the index answers, joined with the conversations he may see: row by row, newest first, until there are enough.

    PostgreSQL would rather begin at the conversations and sort in the end; ``OFFSET 0`` and ``LATERAL`` keep it from that.
    """
    key, wanted = _match(owner, postgres)
    hits = select(key.label("id")).where(wanted, key < bindparam("below")).order_by(key.desc())
    if checked and not postgres:
        hits = hits.join(_TABLES[owner], _keys(owner) == key)
    hits = hits.where(*_like(owner, checked))
    if not postgres:
        found = hits.subquery("hits")
        talk = _talk(seen, owner, found.c.id)
        return talk.with_only_columns(found.c.id, *talk.selected_columns).order_by(found.c.id.desc()).limit(_up_to(ROWS))
    first = hits.offset(literal_column("0")).subquery("hits")
    lateral = _talk(seen, owner, first.c.id).offset(literal_column("0")).lateral("talk")
    return select(first.c.id, lateral.c.id).join_from(first, lateral, true()).order_by(first.c.id.desc()).limit(_up_to(ROWS))


def _talk(seen: Sight, owner: str, row_id: ColumnElement[int]) -> Select[Any]:
    """The conversation of a row of the index, when he may see it."""
    c, where = conversation.c, visible(seen)
    if owner == "client":
        return select(c.id).where(c.client_id == row_id, *where)
    talk = select(message.c.conversation_id.label("id")).where(message.c.id == row_id, *_readable())
    return talk.join_from(message, conversation, c.id == message.c.conversation_id).where(*where) if where else talk


@cache
def _counts(owner: str, words: int, postgres: bool) -> Select[Any]:
    """How many rows the index answers each of so many questions with."""
    found = []
    for place in range(words):
        key, wanted = _match(owner, postgres, f"query_{place}")
        found.append(select(func.count(key)).where(wanted).scalar_subquery())
    return select(*found)


def _match(owner: str, postgres: bool, query: str = "query") -> tuple[ColumnElement[int], ColumnElement[bool]]:
    """The number of a row, and the condition that the index finds it."""
    if postgres:
        lexemes: ColumnElement[Any] = literal_column(terms(owner))
        return _keys(owner), lexemes.op("@@")(cast(bindparam(query, type_=Text), TSQUERY))
    index = table(f"{owner}_find", column("rowid"), column(f"{owner}_find"))
    return index.c.rowid, index.c[f"{owner}_find"].op("MATCH")(bindparam(query, type_=Text))


_TABLES = {"client": client_words, "message": message_words}
"""Names are looked for first."""


def _keys(owner: str) -> ColumnElement[int]:
    return _TABLES[owner].c[f"{owner}_id"]


def remember(tx: Tx, who: Operator, words: str) -> None:
    """Keep what he searched for, so that a button can turn its pages."""
    row = tx.upsert(last_search).values(operator_id=who.id, words=words)
    tx.execute(row.on_conflict_do_update(index_elements=["operator_id"], set_={"words": words}))


def remembered(tx: Tx, who: Operator) -> str:
    """What he searched for last."""
    return tx.execute(select(last_search.c.words).where(last_search.c.operator_id == who.id)).scalar() or ""
