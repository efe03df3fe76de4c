"""Files for one operator in direct messages: the three steps of an upload, and finding one of unknown fate again.

Steps: https://docs.slack.dev/messaging/working-with-files#upload. The first two show nothing to anybody, so that they may be
done again; only the last shares the file. A shared file bears no metadata, so its name carries the delivery's id: by that it
is found in the conversation (F17, F19).
"""

from __future__ import annotations

from typing import Any

from bot.delivery.ports import Document, Outcome, Sent
from bot.handlers.desks.slack.mrkdwn import escape
from bot.handlers.desks.slack.wire import Wire
from bot.handlers.shared.documents import content_of

Json = dict[str, Any]
PEOPLE = ("U", "W")
"""How people's ids begin."""
LONGEST_CAPTION = 3000


def name_of(document: Document, delivery_id: int) -> str:
    """The file's name, which is this delivery's alone."""
    stem, _, suffix = document.name.rpartition(".")
    return f"{stem}-{delivery_id}.{suffix}"


async def send(wire: Wire, person: str, document: Document, delivery_id: int) -> Outcome:
    """Upload and share. Raises ``Failed``."""
    content = await content_of(document)
    room = await direct_room(wire, person)
    name = name_of(document, delivery_id)
    place = await wire.call("files.getUploadURLExternal", {"filename": name, "length": len(content)})
    await wire.upload(str(place["upload_url"]), content)
    shared = {"files": [{"id": str(place["file_id"]), "title": document.name}], "channel_id": room}
    comment = {"initial_comment": escape(document.caption)[:LONGEST_CAPTION]} if document.caption else {}
    await wire.call("files.completeUploadExternal", {**shared, **comment}, creating=True)
    return Sent(str(place["file_id"]))


async def direct_room(wire: Wire, person: str) -> str:
    """The direct messages with a person; any other room is given back."""
    if not person.startswith(PEOPLE):
        return person
    return str((await wire.call("conversations.open", {"users": person}))["channel"]["id"])


def is_in(message: Json, delivery_id: int) -> bool:
    """Whether a message shares the file of that delivery."""
    names = [str(file.get("name", "")) for file in message.get("files") or () if isinstance(file, dict)]
    return any(name.rpartition(".")[0].endswith(f"-{delivery_id}") for name in names)
