"""A transcript as a letter: plain text and HTML side by side, for every mail program (R64, F54, F55).

All words of people go through the template's autoescape, or through ``to_html``, which knows a handful of tags. In the text part
they stand indented, so that nobody can write what looks like somebody else's line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bot.delivery.ports import Letter
from bot.domain.ids import Moment
from bot.domain.text import RichText, storable
from bot.domain.transcript import Line, Transcript
from bot.handlers.shared.html import to_html

POLICY = SMTP.clone(cte_type="7bit")
"""Bytes every server takes; a header with a line break raises ``ValueError``."""
ZONE = "UTC"
INDENT = "    "

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


def compose(sender: str, to: str, letter: Letter, transcript: Transcript) -> EmailMessage:
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
        "days": list(_days(transcript.lines)),
        "subject": letter.subject,
    }
    message.set_content(_templates.get_template("letter.txt").render(shown))
    message.add_alternative(_templates.get_template("letter.html").render(shown), subtype="html")
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
