"""How wrong settings are told to a person: one line, the name, the remedy, never the value."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails


class SettingsError(Exception):
    """The settings can't be used; the text is one line for the person who starts the program."""


def trouble(error: ErrorDetails) -> str:
    """What is wrong with a value, without the value."""
    limits = error.get("ctx", {})
    kind = error["type"]
    if kind in ("value_error", "assertion_error"):
        return error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    words = {
        "missing": "is missing",
        "extra_forbidden": "is not a known key",
        "literal_error": f"must be one of {limits.get('expected')}",
        "enum": f"must be one of {limits.get('expected')}",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "int_type": "must be a whole number",
        "float_parsing": "must be a number",
        "float_type": "must be a number",
        "finite_number": "must be a number",
        "bool_parsing": "must be true or false",
        "bool_type": "must be true or false",
        "string_type": "must be a text in quotes",
        "string_too_short": "must not be empty",
        "tuple_type": "must be a list, like [1, 2]",
        "string_pattern_mismatch": f"must match {limits.get('pattern')}",
        "greater_than_equal": f"must be at least {limits.get('ge')}",
        "greater_than": f"must be more than {limits.get('gt')}",
        "less_than_equal": f"must be at most {limits.get('le')}",
    }
    return words.get(kind) or error["msg"].lower()


def one_line(error: ValidationError, prefix: str) -> str:
    """The first trouble with its variable's name; more than one is counted."""
    first, *rest = error.errors(include_url=False, include_input=False)
    said = trouble(first)
    if not said.startswith(prefix):
        name = prefix + "__".join(str(part).upper() for part in first["loc"] if isinstance(part, str) and part.isidentifier())
        said = f"{name} {said}"
    more = f" (and {len(rest)} more wrong after it)" if rest else ""
    return " ".join(f"{said}{more}".split())


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` where something known is close, else nothing."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


def refuse_unknown(given: Iterable[str], known: set[str], prefix: str) -> None:
    """Refuse names that nothing reads: most often a slip of the pen. The prefix, alike in all, counts for nothing."""
    for name in sorted(set(given) - known):
        close = get_close_matches(
            name.removeprefix(prefix), [word.removeprefix(prefix) for word in sorted(known)], n=1, cutoff=0.7
        )
        remedy = f"did you mean {prefix}{close[0]}?" if close else "remove it, or see config/example.env for the names"
        raise SettingsError(f"{name} is not a setting: {remedy}")
