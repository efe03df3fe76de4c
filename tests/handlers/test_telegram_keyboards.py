"""The desk's posts in Telegram's shape: whatever people write or are called, it stays text, and it fits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.ports import History, Notice, Words
from bot.domain.actions import Button, Verb
from bot.domain.card import CardView
from bot.domain.ids import Moment
from bot.domain.text import Paragraph, RichText, Span, Style, storable, utf16_len
from bot.handlers.desks.telegram import keyboards
from bot.handlers.shared.telegram_draft import LIMIT, Draft, clipped, signed

NASTY = ["<b>x</b>", "*bold* _it_ `c`", "@channel", "a&lt;b", "[x](https://evil.example)", "👩‍👩‍👧‍👦" * 40, "/close", ""]
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=300)


def a_card(**changes: Any) -> CardView:
    given: dict[str, Any] = {
        "client": "Ann Lee",
        "logo": "✈️",
        "channel": "Telegram bot",
        "marks": "🆕",
        "status": "⚪ Unassigned",
        "time_word": "since",
        "time": Moment(1_764_000_000_000),
        "group": "🔵 Sales",
        "responsible": "Bob",
        "opening": RichText.plain("hello"),
        "buttons": (Button(Verb.START, "Start conversation", "1.1", "primary"), Button(Verb.CLOSE, "Close", "1.1", "danger")),
        **changes,
    }
    return CardView(**given)


def under(arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """What each entity covers."""
    raw = arguments["text"].encode("utf-16-le")
    return [
        (entity["type"], raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le"))
        for entity in arguments.get("entities", [])
    ]


class TestCard:
    def test_it_says_who_where_and_since_when(self) -> None:
        shown = keyboards.card(a_card())
        assert shown["text"] == (
            "✈️ Ann Lee · Telegram bot · 🆕\n⚪ Unassigned · since 24 Nov 16:00 UTC\n🔵 Sales · 👤 Bob\n\nhello"
        )
        assert under(shown) == [("bold", "Ann Lee"), ("date_time", "24 Nov 16:00 UTC")]
        assert shown["entities"][1]["unix_time"] == 1_764_000_000

    def test_buttons_stand_two_a_row_with_their_colours(self) -> None:
        (row,) = keyboards.card(a_card())["reply_markup"]["inline_keyboard"]
        assert row == [
            {"text": "Start conversation", "callback_data": "start:1.1", "style": "primary"},
            {"text": "Close", "callback_data": "close:1.1", "style": "danger"},
        ]
        assert keyboards.card(a_card(buttons=()))["reply_markup"] == {"inline_keyboard": []}
        three = tuple(Button(Verb.START, f"{number}", "1") for number in range(3))
        assert [len(row) for row in keyboards.keyboard(three)["inline_keyboard"]] == [2, 1]

    def test_a_pointer_links_where_the_address_is_safe(self) -> None:
        linked = keyboards.card(a_card(pointer="Earlier thread", link="https://example.com/x"))
        assert ("text_link", "Earlier thread") in under(linked)
        bare = keyboards.card(a_card(pointer="Earlier thread", link="javascript:alert(1)"))
        assert "➡️ Earlier thread" in bare["text"]
        assert all(kind != "text_link" for kind, _ in under(bare))

    @pytest.mark.parametrize("name", NASTY)
    def test_F50_names_stay_text(self, name: str) -> None:
        shown = keyboards.card(a_card(client=name, responsible=name or None, opening=RichText.plain(name)))
        assert {kind for kind, _ in under(shown)} <= {"bold", "date_time"}
        assert utf16_len(shown["text"]) <= LIMIT

    def test_the_first_words_keep_their_looks(self) -> None:
        opening = RichText((Paragraph((Span("🙂 "), Span("loud", frozenset({Style.BOLD})))),))
        assert under(keyboards.card(a_card(opening=opening)))[-1] == ("bold", "loud")

    def test_more_words_than_fit_are_cut_and_nothing_else_is(self) -> None:
        styled = RichText((Paragraph((Span("🙂" * 4000, frozenset({Style.BOLD})),)),))
        shown = keyboards.card(a_card(opening=styled))
        assert utf16_len(shown["text"]) <= LIMIT
        assert shown["text"].startswith("✈️ Ann Lee")
        assert shown["text"].endswith("…")
        assert len(under(shown)) == 2


class TestWords:
    def test_the_name_stands_bold_above(self) -> None:
        shown = keyboards.words(Words("Ann", "client", (RichText.plain("hi"),)))
        assert shown["text"] == "Ann\nhi"
        assert under(shown) == [("bold", "Ann")]
        assert keyboards.words(Words("Bob", "note", (RichText.plain("x"),)))["text"] == "📝 Bob · note, not sent\nx"
        assert keyboards.words(Words("Bob", "operator", (RichText.plain("x"),)))["text"] == "🧑‍💼 Bob\nx"

    def test_entities_move_behind_the_name(self) -> None:
        said = RichText((Paragraph((Span("go "), Span("now", frozenset({Style.ITALIC})))),))
        shown = keyboards.words(Words("🙂🙂", "client", (said, said)))
        assert shown["text"] == "🙂🙂\ngo now\ngo now"
        assert under(shown) == [("bold", "🙂🙂"), ("italic", "now"), ("italic", "now")]

    def test_the_name_gives_way_to_the_words(self) -> None:
        full = RichText.plain("x" * LIMIT)
        assert signed("Ann", (full,)) == {"text": "x" * LIMIT}
        most = signed("A" * 50, (RichText.plain("x" * (LIMIT - 11)),))
        assert most["text"].startswith("AAAAAAAAA…\nx")
        assert utf16_len(most["text"]) == LIMIT

    def test_without_a_name_there_is_no_line_for_it(self) -> None:
        assert signed("", (RichText.plain("hi"),)) == {"text": "hi"}

    @given(TEXTS, TEXTS, st.sampled_from(["client", "operator", "note", "reply"]))
    def test_F49_any_words_and_names_stay_text(self, author: str, text: str, kind: str) -> None:
        shown = keyboards.words(Words(author, kind, (RichText.plain(text),)))
        assert shown["text"].endswith(storable(text))
        assert utf16_len(shown["text"]) <= LIMIT
        assert {kind for kind, _ in under(shown)} <= {"bold"}


class TestTheRest:
    def test_notices_carry_their_buttons(self) -> None:
        shown = keyboards.notice(Notice("Send it?", buttons=(Button(Verb.SEND_ONCE, "Send once", "7"),)))
        assert shown["reply_markup"]["inline_keyboard"] == [[{"text": "Send once", "callback_data": "send_once:7"}]]
        assert utf16_len(keyboards.notice(Notice("🙂" * 5000))["text"]) <= LIMIT

    def test_history_loses_its_oldest_lines_first(self) -> None:
        lines = tuple(("Ann", f"{number} " + "x" * 500) for number in range(20))
        shown = keyboards.history(History("Earlier", lines))
        assert utf16_len(shown["text"]) <= LIMIT
        assert "19 xxx" in shown["text"]
        assert "\nAnn: 0 " not in shown["text"]
        assert under(shown)[0] == ("italic", "🕘 Earlier")
        assert keyboards.history(History("Earlier", (("Bob", "hi"),)))["text"] == "🕘 Earlier\nBob: hi"

    def test_topic_names_are_one_line_of_128(self) -> None:
        assert keyboards.topic_name("Ann\n Lee") == "Ann Lee"
        assert utf16_len(keyboards.topic_name("🙂" * 200)) <= 128
        assert keyboards.topic_name(" \n") == "Client"

    def test_data_fits_telegrams_64_bytes(self) -> None:
        assert all(len(Button(verb, "x", "9" * 40).data.encode()) <= 64 for verb in Verb)


class TestDraft:
    @given(TEXTS, st.integers(0, 60))
    def test_clipping_tears_nothing_and_fits(self, text: str, units: int) -> None:
        cut = clipped(text, units)
        assert utf16_len(cut) <= max(units, 0)
        assert cut in (text, "") or text.startswith(cut[:-1])

    def test_shortening_takes_entities_along(self) -> None:
        draft = Draft().put("🙂a", "bold").put("bcd", "italic")
        draft.shorten(3)
        assert (draft.text, draft.size) == ("🙂a", 3)
        assert [entity["type"] for entity in draft.entities] == ["bold"]
