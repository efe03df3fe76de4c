from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style, safe_link
from bot.handlers.channels.widget.html import from_plain, to_html
from bot.handlers.shared.emoji_codes import emojize, emojize_tree, to_slack_name, to_unicode
from tests.text_trees import fuzz, nasty_texts, trees

ALLOWED = {"strong", "em", "s", "u", "code", "pre", "blockquote", "a", "br", "span"}


class Page(HTMLParser):
    """Reads the HTML as a browser would and objects to anything that is not on the list."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.opened: list[str] = []
        self.feed(html)
        self.close()
        assert not self.opened

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        given_attrs = dict(attrs)
        if tag == "a":
            assert safe_link(given_attrs.pop("href"))
            assert given_attrs == {"rel": "noopener nofollow", "target": "_blank"}
        elif tag == "span":
            assert given_attrs == {"class": "spoiler"}
        else:
            assert not given_attrs
        if tag == "br":
            self.text += "\n"
        else:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")


@fuzz
@given(trees)
def test_F54_any_tree_is_inert_html(tree: RichText) -> None:
    Page(to_html(tree))


@fuzz
@given(nasty_texts)
def test_F54_any_text_is_shown_as_it_is(said: str) -> None:
    assert Page(to_html(RichText.plain(said))).text == said.replace("\x00", "\ufffd")


@pytest.mark.parametrize(
    "said", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "<svg onload=x>", '"><b>', "&lt;b&gt;"]
)
def test_F54_markup_is_text(said: str) -> None:
    assert Page(to_html(RichText.plain(said))).text == said
    assert "<" not in to_html(RichText.plain(said))


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "tg://user?id=1", 'https://a.example/"onmouseover="x']
)
def test_F54_unsafe_links_are_only_their_label(link: str) -> None:
    assert to_html(RichText((Paragraph((Span("x", link=link),)),))) == "x"


def test_R31_every_kind_of_block() -> None:
    every = frozenset((Style.BOLD, Style.ITALIC, Style.UNDERLINE, Style.STRIKE, Style.SPOILER, Style.CODE))
    tree = RichText(
        (
            Paragraph((Span("a\nb"),)),
            Paragraph((Span("all", every), Span("link", frozenset((Style.BOLD,)), "https://a.example/?x=1&y=2"))),
            Quote((Paragraph((Span("q1"),)), Paragraph((Span("q2"),)))),
            CodeBlock("\nx < 1\n", "python"),
            Paragraph(),
            BulletList((Paragraph((Span("one"),)), Paragraph((Span("two"),)))),
        )
    )
    assert to_html(tree) == (
        "a<br>b<br>"
        '<strong><em><u><s><span class="spoiler"><code>all</code></span></s></u></em></strong>'
        '<a href="https://a.example/?x=1&amp;y=2" rel="noopener nofollow" target="_blank"><strong>link</strong></a>'
        "<blockquote>q1<br>q2</blockquote>"
        "<pre><code>\nx &lt; 1\n</code></pre>"
        "<br><br>• one<br>• two"
    )


def test_R31_what_a_visitor_types() -> None:
    assert from_plain("hello\r\n*you* :smile:\rbye").to_plain() == "hello\n*you* 😄\nbye"
    assert from_plain("a\x00b").to_json() == "a\ufffdb"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (":wave::skin-tone-3:", "👋🏼"),
        (":wave::smile:!", "👋😄!"),
        (":+1: :-1: :simple_smile:", "👍 👎 🙂"),
        (":flag-de: :flag-zz: :us:", "🇩🇪 :flag-zz: 🇺🇸"),
        (":male-technologist: :woman-running:", "👨‍💻 🏃‍♀️"),
        (":smile::skin-tone-3:", "😄"),
        ("at 12:30:45, std::x::y, a:100:b", "at 12:30:45, std::x::y, a:100:b"),
        (":nothing_known: : :", ":nothing_known: : :"),
    ],
)
def test_R31_codes_become_emoji(typed: str, shown: str) -> None:
    assert emojize(typed) == shown


def test_R31_codes_in_code_stay() -> None:
    tree = RichText(
        (
            Paragraph((Span(":smile:"), Span(":smile:", frozenset((Style.CODE,))))),
            CodeBlock(":smile:"),
            Quote((Paragraph((Span(":tada:"),)),)),
            BulletList((Paragraph((Span(":eyes:"),)),)),
        )
    )
    assert emojize_tree(tree).to_plain() == "😄:smile:\n:smile:\n> 🎉\n• 👀"


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("👍", "+1"),
        ("👍🏽", "+1::skin-tone-4"),
        ("❤", "heart"),
        ("❤️", "heart"),
        ("🇩🇪", "flag-de"),
        ("👨‍💻", "male-technologist"),
        ("😀", "grinning"),
    ],
)
def test_R35_slack_names_of_emoji(char: str, name: str) -> None:
    assert to_slack_name(char) == name
    back = to_unicode(name)
    assert back is not None
    assert back.replace("\ufe0f", "") == char.replace("\ufe0f", "")


@pytest.mark.parametrize("char", ["a", "", "ab", "::", "🇩"])
def test_R35_what_is_no_emoji_has_no_name(char: str) -> None:
    assert to_slack_name(char) is None
