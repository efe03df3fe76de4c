"""Slack's updates as they come: which are kept, under which keys, and what stands in them.

Shapes: https://docs.slack.dev/apis/events-api#events-JSON, https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from bot.domain.actions import Verb
from bot.store.inbox import Kept

Json = dict[str, Any]

TYPED = frozenset(("", "file_share", "thread_broadcast"))
"""Subtypes of what a person writes."""
REACTIONS = frozenset(("reaction_added", "reaction_removed"))
CHANGES = frozenset(("message_changed", "message_deleted"))
ROOM_GONE = frozenset(("channel_archive", "channel_deleted", "group_archive", "group_deleted"))
ROOM_BACK = frozenset(("channel_unarchive", "group_unarchive", "member_joined_channel"))
REACTIONS = frozenset(("reaction_added", "reaction_removed"))
IGNORED = frozenset(
    (
        "app_rate_limited",
        "app_uninstalled",
        "channel_joined",
        "channel_left",
        "channel_rename",
        "group_joined",
        "group_left",
        "group_rename",
        "member_left_channel",
        "tokens_revoked",
        "user_change",
    )
)


IN_ORDER = frozenset(
    verb.value
    for verb in (
        Verb.START,
        Verb.CLOSE,
        Verb.UNASSIGN,
        Verb.TAKE_OVER,
        Verb.SEND_TAKING,
        Verb.SEND_ONCE,
        Verb.KEEP_NOTE,
        Verb.RETRY,
        Verb.CANCEL_SEND,
    )
)
"""Verbs that must not overtake what was written in the thread before they were pressed."""


def to_keep(body: Json) -> Kept | None:
    """The update with its keys, or None for one that is of no concern to us: our own echo, other bots, noise."""
    kind = word(body, "type")
    if kind == "event_callback":
        return _event(body)
    if kind == "block_actions":
        return _press(body)
    if kind == "view_submission":
        return _submission(body)
    if word(body, "command") or kind in ("message_action", "shortcut"):
        asked = f"{word(body, 'command') or kind}:{word(body, 'trigger_id')}"
        return Kept(asked, word(body, "user_id") or word(part(body, "user"), "id"), json.dumps(body))
    if kind in ("view_closed", "block_suggestion"):
        return None
    return unparsed(json.dumps(body)) if body else None


def is_question(body: Json) -> bool:
    """Whether it is applied at once, not in its turn: its answer is wanted in the same breath, or opens a modal."""
    if word(body, "type") != "block_actions":
        return bool(word(body, "command")) or word(body, "type") in ("view_submission", "message_action", "shortcut")
    return bool(part(body, "view")) or word(pressed_action(body), "value").partition(":")[0] not in IN_ORDER


def pressed_action(body: Json) -> Json:
    """The button that was pressed, empty where nothing was."""
    actions = body.get("actions")
    return actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}


def unparsed(text: str) -> Kept:
    """Something signed by Slack that we can't read: kept as it came, for ``doctor`` to count (F12)."""
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    return Kept(f"unparsed:{digest}", "unparsed", json.dumps({"unparsed": text}))


def part(body: Any, *path: str) -> Json:
    """The object at a path, empty where there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}


def word(body: Json, name: str) -> str:
    """A text field, empty where there is none."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def thread_of(message: Json) -> str:
    """The thread a message belongs to: its own when it is, or may become, a root."""
    return word(message, "thread_ts") or word(message, "ts")


def is_reply(message: Json) -> bool:
    """Whether it stands in a thread, below the root."""
    return bool(word(message, "thread_ts")) and word(message, "thread_ts") != word(message, "ts")


def is_direct(message: Json) -> bool:
    """Whether it was written to the bot itself, in direct messages."""
    return word(message, "channel_type") == "im"


def is_a_persons(message: Json) -> bool:
    """Written by a person: no bot, ours or another's, no app that speaks for somebody, no system line (F46)."""
    bot = message.get("bot_id") or message.get("bot_profile") or message.get("app_id")
    return not bot and word(message, "subtype") in TYPED and not message.get("hidden") and bool(word(message, "user"))


def is_tombstone(event: Json) -> bool:
    """A deleted thread root that has replies is not removed but changed into a stone."""
    return word(event, "subtype") == "message_changed" and word(part(event, "message"), "subtype") == "tombstone"


def press_room(body: Json) -> str:
    """The room of a pressed button."""
    return word(part(body, "channel"), "id") or word(part(body, "container"), "channel_id")


