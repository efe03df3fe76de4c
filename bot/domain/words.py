"""What a text written in a thread is: a verb, a note, or words for the client (R25, F72)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from bot.domain.text import Paragraph, RichText, Span

PREFIXES = {"slack": "!", "telegram": "/"}
DESK_PREFIXES = {"slack": "/desk ", "telegram": "/"}
"""Before words said to the bot itself: its slash command, its private chat."""
"""What a typed verb begins with. Slack's composer keeps ``/`` for itself, and refuses it in threads."""
_VERB = re.compile(r"^[!/]([A-Za-z_]+)(?:@\w+)?(?:\s+(.*))?$", re.DOTALL)
_NOTE = re.compile(r"^[\s>]*(?:note\s*:|[!/]\s*note\b|🔒)", re.IGNORECASE)
_SIGN = re.compile(r"\s*(?:note\s*[:：]|[!/]\s*note\b\s*:?|🔒)\s*", re.IGNORECASE)
_UNSEEN = frozenset(("Cf", "Cc", "Mn"))
"""Categories of characters that stand in nobody's way: controls, joiners, marks that vary the character before them."""


@dataclass(frozen=True, slots=True)
class TypedVerb:
    """``!close`` or ``/close@bot``; ``rest`` is what follows."""

    word: str
    rest: str


def typed_verb(platform: str, plain: str) -> TypedVerb | None:
    """The verb a text begins with on this platform, known or not; None for words."""
    text = plain.strip()
    if not text.startswith(PREFIXES[platform]):
        return None
    found = _VERB.match(text)
    return TypedVerb(found[1].lower(), (found[2] or "").strip()) if found else None


def is_note(plain: str) -> bool:
    """Whether the text must never leave: ``note:`` in any case and spacing, or 🔒; also a ``!note`` or ``/note`` mistyped.

    Invisible characters and look-alike forms (full-width letters and colons) don't get around it.
    """
    bare = "".join(
        char for char in unicodedata.normalize("NFKC", plain) if unicodedata.category(char) not in _UNSEEN or char.isspace()
    )
    return bool(_NOTE.match(bare))


def without_sign(note: RichText) -> RichText:
    """A note without the sign that made it one, for where 📝 says so already; one that is written otherwise stays as it is."""
    first = note.blocks[0] if note.blocks else None
    if not isinstance(first, Paragraph):
        return note
    found = _SIGN.match("".join(span.text for span in first.spans))
    if found is None:
        return note
    left, kept = found.end(), list[Span]()
    for span in first.spans:
        text = span.text[left:]
        left = max(0, left - len(span.text))
        if text:
            kept.append(replace(span, text=text))
    bare = RichText((*((Paragraph(tuple(kept)),) if kept else ()), *note.blocks[1:]))
    return bare or note
