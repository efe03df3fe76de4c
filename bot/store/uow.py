"""The unit of work: one database transaction, what it will wake, and what it writes last.

Everything that reads or changes the store is a plain function over a :class:`Tx`. It never awaits, so the same
function runs on SQLite's writer thread and, through ``run_sync``, on PostgreSQL.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, Dialect, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, UpdateBase

from bot.domain.ids import Moment
from bot.domain.policy import Policy


def clock() -> Moment:
    """This machine's time."""
    return Moment(time.time_ns() // 1_000_000)


Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Tx:
    """One transaction.

    ``now``     the time of the transaction: the database's on PostgreSQL, so that nodes agree
    ``wake``    topics told to whoever waits, once the transaction is committed: ``inbox``, ``outbox``, ``widget:7``
    ``memory``  rows a repository keeps at hand or has yet to write, by repository; undone with a savepoint
    """

    def __init__(self, connection: Connection, now: Moment, policy: Policy) -> None:
        self.connection = connection
        self.now = now
        self.policy = policy
        self.postgres = connection.dialect.name == "postgresql"
        self.wake: set[str] = set()
        self.memory: dict[str, dict[Any, Any]] = {}
        self._later: list[tuple[Insert, dict[str, Any]]] = []
        self._last: list[Callable[[Tx], None]] = []
        self._closing: list[tuple[Insert, dict[str, Any]]] = []

    def execute(self, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
        """Run one statement; with a list of values, once for each."""
        return self.connection.execute(statement, values)

    def execute_many(self, statement: UpdateBase, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that is built once and kept, for each of these rows, which all have the same names.

        SQLAlchemy would look up each value of each row by name again, which took as long as the engine's own work.
        """
        if rows:
            text, in_order = _driver_text(statement, self.connection.dialect, tuple(rows[0]))
            self.connection.exec_driver_sql(text, [in_order(row) for row in rows])

    def keep(self, name: str) -> dict[Any, Any]:
        """A repository's memory within this transaction."""
        return self.memory.setdefault(name, {})

    def later(self, statement: Insert, values: dict[str, Any]) -> None:
        """Insert this row at the end of the transaction, together with others of its kind."""
        self._later.append((statement, values))

    def last(self, statement: Insert, values: dict[str, Any]) -> None:
        """Insert this row just before the commit, together with those of the other jobs that are committed with this one.

        For what an index over many rows takes far better at once than one by one. The row must be one that no check can refuse:
        a failure there fails all those jobs.
        """
        self._closing.append((statement, values))

    def at_end(self, write: Callable[[Tx], None]) -> None:
        """Let a repository write its memory at the end; once, however often it asks."""
        if write not in self._last:
            self._last.append(write)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside, and only that, when it raises."""
        later, closing, wake = len(self._later), len(self._closing), set(self.wake)
        memory = {name: dict(rows) for name, rows in self.memory.items()}
        self.connection.exec_driver_sql("SAVEPOINT step")
        try:
            yield
        except BaseException:
            self.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT step")
            self.connection.exec_driver_sql("RELEASE SAVEPOINT step")
            del self._later[later:]
            del self._closing[closing:]
            self.wake, self.memory = wake, memory
            raise
        self.connection.exec_driver_sql("RELEASE SAVEPOINT step")

    def flush(self) -> None:
        """Write what was put off: repositories' memories in the order they asked, then rows of one kind together."""
        for write in self._last:
            write(self)
        rows, self._later, self._last, self.memory = self._later, [], [], {}
        self._insert(rows)

    def close(self) -> None:
        """Write what was to be written last. The engines do it once for all jobs they commit together."""
        rows, self._closing = self._closing, []
        self._insert(rows)

    def _insert(self, rows: list[tuple[Insert, dict[str, Any]]]) -> None:
        kinds: dict[int, tuple[Insert, list[dict[str, Any]]]] = {}
        for statement, values in rows:
            kinds.setdefault(id(statement), (statement, []))[1].append(values)
        for statement, alike in kinds.values():
            self.execute_many(statement, alike)

    def upsert(self, table: Table) -> Any:
        """An INSERT of this engine's dialect, for ``on_conflict_…`` (typed loosely: the two share that method by name only)."""
        return upsert(table, postgres=self.postgres)


InOrder = Callable[[Mapping[str, Any]], tuple[Any, ...]]
_texts: WeakKeyDictionary[UpdateBase, dict[tuple[Any, ...], tuple[str, InOrder]]] = WeakKeyDictionary()


def _driver_text(statement: UpdateBase, dialect: Dialect, names: tuple[str, ...]) -> tuple[str, InOrder]:
    """The statement in the driver's own words, and what puts a row's values in the order it wants them."""
    known = _texts.setdefault(statement, {})
    found = known.get((dialect.name, names))
    if found is None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        fixed = {name: value for name, value in compiled.params.items() if name not in names}
        order = compiled.positiontup or []
        found = known[dialect.name, names] = (str(compiled), _in_order(order, fixed))
    return found


def _in_order(order: Sequence[str], fixed: Mapping[str, Any]) -> InOrder:
    if len(order) > 1 and not fixed:
        return itemgetter(*order)
    return lambda row: tuple(row[name] if name in row else fixed[name] for name in order)


def values(row: Row[Any]) -> tuple[Any, ...]:
    """A row's columns in order, for a value whose fields stand in the same order."""
    return tuple(row)


def upsert(table: Table, *, postgres: bool) -> Any:
    """An INSERT of the engine's dialect, for statements that are built once and kept."""
    return postgresql.insert(table) if postgres else sqlite.insert(table)
