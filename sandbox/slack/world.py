"""What exists in the workspace: people, apps, rooms, messages, files. No rules here, only state and look-ups."""

from __future__ import annotations

import itertools
import secrets
import time
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.people import Mistake

Json = dict[str, Any]


@dataclass
class App:
    """An installed app with its bot user and its secrets."""

    id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: set[str]
    slash_commands: list[str]
    urls: dict[str, str | None] = field(default_factory=dict)
    revoked_tokens: set[str] = field(default_factory=set)

    def profile(self, team_id: str) -> Json:
        """The ``bot_profile`` of its messages."""
        return {
            "id": self.bot_id,
            "app_id": self.id,
            "name": self.name,
            "icons": {"image_36": "", "image_48": "", "image_72": ""},
            "deleted": False,
            "updated": 0,
            "team_id": team_id,
        }


@dataclass
class Post:
    """One message as the wire shows it, and what only the sandbox knows of it.

    ``wire`` is replaced value by value and never changed in depth, so a shallow copy is a safe snapshot.
    """

    wire: Json
    app_id: str | None = None
    metadata: Json | None = None
    pings: list[str] = field(default_factory=list)
    in_channel: bool = True

    def seen(self) -> Json:
        """The message for a person or a test: the wire's words, metadata and who was notified."""
        whole = {**self.wire, "pings": self.pings}
        if self.metadata is not None:
            whole["metadata"] = self.metadata
        return whole


@dataclass
class Room:
    """A public or private channel, or a direct conversation with a bot."""

    id: str
    name: str
    kind: str  # channel, group, im
    creator: str
    created: int
    members: list[str]
    archived: bool = False
    posts: dict[str, Post] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    threads: dict[str, list[str]] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    last: int = 0

    def next_ts(self, now: float) -> str:
        """A ts no other message of this room has, later than all before."""
        self.last = max(int(now * 1_000_000), self.last + 1)
        return f"{self.last // 1_000_000}.{self.last % 1_000_000:06d}"

    def add(self, post: Post) -> None:
        """Keep a message; replies are kept with their thread as well."""
        ts = post.wire["ts"]
        self.posts[ts] = post
        insort(self.order, ts)
        parent = post.wire.get("thread_ts")
        if parent and parent != ts:
            insort(self.threads.setdefault(parent, []), ts)

    def drop(self, ts: str) -> Post:
        """Forget a message."""
        post = self.posts.pop(ts)
        del self.order[bisect_left(self.order, ts)]
        replies = self.threads.get(post.wire.get("thread_ts", ""), [])
        if ts in replies:
            replies.remove(ts)
        return post

    @property
    def is_private(self) -> bool:
        """Whether outsiders may not know of it."""
        return self.kind != "channel"


class World:
    """The one workspace of a sandbox."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.team_id = "T0SANDBOX1"
        self.domain = "sandbox"
        self.apps: dict[str, App] = {}
        self.users: dict[str, Json] = {}
        self.rooms: dict[str, Room] = {}
        self.files: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self.tokens: dict[str, App] = {}
        self.deleted_rooms: set[str] = set()
        self._numbers = itertools.count(1)

    def new_id(self, prefix: str) -> str:
        """An id in Slack's shape: ``U`` people, ``C`` rooms, ``D`` direct, ``A`` apps, ``B`` bots, ``F`` files, ``V`` views."""
        return f"{prefix}0SBX{next(self._numbers):06d}"

    def now(self) -> int:
        """Whole seconds."""
        return int(self.clock())

    def new_app(self, name: str, scopes: set[str], slash_commands: list[str], urls: dict[str, str | None]) -> App:
        """Install an app; its bot user comes with it."""
        bot_user = self.new_user(name, is_bot=True)
        app = App(
            id=self.new_id("A"),
            name=name,
            bot_id=self.new_id("B"),
            bot_user_id=bot_user["id"],
            bot_token=new_bot_token(),
            app_token=f"xapp-1-{secrets.token_hex(6).upper()}-{secrets.token_hex(16)}",
            signing_secret=secrets.token_hex(16),
            verification_token=secrets.token_urlsafe(18),
            scopes=scopes,
            slash_commands=slash_commands,
            urls=urls,
        )
        bot_user["profile"] |= {"bot_id": app.bot_id, "api_app_id": app.id}
        self.apps[app.id] = app
        self.tokens[app.bot_token] = self.tokens[app.app_token] = app
        return app

    def new_user(self, name: str, *, is_bot: bool = False, **more: Any) -> Json:
        """A member of the workspace; ``more`` is email, display_name, deleted, is_restricted."""
        user_id = self.new_id("U")
        shown = more.get("display_name") or name
        user: Json = {
            "id": user_id,
            "team_id": self.team_id,
            "name": "".join(sign if sign.isalnum() or sign in "._-" else "." for sign in name.lower())[:21] or user_id.lower(),
            "deleted": more.get("deleted", False),
            "color": "9f69e7",
            "real_name": name,
            "tz": "Europe/Berlin",
            "tz_label": "Central European Time",
            "tz_offset": 3600,
            "profile": {
                "real_name": name,
                "real_name_normalized": name,
                "display_name": shown,
                "display_name_normalized": shown,
                "status_text": "",
                "status_emoji": "",
                "avatar_hash": "",
                "image_48": "",
                "image_72": "",
                "image_192": "",
                "team": self.team_id,
            },
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": more.get("is_restricted", False),
            "is_ultra_restricted": False,
            "is_bot": is_bot,
            "is_app_user": False,
            "updated": self.now(),
        }
        if more.get("email"):
            user["profile"]["email"] = more["email"]
        self.users[user_id] = user
        return user

    def new_room(self, name: str, kind: str, creator: str, members: list[str]) -> Room:
        """A room with its first members, who get no join messages."""
        prefix = {"channel": "C", "group": "C", "im": "D"}[kind]
        room = Room(self.new_id(prefix), name, kind, creator, self.now(), list(members))
        self.rooms[room.id] = room
        return room

    def direct(self, app: App, user: str) -> Room:
        """The conversation of a person and a bot, made when it is not there."""
        pair = {app.bot_user_id, user}
        for room in self.rooms.values():
            if room.kind == "im" and set(room.members) == pair:
                return room
        return self.new_room("", "im", user, [app.bot_user_id, user])

    def app_of_bot(self, user_id: str) -> App | None:
        """The app behind a bot user."""
        return next((app for app in self.apps.values() if app.bot_user_id == user_id), None)

    def room_named(self, word: str) -> Room:
        """A room by id or name, for the person API."""
        bare = word.removeprefix("#")
        room = self.rooms.get(word) or next((room for room in self.rooms.values() if room.name == bare and bare), None)
        if room is None:
            raise Mistake(f"there is no room {word}")
        return room

    def user_named(self, word: str) -> Json:
        """A person by id or name, for the person API."""
        bare = word.removeprefix("@")
        for user in self.users.values():
            if word == user["id"] or bare in {user["name"], user["real_name"], user["profile"]["display_name"]}:
                return user
        raise Mistake(f"there is nobody called {word}")

    def post_at(self, room: Room, ts: str) -> Post:
        """A message, for the person API."""
        if ts not in room.posts:
            raise Mistake(f"there is no message {ts} in #{room.name}")
        return room.posts[ts]


def new_bot_token() -> str:
    """A bot token in Slack's shape."""
    return f"xoxb-{secrets.randbelow(10**12):012d}-{secrets.randbelow(10**13):013d}-{secrets.token_hex(12)}"
