"""Message templates a channel's provider has approved: the only words that may go outside of the window (R92, R94).

Their variables are ``{{1}}`` or ``{{name}}``, in the header, the body and the address of a button.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.phrase import Phrase

VALUE = 200
"""Characters of one value."""
_VARIABLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable to fill. ``part`` is ``header``, ``body`` or ``button``, ``index`` which button."""

    part: str
    name: str
    index: int = 0

    @property
    def field(self) -> str:
        """Its name in a form."""
        return f"{self.part}{self.index}_{self.name}"

    @property
    def label(self) -> str:
        """What an operator reads beside it."""
        variable = f"{{{{{self.name}}}}}"
        if self.part == "header":
            return Phrase("{variable} in the title", variable=variable)
        return Phrase("{variable} in the button's address", variable=variable) if self.part == "button" else variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """One template in one language. ``buttons`` are addresses, by number, with a variable; ``named``: variables have names."""

    id: int
    name: str
    language: str
    body: str
    header: str = ""
    footer: str = ""
    buttons: Mapping[int, str]
    named: bool = False

    @property
    def title(self) -> str:
        """As it is offered."""
        return f"{self.name} ({self.language})"

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Its variables, in the order they are read."""
        found = [Slot("header", name) for name in variables(self.header)]
        found += [Slot("body", name) for name in variables(self.body)]
        found += [Slot("button", name, index) for index, address in sorted(self.buttons.items()) for name in variables(address)]
        return tuple(found)

    def filled(self, values: Mapping[str, str]) -> str:
        """The words the client reads. ``values`` by the field of their slot."""
        parts = [_fill(self.header, "header", values), _fill(self.body, "body", values), self.footer]
        return "\n".join(part for part in parts if part)

    def as_sent(self, values: Mapping[str, str]) -> dict[str, object]:
        """As the outbox keeps it for the channel's port."""
        slots = [[slot.part, slot.index, slot.name, values[slot.field]] for slot in self.slots]
        return {"name": self.name, "language": self.language, "named": self.named, "slots": slots}


def variables(text: str) -> list[str]:
    """The names of the variables in a text, each once."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def missing(slots: Sequence[Slot], values: Mapping[str, str]) -> list[Slot]:
    """The variables that nothing was written for."""
    return [slot for slot in slots if not values.get(slot.field, "").strip()]


def _fill(text: str, part: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(Slot(part, found[1]).field, found[0]), text)
