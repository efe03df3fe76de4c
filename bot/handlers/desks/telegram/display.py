"""What a person is shown after a press or a word: toasts, screens and questions, for him alone where Telegram can.

In a group that is an ephemeral message (Bot API 10.2; `EphemeralMessageParameters`), which is edited and deleted by methods
of its own; a server or a person it can't be sent to gets a normal message. In a private chat it is a message edited in place.
All of it is best effort and made after the commit: what was lost is shown again by the next press.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import structlog

from bot.commands import asking
from bot.commands.answer import Answer
from bot.commands.asking import Step
from bot.domain.people import Actor
from bot.domain.screen import Jump, Screen
from bot.handlers.desks.telegram import forms, screens
from bot.handlers.shared.jumps import Address, Workspace, address_of
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_outcomes import UNCHANGED
from bot.handlers.shared.telegram_sdk import AiogramError, TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from bot.store import private_chats
from bot.store.engine import Store

log = structlog.get_logger(__name__)

PLATFORM = "telegram"
TOAST = 200
"""Longest text of answerCallbackQuery; longer answers are shown as a message."""
PATIENCE = 10.0
"""Seconds we wait when Telegram asks to; a person who waits longer has pressed again."""
EPHEMERAL = "e"
"""Before the number of an ephemeral message, which is another count than that of messages."""

Json = dict[str, Any]
Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody acted, and who. ``query_id`` of his press, empty for words; ``message`` the one under his finger."""

    chat: int
    thread: int
    person: Json
    private: bool
    query_id: str = ""
    message: Json | None = None

    @property
    def place(self) -> Arguments:
        """Where a message for him goes."""
        return {"chat_id": self.chat, "message_thread_id": self.thread} if self.thread else {"chat_id": self.chat}

    @property
    def pressed_id(self) -> str:
        """The message under his finger."""
        return id_of(self.message) if self.message else ""

    @property
    def screen_id(self) -> str:
        """The same, when it is his own screen or question, which may become another."""
        message = self.message or {}
        return self.pressed_id if message.get("ephemeral_message_id") or screens.is_screen(message) else ""


def spot_of(payload: Json) -> Spot | None:
    """Where the person of an update is; None when the update has no place."""
    query = payload.get("callback_query")
    message = query.get("message") if isinstance(query, dict) else payload.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("chat"), dict):
        return None
    person = (query if isinstance(query, dict) else message).get("from") or {}
    return Spot(
        chat=int(message["chat"].get("id", 0)),
        thread=int(message.get("message_thread_id") or 0) if message.get("is_topic_message") else 0,
        person=person,
        private=message["chat"].get("type") == "private",
        query_id=str(query.get("id", "")) if isinstance(query, dict) else "",
        message=message if isinstance(query, dict) else None,
    )


def id_of(message: Json) -> str:
    """What names a message in its chat: its number, or ``e`` and an ephemeral one's."""
    if message.get("ephemeral_message_id"):
        return f"{EPHEMERAL}{message['ephemeral_message_id']}"
    return str(message.get("message_id") or "")


