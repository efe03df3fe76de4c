from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from slack_sdk.models.blocks import Block, RichTextBlock

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style, clean_name, join, safe_link
from bot.handlers.desks.slack.mrkdwn import unescape
from bot.handlers.desks.slack.text import from_message, to_blocks, to_fallback
from bot.handlers.shared.telegram_text import from_entities, to_entities
from tests.text_trees import fuzz, nasty_texts, shared_looks, trees

PARTS = {"rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list"}
NAMES = {"U1": "Name", "U2": "Ann"}
SHARED = (Style.BOLD, Style.ITALIC, Style.STRIKE, Style.UNDERLINE)


def nobody(_: str) -> None:
    return None


def valid(blocks: list[dict[str, Any]]) -> None:
    """Slack's own models read the blocks and give the same back; only inert elements are in them."""
    assert [parsed.to_dict() for parsed in Block.parse_all(blocks)] == blocks
    for block in blocks:
        assert isinstance(Block.parse(block), RichTextBlock)
        assert block["type"] == "rich_text"
        for part in block["elements"]:
            assert part["type"] in PARTS
            sections = part["elements"] if part["type"] == "rich_text_list" else [part]
            assert sections
            for section in sections:
                assert section["elements"]
                for element in section["elements"]:
                    assert element["type"] == "text" or (element["type"] == "link" and safe_link(element["url"]))
                    assert set(element) <= {"type", "text", "style", "url"}
                    assert element["text"]


def visible(blocks: list[dict[str, Any]]) -> str:
    """What a reader sees of plain text: the literal text of its one section."""
    return "".join(e["text"] for block in blocks for part in block["elements"] for e in part["elements"])


def message(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"text": "never read", "blocks": [{"type": "rich_text", "block_id": "b", "elements": list(elements)}]}


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def text(value: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"style": style} if style else {})}


class TestOutbound:
    @fuzz
    @given(nasty_texts)
    def test_F49_no_text_can_ping_or_format(self, said: str) -> None:
        tree = RichText.plain(said)
        blocks = to_blocks(tree)
        valid(blocks)
        shown = said.replace("\x00", "\ufffd")
        assert visible(blocks) == shown
        fallback = to_fallback(tree)
        assert "<" not in fallback
        assert ">" not in fallback
        assert unescape(fallback) == shown
        assert from_message({"blocks": blocks}, nobody).to_plain() == shown

    @fuzz
    @given(trees)
    def test_F49_any_tree_makes_valid_blocks(self, tree: RichText) -> None:
        blocks = to_blocks(tree)
        valid(blocks)
        assert "".join(from_message({"blocks": blocks}, nobody).to_plain().split()) == "".join(tree.to_plain().split())

    @pytest.mark.parametrize("name", ["<!channel>", "<3</a>", "*bold* @here", "\u202eevil", "\u200b", "x" * 5000, "", "a\nb"])
    def test_F50_a_name_in_front_of_a_text_stays_a_name(self, name: str) -> None:
        head = RichText((Paragraph((Span(f"{clean_name(name)}: ", frozenset((Style.BOLD,))),)),))
        blocks = to_blocks(head + RichText.plain("hello"))
        valid(blocks)
        assert blocks[0]["elements"][0]["elements"] == [text(f"{clean_name(name)}: ", bold=True), text("hello")]

    def test_F49_the_fallback_is_short_and_whole(self) -> None:
        fallback = to_fallback(RichText.plain("<&>" * 2000))
        assert len(fallback) <= 3000
        assert unescape(fallback.removesuffix("…")) == ("<&>" * 2000)[: len(unescape(fallback)) - 1]
        assert len(to_fallback(RichText.plain("x" * 3000))) == 3000
        assert to_fallback(RichText.plain("x" * 3001)).endswith("…")

    def test_an_empty_text_has_no_blocks(self) -> None:
        assert to_blocks(RichText()) == []
        assert to_blocks(RichText((Paragraph(), Quote((Paragraph(),)), CodeBlock("")))) == [
            {"type": "rich_text", "elements": [section(text("\n"))]}
        ]

    def test_R31_every_kind_of_block(self) -> None:
        tree = RichText(
            (
                Paragraph((Span("see "), Span("this", frozenset((Style.BOLD, Style.CODE)), "https://a.example/"))),
                BulletList((Paragraph((Span("one"),)), Paragraph((Span("two"),))), 1, 3),
                Quote((Paragraph((Span("q1"),)), Paragraph((Span("q2", frozenset((Style.SPOILER,))),)))),
                CodeBlock("x < 1"),
            )
        )
        blocks = to_blocks(tree)
        valid(blocks)
        assert blocks[0]["elements"] == [
            section(
                text("see "), {"type": "link", "url": "https://a.example/", "text": "this", "style": {"bold": True, "code": True}}
            ),
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 1,
                "offset": 2,
                "elements": [section(text("one")), section(text("two"))],
            },
            {"type": "rich_text_quote", "elements": [text("q1\n"), text("q2")]},
            {"type": "rich_text_preformatted", "elements": [text("x < 1")]},
        ]

    def test_F54_unsafe_links_are_only_their_label(self) -> None:
        tree = RichText((Paragraph((Span("click", link="javascript:alert(1)"),)),))
        assert to_blocks(tree) == [{"type": "rich_text", "elements": [section(text("click"))]}]


