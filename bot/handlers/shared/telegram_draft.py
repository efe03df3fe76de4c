"""A Telegram text being put together: plain text under entities, never markup, so that nobody's words can format (F51).

Offsets count UTF-16 units (https://core.telegram.org/bots/api#messageentity).
"""

from __future__ import annotations

from typing import Any

from bot.delivery.ports import Quoted
from bot.domain.text import RichText, graphemes, join, utf16_len
from bot.handlers.shared.telegram_text import Entity, to_entities

LIMIT = 4096
CAPTION = 1024
QUOTED = 160
"""Units of a quoted message that is told in words, where Telegram can't point to it."""
Arguments = dict[str, Any]


class Draft:
    """Collects text and its entities, in order."""

    __slots__ = ("_parts", "entities", "size")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.entities: list[Entity] = []
        self.size = 0

    @property
    def text(self) -> str:
        """What was put so far."""
        return "".join(self._parts)

    def put(self, text: str, kind: str = "", **more: Any) -> Draft:
        """Append plain text; ``kind`` is an entity type over all of it."""
        length = utf16_len(text)
        if kind and text.strip():
            self.entities.append({"type": kind, "offset": self.size, "length": length, **more})
        self._parts.append(text)
        self.size += length
        return self

    def put_rich(self, text: RichText) -> Draft:
        """Append a rich text with its own entities."""
        plain, entities = to_entities(text)
        for entity in entities:
            entity["offset"] += self.size
        self.entities += entities
        self._parts.append(plain)
        self.size += utf16_len(plain)
        return self

    def shorten(self, size: int) -> None:
        """Take back what was put beyond ``size`` units, an earlier end of this draft."""
        kept = self.text.encode("utf-16-le")[: 2 * size].decode("utf-16-le")
        self._parts = [kept]
        self.entities = [entity for entity in self.entities if entity["offset"] + entity["length"] <= size]
        self.size = size

    def arguments(self) -> dict[str, Any]:
        """``text`` and ``entities`` of sendMessage and editMessageText."""
        return {"text": self.text, "entities": self.entities} if self.entities else {"text": self.text}


def signed(
    author: str,
    parts: tuple[RichText, ...],
    *,
    before: str = "",
    after: str = "",
    quote: Quoted | None = None,
    limit: int = LIMIT,
) -> Arguments:
    """``text`` and ``entities`` of words under a bold name; ``before`` and ``after`` stand beside the name.

    What is answered to stands in a line between where Telegram can't point to it. Quote and name give way when room is short.
    """
    body = parts[0] if len(parts) == 1 else join(parts)
    plain, entities = to_entities(body)
    draft = Draft()
    room = limit - utf16_len(plain) - 1
    if author or before:
        head = f"{before}{clipped(author, 256)}{after}"
        if utf16_len(head) > room:
            head = clipped(author, room)
        if head:
            draft.put(head, "bold")
            room -= draft.size + 1
    if quote is not None and not quote.remote_id.isdecimal():
        line = clipped(f"{quote.author}: {quote.text}" if quote.author else quote.text, min(room, QUOTED))
        if line:
            draft.put("\n" if draft.size else "").put(line, "blockquote")
    if draft.size and plain:
        draft.put("\n")
    for entity in entities:
        entity["offset"] += draft.size
    draft.entities += entities
    return draft.put(plain).arguments()


def clipped(text: str, units: int) -> str:
    """As much of the text as fits, ending in … when cut; no character is torn."""
    if utf16_len(text) <= units:
        return text
    kept: list[str] = []
    size = 1
    for piece in graphemes(text):
        size += utf16_len(piece)
        if size > units:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…" if kept else ""
