"""Tables of the team: operators and who they are at each platform, roles, groups, channels and desks."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Table, Text, UniqueConstraint, text

from bot.store.columns import Id, metadata, moment, number, ref, words

role = Table("role", metadata, number(), Column("name", Text, nullable=False, unique=True), words("permissions", default="[]"))
group = Table(
    "team_group",
    metadata,
    number(),
    Column("name", Text, nullable=False, unique=True),
    words("label"),
    words("colour", default=""),
    words("signature", default="operator"),
    words("settings", default="{}"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)
operator = Table(
    "operator",
    metadata,
    number(),
    words("name"),
    words("email", nullable=True),
    ref("role_id", "role", nullable=True),
    words("settings", default="{}"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)
identity = Table(
    "identity",
    metadata,
    number(),
    ref("operator_id", "operator"),
    words("platform"),
    words("external_id"),
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
    number(),
    words("kind"),
    words("name"),
    ref("group_id", "team_group"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    words("callback", default=""),
    UniqueConstraint("kind", "name"),
)
desk = Table(
    "desk",
    metadata,
    number(),
    words("platform"),
    words("chat"),
    ref("group_id", "team_group"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("platform", "chat"),
)

link_code = Table(
    "link_code",
    metadata,
    Column("digest", Text, primary_key=True),
    ref("operator_id", "operator"),
    moment("expires_at"),
)
origin = Table(
    "team_origin",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("row_id", Id, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    words("filed", nullable=True),
    words("who", nullable=True),
    moment("at"),
)
