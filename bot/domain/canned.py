"""Canned responses: their titles as words, the variables in them, and what a typed ``\\greet`` stands for (R40-R44)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.domain.errors import BadTitle, NoTemplateText, TemplateTooLong, TitleTooLong, UnknownVariable
from bot.domain.text import NAMELESS, Paragraph, RichText, Span, clean_name, join, storable

TITLE_LONGEST = 60
BODY_LONGEST = 3000
"""Characters; what a Slack form field takes."""
VARIABLES = ("client", "operator", "group")
_VARIABLE = re.compile(r"\{(\w{1,40})\}")
_WORD = re.compile(r"(?<!\S)\\([^\s\\]+)")


def clean_title(typed: str) -> str:
    """The title as it is kept: one line. Raises ``BadTitle`` or ``TitleTooLong``."""
    bare = typed.strip().lstrip("\\/").strip()
    if len(bare) > TITLE_LONGEST:
        raise TitleTooLong(most=str(TITLE_LONGEST))
    title = clean_name(bare) if bare else NAMELESS
    if title == NAMELESS or not word_of(title):
        raise BadTitle
    return title


def word_of(title: str) -> str:
    """The word a title is typed as behind ``\\``: small letters, ``-`` for spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    return "-".join(re.sub(r"[\\/]", " ", folded).split())


def clean_body(typed: str) -> str:
    """The text as it is kept. Raises ``NoTemplateText``, ``TemplateTooLong`` or ``UnknownVariable``."""
    body = storable(typed).strip()
    if not body:
        raise NoTemplateText
    if len(body) > BODY_LONGEST:
        raise TemplateTooLong(most=str(BODY_LONGEST))
    for name in _VARIABLE.findall(body):
        if name not in VARIABLES:
            raise UnknownVariable(name=f"{{{name}}}", known=", ".join(f"{{{one}}}" for one in VARIABLES))
    return body


def fill(body: str, known: Mapping[str, str]) -> str:
    """The text with its variables filled in. What is filled in is not looked at again."""
    return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), body)


@dataclass(frozen=True, slots=True)
class Stack:
    """A text made of canned responses and own words, in order: a ``str`` is a word behind ``\\``, the rest is text."""

    parts: tuple[str | RichText, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The canned responses it names."""
        return tuple(part for part in self.parts if isinstance(part, str))


def stack_in(text: RichText, slashed: Callable[[str], bool]) -> Stack | None:
    """What a text that begins with ``\\greet`` asks for; None for any other text.

    ``slashed``  whether ``/greet`` means a canned response here as well, asked with the word
    """
    plain = text.to_plain().strip()
    if plain.startswith("/"):
        first = plain[1:].split(maxsplit=1)[0] if plain[1:2].strip() else ""
        if not first or not slashed(word_of(first)):
            return None
        text = RichText.plain(f"\\{plain[1:]}")
        plain = text.to_plain()
    if not _WORD.match(plain):
        return None
    parts: list[str | RichText] = []
    rest = text
    while (found := _leading(rest)) is not None:
        word, rest = found
        parts.append(word_of(word))
    if _WORD.search(rest.to_plain()):  # more of them among one's own words: those lose their looks, not their place
        parts += _parted(rest.to_plain())
    elif rest:
        parts.append(rest)
    return Stack(tuple(parts))


def _leading(text: RichText) -> tuple[str, RichText] | None:
    """The word behind ``\\`` a text begins with, and what follows it."""
    blocks = list(text.blocks)
    while blocks and isinstance(blocks[0], Paragraph):
        spans = list(blocks[0].spans)
        while spans and not spans[0].text.strip():
            spans.pop(0)
        if spans:
            found = _WORD.match(spans[0].text.lstrip())
            if found is None:
                return None
            left = spans[0].text.lstrip()[found.end() :].lstrip()
            kept = [Span(left, spans[0].styles, spans[0].link)] if left else []
            line = (*kept, *spans[1:])
            return found[1], RichText((*((Paragraph(line),) if line else ()), *blocks[1:]))
        blocks.pop(0)
    return None


def _parted(plain: str) -> list[str | RichText]:
    parts: list[str | RichText] = []
    for index, piece in enumerate(_WORD.split(plain)):
        if index % 2:
            parts.append(word_of(piece))
        elif piece.strip():
            parts.append(RichText.plain(piece.strip()))
    return parts


def stacked(texts: Sequence[RichText]) -> RichText:
    """Texts one below the other, with a blank line between."""
    parts = [part for text in texts if text for part in (RichText((Paragraph(),)), text)]
    return join(parts[1:])


def near(word: str, known: Sequence[str]) -> list[str]:
    """The words most like one that nobody knows, at most three."""
    begun = [one for one in known if one.startswith(word[:3])][:3]
    return list(dict.fromkeys([*get_close_matches(word, known, 3, 0.6), *begun]))[:3]
