"""A year of a large house, written straight into an empty store: 100,000 conversations with a million messages.

Deterministic. Half of the messages hold a word that begins with ``ord``; the other words come from a vocabulary in which, as in
any language, few words are said very often and most hardly ever.
"""

from __future__ import annotations

import itertools
import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from bot.domain.folding import words_of

GROUPS, OPERATORS, START = 5, 50, 1_700_000_000_000
Table = tuple[str, str, Iterator[tuple[Any, ...]]]


def vocabulary(rng: random.Random) -> tuple[list[str], list[float]]:
    """Words by how often they are said, with running weights."""
    syllables = [one + two for one in "bcdfghklmnprstvz" for two in "aeiou"]
    made = {"".join(rng.choices(syllables, k=rng.randint(1, 4))) + rng.choice(["", "n", "r", "s", "t"]) for _ in range(30_000)}
    words = ["order", "orders", "ordered", "возврат", "заказ", *sorted(made, key=lambda _: rng.random())]
    return words, list(itertools.accumulate(1 / (place + 5) for place in range(len(words))))


def tables(conversations: int, messages: int) -> list[Table]:
    """Every table's rows, in an order that keeps references whole."""
    rng = random.Random(4711)
    words, weights = vocabulary(rng)
    talks = [_talk(rng, number, conversations) for number in range(1, conversations + 1)]
    names = [_name(rng, words) for _ in talks]

    def said() -> Iterator[tuple[Any, ...]]:
        last = [0] * (conversations + 1)
        for number in range(1, messages + 1):
            talk = rng.randint(1, conversations)
            last[talk] += 1
            text = " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(5, 14))) + f" {number}"
            body = json.dumps(text, ensure_ascii=False)
            direction = "in" if rng.random() < 0.6 else "out"
            yield number, talk, last[talk], direction, None, names[talk - 1], text, body, START + number * 30_000

    rows = list(said())
    return [
        (
            "role",
            "id name permissions",
            iter([(1, "operator", "[]"), (2, "admin", '["super_admin"]'), (3, "lead", '["tab_all"]')]),
        ),
        ("team_group", "id name label colour", ((n, f"group{n}", f"Group {n}", "🟢") for n in range(1, GROUPS + 1))),
        ("operator", "id name role_id", ((n, f"Operator {n}", _role(n)) for n in range(1, OPERATORS + 1))),
        ("identity", "id operator_id platform external_id", ((n, n, "slack", f"U{n}") for n in range(1, OPERATORS + 1))),
        ("membership", "operator_id group_id", ((n, n % GROUPS + 1) for n in range(2, OPERATORS + 1) if n not in (3, 4))),
        ("channel", "id kind name group_id", iter([(1, "widget", "shop", 1)])),
        ("desk", "id platform chat group_id", ((n, "slack", f"C{n}", n) for n in range(1, GROUPS + 1))),
        ("client", "id name original_name created_at", ((n, name, name, START) for n, name in enumerate(names, 1))),
        ("client_words", "client_id words", ((n, " ".join(words_of(name))) for n, name in enumerate(names, 1))),
        (
            "conversation",
            "id client_id channel_id external_id group_id status status_since operator_id closed_by last_message_at "
            "last_direction unseen last_seq",
            iter(talks),
        ),
        ("blacklist", "client_id operator_id at", ((n, 1, START) for n in range(7, conversations, max(1, conversations // 500)))),
        (
            "mirror",
            "id conversation_id desk_id thread created_at",
            ((n, n, talks[n - 1][4], f"t{n}", START) for n in range(1, conversations + 1)),
        ),
        ("message", "id conversation_id seq direction author_id author body at", ((*row[:6], row[7], row[8]) for row in rows)),
        ("message_words", "message_id words", ((row[0], " ".join(words_of(row[6]))) for row in rows)),
    ]


def _name(rng: random.Random, words: Sequence[str]) -> str:
    return f"{words[5 + int(rng.random() ** 3 * 5_000)]} {rng.choice(words)}".title()


def _role(number: int) -> int:
    return {1: 2, 2: 3, 3: 3}.get(number, 1)


def _talk(rng: random.Random, number: int, of: int) -> tuple[Any, ...]:
    """A conversation: most are closed, one in thirty waits, one in thirty is in somebody's inbox."""
    chance, group = rng.random(), rng.randint(1, GROUPS)
    status = "unassigned" if chance < 0.033 else "inbox" if chance < 0.066 else "closed"
    holder = rng.choice([n for n in range(2, OPERATORS + 1) if n % GROUPS + 1 == group]) if status != "unassigned" else None
    since = START + int(rng.random() * of * 300_000)
    closer = holder if status == "closed" else None
    unseen = status == "unassigned" or (status == "inbox" and rng.random() < 0.2)
    return number, number, 1, f"v{number}", group, status, since, holder, closer, since + 60_000, "in", unseen, 10


def into_sqlite(url: str, rows: list[Table]) -> None:
    """Into a migrated file. The search indexes are made in one go in the end."""
    base = sqlite3.connect(str(make_url(url).database))
    base.execute("PRAGMA synchronous = OFF")
    triggers = base.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE '%_words_come'").fetchall()
    for name, _ in triggers:
        base.execute(f"DROP TRIGGER {name}")
    for table, columns, values in rows:
        names = columns.split()
        base.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", values)
    for owner in ("message", "client"):
        base.execute(f"INSERT INTO {owner}_find ({owner}_find) VALUES ('rebuild')")
    for _, made in triggers:
        base.execute(made)
    base.commit()
    base.execute("ANALYZE")
    base.commit()
    base.close()


async def into_postgres(url: str, rows: list[Table]) -> None:
    """Into a migrated database. The search indexes are made in the end."""
    base = await asyncpg.connect(url.replace("+asyncpg", ""))
    indexes = await base.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE '%_words_terms'")
    for name, _ in indexes:
        await base.execute(f"DROP INDEX {name}")
    for table, columns, values in rows:
        await base.copy_records_to_table(table, records=values, columns=columns.split())
    for _, made in indexes:
        await base.execute(made)
    await base.execute("VACUUM ANALYZE")
    await base.close()
