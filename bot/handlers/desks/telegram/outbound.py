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

from bot.delivery.ports import (
    Address,
    Body,
    DeletePost,
    Document,
    EditCard,
    EditPost,
    Fetch,
    FilePost,
    History,
    LookAt,
    Mark,
    NameTopic,
    Notice,
    OpenTopic,
    Outcome,
    Parcel,
    Permanent,
    PostCard,
    React,
    Remove,
    Sent,
    TopicState,
    Unsupported,
    Words,
)
from bot.domain.card import CardView
from bot.domain.phrase import Phrase, joined
from bot.handlers.desks.telegram import keyboards
from bot.handlers.shared.documents import content_of
from bot.handlers.shared.files import Files
from bot.handlers.shared.jumps import Workspace, address_of
from bot.handlers.shared.telegram_api import BotApi, whole
from bot.handlers.shared.telegram_draft import clipped
from bot.handlers.shared.telegram_files import Downloads
from bot.handlers.shared.telegram_forums import look
from bot.handlers.shared.telegram_outcomes import Outcomes, is_unparsed
from bot.handlers.shared.telegram_posts import Posts, answering, plain
from bot.handlers.shared.telegram_sdk import AiogramError, TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter

log = structlog.get_logger(__name__)

PORT = "telegram-desk"
REPEATABLE = (EditCard, EditPost, DeletePost, React, Fetch, Mark, NameTopic, Remove, TopicState)
"""What may be done twice without anybody noticing."""
LONGEST_CAPTION = 1024
TOO_OLD = Phrase("The bot may delete only its own posts here, within 48 hours: give it the right “Delete messages”.")
NOT_REACHED = Phrase("Telegram lets a bot write to a person in private only after that person has pressed Start there.")
_TOPIC_COLOUR = 0x6FB9F0

Arguments = dict[str, Any]


