"""Every table under one name. Portable types; times are milliseconds since 1970 (``domain.ids.Moment``), bodies are JSON text.

Alembic's migrations must arrive at exactly this; a test compares them on both engines.
"""

from __future__ import annotations

from bot.store.columns import metadata
from bot.store.tables_channels import approved
from bot.store.tables_files import file, file_chunk, reaction
from bot.store.tables_search import client_words, last_search, message_words
from bot.store.tables_talk import (
    blacklist,
    canned,
    client,
    client_identity,
    client_note,
    conversation,
    journal,
    message,
    message_ref,
    message_tag,
    mirror,
    pin,
    tag,
)
from bot.store.tables_team import channel, desk, group, identity, link_code, membership, operator, origin, role
from bot.store.tables_work import asking, blob, bucket, cursor, delivery, due, home, inbox, lane, secret

__all__ = [
    "approved",
    "asking",
    "blacklist",
    "blob",
    "bucket",
    "canned",
    "channel",
    "client",
    "client_identity",
    "client_note",
    "client_words",
    "conversation",
    "cursor",
    "delivery",
    "desk",
    "due",
    "file",
    "file_chunk",
    "group",
    "home",
    "identity",
    "inbox",
    "journal",
    "lane",
    "last_search",
    "link_code",
    "membership",
    "message",
    "message_ref",
    "message_tag",
    "message_words",
    "metadata",
    "mirror",
    "operator",
    "origin",
    "pin",
    "reaction",
    "role",
    "secret",
    "tag",
]
