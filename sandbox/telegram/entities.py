"""Text and its entities: UTF-16 lengths, cleaning, repair and detection.

Follows ``tdlib/td MessageEntity.cpp``: ``fix_formatted_text`` (refuse wrong bounds, drop empty
entities, nest or split the rest, trim, cut what hangs over) and, simpler, ``find_entities``.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from sandbox.telegram.errors import bad

Entity = dict[str, Any]

SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
BLOCKQUOTES = frozenset(("blockquote", "expandable_blockquote"))
CODE = frozenset(("code", "pre"))
DETECTED = frozenset(("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"))
_ORDER = {"pre": 10, "code": 20, "blockquote": 0, "expandable_blockquote": 0, "text_link": 49, "text_mention": 49}
_ORDER |= {"bold": 90, "italic": 91, "underline": 92, "strikethrough": 93, "spoiler": 94, "custom_emoji": 99}

# ``clean_input_string``: control characters become spaces; \r, some directional marks and combining lines go.
_CLEAN: dict[int, str | None] = {code: " " for code in range(32) if code not in (10, 13)}
_CLEAN |= {13: None, **dict.fromkeys(range(0x2028, 0x202F)), 0x333: None, 0x33F: None, 0x30A: None}
_UNCLEAN = re.compile("[\x00-\x09\x0b-\x1f\u2028-\u202e\u0333\u033f\u030a]")

_FIND = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})"
    r"|(?P<url>(?<![\w@.])(?:(?:https?|ftp|tonsite)://[^\s<>\"']+"
    r"|(?:[A-Za-z0-9-]+\.)+(?:com|org|net|ru|io|me|dev|app|info|co|uk|de|fr|ua|eu|ai|gg|xyz|example)"
    r"(?![\w.]*@)(?:[/?#][^\s<>\"']*)?(?![\w-])))"
    r"|(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<![\w@])@[A-Za-z0-9_]{3,32}(?!\w))"
    r"|(?P<hashtag>(?<![\w#])#(?=\w*[^\W\d_])\w{1,256})"
    r"|(?P<phone_number>(?<![\w+])\+\d[\d ()-]{8,16}\d(?!\w))"
)
_WORTH_A_LOOK = re.compile(r"[@/#.+]")
_URL_TAIL = ".,:;!?)]}*_"


def length16(text: str) -> int:
    """Length in UTF-16 code units, the unit of every limit and offset."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def slice16(text: str, offset: int, length: int) -> str:
    """The part of a text that an entity covers."""
    raw = text.encode("utf-16-le", "surrogatepass")[2 * offset : 2 * (offset + length)]
    return raw.decode("utf-16-le", "replace")


def sort_entities(entities: list[Entity]) -> None:
    """By offset, longer first, then by rank of type (``MessageEntity::operator<``)."""
    entities.sort(key=lambda e: (e["offset"], -e["length"], _ORDER.get(e["type"], 50)))


def detect(text: str) -> list[Entity]:
    """What Telegram finds in plain text: commands, links, mentions, addresses, tags, phone numbers."""
    if not _WORTH_A_LOOK.search(text):
        return []
    found: list[Entity] = []
    ascii_only = text.isascii()
    for match in _FIND.finditer(text):
        kind = str(match.lastgroup)
        begin, piece = match.start(), match.group()
        if kind == "url":
            piece = piece.rstrip(_URL_TAIL)
        offset = begin if ascii_only else length16(text[:begin])
        found.append({"type": kind, "offset": offset, "length": length16(piece)})
    return found


def _nested_well(entities: list[Entity]) -> bool:
    """Whether nothing has to be repaired: no overlap, and nesting only inside quotes (``are_entities_valid``)."""
    end = quote_end = -1
    styled: set[tuple[str, int]] = set()
    for entity in entities:
        begin, stop, kind = entity["offset"], entity["offset"] + entity["length"], entity["type"]
        if kind in BLOCKQUOTES:
            if begin < end or begin < quote_end:
                return False
            quote_end = stop
            continue
        if begin < quote_end < stop or begin < end:
            return False
        if kind in SPLITTABLE and (kind, begin) in styled:
            return False
        styled = {(kind, stop)} if begin > end else styled | {(kind, stop)}
        end = stop
    return True


def _without_overlaps(entities: list[Entity]) -> list[Entity]:
    """Of entities that may not overlap, keep each that starts after the end of the one before."""
    kept: list[Entity] = []
    for entity in entities:
        if not kept or entity["offset"] >= kept[-1]["offset"] + kept[-1]["length"]:
            kept.append(entity)
    return kept


