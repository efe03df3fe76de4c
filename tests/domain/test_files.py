"""Names, sizes and titles of files (F60, R104)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.capabilities import CHANNELS, MB
from bot.domain.files import (
    NAME_LENGTH,
    Attachment,
    FileKind,
    body_of,
    safe_file_name,
    size_words,
    tidy,
    title,
    too_large_to_fetch,
    why_not,
)
from bot.domain.text import EMPTY, RichText

DOCUMENT = FileKind.DOCUMENT


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("a\0b.txt", "ab.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("  .hidden", "hidden"),
        ("..", "file"),
        ("", "file"),
        ("a<b>|c?.txt", "a_b__c_.txt"),
        ("two\nlines.txt", "twolines.txt"),
        ("Счёт № 5.pdf", "Счёт № 5.pdf"),
    ],
)
def test_F60_a_name_can_do_no_harm(given_name: str, safe: str) -> None:
    assert safe_file_name(given_name, DOCUMENT) == safe


def test_F60_a_long_name_keeps_its_ending() -> None:
    name = safe_file_name("x" * 300 + ".pdf", DOCUMENT)
    assert name.endswith(".pdf")
    assert len(name) <= NAME_LENGTH


@given(st.text(max_size=400))
def test_F60_any_name_becomes_one(name: str) -> None:
    safe = safe_file_name(name, DOCUMENT)
    assert safe and len(safe) <= NAME_LENGTH
    assert not set(safe) & set('/\\<>:"|?*\0\n\r')
    assert not safe.startswith(".")


def test_a_file_without_a_name_is_called_by_what_it_is() -> None:
    assert tidy(Attachment(kind=FileKind.PHOTO, mime="image/jpeg")).name == "photo.jpg"
    assert tidy(Attachment(kind=FileKind.VOICE, mime="audio/ogg")).name == "voice-message.ogg"


def test_titles_tell_what_size_and_how_long() -> None:
    assert title(DOCUMENT, "report.pdf", 12_000) == "📎 report.pdf (12 kB)"
    assert title(FileKind.VIDEO, "film.mp4", 21 * MB) == "🎬 film.mp4 (21 MB)"
    assert title(FileKind.VOICE, "", 9_000, seconds=72) == "🎤 Voice message (1:12)"
    assert title(FileKind.PHOTO, "photo.jpg", 9_000) == "📷 Photo"
    assert body_of(Attachment(kind=DOCUMENT, name="a.txt", size=10), RichText.plain("look")).to_plain() == "📎 a.txt (1 kB)\nlook"
    assert body_of(Attachment(kind=DOCUMENT, name="a.txt"), EMPTY).to_plain() == "📎 a.txt"
    assert body_of(None, RichText.plain("look")).to_plain() == "look"


def test_sizes_are_told_as_people_do() -> None:
    assert [size_words(size) for size in (0, 1, 1024, 1025, MB, int(1.5 * MB))] == ["", "1 kB", "1 kB", "2 kB", "1 MB", "1.5 MB"]


def test_R104_a_channel_says_what_it_does_not_take() -> None:
    telegram, whatsapp = CHANNELS["telegram"], CHANNELS["whatsapp"]
    assert why_not(telegram, 50 * MB, "video/mp4", "film.mp4") == ""
    assert why_not(telegram, 51 * MB, "video/mp4", "film.mp4") == "“film.mp4” has 51 MB; Telegram bot takes at most 50 MB."
    assert "at most 5 MB" in why_not(whatsapp, 6 * MB, "image/png", "big.png")
    assert why_not(whatsapp, 6 * MB, "application/pdf", "big.pdf") == ""
    assert "at most 20 MB from Telegram bot" in too_large_to_fetch(telegram, Attachment(kind=DOCUMENT, size=21 * MB), 100 * MB)
    assert "at most 10 MB" in too_large_to_fetch(whatsapp, Attachment(kind=DOCUMENT, size=11 * MB), 10 * MB)
