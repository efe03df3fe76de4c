"""The one error for a person's mistake: its docstring is what the person reads."""

from __future__ import annotations

import inspect
from typing import Self

from bot.domain.phrase import Phrase, in_table


class Refusal(Exception):
    """That can't be done."""

    field: str = ""
    """The field of a form it is about, where it can be shown beside it."""
    words: Phrase
    """What the person reads, in any language."""

    def __init__(self, **details: str) -> None:
        self.details = details
        self.words = in_table(inspect.cleandoc(self.__doc__ or ""), **details)
        super().__init__(self.words)

    def beside(self, field: str) -> Self:
        """The same, to be shown beside this field of a form."""
        self.field = field
        return self

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with a form, by field name."""
        return {self.field: self.words} if self.field else {}

    @property
    def code(self) -> str:
        """The refusal's name, for the journal."""
        return type(self).__name__
