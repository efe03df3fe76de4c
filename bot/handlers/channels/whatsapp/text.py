"""WhatsApp's marks for bold and the like, and back: ``*bold*``, ``_italic_``, ``~struck~``, backticks, ``> quoted``.

What they are: faq.whatsapp.com/539178204879377 (“How to format your messages”). A mark counts at the border of a word only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.text import (
    Block,
    BulletList,
    CodeBlock,
    Paragraph,
    Quote,
    RichText,
    Span,
    Style,
    storable,
)
from bot.domain.text_tree import link_groups, link_suffix

MARKS = {Style.BOLD: "*", Style.ITALIC: "_", Style.STRIKE: "~", Style.CODE: "`"}
_STYLES = {mark: style for style, mark in MARKS.items()}
_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_MARKED = re.compile(r"(?<![\w*_~`])(?P<mark>[*_~`])(?=\S)(?P<inner>[^\n]*?\S)(?P=mark)(?![\w*_~`])")


def to_marks(text: RichText) -> str:
    """A rich text as WhatsApp shows it."""
    return "\n".join(_block(block) for block in text.blocks)


def _block(block: Block) -> str:
    match block:
        case Paragraph(spans):
            return _spans(spans)
        case Quote(paragraphs):
            return "\n".join(f"> {line}" for one in paragraphs for line in _spans(one.spans).split("\n"))
        case CodeBlock(text):
            return f"```{text}```"
        case BulletList(items):
            return "\n".join(f"{block.marker(number)}{_spans(item.spans)}" for number, item in enumerate(items))


def _spans(spans: tuple[Span, ...]) -> str:
    parts: list[str] = []
    for link, group in link_groups(spans):
        parts += [_marked(span) for span in group]
        if link:
            parts.append(link_suffix("".join(span.text for span in group), link))
    return "".join(parts)


def _marked(span: Span) -> str:
    """The words between marks, which must touch them."""
    core = span.text.strip()
    if not core or "\n" in core:
        return span.text
    lead, tail = span.text[: span.text.index(core)], span.text[span.text.index(core) + len(core) :]
    marks = [mark for style, mark in MARKS.items() if style in span.styles]
    if Style.CODE in span.styles:
        marks = ["`"]
    return f"{lead}{''.join(marks)}{core}{''.join(reversed(marks))}{tail}"


def from_marks(text: str) -> RichText:
    """What a client wrote, with its marks read."""
    blocks: list[Block] = []
    end = 0
    for fence in _FENCE.finditer(text):
        blocks += _lines(text[end : fence.start()].removesuffix("\n"))
        blocks.append(CodeBlock(storable(fence[1].strip("\n"))))
        end = fence.end()
    rest = text[end:].removeprefix("\n") if end else text
    blocks += _lines(rest)
    return RichText(tuple(blocks))


def _lines(text: str) -> Iterator[Block]:
    """Paragraphs and quotes; lines of one kind together."""
    if not text:
        return
    plain: list[str] = []
    quoted: list[Paragraph] = []
    for line in text.split("\n"):
        if line.startswith("> "):
            if plain:
                yield Paragraph(tuple(_read("\n".join(plain))))
                plain = []
            quoted.append(Paragraph(tuple(_read(line[2:]))))
            continue
        if quoted:
            yield Quote(tuple(quoted))
            quoted = []
        plain.append(line)
    if plain:
        yield Paragraph(tuple(_read("\n".join(plain))))
    if quoted:
        yield Quote(tuple(quoted))


def _read(text: str, styles: frozenset[Style] = frozenset()) -> Iterator[Span]:
    end = 0
    for found in _MARKED.finditer(text):
        if found.start() > end:
            yield Span(storable(text[end : found.start()]), styles)
        style = _STYLES[found["mark"]]
        if style is Style.CODE:
            yield Span(storable(found["inner"]), frozenset({style}))
        else:
            yield from _read(found["inner"], styles | {style})
        end = found.end()
    if end < len(text):
        yield Span(storable(text[end:]), styles)
