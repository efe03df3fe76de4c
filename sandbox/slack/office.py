"""The person API's administration: members, rooms, apps and their tokens."""

from __future__ import annotations

from typing import Any

from sandbox.people import Mistake, person
from sandbox.slack.core import READ, Core
from sandbox.slack.world import App, Json, Room, new_bot_token

DEFAULT_SCOPES = [
    "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "chat:write.customize",
    "commands", "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write",
    "pins:write", "reactions:read", "reactions:write", "team:read", "users:read", "users:read.email",
]  # fmt: skip
URLS = ("events", "interactivity", "commands", "options")


class Office:
    """What an administrator of the workspace does."""

    core: Core

    @person
    def add_user(
        self,
        name: str,
        email: str | None = None,
        *,
        display_name: str | None = None,
        is_bot: bool = False,
        deleted: bool = False,
        is_restricted: bool = False,
    ) -> Json:
        """A new member of the workspace."""
        words = {"email": email, "display_name": display_name, "deleted": deleted, "is_restricted": is_restricted}
        user = self.core.world.new_user(name, is_bot=is_bot, **words)
        self.core.publish("user", user=user["id"])
        return user

    @person
    def change_user(self, user: str, display_name: str | None = None, email: str | None = None, name: str | None = None) -> Json:
        """A member changes their profile."""
        wire = self.core.world.user_named(user)
        profile = dict(wire["profile"])
        if display_name is not None:
            profile |= {"display_name": display_name, "display_name_normalized": display_name}
        if email is not None:
            profile["email"] = email
        if name is not None:
            profile |= {"real_name": name, "real_name_normalized": name}
            wire["real_name"] = name
        wire["profile"] = profile
        self._user_changed(wire)
        return wire

    @person
    def deactivate_user(self, user: str) -> Json:
        """A member leaves the company; their rooms lose them, their messages stay."""
        wire = self.core.world.user_named(user)
        wire["deleted"] = True
        for room in self.core.world.rooms.values():
            if room.kind != "im" and wire["id"] in room.members:
                room.members.remove(wire["id"])
        self._user_changed(wire)
        return wire

    def _user_changed(self, wire: Json) -> None:
        core = self.core
        wire["updated"] = core.world.now()
        core.publish("user", user=wire["id"])
        event = {"type": "user_change", "user": dict(wire), "cache_ts": core.world.now(), "event_ts": core.event_ts()}
        core.tell_everyone(event, "users:read")

    @person
    def add_room(self, name: str, members: list[str] | None = None, is_private: bool = False) -> Json:
        """A new room with its first members, bots among them; nobody is announced."""
        world = self.core.world
        bare = name.removeprefix("#")
        if any(room.name == bare for room in world.rooms.values()):
            raise Mistake(f"there is a room #{bare} already")
        inside = [world.user_named(member)["id"] for member in members or []]
        room = world.new_room(bare, "group" if is_private else "channel", inside[0] if inside else "USLACKBOT", inside)
        self.core.publish("room", room=room.id, what="created")
        return room_seen(room)

    @person
    def join(self, room: str, user: str) -> Json:
        """Somebody comes in, or a bot is invited."""
        place, who = self.core.world.room_named(room), self.core.world.user_named(user)
        if not self.core.enter(place, who["id"]):
            raise Mistake(f"{who['real_name']} is in #{place.name} already")
        return room_seen(place)

    @person
    def kick(self, room: str, user: str) -> Json:
        """Somebody, or a bot, is taken out of a room."""
        place, who = self.core.world.room_named(room), self.core.world.user_named(user)
        if not self.core.leave(place, who["id"]):
            raise Mistake(f"{who['real_name']} is not in #{place.name}")
        return room_seen(place)

    @person
    def archive(self, room: str) -> Json:
        """Nobody can write in the room any more."""
        core, place = self.core, self.core.world.room_named(room)
        place.archived = True
        core.publish("room", room=place.id, what="archived")
        kind = "group_archive" if place.kind == "group" else "channel_archive"
        event = {"type": kind, "channel": place.id, "user": place.creator, "is_moved": 0, "event_ts": core.event_ts()}
        core.tell_room(place, event, READ)
        return room_seen(place)

    @person
    def unarchive(self, room: str) -> Json:
        """The room is back."""
        core, place = self.core, self.core.world.room_named(room)
        place.archived = False
        core.publish("room", room=place.id, what="unarchived")
        kind = "group_unarchive" if place.kind == "group" else "channel_unarchive"
        core.tell_room(place, {"type": kind, "channel": place.id, "user": place.creator, "event_ts": core.event_ts()}, READ)
        return room_seen(place)

    @person
    def delete_room(self, room: str) -> None:
        """The room and everything in it is gone."""
        core, place = self.core, self.core.world.room_named(room)
        kind = "group_deleted" if place.kind == "group" else "channel_deleted"
        core.tell_room(place, {"type": kind, "channel": place.id, "event_ts": core.event_ts()}, READ)
        del core.world.rooms[place.id]
        core.publish("room", room=place.id, what="deleted")

    @person
    def add_app(
        self,
        name: str,
        scopes: list[str] | None = None,
        *,
        slash_commands: list[str] | None = None,
        events_url: str | None = None,
        interactivity_url: str | None = None,
        commands_url: str | None = None,
        options_url: str | None = None,
    ) -> Json:
        """Install an app; it is in Socket Mode when it has no URL. Without ``scopes`` it gets those of a helpdesk."""
        urls = {"events": events_url, "interactivity": interactivity_url, "commands": commands_url, "options": options_url}
        words = ["/desk"] if slash_commands is None else slash_commands
        app = self.core.world.new_app(name, set(DEFAULT_SCOPES if scopes is None else scopes), words, urls)
        self.core.publish("app", app=app.id)
        return {
            "app_id": app.id,
            "bot_token": app.bot_token,
            "app_token": app.app_token,
            "signing_secret": app.signing_secret,
            "bot_user_id": app.bot_user_id,
            "bot_id": app.bot_id,
            "team_id": self.core.world.team_id,
        }

    @person
    def configure_app(self, app_id: str, **changes: Any) -> Json:
        """Change ``events_url``, ``interactivity_url``, ``commands_url``, ``options_url``, ``scopes`` or ``slash_commands``."""
        app = self.app(app_id)
        for key, value in changes.items():
            if key.removesuffix("_url") in URLS:
                app.urls[key.removesuffix("_url")] = value
            elif key == "scopes":
                app.scopes = set(value)
            elif key == "slash_commands":
                app.slash_commands = list(value)
            else:
                raise Mistake(f"an app has no {key}")
        self.core.publish("app", app=app.id)
        return app_seen(app)

    @person
    def revoke_token(self, token: str) -> None:
        """From now on the token is refused and the app hears no more of rooms."""
        app = self.core.world.tokens.get(token)
        if app is None:
            raise Mistake("there is no such token")
        app.revoked_tokens.add(token)
        self.core.publish("app", app=app.id)
        if token == app.bot_token:
            tokens = {"oauth": [], "bot": [app.bot_user_id]}
            self.core.tell(app, {"type": "tokens_revoked", "tokens": tokens, "event_ts": self.core.event_ts()})

    @person
    def renew_token(self, app_id: str) -> str:
        """The app is installed anew: another bot token, the old one is refused."""
        app = self.app(app_id)
        app.revoked_tokens.add(app.bot_token)
        app.bot_token = new_bot_token()
        self.core.world.tokens[app.bot_token] = app
        self.core.publish("app", app=app.id)
        return app.bot_token

    def app(self, app_id: str | None = None) -> App:
        """An app by id; the first one when nobody says which."""
        apps = self.core.world.apps
        if app_id is None and apps:
            return next(iter(apps.values()))
        if app_id not in apps:
            raise Mistake(f"there is no app {app_id}")
        return apps[str(app_id)]


def room_seen(room: Room) -> Json:
    """A room without its messages, for people."""
    return {
        "id": room.id,
        "name": room.name,
        "is_private": room.is_private,
        "is_im": room.kind == "im",
        "is_archived": room.archived,
        "members": list(room.members),
        "pins": list(room.pins),
    }


def app_seen(app: App) -> Json:
    """An app without its secrets."""
    return {
        "id": app.id,
        "name": app.name,
        "bot_user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "scopes": sorted(app.scopes),
        "slash_commands": app.slash_commands,
        "urls": app.urls,
        "revoked": app.bot_token in app.revoked_tokens,
    }
