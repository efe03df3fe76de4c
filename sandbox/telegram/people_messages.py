"""What people do with messages."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from sandbox.people import Mistake, person
from sandbox.telegram import files, whispers
from sandbox.telegram.access import has_right, is_admin
from sandbox.telegram.editing import MEDIA, REACTIONS, react, remove
from sandbox.telegram.entities import finish, length16
from sandbox.telegram.page import shown_entry, shown_topic
from sandbox.telegram.people_accounts import Accounts
from sandbox.telegram.posting import put, tell_bots, without_reply
from sandbox.telegram.world import Chat, Entry, Json, Message, Press, Question

ANSWER_SECONDS = 5.0


class Messages(Accounts):
    """Writing, editing, pressing, reading."""

    def _speak(
        self,
        user: int,
        chat: int,
        content: Json,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        via_bot: int | None = None,
        anonymous: bool = False,
        reply_to_ephemeral: int | None = None,
    ) -> Message:
        """Put something a person sends into a chat and tell the bots."""
        place, sender = self.place(user, chat), self.user(user)
        if place.private:
            if place.blocked:
                raise Mistake("unblock the bot first")
            place.started = True
        elif place.member(int(user)) is None:
            raise Mistake("not a member of the group")
        topic = self.topic(place, thread) if place.is_forum else None
        if place.is_forum and (topic or place.general).closed and not is_admin(place, int(user)):
            raise Mistake("the topic is closed")
        if anonymous and not is_admin(place, int(user)):
            raise Mistake("only administrators may be anonymous")
        if reply_to_ephemeral is not None:
            found = whispers.answered(self, place, int(user), reply_to_ephemeral)
            inside = place.topics.get(found.message.get("message_thread_id", 0))
            return whispers.speak(self, place, sender, found.bot, content, inside)
        if bot := whispers.commanded(self, place, int(user), content.get("text", "")):
            return whispers.speak(self, place, sender, bot, content, topic)
        reply = self._entry(place, reply_to) if reply_to else None
        if reply is not None and topic is None and place.is_forum:
            topic = place.topics.get(reply.message.get("message_thread_id", 0))
        if via_bot is not None:
            content["via_bot"] = self.bot(via_bot).user
        entry = put(self, place, sender, content, topic, reply=reply, anonymous=anonymous)
        tell_bots(self, place, entry)
        return entry.message

    def _entry(self, chat: Chat, message_id: int) -> Entry:
        entry = chat.entry(int(message_id))
        if entry is None:
            raise Mistake(f"there is no message {message_id}")
        return entry

    @person
    def send(
        self,
        user: int,
        chat: int,
        text: str,
        thread: int | None = None,
        *,
        entities: list[Json] | None = None,
        reply_to: int | None = None,
        via_bot: int | None = None,
        anonymous: bool = False,
        reply_to_ephemeral: int | None = None,
    ) -> Message:
        """Somebody writes. ``chat``: a group's id, or a bot's id for the private chat with it.

        A reply to an ephemeral message, and a command that a bot declared ephemeral, is itself seen by that bot alone.

        Commands, links, mentions, addresses and tags are found in plain text as Telegram finds them;
        entities that are given are kept.
        """
        said, found = (text, entities) if entities else finish(text, [])
        if not said.strip():
            raise Mistake("there is nothing to send")
        if length16(said) > 4096:
            raise Mistake("Telegram's apps cut texts at 4096 characters")
        content: Json = {"text": said}
        if found:
            content["entities"] = found
        return self._speak(
            user,
            chat,
            content,
            thread=thread,
            reply_to=reply_to,
            via_bot=via_bot,
            anonymous=anonymous,
            reply_to_ephemeral=reply_to_ephemeral,
        )

    def _send_file(self, user: int, chat: int, kind: str, fields: Json, **more: Any) -> Message:
        body, size, name = more.pop("content", None), more.pop("size"), more.pop("name", "")
        data = base64.b64decode(body) if body else None
        stored = files.store(self, kind, data, len(data) if data is not None else size, fields=fields, name=name)
        content = files.shown(stored)
        caption = more.pop("caption", None)
        if caption:
            text, found = finish(caption, [])
            content["caption"] = text
            if found:
                content["caption_entities"] = found
        if group := more.pop("media_group_id", None):
            content["media_group_id"] = str(group)
        return self._speak(user, chat, content, **more)

    @person
    def send_photo(
        self,
        user: int,
        chat: int,
        caption: str | None = None,
        *,
        width: int = 800,
        height: int = 600,
        size: int = 60_000,
        **more: Any,
    ) -> Message:
        """Somebody sends a picture; ``content`` is base64, else only the size is pretended.

        All that send files take ``thread``, ``reply_to``, ``via_bot``, ``anonymous``, ``media_group_id`` too.
        """
        fields = {"width": width, "height": height}
        return self._send_file(user, chat, "photo", fields, size=size, caption=caption, **more)

    @person
    def send_document(
        self,
        user: int,
        chat: int,
        name: str = "file.pdf",
        mime: str = "application/pdf",
        *,
        size: int = 10_000,
        **more: Any,
    ) -> Message:
        """Somebody sends a file."""
        fields = {"file_name": name, "mime_type": mime}
        return self._send_file(user, chat, "document", fields, size=size, name=name, **more)

    @person
    def send_sticker(self, user: int, chat: int, emoji: str = "👍", **more: Any) -> Message:
        """Somebody sends a sticker."""
        fields = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self._send_file(user, chat, "sticker", {**fields, "emoji": emoji}, size=20_000, **more)

    @person
    def send_voice(self, user: int, chat: int, duration: int = 3, size: int = 9_000, **more: Any) -> Message:
        """Somebody speaks."""
        fields = {"duration": duration, "mime_type": "audio/ogg"}
        return self._send_file(user, chat, "voice", fields, size=size, **more)

    @person
    def send_video(self, user: int, chat: int, name: str = "video.mp4", size: int = 900_000, **more: Any) -> Message:
        """Somebody sends a video."""
        fields = {"file_name": name, "mime_type": "video/mp4", "width": 640, "height": 360, "duration": 5}
        return self._send_file(user, chat, "video", fields, size=size, name=name, **more)

    @person
    def send_location(self, user: int, chat: int, latitude: float, longitude: float, **more: Any) -> Message:
        """Somebody shows where they are."""
        return self._speak(user, chat, {"location": {"latitude": latitude, "longitude": longitude}}, **more)

    @person
    def send_contact(
        self, user: int, chat: int, phone_number: str, first_name: str, user_id: int | None = None, **more: Any
    ) -> Message:
        """Somebody shares a contact, perhaps their own (then ``user_id`` is theirs)."""
        contact: Json = {"phone_number": phone_number, "first_name": first_name}
        contact |= {"user_id": user_id} if user_id else {}
        return self._speak(user, chat, {"contact": contact}, **more)

    @person
    def album(self, user: int, chat: int, count: int = 3, caption: str | None = None, **more: Any) -> list[Message]:
        """Somebody sends several pictures at once; the caption is on the first."""
        group = str(13_500_000_000_000_000 + next(self.numbers))
        return [
            self.send_photo(user, chat, caption if number == 0 else None, media_group_id=group, **more) for number in range(count)
        ]

    @person
    def edit(self, user: int, chat: int, message_id: int, text: str, entities: list[Json] | None = None) -> Message:
        """Somebody edits their own message (its caption when it is a picture or file)."""
        place = self.place(user, chat)
        entry = self._entry(place, message_id)
        if entry.sender != int(user) or entry.service:
            raise Mistake("only own messages can be edited")
        said, found = (text, entities) if entities else finish(text, [])
        name = "caption" if any(kind in entry.message for kind in MEDIA) else "text"
        lists = "caption_entities" if name == "caption" else "entities"
        new = {key: value for key, value in entry.message.items() if key != lists}
        new |= {name: said, "edit_date": self.now()}
        new |= {lists: found} if found else {}
        entry.message = new
        self.tell("edited", place, thread=new.get("message_thread_id"), message_id=int(message_id))
        tell_bots(self, place, entry, "edited_message")
        return new

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
