"""What clients do in their private chats with the bot."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from bot.commands.answer import Answer
from bot.commands.changes import Spot, client_changed, client_reacted
from bot.commands.channel import blocked, unblocked
from bot.commands.receive import Received, receive
from bot.domain.ids import Moment
from bot.domain.text import RichText, clean_name, storable
from bot.handlers.shared.emoji_codes import emojize_tree
from bot.handlers.shared.telegram_files import attachment
from bot.handlers.shared.telegram_media import describe
from bot.handlers.shared.telegram_reactions import emoji_in
from bot.handlers.shared.telegram_text import from_entities
from bot.languages import in_language
from bot.store import team
from bot.store.uow import Tx

log = structlog.get_logger(__name__)

KIND = "telegram"
PORT = "telegram-channel"
_START = re.compile(r"/start(@\w+)?(\s|$)")

Json = dict[str, Any]


class TelegramChannelInbound:
    """Reads the kept updates of a bot that clients write to."""

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what the update asks. Clients press nothing yet, so there is never an answer."""
        if message := _part(payload, "message"):
            self._message(tx, message)
        elif message := _part(payload, "edited_message"):
            self._edited(tx, message)
        elif reaction := _part(payload, "message_reaction"):
            self._reaction(tx, reaction)
        elif change := _part(payload, "my_chat_member"):
            self._member(tx, change)
        return None

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Nothing to tell."""

    def _message(self, tx: Tx, message: Json) -> None:
        if _is_clients(message) and not _START.match(str(message.get("text", ""))):
            self._receive(tx, message, str(message["message_id"]), message.get("date", 0))

    def _receive(self, tx: Tx, message: Json, remote_id: str, moment: int, *, changed: bool = False) -> None:
        chat, sender = _part(message, "chat"), _part(message, "from")
        text, file = words_of(message, partial(team.language_of_channel, tx, KIND, None)), attachment(message, PORT)
        if text.is_empty and file is None:
            return
        if changed:
            text = RichText.plain("✏️" if text.is_empty else "✏️ ") + text
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
                file=file,
                reply_to=str(_part(message, "reply_to_message").get("message_id") or ""),
            ),
        )

    def _edited(self, tx: Tx, message: Json) -> None:
        """Other words in a message, or under its file. What stands in the place of one we don't know is a new one.

        A location that moves edits its message every few seconds; without a date nothing the client sees has changed.
        """
        moment = message.get("edit_date")
        if not moment or "location" in message or not _is_clients(message):
            return
        spot = Spot(KIND, str(_part(message, "chat")["id"]), str(message["message_id"]))
        words = words_of(message, partial(team.language_of_channel, tx, KIND, None))
        if client_changed(tx, spot, words, Moment(int(moment) * 1000), attachment(message, PORT)):
            return
        if not _START.match(str(message.get("text", ""))):
            self._receive(tx, message, f"{spot.remote_id}:edit:{moment}", moment, changed=True)

    def _reaction(self, tx: Tx, reaction: Json) -> None:
        """All that the client reacts with now (https://core.telegram.org/bots/api#messagereactionupdated)."""
        chat = _part(reaction, "chat")
        if chat.get("type") == "private" and not _part(reaction, "user").get("is_bot"):
            spot = Spot(KIND, str(chat["id"]), str(reaction.get("message_id", "")))
            client_reacted(tx, spot, emoji_in(reaction.get("new_reaction")))

    def _member(self, tx: Tx, change: Json) -> None:
        """The client blocks the bot, or lets it write again (https://core.telegram.org/bots/api#chatmemberupdated)."""
        chat, status = _part(change, "chat"), _part(change, "new_chat_member").get("status")
        if chat.get("type") != "private":
            return
        if status == "kicked":
            blocked(tx, KIND, str(chat["id"]))
        elif status == "member":
            unblocked(tx, KIND, str(chat["id"]))


def words_of(message: Json, language: Callable[[], str] = lambda: "") -> RichText:
    """A message's words: its text, what stands under its file, or what it is, in words of ours in this ``language``."""
    if "text" in message:
        return emojize_tree(from_entities(str(message["text"]), message.get("entities")))
    if "caption" in message:
        return emojize_tree(from_entities(str(message["caption"]), message.get("caption_entities")))
    what = "" if attachment(message, PORT) is not None else describe(message)
    return RichText.plain(storable(in_language(what, language())) if what else "")


def _is_clients(message: Json) -> bool:
    """Whether a person wrote it in his private chat with the bot."""
    sender = _part(message, "from")
    return _part(message, "chat").get("type") == "private" and bool(sender) and not sender.get("is_bot")


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
