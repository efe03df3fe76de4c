"""Files: uploads, re-use by ``file_id``, ``getFile`` and downloads.

Limits: uploads 50 MB, photos 10 MB, ``getFile`` 20 MB (``MAX_DOWNLOAD_FILE_SIZE = 20 << 20``; ``Client.cpp``:
``process_get_file_query`` refuses by the size it knows before, ``on_update_file`` by what has come). A photo's sides are at most
10,000 together and 1:20 (core.telegram.org/bots/api#sendphoto). ``IMAGE_PROCESS_FAILED`` and ``PHOTO_INVALID_DIMENSIONS`` are
MTProto's words, handed on as they are (``Client::fail_query_with_error``: an error all in capitals is a 400).
Real ``file_id`` values are good for one bot only; here every bot may use every one.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from typing import Any, NamedTuple

from sandbox.telegram.arguments import Arguments
from sandbox.telegram.errors import Refused, bad
from sandbox.telegram.registry import method
from sandbox.telegram.world import Bot, File, Json, World

UPLOAD_LIMIT = 50 << 20
PHOTO_LIMIT = 10 << 20
DOWNLOAD_LIMIT = 20 << 20
FILES = "*files"
IMAGES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF", b"BM")
SIDES, RATIO = 10_000, 20
SMALL = b"\xff\xd8small\xff\xd9"
FOLDERS = {"photo": "photos", "document": "documents", "video": "videos", "audio": "music", "voice": "voice"}
FOLDERS |= {"sticker": "stickers", "animation": "animations", "video_note": "video_notes"}
PREFIX = {"photo": "AgACAgIAAx", "document": "BQACAgIAAx", "video": "BAACAgIAAx", "audio": "CQACAgIAAx"}
PREFIX |= {"voice": "AwACAgIAAx", "sticker": "CAACAgIAAx", "animation": "CgACAgIAAx", "video_note": "DQACAgIAAx"}


class Upload(NamedTuple):
    """A file part of a multipart request."""

    name: str
    mime: str
    content: bytes


def store(world: World, kind: str, content: bytes | None, size: int, *, fields: Json, name: str = "") -> File:
    """Keep a file; ``fields`` are what its Bot API object shows beside ids and size."""
    number = next(world.numbers)
    mark = base64.urlsafe_b64encode(number.to_bytes(12, "big")).decode()
    suffix = re.sub(r"[^.A-Za-z0-9]", "", name[name.rfind(".") :])[:8] if "." in name else ""
    suffix = suffix or {"photo": ".jpg", "voice": ".oga", "sticker": ".webp"}.get(kind, "")
    path = f"{FOLDERS.get(kind, 'documents')}/file_{number}{suffix}"
    smaller: tuple[Json, ...] = ()
    if kind == "photo":
        small = store(world, "thumb", SMALL, len(SMALL), fields={"width": 90, "height": 67})
        smaller = ({"file_id": small.id, "file_unique_id": small.unique, "file_size": small.size, **small.fields},)
    file = File(f"{PREFIX.get(kind, 'BQACAgIAAx')}{mark}", f"AgAD{mark[:12]}{number}", path, kind, size, content, fields, smaller)
    world.files[file.id] = file
    world.paths[path] = file
    return file


def shown(file: File) -> Json:
    """The part of a message that holds the file."""
    ids = {"file_id": file.id, "file_unique_id": file.unique}
    if file.kind == "photo":
        return {"photo": [*file.smaller, {**ids, "file_size": file.size, **file.fields}]}
    part = {**ids, "file_size": file.size, **file.fields}
    if file.kind == "animation":
        return {"animation": part, "document": part}
    return {file.kind: part}


def attached(arguments: Arguments, value: Any, name: str) -> Upload | None:
    """The upload an argument stands for: a part of its name, or ``attach://part``."""
    files: dict[str, Upload] = arguments.get(FILES) or {}
    if isinstance(value, str) and value.startswith("attach://"):
        return files.get(value[len("attach://") :])
    return files.get(name) if not value else None


def take(world: World, arguments: Arguments, value: Any, kind: str, fields: Json) -> File:
    """The file of a ``send…`` call: uploaded now, or known by its ``file_id``."""
    upload = attached(arguments, value, kind)
    if upload is not None:
        return from_upload(world, upload, kind, fields)
    if not value or not isinstance(value, str):
        raise bad(f"there is no {kind.replace('_', ' ')} in the request")
    if value in world.files:
        file = world.files[value]
        if kind not in (file.kind, "document"):
            raise bad(f"can't use file of type {file.kind.capitalize()} as {kind.capitalize()}")
        return file
    if value.startswith(("http://", "https://")):
        raise bad("failed to get HTTP URL content")
    raise bad("wrong file identifier/HTTP URL specified")


def from_upload(world: World, upload: Upload, kind: str, fields: Json) -> File:
    """Store an upload as a file of a kind."""
    if not upload.content:
        raise bad("file must be non-empty")
    if len(upload.content) > UPLOAD_LIMIT:
        raise Refused(413, "Request Entity Too Large")
    if kind == "photo":
        if len(upload.content) > PHOTO_LIMIT:
            raise bad("too big file for a photo")
        if not upload.content.startswith(IMAGES):
            raise bad("IMAGE_PROCESS_FAILED")
        width, height = sides(upload.content)
        if width + height > SIDES or max(width, height) > RATIO * min(width, height):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        fields = {"width": width, "height": height}
    elif kind not in ("sticker", "voice", "video_note"):
        guessed = mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        mime = upload.mime if upload.mime not in ("", "application/octet-stream") else guessed
        fields = {"file_name": clean_name(upload.name), "mime_type": mime, **fields}
    return store(world, kind, upload.content, len(upload.content), fields=fields, name=upload.name)


def sides(image: bytes) -> tuple[int, int]:
    """Width and height of a PNG, as its first chunk tells; of other pictures a likely pair."""
    if image[:16] == b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" and len(image) >= 24:
        return max(1, int.from_bytes(image[16:20], "big")), max(1, int.from_bytes(image[20:24], "big"))
    return 800, 600


def clean_name(name: str) -> str:
    """A file name without folders and control characters, as the server keeps it."""
    return re.sub(r"[\x00-\x1f\"*:<>?|]", "_", re.split(r"[\\/]", name)[-1])[:255] or "file"


@method("getFile")
def get_file(world: World, bot: Bot, arguments: Arguments) -> Json:
    """``Client::process_get_file_query``."""
    file_id = arguments.get("file_id")
    if not file_id:
        raise bad("file_id not specified")
    file = world.files.get(file_id)
    if file is None:
        raise bad("invalid file_id")
    if file.size > DOWNLOAD_LIMIT:
        raise bad("file is too big")
    ids = {"file_id": file.id, "file_unique_id": file.unique}
    return {**ids, "file_size": file.size, "file_path": file.path}
