"""Who and what there is at WhatsApp: business numbers, people, what was said, media, templates."""

from __future__ import annotations

import base64
import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.people import Mistake

Json = dict[str, Any]
DAY = 24 * 3600.0


@dataclass
class Number:
    """A business's number and the app that uses it. ``url`` is where its webhook goes, empty for nowhere."""

    id: str
    display: str
    business: str
    token: str
    app_secret: str
    verify_token: str
    url: str = ""


@dataclass
class Person:
    """Somebody with (or without) WhatsApp.

    ``user_id``  the business-scoped id; ``phone`` digits; ``hidden`` a username stands in place of the phone in webhooks
    ``reads``    whether read receipts are on
    """

    id: int
    name: str
    phone: str
    user_id: str
    username: str = ""
    hidden: bool = False
    on_whatsapp: bool = True
    reads: bool = True


@dataclass
class Said:
    """One message. ``mine`` the person's own, else the business's; ``content`` the part its type names."""

    id: str
    person: int
    mine: bool
    type: str
    content: Json
    at: float
    context: str = ""
    opaque: str = ""
    status: str = "accepted"
    reactions: dict[str, str] = field(default_factory=dict)
    shown: str = ""


@dataclass
class Media:
    """A file. ``keys`` are the addresses given out for it, with the time each ends."""

    id: str
    content: bytes
    mime: str
    name: str = ""
    keys: dict[str, float] = field(default_factory=dict)


class World:
    """The state of one sandbox's WhatsApp."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.numbers: dict[str, Number] = {}
        self.people: dict[int, Person] = {}
        self.said: dict[str, Said] = {}
        self.media: dict[str, Media] = {}
        self.templates: dict[str, list[Json]] = {}
        self._count = itertools.count(1)

    def next(self) -> int:
        """A number nobody has."""
        return next(self._count)

    def add_number(self, display: str = "+1 555 010 0000") -> Number:
        """A business number, with its app's secrets."""
        count = self.next()
        made = Number(
            id=f"10{count:013d}",
            display=display,
            business=f"20{count:013d}",
            token=f"EAAG{secrets.token_hex(16)}",
            app_secret=secrets.token_hex(16),
            verify_token=secrets.token_hex(8),
        )
        self.numbers[made.id] = made
        self.templates[made.business] = []
        return made

    def add_person(self, name: str, phone: str = "", **more: Any) -> Person:
        """Somebody; a phone is made up when none is given."""
        count = self.next()
        digits = phone.lstrip("+").replace(" ", "") or f"1555{count:07d}"
        made = Person(count, name, digits, f"US.{13491208000000000 + secrets.randbelow(10**9)}{count}", **more)
        self.people[made.id] = made
        return made

    def person(self, who: int) -> Person:
        """Somebody by number."""
        if who not in self.people:
            raise Mistake(f"nobody has the number {who}")
        return self.people[who]

    def reached(self, to: str | None, recipient: str | None) -> Person | None:
        """Whom a message is for: ``to`` wins. None when nobody has that number (a BSUID nobody has is an error of the caller)."""
        if to is not None:
            digits = to.lstrip("+")
            return next((one for one in self.people.values() if one.phone == digits), None)
        return next((one for one in self.people.values() if one.user_id == recipient), None)

    def wamid(self) -> str:
        """A message's id."""
        return "wamid." + base64.b64encode(secrets.token_bytes(24)).decode()

    def with_person(self, who: int) -> list[Said]:
        """What was said with somebody, in order."""
        return [one for one in self.said.values() if one.person == who]

    def window_open(self, who: int) -> bool:
        """Whether the person has written within a day."""
        return any(one.mine and one.at > self.clock() - DAY for one in self.with_person(who))

    def message(self, number: str) -> Said:
        """One message by its id."""
        if number not in self.said:
            raise Mistake(f"there is no message {number}")
        return self.said[number]
