"""What a person is told when a command has been carried out or refused, and what is shown or asked next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.screen import Form, Screen


@dataclass(frozen=True, slots=True)
class Answer:
    """All of it is for the person who asked, alone.

    ``text``     words; ``refused`` when nothing was done
    ``screen``   something to read and press, instead of where the person was
    ``form``     something to fill in first
    ``errors``   what is wrong with a form that was sent, by field name; the form stays open
    ``language`` the person's, in which all of it is
    """

    text: str = ""
    refused: bool = False
    screen: Screen | None = None
    form: Form | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
