"""Answers to clients in their private chats with the bot."""

from __future__ import annotations

from typing import Any

import structlog

from bot.delivery.ports import Outcome, Parcel, Permanent, Sent, Unsupported, Words
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_draft import signed
from bot.handlers.shared.telegram_outcomes import Outcomes, is_unparsed
from bot.handlers.shared.telegram_sdk import AiogramError, TelegramBadRequest

log = structlog.get_logger(__name__)

PORT = "telegram-channel"
NO_PREVIEW = {"is_disabled": True}
"""Pictures of linked pages would stand for words the operator did not choose."""


class TelegramChannelPort:
    """The clients of one bot."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._outcomes = Outcomes(to_clients=True)

    async def deliver(self, parcel: Parcel) -> Outcome:
        """See :class:`bot.delivery.ports.Port`."""
        if not isinstance(parcel.body, Words):
            return Unsupported("Telegram clients can be sent words only.")
        try:
            said = signed(parcel.body.author, parcel.body.parts)
            return await self._send({"chat_id": int(parcel.address.chat), **said, "link_preview_options": NO_PREVIEW})
        except AiogramError as error:
            return self._outcomes.read(error, parcel.address.chat, creates=True)
        except Exception as error:  # a bug of ours must not stop the relay
            log.exception("not delivered", port=PORT, delivery=parcel.delivery_id)
            return Permanent(f"It could not be put into Telegram's shape ({type(error).__name__}).")

    async def _send(self, arguments: dict[str, Any]) -> Outcome:
        """Send; when the formatting is refused, once more as plain text (F34)."""
        try:
            message = await self._api.call("sendMessage", arguments)
        except TelegramBadRequest as error:
            if not is_unparsed(error) or "entities" not in arguments:
                raise
            log.warning("formatting refused, sent as plain text", port=PORT, why=error.message)
            bare = {name: value for name, value in arguments.items() if name != "entities"}
            message = await self._api.call("sendMessage", bare)
        return Sent(str(message["message_id"]))
