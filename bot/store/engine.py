"""The two engines behind one store: SQLite for one node, PostgreSQL for many.

``write`` gathers what is asked at the same time into one transaction (group commit) and returns after its commit;
``read`` runs beside it; ``waker`` tells of commits, on PostgreSQL those of every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.domain.policy import Policy
from bot.store.uow import Tx
from bot.store.wakes import Waker, Wakes

T = TypeVar("T")
Job = Callable[[Tx], T]
Ahead = Callable[[], int]
"""How many milliseconds the store's clock is ahead of the machine's; tests set it, so that time passes when they want it to."""


def in_time() -> int:
    """Not at all ahead."""
    return 0


class Store(Protocol):
    """Where the truth is kept."""

    wakes: Wakes
    policy: Policy

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


SETTING = "RELAYDESK_DATABASE_URL"
_REMEDIES = {
    "28P01": "correct the user and the password",
    "28000": "correct the user and the password, or allow the login in pg_hba.conf",
    "3D000": "create the database, or correct its name",
    "42501": "let this user use the database",
    "53300": "raise max_connections, or stop what holds the others",
}
"""What to do, by PostgreSQL's SQLSTATE."""


def parsed(url: str) -> URL:
    """The address in its parts. Raises ``StoreError`` without repeating it, since it may hold a password."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            f"{SETTING} is no database address: write postgresql+asyncpg://user:password@host:5432/name, "
            "with % and two digits for @ : / and # in the password"
        ) from None
    if found.drivername.startswith("sqlite") and found.database in (None, "", ":memory:"):
        raise StoreError(f"{SETTING} names no file, so nothing would be kept: write sqlite+aiosqlite:///relaydesk.db")
    return found


def unusable(url: URL, error: BaseException) -> StoreError:
    """Why the database can't be used, and what to do, in one line without the password."""
    cause = getattr(error, "orig", None) or error
    said = getattr(cause, "strerror", None) or str(cause)
    reason = next(iter(str(said).splitlines()), "").strip() or type(cause).__name__
    if url.drivername.startswith("sqlite"):
        remedy = "its folder must exist, and this user must be able to write there"
        if "not a database" in reason:
            remedy = "name another file, or bring back a backup of this one"
        return StoreError(f"{SETTING}: the file {url.database} can't be used ({reason}): {remedy}")
    remedy = _REMEDIES.get(str(getattr(cause, "sqlstate", "")), "start PostgreSQL there, or correct the address")
    where = f"{url.host or url.query.get('host')}:{url.port or 5432}"
    return StoreError(f"{SETTING}: PostgreSQL at {where} can't be used ({reason}): {remedy}")


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


async def open_store(url: str, policy: Policy | None = None, ahead: Ahead = in_time) -> Store:
    """Open the store at a database URL (``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``), which must be migrated.

    Raises ``StoreError`` in one line when it can't be opened.
    """
    if url.startswith("sqlite"):
        from bot.store.sqlite import SqliteStore

        return SqliteStore(url, policy or Policy(), ahead)
    if url.startswith("postgresql+asyncpg"):
        from bot.store.postgres import PostgresStore

        return await PostgresStore.open(url, policy or Policy(), ahead)
    raise StoreError("RELAYDESK_DATABASE_URL must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
