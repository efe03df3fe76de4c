"""Rich text as HTML that is inert in any page or letter (R31, F54)."""

from __future__ import annotations

from html import escape

from bot.domain.text import CodeBlock, Paragraph, Quote, RichText, Span, Style
from bot.domain.text_tree import Block, link_groups

# Outermost first.
_TAGS = (
    (Style.BOLD, "<strong>", "</strong>"),
    (Style.ITALIC, "<em>", "</em>"),
    (Style.UNDERLINE, "<u>", "</u>"),
    (Style.STRIKE, "<s>", "</s>"),
    (Style.SPOILER, '<span class="spoiler">', "</span>"),
    (Style.CODE, "<code>", "</code>"),
)


def to_html(text: RichText) -> str:
    """HTML of a fixed handful of tags; every character of the text is escaped, links are http(s), mailto, tel."""
    parts: list[str] = []
    running = False  # whether a line break is due before the next running text
    for block in text.blocks:
        if isinstance(block, Quote):
            lines = "<br>".join([_spans(line.spans) for line in block.paragraphs])
            parts.append(f"<blockquote>{lines}</blockquote>")
        elif isinstance(block, CodeBlock):
            parts.append(f"<pre><code>{escape(block.text)}</code></pre>")
        else:
            parts.append(("<br>" if running else "") + (_running(block) or "<br>"))
            running = True
            continue
        running = False
    return "".join(parts)


def _running(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _spans(block.spans)
    if isinstance(block, Quote | CodeBlock):
        raise TypeError("not running text")
    return "<br>".join([block.marker(index) + _spans(item.spans) for index, item in enumerate(block.items)])


def _spans(spans: tuple[Span, ...]) -> str:
    parts: list[str] = []
    for link, group in link_groups(spans):
        label = "".join([_span(span) for span in group])
        if link is not None:
            label = label if any(span.text.strip() for span in group) else escape(link)
            label = f'<a href="{escape(link)}" rel="noopener nofollow" target="_blank">{label}</a>'
        parts.append(label)
    return "".join(parts)


def _span(span: Span) -> str:
    shown = escape(span.text).replace("\n", "<br>")
    for style, begin, end in reversed(_TAGS):
        if style in span.styles:
            shown = f"{begin}{shown}{end}"
    return shown
