"""Words of the product's own, which can be said in every language of the catalogue.

A phrase is its English sentence, so that it goes wherever words go; besides it remembers what it was made of, so that it can be
said anew (:mod:`bot.languages`). Whoever puts phrases together does so with values in braces or :func:`joined`: ``+``, an
f-string or ``"".join`` leave plain English words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, Self


class Catalogue(Protocol):
    """What says a sentence in a language; the standard library's ``gettext`` does."""

    def gettext(self, message: str, /) -> str:
        """The sentence, or itself where it is not known."""
        ...

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """The sentence as it is said of ``n`` things."""
        ...


class Phrase(str):
    """A sentence of the product.

    ``Phrase("{name} has left", name="Olga")`` fills in values; those that are phrases are said in the other language too.
    ``Phrase("{n} message", "{n} messages", n=3)`` has the form for one and the form for many; ``n`` decides.
    """

    one: str
    many: str
    values: dict[str, object]

    def __new__(cls, one: str, many: str = "", /, **values: object) -> Self:
        """See the class."""
        chosen = many if many and values["n"] != 1 else one
        made = super().__new__(cls, chosen.format(**values) if values else chosen)
        made.one, made.many, made.values = one, many, values
        return made

    def said(self, catalogue: Catalogue) -> str:
        """The sentence in the catalogue's language."""
        if not self.one:  # to gettext that is the name of the catalogue's own header
            return ""
        n = self.values.get("n")
        found = catalogue.ngettext(self.one, self.many, n) if self.many and isinstance(n, int) else catalogue.gettext(self.one)
        values = {name: value.said(catalogue) if isinstance(value, Phrase) else value for name, value in self.values.items()}
        return found.format(**values) if values else found


class _Joined(Phrase):
    """Several, one behind the other."""

    between: str
    parts: tuple[str, ...]

    def __new__(cls, between: str, parts: tuple[str, ...]) -> Self:
        made = str.__new__(cls, between.join(parts))
        made.between, made.parts = between, parts
        return made

    def said(self, catalogue: Catalogue) -> str:
        """All of them in the catalogue's language."""
        between = self.between.said(catalogue) if isinstance(self.between, Phrase) else self.between
        return between.join(part.said(catalogue) if isinstance(part, Phrase) else part for part in self.parts)


def joined(between: str, parts: Iterable[str]) -> str:
    """``between.join(parts)``, where phrases stay phrases."""
    return _Joined(between, tuple(parts))


class _Capital(Phrase):
    """With a capital letter in front."""

    of: str

    def __new__(cls, of: str) -> Self:
        made = str.__new__(cls, of[:1].upper() + of[1:])
        made.of = of
        return made

    def said(self, catalogue: Catalogue) -> str:
        """The same in the catalogue's language."""
        said = self.of.said(catalogue) if isinstance(self.of, Phrase) else self.of
        return said[:1].upper() + said[1:]


def capital(words: str) -> str:
    """Words that begin a sentence, where phrases stay phrases."""
    return _Capital(words)


def in_table(words: str, /, **values: object) -> Phrase:
    """A sentence that stands elsewhere: in the verb table, or as the docstring of a refusal."""
    return Phrase(words, **values)
