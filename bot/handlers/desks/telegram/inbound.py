"""What operators do in forum topics, as commands: words, buttons, reactions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import structlog
from aiogram.exceptions import AiogramError

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.desk import reachable
from bot.commands.notice import tell
from bot.commands.press import Pressed, pressed
from bot.commands.reply import Wrote
from bot.commands.seen import Reacted, reacted
from bot.commands.wrote import wrote
from bot.domain.actions import Verb, parse_press
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.domain.text import RichText
from bot.handlers.shared.emoji_codes import emojize_tree
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_draft import clipped
from bot.handlers.shared.telegram_media import describe
from bot.handlers.shared.telegram_text import from_entities
from bot.store import mirrors
from bot.store.uow import Tx

log = structlog.get_logger(__name__)

PLATFORM = "telegram"
PORT = "telegram-desk"
TOAST = 200
"""Longest text of answerCallbackQuery; longer answers are shown in the topic, to the person alone."""
ANONYMOUS = (
    "You write as the group, so I can't tell who you are, and nothing was done with this message. "
    "Switch off “Remain anonymous” in your administrator's rights, then write again."
)
QUESTIONS = frozenset({Verb.SEND_TAKING, Verb.SEND_ONCE, Verb.KEEP_NOTE, Verb.RETRY, Verb.CANCEL_SEND})
"""Verbs of buttons that stand under a question and go with its answer."""
_COMMAND = re.compile(r"/\w+@(\w+)")

Json = dict[str, Any]


class TelegramDeskInbound:
    """Reads the kept updates of the forums."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what the update asks. Only a press has an answer; words are answered through the outbox."""
        if message := _part(payload, "message"):
            self._message(tx, message)
        elif query := _part(payload, "callback_query"):
            return self._press(tx, query)
        elif reaction := _part(payload, "message_reaction"):
            self._reaction(tx, reaction)
        elif change := _part(payload, "my_chat_member"):
            self._let_in(tx, change)
        return None

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Tell the person who pressed, and take a question away once it is decided. Best effort: a press grows old."""
        query = _part(payload, "callback_query")
        text = answer.text.strip()
        told: Json = {"callback_query_id": str(query.get("id", ""))}
        if text and len(text) <= TOAST:
            told |= {"text": text, "show_alert": answer.refused}
        await self._try("answerCallbackQuery", told)
        if len(text) > TOAST:
            await self._show(query, text)
        known = parse_press(str(query.get("data", "")))
        if not answer.refused and known is not None and known[0] in QUESTIONS:
            await self._take_away(query)

    async def _show(self, query: Json, text: str) -> None:
        message = _part(query, "message")
        shown: Json = {"chat_id": _part(message, "chat").get("id"), "text": clipped(text, 4096)}
        if message.get("message_thread_id"):
            shown["message_thread_id"] = message["message_thread_id"]
        receiver = {"receiver_user_id": _part(query, "from").get("id"), "callback_query_id": query.get("id")}
        if not await self._try("sendMessage", {**shown, "ephemeral_message_parameters": receiver}):
            await self._try("sendMessage", shown)

    async def _take_away(self, query: Json) -> None:
        message = _part(query, "message")
        chat = _part(message, "chat").get("id")
        if whisper := message.get("ephemeral_message_id"):
            receiver = _part(query, "from").get("id")
            gone = {"chat_id": chat, "receiver_user_id": receiver, "ephemeral_message_id": whisper}
            await self._try("deleteEphemeralMessage", gone)
        elif message.get("message_id"):
            await self._try("editMessageReplyMarkup", {"chat_id": chat, "message_id": message["message_id"]})

    async def _try(self, method: str, arguments: Json) -> bool:
        try:
            await self._api.call(method, arguments)
        except AiogramError as error:
            log.info("an answer to a press was not delivered", method=method, why=str(error))
            return False
        return True

    def _message(self, tx: Tx, message: Json) -> None:
        """Words in a topic. The General topic, other bots and events of the chat are none of our business."""
        if moved := message.get("migrate_to_chat_id"):
            log.warning("a group has a new id; change it in the team file", old=_part(message, "chat").get("id"), new=moved)
        if not message.get("is_topic_message"):
            return
        place = place_of(message)
        author, remote_id = _part(message, "from"), id_of(message)
        if message.get("sender_chat"):
            self._only_in_mirror(tx, place, lambda: tell(tx, PORT, place, ANONYMOUS, "", remote_id))
            return
        if not author or author.get("is_bot"):
            return
        person = str(author["id"])
        if "text" in message:
            text = self._addressed(message)
            if text is not None:
                actor = Actor(PLATFORM, person, "text")
                wrote(tx, Wrote(actor, place, remote_id, text, Moment(int(message.get("date", 0)) * 1000)))
        elif what := describe(message):
            self._only_in_mirror(tx, place, lambda: tell(tx, PORT, place, not_sent(what, message), person, remote_id))

    def _let_in(self, tx: Tx, change: Json) -> None:
        """The bot came into a group, or got rights there (https://core.telegram.org/bots/api#chatmemberupdated)."""
        if _part(change, "new_chat_member").get("status") in ("member", "administrator"):
            reachable(tx, PLATFORM, str(_part(change, "chat").get("id", "")))

    def _only_in_mirror(self, tx: Tx, place: Place, act: Callable[[], None]) -> None:
        """In topics that mirror no client the team talks among itself."""
        if mirrors.at(tx, place.platform, place.chat, place.thread) is not None:
            act()

    def _addressed(self, message: Json) -> RichText | None:
        """The text; ``/close@our_bot`` without the name, None when it is a command for another bot."""
        text, entities = str(message["text"]), message.get("entities")
        found = _COMMAND.match(text)
        if found is None:
            return emojize_tree(from_entities(text, entities))
        if self._api.username and found[1].lower() != self._api.username:
            return None
        return RichText.plain(text[: found.start(1) - 1] + text[found.end(1) :])

    def _press(self, tx: Tx, query: Json) -> Answer | None:
        message = _part(query, "message")
        actor = Actor(PLATFORM, str(_part(query, "from").get("id", "")), "button")
        return pressed(tx, Pressed(actor, place_of(message), str(message.get("message_id", "")), str(query.get("data", ""))))

    def _reaction(self, tx: Tx, reaction: Json) -> None:
        """A reaction that was added; taking one back says nothing."""
        user = _part(reaction, "user")
        old, new = reaction.get("old_reaction") or [], reaction.get("new_reaction") or []
        if user and not user.get("is_bot") and any(one not in old for one in new):
            chat = str(_part(reaction, "chat").get("id", ""))
            actor = Actor(PLATFORM, str(user["id"]), "reaction")
            reacted(tx, Reacted(actor, PLATFORM, chat, str(reaction.get("message_id", ""))))


def place_of(message: Json) -> Place:
    """The topic a message stands in; an empty thread is the General topic or no forum."""
    thread = message.get("message_thread_id", "") if message.get("is_topic_message") else ""
    return Place(PLATFORM, str(_part(message, "chat").get("id", "")), str(thread))


def id_of(message: Json) -> str:
    """The message's id; ephemeral ones all have 0 and a number that is used again, so the time stands beside it."""
    if message["message_id"]:
        return str(message["message_id"])
    return f"e{message.get('ephemeral_message_id')}.{message.get('date')}"


def not_sent(what: str, message: Json) -> str:
    """What an operator is told about a file. Its caption stays back too: alone it would speak of something not there."""
    rest = " and its caption" if message.get("caption") else ""
    return f"Files can't be sent yet; the client did not get {what}{rest}"


def _part(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
