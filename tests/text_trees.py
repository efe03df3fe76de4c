"""Hypothesis strategies for texts and trees; RELAYDESK_FUZZ=100000 raises the number of examples."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style

FUZZ = os.environ.get("RELAYDESK_FUZZ")
CALM = settings(deadline=None, max_examples=int(FUZZ)) if FUZZ else settings(deadline=None)

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
NASTY = (
    "<!channel>",
    "<!here>",
    "<!everyone|x>",
    "<@U123>",
    "<#C1|general>",
    "<!subteam^S1|@all>",
    "<https://evil.example|bank>",
    "*b*",
    "_i_",
    "~s~",
    "`c`",
    "```",
    "> ",
    "&lt;",
    "&amp;lt;",
    "&",
    "<",
    ">",
    "\n",
    "\n\n",
    " ",
    "\t",
    "\r\n",
    "\u2028",
    "@here",
    "@channel",
    "#general",
    ":smile:",
    "a",
    "word",
    "Ünïcode",
    "日本語。",
    "end. Next",
    FAMILY,
    "🇩🇪",
    "🇫🇷🇪🇸",
    "👍🏽",
    "e\u0301\u0302",
    "\u202e",
    "\u200b",
    "\u200d",
    "\ufe0f",
    "한국",
    "क्षि",
    "</a>",
    "<img src=x onerror=alert(1)>",
    "</script>",
    "javascript:alert(1)",
    "https://a.example/x?y=1&z=2",
    '"',
    "'",
    "\\",
    "=cmd",
    "\U0010ffff",
    "\x00",
    "\x1f",
    "• ",
    "1. ",
)
LINKS = (
    "https://a.example/",
    "http://b.example/p?q=1&r=(2)",
    "https://localhost",
    "mailto:ann@c.example",
    "tel:+123456",
    "javascript:alert(1)",
    "tg://user?id=1",
    "data:text/html,x",
    "https://a.example/" + "x" * 90,
    "ftp://d.example/",
    "https://",
    "HTTPS://E.example",
)

nasty_texts = st.one_of(
    st.text(max_size=40), st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=3)), max_size=12).map("".join)
)
texts = nasty_texts.map(lambda text: text.replace("\x00", ""))
looks = st.frozensets(st.sampled_from(list(Style)), max_size=3)
links = st.one_of(st.none(), st.sampled_from(LINKS))
spans = st.one_of(
    st.builds(Span, texts),
    st.builds(Span, texts, looks),
    st.builds(Span, texts, looks, links),
    st.builds(lambda link, look: Span(link, look, link), st.sampled_from(LINKS), looks),
)
paragraphs = st.builds(Paragraph, st.lists(spans, max_size=4).map(tuple))
quotes = st.builds(Quote, st.lists(paragraphs, min_size=1, max_size=3).map(tuple))
code_blocks = st.builds(CodeBlock, texts, st.sampled_from(("", "python", "c++", "a b<")))
lists = st.builds(
    BulletList, st.lists(paragraphs, min_size=1, max_size=3).map(tuple), st.integers(0, 3), st.sampled_from((0, 0, 1, 7))
)
trees = st.builds(RichText, st.lists(st.one_of(paragraphs, quotes, code_blocks, lists), max_size=4).map(tuple))
simple_trees = st.builds(RichText, st.lists(st.one_of(paragraphs, code_blocks), max_size=4).map(tuple))

# Words only, so that every platform keeps every style exactly.
_words = st.text("abcdefgh日é👍", min_size=1, max_size=8)


def shared_looks(*styles: Style) -> st.SearchStrategy[RichText]:
    """Trees of visible words in the given styles, to be carried over several platforms unchanged."""
    look = st.frozensets(st.sampled_from(styles), max_size=3)
    word = st.one_of(st.builds(Span, _words, look), st.builds(Span, _words, st.just(frozenset()), st.just("https://a.example/")))
    line = st.builds(Paragraph, st.lists(word, min_size=1, max_size=4).map(tuple))
    block = st.one_of(line, st.builds(lambda inner: Quote((inner,)), line), st.builds(CodeBlock, _words))
    return st.builds(lambda blocks: RichText(tuple(blocks)).compact(), st.lists(block, min_size=1, max_size=4))


def fuzz(test: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a property test for ``make fuzz``; put it above ``@given``."""
    marked: Callable[..., Any] = pytest.mark.fuzz(CALM(test))
    return marked
