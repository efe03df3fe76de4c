"""What people do with messages that are there."""

from __future__ import annotations

import asyncio
import base64
import mimetypes

from sandbox.people import Mistake, person
from sandbox.telegram import files
from sandbox.telegram.access import has_right, is_admin
from sandbox.telegram.editing import MEDIA, REACTIONS, react, remove
from sandbox.telegram.entities import finish
from sandbox.telegram.page import shown_entry, shown_topic
from sandbox.telegram.people_sending import Sending
from sandbox.telegram.posting import tell_bots, without_reply
from sandbox.telegram.world import Chat, Entry, Json, Message, Press, Question

ANSWER_SECONDS = 5.0


class Messages(Sending):
    """Editing, pressing, reading."""

    @person
    def edit(self, user: int, chat: int, message_id: int, text: str, entities: list[Json] | None = None) -> Message:
        """Somebody edits their own message (its caption when it is a picture or file)."""
        place, entry = self._own(user, chat, message_id)
        said, found = (text, entities) if entities else finish(text, [])
        name = "caption" if any(kind in entry.message for kind in MEDIA) else "text"
        lists = "caption_entities" if name == "caption" else "entities"
        new = {key: value for key, value in entry.message.items() if key != lists}
        new |= {name: said, "edit_date": self.now()}
        new |= {lists: found} if found else {}
        return self._edited(place, entry, new)

    def _own(self, user: int, chat: int, message_id: int) -> tuple[Chat, Entry]:
        place = self.place(user, chat)
        entry = self._entry(place, message_id)
        if entry.sender != int(user) or entry.service:
            raise Mistake("only own messages can be edited")
        return place, entry

    def _edited(self, place: Chat, entry: Entry, new: Message) -> Message:
        entry.message = new
        self.tell("edited", place, thread=new.get("message_thread_id"), message_id=int(new["message_id"]))
        tell_bots(self, place, entry, "edited_message")
        return new

    @person
    def edit_file(self, user: int, chat: int, message_id: int, content: str, name: str = "other.pdf") -> Message:
        """Somebody puts another document in the place of what a message of theirs bears; ``content`` is base64."""
        place, entry = self._own(user, chat, message_id)
        data = base64.b64decode(content)
        fields = {"file_name": name, "mime_type": mimetypes.guess_type(name)[0] or "application/octet-stream"}
        stored = files.store(self, "document", data, len(data), fields=fields, name=name)
        kept = {key: value for key, value in entry.message.items() if key not in MEDIA}
        return self._edited(place, entry, {**kept, **files.shown(stored), "edit_date": self.now()})

    @person
    def delete(self, user: int, chat: int, message_id: int) -> bool:
        """Somebody deletes a message: their own, any as administrator, any in a private chat. No bot is told."""
        place = self.place(user, chat)
        entry = self._entry(place, message_id)
        if not place.private and entry.sender != int(user) and not has_right(place, int(user), "can_delete_messages"):
            raise Mistake("only own messages can be deleted")
        remove(self, place, entry)
        return True

    @person
    def react(self, user: int, chat: int, message_id: int, emoji: str | None = None, anonymous: bool = False) -> bool:
        """Somebody sets their reaction, or takes it back with ``None``; custom emoji are digits."""
        emoji = (emoji or "").removesuffix("\ufe0f") or None
        if emoji and emoji not in REACTIONS and not emoji.isdigit():
            raise Mistake(f"Telegram does not offer {emoji} as a reaction")
        place = self.place(user, chat)
        entry = self._entry(place, message_id)
        former = react(self, place, entry, int(user), [emoji] if emoji else [])
        update: Json = {"chat": place.public, "message_id": int(message_id), "date": self.now()}
        update |= {"actor_chat": place.public} if anonymous else {"user": self.user(user)}
        update["old_reaction"] = [_reaction(old) for old in former]
        update["new_reaction"] = [_reaction(emoji)] if emoji else []
        bots = [place.bot] if place.bot else [bot for bot in self.bots.values() if is_admin(place, bot.id)]
        for bot in bots:
            bot.mailbox.add("message_reaction", update, place.id)
        return True

    @person
    async def press(
        self,
        user: int,
        chat: int,
        message_id: int = 0,
        label: str | None = None,
        *,
        data: str | None = None,
        forged: bool = False,
        ephemeral_message_id: int | None = None,
        wait: float = ANSWER_SECONDS,
    ) -> Json:
        """Somebody presses an inline button, found by its label or data; returns what they then see.

        ``forged`` sends data that no button has, as a modified app can. A link button returns its URL.
        """
        place = self.place(user, chat)
        message, author = self._pressed(place, int(user), int(message_id), ephemeral_message_id)
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        button = _button(rows, label, data)
        if button is None and forged and data is not None:
            button = {"text": "", "callback_data": data}
        if button is None:
            raise Mistake(f"there is no button {label or data}")
        if button.get("disabled"):
            raise Mistake("the button is disabled")
        if "callback_data" not in button:
            return {"answered": False, "text": None, "alert": False, **button}
        bot = self.bot(author)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        press = Press(str(4_300_000_000_000 + next(self.numbers)), bot, int(user), self.clock(), place, answer)
        self.presses[press.id] = press
        update = {"id": press.id, "from": self.user(user), "message": message, "chat_instance": str(place.id)}
        bot.mailbox.add("callback_query", {**update, "data": button["callback_data"]}, place.id)
        try:
            async with asyncio.timeout(wait):
                return {"id": press.id, **await asyncio.shield(answer)}
        except TimeoutError:
            return {"id": press.id, "answered": False, "text": None, "alert": False}

    def _pressed(self, chat: Chat, user: int, message_id: int, whisper: int | None) -> tuple[Message, int]:
        """The message under the finger and the bot that made its buttons."""
        if whisper is not None:
            found = self.whispers.get(chat.id, {}).get(int(whisper))
            if found is None or found.user_id != user:
                raise Mistake("there is no such ephemeral message")
            return found.message, found.bot.id
        message = self._entry(chat, message_id).message
        return message, int((message.get("via_bot") or message["from"])["id"])

    @person
    async def inline(self, user: int, bot: int, query: str, offset: str = "", chat_type: str = "supergroup") -> Json:
        """Somebody types ``@bot query``; returns the results and the query's id."""
        known = self.bot(bot)
        if not known.inline:
            raise Mistake("inline mode is off for this bot (/setinline)")
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        number = str(5_300_000_000_000 + next(self.numbers))
        self.questions[number] = Question(number, known, int(user), self.clock(), query, answer)
        update = {"id": number, "from": self.user(user), "query": query, "offset": offset, "chat_type": chat_type}
        known.mailbox.add("inline_query", update, int(user))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return {"id": number, **await asyncio.shield(answer)}
        except TimeoutError:
            return {"id": number, "results": []}

    @person
    def choose_inline(
        self, user: int, bot: int, query_id: str, result_id: str, *, chat: int, thread: int | None = None
    ) -> Message:
        """Somebody picks a result: it is posted by them *via* the bot, which gets ``chosen_inline_result``."""
        known, question = self.bot(bot), self.questions.get(query_id)
        if question is None or not question.answer.done():
            raise Mistake("there are no results")
        for result in question.answer.result()["results"]:
            if result["id"] == result_id:
                break
        else:
            raise Mistake(f"there is no result {result_id}")
        content = dict(result["content"])
        if "reply_markup" in result:
            content["reply_markup"] = result["reply_markup"]
        message = self._speak(user, chat, content, thread=thread, via_bot=known.id)
        if known.feedback:
            chosen = {"result_id": result_id, "from": self.user(user), "query": question.query}
            known.mailbox.add("chosen_inline_result", chosen, int(user))
        return message

    @person
    def messages(self, chat: int, thread: int | None = None, user: int | None = None) -> list[Json]:
        """What a chat shows, oldest first; ``thread=1`` is General alone."""
        place = self.place(user, chat)
        found = [entry for entry in place.entries.values() if not entry.deleted]
        if thread is not None:
            wanted = None if thread == 1 else int(thread)
            found = [entry for entry in found if entry.message.get("message_thread_id") == wanted]
        return [shown_entry(entry) for entry in found]

    @person
    def topics(self, chat: int, user: int | None = None) -> list[Json]:
        """The topics of a forum without General."""
        return [shown_topic(topic) for topic in self.place(user, chat).topics.values()]

    @person
    def toasts(self, user: int) -> list[Json]:
        """What the answers to presses showed somebody."""
        return list(self.toasts_by_user.get(int(user), ()))

    @person
    def ephemerals(self, user: int, chat: int) -> list[Message]:
        """The ephemeral messages somebody sees in a group."""
        box = self.whispers.get(int(chat), {})
        return [without_reply(whisper.message) for whisper in box.values() if whisper.user_id == int(user)]


def _reaction(emoji: str) -> Json:
    if emoji.isdigit():
        return {"type": "custom_emoji", "custom_emoji_id": emoji}
    return {"type": "emoji", "emoji": emoji}


def _button(rows: list[list[Json]], label: str | None, data: str | None) -> Json | None:
    """The button with this label or data; the only one when neither is given."""
    buttons = [button for row in rows for button in row]
    if label is None and data is None and len(buttons) == 1:
        return buttons[0]
    for button in buttons:
        if data is not None and button.get("callback_data") == data:
            return button
        if data is None and label is not None and button["text"] == label:
            return button
    if data is None and label is not None:
        return next((button for button in buttons if label.lower() in button["text"].lower()), None)
    return None
