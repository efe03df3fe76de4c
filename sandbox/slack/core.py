"""The workspace at work: every change of a message or a room, with the events and the feed entries that follow from it."""

from __future__ import annotations

import collections
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.slack.delivery import Delivery
from sandbox.slack.errors import Refused
from sandbox.slack.sockets import Sockets
from sandbox.slack.text import MENTION, message_pings
from sandbox.slack.views import Views
from sandbox.slack.world import App, Json, Post, Room, World

TRIGGER_LIFE = 3.0
SHOWN_AFTER = 0.03
"""Seconds until a file that an app has completed is shared."""
RESPONSE_LIFE = 30 * 60
RESPONSE_USES = 5
CHANNEL_TYPE = {"channel": "channel", "group": "group", "im": "im"}
LETTER = {"channel": "C", "group": "G", "im": "D"}
HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read"}
TOMBSTONE = "This message was deleted."
COUNTS = ("reply_count", "reply_users", "reply_users_count", "latest_reply", "is_locked", "subscribed")
IN_MENTION = ("user", "ts", "client_msg_id", "text", "team", "thread_ts", "parent_user_id", "blocks", "files", "bot_id")


@dataclass
class Trigger:
    """A ``trigger_id``: good once, for three seconds."""

    app_id: str
    user: str
    expires: float
    used: bool = False


@dataclass
class ResponseUrl:
    """A ``response_url``: five uses in thirty minutes."""

    app_id: str
    user: str
    room: str
    expires: float
    ts: str | None = None
    ephemeral: bool = False
    thread_ts: str | None = None
    uses: int = 0


