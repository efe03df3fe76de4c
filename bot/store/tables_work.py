"""Tables of what is still to do: updates to apply, deliveries to make, forms to fill, times that come."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from bot.store.columns import count, metadata, moment, number, ref, words

inbox = Table(
    "inbox",
    metadata,
    number(),
    words("source"),
    Column("partition", Integer, nullable=False),
    words("dedupe_key"),
    words("payload"),
    words("status", default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    words("error", nullable=True),
    moment("received_at"),
    UniqueConstraint("source", "dedupe_key"),
    Index(
        "ix_inbox_pending",
        "partition",
        "id",
        postgresql_where=text("status = 'pending'"),
        sqlite_where=text("status = 'pending'"),
    ),
)
cursor = Table(
    "cursor",
    metadata,
    Column("source", Text, primary_key=True),
    Column("value", BigInteger, nullable=False, server_default="0"),
    words("owner", nullable=True),
    moment("lease_until", nullable=True),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    moment("moved_at", nullable=True),
)
lane = Table(
    "lane",
    metadata,
    Column("key", Text, primary_key=True),
    words("port"),
    words("chat"),
    count("last_seq"),
    count("done_seq"),
    count("due"),
    count("ready_since"),
    words("owner", nullable=True),
    count("fence"),
    Column("pressed", Boolean, nullable=False, server_default=text("false")),
    Index(
        "ix_lane_work",
        "due",
        "ready_since",
        postgresql_where=text("last_seq > done_seq"),
        sqlite_where=text("last_seq > done_seq"),
    ),
)
delivery = Table(
    "delivery",
    metadata,
    number(),
    words("lane"),
    Column("lane_seq", BigInteger, nullable=False),
    words("op"),
    ref("conversation_id", "conversation", nullable=True),
    ref("mirror_id", "mirror", nullable=True),
    ref("message_id", "message", nullable=True),
    Column("part", Integer, nullable=False, server_default="0"),
    Column("size", Integer, nullable=False, server_default="0"),
    words("payload", default="{}"),
    words("state", default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    count("not_before"),
    moment("intent_at", nullable=True),
    count("fence"),
    words("idem_key", nullable=True),
    words("error", nullable=True),
    moment("created_at"),
    moment("finished_at", nullable=True),
    UniqueConstraint("lane", "lane_seq"),
    UniqueConstraint("idem_key"),
    Index(
        "ix_delivery_sending",
        "state",
        postgresql_where=text("state IN ('sending', 'dead')"),
        sqlite_where=text("state IN ('sending', 'dead')"),
    ),
    Index("ix_delivery_message_id", "message_id"),
    Index("ix_delivery_mirror_id", "mirror_id"),
    Index("ix_delivery_conversation_id", "conversation_id"),
)
bucket = Table(
    "bucket",
    metadata,
    Column("key", Text, primary_key=True),
    words("stamps", default="[]"),
    count("blocked_until"),
    words("reason", nullable=True),
    Column("failures", Integer, nullable=False, server_default="0"),
)

blob = Table(
    "blob",
    metadata,
    number(),
    words("name"),
    words("mime"),
    Column("content", LargeBinary, nullable=False),
    moment("at"),
)
home = Table(
    "home",
    metadata,
    number(),
    ref("operator_id", "operator"),
    words("platform"),
    words("external_id"),
    words("remote_id", default=""),
    words("token", default=""),
    moment("opened_at"),
    UniqueConstraint("platform", "external_id"),
    Index(None, "operator_id"),
)
asking = Table(
    "asking",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    words("chat"),
    words("thread", default=""),
    words("data"),
    words("answers", default="{}"),
    words("field"),
    words("prompt_id", default=""),
    moment("at"),
)
due = Table(
    "due",
    metadata,
    number(),
    words("kind"),
    ref("conversation_id", "conversation", nullable=True),
    ref("operator_id", "operator", nullable=True),
    ref("group_id", "team_group", nullable=True),
    moment("at"),
    words("payload", default="{}"),
    words("due_key", nullable=True),
    UniqueConstraint("due_key"),
    Index(None, "at"),
    Index(None, "conversation_id"),
)

secret = Table("secret", metadata, Column("name", Text, primary_key=True), words("value"))
