"""What a website visitor's browser says to us: the script's requests, kept before they are answered, then applied."""

from __future__ import annotations

import json
from typing import Any

from bot.commands.answer import Answer
from bot.commands.changes import Spot, client_changed, client_deleted, client_reacted
from bot.commands.receive import Received, receive
from bot.domain.files import Attachment, FileKind
from bot.domain.ids import Moment
from bot.domain.text import RichText, clean_name
from bot.handlers.channels.widget import html
from bot.handlers.channels.widget.asked import Said
from bot.handlers.channels.widget.tokens import nameless, newcomer
from bot.languages import in_language
from bot.store import files, team, visible
from bot.store.inbox import Kept
from bot.store.uow import Tx

SOURCE = "widget"
KINDS = {"image/gif": FileKind.ANIMATION, "image/svg+xml": FileKind.DOCUMENT}
FAMILIES = {"image": FileKind.PHOTO, "video": FileKind.VIDEO, "audio": FileKind.AUDIO}


def kept(channel: str, visitor: str, said: Said, *, identifiers: dict[str, str], at: Moment) -> Kept:
    """A visitor's message as it is kept. The same id again is the same message."""
    payload: dict[str, Any] = {
        "channel": channel,
        "visitor": visitor,
        "id": said.id,
        "text": said.text,
        "name": said.name,
        "at": at,
    }
    extra = {"file": said.file, "answers": said.answers, "identifiers": identifiers}
    payload |= {name: value for name, value in extra.items() if value}
    return _kept(visitor, said.id, payload)


def kept_change(channel: str, visitor: str, change: str, what: dict[str, Any], at: Moment) -> Kept:
    """A change of a message, behind the message itself. ``change`` is its name: the same again is the same change."""
    return _kept(visitor, change, {"channel": channel, "visitor": visitor, "at": at, **what})


def owner_of(visitor: str) -> str:
    """Whose an upload is, until a message of his names it."""
    return f"widget:{visitor}"


def kind_of(mime: str) -> FileKind:
    """What people see in place of a file."""
    return KINDS.get(mime) or FAMILIES.get(mime.partition("/")[0], FileKind.DOCUMENT)


def _kept(visitor: str, key: str, payload: dict[str, Any]) -> Kept:
    return Kept(dedupe_key=f"{visitor}:{key}", order_key=f"widget:{visitor}", payload=json.dumps(payload))


class WidgetInbound:
    """Applies kept messages, and kept changes of them (``do``: ``edit``, ``delete``, ``react``)."""

    def apply(self, tx: Tx, payload: dict[str, Any]) -> Answer | None:
        """A client said something, or thought better of it."""
        spot = Spot("widget", str(payload["visitor"]), str(payload.get("id", "")))
        match payload.get("do"):
            case "edit":
                client_changed(tx, spot, html.from_plain(str(payload["text"])), Moment(int(payload["at"])))
            case "delete":
                client_deleted(tx, spot)
            case "react":
                remote = self._remote(tx, payload, int(payload["seq"]))
                client_reacted(tx, Spot(spot.channel_kind, spot.external_id, remote), tuple(payload["emoji"]))
            case _:
                self._receive(tx, payload)
        return None

    def _receive(self, tx: Tx, payload: dict[str, Any]) -> None:
        visitor = str(payload["visitor"])
        name = str(payload.get("name") or "").strip()
        if not name:
            name = in_language(nameless(visitor), team.language_of_channel(tx, "widget", str(payload["channel"])))
        sent = _attachment(tx, visitor, int(payload["file"])) if payload.get("file") else None
        text = html.from_plain(str(payload["text"])) if payload["text"] else RichText.plain("")
        if sent is None and text.is_empty:
            return  # its file was named by an earlier message already
        receive(
            tx,
            Received(
                channel_kind="widget",
                channel_name=str(payload["channel"]),
                external_id=visitor,
                client_name=clean_name(name),
                remote_id=str(payload["id"]),
                text=text,
                at=Moment(int(payload["at"])),
                identifiers=dict(payload.get("identifiers") or {}),
                file=sent,
                reply_to=self._remote(tx, payload, int(payload["answers"])) if payload.get("answers") else "",
            ),
        )
        tx.wake.add(newcomer(visitor))  # his stream may wait for a conversation that exists only now

    def _remote(self, tx: Tx, payload: dict[str, Any], seq: int) -> str:
        """The channel's id of a message the browser knows by its number; empty when he may see no such message."""
        conversation = visible.conversation_of(tx, "widget", str(payload["channel"]), str(payload["visitor"]))
        found = visible.visible_at(tx, conversation, seq) if conversation is not None else None
        return found.remote_id if found is not None else ""

    async def answer(self, payload: dict[str, Any], answer: Answer) -> None:
        """Visitors are told nothing but what operators write."""


def _attachment(tx: Tx, visitor: str, number: int) -> Attachment | None:
    """A visitor's upload as his message bears it."""
    owner = owner_of(visitor)
    file = files.upload_of(tx, number, owner)
    if file is None:
        return None
    ref = {"file": str(number), "owner": owner}
    return Attachment(kind=kind_of(file.mime), name=file.name, mime=file.mime, size=file.size, ref=ref)
