"""``conversations.*``, ``pins.add`` and ``assistant.threads.setStatus``.

docs.slack.dev/reference/methods/conversations.history, conversations.replies and their neighbours.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import Any

from sandbox.slack.chat import shown
from sandbox.slack.core import READ, Core
from sandbox.slack.errors import Refused
from sandbox.slack.registry import Call, method, page
from sandbox.slack.world import App, Json, Room

NAME = re.compile(r"[a-z0-9_\-\u00e0-\uffff]{1,80}")
KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im"}
ANY_READ, ANY_HISTORY = tuple(READ.values()), ("channels:history", "groups:history", "im:history")


def described(room: Room, app: App, core: Core) -> Json:
    """The conversation object as this app sees it."""
    if room.kind == "im":
        other = next(user for user in room.members if user != app.bot_user_id)
        return {"id": room.id, "created": room.created, "is_archived": False, "is_im": True, "user": other, "is_open": True}
    private = room.kind == "group"
    return {
        "id": room.id,
        "name": room.name,
        "name_normalized": room.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": private,
        "created": room.created,
        "updated": room.created * 1000,
        "is_archived": room.archived,
        "is_general": False,
        "unlinked": 0,
        "is_shared": False,
        "is_org_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": core.world.team_id,
        "shared_team_ids": [core.world.team_id],
        "creator": room.creator,
        "is_member": app.bot_user_id in room.members,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }


@method("conversations.info", *ANY_READ)
def info(call: Call) -> Json:
    """One room."""
    room = call.known()
    channel = described(room, call.app, call.core)
    if call.get("include_num_members"):
        channel["num_members"] = len(room.members)
    return {"channel": channel}


@method("conversations.list", *ANY_READ)
def list_all(call: Call) -> Json:
    """Rooms the bot may know of."""
    return listed(call, [room for room in visible(call) if call.app.bot_user_id in room.members or not room.is_private])


@method("users.conversations", *ANY_READ)
def of_user(call: Call) -> Json:
    """Rooms a person (or the bot itself) is in, as far as the bot may know."""
    user = call.get("user") or call.app.bot_user_id
    if user not in call.core.world.users:
        raise Refused("user_not_found")
    rooms = [room for room in visible(call) if user in room.members]
    return listed(call, [room for room in rooms if call.app.bot_user_id in room.members or not room.is_private])


def visible(call: Call) -> list[Room]:
    """Rooms of the kinds asked for; ``missing_scope`` names the scopes that lack."""
    asked = call.get("types") or ["public_channel"]
    if any(kind not in {*KINDS, "mpim"} for kind in asked):
        raise Refused("invalid_types")
    kinds = {KINDS[kind] for kind in asked if kind in KINDS}
    lacking = [READ[kind] for kind in sorted(kinds) if READ[kind] not in call.app.scopes]
    if lacking:
        raise Refused("missing_scope", needed=",".join(lacking), provided=",".join(sorted(call.app.scopes)))
    hide = call.get("exclude_archived", False)
    return [room for room in call.core.world.rooms.values() if room.kind in kinds and not (hide and room.archived)]


def listed(call: Call, rooms: list[Room]) -> Json:
    """One page of rooms."""
    found, following = page(rooms, call, default=100, most=1000)
    channels = [
        described(room, call.app, call.core) | ({"num_members": len(room.members)} if room.kind != "im" else {}) for room in found
    ]
    return {"channels": channels, "response_metadata": {"next_cursor": following}}


@method("conversations.members", *ANY_READ)
def members(call: Call) -> Json:
    """Who is in a room."""
    found, following = page(call.known().members, call, default=100, most=1000)
    return {"members": list(found), "response_metadata": {"next_cursor": following}}


def between(order: list[str], call: Call, cursor: str) -> tuple[int, int]:
    """The part of ordered ts values that ``oldest``, ``latest`` and ``inclusive`` ask for."""
    for name in ("oldest", "latest"):
        value = call.get(name)
        if value and not re.fullmatch(r"\d+(\.\d+)?", value):
            raise Refused(f"invalid_ts_{name}")
    inclusive = call.get("inclusive", False)
    oldest, latest = full_ts(call.get("oldest")), full_ts(call.get("latest"))
    start = 0
    if oldest:
        start = bisect_left(order, oldest) if inclusive else bisect_right(order, oldest)
    end = len(order)
    if latest:
        end = bisect_right(order, latest) if inclusive else bisect_left(order, latest)
    if cursor:
        if not cursor.startswith("ts:"):
            raise Refused("invalid_cursor")
        if call.method == "conversations.history":
            end = min(end, bisect_left(order, cursor[3:]))
        else:
            start = max(start, bisect_right(order, cursor[3:]))
    return start, max(start, end)


def full_ts(given: str | None) -> str | None:
    """A ts that compares as text with those of messages; ``0`` means the beginning."""
    if not given or float(given) == 0:
        return None
    seconds, _, part = given.partition(".")
    return f"{int(seconds):010d}.{part[:6]:0<6}"


def asked_for(call: Call, default: int) -> int:
    """The ``limit``, within what the method pages allow."""
    limit = int(call.get("limit") or default)
    if not 1 <= limit <= 999 and limit != 1000:
        raise Refused("invalid_limit")
    return limit


@method("conversations.history", *ANY_HISTORY)
def history(call: Call) -> Json:
    """Messages of a room without the replies in threads, newest first."""
    room, limit, whole = call.readable(), asked_for(call, 100), call.get("include_all_metadata", False)
    start, end = between(room.order, call, call.get("cursor") or "")
    found: list[Json] = []
    more = False
    for ts in reversed(room.order[start:end]):
        post = room.posts[ts]
        if not post.in_channel:
            continue
        if len(found) == limit:
            more = True
            break
        found.append(shown(post, whole=whole))
    return {"messages": found, "has_more": more, "pin_count": len(room.pins)} | further(more, found)


def further(more: bool, found: list[Json]) -> Json:
    """The cursor part of an answer."""
    return {"response_metadata": {"next_cursor": f"ts:{found[-1]['ts']}"}} if more else {}


@method("conversations.replies", *ANY_HISTORY)
def replies(call: Call) -> Json:
    """A thread, the parent first on the first page whatever ``oldest`` says."""
    room, limit, whole = call.readable(), asked_for(call, 1000), call.get("include_all_metadata", False)
    parent = room.posts.get(call["ts"])
    if parent is None:
        raise Refused("thread_not_found")
    order: list[str] = room.threads.get(call["ts"], [])
    cursor = call.get("cursor") or ""
    start, end = between(order, call, cursor)
    found: list[Any] = [] if cursor else [shown(parent, whole=whole)]
    taken = order[start:end][: max(0, limit - len(found))] if limit > len(found) else []
    found += [shown(room.posts[ts], whole=whole) for ts in taken]
    more = end - start > len(taken)
    return {"messages": found, "has_more": more} | further(more, found)


@method("conversations.join", "channels:join")
def join(call: Call) -> Json:
    """The bot enters a public room by itself."""
    room = call.room()
    if room.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    if room.archived:
        raise Refused("is_archived")
    entered = call.core.enter(room, call.app.bot_user_id)
    warning = {} if entered else {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return {"channel": described(room, call.app, call.core)} | warning


@method("conversations.open", "im:write")
def open_direct(call: Call) -> Json:
    """The direct conversation with one person."""
    users = call.get("users") or []
    if call.get("channel"):
        room = call.room()
    elif len(users) != 1:
        raise Refused("users_list_not_supplied" if not users else "too_many_users")
    else:
        user = call.core.world.users.get(users[0])
        if user is None:
            raise Refused("user_not_found")
        if user["deleted"]:
            raise Refused("user_disabled")
        if user["is_bot"]:
            raise Refused("cannot_dm_bot")
        room = call.core.world.direct(call.app, user["id"])
    return {"channel": described(room, call.app, call.core) if call.get("return_im") else {"id": room.id}}


@method("conversations.create", "channels:manage", "groups:write")
def create(call: Call) -> Json:
    """A new room with the bot in it."""
    private = call.get("is_private", False)
    call.need("groups:write" if private else "channels:manage")
    name = call["name"]
    if not name:
        raise Refused("invalid_name_required")
    if len(name) > 80:
        raise Refused("invalid_name_maxlength")
    if not NAME.fullmatch(name):
        raise Refused("invalid_name_specials")
    if any(room.name == name for room in call.core.world.rooms.values()):
        raise Refused("name_taken")
    bot = call.app.bot_user_id
    room = call.core.world.new_room(name, "group" if private else "channel", bot, [bot])
    call.core.publish("room", room=room.id, what="created")
    return {"channel": described(room, call.app, call.core)}


@method("pins.add", "pins:write")
def pin(call: Call) -> Json:
    """Pin a message to its room."""
    room = call.room_inside()
    post = call.post(room, "timestamp")
    if post.wire["ts"] in room.pins:
        raise Refused("already_pinned")
    room.pins.append(post.wire["ts"])
    call.core.publish("room", room=room.id, what="pinned", ts=post.wire["ts"])
    return {}


@method("assistant.threads.setStatus", "chat:write", "assistant:write")
def set_status(call: Call) -> Json:
    """What stands under a thread while the app works; empty takes it away."""
    room = call.room_inside("channel_id")
    if call["thread_ts"] not in room.posts:
        raise Refused("invalid_thread_ts")
    call.core.statuses[room.id, call["thread_ts"]] = call["status"]
    call.core.publish("status", room=room.id, thread_ts=call["thread_ts"], status=call["status"])
    return {}
