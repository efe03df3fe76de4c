"""What people send: words, files, albums, places, contacts."""

from __future__ import annotations

import base64
import mimetypes
from typing import Any

from sandbox.people import Mistake, person
from sandbox.telegram import files, whispers
from sandbox.telegram.access import is_admin
from sandbox.telegram.entities import finish, length16
from sandbox.telegram.people_accounts import Accounts
from sandbox.telegram.posting import put, tell_bots
from sandbox.telegram.world import Chat, Entry, Json, Message


class Sending(Accounts):
    """Writing and sending."""

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
        stored.given = more.pop("given", 0)
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

        All that send files take ``thread``, ``reply_to``, ``via_bot``, ``anonymous``, ``media_group_id`` too, and ``given``: so
        many bytes come when it is fetched, whatever its size is said to be.
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
    def send_sticker(self, user: int, chat: int, emoji: str = "👍", animated: bool = False, **more: Any) -> Message:
        """Somebody sends a sticker."""
        fields = {"type": "regular", "width": 512, "height": 512, "is_animated": animated, "is_video": False}
        return self._send_file(user, chat, "sticker", {**fields, "emoji": emoji}, size=20_000, **more)

    @person
    def send_voice(self, user: int, chat: int, duration: int = 3, size: int = 9_000, **more: Any) -> Message:
        """Somebody speaks."""
        fields = {"duration": duration, "mime_type": "audio/ogg"}
        return self._send_file(user, chat, "voice", fields, size=size, **more)

    @person
    def send_audio(
        self, user: int, chat: int, title: str = "Song", performer: str = "", name: str = "song.mp3", **more: Any
    ) -> Message:
        """Somebody sends music."""
        fields = {"duration": 180, "title": title, "file_name": name, "mime_type": mimetypes.guess_type(name)[0] or "audio/mpeg"}
        fields |= {"performer": performer} if performer else {}
        return self._send_file(user, chat, "audio", fields, name=name, **{"size": 3_000_000, **more})

    @person
    def send_animation(self, user: int, chat: int, name: str = "dance.gif.mp4", **more: Any) -> Message:
        """Somebody sends a GIF, which Telegram keeps as a video without sound."""
        fields = {"file_name": name, "mime_type": "video/mp4", "width": 320, "height": 240, "duration": 2}
        return self._send_file(user, chat, "animation", fields, name=name, **{"size": 200_000, **more})

    @person
    def send_video_note(self, user: int, chat: int, duration: int = 7, **more: Any) -> Message:
        """Somebody sends a round video message."""
        return self._send_file(user, chat, "video_note", {"duration": duration, "length": 240}, **{"size": 400_000, **more})

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
    def album(
        self, user: int, chat: int, count: int = 3, caption: str | None = None, contents: list[str] | None = None, **more: Any
    ) -> list[Message]:
        """Somebody sends several pictures at once; the caption is on the first. ``contents`` are base64, one for each."""
        group = str(13_500_000_000_000_000 + next(self.numbers))
        bodies: list[str | None] = [*contents] if contents else [None] * count
        return [
            self.send_photo(user, chat, caption if number == 0 else None, media_group_id=group, content=body, **more)
            for number, body in enumerate(bodies)
        ]
