"""Where one visible character ends and the next begins.

The standard library has no grapheme break property; this is an approximation of UAX #29
(https://www.unicode.org/reports/tr29/, rules GB3-GB13) that errs towards keeping together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ZWJ = "\u200d"
_EXTENDING = frozenset(("Mn", "Me", "Mc"))


def is_border(text: str, index: int) -> bool:
    """Whether the text may be cut before ``index`` without tearing what is seen as one character.

    Kept together: combining marks, joiners, emoji modifiers and tags, viramas, Hangul syllables, pairs of
    regional indicators, CR LF, surrogates.
    """
    if index <= 0 or index >= len(text):
        return True
    before, after = text[index - 1], text[index]
    if before < "\u0300" and after < "\u0300":
        return not (before == "\r" and after == "\n")
    if before in "\r\n" or after in "\r\n":
        return True
    if _extends(after) or before == ZWJ:
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    if unicodedata.combining(before) == 9 and after.isalpha():  # a virama binds the next consonant
        return False
    if _regional(before) and _regional(after):
        start = index
        while start > 0 and _regional(text[start - 1]):
            start -= 1
        return (index - start) % 2 == 0
    if _prepends(before):
        return False
    return not _hangul_joined(before, after)


def graphemes(text: str) -> Iterator[str]:
    """The characters as a reader counts them."""
    start = 0
    for index in range(1, len(text) + 1):
        if is_border(text, index):
            yield text[start:index]
            start = index


def _extends(char: str) -> bool:
    return (
        char in ("\u200c", ZWJ)
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or char in "\uff9e\uff9f"
        or unicodedata.category(char) in _EXTENDING
    )


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _prepends(char: str) -> bool:
    """Arabic number signs and their like stand before what they belong to."""
    return "\u0600" <= char <= "\u0605" or char in "\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"


def _hangul_joined(before: str, after: str) -> bool:
    """Rules GB6 to GB8: leading, vowel and trailing jamo and precomposed syllables hold together."""
    if not ("\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb" or _leading(before)):
        return False
    if _leading(before):
        return _leading(after) or "\u1160" <= after <= "\u11a7" or "\ud7b0" <= after <= "\ud7c6" or _syllable(after)
    if "\u1160" <= after <= "\u11a7" or "\ud7b0" <= after <= "\ud7c6":
        return _vowel(before) or (_syllable(before) and (ord(before) - 0xAC00) % 28 == 0)
    return _vowel(before) or _syllable(before) or "\u11a8" <= before <= "\u11ff" or "\ud7cb" <= before <= "\ud7fb"


def _leading(char: str) -> bool:
    return "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c"


def _vowel(char: str) -> bool:
    return "\u1160" <= char <= "\u11a7" or "\ud7b0" <= char <= "\ud7c6"


def _syllable(char: str) -> bool:
    return "\uac00" <= char <= "\ud7a3"
