"""Arguments of Bot API calls: a table generated from the published description, compiled at import.

Unknown arguments are ignored, as the Bot API does. The Bot API reads a mistyped number as 0 and a
mistyped boolean as false (``Client::get_integer_arg``, ``to_bool``); the sandbox refuses both, because
they are always mistakes of the caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.telegram.errors import Refused, bad

Arguments = dict[str, Any]
Decoder = Callable[[str, Any], Any]

TABLE: dict[str, dict[str, list[Any]]] = json.loads((Path(__file__).parent / "arguments.json").read_text(encoding="utf-8"))
_TRUE = frozenset(("true", "1", "yes"))
_FALSE = frozenset(("false", "0", "no", ""))
_JSON_WORDS = {
    "reply_markup": "reply keyboard markup",
    "link_preview_options": "link preview options",
    "reply_parameters": "reply parameters",
    "reaction": "reaction types",
}


def _string(_: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _integer(name: str, value: Any) -> int:
    try:
        return value if type(value) is int else int(str(value))
    except ValueError:
        raise bad(f"invalid {name} specified") from None


def _float(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise bad(f"invalid {name} specified") from None


def _boolean(name: str, value: Any) -> bool:
    word = str(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise bad(f"invalid {name} specified")


def _chat(_: str, value: Any) -> int | str:
    if type(value) is int:
        return value
    try:
        return int(value)
    except (TypeError, ValueError):
        return str(value)


def _json(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except (ValueError, RecursionError):
        raise bad(f"can't parse {_JSON_WORDS.get(name, name)} JSON object") from None


def _array(name: str, value: Any) -> Any:
    value = _json(name, value)
    if value is not None and not isinstance(value, list):
        raise bad(f"expected an Array as {name}")
    return value


def _file(_: str, value: Any) -> Any:
    return value


_DECODERS: dict[str, Decoder] = {
    "string": _string,
    "integer": _integer,
    "float": _float,
    "boolean": _boolean,
    "chat": _chat,
    "object": _json,
    "array": _array,
    "file": _file,
}

METHODS: dict[str, tuple[str, dict[str, Decoder]]] = {
    name.lower(): (name, {argument: _DECODERS[kind] for argument, (kind, _) in arguments.items()})
    for name, arguments in TABLE.items()
}


def decode(method: str, given: dict[str, Any]) -> Arguments:
    """The given arguments, typed. Method names are read without regard to case, as the Bot API does."""
    decoders = METHODS[method.lower()][1]
    return {name: decoders[name](name, value) for name, value in given.items() if name in decoders}


def need(arguments: Arguments, name: str) -> Any:
    """A required argument (``Client::get_required_string_arg``)."""
    value = arguments.get(name)
    if value is None or value == "":
        raise bad(f'Parameter "{name}" is required')
    return value


def message_id(arguments: Arguments, missing: str, name: str = "message_id") -> int:
    """A message identifier; 0, negative or absent ones name no message (``Client::check_message``)."""
    value = arguments.get(name) or 0
    if not isinstance(value, int) or value <= 0:
        raise bad(missing)
    return value


def message_ids(arguments: Arguments, name: str = "message_ids") -> list[int]:
    """Up to 100 identifiers (``Client::get_message_ids``)."""
    values = arguments.get(name)
    if not values:
        raise bad("message identifiers are not specified")
    if len(values) > 100:
        raise bad("too many message identifiers specified")
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad("message identifier must be a Number")
        if value <= 0:
            raise bad("invalid message identifier specified")
    return list(values)


def field(holder: dict[str, Any], name: str, kind: type, what: str = "") -> Any:
    """A required field of a JSON object; worded as ``td::JsonObject::get_required_*_field``."""
    value = holder.get(name)
    if value is None:
        raise bad(f'{what}Can\'t find field "{name}"')
    if kind is int and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        words = {str: "String", int: "Number", dict: "Object", list: "Array", bool: "Boolean"}
        raise bad(f'{what}Field "{name}" must be of type {words.get(kind, kind.__name__)}')
    return value


__all__ = ["METHODS", "Arguments", "Refused", "decode", "field", "message_id", "message_ids", "need"]
