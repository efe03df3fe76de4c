"""What came with a verb, whichever door it came through: typed words, a token, a form's values, messages it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.files import Attachment, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A verb's circumstances.

    ``words``   what was typed after the verb, empty for other doors
    ``token``   what the button or form carried; for a conversation's verb without the conversation's id: ``extra``
    ``values``  a form that was sent, by field name; None when no form was filled in yet
    ``about``   the platform's ids of the messages it is about (a reply, a message shortcut)
    """

    words: str = ""
    token: str = ""
    values: Mapping[str, tuple[str, ...]] | None = None
    about: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """The one value of a field, without blanks around it; empty when there is none."""
        found = self.chosen(name)
        return found[0].strip() if found else ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return tuple((self.values or {}).get(name, ()))

    def file(self, name: str) -> Attachment | None:
        """The file sent in a field; None when none was."""
        found = self.chosen(name)
        return unpacked(found[0]) if found else None
