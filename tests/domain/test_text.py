from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import (
    BulletList,
    CodeBlock,
    Paragraph,
    Quote,
    RichText,
    Span,
    Style,
    clean_name,
    graphemes,
    join,
    safe_link,
    split,
    storable,
    utf16_len,
)
from tests.text_trees import FAMILY, fuzz, nasty_texts, simple_trees, texts, trees

BOLD = frozenset((Style.BOLD,))


def bare(text: str) -> str:
    return "".join(text.split())


class TestTree:
    def test_plain_keeps_every_character(self) -> None:
        assert RichText.plain("a\n\n *b* <c>").to_plain() == "a\n\n *b* <c>"

    def test_blocks_stand_one_below_the_other(self) -> None:
        text = RichText(
            (
                Paragraph((Span("see "), Span("here", BOLD, "https://a.example/"), Span("!"))),
                Quote((Paragraph((Span("one\ntwo"),)),)),
                CodeBlock("x = 1", "python"),
                BulletList((Paragraph((Span("a"),)), Paragraph((Span("b"),))), 1),
                BulletList((Paragraph((Span("c"),)), Paragraph((Span("d"),))), 0, 9),
            )
        )
        assert text.to_plain() == "see here (https://a.example/)!\n> one\n> two\nx = 1\n  • a\n  • b\n9. c\n10. d"

    @pytest.mark.parametrize(
        ("label", "link", "shown"),
        [
            ("https://a.example", "https://a.example/", "https://a.example"),
            ("a.example", "http://a.example", "a.example"),
            ("Ann ", "mailto:ann@a.example", "Ann (ann@a.example) "),
            ("ann@a.example", "mailto:ann@a.example", "ann@a.example"),
            ("+1 (23) 45", "tel:+12345", "+1 (23) 45"),
            ("click", "javascript:alert(1)", "click"),
            ("Bob", "tg://user?id=42", "Bob"),
            (" ", "https://a.example", "(https://a.example) "),
        ],
    )
    def test_F54_only_safe_addresses_are_shown(self, label: str, link: str, shown: str) -> None:
        assert RichText((Paragraph((Span(label, link=link),)),)).to_plain() == shown

    def test_empty_and_blank_texts_are_false(self) -> None:
        assert not RichText()
        assert not RichText.plain("")
        assert RichText.plain(" \n").is_empty
        assert RichText.plain("x")
        assert RichText((Quote((Paragraph((Span("x"),)),)),))

    def test_join_and_add(self) -> None:
        name, words = RichText((Paragraph((Span("Ann: ", BOLD),)),)), RichText.plain("hello")
        assert join([name, RichText(), words]).to_plain() == "Ann: \nhello"
        assert (name + words).to_plain() == "Ann: hello"
        assert (words + RichText((CodeBlock("x"),))).to_plain() == "hello\nx"
        assert RichText() + words == words

    def test_unstyled_text_is_stored_as_a_string(self) -> None:
        assert RichText.plain("hello\nyou").to_json() == "hello\nyou"
        assert RichText().to_json() == ""
        styled = RichText((Paragraph((Span("a", BOLD | {Style.ITALIC}), Span("b", link="https://x.example"))), CodeBlock("c")))
        assert styled.to_json() == [["p", ["a", "bi"], ["b", "", "https://x.example"]], ["c", "c", ""]]

    @pytest.mark.parametrize("data", [None, 1, {}, [1], [["z"]], [["p", 1]], [["p", ["a", "?"]]], [["q", "x"]], [["c", "x"]]])
    def test_foreign_stored_forms_are_refused(self, data: object) -> None:
        with pytest.raises(ValueError):
            RichText.from_json(data)

    @fuzz
    @given(trees)
    def test_R31_stored_form_gives_the_tree_back(self, tree: RichText) -> None:
        back = RichText.from_json(json.loads(json.dumps(tree.to_json())))
        assert back.compact() == tree.compact() or isinstance(tree.to_json(), str)
        assert back.to_plain() == tree.to_plain() == tree.compact().to_plain()
        assert bool(back) == bool(tree)

    def test_storable_mends_surrogates_and_nul(self) -> None:
        assert storable("a\ud83d\ude00b\ud800\x00") == "a😀b\ufffd\ufffd"


