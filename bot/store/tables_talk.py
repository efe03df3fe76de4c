"""Tables of clients, conversations and messages, what operators add to them, and the journal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Computed, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from bot.store.columns import Id, metadata, moment, number, ref, words

LISTED_AT = "CASE WHEN status = 'inbox' AND last_message_at IS NOT NULL THEN last_message_at ELSE status_since END"
"""The time a list shows and is ordered by (R17), as :attr:`bot.domain.conversation.Conversation.time` tells it."""

NEVER_AGAIN: dict[str, Any] = {"sqlite_autoincrement": True}
"""Numbers that buttons, lanes and posts bear are not given out a second time, even when the newest row was erased.

PostgreSQL's sequences do so by themselves; SQLite's ``INTEGER PRIMARY KEY`` alone would begin again behind the highest row.
"""

client = Table(
    "client",
    metadata,
    number(),
    words("name"),
    words("original_name"),
    words("identifiers", default="{}"),
    Column("blocked", Boolean, nullable=False, server_default=text("false")),
    moment("created_at"),
    **NEVER_AGAIN,
)
client_identity = Table(
    "client_identity",
    metadata,
    number(),
    ref("client_id", "client"),
    ref("channel_id", "channel"),
    words("external_id"),
    UniqueConstraint("channel_id", "external_id"),
    Index(None, "client_id"),
)
conversation = Table(
    "conversation",
    metadata,
    number(),
    ref("client_id", "client"),
    ref("channel_id", "channel"),
    words("external_id"),
    ref("group_id", "team_group"),
    words("status"),
    moment("status_since"),
    ref("operator_id", "operator", nullable=True),
    ref("closed_by", "operator", nullable=True),
    ref("meant_for", "operator", nullable=True),
    moment("last_message_at", nullable=True),
    words("last_direction", nullable=True),
    Column("unseen", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    UniqueConstraint("client_id", "channel_id"),
    UniqueConstraint("channel_id", "external_id"),
    Column("listed_at", BigInteger, Computed(LISTED_AT, persisted=True), nullable=False),
    Index(None, "status", "listed_at", "id"),
    Index(None, "status", "group_id", "listed_at", "id"),
    Index(None, "operator_id", "status", "listed_at", "id"),
    Index(None, "closed_by", "status", "listed_at", "id"),
    Index("ix_conversation_unseen", "status", "group_id", postgresql_where=text("unseen"), sqlite_where=text("unseen")),
    **NEVER_AGAIN,
)
message = Table(
    "message",
    metadata,
    number(),
    ref("conversation_id", "conversation"),
    Column("seq", Integer, nullable=False),
    words("direction"),
    ref("author_id", "operator", nullable=True),
    words("author"),
    words("shown_as", default=""),
    words("body"),
    Column("expanded", Boolean, nullable=False, server_default=text("false")),
    moment("at"),
    Column("edited_rev", Id, nullable=False, server_default="0"),
    moment("deleted_at", nullable=True),
    moment("delivered_at", nullable=True),
    words("fate", default=""),
    Column("file_id", Id, nullable=True),
    Column("reply_to", Id, nullable=True),
    words("action_key", nullable=True),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("action_key"),
    **NEVER_AGAIN,
)
message_ref = Table(
    "message_ref",
    metadata,
    number(),
    ref("message_id", "message"),
    Column("part", Integer, nullable=False, server_default="0"),
    words("platform"),
    words("chat"),
    words("thread", default=""),
    words("remote_id"),
    Column("rev", Integer, nullable=False, server_default="0"),
    Column("origin", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("message_id", "part", "platform", "chat", "remote_id"),
    Index(None, "platform", "chat", "remote_id"),
)
mirror = Table(
    "mirror",
    metadata,
    number(),
    ref("conversation_id", "conversation"),
    ref("desk_id", "desk"),
    words("thread", default=""),
    words("card_ref", default=""),
    Column("opening_first", Integer, nullable=False, server_default="0"),
    Column("opening_last", Integer, nullable=False, server_default="0"),
    words("pointer", default=""),
    moment("created_at"),
    moment("retired_at", nullable=True),
    Index(None, "conversation_id"),
    Index(None, "desk_id", "thread"),
    Index(None, "desk_id", "card_ref"),
    **NEVER_AGAIN,
)

journal = Table(
    "journal",
    metadata,
    number(),
    ref("conversation_id", "conversation", nullable=True),
    ref("operator_id", "operator", nullable=True),
    words("who"),
    words("way"),
    words("what"),
    words("details", default="{}"),
    moment("at"),
    Index(None, "conversation_id", "id"),
    Index(None, "operator_id", "id"),
    Index(None, "at"),
)
client_note = Table(
    "client_note",
    metadata,
    number(),
    ref("client_id", "client"),
    ref("operator_id", "operator"),
    words("body"),
    moment("at"),
    Index(None, "client_id"),
)
pin = Table(
    "pin",
    metadata,
    Column("client_id", Id, ForeignKey("client.id"), primary_key=True),
    ref("operator_id", "operator"),
    moment("at"),
)
blacklist = Table(
    "blacklist",
    metadata,
    Column("client_id", Id, ForeignKey("client.id"), primary_key=True),
    ref("operator_id", "operator"),
    moment("at"),
)
tag = Table(
    "tag",
    metadata,
    number(),
    words("name"),
    Column("folded", Text, nullable=False, unique=True),
    ref("operator_id", "operator", nullable=True),
    moment("at"),
)
message_tag = Table(
    "message_tag",
    metadata,
    Column("message_id", Id, ForeignKey("message.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tag.id"), primary_key=True),
    ref("operator_id", "operator"),
    moment("at"),
    Index(None, "tag_id", "at"),
    Index(None, "at"),
)
canned = Table(
    "canned",
    metadata,
    number(),
    ref("operator_id", "operator", nullable=True),
    words("title"),
    words("word"),
    words("body"),
    Column("file_id", Id, nullable=True),
    moment("at"),
    UniqueConstraint("operator_id", "word"),
    Index(
        "ix_canned_shared",
        "word",
        unique=True,
        postgresql_where=text("operator_id IS NULL"),
        sqlite_where=text("operator_id IS NULL"),
    ),
)
