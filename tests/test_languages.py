"""The product's words in every language: none missing, none that can't be translated."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from bot.domain.phrase import Phrase, in_table, joined
from bot.languages import ENGLISH, LANGUAGES, in_language
from tools import languages

OTHERS = sorted(set(LANGUAGES) - {ENGLISH})
BOT = Path(languages.ROOT) / "bot"
SHOWN: dict[str, tuple[int | str, ...]] = {
    "Answer": (0, "text"),
    "Screen": ("title", "intro", "empty"),
    "Row": ("title", "detail"),
    "Form": ("title", "intro", "submit"),
    "TextField": ("label", "hint"),
    "ChoiceField": ("label", "hint"),
    "FileField": ("label", "hint"),
    "Option": (1, "label"),
    "Button": (1, "label"),
    "notice": (2, "text"),
    "notify": (2, "text"),
    "farewell": (2, "text"),
    "tell": (3, "text"),
    "Permanent": (0, "reason"),
    "Retry": (0, "reason"),
    "Unsupported": (0, "reason"),
    "Ambiguous": (0, "reason"),
    "Refused": (0,),
    "No": (2, "message"),
}
"""Where words reach a person: calls, and their arguments by place or name."""


def names(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def sentences(language: str) -> dict[str, Message]:
    return {(one.id if isinstance(one.id, str) else one.id[0]): one for one in languages.catalogue(language) if one.id}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_code_has_words_in(language: str) -> None:
    known = sentences(language)
    code = {one if isinstance(one, str) else one[0] for one in languages.of_code()}
    assert code - set(known) == set(), "run `make generate`, then translate what is new"
    assert set(known) - code == set(), "run `make generate`: nobody says these any more"
    empty = [one.id for one in known.values() if not (all(one.string) if isinstance(one.string, tuple) else one.string)]
    assert empty == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_names_what_its_sentence_names(language: str) -> None:
    for one in sentences(language).values():
        ids = one.id if isinstance(one.id, tuple) else (one.id,)
        wanted = set.union(*map(names, ids))
        for words in one.string if isinstance(one.string, tuple) else (one.string,):
            assert names(words) == wanted or (len(ids) > 1 and names(words) | {"n"} == wanted | {"n"}), one.id


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    assert (languages.FOLDER / f"{language}.mo").read_bytes() == languages.compiled(language), "run `make generate`"


def test_what_people_read_can_be_said_in_their_language() -> None:
    """Words that reach a person are phrases, not plain strings."""
    assert sorted(plain_words()) == []


def plain_words() -> Iterator[str]:
    for path in sorted(BOT.rglob("*.py")):
        if path.name == "demo_script.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                for argument in shown(node):
                    if is_plain(argument):
                        yield f"{path.relative_to(BOT)}:{argument.lineno}: {ast.unparse(argument)}"


def shown(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
    places = SHOWN.get(name, ())
    yield from (argument for place, argument in enumerate(call.args) if place in places)
    yield from (keyword.value for keyword in call.keywords if keyword.arg in places)


def is_plain(argument: ast.expr) -> bool:
    if isinstance(argument, ast.IfExp):
        return is_plain(argument.body) or is_plain(argument.orelse)
    if isinstance(argument, ast.BinOp):
        return is_plain(argument.left) or is_plain(argument.right)
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    return any(isinstance(one, ast.Constant) and isinstance(one.value, str) and re.search(r"\w\w", one.value) for one in parts)


def test_a_phrase_is_english_and_can_be_said_otherwise() -> None:
    close = Phrase("Close")
    assert (close, in_language(close, "en"), in_language(close, "ru")) == ("Close", "Close", "Закрыть")


def test_what_stands_in_a_phrase_is_said_in_its_language_too() -> None:
    told = joined("\n", [Phrase("{what}, e.g. {words}", what=Phrase("close it"), words="!close"), "Ann"])
    assert told == "close it, e.g. !close\nAnn"
    assert in_language(told, "ru") == "закрыть обращение, например !close\nAnn"


def test_nothing_said_is_nothing_in_every_language() -> None:
    """To gettext an empty sentence is the name of the catalogue's header."""
    assert in_language(in_table(""), "ru") == ""


def test_a_language_nobody_has_translated_is_english() -> None:
    assert in_language(Phrase("Close"), "xx") == "Close"
