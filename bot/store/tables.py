"""Every table, once. Portable types; times are milliseconds since 1970 (see ``domain.ids.Moment``), bodies are JSON text.

Alembic's migrations must arrive at exactly this; a test compares them on both engines.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Id: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives out numbers by itself only to ``INTEGER PRIMARY KEY``."""


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=nullable)


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=nullable, server_default=default)


def _moment(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


# The team ------------------------------------------------------------------------------------------------------------
role = Table("role", metadata, _id(), Column("name", Text, nullable=False, unique=True), _text("permissions", default="[]"))
group = Table(
    "team_group",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _text("label"),
    _text("colour", default=""),
    _text("signature", default="operator"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)
operator = Table(
    "operator",
    metadata,
    _id(),
    _text("name"),
    _text("email", nullable=True),
    _ref("role_id", "role", nullable=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)
identity = Table(
    "identity",
    metadata,
    _id(),
    _ref("operator_id", "operator"),
    _text("platform"),
    _text("external_id"),
    UniqueConstraint("platform", "external_id"),
)
membership = Table(
    "membership",
    metadata,
    Column("operator_id", Id, ForeignKey("operator.id"), primary_key=True),
    Column("group_id", Id, ForeignKey("team_group.id"), primary_key=True),
)
channel = Table(
    "channel",
    metadata,
    _id(),
    _text("kind"),
    _text("name"),
    _ref("group_id", "team_group"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("kind", "name"),
)
desk = Table(
    "desk",
    metadata,
    _id(),
    _text("platform"),
    _text("chat"),
    _ref("group_id", "team_group"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("platform", "chat"),
)

# Clients and what is said --------------------------------------------------------------------------------------------
client = Table(
    "client",
    metadata,
    _id(),
    _text("name"),
    _text("original_name"),
    _text("identifiers", default="{}"),
    Column("blocked", Boolean, nullable=False, server_default=text("false")),
    _moment("created_at"),
)
client_identity = Table(
    "client_identity",
    metadata,
    _id(),
    _ref("client_id", "client"),
    _ref("channel_id", "channel"),
    _text("external_id"),
    UniqueConstraint("channel_id", "external_id"),
)
conversation = Table(
    "conversation",
    metadata,
    _id(),
    _ref("client_id", "client"),
    _ref("channel_id", "channel"),
    _text("external_id"),
    _ref("group_id", "team_group"),
    _text("status"),
    _moment("status_since"),
    _ref("operator_id", "operator", nullable=True),
    _ref("closed_by", "operator", nullable=True),
    _moment("last_message_at", nullable=True),
    _text("last_direction", nullable=True),
    Column("unseen", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    UniqueConstraint("client_id", "channel_id"),
    UniqueConstraint("channel_id", "external_id"),
    Index(None, "status", "status_since"),
    Index(None, "operator_id", "status"),
)
message = Table(
    "message",
    metadata,
    _id(),
    _ref("conversation_id", "conversation"),
    Column("seq", Integer, nullable=False),
    _text("direction"),
    _ref("author_id", "operator", nullable=True),
    _text("author"),
    _text("shown_as", default=""),
    _text("body"),
    _moment("at"),
    Column("edited_rev", Integer, nullable=False, server_default="0"),
    _moment("deleted_at", nullable=True),
    _moment("delivered_at", nullable=True),
    _text("action_key", nullable=True),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("action_key"),
)
message_ref = Table(
    "message_ref",
    metadata,
    _id(),
    _ref("message_id", "message"),
    Column("part", Integer, nullable=False, server_default="0"),
    _text("platform"),
    _text("chat"),
    _text("thread", default=""),
    _text("remote_id"),
    Column("rev", Integer, nullable=False, server_default="0"),
    Column("origin", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("message_id", "part", "platform", "chat", "remote_id"),
    Index(None, "platform", "chat", "remote_id"),
)
mirror = Table(
    "mirror",
    metadata,
    _id(),
    _ref("conversation_id", "conversation"),
    _ref("desk_id", "desk"),
    _text("thread", default=""),
    _text("card_ref", default=""),
    Column("opening_first", Integer, nullable=False, server_default="0"),
    Column("opening_last", Integer, nullable=False, server_default="0"),
    _text("pointer", default=""),
    _moment("created_at"),
    _moment("retired_at", nullable=True),
    Index(None, "conversation_id"),
    Index(None, "desk_id", "thread"),
    Index(None, "desk_id", "card_ref"),
)

# What is still to do -------------------------------------------------------------------------------------------------
inbox = Table(
    "inbox",
    metadata,
    _id(),
    _text("source"),
    Column("partition", Integer, nullable=False),
    _text("dedupe_key"),
    _text("payload"),
    _text("status", default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("error", nullable=True),
    _moment("received_at"),
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
    _text("owner", nullable=True),
    _moment("lease_until", nullable=True),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    _moment("moved_at", nullable=True),
)
lane = Table(
    "lane",
    metadata,
    Column("key", Text, primary_key=True),
    _text("port"),
    _text("chat"),
    _count("last_seq"),
    _count("done_seq"),
    _count("due"),
    _count("ready_since"),
    _text("owner", nullable=True),
    _count("fence"),
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
    _id(),
    _text("lane"),
    Column("lane_seq", BigInteger, nullable=False),
    _text("op"),
    _ref("conversation_id", "conversation", nullable=True),
    _ref("mirror_id", "mirror", nullable=True),
    _ref("message_id", "message", nullable=True),
    Column("part", Integer, nullable=False, server_default="0"),
    Column("size", Integer, nullable=False, server_default="0"),
    _text("payload", default="{}"),
    _text("state", default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _count("not_before"),
    _moment("intent_at", nullable=True),
    _count("fence"),
    _text("idem_key", nullable=True),
    _text("error", nullable=True),
    _moment("created_at"),
    _moment("finished_at", nullable=True),
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
)
bucket = Table(
    "bucket",
    metadata,
    Column("key", Text, primary_key=True),
    _text("stamps", default="[]"),
    _count("blocked_until"),
    _text("reason", nullable=True),
    Column("failures", Integer, nullable=False, server_default="0"),
)

secret = Table("secret", metadata, Column("name", Text, primary_key=True), _text("value"))

# What happened, and what operators add ------------------------------------------------------------------------------
journal = Table(
    "journal",
    metadata,
    _id(),
    _ref("conversation_id", "conversation", nullable=True),
    _ref("operator_id", "operator", nullable=True),
    _text("who"),
    _text("way"),
    _text("what"),
    _text("details", default="{}"),
    _moment("at"),
    Index(None, "conversation_id", "id"),
)
client_note = Table(
    "client_note",
    metadata,
    _id(),
    _ref("client_id", "client"),
    _ref("operator_id", "operator"),
    _text("body"),
    _moment("at"),
    Index(None, "client_id"),
)
pin = Table(
    "pin",
    metadata,
    Column("client_id", Id, ForeignKey("client.id"), primary_key=True),
    _ref("operator_id", "operator"),
    _moment("at"),
)
blacklist = Table(
    "blacklist",
    metadata,
    Column("client_id", Id, ForeignKey("client.id"), primary_key=True),
    _ref("operator_id", "operator"),
    _moment("at"),
)
tag = Table(
    "tag",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _ref("operator_id", "operator", nullable=True),
    _moment("at"),
)
message_tag = Table(
    "message_tag",
    metadata,
    Column("message_id", Id, ForeignKey("message.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tag.id"), primary_key=True),
    _ref("operator_id", "operator"),
    _moment("at"),
    Index(None, "tag_id", "at"),
)
canned = Table(
    "canned",
    metadata,
    _id(),
    _ref("operator_id", "operator", nullable=True),
    _text("title"),
    _text("body"),
    _moment("at"),
    UniqueConstraint("operator_id", "title"),
)
