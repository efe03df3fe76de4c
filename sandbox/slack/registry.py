"""Web API methods by name, and what they share: the call, scopes, looking up rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.slack.core import HISTORY, READ, Core
from sandbox.slack.errors import Refused
from sandbox.slack.world import App, Json, Post, Room

Handler = Callable[["Call"], Json]


class Method(NamedTuple):
    """A method's function and the scopes of which it needs one."""

    run: Handler
    scopes: tuple[str, ...]


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str) -> Callable[[Handler], Handler]:
    """Register a Web API method; it needs any one of the scopes."""

    def register(run: Handler) -> Handler:
        METHODS[name] = Method(run, scopes)
        return run

    return register


@dataclass
class Call:
    """One call of an app with checked arguments."""

    core: Core
    app: App
    method: str
    arguments: Json

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def get(self, name: str, default: Any = None) -> Any:
        """An argument that may be absent."""
        return self.arguments.get(name, default)

    def need(self, *scopes: str) -> None:
        """``missing_scope`` unless the app has one of these (shape: docs.slack.dev/reference/methods, common errors)."""
        if scopes and not any(scope in self.app.scopes for scope in scopes):
            raise Refused("missing_scope", needed=",".join(scopes), provided=",".join(sorted(self.app.scopes)))

    def room(self, name: str = "channel") -> Room:
        """The room an argument names, when the bot may know of it; ``channel_not_found`` otherwise."""
        word = str(self.arguments.get(name) or "")
        room = self.core.world.rooms.get(word)
        if room is None or (room.is_private and self.app.bot_user_id not in room.members):
            raise Refused("channel_not_found")
        return room

    def room_inside(self, name: str = "channel") -> Room:
        """The same, and the bot must be a member."""
        room = self.room(name)
        if self.app.bot_user_id not in room.members:
            raise Refused("not_in_channel")
        return room

    def readable(self, name: str = "channel") -> Room:
        """A room whose messages the app may read."""
        room = self.room_inside(name)
        self.need(HISTORY[room.kind])
        return room

    def known(self, name: str = "channel") -> Room:
        """A room the app may see the outside of."""
        room = self.room(name)
        self.need(READ[room.kind])
        return room

    def post(self, room: Room, name: str = "ts") -> Post:
        """The message an argument names."""
        post = room.posts.get(str(self.arguments.get(name) or ""))
        if post is None:
            raise Refused("message_not_found")
        return post


def page(items: list[Any], call: Call, *, default: int, most: int) -> tuple[list[Any], str]:
    """One page of a list by ``limit`` and ``cursor``, and the cursor of the next."""
    limit = call.get("limit", default) or default
    if not 1 <= limit <= most:
        raise Refused("invalid_limit")
    cursor = call.get("cursor") or ""
    start = 0
    if cursor:
        if not (cursor.startswith("n:") and cursor[2:].isdigit()):
            raise Refused("invalid_cursor")
        start = int(cursor[2:])
    following = f"n:{start + limit}" if start + limit < len(items) else ""
    return items[start : start + limit], following
