"""A transcript as a letter: plain text and HTML side by side, for every mail program (R64, F54, F55).

All words of people go through the template's autoescape, or through ``to_html``, which knows a handful of tags. In the text part
they stand indented, so that nobody can write what looks like somebody else's line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bot.delivery.ports import Letter
from bot.domain.files import File
from bot.domain.ids import Moment
from bot.domain.text import RichText, storable
from bot.domain.transcript import Line, Transcript
from bot.handlers.shared.html import to_html

POLICY = SMTP.clone(cte_type="7bit")
"""Bytes every server takes; a header with a line break raises ``ValueError``."""
ZONE = "UTC"
INDENT = "    "
FILES_MOST = 15 << 20
"""Bytes of files in one letter: in base64 a third more, and most servers take 25 MB in all."""

_templates = Environment(
    loader=PackageLoader("bot.handlers.mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing said, as the templates show it. ``looks`` is the line's kind."""

    looks: str
    author: str
    time: str
    text: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes along."""

    name: str
    mime: str
    content: bytes


def fitting(transcript: Transcript) -> tuple[list[File], list[File]]:
    """The files that go along, the newest first to be chosen and in the order they were sent; and those that have no room."""
    room = FILES_MOST
    goes: list[File] = []
    stays: list[File] = []
    for line in reversed(transcript.lines):
        if line.file is None:
            continue
        fits = line.file.size <= room
        (goes if fits else stays).append(line.file)
        room -= line.file.size if fits else 0
    return goes[::-1], stays[::-1]


def compose(sender: str, to: str, letter: Letter, transcript: Transcript, attached: Sequence[Attached] = ()) -> EmailMessage:
    """The letter. Its ``Message-ID`` and ``Date`` are the same at each try, so that a repeat can be known as one."""
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(_moment(letter.at))
    message["Message-ID"] = f"<relaydesk.{letter.key}@{address_of(sender).partition('@')[2]}>"
    shown = {
        "client": transcript.client,
        "channel": transcript.channel,
        "group": transcript.group,
        "sender": storable(letter.asked_by),
        "zone": ZONE,
        "whole": letter.only is None,
        "left_out": transcript.left_out,
        "attached": len(attached),
        "stays": [file.name for file in fitting(transcript)[1]],
        "days": list(_days(transcript.lines)),
        "subject": letter.subject,
    }
    message.set_content(_templates.get_template("letter.txt").render(shown))
    message.add_alternative(_templates.get_template("letter.html").render(shown), subtype="html")
    for file in attached:
        main, _, sub = file.mime.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message


def address_of(sender: str) -> str:
    """The bare address of a sender like ``Support <support@example.com>``."""
    return parseaddr(sender)[1]


def _days(lines: tuple[Line, ...]) -> Iterator[tuple[str, list[Entry]]]:
    for day, said in groupby(lines, lambda line: _day(line.at)):
        yield day, [_entry(line) for line in said]


def _entry(line: Line) -> Entry:
    return Entry(
        looks=line.kind,
        author=" ".join(line.author.split()),
        time=f"{_moment(line.at):%H:%M}",
        text=_indented(line.body),
        html=Markup(to_html(line.body)),  # noqa: S704 - to_html escapes every character of the text
    )


def _indented(body: RichText) -> str:
    return "\n".join(f"{INDENT}{row}".rstrip() for row in body.to_plain().splitlines())


def _day(at: Moment) -> str:
    when = _moment(at)
    return f"{when.day} {when:%B %Y}"


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
