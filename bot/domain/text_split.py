"""Measuring and cutting rich text: lengths in UTF-16 units, cuts only where a reader would not stumble."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.domain.text_graphemes import is_border
from bot.domain.text_tree import (
    Block,
    BulletList,
    CodeBlock,
    Paragraph,
    Quote,
    RichText,
    Span,
    link_groups,
    link_suffix,
    plain_spans,
)

MIN_LIMIT = 2
SMALLEST_FOR_LISTS = 64
LOOK_AHEAD = 64
MAX_CLUSTER = 512

BLOT = "\x00"  # stands for text inside a link: no border is found in it
# A closing sign and what may stand behind it before the gap; East Asian ones (U+3002, U+FF01, U+FF1F) need no gap.
_SENTENCE_END = re.compile(r"[.!?…][\"'\u201d\u2019»)\]]*(?=\s)|[\u3002\uff01\uff1f][\u300d\u300f\u201d\u2019\uff09]*")
_SPACE = re.compile(r"\s")


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units, the measure of Telegram's limits and of JavaScript."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class _Token:
    """A stretch of one line of one block. ``whole`` ones (links) are never cut."""

    block: int
    line: int
    spans: tuple[Span, ...]
    text: str
    cost: int
    whole: bool = False
    fresh: bool = True  # stands at the beginning of its line


@dataclass(frozen=True, slots=True)
class _Window:
    """What would fit into the piece, and a little of what comes after."""

    text: str  # a newline where a line of the tree ends
    mask: str  # the same with links blotted out, so that no border is found inside one
    starts: tuple[int, ...]  # where each token begins
    ahead: str
    code: bool  # the window ends inside a code block


def split(text: RichText, limit: int, first: int | None = None) -> list[RichText]:
    """Cut into pieces whose plain rendering has at most ``limit`` UTF-16 units (the first at most ``first``).

    A cut falls between paragraphs, else sentences (if that uses half of the room), else words, else graphemes;
    styles, quotes, lists and code blocks go on in the next piece. Only white space at a cut is lost. A link
    is not cut; one longer than the limit is written out as text. The first piece is empty when ``first`` has
    no room for what must stay whole. There is always at least one piece.
    """
    room = limit if first is None else min(first, limit)
    if limit < MIN_LIMIT:
        raise ValueError(f"a limit of {limit} holds no text")
    if utf16_len(text.to_plain()) <= room:
        return [text]
    tree = RichText(tuple(_simplified(text.blocks, limit)))
    rest = _tokens(tree, limit)
    pieces: list[RichText] = []
    while rest:
        head, rest = _take(tree.blocks, rest, room, forced=room == limit)
        piece = _rebuild(tree.blocks, _without_end(tree.blocks, head) if rest else head)
        if piece.blocks or (room < limit and not pieces):
            pieces.append(piece)
        room = limit
    return pieces or [RichText()]


def _simplified(blocks: tuple[Block, ...], limit: int) -> Iterator[Block]:
    """Where there is hardly room for a marker, lists become lines and quotes lose their sign."""
    for block in blocks:
        if limit >= SMALLEST_FOR_LISTS or isinstance(block, Paragraph | CodeBlock):
            yield block
        elif isinstance(block, Quote):
            yield from block.paragraphs
        else:
            for index, item in enumerate(block.items):
                yield Paragraph((Span(block.marker(index)), *item.spans))


def _tokens(tree: RichText, limit: int) -> list[_Token]:
    tokens: list[_Token] = []
    for number, block in enumerate(tree.blocks):
        lines = _lines_of(block)
        for line, spans in enumerate(lines):
            fresh = True
            for token in _line_tokens(block, number, line, spans, limit):
                tokens.append(token if fresh else replace(token, fresh=False))
                fresh = False
    return tokens


def _lines_of(block: Block) -> list[tuple[Span, ...]]:
    if isinstance(block, CodeBlock):
        return [(Span(block.text),)]
    if isinstance(block, Paragraph):
        return [block.spans]
    return [line.spans for line in (block.paragraphs if isinstance(block, Quote) else block.items)]


def _line_tokens(block: Block, number: int, line: int, spans: tuple[Span, ...], limit: int) -> Iterator[_Token]:
    if not spans:
        yield _Token(number, line, (), "", 0)
    for link, group in link_groups(spans):
        shown = group
        if link is not None:
            whole = tuple(group)
            label = "".join([span.text for span in whole])
            cost = _cost(block, plain_spans(whole))
            if cost + _overhead(block) <= limit:
                yield _Token(number, line, whole, label, cost, whole=True)
                continue
            shown = [*[replace(span, link=None) for span in whole], Span(link_suffix(label, link))]
        for span in shown:
            if span.text:
                yield _Token(number, line, (span,), span.text, _cost(block, span.text))


def _cost(block: Block, text: str) -> int:
    """Units the text takes inside the block: each further line of a quote begins with its sign."""
    return utf16_len(text) + (2 * text.count("\n") if isinstance(block, Quote) else 0)


def _overhead(block: Block) -> int:
    if isinstance(block, Quote):
        return 2
    return len(block.marker(len(block.items))) if isinstance(block, BulletList) else 0


def _opening(blocks: tuple[Block, ...], token: _Token, before: _Token | None) -> int:
    """Units before the token: the newline that ends the line before, a quote's sign, an item's marker."""
    block = blocks[token.block]
    new_line = before is not None and (before.block, before.line) != (token.block, token.line)
    cost = 1 if new_line else 0
    if isinstance(block, Quote) and (before is None or new_line):
        cost += 2
    elif isinstance(block, BulletList) and token.fresh:
        cost += len(block.marker(token.line))
    return cost


def _take(blocks: tuple[Block, ...], tokens: list[_Token], room: int, *, forced: bool) -> tuple[list[_Token], list[_Token]]:
    """The tokens of the next piece and those left; ``forced`` pieces always take something."""
    before: _Token | None = None
    for index, token in enumerate(tokens):
        cost = _opening(blocks, token, before)
        if cost + token.cost > room:
            return _cut(blocks, tokens, index, room - cost, forced=forced)
        room -= cost + token.cost
        before = token
    return tokens, []


def _cut(
    blocks: tuple[Block, ...], tokens: list[_Token], index: int, room: int, *, forced: bool
) -> tuple[list[_Token], list[_Token]]:
    token = tokens[index]
    fits = 0 if token.whole else _fitting(token.text, room, 3 if isinstance(blocks[token.block], Quote) else 1)
    if index == 0 and fits == 0 and (token.whole or forced):
        return ([token], tokens[1:]) if forced else ([], tokens)
    window = _window(blocks, tokens, index, fits)
    at = _best_cut(window)
    if at == 0 and forced:
        at = len(window.text)
    at = min(at, len(window.text))
    head: list[_Token] = []
    for position, start in enumerate(window.starts):
        current = tokens[position]
        if position < index and start + len(current.text) <= at and not (start == at and current.text):
            head.append(current)
            continue
        return _cut_token(blocks, tokens, position, at - start, head)
    return head, _without_start(blocks, tokens[len(head) :])


def _cut_token(
    blocks: tuple[Block, ...], tokens: list[_Token], position: int, at: int, head: list[_Token]
) -> tuple[list[_Token], list[_Token]]:
    token, rest = tokens[position], tokens[position + 1 :]
    if at <= 0 or token.whole:
        return head, _without_start(blocks, tokens[position:])
    left, right = (_part(blocks, token, token.text[:at]), _part(blocks, token, token.text[at:]))
    return [*head, left], _without_start(blocks, [replace(right, fresh=False), *rest])


def _part(blocks: tuple[Block, ...], token: _Token, text: str) -> _Token:
    span = replace(token.spans[0], text=text)
    return replace(token, spans=(span,), text=text, cost=_cost(blocks[token.block], text))


def _fitting(text: str, room: int, newline: int) -> int:
    """How many code points of the text take at most ``room`` units."""
    if newline == 1:
        if text.isascii():
            return max(0, min(len(text), room))
        raw = text[: max(0, room)].encode("utf-16-le", "surrogatepass")[: 2 * max(0, room)]
        return len(raw.decode("utf-16-le", "ignore"))
    for index, char in enumerate(text):
        room -= newline if char == "\n" else utf16_len(char)
        if room < 0:
            return index
    return len(text)


def _window(blocks: tuple[Block, ...], tokens: list[_Token], index: int, fits: int) -> _Window:
    text: list[str] = []
    mask: list[str] = []
    starts: list[int] = []
    length = 0
    for position, token in enumerate(tokens[: index + 1]):
        before = tokens[position - 1] if position else None
        if before is not None and (before.block, before.line) != (token.block, token.line):
            text.append("\n")
            mask.append("\n")
            length += 1
        shown = token.text if position < index else token.text[:fits]
        starts.append(length)
        text.append(shown)
        mask.append(BLOT * len(shown) if token.whole else shown)
        length += len(shown)
    ahead = BLOT if tokens[index].whole else tokens[index].text[fits : fits + LOOK_AHEAD]
    code = isinstance(blocks[tokens[index].block], CodeBlock)
    return _Window("".join(text), "".join(mask), tuple(starts), ahead, code)


def _best_cut(window: _Window) -> int:
    """The best place to cut: 0 when there is none."""
    size = len(window.text)
    seen = window.mask + window.ahead[:1]
    lead = size - len(window.text.lstrip())
    line = seen.rfind("\n", 1)
    if line >= size // 2 and line > lead:
        return line
    whole = window.text + window.ahead
    if not window.code:
        ends = [found.end() for found in _SENTENCE_END.finditer(seen, size // 2) if found.end() <= size]
        ends = [at for at in ends if is_border(whole, at)]
        if ends:
            return ends[-1]
    for at in range(size, lead, -1):
        if _SPACE.match(seen, at) and is_border(whole, at):
            return at
    for at in range(size, max(0, size - MAX_CLUSTER), -1):
        free = at == size or window.mask[at] != BLOT or at in window.starts
        if free and is_border(whole, at):
            return at
    return 0


def _without_end(blocks: tuple[Block, ...], tokens: list[_Token]) -> list[_Token]:
    """Drop white space before the cut; code keeps its own."""
    kept = list(tokens)
    while kept:
        token = kept[-1]
        if token.whole or isinstance(blocks[token.block], CodeBlock):
            break
        text = token.text.rstrip()
        if text:
            kept[-1] = _part(blocks, token, text)
            break
        kept.pop()
    return kept


def _without_start(blocks: tuple[Block, ...], tokens: list[_Token]) -> list[_Token]:
    """Drop white space after the cut; code loses the one newline it was cut at."""
    for position, token in enumerate(tokens):
        if token.whole:
            return tokens[position:]
        if isinstance(blocks[token.block], CodeBlock):
            text = token.text if token.fresh else token.text.removeprefix("\n")
        else:
            text = _unindented(token.text)
        if text == token.text and text:
            return tokens[position:]
        if text:
            return [_part(blocks, token, text), *tokens[position + 1 :]]
    return []


def _unindented(text: str) -> str:
    """Without leading white space, but for a last blank that carries a mark."""
    begin = len(text) - len(text.lstrip())
    return text[begin if is_border(text, begin) else begin - 1 :]


def _rebuild(blocks: tuple[Block, ...], tokens: list[_Token]) -> RichText:
    made: list[Block] = []
    position = 0
    while position < len(tokens):
        number = tokens[position].block
        end = position
        while end < len(tokens) and tokens[end].block == number:
            end += 1
        made += _rebuild_block(blocks[number], tokens[position:end])
        position = end
    return RichText(tuple(made))


def _rebuild_block(block: Block, tokens: list[_Token]) -> list[Block]:
    lines: dict[int, list[Span]] = {}
    for token in tokens:
        lines.setdefault(token.line, []).extend(token.spans)
    paragraphs = [Paragraph(tuple(spans)) for spans in lines.values()]
    if isinstance(block, Paragraph):
        return list(paragraphs)
    if isinstance(block, CodeBlock):
        return [CodeBlock("".join([token.text for token in tokens]), block.language)]
    if isinstance(block, Quote):
        return [Quote(tuple(paragraphs))]
    made: list[Block] = []
    first = tokens[0].line
    if not tokens[0].fresh:  # the rest of an item begun in the piece before
        made.append(paragraphs.pop(0))
        first += 1
    if paragraphs:
        made.append(BulletList(tuple(paragraphs), block.indent, block.start + first if block.start > 0 else 0))
    return made
