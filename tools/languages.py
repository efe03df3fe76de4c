"""Keep ``bot/languages`` up to date: ``python -m tools.languages [FILE …]``.

Every sentence of the code is gathered (``Phrase("…")``, the verb table, the refusals' docstrings) and stands in each ``.po``
file, without words where nobody has translated it yet; then the ``.mo`` files are made. A FILE ``ru-….json`` with
``{"English": "words"}``, or a list of words where there are several forms, is put into ``ru.po``.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from bot.languages import ENGLISH, LANGUAGES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "bot" / "languages"
Message = str | tuple[str, str]
TABLES = {"Action": (1, 2)}
"""Calls whose arguments at these places become phrases by themselves."""


class Unclear(Exception):
    """A phrase that is put together where it stands, so that no catalogue can know it."""


def of_code() -> dict[Message, str]:
    """Each sentence, or pair of them, and the file it stands in first."""
    found: dict[Message, str] = {}
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for message in _in(path):
            found.setdefault(message, path.relative_to(ROOT).as_posix())
    return found


def _in(path: Path) -> Iterator[Message]:
    tree = ast.parse(path.read_text("utf-8"))
    refusals = path.parent.name == "domain" and (path.name.startswith("errors") or path.name == "refusal.py")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and refusals and (words := ast.get_docstring(node)):
            yield inspect.cleandoc(words)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Phrase" and path.name != "phrase.py":
                yield _message(path, node)
            for place in TABLES.get(node.func.id, ()):
                if place < len(node.args):
                    yield _literal(path, node.args[place])


def _message(path: Path, call: ast.Call) -> Message:
    one, *many = [_literal(path, argument) for argument in call.args]
    return (one, many[0]) if many else one


def _literal(path: Path, node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise Unclear(f"{path}:{node.lineno}: a phrase is one literal; its values stand in braces: {ast.unparse(node)}")


def catalogue(language: str) -> Catalog:
    """What is translated."""
    path = FOLDER / f"{language}.po"
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compiled(language: str) -> bytes:
    """The ``.mo`` file as it must be."""
    made = io.BytesIO()
    write_mo(made, catalogue(language))
    return made.getvalue()


def renew(language: str, more: dict[str, str | list[str]]) -> int:
    """Write both files; how many sentences have no words yet."""
    before, after, missing = catalogue(language), Catalog(locale=language, fuzzy=False), 0
    for message, path in of_code().items():
        known = before.get(message)
        one = message if isinstance(message, str) else message[0]
        words = more.get(one) or (known.string if known is not None else "")
        said = tuple(words) if isinstance(words, list | tuple) else words
        missing += not said or (isinstance(said, tuple) and not all(said))
        if not said and not isinstance(message, str):
            said = ("",) * after.num_plurals
        after.add(message, said, locations=[(path, None)])  # type: ignore[list-item]  # a line number would change with every edit
    with (FOLDER / f"{language}.po").open("wb") as file:
        write_po(file, after, width=130, sort_output=True, omit_header=False, include_lineno=False)
    (FOLDER / f"{language}.mo").write_bytes(compiled(language))
    return missing


def main() -> None:
    """Renew every language."""
    given = [Path(name) for name in sys.argv[1:]]
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        more: dict[str, str | list[str]] = {}
        for path in given:
            if path.name.startswith(f"{language}-"):
                more |= json.loads(path.read_text("utf-8"))
        print(f"{language}: {renew(language, more)} sentences without words")


if __name__ == "__main__":
    main()
