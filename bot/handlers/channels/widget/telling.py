"""A message as the browser gets it, and what to call a change of it."""

from __future__ import annotations

import json
from typing import Any

from bot.domain.files import File
from bot.store.visible import GONE, Visible


def as_json(message: Visible) -> dict[str, Any]:
    """A message. Ids of ours stay here; the browser's own comes back to it. Of one that is gone only its number is told."""
    told: dict[str, Any] = {"seq": message.seq, "v": message.version, "mine": message.direction == "in"}
    if message.deleted:
        return {**told, "deleted": True}
    told |= {"at": message.at, "body": _words(message)}
    told |= {"id": message.remote_id, "reached": message.reached} if told["mine"] else {"author": message.author}
    extra = {
        "edited": bool(message.edited),
        "file": _file(message.file) if message.file is not None else None,
        "answers": _answered(message),
        "reactions": list(message.theirs if told["mine"] else message.mine),
    }
    return told | {name: value for name, value in extra.items() if value}


def _words(message: Visible) -> Any:
    return json.loads(message.kept) if message.file is None else message.file.caption.to_json()


def _file(file: File) -> dict[str, Any]:
    return {
        "n": file.id,
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "kind": file.kind.value,
        "state": file.state.value,
    }


def _answered(message: Visible) -> dict[str, Any] | None:
    found = message.answers
    return None if found is None else {"seq": found.seq, "author": found.author, "text": found.text}


def called(before: str | None, now: str) -> str:
    """What has happened to a message between two versions of it; empty when nothing has."""
    if before == now or (now == GONE and before is None):
        return ""
    if before is None:
        return "message"
    if now == GONE:
        return "delete"
    was, is_now = before.split("."), now.split(".")
    if was[0] != is_now[0]:
        return "edit"
    return "reaction" if was[-1] != is_now[-1] else "receipt"


def event(name: str, message: Visible) -> str:
    """As a server-sent event. Only a new message moves the place the browser comes back with."""
    place = f"id: {message.seq}\n" if name == "message" else ""
    return f"{place}event: {name}\ndata: {json.dumps(as_json(message))}\n\n"
