"""Posts of one bot, in forums and in clients' chats alike: texts, files, changes, deletions, reactions.

What Telegram stumbles over is tried once more in a plainer way: a text without its formatting (F34), a file as a document.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog

from bot.delivery.ports import EditPost, FilePost, Outcome, Permanent, Quoted, React, Sent, Unsupported
from bot.domain.capabilities import MB
from bot.domain.files import File, FileKind
from bot.domain.phrase import Phrase
from bot.handlers.shared.files import Files
from bot.handlers.shared.telegram_api import BotApi, NoMethod, Upload
from bot.handlers.shared.telegram_draft import CAPTION, Arguments, clipped
from bot.handlers.shared.telegram_outcomes import Outcomes, is_unparsed
from bot.handlers.shared.telegram_reactions import chosen
from bot.handlers.shared.telegram_sdk import TelegramAPIError, TelegramBadRequest

log = structlog.get_logger(__name__)

NO_PREVIEW = {"is_disabled": True}
"""Pictures of linked pages would stand for words nobody chose."""
PHOTO_LIMIT = 10 * MB
WORDLESS = frozenset({"sticker", "video_note"})
"""What can't have a caption (https://core.telegram.org/bots/api#sendsticker, #sendvideonote)."""
_SOUND = ("audio/mpeg", "audio/mp4", "audio/x-m4a", "video/mp4")
_SHAPES: dict[FileKind, tuple[str, tuple[str, ...]]] = {
    FileKind.PHOTO: ("photo", ("image/jpeg", "image/png", "image/webp")),
    FileKind.VIDEO: ("video", ("video/mp4",)),
    FileKind.ANIMATION: ("animation", ("video/mp4", "image/gif")),
    FileKind.AUDIO: ("audio", _SOUND),
    FileKind.VOICE: ("voice", ("audio/ogg", "application/ogg", *_SOUND)),
    FileKind.VIDEO_NOTE: ("video_note", ("video/mp4",)),
    FileKind.STICKER: ("sticker", ("image/webp", "video/webm", "application/x-tgsticker", "application/x-gzip")),
}
"""How each kind is sent, and the types that can be. By the methods ``sendPhoto`` … ``sendSticker`` of the Bot API; by its bytes
a ``.tgs`` is gzip, and an ``.m4a`` may be taken for a video."""
_PLAINER = {"video_note": "video", "sticker": "document"}
_TIMED = frozenset({"video", "animation", "audio", "voice", "video_note"})


def shape(file: File, *, wordless: bool) -> str:
    """How a file is sent: ``photo``, ``voice`` …, ``document`` for all that Telegram would not show.

    ``wordless``: it may go without a caption, so that a sticker can be one.
    """
    way, types = _SHAPES.get(file.kind, ("document", ()))
    if way in WORDLESS and not wordless:
        way = _PLAINER[way]
    if file.mime not in types or (way == "photo" and file.size > PHOTO_LIMIT):
        return "document"
    return way


def answering(quote: Quoted | None) -> Arguments:
    """The platform's own way to point to a message, where it stands (https://core.telegram.org/bots/api#replyparameters)."""
    if quote is None or not quote.remote_id.isdecimal():
        return {}
    return {"reply_parameters": {"message_id": int(quote.remote_id), "allow_sending_without_reply": True}}


