"""Statements that are compiled once for a run of the tests.

Each house has engines of its own, and SQLAlchemy compiles every statement anew for each engine: a quarter of a scenario's
processor time.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Engine, event


class _Compiled(dict[Any, Any]):
    """A cache for all engines of one dialect: the dialect's object, which stands first in a key, does not count."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


def share_compiled_statements() -> None:
    """From now on all engines of this process share what they compile."""
    caches: defaultdict[type, _Compiled] = defaultdict(_Compiled)

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=caches[type(connection.dialect)])
