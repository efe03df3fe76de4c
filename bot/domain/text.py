"""Everything about a message's text under one name: the tree, its measure and cuts, and safe names.

Import from here; ``text_tree``, ``text_split`` and ``text_graphemes`` are where the pieces live.
"""

from __future__ import annotations

import re
import unicodedata

from bot.domain.text_graphemes import graphemes
from bot.domain.text_split import split, utf16_len
from bot.domain.text_tree import (
    EMPTY,
    Block,
    BulletList,
    CodeBlock,
    Json,
    Paragraph,
    Quote,
    RichText,
    Span,
    Style,
    join,
    safe_link,
    storable,
)

__all__ = [
    "EMPTY",
    "Block",
    "BulletList",
    "CodeBlock",
    "Json",
    "Paragraph",
    "Quote",
    "RichText",
    "Span",
    "Style",
    "clean_name",
    "graphemes",
    "join",
    "safe_link",
    "split",
    "storable",
    "utf16_len",
]

NAMELESS = "Unnamed client"
NAME_GRAPHEMES = 80
NAME_UNITS = 400
NAME_INPUT = 4000
MAX_MARKS = 4

ZWNJ, ZWJ = "\u200c", "\u200d"
# Letters and marks that look like nothing: fillers of Hangul, the empty braille cell, the grapheme joiner,
# inherent vowels of Khmer, Mongolian variation selectors.
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f")
_GAPS = frozenset(("Cc", "Zs", "Zl", "Zp"))
_HIDDEN = frozenset(("Cf", "Cs", "Co"))
_MARKS = frozenset(("Mn", "Me"))
_BEFORE_ZWJ = frozenset(("So", "Sk", "Mn", "Lo", "Mc"))
_AFTER_ZWJ = frozenset(("So", "Lo"))
_PLAIN_NAME = re.compile(r"[!-~]+(?: [!-~]+)*")


def clean_name(name: str) -> str:
    """A display name that can do no harm in a header: one line, nothing invisible, at most 80 graphemes (F50).

    Joiners stay where writing needs them: ZWJ inside an emoji, ZWNJ between letters of the Arabic and Indic
    scripts. Piles of more than four combining marks are thinned. Markup is left: the renderers quote it.
    """
    if len(name) <= NAME_GRAPHEMES and _PLAIN_NAME.fullmatch(name):
        return name
    kept: list[str] = []
    marks = 0
    text = unicodedata.normalize("NFC", storable(name[:NAME_INPUT]))
    for index, char in enumerate(text):
        category = unicodedata.category(char)
        if category in _GAPS:
            kept.append(" ")
        elif char in (ZWNJ, ZWJ):
            if _joins(text, index):
                kept.append(char)
        elif category in _MARKS:
            marks += 1
            if marks <= MAX_MARKS and kept and kept[-1] != " " and char not in _INVISIBLE:
                kept.append(char)
            continue
        elif category not in _HIDDEN and char not in _INVISIBLE and ord(char) & 0xFFFE != 0xFFFE:
            kept.append(char)
        marks = 0
    return _shorten(" ".join("".join(kept).split())) or NAMELESS


def _joins(text: str, index: int) -> bool:
    """Whether the joiner at the index does something a reader sees."""
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    if not before or not after:
        return False
    if text[index] == ZWNJ:
        return all("\u0600" <= char <= "\u0dff" for char in (before, after))
    return unicodedata.category(before) in _BEFORE_ZWJ and unicodedata.category(after) in _AFTER_ZWJ


def _shorten(name: str) -> str:
    """The name itself, or its beginning with an ellipsis as the last grapheme."""
    if len(name) <= NAME_GRAPHEMES:
        return name
    parts = list(graphemes(name))
    if len(parts) <= NAME_GRAPHEMES and utf16_len(name) <= NAME_UNITS:
        return name
    room = NAME_UNITS - 1
    kept: list[str] = []
    for part in parts[: NAME_GRAPHEMES - 1]:
        room -= utf16_len(part)
        if room < 0:
            break
        kept.append(part)
    return "".join(kept).rstrip() + "…"
