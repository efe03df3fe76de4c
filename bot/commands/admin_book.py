"""What every change of the team at run time has in common: one at a time, who did it is kept, and nobody locks himself out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.commands.perform import Desk
from bot.domain.actions import Button, Verb, row_of
from bot.domain.errors import LastAdmin, NameTaken, StaleCard
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import Row, Screen
from bot.domain.words import DESK_PREFIXES
from bot.store import entries, origins
from bot.store.entries import Facts
from bot.store.uow import Tx

PAGE = 10
"""Rows of a list shown at once."""
NEW = "new"
ADD = frozenset({"add", "new", "create"})
OFF = frozenset({"off", "deactivate", "disable", "remove", "delete"})
ON = frozenset({"on", "activate", "reactivate", "enable", "restore"})
A_ROW = {"operator": Phrase("an operator"), "role": Phrase("a role"), "group": Phrase("a group")}
FIELDS = {
    "name": Phrase("name"),
    "label": Phrase("label"),
    "colour": Phrase("colour"),
    "signature": Phrase("signature"),
    "email": Phrase("email"),
    "slack": "slack",
    "telegram": "telegram",
    "role": Phrase("role"),
    "groups": Phrase("groups"),
}
"""What is told of a change, in the middle of a sentence."""


def example(desk: Desk, words: str) -> str:
    """How to write it where this person is."""
    return f"{DESK_PREFIXES[desk.actor.platform]}{words}"


def row_in(tx: Tx, kind: str, token: str) -> tuple[int, Facts, str]:
    """The row a token names, with what stands behind its number. Raises ``StaleCard``."""
    number, _, rest = token.partition(".")
    row_id = row_of(number)
    facts = entries.rows(tx, kind).get(row_id) if row_id is not None else None
    if row_id is None or facts is None:
        raise StaleCard
    return row_id, facts, rest


def put(tx: Tx, desk: Desk, kind: str, row_id: int | None, facts: Facts, name: str) -> Facts:
    """Add a row, or set what is different of one; keep who did it. Returns what became different, as it is now.

    Raises ``LastAdmin``.
    """
    before: Facts = entries.rows(tx, kind)[row_id] if row_id is not None else {}
    different = {field: value for field, value in facts.items() if field not in before or before[field] != value}
    if not different:
        return {}
    if row_id is None:
        row_id = entries.add(tx, kind, facts)
        desk.journal(tx, f"{kind} added", name=name, set=different)
    else:
        entries.change(tx, kind, row_id, different)
        said = {field: [before[field], value] for field, value in different.items()}
        desk.journal(tx, f"{kind} changed", name=name, changed=said)
    origins.touch(tx, kind, row_id, different, desk.operator.name)
    _somebody_must_remain(tx)
    return different


def _somebody_must_remain(tx: Tx) -> None:
    """Raises ``LastAdmin`` when no active operator with an account and a super-admin's role would be left."""
    roles = {number for number, one in entries.rows(tx, "role").items() if Permission.SUPER_ADMIN in one["permissions"]}
    people = entries.rows(tx, "operator").values()
    if not any(one["active"] and one["role"] in roles and (one["slack"] or one["telegram"]) for one in people):
        raise LastAdmin


def free_name(tx: Tx, kind: str, row_id: int | None, name: str) -> str:
    """The name, when no other row has it, nor the team file for another row. Raises ``NameTaken``."""
    wanted = name.casefold()
    taken = {one["name"].casefold() for number, one in entries.rows(tx, kind).items() if number != row_id}
    for (of, number, field), origin in origins.all_of(tx).items():
        if (of, field) == (kind, "name") and number != row_id and origin.filed:
            taken.add(str(origin.value).casefold())
    if wanted in taken:
        raise NameTaken(what=A_ROW[kind], name=name)
    return name


def one_named(rows: dict[int, Facts], name: str) -> int | None:
    """The row of that name, whatever its case; of a beginning only one row has, that row."""
    wanted = name.casefold()
    exact = [number for number, one in rows.items() if one["name"].casefold() == wanted]
    begun = [number for number, one in rows.items() if one["name"].casefold().startswith(wanted)]
    found = exact or (begun if wanted else [])
    return found[0] if len(found) == 1 else None


def first_word(head: str, *meanings: frozenset[str]) -> tuple[str, str]:
    """``add Olga Ivanova`` as ``("add", "Olga Ivanova")`` when the first word is one of the meanings, else ``("", head)``."""
    word, _, rest = head.partition(" ")
    return (word.lower(), rest.strip()) if any(word.lower() in one for one in meanings) else ("", head)


def names(values: Sequence[Any], rows: dict[int, Facts]) -> str:
    """Row numbers as names."""
    return ", ".join(sorted(rows[one]["name"] for one in values if one in rows))


def known(rows: Iterable[Facts]) -> str:
    """The names of all there are, for who named another."""
    return ", ".join(sorted(one["name"] for one in rows)) or Phrase("none yet")


def paged(title: str, intro: str, rows: Sequence[Row], page: str, verb: Verb, *buttons: Button, empty: str) -> Screen:
    """One page of a list. ``page`` is the token of *Next* and *Back*, counted from 0."""
    last = max(0, (len(rows) - 1) // PAGE)
    at = min(int(page) if page.isdecimal() and len(page) < 6 else 0, last)
    turns = [Button(verb, Phrase("Back"), str(at - 1))] if at else []
    turns += [Button(verb, Phrase("Next"), str(at + 1))] if at < last else []
    if last:
        intro = joined(" ", filter(None, [intro, Phrase("Page {at} of {last}.", at=at + 1, last=last + 1)]))
    return Screen(
        title=title, intro=intro, rows=tuple(rows[at * PAGE : (at + 1) * PAGE]), empty=empty, buttons=(*turns, *buttons)
    )
