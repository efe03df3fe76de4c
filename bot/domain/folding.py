"""Words as a search compares them (R85): case, accents, ё and ß folded, in every script. Both engines index what this gives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LONGEST_WORD = 64
"""Characters kept of one word; nobody types more of it."""
MOST_WORDS = 2_000
"""Different words kept of one text; the longest a platform lets through has about 1,500."""
STEP = 8
"""Where words are written without spaces, every character begins one of at most so many characters."""

_ASCII = re.compile(r"[a-z0-9]+")
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n"}
    | dict.fromkeys("\u00ad\u0640\u200c\u200d\u200e\u200f\u2060\ufeff", "")
)
"""Letters that no normal form takes apart, and signs inside words that nobody types."""
_UNSPACED = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
"""Thai, Lao, Burmese, Khmer, Kana and Han: a run of them is not one word but many."""


def fold(text: str) -> str:
    """The text in the form in which words are compared.

    Case goes (``ß`` becomes ``ss``), and so do accents, vowel points and width; ``ё`` is ``е``, but ``й`` stays a letter of its
    own, and so do the vowel signs of Indic scripts and the voicing marks of Kana.
    """
    if text.isascii():
        return text.lower()
    folded: list[str] = []
    for char in unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN)):
        kind = unicodedata.combining(char)
        if char == "\u0306" and folded and folded[-1] == "и":
            folded[-1] = "й"
        elif not (kind >= 200 or 10 <= kind <= 35):  # accents above and below; Hebrew and Arabic points
            folded.append(char)
    return unicodedata.normalize("NFC", "".join(folded)).casefold()


def words_of(text: str) -> list[str]:
    """The different folded words of a text, in their order: what an index keeps of it."""
    if text.isascii():
        return list(dict.fromkeys(word[:LONGEST_WORD] for word in _ASCII.findall(text.lower())))[:MOST_WORDS]
    pieces = (_kept(piece) if len(piece) <= LONGEST_WORD else _words_in(piece) for piece in text.split())
    return list(dict.fromkeys(word for words in pieces for word in words))[:MOST_WORDS]


def beginnings_of(text: str) -> list[str]:
    """What somebody typed, as beginnings of words that must all be there."""
    found: dict[str, None] = {}
    for run, unspaced in _runs(fold(text)):
        pieces = [run[at : at + STEP] for at in range(0, len(run), STEP)] if unspaced else [run[:LONGEST_WORD]]
        found.update(dict.fromkeys(pieces))
    return list(found)


def _words_in(piece: str) -> tuple[str, ...]:
    """The words of a text without blanks."""
    found: list[str] = []
    for run, unspaced in _runs(fold(piece)):
        found += [run[at : at + STEP] for at in range(len(run))] if unspaced else [run[:LONGEST_WORD]]
    return tuple(found)


_kept = lru_cache(maxsize=8192)(_words_in)
"""A language says most of its words again and again."""


def _runs(folded: str) -> Iterator[tuple[str, bool]]:
    """Runs of letters, digits and the marks that belong to them, and whether they are of a script without spaces."""
    spaced = "".join(char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in folded)
    for run in spaced.split():
        for piece in _UNSPACED.split(run):
            if piece:
                yield piece, _UNSPACED.fullmatch(piece) is not None


def around(text: str, beginnings: list[str], room: int = 120) -> str | None:
    """The piece of a text in which a word begins so, on one line, about ``room`` characters; None when no word does."""
    flat = " ".join(text.split())
    for match in re.finditer(r"\S+", flat):
        if any(word.startswith(beginning) for word in words_of(match.group()) for beginning in beginnings):
            return _cut(flat, match.start(), room)
    return None


def _cut(flat: str, at: int, room: int) -> str:
    """About ``room`` characters with the place ``at`` in their first third, cut between words where there are some."""
    if len(flat) <= room:
        return flat
    start = max(0, min(at - room // 3, len(flat) - room))
    if start and (space := flat.find(" ", start, at)) >= 0:
        start = space + 1
    end = start + room
    if end < len(flat) and (space := flat.rfind(" ", at + 1, end)) > at:
        end = space
    return ("…" if start else "") + flat[start:end].strip() + ("…" if end < len(flat) else "")
