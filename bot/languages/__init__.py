"""The languages of the product's own words: ``ru.po`` beside this file has each sentence of the code, and what it is in Russian.

Whoever hands words to a person says them in that person's language: an answer in the operator's, what stands in a thread in its
group's. Another language is another ``.po`` file and a line in :data:`LANGUAGES`; ``make generate`` does the rest.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from bot.domain.phrase import Catalogue, Phrase
from bot.domain.text_tree import RichText

T = TypeVar("T")
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ru": "Русский"}
"""What each language is called by those who speak it."""


def in_language(words: T, language: str) -> T:
    """A sentence, or anything made of sentences (a screen, a form, a card), as it is in ``language``; empty means English.

    What is no phrase, a person's own words and names, stays as it is.
    """
    if language in ("", ENGLISH):
        return words
    said: T = _said(words, _catalogue(language))
    return said


def _said(value: Any, catalogue: Catalogue) -> Any:
    if isinstance(value, Phrase):
        return value.said(catalogue)
    if isinstance(value, tuple | list):
        return type(value)(_said(one, catalogue) for one in value)
    if isinstance(value, Mapping):
        return {key: _said(one, catalogue) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type | RichText):
        before = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        after = {name: _said(one, catalogue) for name, one in before.items()}
        changed = {name: one for name, one in after.items() if one is not before[name] and one != before[name]}
        return replace(value, **changed) if changed else value
    return value


@cache
def _catalogue(language: str) -> Catalogue:
    path = Path(__file__).with_name(f"{language}.mo")
    if language not in LANGUAGES or not path.is_file():  # set by a newer version; English is better than nothing
        return gettext.NullTranslations()
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)
