"""The neutral rich text: a small immutable tree every platform can be read into and written from (R31).

Newlines: blocks stand one below the other, so *one* newline separates two neighbouring blocks in every
plain rendering. Further newlines live inside the text of spans; a ``Paragraph`` may therefore hold several
lines, and ``RichText.plain("a\\nb")`` is one paragraph with one span. An empty paragraph is a blank line.

Links that are not safe (see ``safe_link``) are shown by no rendering: their label stays, the address goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_LINK = 2048
MAX_INDENT = 8
MAX_NUMBER = 999_999_999

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LINK = re.compile(r"(?:https?://[^/?#@:][^/?#]*|mailto:[^?]+@|tel:\+?[0-9(])", re.IGNORECASE)
_LINK_BREAKERS = re.compile(r"[\s<>\"'`\\{}|^]")
_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_NOT_PHONE = re.compile(r"[^0-9+]")
_QUOTE_CORE = re.compile(r"(?P<lead>(?:[^\S\n]*\n)*)(?P<core>.*?)(?P<tail>(?:\n[^\S\n]*)*)", re.DOTALL)


class Style(StrEnum):
    """How a span looks; the value is its letter in the stored form."""

    BOLD = "b"
    ITALIC = "i"
    STRIKE = "s"
    CODE = "c"
    UNDERLINE = "u"
    SPOILER = "x"


PLAIN: frozenset[Style] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text with one look. A mention of a person is a span reading ``@Name``."""

    text: str
    styles: frozenset[Style] = PLAIN
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text of one or more lines; without spans it is a blank line."""

    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody else's words; each paragraph begins a new line."""

    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Preformatted text, kept to the last blank."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class BulletList:
    """Items one below the other; ``start`` 0 gives bullets, from 1 on it is the first item's number."""

    items: tuple[Paragraph, ...]
    indent: int = 0
    start: int = 0

    def marker(self, index: int) -> str:
        """What a channel without lists writes before the item."""
        sign = f"{min(self.start + index, MAX_NUMBER)}. " if self.start > 0 else "• "
        return "  " * min(max(self.indent, 0), MAX_INDENT) + sign


Block = Paragraph | Quote | CodeBlock | BulletList
Json = str | int | list["Json"]


