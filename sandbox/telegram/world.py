"""What exists: people, bots, chats, topics, messages, files. No rules here, only state and lookups."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.people import Mistake
from sandbox.telegram.updates import Mailbox

Json = dict[str, Any]
Message = dict[str, Any]

GENERAL = 1
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
RIGHTS = (
    "can_manage_chat",
    "can_change_info",
    "can_delete_messages",
    "can_invite_users",
    "can_restrict_members",
    "can_pin_messages",
    "can_manage_topics",
    "can_promote_members",
    "can_manage_video_chats",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_manage_tags",
    "can_send_welcome_messages",
    "is_anonymous",
)


@dataclass
class Bot:
    """A bot account; ``user`` is how others see it."""

    id: int
    token: str
    user: Json
    can_read_all: bool
    topics: bool
    feedback: bool
    mailbox: Mailbox
    revoked: bool = False
    inline: bool = True
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    default_rights: Json = field(default_factory=dict)

    def me(self) -> Json:
        """``getMe``."""
        return {
            **self.user,
            "can_join_groups": True,
            "can_read_all_group_messages": self.can_read_all,
            "supports_inline_queries": self.inline,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": self.topics,
        }


@dataclass
class Member:
    """Somebody's place in a group."""

    user: Json
    status: str = "member"
    rights: frozenset[str] = frozenset()

    @property
    def inside(self) -> bool:
        """Whether they are in the group now."""
        return self.status in ("creator", "administrator", "member")

    @property
    def admin(self) -> bool:
        """Whether they are an administrator."""
        return self.status in ("creator", "administrator")

    def can(self, right: str) -> bool:
        """Whether they have an administrator's right."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def public(self) -> Json:
        """A Bot API ``ChatMember`` (``Client::JsonChatMember``)."""
        shown: Json = {"user": self.user, "status": self.status}
        if self.status == "creator":
            shown["is_anonymous"] = False
        elif self.status == "administrator":
            shown |= {"can_be_edited": False, **{right: right in self.rights for right in RIGHTS}}
        elif self.status == "kicked":
            shown["until_date"] = 0
        return shown


@dataclass
class Topic:
    """A forum topic; its id is the id of the service message that created it."""

    id: int
    name: str
    color: int
    icon: str
    creator: int
    root: Message
    closed: bool = False

    def public(self) -> Json:
        """A Bot API ``ForumTopic``."""
        shown: Json = {"message_thread_id": self.id, "name": self.name, "icon_color": self.color}
        return {**shown, "icon_custom_emoji_id": self.icon} if self.icon else shown


@dataclass(slots=True)
class Entry:
    """A message in a chat and who stands behind it."""

    message: Message
    sender: int
    deleted: bool = False
    reactions: dict[int, list[str]] = field(default_factory=dict)
    service: bool = False


@dataclass
class Chat:
    """A group, or the private chat of one person with one bot."""

    id: int
    public: Json
    user: Json | None = None
    bot: Bot | None = None
    is_forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    general: Topic = field(default_factory=lambda: Topic(GENERAL, "General", 0, "", 0, {}))
    entries: dict[int, Entry] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    last_id: int = 0
    started: bool = False
    blocked: bool = False
    gone: bool = False
    keyboard: Json | None = None

    @property
    def private(self) -> bool:
        """Whether it is a private chat."""
        return self.bot is not None

    def member(self, user_id: int) -> Member | None:
        """Somebody who is in the group now."""
        found = self.members.get(user_id)
        return found if found is not None and found.inside else None

    def entry(self, message_id: int) -> Entry | None:
        """A message that has not been deleted."""
        found = self.entries.get(message_id)
        return found if found is not None and not found.deleted else None

    def place(self) -> Json:
        """How the feed names this chat."""
        return {"chat": self.id, "bot": self.bot.id} if self.bot else {"chat": self.id}


@dataclass
class Ephemeral:
    """A message that one member of a group can see."""

    message: Message
    bot: Bot
    user_id: int


@dataclass
class Press:
    """A pressed button waiting for ``answerCallbackQuery``."""

    id: str
    bot: Bot
    user_id: int
    at: float
    chat: Chat
    answer: asyncio.Future[Json]


@dataclass
class Question:
    """An inline query waiting for ``answerInlineQuery``."""

    id: str
    bot: Bot
    user_id: int
    at: float
    query: str
    answer: asyncio.Future[Json]


@dataclass
class File:
    """A stored file. ``content`` is ``None`` when only the size is pretended.

    ``smaller``  the other sizes of a photo, as a message shows them; ``given`` how many bytes a download gives, where they are
    more than the size that is told
    """

    id: str
    unique: str
    path: str
    kind: str
    size: int
    content: bytes | None
    fields: Json
    smaller: tuple[Json, ...] = ()
    given: int = 0


class Call(NamedTuple):
    """One API call, as tests and benchmarks look at it."""

    at: float
    bot: int
    method: str
    args: Json
    ok: bool
    error: str


class World:
    """The state of the Telegram stand-in."""

    CALLS = 50_000

    def __init__(self, feed: Feed, faults: Faults, windows: Windows, clock: Callable[[], float] = time.time) -> None:
        self.feed = feed
        self.faults = faults
        self.windows = windows
        self.clock = clock
        self.base_url = "http://127.0.0.1:9101"
        self.users: dict[int, Json] = {}
        self.bots: dict[int, Bot] = {}
        self.tokens: dict[str, Bot] = {}
        self.chats: dict[int, Chat] = {}
        self.privates: dict[tuple[int, int], Chat] = {}
        self.files: dict[str, File] = {}
        self.paths: dict[str, File] = {}
        self.presses: dict[str, Press] = {}
        self.questions: dict[str, Question] = {}
        self.whispers: dict[int, dict[int, Ephemeral]] = {}
        self.toasts_by_user: dict[int, list[Json]] = {}
        self.calls: deque[Call] = deque(maxlen=self.CALLS)
        self.counts: Counter[tuple[str, bool]] = Counter()
        self.numbers = itertools.count(1)

    def now(self) -> int:
        """The time in whole seconds."""
        return int(self.clock())

    def tell(self, kind: str, chat: Chat | None = None, **data: Any) -> None:
        """Publish a change."""
        self.feed.publish("telegram", kind, **(chat.place() if chat else {}), **data)

    def bot(self, bot: int | str) -> Bot:
        """A bot by id, token or username."""
        if isinstance(bot, str) and bot in self.tokens:
            return self.tokens[bot]
        for known in self.bots.values():
            if str(known.id) == str(bot) or known.user.get("username") == str(bot).lstrip("@"):
                return known
        raise Mistake(f"there is no bot {bot}")

    def user(self, user: int) -> Json:
        """A person by id."""
        found = self.users.get(int(user))
        if found is None:
            raise Mistake(f"there is no user {user}")
        return found

    def group(self, chat: int) -> Chat:
        """A group by id."""
        found = self.chats.get(int(chat))
        if found is None or found.gone:
            raise Mistake(f"there is no group {chat}")
        return found

    def private(self, user_id: int, bot: Bot) -> Chat:
        """The private chat of a person with a bot; made when first looked at."""
        chat = self.privates.get((bot.id, user_id))
        if chat is None:
            user = self.user(user_id)
            public = {"id": user_id, "type": "private"}
            public |= {name: user[name] for name in ("first_name", "last_name", "username") if name in user}
            chat = Chat(user_id, public, user=user, bot=bot, is_forum=bot.topics)
            self.privates[bot.id, user_id] = chat
        return chat

    def place(self, user: int | None, chat: int) -> Chat:
        """The chat a person means: a group's id, or a bot's id for the private chat with it."""
        user, chat = (None if user is None else int(user)), int(chat)
        if chat < 0:
            return self.group(chat)
        if chat in self.bots:
            if user is not None:
                return self.private(user, self.bots[chat])
            mine = [found for (bot, _), found in self.privates.items() if bot == chat]
        else:
            mine = [found for (_, person), found in self.privates.items() if person == chat]
        if len(mine) != 1:
            raise Mistake(f"name the user: {len(mine)} private chats fit {chat}")
        return mine[0]

    def knows(self, bot: Bot, user_id: int) -> bool:
        """Whether a bot has met somebody, in a private chat or in a group they share."""
        return (bot.id, user_id) in self.privates or any(
            chat.member(bot.id) and user_id in chat.members for chat in self.chats.values()
        )
