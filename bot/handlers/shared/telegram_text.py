"""Rich text as Telegram's plain text with entities, and back (R31, F51).

Facts: offsets and lengths are UTF-16 units; of two entities with common characters one contains the other;
``code`` and ``pre`` contain nothing, bold, italic, underline, strikethrough and spoiler nest freely, a
blockquote may contain the rest (https://core.telegram.org/bots/api#messageentity and "Formatting options").
The server removes entities of white space only, moves their beginning past white space, strips the whole
text and refuses an offset outside it (tdlib, td/telegram/MessageEntity.cpp: fix_formatted_text,
remove_invalid_entities). A text_link needs http(s) and a host with a dot (tdlib, LinkManager::check_link).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style, safe_link, storable
from bot.domain.text_tree import Block, link_groups, link_suffix, merge_spans, quote_core

Entity = dict[str, Any]

STYLE_TYPES = {
    Style.BOLD: "bold",
    Style.ITALIC: "italic",
    Style.UNDERLINE: "underline",
    Style.STRIKE: "strikethrough",
    Style.SPOILER: "spoiler",
    Style.CODE: "code",
}
_STYLES = {name: style for style, name in STYLE_TYPES.items()}
_QUOTES = frozenset(("blockquote", "expandable_blockquote"))
_LINKABLE = re.compile(r"https?://[^/?#]*\.[^/?#]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
_HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def to_entities(text: RichText) -> tuple[str, list[Entity]]:
    """Text and entities for sendMessage. Addresses Telegram cannot link stand behind their label."""
    writer = _Writer()
    for index, block in enumerate(text.blocks):
        if index:
            writer.put("\n")
        _write_block(writer, block)
    return writer.finish()


def from_entities(text: str, entities: Iterable[Entity] | None) -> RichText:
    """A message as Telegram delivers it. Malformed entities and unsafe addresses are left out."""
    if not entities:
        return RichText.plain(text)
    positions = _Positions(text)
    marks = [mark for mark in (_read_mark(text, positions, entity) for entity in entities) if mark is not None]
    return _Reader(text, marks).read()


@dataclass(slots=True)
class _Writer:
    """Collects the text; entities are noted by index and measured in UTF-16 at the end."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    marks: list[tuple[int, int, Entity]] = field(default_factory=list)

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.size += len(text)

    def mark(self, begin: int, end: int, **entity: Any) -> None:
        if begin < end:
            self.marks.append((begin, end, entity))

    def finish(self) -> tuple[str, list[Entity]]:
        text = "".join(self.parts).encode("utf-8", "replace").decode("utf-8")  # lone surrogates become "?"
        if not self.marks:
            return text, []
        widths = [found.start() for found in _ASTRAL.finditer(text)]
        entities: list[Entity] = []
        self.marks.reverse()  # noted as they closed, so inner first; wanted outer first
        for begin, end, entity in sorted(self.marks, key=lambda mark: (mark[0], -mark[1])):
            offset = begin + bisect_right(widths, begin - 1)
            length = end + bisect_right(widths, end - 1) - offset
            entities.append({"type": entity["type"], "offset": offset, "length": length, **entity})
        return text, entities


def _write_block(writer: _Writer, block: Block) -> None:
    begin = writer.size
    match block:
        case Paragraph(spans):
            _write_spans(writer, spans)
        case CodeBlock(text, language):
            writer.put(text)
            first, last = quote_core(text)
            extra = {"language": language} if _LANGUAGE.fullmatch(language) else {}
            writer.mark(begin + first, begin + last, type="pre", **extra)
        case Quote(lines):
            start = len(writer.parts)
            for index, line in enumerate(lines):
                if index:
                    writer.put("\n")
                _write_spans(writer, line.spans)
            first, last = quote_core("".join(writer.parts[start:]))
            writer.mark(begin + first, begin + last, type="blockquote")
        case BulletList(items):
            for index, item in enumerate(items):
                writer.put(("\n" if index else "") + block.marker(index))
                _write_spans(writer, item.spans)


def _write_spans(writer: _Writer, spans: tuple[Span, ...]) -> None:
    if len(spans) == 1 and not spans[0].styles and spans[0].link is None:
        writer.put(spans[0].text)
        return
    for link, group in link_groups(spans):
        label = "".join([span.text for span in group])
        linked = link is not None and bool(label.strip()) and _LINKABLE.match(link) is not None
        shown = _written_out(group, label, link) if link is not None and not linked else group
        begin = writer.size
        _write_styles(writer, shown, linked=linked)
        if linked:
            first, last = _trimmed(label)
            writer.mark(begin + first, begin + last, type="text_link", url=link)


def _written_out(group: list[Span], label: str, link: str) -> list[Span]:
    """The label with the address behind its last visible character."""
    rest = len(label.rstrip())
    out: list[Span] = []
    for span in group:
        if 0 <= rest < len(span.text):
            out += [Span(span.text[:rest], span.styles), Span(link_suffix(label, link)), Span(span.text[rest:])]
            rest = -1
        else:
            out.append(Span(span.text, span.styles))
            rest -= len(span.text)
    if rest >= 0:
        out.append(Span(link_suffix(label, link)))
    return out


