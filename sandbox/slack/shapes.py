"""Small checks that join into descriptions of Block Kit; every complaint ends with a JSON pointer as Slack's do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[[Any, str, list[str]], None]
"""Looks at a value found at a JSON pointer and adds what is wrong to the list."""


def anything(value: Any, at: str, wrong: list[str]) -> None:
    """Not looked at."""


def string(most: int | None = None, least: int = 0, among: set[str] | None = None) -> Check:
    """Text of a length; the limits are inclusive."""

    def check(value: Any, at: str, wrong: list[str]) -> None:
        if not isinstance(value, str):
            wrong.append(f"must provide a string [json-pointer:{at}]")
        elif most is not None and len(value) > most:
            wrong.append(f"must be less than {most + 1} characters [json-pointer:{at}]")
        elif len(value) < least:
            wrong.append(f"must be more than {least - 1} characters [json-pointer:{at}]")
        elif among is not None and value not in among:
            wrong.append(f"must be one of: {', '.join(sorted(among))} [json-pointer:{at}]")

    return check


def boolean(value: Any, at: str, wrong: list[str]) -> None:
    """True or false."""
    if not isinstance(value, bool):
        wrong.append(f"must be a boolean [json-pointer:{at}]")


def integer(least: int = 0, most: int = 2**53) -> Check:
    """A whole number in a range."""

    def check(value: Any, at: str, wrong: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            wrong.append(f"must be an integer between {least} and {most} [json-pointer:{at}]")

    return check


def several(item: Check, most: int | None = None, least: int = 1) -> Check:
    """A list of things of one kind."""

    def check(value: Any, at: str, wrong: list[str]) -> None:
        if not isinstance(value, list):
            wrong.append(f"must be an array [json-pointer:{at}]")
            return
        if most is not None and len(value) > most:
            wrong.append(f"no more than {most} items allowed [json-pointer:{at}]")
        if len(value) < least:
            wrong.append(f"no fewer than {least} items allowed [json-pointer:{at}]")
        for number, part in enumerate(value):
            item(part, f"{at}/{number}", wrong)

    return check


def thing(needed: dict[str, Check], may: dict[str, Check] | None = None, one_of: tuple[str, ...] = ()) -> Check:
    """An object with fields that must and fields that may be there; any other field is refused. ``one_of`` wants one of them."""
    fields = {"type": anything, **needed, **(may or {})}
    required = tuple(needed)

    def check(value: Any, at: str, wrong: list[str]) -> None:
        if not isinstance(value, dict):
            wrong.append(f"must be an object [json-pointer:{at}]")
            return
        wrong.extend(f"missing required field: {name} [json-pointer:{at}]" for name in required if name not in value)
        if one_of and not any(name in value for name in one_of):
            wrong.append(f"missing required field: {' or '.join(one_of)} [json-pointer:{at}]")
        for name, part in value.items():
            if name not in fields:
                wrong.append(f"invalid additional property: {name} [json-pointer:{at}]")
            elif part is not None or name in required:
                fields[name](part, f"{at}/{name}", wrong)

    return check


def typed(kinds: dict[str, Check], other: Check | None = None) -> Check:
    """An object whose ``type`` says which of the descriptions holds; ``other`` looks at types not listed."""

    def check(value: Any, at: str, wrong: list[str]) -> None:
        if not isinstance(value, dict):
            wrong.append(f"must be an object [json-pointer:{at}]")
            return
        kind = value.get("type")
        known = kinds.get(kind) if isinstance(kind, str) else None
        if known is not None:
            known(value, at, wrong)
        elif kind is None:
            wrong.append(f"missing required field: type [json-pointer:{at}]")
        elif other is not None:
            other(value, at, wrong)
        else:
            wrong.append(f"unsupported type: {kind} [json-pointer:{at}/type]")

    return check
