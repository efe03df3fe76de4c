"""Answers to clients in their private chats with the bot."""

from __future__ import annotations

import structlog

from bot.delivery.ports import DeletePost, EditPost, Fetch, FilePost, Outcome, Parcel, Permanent, React, Unsupported, Words
from bot.domain.phrase import Phrase
from bot.handlers.shared.files import Files
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_draft import CAPTION, LIMIT, Arguments, signed
from bot.handlers.shared.telegram_files import Downloads
from bot.handlers.shared.telegram_outcomes import Outcomes
from bot.handlers.shared.telegram_posts import NO_PREVIEW, Posts, answering
from bot.handlers.shared.telegram_sdk import AiogramError

log = structlog.get_logger(__name__)

PORT = "telegram-channel"
TOO_OLD = Phrase("Telegram takes a message back only within 48 hours.")


class TelegramChannelPort:
    """The clients of one bot."""

    def __init__(self, api: BotApi, files: Files) -> None:
        self._outcomes = Outcomes(to_clients=True)
        self._posts = Posts(api, files, self._outcomes, too_old=TOO_OLD)
        self._downloads = Downloads(api, files, self._outcomes)

    async def deliver(self, parcel: Parcel) -> Outcome:
        """See :class:`bot.delivery.ports.Port`."""
        creates = isinstance(parcel.body, Words | FilePost)
        try:
            return await self._send(parcel)
        except AiogramError as error:
            return self._outcomes.read(error, parcel.address.chat, creates=creates)
        except Exception as error:  # a bug of ours must not stop the relay
            log.exception("not delivered", port=PORT, delivery=parcel.delivery_id)
            return Permanent(Phrase("It could not be put into Telegram's shape ({why}).", why=type(error).__name__))

    async def _send(self, parcel: Parcel) -> Outcome:
        if isinstance(parcel.body, Fetch):  # a file is fetched from the bot, from no chat
            return await self._downloads.fetch(parcel.body.file)
        chat = int(parcel.address.chat)
        match parcel.body:
            case Words() as words:
                said = {**_said(words), **answering(words.quote), "link_preview_options": NO_PREVIEW}
                return await self._posts.text({"chat_id": chat, **said})
            case FilePost() as post:
                return await self._posts.file({"chat_id": chat}, post, _said(post))
            case EditPost() as change:
                return await self._posts.edit(chat, change, _said(change.post))
            case DeletePost(remote_id):
                return await self._posts.delete(chat, remote_id)
            case React() as reaction:
                return await self._posts.react(chat, reaction)
        return Unsupported(Phrase("Telegram clients can't be sent such a thing."))


def _said(post: Words | FilePost) -> Arguments:
    if isinstance(post, FilePost):
        return signed(post.author, (post.caption,), quote=post.quote, limit=CAPTION)
    return signed(post.author, post.parts, quote=post.quote, limit=LIMIT)
