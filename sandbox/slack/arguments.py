"""The generated argument table and the check of a call against it.

``arguments.json`` is written by ``tools/slack_arguments.py`` from slack_sdk and Slack's archived OpenAPI description.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.slack.errors import Refused

# docs.slack.dev/reference/methods/chat.postMessage, errors
MALFORMED = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format", "attachments": "invalid_attachments"}
YES, NO = {"1", "true", "True"}, {"0", "false", "False", ""}


class Argument(NamedTuple):
    """One argument: its name, its type in the table, whether it must be there."""

    name: str
    kind: str
    required: bool


class Signature(NamedTuple):
    """What one method takes and its rate limit tier, if it has an ordinary one."""

    arguments: dict[str, Argument]
    required: tuple[str, ...]
    tier: int | None


def _load() -> dict[str, Signature]:
    table = json.loads((Path(__file__).parent / "arguments.json").read_text())
    signatures = {}
    for name, about in table.items():
        arguments = {key: Argument(key, word["type"], word.get("required", False)) for key, word in about["arguments"].items()}
        required = tuple(argument.name for argument in arguments.values() if argument.required)
        signatures[name] = Signature(arguments, required, about.get("tier"))
    return signatures


SIGNATURES = _load()


def checked(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call in Python types; ``invalid_arguments`` when one is missing or of the wrong type.

    Forms and query strings bring everything as text, so text that reads as the type is good everywhere. Unknown names
    pass unread: Slack ignores them. Null counts as absent. Wording: public threads quoting ``[json-pointer:/…]``.
    """
    signature = SIGNATURES[method]
    wrong: list[str] = []
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        if name == "token" or value is None:
            continue
        known = signature.arguments.get(name)
        if known is None:
            arguments[name] = value
            continue
        try:
            arguments[name] = READERS[known.kind](value)
        except ValueError as problem:
            if name in MALFORMED:
                raise Refused(MALFORMED[name]) from None
            wrong.append(f"{problem} [json-pointer:/{name}]")
    wrong += [f"missing required field: {name}" for name in signature.required if name not in given or given[name] is None]
    if wrong:
        raise Refused.because("invalid_arguments", wrong)
    return arguments


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("must provide a string")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value) in YES:
        return True
    if str(value) in NO:
        return False
    raise ValueError("must be a boolean")


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    raise ValueError("must be an integer")


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return value
    raise ValueError("must provide a string")


def _json(value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    if not isinstance(value, str):
        raise ValueError("must provide an object")
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("must provide an object") from None


READERS = {"string": _string, "boolean": _boolean, "integer": _integer, "list": _list, "json": _json}