class TestInbound:
    def test_F53_escaped_text_and_references(self) -> None:
        said = "&lt;b&gt; &amp; <https://x|y> <@U1> <#C1|n> <!date^1392734382^{date}^https://l.example|18 Feb>"
        read = from_message({"text": said}, NAMES.get)
        assert read.to_plain() == "<b> & y (https://x) @Name #n 18 Feb"

    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("<@U9>", "@someone"),
            ("<@U9|dora>", "@dora"),
            ("<#C9>", "#room"),
            ("<#C9|>", "#room"),
            ("<!here> <!channel> <!everyone|everyone>", "@here @channel @everyone"),
            ("<!subteam^S1|@support> <!subteam^S2>", "@support @group"),
            ("<mailto:a@b.example|a@b.example>", "a@b.example"),
            ("<tel:+123|+123>", "+123"),
            ("<https://x.example>", "https://x.example"),
            ("<slack://open|app>", "app"),
            ("&amp;lt;", "&lt;"),
            (":wave::skin-tone-3: :smile: :our_logo:", "👋🏼 😄 :our_logo:"),
            ("12:30:45 std::x::y", "12:30:45 std::x::y"),
            ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
            ("a * b * c", "a * b * c"),
            ("&gt; said\n&gt; so\nno", "> said\n> so\nno"),
            ("hi\n&gt;&gt;&gt; all\nof it", "hi\n> all\n> of it"),
            ("```x &lt; *1* <https://x.example|l>```", "x < *1* l"),
            ("", ""),
        ],
    )
    def test_F53_mrkdwn(self, said: str, shown: str) -> None:
        assert from_message({"text": said}, NAMES.get).to_plain() == shown

    def test_R31_styles_of_mrkdwn(self) -> None:
        read = from_message({"text": "*b _bi_* ~s~ `c*d*` *<https://x.example|l>*"}, NAMES.get)
        bold, both = frozenset((Style.BOLD,)), frozenset((Style.BOLD, Style.ITALIC))
        assert read.blocks == (
            Paragraph(
                (
                    Span("b ", bold),
                    Span("bi", both),
                    Span(" "),
                    Span("s", frozenset((Style.STRIKE,))),
                    Span(" "),
                    Span("c*d*", frozenset((Style.CODE,))),
                    Span(" "),
                    Span("l", bold, "https://x.example"),
                )
            ),
        )

    def test_F53_blocks_are_preferred_and_show_no_ids(self) -> None:
        read = from_message(
            message(
                section(
                    text("Hi "),
                    {"type": "user", "user_id": "U1"},
                    text(" "),
                    {"type": "user", "user_id": "U9"},
                    text(" "),
                    {"type": "channel", "channel_id": "C9"},
                    text(" "),
                    {"type": "broadcast", "range": "here"},
                    text(" "),
                    {"type": "usergroup", "usergroup_id": "S9"},
                    text(" "),
                    {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "today"},
                    text(" "),
                    {"type": "color", "value": "#f00"},
                    text(" "),
                    {"type": "team", "team_id": "T1"},
                    {"type": "unheard_of"},
                )
            ),
            NAMES.get,
        )
        assert read.to_plain() == "Hi @Name @someone #room @here @group today #f00 @group"

    def test_R31_emoji_elements(self) -> None:
        read = from_message(
            message(
                section(
                    {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fc", "skin_tone": 3},
                    {"type": "emoji", "name": "wave", "skin_tone": 3},
                    {"type": "emoji", "name": "wave::skin-tone-3"},
                    {"type": "emoji", "name": "smile"},
                    {"type": "emoji", "name": "our_logo"},
                    {"type": "emoji", "name": "smile", "unicode": "nonsense"},
                )
            ),
            NAMES.get,
        )
        assert read.to_plain() == "👋🏼👋🏼👋🏼😄:our_logo:😄"

    def test_R31_parts_of_a_composed_message(self) -> None:
        read = from_message(
            message(
                section(text("List:\n")),
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "indent": 0,
                    "elements": [section(text("a")), section(text("b", bold=True))],
                },
                {"type": "rich_text_list", "style": "ordered", "indent": 1, "offset": 1, "elements": [section(text("c"))]},
                section(text("\nThen\n")),
                {"type": "rich_text_quote", "elements": [text("q"), {"type": "link", "url": "https://a.example/"}]},
                {"type": "rich_text_preformatted", "elements": [text("code\nmore")], "border": 0},
                section(text("end", italic=True)),
            ),
            NAMES.get,
        )
        assert read.to_plain() == "List:\n• a\n• b\n  2. c\n\nThen\n> qhttps://a.example/\ncode\nmore\nend"

    @pytest.mark.parametrize(
        "odd", [{}, {"blocks": None}, {"text": 5}, {"blocks": [5]}, {"blocks": [{"type": "rich_text"}]}, message({})]
    )
    def test_odd_messages_are_empty(self, odd: dict[str, Any]) -> None:
        assert not from_message({**odd, "text": ""}, NAMES.get)

    @fuzz
    @given(nasty_texts)
    def test_F53_any_mrkdwn_can_be_read(self, said: str) -> None:
        read = from_message({"text": said}, NAMES.get)
        assert RichText.from_json(read.to_json()).to_plain() == read.to_plain()


@fuzz
@given(shared_looks(*SHARED))
def test_R31_slack_to_telegram_and_back_keeps_styles(tree: RichText) -> None:
    from_slack = from_message({"blocks": to_blocks(tree)}, nobody)
    assert from_slack == tree
    assert from_entities(*to_entities(from_slack)).compact() == tree


@fuzz
@given(shared_looks(Style.CODE))
def test_R31_code_survives_slack_and_telegram(tree: RichText) -> None:
    assert from_entities(*to_entities(from_message({"blocks": to_blocks(tree)}, nobody))).compact() == tree


def test_a_joined_text_reads_in_order() -> None:
    blocks = to_blocks(join([RichText.plain("a"), RichText.plain("b")]))
    assert from_message({"blocks": blocks}, nobody).to_plain() == "a\nb"
