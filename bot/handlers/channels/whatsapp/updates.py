"""A webhook taken apart: one row for each message and each status, so that none waits for, or falls with, another (F7, F8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from bot.domain.text import storable
from bot.store.inbox import Kept

Json = dict[str, Any]
SOURCE = "whatsapp"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def rows_of(body: bytes) -> list[Kept]:
    """What a signed body tells, each part by itself. What can't be read becomes a row too, to be looked at."""
    text = storable(body.decode(errors="replace"))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return [Kept(_digest("raw", text), "raw", text)]
    if not isinstance(found, dict):
        return [_strange(found)]
    return [row for entry in _list(found.get("entry")) for row in _of_entry(entry)]


def _of_entry(entry: Any) -> Iterator[Kept]:
    if not isinstance(entry, dict):
        yield _strange(entry)
        return
    for change in _list(entry.get("changes")):
        value = change.get("value") if isinstance(change, dict) else None
        if not isinstance(value, dict):
            yield _strange(change)
        elif change.get("field") == "messages":
            yield from _of_value(value)
        else:
            told = {"kind": str(change.get("field")), "value": value}
            yield Kept(
                _digest(str(change.get("field")), {**told, "entry": entry.get("time", "")}),
                str(change.get("field")),
                _encode(told),
            )


def _of_value(value: Json) -> Iterator[Kept]:
    number = str(_dict(value.get("metadata")).get("phone_number_id", ""))
    contacts = [one for one in _list(value.get("contacts")) if isinstance(one, dict)]
    for said in _list(value.get("messages")):
        if not isinstance(said, dict) or not isinstance(said.get("id"), str):
            yield _strange(said)
            continue
        whose = person_of(said)
        told = {"kind": "message", "number": number, "message": said, "contact": _contact(contacts, said)}
        yield Kept(said["id"], f"{SOURCE}:{whose}", _safe(told))
    for status in _list(value.get("statuses")):
        if not isinstance(status, dict) or not isinstance(status.get("id"), str):
            yield _strange(status)
            continue
        told = {"kind": "status", "number": number, "status": status}
        yield Kept(f"{status['id']}:{status.get('status')}", f"{SOURCE}:{status['id']}", _safe(told))
    for error in _list(value.get("errors")):
        yield Kept(_digest("error", error), "errors", _safe({"kind": "error", "error": error}))


def person_of(said: Json) -> str:
    """The business-scoped id of whoever wrote, else the phone number."""
    return str(said.get("from_user_id") or said.get("from") or "")


def _contact(contacts: list[Json], said: Json) -> Json:
    """Who wrote, among those the body names."""
    for one in contacts:
        ids = (one.get("user_id"), one.get("wa_id"))
        if (said.get("from_user_id") and said["from_user_id"] == ids[0]) or (said.get("from") and said["from"] == ids[1]):
            return one
    return contacts[0] if len(contacts) == 1 else {}


def _strange(part: Any) -> Kept:
    """Something of a shape we do not know: kept, shown as failed by ``doctor``, and in nobody's way."""
    return Kept(_digest("strange", part), "strange", _safe({"kind": "strange", "part": part}))


def _safe(told: Any) -> str:
    text = _encode(told)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair; escaped, any store can hold it
        text = json.dumps(told)
    return text


def _digest(kind: str, part: Any) -> str:
    return f"{kind}-{hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()[:32]}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
