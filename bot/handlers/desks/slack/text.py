"""Rich text as Slack's rich_text block, and a Slack message as rich text (R31, F49, F53).

Outbound, a person's words stand only in ``text`` and ``link`` elements, which Slack shows as they are; no
mrkdwn is ever built from them. The sections, lists, quotes and preformatted parts of a rich_text block each
begin a new line; the composer ends a section before another part with a newline that is not a blank line
(https://docs.slack.dev/reference/block-kit/blocks/rich-text-block). A ``text`` element must not be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.domain.text import (
    BulletList,
    CodeBlock,
    Paragraph,
    Quote,
    RichText,
    Span,
    Style,
    join,
    safe_link,
    storable,
)
from bot.domain.text_tree import MAX_INDENT, Block, merge_spans
from bot.handlers.desks.slack.mrkdwn import BROADCASTS, ROOM, TEAM, NameOf, escape, person, read_mrkdwn
from bot.handlers.shared.emoji_codes import to_unicode

MAX_FALLBACK = 3000

Json = dict[str, Any]

_STYLE_KEYS = {
    "bold": Style.BOLD,
    "italic": Style.ITALIC,
    "strike": Style.STRIKE,
    "code": Style.CODE,
    "underline": Style.UNDERLINE,
}


def to_blocks(text: RichText) -> list[Json]:
    """One rich_text block, or none for an empty text. Spoilers, unknown to Slack, are shown."""
    elements: list[Json] = []
    last = len(text.blocks) - 1
    for index, block in enumerate(text.blocks):
        elements += _part(block, last=index == last)
    return [{"type": "rich_text", "elements": elements}] if elements else []


def to_fallback(text: RichText) -> str:
    """The ``text=`` beside the blocks, for notifications: escaped and at most 3000 characters."""
    plain = text.to_plain()
    shown = escape(plain[:MAX_FALLBACK])
    if len(plain) <= MAX_FALLBACK and len(shown) <= MAX_FALLBACK:
        return shown
    shown = shown[: MAX_FALLBACK - 1]
    begin = shown.rfind("&", len(shown) - 4)
    if begin >= 0 and ";" not in shown[begin:]:
        shown = shown[:begin]
    return f"{shown}…"


def from_message(message: Mapping[str, Any], name_of: NameOf) -> RichText:
    """What a person wrote in Slack. ``name_of`` knows people (and user groups) by id; ids are never shown."""
    blocks = message.get("blocks")
    if isinstance(blocks, list):
        rich = [block for block in blocks if isinstance(block, dict) and block.get("type") == "rich_text"]
        if rich:
            return join([_Reader(name_of).read(block) for block in rich]).compact()
    text = message.get("text")
    return read_mrkdwn(storable(text), name_of).compact() if isinstance(text, str) else RichText()


def _part(block: Block, *, last: bool) -> list[Json]:
    match block:
        case Paragraph(spans):
            elements = _inline(spans)
            if not last and (not elements or elements[-1].get("text", "").endswith("\n")):
                elements.append({"type": "text", "text": "\n"})
            return [{"type": "rich_text_section", "elements": elements}] if elements else []
        case CodeBlock(text):
            content = [{"type": "text", "text": storable(text)}] if text else []
            return [{"type": "rich_text_preformatted", "elements": content}] if content else []
        case Quote(lines):
            elements = _inline(_lines(lines))
            return [{"type": "rich_text_quote", "elements": elements}] if elements else []
        case BulletList(items):
            return [_list(block)] if items else []


def _list(block: BulletList) -> Json:
    items = [_inline(item.spans) or [{"type": "text", "text": " "}] for item in block.items]
    shown: Json = {
        "type": "rich_text_list",
        "style": "ordered" if block.start > 0 else "bullet",
        "indent": min(max(block.indent, 0), MAX_INDENT),
        "elements": [{"type": "rich_text_section", "elements": item} for item in items],
    }
    if block.start > 1:
        shown["offset"] = block.start - 1
    return shown


def _lines(lines: tuple[Paragraph, ...]) -> list[Span]:
    spans: list[Span] = []
    for index, line in enumerate(lines):
        if index:
            spans.append(Span("\n"))
        spans += line.spans
    return spans


def _inline(spans: Iterable[Span]) -> list[Json]:
    return [_element(span) for span in merge_spans(spans)]


def _element(span: Span) -> Json:
    element: Json
    if span.link is not None and safe_link(span.link):
        element = {"type": "link", "url": span.link, "text": storable(span.text)}
    else:
        element = {"type": "text", "text": storable(span.text)}
    style = {key: True for key, style in _STYLE_KEYS.items() if style in span.styles}
    if style:
        element["style"] = style
    return element


class _Reader:
    """Reads one rich_text block."""

    def __init__(self, name_of: NameOf) -> None:
        self._name_of = name_of
        self._inline: dict[str, Callable[[Json], str]] = {
            "text": lambda element: _string(element, "text"),
            "emoji": _emoji,
            "user": lambda element: person(_string(element, "user_id"), name_of),
            "usergroup": lambda element: f"@{name_of(_string(element, 'usergroup_id')) or TEAM}",
            "broadcast": lambda element: f"@{BROADCASTS.get(_string(element, 'range'), 'here')}",
            "channel": lambda element: f"#{ROOM}",
            "team": lambda element: f"@{TEAM}",
            "color": lambda element: _string(element, "value"),
            "date": lambda element: _string(element, "fallback"),
        }

    def read(self, block: Json) -> RichText:
        parts = _children(block)
        blocks: list[Block] = []
        for index, part in enumerate(parts):
            blocks += self._part(part, last=index == len(parts) - 1)
        return RichText(tuple(blocks))

    def _part(self, part: Json, *, last: bool) -> list[Block]:
        match part.get("type"):
            case "rich_text_section":
                return [Paragraph(self._section(part, last=last))]
            case "rich_text_quote":
                return [Quote((Paragraph(self._spans(part)),))]
            case "rich_text_preformatted":
                language = part.get("language")
                code = "".join([span.text for span in self._spans(part)])
                return [CodeBlock(code, language if isinstance(language, str) else "")]
            case "rich_text_list":
                return [self._list(part)]
        return []

    def _section(self, part: Json, *, last: bool) -> tuple[Span, ...]:
        """A section's text without the newline that only ends it before another part."""
        spans = self._spans(part)
        if last or not spans or not spans[-1].text.endswith("\n"):
            return spans
        end = spans[-1]
        return merge_spans((*spans[:-1], Span(end.text[:-1], end.styles, end.link)))

    def _list(self, part: Json) -> BulletList:
        items = tuple([Paragraph(self._spans(item)) for item in _children(part)])
        start = _number(part, "offset") + 1 if part.get("style") == "ordered" else 0
        return BulletList(items, min(_number(part, "indent"), MAX_INDENT), start)

    def _spans(self, part: Json) -> tuple[Span, ...]:
        return merge_spans([self._span(element) for element in _children(part)])

    def _span(self, element: Json) -> Span:
        style = element.get("style")
        look = frozenset([_STYLE_KEYS[key] for key in style if key in _STYLE_KEYS and style[key]]) if style else None
        kind = element.get("type")
        link: str | None = None
        if kind == "link":
            url = _string(element, "url")
            link = url if safe_link(url) else None
            text = _string(element, "text") or url.removeprefix("mailto:").removeprefix("tel:")
        else:
            read = self._inline.get(str(kind))
            text = read(element) if read else ""
        return Span(storable(text), look or frozenset(), link)


def _emoji(element: Json) -> str:
    """The character; a workspace's own emoji, which has none, stays a ``:name:``."""
    code = _string(element, "unicode")
    if code:
        try:
            return "".join([chr(int(point, 16)) for point in code.split("-")])
        except (ValueError, OverflowError):
            pass
    name = _string(element, "name")
    tone = element.get("skin_tone")
    return to_unicode(name, str(tone) if tone else "") or f":{name}:"


def _children(part: Json) -> list[Json]:
    children = part.get("elements")
    return [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []


def _string(element: Json, key: str) -> str:
    value = element.get(key)
    return value if isinstance(value, str) else ""


def _number(element: Json, key: str) -> int:
    value = element.get(key)
    return max(value, 0) if isinstance(value, int) else 0
