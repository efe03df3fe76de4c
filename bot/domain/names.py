"""Finding somebody or something by the first letters of its name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def folded(text: str) -> str:
    """A text as it is compared: without case, accents and doubled blanks; ё is е."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(bare.split())


def begins(name: str, typed: str) -> bool:
    """Whether the name, or a word of it, begins with what was typed."""
    wanted, whole = folded(typed), folded(name)
    return whole.startswith(wanted) or f" {wanted}" in whole


def named(things: Iterable[tuple[T, tuple[str, ...]]], typed: str) -> list[T]:
    """The things meant; each comes with its names. One that is called exactly so is the only one meant."""
    known = list(things)
    exact = [thing for thing, names in known if folded(typed) in {folded(name) for name in names if name}]
    return exact or [thing for thing, names in known if any(begins(name, typed) for name in names if name)]