class Display:
    """Shows answers through one bot."""

    def __init__(self, api: BotApi, store: Store, workspace: Workspace | None = None) -> None:
        """``workspace`` is Slack's, for links to threads."""
        self._api = api
        self._workspace = workspace or Workspace()
        self._store = store
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def show(self, spot: Spot, answer: Answer, *, leaves: bool = False) -> None:
        """Answer a press or words. ``leaves``: the message under the finger goes once the thing is done."""
        text = answer.text.strip()
        if spot.query_id:
            told: Arguments = {"callback_query_id": spot.query_id}
            if text and len(text) <= TOAST:
                told |= {"text": text, "show_alert": answer.refused}
            await self._try("answerCallbackQuery", told)
        turn = f"{spot.chat}:{spot.person.get('id')}"
        lock = self._turns.get(turn)
        if lock is None:
            lock = self._turns[turn] = asyncio.Lock()
        async with lock:  # what one person is shown comes in the order of what he did
            await self._show(spot, answer, text, leaves=leaves)
            if isinstance(answer, Step):
                await self._clear(spot, answer)

    async def _show(self, spot: Spot, answer: Answer, text: str, *, leaves: bool) -> None:
        if isinstance(answer, Step) and answer.question is not None:
            await self._ask(spot, answer)
            return
        before = (answer.keys_id if isinstance(answer, Step) else "") or spot.screen_id
        too_long = bool(spot.query_id) and len(text) > TOAST
        if answer.screen is not None:
            if too_long:
                await self.put(spot, screens.words(text))
            shown = await self.put(spot, screens.draw(answer.screen, await self._address(spot, answer.screen)), before)
            await self._note_page(spot, shown)
        elif too_long:
            await self.put(spot, screens.words(text), "" if answer.refused or (spot.private and not leaves) else before)
        elif isinstance(answer, Step):
            await self._end(spot, before, text)
        elif before and not answer.refused and (leaves or not spot.private):
            await self.take_away(spot, before)

    async def _address(self, spot: Spot, screen: Screen) -> Address:
        """Where links lead; the topic somebody stands in gets none."""
        workspace = await self._workspace.url() if any(row.jumps for row in screen.rows) else ""
        here = Jump(PLATFORM, str(spot.chat), str(spot.thread))
        return lambda jump: "" if jump == here else address_of(jump, workspace)

    async def _ask(self, spot: Spot, step: Step) -> None:
        """Show a question: its buttons and, in a topic, the message to reply to. What shows them is kept, to know it again."""
        question = step.question
        assert question is not None
        keys_id = await self.put(spot, forms.draw(question, private=spot.private, language=step.language), question.keys_id)
        prompt_id = ""
        if question.fresh and question.wants_words and not spot.private:
            made = await self._try("sendMessage", {**spot.place, **forms.prompt(question, spot.person, step.language)})
            prompt_id = id_of(made) if made else ""
        actor = Actor(PLATFORM, str(spot.person.get("id", "")), "form")
        try:
            is_asked = await self._store.write(
                lambda tx: asking.shown(tx, actor, question.turn, keys_id=keys_id, prompt_id=prompt_id)
            )
        except Exception as error:  # the store is away: the question stands, and an answer to it is still known by its sign
            log.info("a question was not noted", why=type(error).__name__)
            return
        if not is_asked and prompt_id:  # he was quicker, and it is over already
            await self._delete(spot.chat, [int(prompt_id)])

    async def _end(self, spot: Spot, before: str, text: str) -> None:
        """A form has ended in words; those of a press are a toast already."""
        if not before:
            return
        if not spot.private:
            await self.take_away(spot, before)
        elif spot.query_id and text:
            await self.put(spot, screens.words(text), before)
        else:
            await self.bare(spot, before)

    async def _clear(self, spot: Spot, step: Step) -> None:
        """Take away what has had its time: in groups questions and the answers to them, in private only old buttons."""
        here = str(spot.chat)
        numbers = [int(post.remote_id) for post in step.gone if post.chat == here and post.remote_id.isdecimal()]
        if numbers and not spot.private:
            await self._delete(spot.chat, numbers)
        for post in step.gone:
            if post.remote_id.startswith(EPHEMERAL):
                await self._try("deleteEphemeralMessage", _whisper(post.chat, spot, post.remote_id))
            elif not post.chat.startswith("-"):
                await self._try("editMessageReplyMarkup", {"chat_id": int(post.chat), "message_id": int(post.remote_id)})
            elif post.chat != here:
                await self._delete(int(post.chat), [int(post.remote_id)])

    async def put(self, spot: Spot, drawn: Arguments, at: str = "") -> str:
        """Show a message to the person in place of ``at``, or anew; its id, empty when it could not be shown."""
        if at and await self._edit(spot, drawn, at):
            return at
        ways: list[Arguments] = [{}]
        if not spot.private:
            receiver: Arguments = {"receiver_user_id": spot.person.get("id")}
            ways.insert(0, {"ephemeral_message_parameters": receiver})
            if spot.query_id:
                ways.insert(0, {"ephemeral_message_parameters": {**receiver, "callback_query_id": spot.query_id}})
        for way in ways:
            try:
                made = await self._call("sendMessage", {**spot.place, **drawn, **way})
            except (TelegramBadRequest, TelegramForbiddenError) as error:
                log.info("not shown to a person this way", way=[*way], why=error.message)
            except AiogramError as error:
                log.info("not shown to a person", why=str(error))
                return ""
            else:
                return id_of(made)
        return ""

    async def _edit(self, spot: Spot, drawn: Arguments, at: str) -> bool:
        try:
            if at.startswith(EPHEMERAL):
                await self._call("editEphemeralMessageText", {**_whisper(str(spot.chat), spot, at), **drawn})
            else:
                await self._call("editMessageText", {"chat_id": spot.chat, "message_id": int(at), **drawn})
        except TelegramBadRequest as error:
            return any(words in error.message.casefold() for words in UNCHANGED)
        except AiogramError as error:
            log.info("a message was not changed", why=str(error))
            return False
        return True

    async def take_away(self, spot: Spot, at: str) -> None:
        """Take a screen or question away, or at least its buttons."""
        if at.startswith(EPHEMERAL):
            await self._try("deleteEphemeralMessage", _whisper(str(spot.chat), spot, at))
        elif await self._try("deleteMessage", {"chat_id": spot.chat, "message_id": int(at)}) is None:
            await self.bare(spot, at)

    async def bare(self, spot: Spot, at: str) -> None:
        """Take the buttons away."""
        if at.isdecimal():
            await self._try("editMessageReplyMarkup", {"chat_id": spot.chat, "message_id": int(at)})

    async def _delete(self, chat: int, numbers: list[int]) -> None:
        """All at once, or else each that may be: without the right to delete only our own go (deleteMessages)."""
        if await self._try("deleteMessages", {"chat_id": chat, "message_ids": numbers}) is None:
            for number in numbers:
                await self._try("deleteMessage", {"chat_id": chat, "message_id": number})

    async def _note_page(self, spot: Spot, shown: str) -> None:
        if not spot.private or not shown:
            return
        try:
            await self._store.write(lambda tx: private_chats.set_page(tx, PLATFORM, str(spot.chat), shown))
        except Exception as error:  # only a convenience
            log.info("a page was not noted", why=type(error).__name__)

    async def _try(self, method: str, arguments: Arguments) -> Any:
        """Make a call that may fail; None then."""
        try:
            return await self._call(method, arguments)
        except AiogramError as error:
            log.info("an answer to a person was not delivered", method=method, why=str(error))
            return None

    async def _call(self, method: str, arguments: Arguments) -> Any:
        try:
            return await self._api.call(method, arguments)
        except TelegramRetryAfter as error:
            if error.retry_after > PATIENCE:
                raise
            await asyncio.sleep(error.retry_after)
            return await self._api.call(method, arguments)


def _whisper(chat: str, spot: Spot, at: str) -> Arguments:
    return {
        "chat_id": int(chat),
        "receiver_user_id": spot.person.get("id"),
        "ephemeral_message_id": int(at.removeprefix(EPHEMERAL)),
    }
