"""Screens and forms in the house's own words: what an operator is shown and asked, before a platform gives it a shape.

One screen is a Slack modal, App Home or ephemeral message, and a Telegram message with an inline keyboard. One form is a Slack
modal with inputs; in Telegram its fields are asked one after the other. Words of people stand here as they are; the platforms'
renderers show them as plain text.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.actions import Button, Verb
from bot.domain.phrase import Phrase


@dataclass(frozen=True, slots=True)
class Jump:
    """The way to a thread or topic: ``platform``, ``chat`` and ``thread`` as the mirror has them."""

    platform: str
    chat: str
    thread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a list. ``title`` is its first line, ``detail`` what stands below; ``jumps`` the places it can be seen in.

    ``buttons`` act on this entry; a Slack row shows the first beside it when it is the only one.
    """

    title: str
    detail: str = ""
    jumps: tuple[Jump, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Something to read, with things to press.

    ``tabs``     alternatives to this screen; the one shown has the style ``primary``
    ``intro``    lines above the rows
    ``rows``     the entries, ``empty`` what is said when there are none
    ``buttons``  below: pages, filters, the way back
    """

    title: str
    intro: str = ""
    tabs: tuple[Button, ...] = ()
    rows: tuple[Row, ...] = ()
    empty: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. ``value`` at most 60 bytes, ``label`` what the person reads.

    ``text``  the words it stands for, where choosing it puts them into the person's own message (Telegram's inline mode)
    """

    value: str
    label: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """Words to write. ``longest`` in characters; ``value`` what stands there already; ``hint`` says how to fill it."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    many_lines: bool = False
    optional: bool = False
    longest: int = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """Something to pick, one or ``many``.

    ``options``  what there is (at most 100); ``chosen`` the values picked already
    ``lookup``   when set, what there is depends on the letters typed: ``commands.lookup`` answers under this name, and
                 ``options`` are what is offered before anything is typed
    """

    name: str
    label: str
    options: tuple[Option, ...] = ()
    chosen: tuple[str, ...] = ()
    many: bool = False
    optional: bool = False
    lookup: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileField:
    """One file to send along. Its value is the file in words for the house (:func:`bot.domain.files.packed`).

    ``value``  the file that is there already, as people read it; to leave the field empty keeps it
    """

    name: str
    label: str
    value: str = ""
    hint: str = ""
    optional: bool = True


Field = TextField | ChoiceField | FileField


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Fields to fill. What is filled in comes back to ``verb`` with ``token``, the values by field name.

    ``title`` at most 24 characters (a Slack modal's limit), ``submit`` likewise.
    """

    verb: Verb
    token: str
    title: str
    fields: tuple[Field, ...]
    intro: str = ""
    submit: str = Phrase("Save")

    @property
    def data(self) -> str:
        """What the platform hands back with the values, as a button's ``data``."""
        return f"{self.verb.value}:{self.token}"
