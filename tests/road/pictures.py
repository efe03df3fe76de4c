"""Small files that are what they say, and a person's way to send them in Telegram and to see them."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from tests.road.house import House

Json = dict[str, Any]
KINDS = ("photo", "video", "animation", "audio", "voice", "video_note", "sticker", "document")


def png(width: int = 8, height: int = 8, shade: int = 200) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade, 120, 90]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"jpeg" * 40 + b"\xff\xd9"
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x08free" + b"film" * 40
OGG = b"OggS\0\2" + b"\0" * 20 + b"\1\x1eOpusHead\1" + b"hum" * 40
MP3 = b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 10 + b"\xff\xfb\x90\0" + b"song" * 40
WEBP = b"RIFF" + struct.pack("<I", 172) + b"WEBPVP8 " + b"stic" * 40
PDF = b"%PDF-1.4\n" + b"text " * 40 + b"\n%%EOF\n"


def encoded(content: bytes) -> str:
    """Bytes as the sandbox takes them."""
    return base64.b64encode(content).decode()


def shown_file(house: House, message: Json) -> tuple[str, str, bytes, str] | None:
    """What a message shows: the kind of file, its name, its bytes, the words under it; None for a message without."""
    kind = next((one for one in KINDS if one in message), None)
    if kind is None:
        return None
    part = message[kind][-1] if kind == "photo" else message[kind]
    content = house.box.telegram.files[part["file_id"]].content
    return kind, part.get("file_name", ""), content, message.get("caption", "")


def client_files(house: House, who: str = "ann") -> list[tuple[str, str, bytes, str]]:
    """The files the client has got, in order."""
    bot = house.scene.channel_bot.id
    said = house.box.telegram.messages(chat=bot, user=house.scene.clients[who])
    return [found for one in said if one["from"]["id"] == bot and (found := shown_file(house, one))]


def desk_files(house: House, thread: str) -> list[tuple[str, str, bytes, str]]:
    """The files the bot has put into a topic, in order."""
    said = house.box.telegram.messages(chat=house.telegram.chat, thread=int(thread))
    return [found for one in said if one["from"]["is_bot"] and (found := shown_file(house, one))]
