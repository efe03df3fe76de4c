"""Files at the newest revision: migrated once in a run, copied for each test."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from bot.store.migrate import migrate


def migrated_sqlite(folder: Path) -> str:
    """The address of a fresh database, ``relaydesk.db`` in the folder."""
    path = folder / "relaydesk.db"
    path.write_bytes(_migrated())
    return f"sqlite+aiosqlite:///{path}"


def migrate_now(url: str) -> None:
    """Bring a database to the newest revision, from within an event loop or not."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate(url)).result()


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "relaydesk.db"
        migrate_now(f"sqlite+aiosqlite:///{path}")
        return path.read_bytes()