def press_message(body: Json) -> str:
    """The message that bore the button."""
    return word(part(body, "container"), "message_ts") or word(part(body, "message"), "ts")


def press_talk(body: Json) -> str:
    """The thread of a pressed button if anybody has written in it, else empty."""
    return word(part(body, "container"), "thread_ts") or word(part(body, "message"), "thread_ts")


def press_thread(body: Json) -> str:
    """The thread of a pressed button; a root's own while nobody has answered."""
    return press_talk(body) or press_message(body)


def _event(body: Json) -> Kept | None:
    event = part(body, "event")
    kind = word(event, "type")
    team = word(body, "team_id")
    dedupe = f"event:{team}:{word(body, 'event_id')}"
    room = word(event, "channel")
    if kind in ("message", "app_mention"):
        if word(event, "subtype") in CHANGES:
            return None if is_direct(event) else _change(body, event, dedupe)
        if not is_a_persons(event) or not (is_reply(event) or is_direct(event)) or word(event, "user") in _our_users(body):
            return None
        # A message that mentions the bot comes twice, as two events: one key for both (F6).
        return Kept(f"message:{team}:{room}:{word(event, 'ts')}", f"{room}:{thread_of(event)}", json.dumps(body))
    if kind in REACTIONS:
        item = part(event, "item")
        if item.get("type") != "message" or word(event, "user") in _our_users(body):
            return None
        return Kept(dedupe, f"{word(item, 'channel')}:{word(item, 'ts')}", json.dumps(body))
    if kind == "member_joined_channel" and word(event, "user") not in _our_users(body):
        return None
    if kind in ROOM_GONE | ROOM_BACK:
        return Kept(dedupe, f"{room}:", json.dumps(body))
    if kind == "app_home_opened":
        return Kept(dedupe, word(event, "user"), json.dumps(body)) if word(event, "tab") == "home" else None
    if kind in IGNORED:
        return None
    return unparsed(json.dumps(body))


def _change(body: Json, event: Json, dedupe: str) -> Kept | None:
    """Edits and deletions by people, and any that take a thread's root away.

    ``message_changed`` comes for much else: previews of links, our own updates, replies counted.
    """
    before, is_change = part(event, "previous_message"), word(event, "subtype") == "message_changed"
    if is_change and not is_tombstone(event) and not _is_an_edit(body, part(event, "message"), before):
        return None
    thread = thread_of(before) or word(event, "deleted_ts") or thread_of(part(event, "message"))
    return Kept(dedupe, f"{word(event, 'channel')}:{thread}", json.dumps(body))


def _is_an_edit(body: Json, now: Json, before: Json) -> bool:
    """Whether a person has put other words, or fewer files, into a reply of his own."""
    if not is_a_persons(now) or not is_reply(now) or word(now, "user") in _our_users(body):
        return False
    return edited_at(now) != edited_at(before) or live_files(now) != live_files(before)


def edited_at(message: Json) -> str:
    """The ts of a message's last edit, empty for none."""
    return word(part(message, "edited"), "ts")


def live_files(message: Json) -> frozenset[str]:
    """The ids of the files a message bears, but for those that were deleted."""
    found = [one for one in message.get("files") or () if isinstance(one, dict)]
    return frozenset(word(one, "id") for one in found if word(one, "mode") != "tombstone")


def _press(body: Json) -> Kept | None:
    view, pressed = part(body, "view"), pressed_action(body)
    if not word(pressed, "value") or not (view or press_message(body)):
        return None
    at = word(view, "id") or press_message(body)
    user = word(part(body, "user"), "id")
    key = word(body, "trigger_id") or ":".join((at, user, word(pressed, "action_ts"), word(pressed, "value")))
    return Kept(f"press:{key}", user if view else f"{press_room(body)}:{press_thread(body)}", json.dumps(body))


def _submission(body: Json) -> Kept:
    """A form sent twice because the first answer came too late is one: same view, nothing of it drawn anew, same values."""
    view = part(body, "view")
    filled = hashlib.sha256(json.dumps(part(view, "state", "values"), sort_keys=True).encode()).hexdigest()
    return Kept(f"form:{word(view, 'id')}:{word(view, 'hash')}:{filled}", word(part(body, "user"), "id"), json.dumps(body))


def _our_users(body: Json) -> set[str]:
    authorizations = body.get("authorizations")
    if not isinstance(authorizations, list):
        return set()
    return {word(one, "user_id") for one in authorizations if isinstance(one, dict) and one.get("is_bot")}
