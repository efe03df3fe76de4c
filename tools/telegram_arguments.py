"""Make ``sandbox/telegram/arguments.json``: every Bot API method with its arguments' types.

Sources: the published Bot API description (``PaulSonOfLars/telegram-bot-api-spec`` ``api.json``, MIT,
Bot API 10.1) for names, types and what is required, and the installed aiogram's method classes for
methods and arguments that are newer (Bot API 10.3: ephemeral messages).

    python tools/telegram_arguments.py [path of telegram-bot-api.json]
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import aiogram
from aiogram import methods
from aiogram.methods.base import TelegramMethod

HOME = Path(__file__).resolve().parent.parent
TARGET = HOME / "sandbox" / "telegram" / "arguments.json"
SPECIFICATION = HOME.parent / "shared" / "specs" / "telegram-bot-api.json"


def kind_of_types(types: list[str]) -> str:
    """One word for the type of an argument in the published description."""
    if types == ["Integer"]:
        return "integer"
    if types == ["Boolean"]:
        return "boolean"
    if types == ["Float"]:
        return "float"
    if "InputFile" in types:
        return "file"
    if set(types) == {"Integer", "String"}:
        return "chat"
    if types == ["String"]:
        return "string"
    return "array" if all(name.startswith("Array of ") for name in types) else "object"


def kind_of_annotation(annotation: Any) -> str:
    """The same word for the annotation of an aiogram field."""
    words = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    parts = {part.strip().rpartition(".")[2] if "[" not in part else part.strip() for part in words.split("|")}
    parts -= {"None", "Default", "NoneType"}
    if any(part.startswith("list[") for part in parts):
        return "array"
    simple = {"int": "integer", "bool": "boolean", "float": "float", "str": "string", "ChatIdUnion": "chat"}
    if len(parts) == 1 and (only := parts.pop()) in simple:
        return simple[only]
    if {"int", "str"} <= parts:
        return "chat"
    if "DateTimeUnion" in parts or "datetime.datetime" in parts:
        return "integer"
    return "file" if any(part.startswith("InputFile") for part in parts) else "object"


def published(path: Path) -> dict[str, dict[str, list[Any]]]:
    """Methods of the published description."""
    described = json.loads(path.read_text(encoding="utf-8"))["methods"]
    return {
        name: {field["name"]: [kind_of_types(field["types"]), field["required"]] for field in method.get("fields", ())}
        for name, method in described.items()
    }


def add_newer(table: dict[str, dict[str, list[Any]]]) -> None:
    """Add what the installed aiogram knows beyond the description."""
    for _, method in inspect.getmembers(methods, inspect.isclass):
        if not issubclass(method, TelegramMethod) or method is TelegramMethod:
            continue
        known = table.setdefault(method.__api_method__, {})
        notes = inspect.get_annotations(method)
        for name, field in method.model_fields.items():
            if name not in known:
                known[field.alias or name] = [kind_of_annotation(notes.get(name, str)), field.is_required()]


def main() -> None:
    """Write the table."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SPECIFICATION
    table = published(path)
    add_newer(table)
    lines = [f"  {json.dumps(name)}: {json.dumps(dict(sorted(table[name].items())))}" for name in sorted(table)]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{TARGET.relative_to(HOME)}: {len(table)} methods (aiogram {aiogram.__version__})")


if __name__ == "__main__":
    main()