def _write_styles(writer: _Writer, spans: list[Span], *, linked: bool) -> None:
    """Entities that nest properly: what ends closes everything opened after it, which then opens anew."""
    text = "".join([span.text for span in spans])
    base = writer.size
    opened: list[tuple[Style, int]] = []

    def close(keep: int) -> None:
        while len(opened) > keep:
            style, begin = opened.pop()
            first, last = _trimmed(text[begin - base : writer.size - base])
            writer.mark(begin + first, begin + last, type=STYLE_TYPES[style])

    for span in spans:
        styles = span.styles
        if Style.CODE in styles:
            styles = styles - {Style.CODE} if linked else frozenset((Style.CODE,))
        keep = 0
        while keep < len(opened) and opened[keep][0] in styles:
            keep += 1
        close(keep)
        still = {style for style, _ in opened}
        opened += [(style, writer.size) for style in STYLE_TYPES if style in styles and style not in still]
        writer.put(span.text)
    close(0)


def _trimmed(text: str) -> tuple[int, int]:
    end = len(text.rstrip())
    return min(len(text) - len(text.lstrip()), end), end


class _Positions:
    """From UTF-16 offsets to indexes; an offset inside a surrogate pair counts as its beginning."""

    def __init__(self, text: str) -> None:
        self._size = len(text)
        self._units: list[int] | None = None
        if not text.isascii() and _ASTRAL.search(text):
            unit, units = 0, []
            for char in text:
                units.append(unit)
                unit += 2 if char > "\uffff" else 1
            units.append(unit)
            self._units = units

    def index(self, offset: int) -> int:
        if self._units is None:
            return min(max(offset, 0), self._size)
        return min(max(bisect_right(self._units, offset) - 1, 0), self._size)


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    begin: int
    end: int
    link: str | None = None
    language: str = ""


def _read_mark(text: str, positions: _Positions, entity: Entity) -> _Mark | None:
    offset, length, kind = entity.get("offset"), entity.get("length"), entity.get("type")
    if not isinstance(offset, int) or not isinstance(length, int) or not isinstance(kind, str) or length <= 0:
        return None
    begin, end = positions.index(offset), positions.index(offset + length)
    if begin >= end:
        return None
    link = _address(kind, text[begin:end].strip(), entity)
    return _Mark(kind, begin, end, link if safe_link(link) else None, str(entity.get("language") or ""))


def _address(kind: str, shown: str, entity: Entity) -> str | None:
    match kind:
        case "text_link":
            url = entity.get("url")
            return url if isinstance(url, str) else None
        case "url":
            return shown if _HAS_SCHEME.match(shown) else f"http://{shown}"
        case "email":
            return f"mailto:{shown}"
        case "phone_number":
            return "tel:" + re.sub(r"[^0-9+]", "", shown)
    return None


class _Reader:
    """Cuts the text at every border of an entity and groups the stretches into blocks."""

    def __init__(self, text: str, marks: list[_Mark]) -> None:
        self._text = text
        quotes = [mark for mark in marks if mark.kind in _QUOTES]
        inside = [mark for mark in marks if mark.kind == "pre" and any(_overlap(mark, quote) for quote in quotes)]
        codes = [mark for mark in marks if mark.kind == "pre" and mark not in inside]
        self._blocks = sorted(quotes + codes, key=lambda mark: (mark.begin, -mark.end))
        self._inline = [mark for mark in marks if mark.kind not in _QUOTES and mark not in codes]
        self._mentions = {mark.begin for mark in marks if mark.kind == "text_mention"}

    def read(self) -> RichText:
        blocks: list[Block] = []
        cursor = 0
        for mark in self._blocks:
            begin = max(mark.begin, cursor)
            if begin >= mark.end:
                continue
            self._running(blocks, cursor, begin, more=True)
            if mark.kind == "pre":
                blocks.append(CodeBlock(storable(self._text[begin : mark.end]), mark.language))
            else:
                blocks.append(Quote((Paragraph(self._spans(begin, mark.end)),)))
            cursor = mark.end
        self._running(blocks, cursor, len(self._text), more=False)
        return RichText(tuple(blocks))

    def _running(self, blocks: list[Block], begin: int, end: int, *, more: bool) -> None:
        """Text between blocks; the newline on either side of it is the border of the block there."""
        if begin >= end:
            return
        behind = bool(blocks) and self._text[begin] == "\n"
        begin += behind
        if more and begin < end and self._text[end - 1] == "\n":
            end -= 1
        elif more and behind and begin == end:
            return  # a single newline between two blocks
        blocks.append(Paragraph(self._spans(begin, end)))

    def _spans(self, begin: int, end: int) -> tuple[Span, ...]:
        marks = [mark for mark in self._inline if mark.begin < end and mark.end > begin]
        borders = {begin, end}
        for mark in marks:
            borders.update((max(mark.begin, begin), min(mark.end, end)))
        cuts = sorted(borders)
        spans = [self._span(marks, first, last) for first, last in pairwise(cuts)]
        return merge_spans(spans)

    def _span(self, marks: list[_Mark], begin: int, end: int) -> Span:
        over = [mark for mark in marks if mark.begin <= begin and mark.end >= end]
        styles = frozenset([_STYLES[mark.kind] for mark in over if mark.kind in _STYLES])
        if any(mark.kind == "pre" for mark in over):
            styles |= {Style.CODE}
        link = next((mark.link for mark in over if mark.link is not None), None)
        text = storable(self._text[begin:end])
        if begin in self._mentions and not text.startswith("@"):
            text = f"@{text}"
        return Span(text, styles, link)


def _overlap(one: _Mark, other: _Mark) -> bool:
    return one.begin < other.end and other.begin < one.end
