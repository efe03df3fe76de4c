"""What a website visitor's browser says to us: the script's requests, kept before they are answered, then applied."""

from __future__ import annotations

import json
from typing import Any

from bot.commands.answer import Answer
from bot.commands.receive import Received, receive
from bot.domain.ids import Moment
from bot.domain.text import clean_name
from bot.handlers.channels.widget import html
from bot.handlers.channels.widget.tokens import nameless, newcomer
from bot.store.inbox import Kept
from bot.store.uow import Tx

SOURCE = "widget"


def kept(channel: str, visitor: str, *, message_id: str, text: str, name: str, at: Moment) -> Kept:
    """A visitor's message as it is kept. The same id again is the same message."""
    payload = {"channel": channel, "visitor": visitor, "id": message_id, "text": text, "name": name, "at": at}
    return Kept(dedupe_key=f"{visitor}:{message_id}", order_key=f"widget:{visitor}", payload=json.dumps(payload))


class WidgetInbound:
    """Applies kept messages."""

    def apply(self, tx: Tx, payload: dict[str, Any]) -> Answer | None:
        """A client said something."""
        visitor = str(payload["visitor"])
        name = str(payload.get("name") or "").strip()
        receive(
            tx,
            Received(
                channel_kind="widget",
                channel_name=str(payload["channel"]),
                external_id=visitor,
                client_name=clean_name(name) if name else nameless(visitor),
                remote_id=str(payload["id"]),
                text=html.from_plain(str(payload["text"])),
                at=Moment(int(payload["at"])),
            ),
        )
        tx.wake.add(newcomer(visitor))  # his stream may wait for a conversation that exists only now
        return None

    async def answer(self, payload: dict[str, Any], answer: Answer) -> None:
        """Visitors are told nothing but what operators write."""