class TelegramDeskPort:
    """The operators' forums, through one bot."""

    def __init__(self, api: BotApi, files: Files, workspace: Workspace | None = None) -> None:
        """``workspace`` is Slack's, for links to threads."""
        self._api = api
        self._workspace = workspace or Workspace()
        self._outcomes = Outcomes(to_clients=False)
        self._posts = Posts(api, files, self._outcomes, too_old=TOO_OLD)
        self._downloads = Downloads(api, files, self._outcomes)
        self._in_private = Outcomes(to_clients=True)
        self._silent_until = 0.0

    async def deliver(self, parcel: Parcel) -> Outcome:
        """See :class:`bot.delivery.ports.Port`."""
        chat = parcel.address.chat
        creates = not isinstance(parcel.body, REPEATABLE)
        try:
            if isinstance(parcel.body, Fetch):  # a file is fetched from the bot, from no chat
                return await self._downloads.fetch(parcel.body.file)
            return await self._send(parcel, int(chat))
        except AiogramError as error:
            if chat.startswith("-") or not chat:
                return self._outcomes.read(error, chat, creates=creates)
            outcome = self._in_private.read(error, chat, creates=creates)
            closed = isinstance(outcome, Permanent) and outcome.code == "blocked"
            return Permanent(NOT_REACHED, "blocked") if closed else outcome
        except Exception as error:  # a bug of ours must not stop the relay
            log.exception("not delivered", port=PORT, delivery=parcel.delivery_id)
            return Permanent(Phrase("It could not be put into Telegram's shape ({why}).", why=type(error).__name__))

    async def _send(self, parcel: Parcel, chat: int) -> Outcome:
        """What is posted; see ``_change`` for what changes something that stands there."""
        place: Arguments = {"chat_id": chat}
        if parcel.address.thread:
            place["message_thread_id"] = int(parcel.address.thread)
        match parcel.body:
            case Words() as words:
                return await self._posts.text({**place, **keyboards.words(words, parcel.language), **answering(words.quote)})
            case FilePost() as post:
                return await self._posts.file(place, post, keyboards.said_by(post, parcel.language))
            case PostCard(view):
                return await self._posts.text({**place, **keyboards.card(_linked(view, chat), parcel.language)})
            case History() as history:
                return await self._posts.text({**place, **keyboards.history(history)})
            case Notice() as notice:
                return await self._tell(place, notice)
            case Document() as document:
                return await self._file(place, document)
            case OpenTopic(name):
                topic = {"chat_id": chat, "name": keyboards.topic_name(name, parcel.language), "icon_color": _TOPIC_COLOUR}
                made = await self._api.call("createForumTopic", topic)
                return Sent(str(made["message_thread_id"]))
            case body:
                return await self._change(place, body, parcel.language)

    async def _change(self, place: Arguments, body: Body, language: str) -> Outcome:
        chat: int = place["chat_id"]
        match body:
            case LookAt():
                bad = [joined(". ", (one.what, one.remedy)) for one in await look(self._api, str(chat)) if not one.ok]
                return Sent(amiss=joined(" ", bad))
            case EditPost() as change:
                return await self._posts.edit(chat, change, keyboards.said_by(change.post, language))
            case DeletePost(remote_id):
                return await self._posts.delete(chat, remote_id)
            case React() as reaction:
                return await self._posts.react(chat, reaction)
            case Mark(remote_id, fate):
                return await self._posts.react(chat, React(remote_id, (), fate))
            case EditCard(remote_id, view):
                return await self._edit(
                    {"chat_id": chat, "message_id": int(remote_id), **keyboards.card(_linked(view, chat), language)}, remote_id
                )
            case TopicState(closed):
                await self._api.call("closeForumTopic" if closed else "reopenForumTopic", place)
                return Sent()
            case NameTopic(name):
                await self._api.call("editForumTopic", {**place, "name": keyboards.topic_name(name, language)})
                return Sent()
            case Remove():
                return await self._remove(place)
            case _:  # what has no topic is refused at once; the others are Slack's and the mail's
                return Unsupported(Phrase("a Telegram desk has no such thing"))

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

    async def _tell(self, place: Arguments, told: Notice) -> Outcome:
        workspace = await self._workspace.url() if told.jumps else ""
        arguments = {**place, **keyboards.notice(told, lambda jump: address_of(jump, workspace))}
        receiver = told.only_for or ""
        if receiver.isdecimal():
            try:
                return await self._posts.text({**arguments, "ephemeral_message_parameters": {"receiver_user_id": int(receiver)}})
            except (TelegramBadRequest, TelegramForbiddenError) as error:
                log.info("not shown to one person alone, so to all", port=PORT, why=error.message)
        if told.reply_to and told.reply_to.isdecimal():
            arguments["reply_parameters"] = {"message_id": int(told.reply_to), "allow_sending_without_reply": True}
        return await self._posts.text(arguments)

    async def _file(self, place: Arguments, document: Document) -> Outcome:
        """A picture to look at, anything else to keep (https://core.telegram.org/bots/api#sendphoto, #senddocument)."""
        content = await content_of(document)
        kind = "photo" if document.mime.startswith("image/") else "document"
        arguments = {**place, "caption": clipped(document.caption, LONGEST_CAPTION)} if document.caption else place
        file = whole(document.name, document.mime, content)
        message = await self._api.send_file(f"send{kind.capitalize()}", arguments, kind, file)
        return Sent(str(message["message_id"]))

    async def _remove(self, topic: Arguments) -> Outcome:
        """The whole topic with everybody's messages (https://core.telegram.org/bots/api#deleteforumtopic)."""
        try:
            await self._api.call("deleteForumTopic", topic)
        except TelegramBadRequest as error:
            if "not enough rights" in error.message:
                reason = Phrase("The bot may not delete topics in the group: give it the right “Delete messages”.")
                return Permanent(reason, "chat_gone")
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