@dataclass(frozen=True, slots=True)
class RichText:
    """A message's text as a sequence of blocks; no blocks at all is the empty text."""

    blocks: tuple[Block, ...] = ()

    @classmethod
    def plain(cls, text: str) -> RichText:
        """Text as typed: every character stands for itself."""
        if not text:
            return EMPTY
        return cls((Paragraph((Span(storable(text)),)),))

    def to_plain(self) -> str:
        """What a channel without any styling shows: ``label (https://…)``, ``> quoted``, ``• item``."""
        blocks = self.blocks
        if len(blocks) == 1:
            return plain_block(blocks[0])
        return "\n".join([plain_block(block) for block in blocks])

    @property
    def words(self) -> str:
        """What was written, line by line, without the signs and addresses a plain rendering adds."""
        return "\n".join(_texts(self.blocks))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read: no text, or only white space."""
        return not any(text and not text.isspace() for text in _texts(self.blocks))

    def __bool__(self) -> bool:
        return not self.is_empty

    def __add__(self, other: RichText) -> RichText:
        """Go on in the same line, where both sides are running text at the seam; else in the next one."""
        if self.blocks and other.blocks:
            left, right = self.blocks[-1], other.blocks[0]
            if isinstance(left, Paragraph) and isinstance(right, Paragraph):
                seam = Paragraph(merge_spans(left.spans + right.spans))
                return RichText((*self.blocks[:-1], seam, *other.blocks[1:]))
        return RichText(self.blocks + other.blocks)

    def compact(self) -> RichText:
        """The same text in its normal form: neighbours that look alike are one."""
        blocks: list[Block] = []
        for block in self.blocks:
            last = blocks[-1] if blocks else None
            if isinstance(block, Paragraph) and isinstance(last, Paragraph):
                blocks[-1] = Paragraph(merge_spans((*last.spans, Span("\n"), *block.spans)))
            elif isinstance(block, Paragraph):
                blocks.append(Paragraph(merge_spans(block.spans)))
            elif isinstance(block, Quote):
                lines = RichText(block.paragraphs).compact().blocks
                blocks.append(Quote(tuple(line for line in lines if isinstance(line, Paragraph))))
            elif isinstance(block, BulletList):
                items = tuple(Paragraph(merge_spans(item.spans)) for item in block.items)
                blocks.append(BulletList(items, block.indent, block.start))
            else:
                blocks.append(block)
        return EMPTY if blocks == [Paragraph()] else RichText(tuple(blocks))

    def to_json(self) -> Json:
        """The stored form: a string when nothing is styled, else a list of blocks."""
        blocks = self.blocks
        if len(blocks) == 1 and type(blocks[0]) is Paragraph and len(blocks[0].spans) == 1:
            span = blocks[0].spans[0]
            if not span.styles and span.link is None:
                return span.text
        if all(isinstance(block, Paragraph) and _is_bare(block.spans) for block in blocks):
            return self.to_plain()
        return [_block_json(block) for block in blocks]

    @classmethod
    def from_json(cls, data: object) -> RichText:
        """Read the stored form back; a foreign shape raises ``ValueError``."""
        if isinstance(data, str):
            return cls((Paragraph((Span(data),)),)) if data else EMPTY
        if not isinstance(data, list):
            raise ValueError(f"not a stored text: {type(data).__name__}")
        return cls(tuple([_block_from_json(item) for item in data]))


EMPTY = RichText()


def join(parts: Iterable[RichText]) -> RichText:
    """One text after another, each beginning a new line; empty ones take no line."""
    return RichText(tuple([block for part in parts for block in part.blocks]))


def storable(text: str) -> str:
    """The text as every store can hold it: NUL and lone halves of surrogate pairs become U+FFFD."""
    if not _UNSTORABLE.search(text):
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def safe_link(url: object) -> bool:
    """Whether the address may be made clickable: http(s) with a host, mailto or tel, and nothing odd in it (F54).

    ``https://bank.example@evil.example`` looks like one host and goes to another, so names before the host make it odd.
    """
    return (
        isinstance(url, str)
        and len(url) <= MAX_LINK
        and url.isprintable()
        and _LINK.match(url) is not None
        and _LINK_BREAKERS.search(url) is None
        and not ("://" in url and "@" in re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0])
    )


def link_groups(spans: Iterable[Span]) -> Iterator[tuple[str | None, list[Span]]]:
    """Neighbouring spans under one address together; unsafe addresses count as none, empty spans go."""
    group: list[Span] = []
    current: str | None = None
    for span in spans:
        if not span.text:
            continue
        link = span.link if span.link is not None and safe_link(span.link) else None
        if group and link != current:
            yield current, group
            group = []
        current = link
        group.append(span)
    if group:
        yield current, group


def link_suffix(label: str, link: str) -> str:
    """`` (address)`` where the label does not already say it, else nothing."""
    address = link.partition(":")[2] if link[:4].lower() in ("mail", "tel:") else link
    if _same_address(label.strip(), link):
        return ""
    return f" ({address})" if label.strip() else f"({address})"


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same text in as few spans as possible."""
    merged: list[Span] = []
    for span in spans:
        if not span.text:
            continue
        if merged and merged[-1].styles == span.styles and merged[-1].link == span.link:
            merged[-1] = Span(merged[-1].text + span.text, span.styles, span.link)
        else:
            merged.append(span)
    return tuple(merged)


def quote_core(text: str) -> tuple[int, int]:
    """Where the quoted lines begin and end without the blank lines around them."""
    found = _QUOTE_CORE.fullmatch(text)
    if found is None or not text.strip():
        return 0, 0
    return found.span("core")


