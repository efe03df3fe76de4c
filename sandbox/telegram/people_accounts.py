"""What people do with accounts, groups and topics."""

from __future__ import annotations

import re
import secrets
from typing import Any

from sandbox.people import Mistake, person
from sandbox.telegram import topics
from sandbox.telegram.access import has_right
from sandbox.telegram.chats import change_member, pin
from sandbox.telegram.errors import Refused
from sandbox.telegram.posting import put, serve, tell_bots
from sandbox.telegram.updates import Mailbox
from sandbox.telegram.world import GENERAL, RIGHTS, Bot, Chat, Json, Member, Topic, World

FIRST_USER = 700_000_000
FIRST_BOT = 7_100_000_000
FIRST_GROUP = -1_001_000_000_000


class Accounts(World):
    """Bots, people, groups, members, topics."""

    @person
    def add_bot(
        self,
        name: str,
        username: str | None = None,
        can_read_all: bool = False,
        topics: bool = False,
        inline_feedback: bool = True,
        inline: bool = True,
    ) -> Json:
        """BotFather makes a bot. ``topics``: topics in private chats are switched on; ``inline``: inline mode is."""
        number = FIRST_BOT + next(self.numbers)
        username = username or re.sub(r"\W", "", name).lower() + "_bot"
        token = f"{number}:{secrets.token_urlsafe(27)[:35]}"
        user = {"id": number, "is_bot": True, "first_name": name, "username": username}
        mailbox = Mailbox(self.clock, 100_000_000 + secrets.randbelow(800_000_000))
        self.bots[number] = Bot(number, token, user, can_read_all, topics, inline_feedback, mailbox, inline=inline)
        self.tokens[token] = self.bots[number]
        self.tell("bot", bot=number)
        return {"token": token, "id": number, "username": username}

    @person
    def revoke(self, bot_token: str) -> bool:
        """BotFather takes the token back: every call answers 401."""
        self.bot(bot_token).revoked = True
        return True

    @person
    def new_token(self, bot: int) -> Json:
        """BotFather gives a revoked bot another token."""
        known = self.bot(bot)
        self.tokens.pop(known.token, None)
        known.token, known.revoked = f"{known.id}:{secrets.token_urlsafe(27)[:35]}", False
        self.tokens[known.token] = known
        return {"token": known.token, "id": known.id, "username": known.user["username"]}

    @person
    def add_user(self, name: str, username: str | None = None, last_name: str | None = None, language_code: str = "en") -> Json:
        """Somebody signs up."""
        user: Json = {"id": FIRST_USER + next(self.numbers), "is_bot": False, "first_name": name}
        user |= {"last_name": last_name} if last_name else {}
        user |= {"username": username} if username else {}
        user["language_code"] = language_code
        self.users[user["id"]] = user
        self.tell("user", user=user["id"])
        return user

    @person
    def rename_user(self, user: int, name: str, last_name: str | None = None, username: str | None = None) -> Json:
        """Somebody changes their name; messages sent before keep the old one."""
        more = {"last_name": last_name, "username": username}
        new = {**self.user(user), "first_name": name, **{key: value for key, value in more.items() if value is not None}}
        self.users[int(user)] = new
        for chat in self.chats.values():
            if int(user) in chat.members:
                chat.members[int(user)].user = new
        for (_, account), chat in self.privates.items():
            if account == int(user):
                chat.user = new
                chat.public = {**chat.public, **{k: new[k] for k in ("first_name", "last_name", "username") if k in new}}
        return new

    @person
    def add_forum(
        self,
        title: str,
        *,
        members: list[int] | None = None,
        admins: list[int] | None = None,
        bots: dict[Any, list[str]] | None = None,
        is_forum: bool = True,
        username: str | None = None,
    ) -> Json:
        """Somebody makes a supergroup. The first administrator (or member) is its creator.

        A bot with rights is an administrator; one with an empty list is a plain member.
        """
        number = FIRST_GROUP - next(self.numbers)
        public: Json = {"id": number, "title": title, "type": "supergroup"}
        public |= {"username": username} if username else {}
        public |= {"is_forum": True} if is_forum else {}
        chat = Chat(number, public, is_forum=is_forum, last_id=GENERAL)  # the first message tells of the group's creation
        self.chats[number] = chat
        every = frozenset(RIGHTS) - {"is_anonymous"}
        owner = next(iter(admins or members or ()), None)
        for user in members or ():
            chat.members[int(user)] = Member(self.user(user))
        for user in admins or ():
            chat.members[int(user)] = Member(self.user(user), "administrator", every)
        if owner is not None:
            chat.members[int(owner)] = Member(self.user(owner), "creator", every)
        for bot, rights in (bots or {}).items():
            known = self.bot(bot)
            status = "administrator" if rights else "member"
            actor = int(owner) if owner is not None else known.id
            wanted = frozenset((*rights, "can_manage_chat")) if rights else frozenset()
            change_member(self, chat, actor, known.user, status=status, rights=wanted)
        self.tell("chat", chat)
        return dict(public)

    def account(self, account: int) -> Json:
        """A person or a bot."""
        return self.bots[int(account)].user if int(account) in self.bots else self.user(account)

    def boss(self, chat: Chat) -> Json:
        """Who acts for the group when nobody is named: its creator."""
        for member in chat.members.values():
            if member.status == "creator":
                return member.user
        return next((member.user for member in chat.members.values()), {"id": 0})

    @person
    def add_member(self, chat: int, user: int, rights: list[str] | None = None) -> bool:
        """Somebody (or a bot) comes into a group."""
        group, newcomer = self.group(chat), self.account(user)
        status = "administrator" if rights else "member"
        actor = self.boss(group)["id"] or newcomer["id"]
        wanted = frozenset((*rights, "can_manage_chat")) if rights else frozenset()
        change_member(self, group, actor, newcomer, status=status, rights=wanted)
        serve(self, group, self.account(actor), {"new_chat_members": [newcomer]})
        return True

    @person
    def remove_member(self, chat: int, user: int, kicked: bool = True) -> bool:
        """Somebody (or a bot) is thrown out, or leaves by themselves."""
        group, leaver = self.group(chat), self.account(user)
        actor = self.boss(group) if kicked else leaver
        serve(self, group, actor, {"left_chat_member": leaver})
        change_member(self, group, actor["id"], leaver, status="kicked" if kicked else "left")
        return True

    @person
    def promote(self, chat: int, who: int, rights: list[str] | None = None) -> bool:
        """Give administrator's rights; an empty list takes them away."""
        group, account = self.group(chat), self.account(who)
        unknown = set(rights or ()) - set(RIGHTS)
        if unknown:
            raise Mistake(f"no such rights: {', '.join(sorted(unknown))}")
        wanted = frozenset((*rights, "can_manage_chat")) if rights else frozenset()
        status = "administrator" if rights else "member"
        change_member(self, group, self.boss(group)["id"], account, status=status, rights=wanted)
        return True

    @person
    def set_forum(self, chat: int, on: bool) -> bool:
        """Switch topics on or off."""
        group = self.group(chat)
        group.is_forum = bool(on)
        group.public = {name: value for name, value in group.public.items() if name != "is_forum"}
        group.public |= {"is_forum": True} if on else {}
        self.tell("chat", group)
        return True

    @person
    def delete_chat(self, chat: int) -> bool:
        """The creator deletes the group."""
        group = self.group(chat)
        self.tell("chat", group, deleted=True)
        group.gone = True
        return True

    def topic(self, chat: Chat, thread: int | None) -> Topic | None:
        """The topic a person looks at."""
        if not thread or int(thread) == GENERAL:
            return None
        found = chat.topics.get(int(thread))
        if found is None:
            raise Mistake(f"there is no topic {thread}")
        return found

    @person
    def create_topic(self, user: int, chat: int, name: str, icon: str = "", color: int = 0x6FB9F0) -> Json:
        """Somebody makes a topic."""
        place = self.place(user, chat)
        if not place.is_forum:
            raise Mistake("the chat is not a forum")
        return topics.make(self, place, self.user(user), topics.clean_name(name), color=color, icon=icon).public()

    def _topic_of(self, user: int, chat: int, thread: int, right: str) -> tuple[Chat, Topic]:
        place = self.place(user, chat)
        topic = self.topic(place, thread) or place.general
        if not has_right(place, int(user), right) and topic.creator != int(user):
            raise Mistake("only an administrator or the topic's creator may do that")
        return place, topic

    @person
    def close_topic(self, user: int, chat: int, thread: int) -> bool:
        """Somebody closes a topic."""
        return self._close(user, chat, thread, True)

    @person
    def reopen_topic(self, user: int, chat: int, thread: int) -> bool:
        """Somebody reopens a topic."""
        return self._close(user, chat, thread, False)

    def _close(self, user: int, chat: int, thread: int, closed: bool) -> bool:
        place, topic = self._topic_of(user, chat, thread, "can_manage_topics")
        try:
            topics.close(self, place, self.user(user), topic, closed)
        except Refused as refusal:
            raise Mistake(refusal.description) from None
        return True

    @person
    def rename_topic(self, user: int, chat: int, thread: int, name: str) -> bool:
        """Somebody renames a topic."""
        place, topic = self._topic_of(user, chat, thread, "can_manage_topics")
        try:
            topics.edit(self, place, self.user(user), topic, name=topics.clean_name(name))
        except Refused as refusal:
            raise Mistake(refusal.description) from None
        return True

    @person
    def delete_topic(self, user: int, chat: int, thread: int) -> bool:
        """Somebody deletes a topic with all its messages; no bot is told."""
        place, topic = self._topic_of(user, chat, thread, "can_delete_messages")
        if topic is place.general:
            raise Mistake("the General topic cannot be deleted")
        topics.destroy(self, place, topic)
        return True

    @person
    def pin(self, user: int, chat: int, message_id: int) -> bool:
        """Somebody pins a message."""
        place = self.place(user, chat)
        entry = place.entry(message_id)
        if entry is None:
            raise Mistake("there is no such message")
        pin(self, place, self.user(user), entry)
        return True

    @person
    def start(self, user: int, bot: int, payload: str | None = None) -> Json:
        """Somebody presses *Start* (or follows a deep link): ``/start payload`` in the private chat."""
        known = self.bot(bot)
        chat = self.private(int(user), known)
        if chat.blocked:
            self._block(chat, False)
        chat.started = True
        text = f"/start {payload}" if payload else "/start"
        command = {"type": "bot_command", "offset": 0, "length": 6}
        entry = put(self, chat, self.user(user), {"text": text, "entities": [command]})
        tell_bots(self, chat, entry)
        return entry.message

    @person
    def block(self, user: int, bot: int) -> bool:
        """Somebody blocks the bot: ``my_chat_member`` with ``kicked``, then 403 for what it sends."""
        return self._block(self.private(int(user), self.bot(bot)), True)

    @person
    def unblock(self, user: int, bot: int) -> bool:
        """Somebody unblocks the bot."""
        return self._block(self.private(int(user), self.bot(bot)), False)

    def _block(self, chat: Chat, blocked: bool) -> bool:
        if chat.bot is None or chat.user is None or chat.blocked == blocked:
            return False
        chat.blocked = blocked
        before, after = Member(chat.bot.user), Member(chat.bot.user, "kicked")
        if not blocked:
            before, after = after, before
        update = {"chat": chat.public, "from": chat.user, "date": self.now()}
        update |= {"old_chat_member": before.public(), "new_chat_member": after.public()}
        chat.bot.mailbox.add("my_chat_member", update, chat.id)
        self.tell("member", chat, user=chat.id, status="kicked" if blocked else "member")
        return True
