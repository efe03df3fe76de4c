"""``parse_mode=MarkdownV2`` and the old ``Markdown``, after ``tdlib/td MessageEntity.cpp``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.telegram.entities import Entity, length16, sort_entities
from sandbox.telegram.errors import Refused, bad
from sandbox.telegram.links import checked_link, emoji_or_time, link_user

RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
ONLY_TICK = frozenset("`")
NAMES = {"bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough"}
NAMES |= {"spoiler": "Spoiler", "code": "Code", "pre": "Pre", "text_link": "TextUrl", "custom_emoji": "CustomEmoji"}
NAMES |= {"blockquote": "BlockQuote"}


def error(message: str) -> Refused:
    """A parser's complaint in the Bot API's words."""
    return bad(f"can't parse entities: {message}")


@dataclass
class Span:
    """An entity whose end is not yet found."""

    type: str
    language: str
    offset: int
    place: int
    begin: int


def _language(source: str, place: int) -> tuple[str, int]:
    """The language after three ticks and the place where the code starts; one line break is skipped."""
    end = place
    while end < len(source) and not source[end].isspace() and source[end] != "`":
        end += 1
    language = ""
    if place != end and end < len(source) and source[end] != "`":
        language, place = source[place:end], end
    if source[place : place + 1] in ("\n", "\r") and place < len(source):
        pair = source[place : place + 2]
        place += 2 if pair in ("\n\r", "\r\n") else 1
    return language, place


class ParserV2:
    """One pass over the source of ``parse_markdown_v2``."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.out: list[str] = []
        self.offset = 0
        self.entities: list[Entity] = []
        self.open: list[Span] = []
        self.quoted = False
        self.line_start = True

    def at(self, place: int) -> int:
        """A place as a byte offset."""
        return len(self.source[:place].encode("utf-8", "surrogatepass"))

    def put(self, char: str) -> None:
        """Keep one character of text."""
        self.out.append(char)
        self.offset += 2 if ord(char) > 0xFFFF else 1

    def two(self, place: int, pair: str) -> bool:
        """Whether these characters stand at the place."""
        return self.source.startswith(pair, place)

    def unended(self, span: Span) -> Refused:
        """The complaint about an entity that never ends."""
        name = "PreCode" if span.type == "pre" and span.language else NAMES[span.type]
        return error(f"Can't find end of {name} entity at byte offset {self.at(span.place)}")

    def run(self) -> tuple[str, list[Entity]]:
        """Parse all of it."""
        source, place = self.source, 0
        while place < len(source):
            char = source[place]
            if char == "\\" and place + 1 < len(source) and 0 < ord(source[place + 1]) <= 126:
                place += 1
                self.put(source[place])
                if source[place] != "\r":
                    self.line_start = source[place] == "\n"
            elif char not in (ONLY_TICK if self.open and self.open[-1].type in ("code", "pre") else RESERVED):
                if char != "\r":
                    self.line_start = False
                self.put(char)
            elif self.ends(place):
                place = self.end(place)
            else:
                place = self.begin(place)
            place += 1
        self.finish()
        sort_entities(self.entities)
        return "".join(self.out), self.entities

    def ends(self, place: int) -> bool:
        """Whether an open entity ends here."""
        if not self.open:
            return False
        char = self.source[place]
        if self.quoted and char == "\n" and not self.two(place + 1, ">"):
            return True
        kind = self.open[-1].type
        if kind == "italic":
            return char == "_" and not self.two(place + 1, "_")
        single = {"bold": "*", "code": "`", "text_link": "]", "strikethrough": "~", "custom_emoji": "]"}
        if kind in single:
            return char == single[kind]
        pairs = {"pre": "```", "underline": "__", "spoiler": "||"}
        return kind in pairs and self.two(place, pairs[kind])

    def begin(self, place: int) -> int:
        """Open an entity; return the last place it used."""
        source, char, start = self.source, self.source[place], place
        language = ""
        kinds = {"*": "bold", "~": "strikethrough", "[": "text_link"}
        if char == "\n":
            self.put("\n")
            self.line_start = True
            return place
        if char == ">" and self.line_start:
            if self.quoted:
                return place
            self.quoted = True
            kind = "blockquote"
        elif char == "_":
            kind = "underline" if self.two(place, "__") else "italic"
            place += 1 if kind == "underline" else 0
        elif char == "|" and self.two(place, "||"):
            kind, place = "spoiler", place + 1
        elif char == "!" and self.two(place, "!["):
            kind, place = "custom_emoji", place + 1
        elif char == "`":
            kind = "pre" if self.two(place, "```") else "code"
            if kind == "pre":
                language, place = _language(source, place + 3)
                place -= 1
        elif char in kinds:
            kind = kinds[char]
        else:
            raise error(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")
        self.open.append(Span(kind, language, self.offset, start, len(self.out)))
        return place

    def url(self, place: int) -> tuple[str, int]:
        """The text up to ``)`` and the place of the bracket."""
        source, begin, url = self.source, place, []
        while place < len(source) and source[place] != ")":
            if source[place] == "\\" and place + 1 < len(source) and 0 < ord(source[place + 1]) <= 126:
                place += 1
            url.append(source[place])
            place += 1
        if place >= len(source):
            raise error(f"Can't find end of a URL at byte offset {self.at(begin)}")
        return "".join(url), place

    def end(self, place: int) -> int:
        """Close the innermost entity; return the last place it used."""
        span = self.open[-1]
        kind = span.type
        if self.source[place] == "\n" and kind != "blockquote":
            self.open.pop()
            if kind != "spoiler" or span.place != place - 2 or not self.open or self.open[-1].type != "blockquote":
                raise self.unended(span)
            span, kind = self.open[-1], "expandable_blockquote"
        entity: dict[str, Any] = {"type": kind, "offset": span.offset}
        empty = self.offset == span.offset
        if kind in ("underline", "spoiler"):
            place += 1
        elif kind == "pre":
            place += 2
            if span.language:
                entity["language"] = span.language
        elif kind in ("blockquote", "expandable_blockquote"):
            self.quoted, empty, self.line_start = False, False, True
            self.put("\n")
        elif kind in ("text_link", "custom_emoji"):
            if self.two(place + 1, "("):
                url, place = self.url(place + 2)
            elif kind == "custom_emoji":
                raise error("The entity must contain a tg://emoji or tg://time URL")
            else:
                url = "".join(self.out[span.begin :])
            empty = self.linked(entity, kind, url) or empty
        self.open.pop()
        if not empty:
            entity["length"] = self.offset - span.offset
            self.entities.append(entity)
        return place

    def linked(self, entity: Entity, kind: str, url: str) -> bool:
        """Fill in what the URL means; true when the entity is to be dropped."""
        if kind == "custom_emoji":
            found = emoji_or_time(url)
            if isinstance(found, Refused):
                raise found
            entity |= found
        elif user := link_user(url):
            entity |= {"type": "text_mention", "user": user}
        elif link := checked_link(url):
            entity["url"] = link
        else:
            return True
        return False

    def finish(self) -> None:
        """Close a quote that runs to the end; nothing else may be open."""
        if self.quoted:
            kind = "blockquote"
            if self.open[-1].type == "spoiler" and self.open[-1].place == len(self.source) - 2:
                self.open.pop()
                kind = "expandable_blockquote"
            if self.open[-1].type == "blockquote":
                span = self.open.pop()
                if self.offset > span.offset:
                    self.entities.append({"type": kind, "offset": span.offset, "length": self.offset - span.offset})
        if self.open:
            raise self.unended(self.open[-1])


def parse_v2(source: str) -> tuple[str, list[Entity]]:
    """Plain text and entities of a MarkdownV2 text."""
    return ParserV2(source).run()


def parse_old(source: str) -> tuple[str, list[Entity]]:
    """Plain text and entities of a text in the old Markdown: no nesting, ``_ * ` [``."""
    out: list[str] = []
    entities: list[Entity] = []
    offset = place = 0
    kinds = {"_": "italic", "*": "bold", "`": "code", "[": "text_link"}
    while place < len(source):
        char = source[place]
        if char == "\\" and source[place + 1 : place + 2] in ("_", "*", "`", "["):
            out.append(source[place + 1])
            offset, place = offset + 1, place + 2
            continue
        if char not in kinds:
            out.append(char)
            offset, place = offset + length16(char), place + 1
            continue
        start, kind, language, closing = place, kinds[char], "", "]" if char == "[" else char
        place += 1
        if source.startswith("```", start):
            kind, closing = "pre", "```"
            language, place = _language(source, start + 3)
        end = source.find(closing, place)
        if end < 0:
            at = len(source[:start].encode("utf-8", "surrogatepass"))
            raise error(f"Can't find end of the entity starting at byte offset {at}")
        piece = source[place:end]
        entity: dict[str, Any] = {"type": kind, "offset": offset, "length": length16(piece)}
        if language:
            entity["language"] = language
        place = end + len(closing)
        keep = bool(piece)
        if kind == "text_link":
            url = piece
            if source[place : place + 1] == "(":
                end = source.find(")", place)
                url, place = source[place + 1 : end if end >= 0 else None], (end if end >= 0 else len(source)) + 1
            if user := link_user(url):
                entity |= {"type": "text_mention", "user": user}
            elif link := checked_link(url):
                entity["url"] = link
            else:
                keep = False
        out.append(piece)
        offset += length16(piece)
        if keep:
            entities.append(entity)
    return "".join(out), entities
