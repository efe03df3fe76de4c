"""Deliveries into forum topics.

A Notice for one person is sent as an ephemeral message (Bot API 10.2/10.3), which an administrator bot may send to any
member at any time. A server older than that ignores the parameter and posts for everybody; a refusal is answered by
posting for everybody ourselves, as a reply to the message it is about. Ephemeral messages bear no ``message_id``.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import structlog
from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter

from bot.delivery.ports import (
    Address,
    DeletePost,
    Document,
    EditCard,
    EditPost,
    Fate,
    Fetch,
    FilePost,
    History,
    Letter,
    Mark,
    NameTopic,
    Notice,
    OpenTopic,
    Outcome,
    Parcel,
    Permanent,
    PostCard,
    PublishHome,
    React,
    Remove,
    Sent,
    Sweep,
    TopicState,
    Unsupported,
    Words,
)
from bot.domain.card import CardView
from bot.handlers.desks.telegram import keyboards
from bot.handlers.shared.documents import content_of
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_draft import clipped
from bot.handlers.shared.telegram_outcomes import Outcomes, is_unparsed

log = structlog.get_logger(__name__)

REACTIONS = {Fate.ACCEPTED: "👍", Fate.FAILED: "👎", Fate.HELD: "👀"}
"""Emoji every bot may react with; ✅ and ❌ are not among them (ReactionTypeEmoji). A new one replaces the old one."""
PORT = "telegram-desk"
LONGEST_CAPTION = 1024
NOT_REACHED = "Telegram lets a bot write to a person in private only after that person has pressed Start there."
_TOPIC_COLOUR = 0x6FB9F0

Arguments = dict[str, Any]


class TelegramDeskPort:
    """The operators' forums, through one bot."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._outcomes = Outcomes(to_clients=False)
        self._in_private = Outcomes(to_clients=True)
        self._silent_until = 0.0

    async def deliver(self, parcel: Parcel) -> Outcome:
        """See :class:`bot.delivery.ports.Port`."""
        chat = parcel.address.chat
        creates = not isinstance(parcel.body, EditCard | Mark | NameTopic | Remove | TopicState)
        try:
            return await self._send(parcel, int(chat))
        except AiogramError as error:
            if chat.startswith("-"):
                return self._outcomes.read(error, chat, creates=creates)
            outcome = self._in_private.read(error, chat, creates=creates)
            closed = isinstance(outcome, Permanent) and outcome.code == "blocked"
            return Permanent(NOT_REACHED, "blocked") if closed else outcome
        except Exception as error:  # a bug of ours must not stop the relay
            log.exception("not delivered", port=PORT, delivery=parcel.delivery_id)
            return Permanent(f"It could not be put into Telegram's shape ({type(error).__name__}).")

    async def _send(self, parcel: Parcel, chat: int) -> Outcome:
        body = parcel.body
        place: Arguments = {"chat_id": chat}
        if parcel.address.thread:
            place["message_thread_id"] = int(parcel.address.thread)
        match body:
            case Words():
                return await self._post({**place, **keyboards.words(body)})
            case PostCard(view):
                return await self._post({**place, **keyboards.card(_linked(view, chat))})
            case History():
                return await self._post({**place, **keyboards.history(body)})
            case Notice():
                return await self._tell(place, body)
            case Document() as document:
                return await self._file(place, document)
            case EditCard(remote_id, view):
                return await self._edit(
                    {"chat_id": chat, "message_id": int(remote_id), **keyboards.card(_linked(view, chat))}, remote_id
                )
            case Mark(remote_id, fate):
                reaction = [{"type": "emoji", "emoji": REACTIONS[fate]}]
                await self._api.call("setMessageReaction", {"chat_id": chat, "message_id": int(remote_id), "reaction": reaction})
                return Sent(remote_id)
            case TopicState(closed):
                await self._api.call("closeForumTopic" if closed else "reopenForumTopic", place)
                return Sent()
            case NameTopic(name):
                await self._api.call("editForumTopic", {**place, "name": keyboards.topic_name(name)})
                return Sent()
            case Remove():
                return await self._remove(place)
            case (
                Sweep() | PublishHome() | Letter()
            ):  # what has no topic is refused at once; the others are Slack's and the mail's
                return Unsupported("a Telegram desk has no such thing")
            case FilePost() | EditPost() | DeletePost() | React() | Fetch():
                return Unsupported("not yet")
            case OpenTopic(name):
                topic = {"chat_id": chat, "name": keyboards.topic_name(name), "icon_color": _TOPIC_COLOUR}
                made = await self._api.call("createForumTopic", topic)
                return Sent(str(made["message_thread_id"]))

    async def typing(self, address: Address) -> None:
        """See :class:`bot.delivery.ports.ShowsTyping`; ``sendChatAction`` in the topic."""
        if time.monotonic() < self._silent_until:
            return
        where: Arguments = {"chat_id": int(address.chat), "action": "typing"}
        if address.thread:
            where["message_thread_id"] = int(address.thread)
        try:
            await self._api.call("sendChatAction", where)
        except TelegramRetryAfter as error:
            self._silent_until = time.monotonic() + error.retry_after
        except AiogramError as error:
            log.debug("typing not shown", port=PORT, why=str(error))

    async def _post(self, arguments: Arguments) -> Outcome:
        """Post; when the formatting is refused, once more as plain text (F34)."""
        try:
            message = await self._api.call("sendMessage", arguments)
        except TelegramBadRequest as error:
            if not is_unparsed(error) or "entities" not in arguments:
                raise
            log.warning("formatting refused, sent as plain text", port=PORT, why=error.message)
            message = await self._api.call("sendMessage", plain(arguments))
        return Sent(str(message["message_id"] or ""))

    async def _tell(self, place: Arguments, told: Notice) -> Outcome:
        arguments = {**place, **keyboards.notice(told)}
        receiver = told.only_for or ""
        if receiver.isdecimal():
            try:
                return await self._post({**arguments, "ephemeral_message_parameters": {"receiver_user_id": int(receiver)}})
            except (TelegramBadRequest, TelegramForbiddenError) as error:
                log.info("not shown to one person alone, so to all", port=PORT, why=error.message)
        if told.reply_to and told.reply_to.isdecimal():
            arguments["reply_parameters"] = {"message_id": int(told.reply_to), "allow_sending_without_reply": True}
        return await self._post(arguments)

    async def _file(self, place: Arguments, document: Document) -> Outcome:
        """A picture to look at, anything else to keep (https://core.telegram.org/bots/api#sendphoto, #senddocument)."""
        content = await content_of(document)
        kind = "photo" if document.mime.startswith("image/") else "document"
        arguments = {**place, "caption": clipped(document.caption, LONGEST_CAPTION)} if document.caption else place
        file = (document.name, document.mime, content)
        message = await self._api.send_file(f"send{kind.capitalize()}", arguments, kind, file)
        return Sent(str(message["message_id"]))

    async def _remove(self, topic: Arguments) -> Outcome:
        """The whole topic with everybody's messages (https://core.telegram.org/bots/api#deleteforumtopic)."""
        try:
            await self._api.call("deleteForumTopic", topic)
        except TelegramBadRequest as error:
            if "not enough rights" in error.message:
                return Permanent("The bot may not delete topics in the group: give it the right “Delete messages”.", "chat_gone")
            outcome = self._outcomes.read(error, str(topic["chat_id"]), creates=False)
            return Sent() if isinstance(outcome, Permanent) and outcome.code == "thread_gone" else outcome
        return Sent()

    async def _edit(self, arguments: Arguments, remote_id: str) -> Outcome:
        try:
            await self._api.call("editMessageText", arguments)
        except TelegramBadRequest as error:
            if not is_unparsed(error) or "entities" not in arguments:
                raise
            await self._api.call("editMessageText", plain(arguments))
        return Sent(remote_id)


def _linked(card: CardView, chat: int) -> CardView:
    """The card with the address of the topic it points to (https://core.telegram.org/api/links#forum-topic-links)."""
    inside = str(chat).removeprefix("-100")
    return replace(card, link=f"https://t.me/c/{inside}/{card.link}") if card.link.isdecimal() else card


def plain(arguments: Arguments) -> Arguments:
    """The same message without formatting."""
    return {name: value for name, value in arguments.items() if name != "entities"}
