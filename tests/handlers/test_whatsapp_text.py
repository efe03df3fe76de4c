"""WhatsApp's marks, read and written."""

from __future__ import annotations

import pytest

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style
from bot.handlers.channels.whatsapp.codes import reason_of
from bot.handlers.channels.whatsapp.inbound import words_of
from bot.handlers.channels.whatsapp.text import from_marks, to_marks
from bot.languages import in_language

BOLD, ITALIC, STRIKE, CODE = (frozenset({style}) for style in (Style.BOLD, Style.ITALIC, Style.STRIKE, Style.CODE))


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "*bold* and _italic_, ~struck~ or `code`",
        "two\nlines",
        "> quoted\n> twice\nand not",
        "```x = 1\ny = *2*```",
        "before\n```code```\nafter",
        "",
    ],
)
def test_what_is_read_is_written_the_same(text: str) -> None:
    assert to_marks(from_marks(text)) == text


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "snake_case_name", "a*b*c", "* not bold *", "*", "**", "~ ~", "https://x.example/a_b_c"]
)
def test_a_mark_counts_at_the_border_of_a_word_only(text: str) -> None:
    assert from_marks(text).to_plain() == text


def test_styles_are_read() -> None:
    assert from_marks("*a* _b_ ~c~ `d`") == RichText(
        (Paragraph((Span("a", BOLD), Span(" "), Span("b", ITALIC), Span(" "), Span("c", STRIKE), Span(" "), Span("d", CODE))),)
    )


def test_what_whatsapp_has_no_marks_for_is_words() -> None:
    rich = RichText(
        (
            Paragraph((Span(" bold ", BOLD), Span("site", link="https://x.example/"))),
            Quote((Paragraph((Span("q"),)),)),
            BulletList((Paragraph((Span("one"),)), Paragraph((Span("two"),)))),
            CodeBlock("c"),
        )
    )
    assert to_marks(rich) == " *bold* site (https://x.example/)\n> q\n• one\n• two\n```c```"


def test_what_has_no_words_says_what_it_was_in_the_groups_language() -> None:
    place = {"location": {"latitude": 1.5, "longitude": 2.5}}
    assert words_of("location", place, "").to_plain() == "📍 Location\nhttps://maps.google.com/?q=1.5,2.5"
    assert words_of("location", place, "ru").to_plain() == "📍 Геопозиция\nhttps://maps.google.com/?q=1.5,2.5"
    assert words_of("hologram", {}, "ru").to_plain().startswith("(WhatsApp не может передать это сообщение: hologram.")


def test_an_error_code_is_told_in_words_and_an_unknown_one_in_whatsapps_own() -> None:
    assert in_language(reason_of(131052, "ignored"), "ru") == "WhatsApp не смог получить файл."
    assert reason_of(999, " so  it is ") == "WhatsApp says: so it is (999)"
    assert in_language(reason_of(100, "bad param"), "ru") == "WhatsApp не принимает это в таком виде. bad param (100)"
    assert in_language(reason_of(999, ""), "ru") == "WhatsApp сообщает: (999)"
