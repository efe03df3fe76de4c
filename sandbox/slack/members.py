"""``auth.*``, ``api.test``, ``apps.connections.open``, ``users.*``, ``bots.info``, ``team.info`` and ``reactions.*``."""

from __future__ import annotations

import re

import emoji

from sandbox.slack.core import HISTORY
from sandbox.slack.errors import Refused
from sandbox.slack.registry import Call, method, page
from sandbox.slack.world import Json, Post, Room

MOST_REACTIONS = 23
EMOJI_NAME = re.compile(r"[a-z0-9_+'\-]+(::skin-tone-[2-6])?")


@method("api.test")
def api_test(call: Call) -> Json:
    """Says what it was told."""
    if call.get("error"):
        raise Refused(call["error"], args=call.arguments)
    return {"args": call.arguments}


@method("auth.test")
def auth_test(call: Call) -> Json:
    """Who the token is."""
    world = call.core.world
    return {
        "url": f"https://{world.domain}.slack.com/",
        "team": "Sandbox",
        "user": world.users[call.app.bot_user_id]["name"],
        "team_id": world.team_id,
        "user_id": call.app.bot_user_id,
        "bot_id": call.app.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open")
def connections_open(call: Call) -> Json:
    """An address for one Socket Mode connection."""
    if any(call.app.urls.values()):
        raise Refused("socket_mode_not_enabled")
    root = call.core.root.replace("http", "ws", 1)
    return {"url": f"{root}/slack/socket/{call.core.sockets.ticket(call.app.id)}"}


def described(call: Call, user: Json) -> Json:
    """The user object; the address only with ``users:read.email``."""
    if "users:read.email" in call.app.scopes or "email" not in user["profile"]:
        return user
    return user | {"profile": {key: value for key, value in user["profile"].items() if key != "email"}}


@method("users.info", "users:read")
def user_info(call: Call) -> Json:
    """One member."""
    user = call.core.world.users.get(call["user"])
    if user is None:
        raise Refused("user_not_found")
    return {"user": described(call, user)}


@method("users.list", "users:read")
def user_list(call: Call) -> Json:
    """All members, those who left included."""
    found, following = page(list(call.core.world.users.values()), call, default=1000, most=1000)
    members = [described(call, user) for user in found]
    return {"members": members, "cache_ts": call.core.world.now(), "response_metadata": {"next_cursor": following}}


@method("users.lookupByEmail", "users:read.email")
def lookup(call: Call) -> Json:
    """An active member by address."""
    wanted = call["email"].lower()
    for user in call.core.world.users.values():
        if user["profile"].get("email", "").lower() == wanted and not user["deleted"]:
            return {"user": user}
    raise Refused("users_not_found")


@method("bots.info", "users:read")
def bot_info(call: Call) -> Json:
    """An app's bot by its B id."""
    for app in call.core.world.apps.values():
        if app.bot_id == call.get("bot", app.bot_id):
            about = {"id": app.bot_id, "deleted": False, "name": app.name, "updated": 0}
            return {"bot": about | {"app_id": app.id, "user_id": app.bot_user_id, "icons": {}}}
    raise Refused("bot_not_found")


@method("team.info", "team:read")
def team_info(call: Call) -> Json:
    """The workspace."""
    world = call.core.world
    return {"team": {"id": world.team_id, "name": "Sandbox", "domain": world.domain, "email_domain": "", "icon": {}}}


def reactable(call: Call) -> tuple[Room, Post]:
    """The room and message a reaction is for (errors: docs.slack.dev/reference/methods/reactions.add)."""
    if not call.get("channel") or not call.get("timestamp"):
        raise Refused("no_item_specified")
    room = call.room_inside()
    if room.archived:
        raise Refused("is_archived")
    if not re.fullmatch(r"\d{10}\.\d{6}", call["timestamp"]):
        raise Refused("bad_timestamp")
    return room, call.post(room, "timestamp")


@method("reactions.add", "reactions:write")
def add_reaction(call: Call) -> Json:
    """The bot reacts."""
    name = call["name"].strip(":")
    if not known_emoji(name):
        raise Refused("invalid_name")
    room, post = reactable(call)
    if post.wire.get("subtype") == "tombstone":
        raise Refused("not_reactable")
    reactions = post.wire.get("reactions", [])
    if len(reactions) >= MOST_REACTIONS and all(reaction["name"] != name for reaction in reactions):
        raise Refused("too_many_emoji")
    if not call.core.react(room, post, call.app.bot_user_id, name, add=True):
        raise Refused("already_reacted")
    return {}


def known_emoji(name: str) -> bool:
    """Whether every workspace has this emoji; a workspace's own ones are not the bot's to guess."""
    bare = name.partition("::")[0]
    return bool(EMOJI_NAME.fullmatch(name)) and emoji.emojize(f":{bare}:", language="alias") != f":{bare}:"


@method("reactions.remove", "reactions:write")
def remove_reaction(call: Call) -> Json:
    """The bot takes its reaction back."""
    room, post = reactable(call)
    if not call.core.react(room, post, call.app.bot_user_id, call["name"].strip(":"), add=False):
        raise Refused("no_reaction")
    return {}


@method("reactions.get", "reactions:read")
def get_reactions(call: Call) -> Json:
    """A message with its reactions."""
    if not call.get("channel") or not call.get("timestamp"):
        raise Refused("no_item_specified")
    room = call.room_inside()
    call.need("reactions:read", HISTORY[room.kind])
    post = call.post(room, "timestamp")
    return {"type": "message", "channel": room.id, "message": dict(post.wire)}