class Core:
    """State and effects shared by the Web API and the person API."""

    def __init__(self, feed: Feed, faults: Faults, windows: Windows, clock: Callable[[], float]) -> None:
        self.feed, self.faults, self.windows, self.clock = feed, faults, windows, clock
        self.trigger_life = TRIGGER_LIFE
        self.world = World(clock)
        self.sockets = Sockets()
        self.delivery = Delivery(faults, self.sockets, clock)
        self.views = Views(self.world.team_id, self.world.new_id, clock)
        self.ephemerals: dict[str, list[Json]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.responses: dict[str, ResponseUrl] = {}
        self.uploads: dict[str, str] = {}
        self.completed: set[str] = set()
        self.deleted_files: set[str] = set()
        self.redirects: dict[str, str] = {}
        self.shown_after = SHOWN_AFTER
        self.suggested: dict[tuple[str, str], list[Json]] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        self.calls: collections.deque[tuple[float, str, Json, str]] = collections.deque(maxlen=20_000)
        self.root = ""

    def publish(self, kind: str, **data: Any) -> None:
        """Tell the feed."""
        self.feed.publish("slack", kind, **data)

    # events

    def tell(self, app: App, event: Json) -> str:
        """Send one event to one app; its event id."""
        event_id = f"Ev{secrets.token_hex(5).upper()}"
        channel = event.get("channel") if isinstance(event.get("channel"), str) else None
        self.delivery.send_event(
            app,
            {
                "token": app.verification_token,
                "team_id": self.world.team_id,
                "context_team_id": self.world.team_id,
                "context_enterprise_id": None,
                "api_app_id": app.id,
                "event": event,
                "type": "event_callback",
                "event_id": event_id,
                "event_time": self.world.now(),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": self.world.team_id,
                        "user_id": app.bot_user_id,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
                "event_context": f"4-{secrets.token_hex(8)}-{channel or ''}",
            },
        )
        return event_id

    def tell_room(self, room: Room, event: Json, scopes: dict[str, str]) -> None:
        """Send an event to every app whose bot is in the room and that has the scope for rooms of this kind."""
        for app in self.world.apps.values():
            if app.bot_user_id in room.members and scopes[room.kind] in app.scopes and not app.revoked_tokens & {app.bot_token}:
                self.tell(app, event)

    def tell_everyone(self, event: Json, scope: str | None) -> None:
        """Send an event of the workspace to every app with the scope."""
        for app in self.world.apps.values():
            if scope is None or scope in app.scopes:
                self.tell(app, event)

    def event_ts(self) -> str:
        """A ts for events about no message."""
        return f"{self.clock():.6f}"

    # messages

    def post(self, room: Room, wire: Json, *, app: App | None = None, metadata: Json | None = None, names: bool = False) -> Post:
        """Put a message into a room."""
        ts = room.next_ts(self.clock())
        wire = {"type": "message", **wire, "ts": ts, "team": self.world.team_id}
        pings = message_pings(wire, self.user_names() if names else None)
        parent_ts = wire.get("thread_ts")
        broadcast = wire.get("subtype") == "thread_broadcast"
        post = Post(wire, app.id if app else None, metadata, pings, not parent_ts or broadcast)
        if parent_ts:
            self._count_reply(room, parent_ts, wire)
        room.add(post)
        self.publish("message", room=room.id, ts=ts, thread_ts=parent_ts, user=wire.get("user"))
        self._tell_message(room, post)
        return post

    def _count_reply(self, room: Room, parent_ts: str, wire: Json) -> None:
        parent = room.posts[parent_ts].wire
        if parent.get("user"):
            wire["parent_user_id"] = parent["user"]
        who = wire.get("user") or wire.get("bot_id", "")
        users = parent.get("reply_users", [])
        users = users if who in users else [*users, who]
        parent |= {
            "thread_ts": parent_ts,
            "reply_count": parent.get("reply_count", 0) + 1,
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": wire["ts"],
            "is_locked": False,
            "subscribed": False,
        }

    def _tell_message(self, room: Room, post: Post) -> None:
        where = {"channel": room.id, "event_ts": post.wire["ts"], "channel_type": CHANNEL_TYPE[room.kind]}
        self.tell_room(room, post.wire | where, HISTORY)
        if room.kind == "im" or post.wire.get("subtype") not in {None, "file_share", "thread_broadcast"}:
            return
        mentioned = {user for user, _, _ in MENTION.findall(post.wire.get("text", "")) if user}
        for app in self.world.apps.values():
            if app.bot_user_id in mentioned and app.bot_user_id in room.members and "app_mentions:read" in app.scopes:
                event = {name: post.wire[name] for name in IN_MENTION if name in post.wire}
                self.tell(app, {"type": "app_mention", **event, "channel": room.id, "event_ts": post.wire["ts"]})

    def change(self, room: Room, post: Post, changes: Json, *, editor: str | None, names: bool = False) -> None:
        """Replace parts of a message; a value of None takes the part away. ``editor`` marks it as edited."""
        before = dict(post.wire)
        for key, value in changes.items():
            if value is None:
                post.wire.pop(key, None)
            else:
                post.wire[key] = value
        event_ts = room.next_ts(self.clock())
        if editor:
            post.wire["edited"] = {"user": editor, "ts": event_ts}
        post.pings = message_pings(post.wire, self.user_names() if names else None)
        self.publish("changed", room=room.id, ts=post.wire["ts"], thread_ts=post.wire.get("thread_ts"))
        self._tell_change(room, post.wire, before, event_ts)

    def _tell_change(self, room: Room, now: Json, before: Json, event_ts: str) -> None:
        team = {"source_team": self.world.team_id, "user_team": self.world.team_id}
        event = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "message": now | team,
            "previous_message": before,
            "channel": room.id,
            "ts": event_ts,
            "event_ts": event_ts,
            "channel_type": CHANNEL_TYPE[room.kind],
        }
        self.tell_room(room, event, HISTORY)

    def remove(self, room: Room, ts: str) -> None:
        """Delete a message. A parent with replies leaves a tombstone, the last reply takes its tombstone along."""
        post = room.posts[ts]
        event_ts = room.next_ts(self.clock())
        if room.threads.get(ts):
            before = dict(post.wire)
            post.wire = {name: before[name] for name in ("ts", "thread_ts", *COUNTS) if name in before}
            post.wire |= {"type": "message", "subtype": "tombstone", "text": TOMBSTONE, "user": "USLACKBOT", "hidden": True}
            post.pings, post.metadata, post.app_id = [], None, None
            self.publish("deleted", room=room.id, ts=ts, tombstone=True)
            self._tell_change(room, post.wire, before, event_ts)
            return
        room.drop(ts)
        self._uncount_reply(room, post)
        self.publish("deleted", room=room.id, ts=ts, thread_ts=post.wire.get("thread_ts"))
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "deleted_ts": ts,
            "previous_message": dict(post.wire),
            "channel": room.id,
            "ts": event_ts,
            "event_ts": event_ts,
            "channel_type": CHANNEL_TYPE[room.kind],
        }
        self.tell_room(room, event, HISTORY)

    def _uncount_reply(self, room: Room, post: Post) -> None:
        parent = room.posts.get(post.wire.get("thread_ts", ""))
        if parent is None:
            return
        replies = [room.posts[ts].wire for ts in room.threads.get(parent.wire["ts"], [])]
        if not replies:
            room.threads.pop(parent.wire["ts"], None)
            for name in ("thread_ts", *COUNTS):
                parent.wire.pop(name, None)
            if parent.wire.get("subtype") == "tombstone":
                room.drop(parent.wire["ts"])
            return
        users = list(dict.fromkeys(reply.get("user") or reply.get("bot_id", "") for reply in replies))
        counted = {"reply_count": len(replies), "reply_users": users, "reply_users_count": len(users)}
        parent.wire |= counted | {"latest_reply": replies[-1]["ts"]}

    def react(self, room: Room, post: Post, user: str, name: str, *, add: bool) -> bool:
        """Add or take away a reaction; False when nothing was to do."""
        reactions: list[Json] = post.wire.get("reactions", [])
        old = next((reaction for reaction in reactions if reaction["name"] == name), None)
        users = list(old["users"]) if old else []
        if (user in users) == add:
            return False
        users = [*users, user] if add else [other for other in users if other != user]
        new = [{"name": name, "users": users, "count": len(users)}] if users else []
        if old is None:
            post.wire["reactions"] = reactions + new
        else:
            post.wire["reactions"] = [part for r in reactions for part in (new if r is old else [r])]
        if not post.wire["reactions"]:
            del post.wire["reactions"]
        kind = "reaction_added" if add else "reaction_removed"
        item = {"type": "message", "channel": room.id, "ts": post.wire["ts"]}
        event = {"type": kind, "user": user, "reaction": name, "item": item, "event_ts": self.event_ts()}
        if post.wire.get("user"):
            event["item_user"] = post.wire["user"]
        self.publish("reaction", room=room.id, ts=post.wire["ts"], user=user, name=name, added=add)
        self.tell_room(room, event, dict.fromkeys(HISTORY, "reactions:read"))
        return True

    def user_names(self) -> dict[str, str]:
        """User ids by the @names people go by."""
        return {user["name"]: user["id"] for user in self.world.users.values()}

    def whisper(self, user: str, room: Room, wire: Json, app: App | None) -> Json:
        """Show a message to one person only. It has no place in history; a reload would take it away."""
        ts = room.next_ts(self.clock())
        shown = {"type": "message", **wire, "ts": ts, "channel": room.id, "is_ephemeral": True, "app_id": app.id if app else None}
        self.ephemerals.setdefault(user, []).append(shown)
        self.publish("ephemeral", room=room.id, ts=ts, user=user, thread_ts=wire.get("thread_ts"))
        return shown

    # rooms

    def enter(self, room: Room, user: str, inviter: str | None = None) -> bool:
        """A person or bot joins; False when already there."""
        if user in room.members:
            return False
        room.members.append(user)
        event: Json = {
            "type": "member_joined_channel",
            "user": user,
            "channel": room.id,
            "channel_type": LETTER[room.kind],
            "team": self.world.team_id,
            "event_ts": self.event_ts(),
        }
        self.publish("room", room=room.id, user=user, what="joined")
        self.tell_room(room, event | ({"inviter": inviter} if inviter else {}), READ)
        subtype = "group_join" if room.kind == "group" else "channel_join"
        wire = {"subtype": subtype, "user": user, "text": f"<@{user}> has joined the {room.kind}"}
        self.post(room, wire | ({"inviter": inviter} if inviter else {}))
        return True

    def leave(self, room: Room, user: str) -> bool:
        """A person or bot is gone from a room."""
        if user not in room.members:
            return False
        event = {
            "type": "member_left_channel",
            "user": user,
            "channel": room.id,
            "channel_type": LETTER[room.kind],
            "team": self.world.team_id,
            "event_ts": self.event_ts(),
        }
        room.members.remove(user)
        self.publish("room", room=room.id, user=user, what="left")
        self.tell_room(room, event, READ)
        app = self.world.app_of_bot(user)
        if app is not None and READ[room.kind] in app.scopes:
            kind = "group_left" if room.kind == "group" else "channel_left"
            self.tell(app, {"type": kind, "channel": room.id, "event_ts": self.event_ts()})
        return True

    # tickets of interactions

    def new_trigger(self, app: App, user: str) -> str:
        """A fresh ``trigger_id``."""
        key = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[key] = Trigger(app.id, user, self.clock() + self.trigger_life)
        return key

    def exchange(self, app: App, key: str | None) -> Trigger:
        """Use up a ``trigger_id`` (errors: docs.slack.dev/reference/methods/views.open)."""
        trigger = self.triggers.get(key or "")
        if trigger is None or trigger.app_id != app.id:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self.clock() > trigger.expires:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_response_url(self, app: App, user: str, room: Room, **where: Any) -> str:
        """A fresh ``response_url``; ``where`` is the message it came from."""
        key = secrets.token_urlsafe(18)
        self.responses[key] = ResponseUrl(app.id, user, room.id, self.clock() + RESPONSE_LIFE, **where)
        return f"{self.root}/slack/respond/{key}"