def plain_block(block: Block) -> str:
    """One block as a plain channel shows it."""
    if isinstance(block, Paragraph):
        return plain_spans(block.spans)
    if isinstance(block, CodeBlock):
        return block.text
    if isinstance(block, Quote):
        text = "\n".join([plain_spans(line.spans) for line in block.paragraphs])
        begin, end = quote_core(text)
        if begin == end:
            return text
        return f"{text[:begin]}> {text[begin:end].replace(chr(10), chr(10) + '> ')}{text[end:]}"
    return "\n".join([block.marker(i) + plain_spans(item.spans) for i, item in enumerate(block.items)])


def plain_spans(spans: tuple[Span, ...]) -> str:
    """Running text as a plain channel shows it, addresses behind their labels."""
    if len(spans) == 1 and spans[0].link is None:
        return spans[0].text
    if not any(span.link is not None for span in spans):
        return "".join([span.text for span in spans])
    parts: list[str] = []
    for link, group in link_groups(spans):
        label = "".join([span.text for span in group])
        if link is None:
            parts.append(label)
            continue
        end = len(label.rstrip())
        parts += (label[:end], link_suffix(label, link), label[end:])
    return "".join(parts)


def _same_address(label: str, link: str) -> bool:
    if link[:4].lower() == "tel:":
        return _NOT_PHONE.sub("", label) == _NOT_PHONE.sub("", link[4:])
    shown = _SCHEME.sub("", label, count=1).removesuffix("/").casefold()
    return shown == _SCHEME.sub("", link, count=1).removesuffix("/").casefold()


def _texts(blocks: Iterable[Block]) -> Iterator[str]:
    """The bare text of each paragraph, item and piece of code."""
    for block in blocks:
        if isinstance(block, CodeBlock):
            yield block.text
            continue
        lines = (block,) if isinstance(block, Paragraph) else _lines(block)
        for line in lines:
            yield "".join([span.text for span in line.spans])


def _lines(block: Quote | BulletList) -> tuple[Paragraph, ...]:
    return block.paragraphs if isinstance(block, Quote) else block.items


def _is_bare(spans: tuple[Span, ...]) -> bool:
    return not any(span.styles or span.link is not None for span in spans)


# The stored form. ["p", span…] · ["q", [span…]…] · ["c", text, language] · ["l", indent, start, [span…]…];
# a span is its text, or [text, style letters] or [text, style letters, link].


def _block_json(block: Block) -> Json:
    if isinstance(block, Paragraph):
        return ["p", *_spans_json(block.spans)]
    if isinstance(block, CodeBlock):
        return ["c", block.text, block.language]
    if isinstance(block, Quote):
        return ["q", *[_spans_json(line.spans) for line in block.paragraphs]]
    return ["l", block.indent, block.start, *[_spans_json(item.spans) for item in block.items]]


def _spans_json(spans: tuple[Span, ...]) -> list[Json]:
    stored: list[Json] = []
    for span in spans:
        letters = "".join(sorted(span.styles))
        if span.link is not None:
            stored.append([span.text, letters, span.link])
        elif letters:
            stored.append([span.text, letters])
        else:
            stored.append(span.text)
    return stored


def _block_from_json(data: object) -> Block:
    match data:
        case ["p", *spans]:
            return Paragraph(_spans_from_json(spans))
        case ["c", str(text), str(language)]:
            return CodeBlock(text, language)
        case ["q", *lines]:
            return Quote(tuple([Paragraph(_spans_from_json(line)) for line in lines]))
        case ["l", int(indent), int(start), *items]:
            return BulletList(tuple([Paragraph(_spans_from_json(item)) for item in items]), indent, start)
    raise ValueError("not a stored block of text")


def _spans_from_json(data: object) -> tuple[Span, ...]:
    if not isinstance(data, list):
        raise ValueError("not a stored run of text")
    return tuple([_span_from_json(item) for item in data])


def _span_from_json(data: object) -> Span:
    match data:
        case str(text):
            return Span(text)
        case [str(text), str(letters)]:
            return Span(text, frozenset(map(Style, letters)))
        case [str(text), str(letters), str(link)]:
            return Span(text, frozenset(map(Style, letters)), link)
    raise ValueError("not a stored span of text")
