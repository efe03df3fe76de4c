"""What a group may set for itself, kept as JSON beside the group. Everything is off unless it is set.

But for the second call of the responsible operator, which is quiet enough to be on for everybody.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum


class Landing(StrEnum):
    """Where a conversation goes that is assigned to an operator (R55)."""

    INBOX = "inbox"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    """A group's own rules; 0 and empty words mean off.

    ``assign_lands_in``       My inbox of the chosen operator, or Unassigned of his group, marked "for NAME" (R55)
    ``recall_seconds``        a reply waits this long and can be cancelled meanwhile (R123)
    ``reminder_minutes``      a client who waits longer is reminded of (R110)
    ``return_minutes``        a conversation whose operator is silent that long returns to Unassigned (R110)
    ``close_minutes``         an idle conversation is closed after that time, with a notice (R110)
    ``close_text``            what the client is told then; without it he is told nothing (R110)
    ``hours``                 business hours as words, for example ``Mon-Fri 09:00-18:00 Europe/Berlin`` (R110)
    ``away_text``             what a client is told outside of them (R110)
    ``digest_at``             the time of the daily digest, ``HH:MM`` in the zone of ``hours``, else UTC (R110)
    ``retention_days``        closed conversations older than that are erased (R125)
    ``notify_after_minutes``  after such a rest the responsible operator is called again (R111)
    ``language``              of our own words in its threads; empty for English
    """

    assign_lands_in: Landing = Landing.INBOX
    recall_seconds: int = 0
    reminder_minutes: int = 0
    return_minutes: int = 0
    close_minutes: int = 0
    close_text: str = ""
    hours: str = ""
    away_text: str = ""
    digest_at: str = ""
    retention_days: int = 0
    notify_after_minutes: int = 30
    language: str = ""

    @classmethod
    def from_json(cls, text: str) -> GroupSettings:
        """The settings as the store keeps them. What is unknown or of a wrong kind counts as not set."""
        found = json.loads(text or "{}")
        known = cls()
        good: dict[str, object] = {}
        for field in fields(cls):
            value = found.get(field.name) if isinstance(found, dict) else None
            if field.name == "assign_lands_in":
                good[field.name] = Landing(value) if isinstance(value, str) and value in set(Landing) else known.assign_lands_in
            elif type(value) is type(getattr(known, field.name)):
                good[field.name] = value
        return cls(**good)  # type: ignore[arg-type]  # each was compared with its default's type

    def to_json(self) -> str:
        """As the store keeps them: only what differs from the defaults, in the order of names."""
        plain = GroupSettings()
        said = {name: value for name, value in asdict(self).items() if value != getattr(plain, name)}
        return json.dumps(said, ensure_ascii=False, sort_keys=True)


def language_in(text: str) -> str:
    """The language alone, for what is asked of every post: few groups have set one."""
    return GroupSettings.from_json(text).language if '"language"' in text else ""
