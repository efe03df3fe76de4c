"""Lists in their order and search, by index: the time a conversation is listed by, and the words of messages and names."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.domain.folding import words_of
from bot.domain.text import RichText

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LISTED_AT = "CASE WHEN status = 'inbox' AND last_message_at IS NOT NULL THEN last_message_at ELSE status_since END"
LISTS = (
    ("status", "listed_at", "id"),
    ("status", "group_id", "listed_at", "id"),
    ("operator_id", "status", "listed_at", "id"),
    ("closed_by", "status", "listed_at", "id"),
)


_SHELF = "CAST({row}OWNER_id >> 13 AS TEXT) || 'x'"
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
BATCH = 5_000


def upgrade() -> None:
    unseen = sa.text("unseen")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_status_status_since")
        batch_op.drop_index("ix_conversation_operator_id_status")
        batch_op.add_column(sa.Column("listed_at", sa.BigInteger(), sa.Computed(LISTED_AT, persisted=True), nullable=False))
        for columns in LISTS:
            batch_op.create_index(f"ix_conversation_{'_'.join(columns)}", list(columns))
        batch_op.create_index("ix_conversation_unseen", ["status", "group_id"], postgresql_where=unseen, sqlite_where=unseen)
    op.create_table(
        "last_search",
        sa.Column("operator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_last_search_operator_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_last_search")),
    )
    for owner in ("message", "client"):
        _words_table(owner)
    _fill("message", "id, body", lambda row: RichText.from_json(json.loads(row.body)).to_plain())
    _fill("client", "id, name, original_name", lambda row: f"{row.name} {row.original_name}")


def _words_table(owner: str) -> None:
    """The words of ``owner``'s rows with their index, see ``bot.store.tables_search``."""
    key = f"{owner}_id"
    op.create_table(
        f"{owner}_words",
        sa.Column(key, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint([key], [f"{owner}.id"], name=op.f(f"fk_{owner}_words_{key}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{owner}_words")),
    )
    for statement in INDEXES[op.get_bind().dialect.name]:
        op.execute(_about(owner, statement))


def _terms(row: str = "") -> str:
    shelf = _SHELF.replace("{row}", row)
    return _TERMS.replace("{row}", row).replace("{shelf}", shelf)


def _about(owner: str, statement: str) -> str:
    for name, terms in (("OLD_TERMS", _terms("old.")), ("NEW_TERMS", _terms("new.")), ("TERMS", _terms())):
        statement = statement.replace(name, terms)
    return statement.replace("OWNER", owner)


def _fill(owner: str, columns: str, text_of: Callable[[sa.Row[Any]], str]) -> None:
    """The words of the rows that are there already."""
    connection = op.get_bind()
    add = sa.text(f"INSERT INTO {owner}_words ({owner}_id, words) VALUES (:id, :words)")  # noqa: S608
    for batch in _batches(connection, owner, columns):
        found = [{"id": row.id, "words": " ".join(words_of(text_of(row)))} for row in batch]
        if kept := [row for row in found if row["words"]]:
            connection.execute(add, kept)


def _batches(connection: sa.Connection, table: str, columns: str) -> Iterator[Sequence[sa.Row[Any]]]:
    """All rows, some thousands at a time."""
    query = sa.text(f"SELECT {columns} FROM {table} WHERE id > :last ORDER BY id LIMIT {BATCH}")  # noqa: S608
    last = 0
    while rows := connection.execute(query, {"last": last}).all():
        yield rows
        last = rows[-1].id


def downgrade() -> None:
    op.drop_table("last_search")
    for owner in ("message", "client"):
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE {owner}_find")
            op.execute(f"DROP VIEW {owner}_terms")
        op.drop_table(f"{owner}_words")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_unseen")
        for columns in LISTS:
            batch_op.drop_index(f"ix_conversation_{'_'.join(columns)}")
        batch_op.drop_column("listed_at")
        batch_op.create_index("ix_conversation_operator_id_status", ["operator_id", "status"])
        batch_op.create_index("ix_conversation_status_status_since", ["status", "status_since"])
