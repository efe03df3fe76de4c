"""What whoever installs the house decides for all of it, once: how patient it is, and whom it may mail. See the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Times in milliseconds.

    ``card_debounce``    changes of a card within this time become one edit
    ``home_debounce``    changes of an operator's lists within this time become one drawing of the Home tab
    ``thread_rest``      a closed conversation that rested longer gets a new Slack thread when the client writes (R30)
    ``held_note_after``  a held text its author does not decide on becomes a note for everybody after this time (R25)
    ``file_limit``       bytes of the largest file that is fetched and kept; ``file_keep`` how long its bytes are
    ``programs``         whether files that a system would run are passed on
    ``outgoing``         whether operators may write to clients first (R90)
    ``mail``             whether there is a mail server (R64); ``mail_domains`` whose addresses every operator may mail to
    """

    card_debounce: int = 300
    home_debounce: int = 2_000
    thread_rest: int = 24 * 3_600_000
    held_note_after: int = 600_000
    file_limit: int = 100 << 20
    file_keep: int = 365 * 24 * 3_600_000
    programs: bool = False
    mail: bool = False
    outgoing: bool = False
    mail_domains: frozenset[str] = frozenset()

    def on(self, switch: str) -> bool:
        """Whether something that can be switched on as a whole is."""
        return bool(getattr(self, switch))
