"""Notes and typed verbs, by any spelling (R25, F72)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import BulletList, Paragraph, Quote, RichText, Span, Style
from bot.domain.words import is_note, typed_verb, without_sign

UNSEEN = st.text("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f\u202e\u2066 \t\n\u00a0\u2003", max_size=6)
WORD = st.tuples(*[st.sampled_from((letter, letter.upper(), chr(ord(letter) + 0xFEE0))) for letter in "note"]).map("".join)


@given(before=UNSEEN, word=WORD, between=UNSEEN, colon=st.sampled_from(":：﹕"), rest=st.text())
def test_F72_any_spelling_of_note_is_a_note(before: str, word: str, between: str, colon: str, rest: str) -> None:
    assert is_note(f"{before}{word}{between}{colon}{rest}")


@given(before=UNSEEN, rest=st.text())
def test_F72_a_lock_is_a_note(before: str, rest: str) -> None:
    assert is_note(f"{before}🔒{rest}")


@pytest.mark.parametrize("said", ["!note: x", "/note: x", "! note x", "/Note, x", "!note", "/note-x"])
def test_F72_a_mistyped_verb_is_a_note(said: str) -> None:
    assert is_note(said)


@pytest.mark.parametrize(
    "said", ["", "notebook: x", "noted: x", "a note: x", "note x", "keynote: x", "!notes x", "x🔒", "no te: x"]
)
def test_other_words_are_none(said: str) -> None:
    assert not is_note(said)


@pytest.mark.parametrize(
    "block",
    [
        Paragraph((Span("no", frozenset({Style.BOLD})), Span("te: x"))),
        Paragraph((Span("note", link="https://shop.example"), Span(": x"))),
        Quote((Paragraph((Span("note: x"),)),)),
        BulletList((Paragraph((Span("note: x"),)),)),
    ],
)
def test_F72_looks_and_links_do_not_hide_a_note(block: Paragraph | Quote | BulletList) -> None:
    assert is_note(RichText((block,)).words)


def test_lines_stay_apart() -> None:
    assert not is_note(RichText((Paragraph((Span("no"),)), Quote((Paragraph((Span("te: x"),)),)))).words)


@pytest.mark.parametrize(
    ("platform", "said", "word"),
    [
        ("slack", "!Close", "close"),
        ("slack", "/close", None),
        ("telegram", "/close@our_bot", "close"),
        ("telegram", "!close", None),
    ],
)
def test_each_desk_has_its_own_sign(platform: str, said: str, word: str | None) -> None:
    found = typed_verb(platform, said)
    assert (found.word if found else None) == word


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("note: be kind", "be kind"),
        ("NOTE :\nbe kind", "be kind"),
        ("🔒 be kind", "be kind"),
        ("/ note be kind", "be kind"),
        ("note:", "note:"),
        ("be kind, note: she is", "be kind, note: she is"),
        ("> note: quoted", "> note: quoted"),
    ],
)
def test_R25_a_note_shows_without_its_sign_once_it_is_one(typed: str, shown: str) -> None:
    assert without_sign(RichText.plain(typed)).to_plain() == shown


def test_R25_R31_the_rest_keeps_its_looks() -> None:
    bold = Span("very", frozenset({Style.BOLD}))
    note = RichText((Paragraph((Span("note"), Span(": be "), bold)), Quote((Paragraph((Span("hi"),)),))))
    assert without_sign(note) == RichText((Paragraph((Span("be "), bold)), note.blocks[1]))
