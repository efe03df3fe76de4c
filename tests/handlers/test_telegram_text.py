from __future__ import annotations

from typing import Any

import pytest
from aiogram.types import MessageEntity
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style, safe_link, utf16_len
from bot.handlers.shared.telegram_text import from_entities, to_entities
from tests import aiogram_models  # noqa: F401 - builds them
from tests.text_trees import FAMILY, fuzz, nasty_texts, shared_looks, trees

LONELY = ("code", "pre")
KINDS = (
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "code",
    "pre",
    "blockquote",
    "expandable_blockquote",
    "text_link",
    "url",
    "email",
    "phone_number",
    "text_mention",
    "mention",
    "hashtag",
    "custom_emoji",
    "date_time",
    "unheard_of",
)


def entity(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


def valid(text: str, entities: list[dict[str, Any]]) -> None:
    """What the Bot API demands of entities."""
    raw = text.encode("utf-16-le")
    for one in entities:
        MessageEntity.model_validate(one)
        assert one["offset"] >= 0
        assert one["length"] > 0
        assert one["offset"] + one["length"] <= len(raw) // 2
        part = raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")  # fails on a torn pair
        assert part.strip()
        if one["type"] not in ("pre", "blockquote"):
            assert part == part.strip()
        if one["type"] == "text_link":
            assert safe_link(one["url"])
            assert one["url"].lower().startswith("http")
    for index, one in enumerate(entities):
        begin, end = one["offset"], one["offset"] + one["length"]
        for other in entities[index + 1 :]:
            first, last = other["offset"], other["offset"] + other["length"]
            assert begin <= first  # sorted, outer first
            if first < end:
                assert last <= end
                assert one["type"] not in LONELY


class TestOutbound:
    @fuzz
    @given(trees)
    def test_F51_entities_of_any_tree_are_valid(self, tree: RichText) -> None:
        text, entities = to_entities(tree)
        valid(text, entities)
        assert from_entities(text, entities).to_plain() == tree.to_plain()

    @fuzz
    @given(nasty_texts)
    def test_F51_plain_text_needs_no_entities(self, said: str) -> None:
        text, entities = to_entities(RichText.plain(said))
        assert entities == []
        assert text == said.replace("\x00", "\ufffd")

    def test_R31_every_kind_of_block(self) -> None:
        bold, both = frozenset((Style.BOLD,)), frozenset((Style.BOLD, Style.ITALIC))
        tree = RichText(
            (
                Paragraph((Span("👍 "), Span("bold ", bold), Span("both", both), Span(" link ", link="https://a.example/"))),
                Quote((Paragraph((Span("q1"),)), Paragraph((Span("q2"),)))),
                CodeBlock("x = 1", "python"),
                BulletList((Paragraph((Span("item", frozenset((Style.CODE,))),)),)),
            )
        )
        assert to_entities(tree) == (
            "👍 bold both link \nq1\nq2\nx = 1\n• item",
            [
                entity("bold", 3, 9),
                entity("italic", 8, 4),
                entity("text_link", 13, 4, url="https://a.example/"),
                entity("blockquote", 19, 5),
                entity("pre", 25, 5, language="python"),
                entity("code", 33, 4),
            ],
        )

    def test_F51_overlapping_styles_are_nested(self) -> None:
        bold, italic = frozenset((Style.BOLD,)), frozenset((Style.ITALIC,))
        text, entities = to_entities(RichText((Paragraph((Span("ab", bold), Span("cd", bold | italic), Span("ef", italic))),)))
        assert text == "abcdef"
        assert entities == [entity("bold", 0, 4), entity("italic", 2, 2), entity("italic", 4, 2)]
        assert from_entities(text, entities).to_json() == [["p", ["ab", "b"], ["cd", "bi"], ["ef", "i"]]]

    @pytest.mark.parametrize(
        ("label", "link", "shown"),
        [
            ("write", "mailto:a@b.example", "write (a@b.example)"),
            ("call", "tel:+12", "call (+12)"),
            ("here", "https://localhost/x", "here (https://localhost/x)"),
            ("x", "javascript:alert(1)", "x"),
            ("x", "tg://user?id=1", "x"),
        ],
    )
    def test_F54_addresses_telegram_cannot_link_are_written_out(self, label: str, link: str, shown: str) -> None:
        assert to_entities(RichText((Paragraph((Span(label, link=link),)),))) == (shown, [])

    def test_lone_surrogates_do_not_break_the_request(self) -> None:
        text, _ = to_entities(RichText((Paragraph((Span("a\ud83d", frozenset((Style.BOLD,))), Span("\ude00b"))),)))
        assert text.encode()


class TestInbound:
    @pytest.mark.parametrize("nothing", [None, []])
    def test_no_entities(self, nothing: list[dict[str, Any]] | None) -> None:
        assert from_entities("a *b*\nc", nothing) == RichText.plain("a *b*\nc")

    def test_R31_entities_count_in_utf16(self) -> None:
        text = f"{FAMILY} bold"
        read = from_entities(text, [entity("bold", utf16_len(FAMILY) + 1, 4)])
        assert read.to_json() == [["p", f"{FAMILY} ", ["bold", "b"]]]

    @pytest.mark.parametrize(
        ("kind", "more", "stored"),
        [
            ("bold", {}, ["a.example", "b"]),
            ("italic", {}, ["a.example", "i"]),
            ("underline", {}, ["a.example", "u"]),
            ("strikethrough", {}, ["a.example", "s"]),
            ("spoiler", {}, ["a.example", "x"]),
            ("code", {}, ["a.example", "c"]),
            ("text_link", {"url": "https://b.example/"}, ["a.example", "", "https://b.example/"]),
            ("url", {}, ["a.example", "", "http://a.example"]),
            ("text_mention", {"user": {"id": 42, "first_name": "A"}}, "@a.example"),
        ],
    )
    def test_R31_each_type(self, kind: str, more: dict[str, Any], stored: object) -> None:
        read = from_entities("see a.example", [entity(kind, 4, 9, **more)])
        expected = "see @a.example" if kind == "text_mention" else [["p", "see ", stored]]
        assert read.to_json() == expected

    @pytest.mark.parametrize("kind", ["mention", "hashtag", "cashtag", "bot_command", "custom_emoji", "date_time", "unheard_of"])
    def test_R31_types_that_are_only_their_text(self, kind: str) -> None:
        assert from_entities("see this", [entity(kind, 4, 4, custom_emoji_id="5")]).to_json() == "see this"

    def test_R31_blocks(self) -> None:
        text = "before\nquoted bold\nlines\nbetween\ncode()\nafter"
        read = from_entities(
            text,
            [entity("expandable_blockquote", 7, 17), entity("bold", 14, 4), entity("pre", 33, 6, language="python")],
        )
        assert read.to_json() == [
            ["p", "before"],
            ["q", ["quoted ", ["bold", "b"], "\nlines"]],
            ["p", "between"],
            ["c", "code()", "python"],
            ["p", "after"],
        ]

    def test_R31_a_quote_in_the_middle_of_a_line_stands_alone(self) -> None:
        assert from_entities("abc", [entity("blockquote", 1, 1)]).to_plain() == "a\n> b\nc"

    def test_R31_code_inside_a_quote(self) -> None:
        read = from_entities("a\nx\nb", [entity("blockquote", 0, 5), entity("pre", 2, 1)])
        assert read.to_json() == [["q", ["a\n", ["x", "c"], "\nb"]]]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "tg://user?id=42", "data:text/html,x", "", None])
    def test_F54_unsafe_links_are_dropped(self, url: object) -> None:
        assert from_entities("click", [entity("text_link", 0, 5, url=url)]).to_json() == "click"

    @fuzz
    @given(
        nasty_texts,
        st.lists(st.builds(entity, st.sampled_from(KINDS), st.integers(-3, 40), st.integers(-3, 40)), max_size=6),
    )
    def test_F51_any_entities_can_be_read(self, text: str, entities: list[dict[str, Any]]) -> None:
        read = from_entities(text, entities)
        words = "".join(text.replace("\x00", "\ufffd").replace("@", "").replace(">", "").split())
        assert "".join(read.to_plain().replace("@", "").replace(">", "").split()).startswith(words[:1])
        valid(*to_entities(read))

    @fuzz
    @given(shared_looks(*[style for style in Style if style is not Style.CODE]))
    def test_R31_styles_come_back(self, tree: RichText) -> None:
        assert from_entities(*to_entities(tree)).compact() == tree