def _fits_quotes(entity: Entity, quotes: list[Entity]) -> bool:
    """A link or code may stand inside or outside a quote, never across its border."""
    begin, end = entity["offset"], entity["offset"] + entity["length"]
    for quote in quotes:
        quote_begin, quote_end = quote["offset"], quote["offset"] + quote["length"]
        inside = quote_begin <= begin and end <= quote_end
        if not inside and begin < quote_end and quote_begin < end:
            return False
    return True


def _split_styles(styles: list[Entity], fixed: list[Entity]) -> list[Entity]:
    """Merge styles of one kind, cut them at every border of another entity, drop them inside code.

    ``split_entities``: Telegram itself returns nested bold and italic cut in pieces.
    """
    spans: dict[str, list[list[int]]] = {}
    for style in styles:
        begin, end = style["offset"], style["offset"] + style["length"]
        runs = spans.setdefault(style["type"], [])
        if runs and begin <= runs[-1][1]:
            runs[-1][1] = max(runs[-1][1], end)
        else:
            runs.append([begin, end])
    starts = [run[0] for runs in spans.values() for run in runs]
    borders = {edge for e in fixed for edge in (e["offset"], e["offset"] + e["length"])} | set(starts)
    codes = [(e["offset"], e["offset"] + e["length"]) for e in fixed if e["type"] in CODE]
    pieces: list[Entity] = []
    for kind, runs in spans.items():
        for begin, end in runs:
            cuts = [begin, *sorted(border for border in borders if begin < border < end), end]
            for left, right in pairwise(cuts):
                if not any(code_begin <= left and right <= code_end for code_begin, code_end in codes):
                    pieces.append({"type": kind, "offset": left, "length": right - left})
    return pieces


def fix_entities(entities: list[Entity]) -> list[Entity]:
    """Entities that nest as Telegram allows (``fix_entities``)."""
    sort_entities(entities)
    if len(entities) < 2 or _nested_well(entities):
        return entities
    styles = [e for e in entities if e["type"] in SPLITTABLE]
    quotes = _without_overlaps([e for e in entities if e["type"] in BLOCKQUOTES])
    others = [e for e in entities if e["type"] not in SPLITTABLE and e["type"] not in BLOCKQUOTES]
    fixed = [e for e in _without_overlaps(others) if _fits_quotes(e, quotes)] + quotes
    sort_entities(fixed)
    result = fixed + _split_styles(styles, fixed)
    sort_entities(result)
    return result


def _clean(text: str, entities: list[Entity]) -> str:
    """Replace or remove unwanted characters and move the entities with them."""
    if entities and any(_CLEAN.get(ord(char), "") is None for char in text):
        removed: list[int] = []
        position = 0
        for char in text:
            if _CLEAN.get(ord(char), "") is None:
                removed.append(position)
            position += 2 if ord(char) > 0xFFFF else 1
        for entity in entities:
            begin, end = entity["offset"], entity["offset"] + entity["length"]
            entity["offset"] = begin - sum(1 for place in removed if place < begin)
            entity["length"] = end - sum(1 for place in removed if place < end) - entity["offset"]
    return text.translate(_CLEAN)


def _trim(text: str, entities: list[Entity]) -> str:
    """Cut white space at both ends; on the left only up to the first entity."""
    text = text.rstrip(" \n")
    size = length16(text)
    lead = len(text) - len(text.lstrip(" \n"))
    if entities:
        lead = min(lead, *(entity["offset"] for entity in entities))
    for entity in entities:
        entity["length"] = min(entity["length"], size - entity["offset"])
        entity["offset"] -= lead
    return text[lead:]


def finish(text: str, entities: list[Entity], commands: bool = True) -> tuple[str, list[Entity]]:
    """A text and its entities as Telegram keeps them. White space alone gives an empty text."""
    for entity in entities:
        for edge in ("offset", "length"):
            if not 0 <= entity[edge] <= 1_000_000:
                raise bad(f"Receive an entity with incorrect {edge} {entity[edge]}")
    if _UNCLEAN.search(text):
        text = _clean(text, entities)
    if entities:
        entities = fix_entities([entity for entity in entities if entity["length"] > 0])
    if text[:1] in " \n" or text[-1:] in " \n":
        text = _trim(text, entities)
    if entities:
        size = length16(text)
        for entity in entities:
            entity["length"] = min(entity["length"], size - entity["offset"])
        entities = [entity for entity in entities if entity["length"] > 0]
    found = detect(text)
    if found:
        taken = [e for e in entities if e["type"] not in SPLITTABLE and e["type"] not in BLOCKQUOTES]
        ends = [(e["offset"], e["offset"] + e["length"]) for e in taken]
        new = [
            e
            for e in found
            if (commands or e["type"] != "bot_command")
            and not any(e["offset"] < end and begin < e["offset"] + e["length"] for begin, end in ends)
        ]
        entities = fix_entities(entities + new) if entities else new
    return text, entities
