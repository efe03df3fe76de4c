"""An operator's hands and eyes in Telegram beyond words in topics: menus, questions, and the private chat with the bot."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.domain.people import Actor
from bot.store import askings
from bot.store.askings import Asking

if TYPE_CHECKING:
    from tests.road.house import House

Json = dict[str, Any]
MORE = "More…"
_NUMBER = re.compile(r"^(?:\d+\. |• |✓ |☐ |☑ )")


class TelegramHands:
    """What :class:`TelegramView` can do besides; ``_house``, ``chat`` and ``user`` are the view's."""

    _house: House

    @property
    def telegram(self) -> Any:
        return self._house.box.telegram

    @property
    def chat(self) -> int:
        raise NotImplementedError

    def user(self, operator: str) -> int:
        raise NotImplementedError

    def posts(self, thread: str) -> list[Json]:
        raise NotImplementedError

    @property
    def bot(self) -> int:
        return int(self._house.scene.desk_bot.id)

    # What stands before an operator alone ----------------------------------------------------------------------------

    def whispers(self, operator: str) -> list[Json]:
        """The bot's messages in the forum that he alone sees."""
        seen = self.telegram.ephemerals(user=self.user(operator), chat=self.chat)
        return [one for one in seen if one["from"]["is_bot"]]

    def private_posts(self, operator: str) -> list[Json]:
        """His private chat with the bot; empty when he never began it."""
        with suppress(Exception):
            return [one for one in self.telegram.messages(chat=self.bot, user=self.user(operator)) if "text" in one]
        return []

    def private(self, operator: str) -> list[str]:
        return [one["text"] for one in self.private_posts(operator) if one["from"]["is_bot"]]

    def _before_him(self, operator: str) -> dict[str, str]:
        shown = {f"e{one['ephemeral_message_id']}:{one['text']}": one["text"] for one in self.whispers(operator)}
        for one in self.private_posts(operator):
            if one["from"]["is_bot"]:
                shown[f"{one['message_id']}:{one['text']}{labels(one)}"] = one["text"]
        for number, toast in enumerate(self.telegram.toasts(user=self.user(operator))):
            shown[f"t{number}"] = toast["text"]
        return shown

    async def _next(self, operator: str, before: dict[str, str]) -> str:
        """What he sees that he did not see before, once all is settled."""
        with suppress(AssertionError):
            await self._house.until(lambda: self._before_him(operator) != before, 5.0)
        await self._house.settled()
        return " ".join(words for key, words in self._before_him(operator).items() if key not in before)

    async def press_label(self, operator: str, message: Json, label: str, *, private: bool = False) -> None:
        """Press a button of a message, numbered or ticked or not."""
        key = next((one for one in labels(message) if bare(one) == label or one == label), None)
        assert key is not None, f"no button {label!r} for {operator} among {labels(message)}:\n{self._house.story()}"
        which: Json = {"message_id": message["message_id"]}
        if message.get("ephemeral_message_id"):
            which = {"ephemeral_message_id": message["ephemeral_message_id"]}
        chat = self.bot if private else self.chat
        answer = await self.telegram.press(user=self.user(operator), chat=chat, label=key, **which)
        assert answer["answered"], answer

    # Menus and questions in topics -------------------------------------------------------------------------------------

    async def menu(self, operator: str, thread: str) -> list[str]:
        return labels(await self._menu(operator, thread))

    async def _menu(self, operator: str, thread: str) -> Json:
        card = next(one for one in self.posts(thread) if MORE in labels(one))
        before = {one["ephemeral_message_id"] for one in self.whispers(operator)}
        await self.press_label(operator, card, MORE)
        fresh = await self._house.until(
            lambda: [one for one in self.whispers(operator) if one["ephemeral_message_id"] not in before and labels(one)]
        )
        await self._house.settled()
        found: Json = fresh[-1]
        return found

    async def chooses(self, operator: str, thread: str, label: str) -> str:
        menu = await self._menu(operator, thread)
        before = self._before_him(operator)
        await self.press_label(operator, menu, label)
        return await self._next(operator, before)

    async def fills(self, operator: str, thread: str, **values: Any) -> str:
        before = self._before_him(operator)
        left = dict(values)
        while (asking := await self._asking(operator)) is not None:
            question = self._question(operator, asking)
            if "⚠️" in question["text"] and not self._named(asking, question, left):
                return str(question["text"].partition("⚠️ ")[2].partition("\n")[0])
            name = self._named(asking, question, left)
            await self._answer(operator, asking, question, left.pop(name) if name else None)
        assert not left, f"no field {list(left)} was asked"
        return await self._next(operator, before)

    def _named(self, asking: Asking, question: Json, values: Json) -> str | None:
        label = bold_words(question)[1:2]
        return next((name for name in values if name == asking.field or [name] == label), None)

    async def _asking(self, operator: str) -> Asking | None:
        """The question before him, once it stands before him; None when there is none."""
        actor = Actor("telegram", str(self.user(operator)), "test")
        app = self._house.app
        assert app is not None
        await self._house.settled()
        return await app.store.read(lambda tx: askings.of(tx, actor))

    def _question(self, operator: str, asking: Asking) -> Json:
        for one in [
            *self.whispers(operator),
            *self.private_posts(operator),
            *(self.posts(asking.thread) if asking.thread else []),
        ]:
            number = one.get("ephemeral_message_id")
            if asking.keys_id == (f"e{number}" if number else str(one["message_id"])):
                return one
        raise AssertionError(f"the question about {asking.field!r} is not shown to {operator}:\n{self._house.story()}")

    async def _answer(self, operator: str, asking: Asking, question: Json, value: Any) -> None:
        private = not asking.thread
        offered = labels(question)
        searches = "To search, write" in question["text"]
        if value is None:
            skip = next(one for one in ("Keep it", "Done", "Skip", "Leave empty", *offered) if one in offered)
            await self.press_label(operator, question, skip, private=private)
        elif "Send it" in question["text"]:
            await self._send(operator, asking, value)
        elif "Write it" in question["text"]:
            await self._write(operator, asking, str(value))
        else:
            for word in value if isinstance(value, list | tuple) else [value]:
                if searches and word not in map(bare, labels(self._question(operator, asking))):
                    await self._write(operator, asking, word)
                    asking = await self._gone_on(operator, asking) or asking
                asking = await self._turned(operator, asking, word)
                await self.press_label(operator, self._question(operator, asking), word, private=private)
                if "Done" in offered:
                    asking = await self._gone_on(operator, asking) or asking
            if "Done" in offered:
                await self.press_label(operator, self._question(operator, asking), "Done", private=private)
        await self._gone_on(operator, asking)

    async def _turned(self, operator: str, asking: Asking, word: str) -> Asking:
        """The choices' page that holds the word."""
        while word not in map(bare, labels(shown := self._question(operator, asking))):
            ahead = next((label for label in labels(shown) if label.endswith("›")), None)
            if ahead is None:
                break
            await self.press_label(operator, shown, ahead, private=not asking.thread)
            asking = await self._gone_on(operator, asking) or asking
        return asking

    async def _write(self, operator: str, asking: Asking, text: str) -> None:
        """Answer in words: simply, or in a topic as a reply to the question."""
        user = self.user(operator)
        if not asking.thread:
            self.telegram.send(user=user, chat=self.bot, text=text)
            return
        self.telegram.send(user=user, chat=self.chat, text=text, thread=int(asking.thread), reply_to=int(asking.prompt_id))

    async def _send(self, operator: str, asking: Asking, file: Json) -> None:
        """Answer with a file (``name``, ``content`` and perhaps ``size``)."""
        where = {"chat": self.chat, "thread": int(asking.thread), "reply_to": int(asking.prompt_id)} if asking.thread else {}
        content = base64.b64encode(file["content"]).decode()
        sent = {"name": file["name"], "content": content, "mime": file.get("mimetype", "application/octet-stream")}
        if "size" in file:
            sent |= {"content": "", "size": file["size"]}
        self.telegram.send_document(user=self.user(operator), **{"chat": self.bot, **where}, **sent)

    async def _gone_on(self, operator: str, before: Asking) -> Asking | None:
        for _ in range(500):
            now = await self._asking(operator)
            if now is None or now.turn != before.turn:
                return now
        raise AssertionError(f"the question about {before.field!r} does not go on:\n{self._house.story()}")

    def prompts(self, thread: str) -> list[Json]:
        """The questions to reply to that stand in a topic."""
        return [one for one in self.posts(thread) if one.get("text", "").startswith("❓")]

    def replies(self, operator: str, thread: str, text: str, to: int) -> str:
        """Reply to a message of the topic; the post."""
        sent = self.telegram.send(user=self.user(operator), chat=self.chat, text=text, thread=int(thread), reply_to=to)
        return str(sent["message_id"])

    # The private chat ----------------------------------------------------------------------------------------------------

    async def desk_says(self, operator: str, words: str) -> str:
        user = self.user(operator)
        if not self.private_posts(operator):
            self.telegram.start(user=user, bot=self.bot)
            await self._house.until(lambda: self.private(operator))
            await self._house.settled()
        before = self._before_him(operator)
        self.telegram.send(user=user, chat=self.bot, text=f"/{words}" if words else "/help")
        return await self._next(operator, before)

    async def desk_screen(self, operator: str) -> tuple[list[str], list[str]]:
        await self._house.settled()
        shown = self._page(operator)
        head, *rest = shown["text"].split("\n\n")
        lines = head.split("\n") + [_NUMBER.sub("", " ".join(block.split("\n"))) for block in rest]
        return lines, [bare(label) for label in labels(shown)]

    async def desk_presses(self, operator: str, label: str) -> str:
        before = self._before_him(operator)
        await self.press_label(operator, self._page(operator), label, private=True)
        return await self._next(operator, before)

    def _page(self, operator: str) -> Json:
        mine = [one for one in self.private_posts(operator) if one["from"]["is_bot"]]
        assert mine, f"the bot has shown {operator} nothing"
        return next((one for one in reversed(mine) if labels(one)), mine[-1])


def labels(message: Json) -> list[str]:
    """The labels of a message's keyboard."""
    return [key["text"] for row in (message.get("reply_markup") or {}).get("inline_keyboard", []) for key in row]


def bare(label: str) -> str:
    """A button's label without the number of its row and its tick."""
    return _NUMBER.sub("", label)


def bold_words(message: Json) -> list[str]:
    """What stands in bold, in order."""
    raw = message["text"].encode("utf-16-le")
    bold = [one for one in message.get("entities") or [] if one["type"] == "bold"]
    return [raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le") for one in bold]
