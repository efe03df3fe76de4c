"""Reads Slack's mrkdwn, the ``text`` of a message that carries no rich_text block (F53).

Slack escapes ``&``, ``<`` and ``>`` as entities and writes references as ``<@U…>``, ``<#C…|name>``,
``<!here>``, ``<!subteam^S…|@name>``, ``<!date^ts^format^link|fallback>`` and ``<url|label>``
(https://docs.slack.dev/messaging/formatting-message-text).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot.domain.text import CodeBlock, Paragraph, Quote, RichText, Span, Style, safe_link
from bot.domain.text_tree import PLAIN, Block
from bot.handlers.shared.emoji_codes import emojize

NameOf = Callable[[str], str | None]

SOMEONE, ROOM, TEAM = "someone", "room", "group"
BROADCASTS = {"here": "here", "channel": "channel", "everyone": "everyone"}

_FENCE = re.compile(r"\n?```\n?(.+?)\n?```\n?", re.DOTALL)
_QUOTED = "&gt;"
_LONG_QUOTE = "&gt;&gt;&gt;"
_LONGEST_RUN = 1000


def _marked(sign: str, name: str) -> str:
    """Text between two signs, on one line, that touch it and do not touch a word from outside."""
    reference = r"<[^<>\n]*>"
    inner = rf"(?:{reference}|[^<\n]){{0,{_LONGEST_RUN}}}?(?:{reference}|[^<\s{sign}])"
    return rf"(?<![\w{sign}]){sign}(?=[^\s{sign}])(?P<{name}>{inner}){sign}(?![\w{sign}])"


_INLINE = re.compile(
    "|".join(
        (
            r"`(?P<code>[^`\n]+)`",
            r"<(?P<reference>[^<>\n]+)>",
            _marked(r"\*", "bold"),
            _marked("_", "italic"),
            _marked("~", "strike"),
        )
    )
)
_MARKS = {"bold": Style.BOLD, "italic": Style.ITALIC, "strike": Style.STRIKE}


def escape(text: str) -> str:
    """The three characters Slack reads as markup of references; enough for a text that cannot ping."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo ``escape``, once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def person(user_id: str, name_of: NameOf, label: str = "") -> str:
    """A mention by name, never by id."""
    return f"@{(name_of(user_id) or label or SOMEONE).removeprefix('@')}"


def read_mrkdwn(text: str, name_of: NameOf) -> RichText:
    """The tree of a message's mrkdwn."""
    blocks: list[Block] = []
    cursor = 0
    for fence in _FENCE.finditer(text):
        if fence.start() > cursor:
            blocks += _running(text[cursor : fence.start()], name_of)
        blocks.append(CodeBlock(_bare(fence[1], name_of)))
        cursor = fence.end()
    if cursor < len(text):
        blocks += _running(text[cursor:], name_of)
    return RichText(tuple(blocks))


def _running(text: str, name_of: NameOf) -> Iterator[Block]:
    """Lines outside of code: neighbouring quoted ones are one quote."""
    quoted: list[str] = []
    plain: list[str] = []
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if line.startswith(_LONG_QUOTE):
            yield from _flush(plain, quoted, name_of)
            rest = [line.removeprefix(_LONG_QUOTE).removeprefix(" "), *lines[index + 1 :]]
            yield from _flush([], rest, name_of)
            return
        if line.startswith(_QUOTED):
            yield from _flush(plain, [], name_of)
            plain = []
            quoted.append(line.removeprefix(_QUOTED).removeprefix(" "))
        else:
            yield from _flush([], quoted, name_of)
            quoted = []
            plain.append(line)
    yield from _flush(plain, quoted, name_of)


def _flush(plain: list[str], quoted: list[str], name_of: NameOf) -> Iterator[Block]:
    if plain:
        yield Paragraph(tuple(_spans("\n".join(plain), name_of, PLAIN)))
    if quoted:
        yield Quote((Paragraph(tuple(_spans("\n".join(quoted), name_of, PLAIN))),))


def _spans(text: str, name_of: NameOf, styles: frozenset[Style]) -> Iterator[Span]:
    cursor = 0
    for found in _INLINE.finditer(text):
        if found.start() > cursor:
            yield _typed(text[cursor : found.start()], styles)
        cursor = found.end()
        kind = str(found.lastgroup)
        if kind == "code":
            yield Span(_bare(found["code"], name_of), styles | {Style.CODE})
        elif kind == "reference":
            shown, link = _reference(found["reference"], name_of)
            yield Span(shown, styles, link)
        else:
            yield from _spans(found[kind], name_of, styles | {_MARKS[kind]})
    if cursor < len(text):
        yield _typed(text[cursor:], styles)


def _typed(text: str, styles: frozenset[Style]) -> Span:
    return Span(emojize(unescape(text)), styles)


def _bare(text: str, name_of: NameOf) -> str:
    """Code: references by their text, nothing else read as markup."""
    return unescape(re.sub(r"<([^<>\n]+)>", lambda found: escape(_reference(found[1], name_of)[0]), text))


def _reference(inner: str, name_of: NameOf) -> tuple[str, str | None]:
    """What stands between angle brackets: its text and, for a link, its address."""
    target, _, label = (unescape(part) for part in inner.partition("|"))
    if target.startswith("@"):
        return person(target[1:], name_of, label), None
    if target.startswith("#"):
        return f"#{label.removeprefix('#') or ROOM}", None
    if target.startswith("!"):
        return _special(target[1:], label, name_of), None
    link = target if safe_link(target) else None
    return label or target.removeprefix("mailto:").removeprefix("tel:"), link


def _special(target: str, label: str, name_of: NameOf) -> str:
    word, _, rest = target.partition("^")
    if word in BROADCASTS:
        return f"@{BROADCASTS[word]}"
    if word == "subteam":
        return f"@{(label or name_of(rest) or TEAM).removeprefix('@')}"
    return label
