"""A transcript as a letter: plain text and HTML side by side, for every mail program (R64, F54, F55).

All words of people go through the template's autoescape, or through ``to_html``, which knows a handful of tags. In the text part
they stand indented, so that nobody can write what looks like somebody else's line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from bot.domain.phrase import Phrase, in_table
from bot.domain.text import RichText, storable
from bot.domain.transcript import Line, Transcript
from bot.handlers.shared.html import to_html
from bot.languages import ENGLISH, in_language

POLICY = SMTP.clone(cte_type="7bit")
"""Bytes every server takes; a header with a line break raises ``ValueError``."""
ZONE = "UTC"
INDENT = "    "
FILES_MOST = 15 << 20
"""Bytes of files in one letter: in base64 a third more, and most servers take 25 MB in all."""
DAYS = (
    Phrase("{day} January {year}"),
    Phrase("{day} February {year}"),
    Phrase("{day} March {year}"),
    Phrase("{day} April {year}"),
    Phrase("{day} May {year}"),
    Phrase("{day} June {year}"),
    Phrase("{day} July {year}"),
    Phrase("{day} August {year}"),
    Phrase("{day} September {year}"),
    Phrase("{day} October {year}"),
    Phrase("{day} November {year}"),
    Phrase("{day} December {year}"),
)

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


def compose(
    sender: str, to: str, letter: Letter, transcript: Transcript, attached: Sequence[Attached] = (), language: str = ""
) -> EmailMessage:
    """The letter, our own words in ``language``.

    Its ``Message-ID`` and ``Date`` are the same at each try, so that a repeat can be known as one.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(_moment(letter.at))
    message["Message-ID"] = f"<relaydesk.{letter.key}@{address_of(sender).partition('@')[2]}>"
    transcript = replace(transcript, channel=in_language(transcript.channel, language))
    shown = {
        "subject": letter.subject,
        "language": language or ENGLISH,
        "days": [(in_language(day, language), said) for day, said in _days(transcript.lines)],
        "unseen": in_language(Phrase("note, not seen by the client"), language),
    }
    text = in_language(_head(letter, transcript, len(attached), str), language)
    message.set_content(_templates.get_template("letter.txt").render(shown, head=text))
    html = [Markup(line) for line in in_language(_head(letter, transcript, len(attached), _apart), language)]  # noqa: S704
    message.add_alternative(_templates.get_template("letter.html").render(shown, head=html), subtype="html")
    for file in attached:
        main, _, sub = file.mime.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message


def _head(letter: Letter, transcript: Transcript, attached: int, shown: Callable[[str], str]) -> list[str]:
    """What stands above the conversation, the heading first; ``shown`` is how words of people stand in it."""
    lines = [
        Phrase("Conversation with {client}", client=shown(transcript.client)),
        f"{shown(transcript.channel)} · {shown(transcript.group)}",
        Phrase("Sent by {sender}. All times are {zone}.", sender=shown(storable(letter.asked_by)), zone=ZONE),
    ]
    if letter.only is not None:
        lines.append(Phrase("Only some messages of the conversation."))
    if transcript.left_out:
        left = Phrase(
            "{n} older message had no room in this letter.",
            "{n} older messages had no room in this letter.",
            n=transcript.left_out,
        )
        lines.append(left)
    if attached:
        lines.append(Phrase("{n} file goes with this letter.", "{n} files go with this letter.", n=attached))
    if stays := [file.name for file in fitting(transcript)[1]]:
        lines.append(Phrase("Too large to go along: {names}.", names=shown(", ".join(stays))))
    return lines


def _apart(words: str) -> str:
    """Words of people in HTML, whichever way they are written."""
    return Markup("<bdi>{}</bdi>").format(words)


def address_of(sender: str) -> str:
    """The bare address of a sender like ``Support <support@example.com>``."""
    return parseaddr(sender)[1]


def _days(lines: tuple[Line, ...]) -> Iterator[tuple[Phrase, list[Entry]]]:
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


def _day(at: Moment) -> Phrase:
    when = _moment(at)
    return in_table(DAYS[when.month - 1], day=when.day, year=when.year)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
