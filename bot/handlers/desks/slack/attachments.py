"""The files of a Slack message, as their author sent them.

File objects: https://docs.slack.dev/reference/objects/file-object. In Slack Connect rooms an event shows no more of a file
than its id and ``file_access: check_file_info``; the rest is asked for when it is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.files import Attachment, FileKind
from bot.domain.phrase import Phrase
from bot.handlers.desks.slack.updates import word

Json = dict[str, Any]
SLACK = "slack"
GONE = Phrase("Slack does not have the file any more.")
NO_BYTES = {
    "external": Phrase("It is a link to a file elsewhere, which only you can open; send the file itself."),
    "hidden_by_limit": Phrase("Slack hides the file: the workspace has reached its limit."),
    "tombstone": GONE,
    "space": Phrase("Canvases and posts can't be passed on; send a file."),
    "quip": Phrase("Canvases and posts can't be passed on; send a file."),
    "canvas": Phrase("Canvases and posts can't be passed on; send a file."),
    "list": Phrase("Lists can't be passed on; send a file."),
}
"""Modes of files that have no bytes to fetch."""
PICTURES = frozenset(("image/jpeg", "image/png", "image/webp", "image/heic"))


def attachments(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files of a message, in order."""
    return tuple([attachment(one) for one in message.get("files") or () if isinstance(one, dict) and word(one, "id")])


def attachment(file: Json) -> Attachment:
    """One of them. ``ref`` has its ``id``, its ``url``, and the ``mode`` of what has no bytes to fetch."""
    size, length = file.get("size"), file.get("duration_ms")
    ref = {"id": word(file, "id"), "url": word(file, "url_private_download") or word(file, "url_private")}
    mode = "external" if file.get("is_external") else word(file, "mode")
    return Attachment(
        kind=_kind(file),
        name=word(file, "name") or word(file, "title"),
        mime=word(file, "mimetype"),
        size=size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0,
        seconds=length // 1000 if isinstance(length, int) else 0,
        source=SLACK,
        ref={**ref, "mode": mode} if mode in NO_BYTES else ref,
    )


def _kind(file: Json) -> FileKind:
    mime = word(file, "mimetype")
    if word(file, "subtype") == "slack_audio":
        return FileKind.VOICE
    if mime in PICTURES:
        return FileKind.PHOTO
    if mime == "image/gif":
        return FileKind.ANIMATION
    return {"video": FileKind.VIDEO, "audio": FileKind.AUDIO}.get(mime.partition("/")[0], FileKind.DOCUMENT)
