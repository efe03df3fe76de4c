"""What an operator has set for himself, kept as JSON beside him."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from bot.domain.errors import BadQuiet
from bot.domain.hours import Hours, parse_quiet
from bot.domain.ids import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """``quiet`` hours as ``22:00-07:00 Europe/Berlin``, empty for none; ``works_on`` the platform of his last action.

    ``language`` of what he alone is told, empty for that of his group.
    """

    quiet: str = ""
    works_on: str = ""
    language: str = ""

    @classmethod
    def from_json(cls, text: str) -> OperatorSettings:
        """As the store keeps them. What is unknown or of a wrong kind counts as not set."""
        found = json.loads(text or "{}")
        if not isinstance(found, dict):
            return cls()
        return cls(**{name: found[name] for name in ("quiet", "works_on", "language") if isinstance(found.get(name), str)})

    def to_json(self) -> str:
        """As the store keeps them."""
        return json.dumps({name: value for name, value in asdict(self).items() if value}, ensure_ascii=False, sort_keys=True)

    @property
    def quiet_hours(self) -> Hours | None:
        """The quiet hours; None for none."""
        try:
            return parse_quiet(self.quiet)[1] if self.quiet else None
        except BadQuiet:
            return None

    def quiet_until(self, now: Moment) -> Moment | None:
        """When the quiet time that ``now`` lies in ends; None outside of it."""
        hours = self.quiet_hours
        return hours.closes(now) if hours is not None and hours.is_open(now) else None

    def quiet_since(self, now: Moment) -> Moment | None:
        """When it began."""
        hours = self.quiet_hours
        return hours.opened(now) if hours is not None and hours.is_open(now) else None
