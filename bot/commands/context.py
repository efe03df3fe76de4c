"""Where something was said or pressed on a desk, as every platform can tell it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A thread on a desk. ``platform`` ``slack`` or ``telegram``; ``chat`` a room or forum id; ``thread`` a ts or topic id."""

    platform: str
    chat: str
    thread: str


class TooSoon(Exception):
    """What it is about is being made, and its id is not known yet: people see it first. To be applied again in a moment."""