class Posts:
    """Makes the calls. All raise ``AiogramError`` for what is not told by an outcome here."""

    def __init__(self, api: BotApi, files: Files, outcomes: Outcomes, *, too_old: str) -> None:
        """``too_old`` is said where Telegram does not let a message be taken back."""
        self._api = api
        self._files = files
        self._outcomes = outcomes
        self._too_old = too_old

    async def text(self, arguments: Arguments) -> Outcome:
        """``sendMessage``."""
        message = await self._formatted("sendMessage", arguments)
        return Sent(str(message["message_id"] or ""))

    async def file(self, place: Arguments, post: FilePost, said: Arguments) -> Outcome:
        """A file in the way Telegram shows it best, with ``said``, its name line and caption, if that way can bear them."""
        wordless = post.caption.is_empty and (post.kind in ("client", "reply") or not said["text"])
        way = shape(post.file, wordless=wordless)
        arguments = {**place, **answering(post.quote)}
        try:
            return await self._send(way, arguments, post.file, said)
        except (TelegramBadRequest, NoMethod) as error:
            if way == "document" or not self._is_about_the_file(error, place):
                raise
            log.info("not shown as it is, sent as a document", kind=way, why=error.message)
            return await self._send("document", arguments, post.file, said)

    def _is_about_the_file(self, error: TelegramAPIError, place: Arguments) -> bool:
        outcome = self._outcomes.read(error, str(place["chat_id"]), creates=True)
        return isinstance(outcome, Unsupported) or (isinstance(outcome, Permanent) and outcome.code == "other")

    async def _send(self, way: str, arguments: Arguments, file: File, said: Arguments) -> Outcome:
        more: Arguments = {} if way in WORDLESS else captioned(said)
        if way in _TIMED and file.seconds:
            more["duration"] = file.seconds
        if way == "document":
            more["disable_content_type_detection"] = True  # else a video sent as a file would come as a video
        method = "send" + "".join(word.capitalize() for word in way.split("_"))
        upload = Upload(file.name, file.mime, partial(self._files.pieces, file.id))
        try:
            message = await self._api.send_file(method, {**arguments, **more}, way, upload)
        except TelegramBadRequest as error:
            if not is_unparsed(error) or "caption_entities" not in more:
                raise
            del more["caption_entities"]
            message = await self._api.send_file(method, {**arguments, **more}, way, upload)
        return Sent(str(message["message_id"]))

    async def edit(self, chat: int, change: EditPost, said: Arguments) -> Outcome:
        """Other words in a post's place, or other words under its file."""
        where: Arguments = {"chat_id": chat, "message_id": int(change.remote_id)}
        text = {**where, **said, "link_preview_options": NO_PREVIEW}
        try:
            if isinstance(change.post, FilePost):
                await self._formatted("editMessageCaption", {**where, **captioned(said)})
            else:
                await self._formatted("editMessageText", text)
        except TelegramBadRequest as error:
            words = error.message.casefold()
            if "there is no caption in the message" in words:  # a sticker
                return Sent(change.remote_id)
            if "message to edit not found" in words:
                return Permanent(Phrase("It is not there any more."))
            if "there is no text in the message" not in words:
                raise
            await self._formatted("editMessageCaption", {**where, **captioned(said)})  # a file whose bytes are not kept any more
        return Sent(change.remote_id)

    async def delete(self, chat: int, remote_id: str) -> Outcome:
        """Take a post back; within 48 hours, or with the right to (https://core.telegram.org/bots/api#deletemessage)."""
        try:
            await self._api.call("deleteMessage", {"chat_id": chat, "message_id": int(remote_id)})
        except TelegramBadRequest as error:
            words = error.message.casefold()
            if "can't be deleted" in words:
                return Unsupported(self._too_old)
            if "message to delete not found" not in words:
                raise
        return Sent(remote_id)

    async def react(self, chat: int, reaction: React) -> Outcome:
        """One reaction of the bot's, or none."""
        where: Arguments = {"chat_id": chat, "message_id": int(reaction.remote_id)}
        await self._api.call("setMessageReaction", {**where, "reaction": chosen(reaction.emoji, reaction.fate)})
        return Sent(reaction.remote_id)

    async def _formatted(self, method: str, arguments: Arguments) -> Any:
        """A call with formatting; when that is refused, once more without (F34)."""
        try:
            return await self._api.call(method, arguments)
        except TelegramBadRequest as error:
            if not is_unparsed(error) or not arguments.keys() & {"entities", "caption_entities"}:
                raise
            log.warning("formatting refused, sent as plain text", method=method, why=error.message)
            return await self._api.call(method, plain(arguments))


def captioned(said: Arguments) -> Arguments:
    """A text's arguments as those of a caption, which has less room."""
    if len(said["text"].encode("utf-16-le")) > 2 * CAPTION:
        return {"caption": clipped(said["text"], CAPTION)}
    caption: Arguments = {"caption": said["text"]} if said["text"] else {}
    return {**caption, "caption_entities": said["entities"]} if "entities" in said else caption


def plain(arguments: Arguments) -> Arguments:
    """The same without formatting."""
    return {name: value for name, value in arguments.items() if name not in ("entities", "caption_entities")}
