"""Tables of what channels' providers know: the message templates they have approved."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Table, UniqueConstraint, text

from bot.store.columns import metadata, number, words

approved = Table(
    "approved",
    metadata,
    number(),
    words("name"),
    words("language"),
    words("header", default=""),
    words("body"),
    words("footer", default=""),
    words("buttons", default="{}"),
    Column("named", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("name", "language"),
)
