"""What other systems tell of their clients, as commands."""

from __future__ import annotations

from typing import Any

from bot.commands import channel
from bot.commands.answer import Answer
from bot.commands.changes import Spot, client_changed, client_deleted, client_reacted
from bot.commands.receive import Received, receive
from bot.domain.files import Attachment
from bot.domain.ids import Moment
from bot.domain.text import RichText, clean_name, storable
from bot.handlers.channels.http.contract import (
    EVENT_IN,
    DeleteIn,
    EditIn,
    MessageIn,
    ReactionIn,
    ReceiptIn,
)
from bot.store import files
from bot.store.uow import Tx

KIND = "http"
SOURCE = "http"
OURS = "rd-"
"""Before the ids of our own messages."""

Json = dict[str, Any]


class HttpInbound:
    """Reads the kept events of all HTTP channels."""

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what the event tells."""
        name, event = str(payload["channel"]), EVENT_IN.validate_python(payload["event"])
        who = address(name, event.client.id)
        match event:
            case MessageIn():
                self._message(tx, name, who, event)
            case EditIn():
                client_changed(tx, Spot(KIND, who, event.id), RichText.plain(storable(event.text)), _not_ahead(tx, event.at))
            case DeleteIn():
                client_deleted(tx, Spot(KIND, who, event.id))
            case ReactionIn():
                client_reacted(tx, Spot(KIND, who, event.id), tuple(event.emoji))
            case ReceiptIn():
                channel.receipt(tx, KIND, who, event.id, event.fate, reason=storable(event.reason))
        return None

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Clients press nothing."""

    def _message(self, tx: Tx, name: str, who: str, event: MessageIn) -> None:
        file = None
        if event.file is not None:
            kept = files.by_id(tx, event.file.upload)
            if kept is not None:
                file = Attachment(
                    kind=event.file.kind,
                    name=kept.name,
                    mime=kept.mime,
                    size=kept.size,
                    ref={"file": str(kept.id), "owner": owner_of(name)},
                )
        receive(
            tx,
            Received(
                channel_kind=KIND,
                channel_name=name,
                external_id=who,
                client_name=clean_name(event.client.name),
                remote_id=event.id,
                text=RichText.plain(storable(event.text)),
                at=_not_ahead(tx, event.at),
                identifiers={key[:40]: storable(value)[:200] for key, value in event.client.identifiers.items() if value},
                file=file,
                reply_to=event.reply_to,
            ),
        )


def address(channel_name: str, client_id: str) -> str:
    """A client of one channel among those of all."""
    return f"{channel_name}:{client_id}"


def owner_of(channel_name: str) -> str:
    """Whose an upload is until a message names it."""
    return f"http:{channel_name}"


def _not_ahead(tx: Tx, at: int | None) -> Moment:
    return Moment(min(at, tx.now)) if at is not None else tx.now
