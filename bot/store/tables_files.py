"""Tables of what stands beside a message's words: its file, in pieces, and the reactions to it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from bot.store.columns import Id, count, metadata, moment, number, ref, words

file = Table(
    "file",
    metadata,
    number(),
    ref("conversation_id", "conversation", nullable=True),
    words("name"),
    words("mime"),
    words("kind"),
    count("size"),
    count("seconds"),
    words("caption", default="{}"),
    words("source", default=""),
    words("source_ref", default="{}"),
    words("state"),
    words("reason", default=""),
    moment("at"),
    Index(None, "conversation_id"),
    Index(None, "state", "at"),
)
file_chunk = Table(
    "file_chunk",
    metadata,
    Column("file_id", Id, ForeignKey("file.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
reaction = Table(
    "reaction",
    metadata,
    number(),
    ref("message_id", "message"),
    words("side"),
    words("who"),
    words("emoji"),
    moment("at"),
    UniqueConstraint("message_id", "side", "who", "emoji"),
)
