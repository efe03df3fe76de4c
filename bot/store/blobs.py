"""Files and texts that are kept only until they have been used: tables for operators, previews of canned responses."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from bot.store.tables import blob
from bot.store.uow import Tx

KEPT_MS = 2 * 24 * 3_600_000
"""Longer than anything stays in the outbox."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file: what it is called, its MIME type, its bytes."""

    name: str
    mime: str
    content: bytes


_ADD = insert(blob).returning(blob.c.id)


def add(tx: Tx, file: Blob) -> int:
    """Keep it; its number."""
    row = {"name": file.name, "mime": file.mime, "content": file.content, "at": tx.now}
    number: int = tx.execute(_ADD, row).scalar_one()
    return number


def by_id(tx: Tx, number: int) -> Blob | None:
    """The file, if it is still kept."""
    row = tx.execute(select(blob.c.name, blob.c.mime, blob.c.content).where(blob.c.id == number)).first()
    return Blob(row.name, row.mime, bytes(row.content)) if row else None


def remove(tx: Tx, number: int) -> bool:
    """Let go of it; whether it was still there."""
    return tx.execute(delete(blob).where(blob.c.id == number)).rowcount == 1


def sweep(tx: Tx) -> int:
    """Let go of what is old; returns how many."""
    return tx.execute(delete(blob).where(blob.c.at < tx.now - KEPT_MS)).rowcount
