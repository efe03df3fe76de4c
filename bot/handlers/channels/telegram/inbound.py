"""What clients do in their private chats with the bot."""

from __future__ import annotations

import re
from typing import Any

import structlog

from bot.commands.answer import Answer
from bot.commands.channel import blocked, unblocked
from bot.commands.receive import Received, receive
from bot.domain.ids import Moment
from bot.domain.text import RichText, clean_name, join, storable
from bot.handlers.shared.emoji_codes import emojize_tree
from bot.handlers.shared.telegram_media import describe
from bot.handlers.shared.telegram_text import from_entities
from bot.store.uow import Tx

log = structlog.get_logger(__name__)

KIND = "telegram"
_START = re.compile(r"/start(@\w+)?(\s|$)")

Json = dict[str, Any]


class TelegramChannelInbound:
    """Reads the kept updates of a bot that clients write to."""

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what the update asks. Clients press nothing yet, so there is never an answer."""
        if message := _part(payload, "message"):
            self._message(tx, message, edited=False)
        elif message := _part(payload, "edited_message"):
            self._message(tx, message, edited=True)
        elif change := _part(payload, "my_chat_member"):
            self._member(tx, change)
        return None

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Nothing to tell."""

    def _message(self, tx: Tx, message: Json, *, edited: bool) -> None:
        chat, sender = _part(message, "chat"), _part(message, "from")
        if chat.get("type") != "private" or sender.get("is_bot") or not sender:
            return
        text = words_of(message)
        if text.is_empty or _START.match(str(message.get("text", ""))):
            return
        moment, remote_id = message.get("date", 0), str(message["message_id"])
        if edited:
            moment = message.get("edit_date")
            # a location that moves edits its message every few seconds; without a date nothing the client sees has changed
            if not moment or "location" in message:
                return
            text, remote_id = RichText.plain("✏️ ") + text, f"{remote_id}:edit:{moment}"
        receive(
            tx,
            Received(
                channel_kind=KIND,
                channel_name=None,
                external_id=str(chat["id"]),
                client_name=clean_name(f"{sender.get('first_name', '')} {sender.get('last_name', '')}"),
                remote_id=remote_id,
                text=text,
                at=Moment(int(moment) * 1000),
                identifiers=identifiers(message, sender),
            ),
        )

    def _member(self, tx: Tx, change: Json) -> None:
        """The client blocks the bot, or lets it write again (https://core.telegram.org/bots/api#chatmemberupdated)."""
        chat, status = _part(change, "chat"), _part(change, "new_chat_member").get("status")
        if chat.get("type") != "private":
            return
        if status == "kicked":
            blocked(tx, KIND, str(chat["id"]))
        elif status == "member":
            unblocked(tx, KIND, str(chat["id"]))


def words_of(message: Json) -> RichText:
    """A message as words; what is not text says what it was, with its caption below."""
    if "text" in message:
        return emojize_tree(from_entities(str(message["text"]), message.get("entities")))
    what = describe(message)
    if not what:
        return RichText.plain("")
    caption = from_entities(str(message.get("caption", "")), message.get("caption_entities"))
    said = RichText.plain(storable(what))
    return said if caption.is_empty else join([said, emojize_tree(caption)])


def identifiers(message: Json, sender: Json) -> dict[str, str]:
    """What Telegram tells about the person. A phone number only counts when it is his own contact card."""
    found = {"username": sender.get("username"), "language": sender.get("language_code")}
    contact = _part(message, "contact")
    if contact.get("user_id") == sender.get("id"):
        found["phone"] = contact.get("phone_number")
    return {name: str(value) for name, value in found.items() if value}


def _part(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
