"""``parse_mode=HTML``, after ``tdlib/td MessageEntity.cpp parse_html``: same tags, same errors, byte offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.telegram.entities import Entity, length16, sort_entities
from sandbox.telegram.errors import Refused, bad
from sandbox.telegram.links import checked_link, checked_time, link_user

TAGS = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "s": "strikethrough", "strike": "strikethrough"}
TAGS |= {"del": "strikethrough", "u": "underline", "ins": "underline", "tg-spoiler": "spoiler", "span": "spoiler"}
TAGS |= {"a": "", "tg-emoji": "", "tg-time": "", "pre": "pre", "code": "code", "blockquote": "blockquote"}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,9})|([A-Za-z]+));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME = re.compile(r"[^\s=>/\"']*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_SPACE = re.compile(r"\s*")


def _reference(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name is not None:
        return _NAMED.get(name, match.group())
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if code == 0 or code >= 0x10FFFF:
        return match.group()
    if 0xD800 <= code <= 0xDFFF:
        raise error(
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units"
        )
    return chr(code)


def unescape(text: str) -> str:
    """Decode the four named and all numeric character references; leave others as they are."""
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def error(message: str) -> Refused:
    """A parser's complaint in the Bot API's words."""
    return bad(f"can't parse entities: {message}")


@dataclass
class Tag:
    """An open tag."""

    name: str
    offset: int
    begin: int
    attributes: dict[str, str] = field(default_factory=dict)


class Parser:
    """One pass over the source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.out: list[str] = []
        self.offset = 0
        self.entities: list[Entity] = []
        self.open: list[Tag] = []

    def at(self, place: int) -> int:
        """A place as a byte offset."""
        return len(self.source[:place].encode("utf-8", "surrogatepass"))

    def text(self, piece: str) -> None:
        """Plain text between tags."""
        piece = unescape(piece)
        self.out.append(piece)
        self.offset += length16(piece)

    def run(self) -> tuple[str, list[Entity]]:
        """Parse all of it."""
        place = 0
        while (next_tag := self.source.find("<", place)) >= 0:
            self.text(self.source[place:next_tag])
            closing = self.source[next_tag + 1 : next_tag + 2] == "/"
            place = self.end_tag(next_tag) if closing else self.start_tag(next_tag)
        self.text(self.source[place:])
        if self.open:
            raise error(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        sort_entities(self.entities)
        return "".join(self.out), self.entities

    def start_tag(self, begin: int) -> int:
        """Read ``<name attributes>``; return the place after it."""
        match = re.compile(r"[^\s>]*").match(self.source, begin + 1)
        end = match.end() if match else begin + 1
        if end >= len(self.source):
            raise error(f"Unclosed start tag at byte offset {self.at(begin)}")
        name = self.source[begin + 1 : end].lower()
        if name not in TAGS:
            raise error(f'Unsupported start tag "{name}" at byte offset {self.at(begin)}')
        tag = Tag(name, self.offset, len(self.out))
        end = self.read_attributes(tag, begin, end)
        if name == "span" and tag.attributes.get("class") != "tg-spoiler":
            raise error(f'Tag "span" must have class "tg-spoiler" at byte offset {self.at(begin)}')
        self.open.append(tag)
        return end + 1

    def skip_space(self, place: int) -> int:
        """The next place that is not white space."""
        match = _SPACE.match(self.source, place)
        return match.end() if match else place

    def read_attributes(self, tag: Tag, begin: int, place: int) -> int:
        """Read attributes up to ``>``; return its place."""
        source, size = self.source, len(self.source)
        unclosed = f'Unclosed start tag "{tag.name}" at byte offset '
        while True:
            place = self.skip_space(place)
            if place < size and source[place] == ">":
                return place
            name_match = _NAME.match(source, place)
            name = name_match.group() if name_match else ""
            if not name:
                raise error(f'Empty attribute name in the tag "{tag.name}" at byte offset {self.at(begin)}')
            place = self.skip_space(place + len(name))
            if place >= size:
                raise error(unclosed + str(self.at(begin)))
            if source[place] != "=":
                tag.attributes[name] = "1"
                continue
            place = self.skip_space(place + 1)
            if place >= size:
                raise error(unclosed + str(self.at(begin)))
            tag.attributes[name], place = self.read_value(place)
            if place >= size:
                raise error(f"Unclosed start tag at byte offset {self.at(begin)}")

    def read_value(self, place: int) -> tuple[str, int]:
        """A quoted string or a bare name token."""
        source = self.source
        if (quote := source[place]) in "\"'":
            end = source.find(quote, place + 1)
            if end < 0:
                return unescape(source[place + 1 :]), len(source)
            return unescape(source[place + 1 : end]), end + 1
        match = _TOKEN.match(source, place)
        end = match.end() if match else place
        if end < len(source) and not source[end].isspace() and source[end] != ">":
            raise error(f"Unexpected end of name token at byte offset {self.at(place)}")
        return source[place:end].lower(), end

    def end_tag(self, begin: int) -> int:
        """Read ``</name>``, close the innermost tag; return the place after it."""
        if not self.open:
            raise error(f"Unexpected end tag at byte offset {self.at(begin)}")
        match = re.compile(r"[^\s>]*").match(self.source, begin + 2)
        end = match.end() if match else begin + 2
        name = self.source[begin + 2 : end].lower()
        end = self.skip_space(end)
        if end >= len(self.source) or self.source[end] != ">":
            raise error(f"Unclosed end tag at byte offset {self.at(begin)}")
        tag = self.open[-1]
        if name and name != tag.name:
            raise error(f'Unmatched end tag at byte offset {self.at(begin)}, expected "</{tag.name}>", found "</{name}>"')
        self.open.pop()
        if self.offset > tag.offset:
            self.close(tag)
        return end + 1

    def close(self, tag: Tag) -> None:
        """Record the entity of a closed tag."""
        entity: dict[str, Any] = {"type": TAGS[tag.name], "offset": tag.offset, "length": self.offset - tag.offset}
        if tag.name == "a":
            url = tag.attributes.get("href") or "".join(self.out[tag.begin :])
            if user := link_user(url):
                entity |= {"type": "text_mention", "user": user}
            elif url := checked_link(url):
                entity |= {"type": "text_link", "url": url}
            else:
                return
        elif tag.name == "tg-emoji":
            emoji = tag.attributes.get("emoji-id", "")
            if not emoji.isdigit() or int(emoji) == 0:
                raise error("Invalid custom emoji identifier specified")
            entity |= {"type": "custom_emoji", "custom_emoji_id": emoji}
        elif tag.name == "tg-time":
            moment = tag.attributes.get("unix", "")
            if not moment.isdigit() or int(moment) == 0:
                return
            entity |= {"type": "date_time", "unix_time": int(moment)}
            if words := tag.attributes.get("format"):
                entity["date_time_format"] = checked_time(words)
        elif tag.name == "blockquote" and tag.attributes.get("expandable"):
            entity["type"] = "expandable_blockquote"
        elif tag.name in ("pre", "code") and self.close_code(tag, entity):
            return
        self.entities.append(entity)

    def close_code(self, tag: Tag, entity: Entity) -> bool:
        """``<pre><code class="language-x">`` in either order is one entity; true when it was joined."""
        language = tag.attributes.get("class", "")
        language = language[9:] if tag.name == "code" and language.startswith("language-") else ""
        last = self.entities[-1] if self.entities else None
        same = last is not None and (last["offset"], last["length"]) == (entity["offset"], entity["length"])
        if last is not None and same and tag.name == "pre" and last["type"] == "code" and last.get("language"):
            last["type"] = "pre"
            return True
        if last is not None and same and tag.name == "code" and last["type"] == "pre" and language:
            last["language"] = language
            return True
        if language:
            entity["language"] = language
        return False


def parse(source: str) -> tuple[str, list[Entity]]:
    """Plain text and entities of a text with HTML tags."""
    return Parser(source).run()
