"""What every table is made of: the metadata with its naming rules, and the few kinds of columns."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Text
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


def number() -> Column[int]:
    """The primary key."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    """A reference to another table's row."""
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=nullable)


def words(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=nullable, server_default=default)


def moment(name: str, *, nullable: bool = False) -> Column[int]:
    """A point in time, in milliseconds since 1970."""
    return Column(name, BigInteger, nullable=nullable)


def count(name: str) -> Column[int]:
    """A number that begins at 0."""
    return Column(name, BigInteger, nullable=False, server_default="0")
