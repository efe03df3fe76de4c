"""The two engines behind one store: SQLite for one node, PostgreSQL for many.

``write`` gathers what is asked at the same time into one transaction (group commit) and returns after its commit;
``read`` runs beside it; ``waker`` tells of commits, on PostgreSQL those of every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from bot.domain.policy import Policy
from bot.store.uow import Tx
from bot.store.wakes import Waker, Wakes

T = TypeVar("T")
Job = Callable[[Tx], T]


class Store(Protocol):
    """Where the truth is kept."""

    wakes: Wakes

    async def write(self, job: Callable[[Tx], T]) -> T:
        """Run ``job`` in a transaction and return its result once that is committed. Raises what the job raised."""
        ...

    async def read(self, job: Callable[[Tx], T]) -> T:
        """Run ``job``, which must not write, on a connection of its own."""
        ...

    def waker(self, topic: str) -> Any:
        """A context manager that gives a :class:`Waker` for ``topic``."""
        ...

    async def close(self) -> None:
        """Finish what is under way and close."""
        ...


class StoreError(Exception):
    """The store can't be used; the text is one line for the person who starts the program."""


class Waking:
    """What both engines share of waking."""

    def __init__(self) -> None:
        self.wakes = Wakes()

    @contextmanager
    def waker(self, topic: str) -> Iterator[Waker]:
        """See :meth:`Store.waker`."""
        waker = self.wakes.listen(topic)
        try:
            yield waker
        finally:
            self.wakes.forget(waker)


async def open_store(url: str, policy: Policy | None = None) -> Store:
    """Open the store at a database URL (``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``), which must be migrated.

    Raises ``StoreError`` in one line when it can't be opened.
    """
    if url.startswith("sqlite"):
        from bot.store.sqlite import SqliteStore

        return SqliteStore(url, policy or Policy())
    if url.startswith("postgresql+asyncpg"):
        from bot.store.postgres import PostgresStore

        return await PostgresStore.open(url, policy or Policy())
    raise StoreError("RELAYDESK_DATABASE_URL must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
