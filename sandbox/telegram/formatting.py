"""The text, caption and entities arguments of a call (``Client::get_formatted_text``)."""

from __future__ import annotations

from typing import Any

from sandbox.telegram import markup_html, markup_markdown
from sandbox.telegram.arguments import Arguments, field
from sandbox.telegram.entities import DETECTED, Entity, finish, length16
from sandbox.telegram.errors import bad
from sandbox.telegram.links import checked_link, checked_time

PARSERS = {"html": markup_html.parse, "markdownv2": markup_markdown.parse_v2, "markdown": markup_markdown.parse_old}
PLAIN = frozenset(("bold", "italic", "underline", "strikethrough", "spoiler", "code", "blockquote", "expandable_blockquote"))
WRONG = "can't parse MessageEntity: "
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024


def read_entity(given: Any) -> Entity | None:
    """One entity from the caller; those that Telegram finds by itself are ignored."""
    if not isinstance(given, dict):
        raise bad(WRONG + "expected an Object")
    entity: Entity = {
        "type": field(given, "type", str, WRONG),
        "offset": field(given, "offset", int, WRONG),
        "length": field(given, "length", int, WRONG),
    }
    kind = entity["type"]
    if kind in PLAIN:
        return entity
    if kind in DETECTED:
        return None
    if kind == "pre":
        if given.get("language"):
            entity["language"] = field(given, "language", str, WRONG)
    elif kind == "text_link":
        entity["url"] = checked_link(field(given, "url", str, WRONG))
        if not entity["url"]:
            return None
    elif kind == "text_mention":
        entity["user"] = {"id": field(field(given, "user", dict, WRONG), "id", int, WRONG)}
    elif kind == "custom_emoji":
        entity["custom_emoji_id"] = str(field(given, "custom_emoji_id", str, WRONG))
    elif kind == "date_time":
        entity["unix_time"] = field(given, "unix_time", int, WRONG)
        if given.get("date_time_format"):
            entity["date_time_format"] = checked_time(given["date_time_format"])
    else:
        raise bad(WRONG + "Unsupported type specified")
    return entity


def formatted(text: str, parse_mode: str | None, entities: Any) -> tuple[str, list[Entity]]:
    """Parse or take the entities, then repair them; ``parse_mode`` wins over ``entities``."""
    if len(text) > 8_000 and len(text.encode("utf-8", "surrogatepass")) > 1 << 15:
        raise bad("text is too long")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise bad("strings must be encoded in UTF-8")
    mode = (parse_mode or "").lower()
    if mode and mode != "none" and text:
        if mode not in PARSERS:
            raise bad("unsupported parse_mode")
        text, found = PARSERS[mode](text)
    else:
        found = [entity for given in entities or () if (entity := read_entity(given)) is not None]
    return finish(text, found)


def message_text(arguments: Arguments) -> tuple[str, list[Entity]]:
    """``text``, ``parse_mode``, ``entities``; 1-4096 UTF-16 units after parsing."""
    source = arguments.get("text")
    if not source:
        raise bad("message text is empty")
    text, entities = formatted(source, arguments.get("parse_mode"), arguments.get("entities"))
    if not text:
        raise bad("text must be non-empty")
    if len(text) * 2 > TEXT_LIMIT and length16(text) > TEXT_LIMIT:
        raise bad("message is too long")
    return text, entities


def caption(arguments: Arguments) -> tuple[str, list[Entity]]:
    """``caption``, ``parse_mode``, ``caption_entities``; 0-1024 UTF-16 units after parsing."""
    source = arguments.get("caption")
    if not source:
        return "", []
    text, entities = formatted(source, arguments.get("parse_mode"), arguments.get("caption_entities"))
    if len(text) * 2 > CAPTION_LIMIT and length16(text) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    return text, entities