class TestLinks:
    @pytest.mark.parametrize(
        "url",
        [
            "https://a.example",
            "http://a.example/x?y=1#z",
            "HTTPS://a.example",
            "mailto:a@b.example",
            "tel:+49 30".replace(" ", ""),
        ],
    )
    def test_safe(self, url: str) -> None:
        assert safe_link(url)

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "tg://user?id=1",
            "//a.example",
            "https://",
            "http:///x",
            " https://a.example",
            "https://a.example/\n",
            "https://a\u202e.example",
            'https://a.example/"onclick=',
            "https://a.example/<b>",
            "java\tscript:alert(1)",
            "vbscript:x",
            "file:///etc/passwd",
            "https://a.example/" + "x" * 3000,
            "",
            None,
            5,
            "mailto:",
            "tel:x",
        ],
    )
    def test_F54_unsafe(self, url: object) -> None:
        assert not safe_link(url)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("Ann Smith", "Ann Smith"),
            ("  Ann \n\t Smith ", "Ann Smith"),
            ("", "Unnamed client"),
            ("\u200b\u202e \u2066\ufeff", "Unnamed client"),
            ("\u3164\u2800", "Unnamed client"),
            ("\u0301\u0301", "Unnamed client"),
            ("Ann\u202egnp.exe", "Anngnp.exe"),
            ("A\u200bn\u00adn", "Ann"),
            ("<!channel>", "<!channel>"),
            ("*bold* @here", "*bold* @here"),
            ("<3</a>", "<3</a>"),
            ("👩\u200d💻 Zoë", "👩\u200d💻 Zoë"),
            (FAMILY, FAMILY),
            ("🇩🇪 👍🏽 ❤️", "🇩🇪 👍🏽 ❤️"),
            ("می\u200cخواهم", "می\u200cخواهم"),
            ("A\u200cnn", "Ann"),
            ("z" + "\u0302" * 50, "\u1e91" + "\u0302" * 4),
            ("a\x00b", "a\ufffdb"),
        ],
    )
    def test_F50_names_are_made_harmless(self, name: str, shown: str) -> None:
        assert clean_name(name) == unicodedata.normalize("NFC", shown)

    def test_F50_a_long_name_is_cut_between_graphemes(self) -> None:
        assert clean_name("x" * 80) == "x" * 80
        assert clean_name("ß" * 81) == "ß" * 79 + "…"
        shown = clean_name("x" * 5000)
        assert shown == "x" * 79 + "…"
        shown = clean_name(FAMILY * 500)
        assert shown.endswith("…")
        assert set(graphemes(shown.removesuffix("…"))) == {FAMILY}

    @fuzz
    @given(nasty_texts)
    def test_F50_any_name_is_one_visible_line(self, name: str) -> None:
        shown = clean_name(name)
        assert shown.strip() == shown
        assert shown
        assert len(list(graphemes(shown))) <= 80
        assert utf16_len(shown) <= 400
        assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")]
        assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")
        assert clean_name(shown) == shown


