"""Tables of the words that are looked for (R85): of each message, and of each client's names.

A row holds the folded words of one text, a blank between them. What is searched is an index over them, SQLite's FTS5 or
PostgreSQL's GIN, in which every word carries in front the *shelf* of its row: ``31xrefund``. Rows are numbered in the order of
time, so a search asks one shelf after the other, newest first, and stops when it has a page: it never has to gather, let
alone sort, the half million messages in which a common word stands.

No ``Table`` can describe these indexes, so migration 0003 alone makes them, and on SQLite the triggers that keep them in step.
``tests/store/test_plans.py`` proves that what is asked here is what was made there.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table

from bot.store.columns import Id, metadata, words

SHELF_BITS = 13
"""Rows of a shelf, as a power of two: few enough to gather at once, many enough that a rare word asks few shelves."""


def terms(owner: str) -> str:
    """What PostgreSQL's index holds of a row of ``owner``'s words, in the very words the index was made with."""
    shelf = f"CAST({owner}_id >> {SHELF_BITS} AS TEXT) || 'x'"
    return f"array_to_tsvector(string_to_array({shelf} || replace(words, ' ', ' ' || {shelf}), ' '))"


def _words_of(owner: str) -> Table:
    """The table of the words of ``owner``'s rows."""
    key = Column(f"{owner}_id", Id, ForeignKey(f"{owner}.id", ondelete="CASCADE"), primary_key=True)
    return Table(f"{owner}_words", metadata, key, words("words"))


message_words = _words_of("message")
client_words = _words_of("client")
_whose = Column("operator_id", Id, ForeignKey("operator.id", ondelete="CASCADE"), primary_key=True)
last_search = Table("last_search", metadata, _whose, words("words"))
"""What each operator searched for last: a button has no room for it."""
