"""The one error for a person's mistake: its docstring is what the person reads."""

from __future__ import annotations

import inspect
from typing import Self


class Refusal(Exception):
    """That can't be done."""

    field: str = ""
    """The field of a form it is about, where it can be shown beside it."""

    def __init__(self, **details: str) -> None:
        self.details = details
        super().__init__(inspect.cleandoc(self.__doc__ or "").format(**details))

    def beside(self, field: str) -> Self:
        """The same, to be shown beside this field of a form."""
        self.field = field
        return self

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with a form, by field name."""
        return {self.field: str(self)} if self.field else {}

    @property
    def code(self) -> str:
        """The refusal's name, for the journal."""
        return type(self).__name__
