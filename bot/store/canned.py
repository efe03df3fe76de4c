"""Canned responses: shared ones, which belong to nobody, and each operator's own (R41)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, or_, select, update

from bot.domain.canned import word_of
from bot.domain.ids import FileId, OperatorId
from bot.store import files
from bot.store.tables import canned
from bot.store.uow import Tx, values


@dataclass(frozen=True, slots=True)
class Template:
    """A canned response. ``owner`` None = all operators have it; ``word`` is what it is typed as behind ``\\``."""

    id: int
    owner: OperatorId | None
    title: str
    word: str
    body: str
    file_id: FileId | None = None


_COLUMNS = (canned.c.id, canned.c.operator_id, canned.c.title, canned.c.word, canned.c.body, canned.c.file_id)
_OF = (
    select(*_COLUMNS)
    .where(or_(canned.c.operator_id == bindparam("operator_id"), canned.c.operator_id.is_(None)))
    .order_by(canned.c.operator_id.is_(None), canned.c.word)
)


def of_operator(tx: Tx, operator_id: OperatorId) -> list[Template]:
    """What an operator can use: his own, then the shared ones, each by title."""
    return [Template(*values(row)) for row in tx.execute(_OF, {"operator_id": operator_id})]


def by_id(tx: Tx, number: int) -> Template | None:
    """One canned response, whoever's."""
    row = tx.execute(select(*_COLUMNS).where(canned.c.id == number)).first()
    return Template(*values(row)) if row else None


def is_taken(tx: Tx, owner: OperatorId | None, title: str, but: int | None = None) -> bool:
    """Whether the owner has another one of that title; one's own may be called like a shared one, and is meant then."""
    mine = canned.c.operator_id.is_(None) if owner is None else canned.c.operator_id == owner
    query = select(canned.c.id).where(mine, canned.c.word == word_of(title))
    return any(number != but for number in tx.execute(query).scalars())


def add(tx: Tx, owner: OperatorId | None, title: str, body: str) -> int:
    """Keep a new one; its number."""
    row = {"operator_id": owner, "title": title, "word": word_of(title), "body": body, "at": tx.now}
    number: int = tx.execute(insert(canned).values(**row).returning(canned.c.id)).scalar_one()
    return number


def change(tx: Tx, number: int, title: str, body: str) -> None:
    """Give it another title and other words."""
    row = {"title": title, "word": word_of(title), "body": body, "at": tx.now}
    tx.execute(update(canned).where(canned.c.id == number).values(**row))


def set_file(tx: Tx, number: int, file_id: FileId | None) -> None:
    """Let it bear another file, or none; the one before goes."""
    before = tx.execute(select(canned.c.file_id).where(canned.c.id == number)).scalar()
    tx.execute(update(canned).where(canned.c.id == number).values(file_id=file_id))
    if before is not None:
        files.remove(tx, before)


def remove(tx: Tx, number: int) -> None:
    """Delete it, and the file it bears."""
    set_file(tx, number, None)
    tx.execute(delete(canned).where(canned.c.id == number))
