"""Tables of the words that are looked for (R85): of each message, and of each client's names.

A row holds the folded words of one text, a blank between them. What is searched is an index over them, SQLite's FTS5 or
PostgreSQL's GIN, in which every word carries in front the *shelf* of its row: ``31xrefund``. Rows are numbered in the order of
time, so a search asks one shelf after the other, newest first, and stops when it has a page: it never has to gather, let
alone sort, the half million messages in which a common word stands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import DDL, Column, ForeignKey, Table, event

from bot.store.columns import Id, metadata, words

SHELF_BITS = 13
"""Rows of a shelf, as a power of two: few enough to gather at once, many enough that a rare word asks few shelves."""

_SHELF = f"CAST({{row}}OWNER_id >> {SHELF_BITS} AS TEXT) || 'x'"
_TERMS = "{shelf} || replace({row}words, ' ', ' ' || {shelf})"
_GONE = "INSERT INTO OWNER_find (OWNER_find, rowid, words) VALUES ('delete', old.OWNER_id, OLD_TERMS);"
_COME = "INSERT INTO OWNER_find (rowid, words) VALUES (new.OWNER_id, NEW_TERMS);"
INDEXES = {
    "sqlite": (
        "CREATE VIEW OWNER_terms AS SELECT OWNER_id, TERMS AS words FROM OWNER_words",
        "CREATE VIRTUAL TABLE OWNER_find USING fts5(words, content='OWNER_terms', content_rowid='OWNER_id', "
        "detail=none, columnsize=0, tokenize='ascii')",
        f"CREATE TRIGGER OWNER_words_come AFTER INSERT ON OWNER_words BEGIN {_COME} END",
        f"CREATE TRIGGER OWNER_words_gone AFTER DELETE ON OWNER_words BEGIN {_GONE} END",
        f"CREATE TRIGGER OWNER_words_changed AFTER UPDATE ON OWNER_words BEGIN {_GONE} {_COME} END",
    ),
    "postgresql": (
        "CREATE INDEX ix_OWNER_words_terms ON OWNER_words USING gin (array_to_tsvector(string_to_array(TERMS, ' '))) "
        "WITH (gin_pending_list_limit = 256)",
    ),
}
"""What no ``Table`` can say: the index of each engine, and on SQLite what keeps it in step with the table."""


def _terms(row: str = "") -> str:
    shelf = _SHELF.replace("{row}", row)
    return _TERMS.replace("{row}", row).replace("{shelf}", shelf)


def about(owner: str, statement: str) -> str:
    """One of those statements for the words of ``owner``'s rows."""
    for name, terms in (("OLD_TERMS", _terms("old.")), ("NEW_TERMS", _terms("new.")), ("TERMS", _terms())):
        statement = statement.replace(name, terms)
    return statement.replace("OWNER", owner)


def _words_of(owner: str) -> Table:
    """The table of the words of ``owner``'s rows, with its index."""
    key = Column(f"{owner}_id", Id, ForeignKey(f"{owner}.id", ondelete="CASCADE"), primary_key=True)
    table = Table(f"{owner}_words", metadata, key, words("words"))
    for engine, statements in INDEXES.items():
        for statement in statements:
            made: Any = DDL(about(owner, statement))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", made.execute_if(dialect=engine))
    return table


message_words = _words_of("message")
client_words = _words_of("client")
_whose = Column("operator_id", Id, ForeignKey("operator.id", ondelete="CASCADE"), primary_key=True)
last_search = Table("last_search", metadata, _whose, words("words"))
"""What each operator searched for last: a button has no room for it."""