class TestSplit:
    @pytest.mark.parametrize(
        ("text", "limit", "pieces"),
        [
            ("short", 10, ["short"]),
            ("first line\nsecond line", 15, ["first line", "second line"]),
            ("One is here. Two is there.", 20, ["One is here.", "Two is there."]),
            ("one two three four", 9, ["one two", "three", "four"]),
            ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
            ("ab" + FAMILY + "cd", 12, ["ab", FAMILY + "c", "d"]),
            ("🇩🇪🇫🇷🇪🇸", 10, ["🇩🇪🇫🇷", "🇪🇸"]),
            ("e\u0301e\u0301e\u0301", 5, ["e\u0301e\u0301", "e\u0301"]),
            ("👍🏽👍🏽", 7, ["👍🏽", "👍🏽"]),
        ],
    )
    def test_F51_cuts_at_borders(self, text: str, limit: int, pieces: list[str]) -> None:
        assert [piece.to_plain() for piece in split(RichText.plain(text), limit)] == pieces

    def test_F51_the_first_piece_may_be_smaller(self) -> None:
        pieces = split(RichText.plain("one two three four"), 20, first=8)
        assert [piece.to_plain() for piece in pieces] == ["one two", "three four"]
        pieces = split(RichText.plain(FAMILY), 20, first=3)
        assert [piece.to_plain() for piece in pieces] == ["", FAMILY]
        assert [piece.to_plain() for piece in split(RichText.plain("ab"), 20, first=0)] == ["", "ab"]

    def test_F51_a_limit_without_room_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="limit"):
            split(RichText.plain("abc"), 1)

    def test_F51_styles_quotes_code_and_lists_go_on(self) -> None:
        bold = RichText((Paragraph((Span("aaa bbb", BOLD),)),))
        assert split(bold, 4) == [RichText((Paragraph((Span(word, BOLD),)),)) for word in ("aaa", "bbb")]
        quote = RichText((Quote((Paragraph((Span("word " * 30),)),)),))
        assert all(isinstance(piece.blocks[0], Quote) for piece in split(quote, 70))
        code = RichText((CodeBlock("  if x:\n" * 20, "python"),))
        pieces = split(code, 70)
        assert all(piece.blocks[0] == CodeBlock(piece.to_plain(), "python") for piece in pieces)
        assert "\n".join(piece.to_plain() for piece in pieces) == "  if x:\n" * 20
        numbers = RichText((BulletList(tuple(Paragraph((Span("item"),)) for _ in range(30)), 0, 1),))
        assert "\n".join(piece.to_plain() for piece in split(numbers, 70)) == numbers.to_plain()

    def test_F51_a_cut_item_of_a_list_goes_on_without_a_second_marker(self) -> None:
        numbers = RichText((BulletList((Paragraph((Span("word " * 20 + "end"),)), Paragraph((Span("two"),))), 0, 1),))
        plain = [piece.to_plain() for piece in split(numbers, 64)]
        assert plain[0].startswith("1. word")
        assert plain[1].startswith("word")
        assert plain[-1].endswith("end\n2. two")

    def test_F51_a_link_is_not_cut_and_one_too_long_is_written_out(self) -> None:
        link = Span("two words", link="https://a.example/")
        pieces = split(RichText((Paragraph((Span("some text and "), link)),)), 40)
        assert [piece.to_plain() for piece in pieces] == ["some text and", "two words (https://a.example/)"]
        assert pieces[1].blocks == (Paragraph((link,)),)
        long = RichText((Paragraph((Span("label", link="https://a.example/" + "x" * 100),)),))
        assert bare("".join(piece.to_plain() for piece in split(long, 40))) == bare(long.to_plain())

    @fuzz
    @given(texts, st.integers(2, 30), st.one_of(st.none(), st.integers(0, 30)))
    def test_F51_any_text_is_cut_without_tearing_or_loss(self, text: str, limit: int, first: int | None) -> None:
        pieces = [piece.to_plain() for piece in split(RichText.plain(text), limit, first)]
        rooms = [limit if first is None else min(first, limit), *[limit] * len(pieces)]
        assert all(utf16_len(piece) <= room for piece, room in zip(pieces, rooms, strict=False))
        assert bare("".join(pieces)) == bare(text)
        if max(map(utf16_len, graphemes(text)), default=0) <= limit:
            torn = [part for piece in pieces for part in graphemes(piece) if not part.isspace()]
            assert bare("".join(torn)) == bare(text)
            assert len(torn) <= len([part for part in graphemes(text) if not part.isspace()])

    @fuzz
    @given(trees, st.integers(2, 120), st.one_of(st.none(), st.integers(0, 60)))
    def test_F51_pieces_of_any_tree_fit(self, tree: RichText, limit: int, first: int | None) -> None:
        pieces = split(tree, limit, first)
        assert pieces
        for index, piece in enumerate(pieces):
            room = min(first, limit) if first is not None and index == 0 else limit
            assert utf16_len(piece.to_plain()) <= room

    @fuzz
    @given(simple_trees, st.integers(2, 120))
    def test_F51_pieces_of_a_tree_lose_only_white_space(self, tree: RichText, limit: int) -> None:
        pieces = split(tree, limit)
        assert bare("".join(piece.to_plain() for piece in pieces)) == bare(tree.to_plain())
