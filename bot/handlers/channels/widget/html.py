"""Rich text as a visitor's browser shows it, and what a visitor types as rich text (R31)."""

from __future__ import annotations

from bot.domain.text import RichText
from bot.handlers.shared.emoji_codes import emojize
from bot.handlers.shared.html import to_html

__all__ = ["from_plain", "to_html"]


def from_plain(text: str) -> RichText:
    """What a visitor typed: no markup, ``:codes:`` as emoji, newlines of any kind as one."""
    return RichText.plain(emojize(text.replace("\r\n", "\n").replace("\r", "\n")))
