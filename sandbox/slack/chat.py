"""``chat.*``: posting, changing and deleting messages.

Errors and limits: docs.slack.dev/reference/methods/chat.postMessage, chat.update, chat.delete, chat.postEphemeral.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.slack.blocks import message_blocks
from sandbox.slack.core import Core
from sandbox.slack.errors import Refused
from sandbox.slack.registry import Call, method
from sandbox.slack.world import App, Json, Post, Room

LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000
LONGEST_MARKDOWN = 12_000
LARGEST_METADATA = 16_000  # Slack names no number; see platforms.md, "not found"
TS = re.compile(r"\d{10}\.\d{6}")
CONTROL = re.compile(r"<(?:[@#!][^<>]+|https?://[^<>]+|mailto:[^<>]+|tel:[^<>]+)>")
ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")


@method("chat.postMessage", "chat:write")
def post_message(call: Call) -> Json:
    """Post to a room, a thread or a person."""
    room = writable(call)
    wire, metadata = new_message(call, room)
    post = call.core.post(room, wire, app=call.app, metadata=metadata, names=links_names(call))
    return {"channel": room.id, "ts": post.wire["ts"], "message": shown(post, whole=True)}


def writable(call: Call) -> Room:
    """The room to post into; people's ids stand for the direct conversation, ``#name`` works as well."""
    core, word = call.core, call["channel"]
    if word in core.world.users and core.world.app_of_bot(word) is None:
        if core.world.users[word]["deleted"]:
            raise Refused("user_not_found")
        return core.world.direct(call.app, word)
    if word not in core.world.rooms:
        bare = word.removeprefix("#")
        named = next((room.id for room in core.world.rooms.values() if room.name == bare and bare), None)
        call.arguments["channel"] = named or word
    room = call.room()
    if room.archived:
        raise Refused("is_archived")
    if call.app.bot_user_id not in room.members and "chat:write.public" not in call.app.scopes:
        raise Refused("not_in_channel")
    return room


def new_message(call: Call, room: Room) -> tuple[Json, Json | None]:
    """The message an app asked for, and its metadata."""
    wire = content(call)
    wire |= signed(call)
    metadata = checked_metadata(call.get("metadata"))
    if thread_ts := call.get("thread_ts"):
        wire |= replied(room, thread_ts, broadcast=bool(call.get("reply_broadcast")))
    return wire, metadata


def replied(room: Room, thread_ts: str, *, broadcast: bool) -> Json:
    """The thread's part of a reply; none when the parent was deleted and no reply keeps its place.

    Slack does not refuse such a reply. It puts it into the room as a message of its own, answers ok, and only the missing
    ``message.thread_ts`` tells: github.com/slack-go/slack/issues/1571, and two bots that met the same,
    github.com/langchain-ai/open-swe/pull/2753 and github.com/agentconnect-md/agentconnect/pull/859.
    """
    if TS.fullmatch(thread_ts) and thread_ts not in room.posts:
        return {}
    return {"thread_ts": thread_of(room, thread_ts)} | ({"subtype": "thread_broadcast"} if broadcast else {})


def content(call: Call, longest: int = LONGEST_POST) -> Json:
    """Text, blocks and attachments of a message; ``no_text`` when there is nothing."""
    text, blocks, attachments = call.get("text") or "", call.get("blocks"), call.get("attachments")
    markdown = call.get("markdown_text")
    if markdown:
        if text or blocks:
            raise Refused("markdown_text_conflict")
        if len(markdown) > LONGEST_MARKDOWN:
            raise Refused("msg_too_long")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    if not (text.strip() or blocks or attachments):
        raise Refused("no_text")
    wire: Json = {"text": normal(text[:longest])}
    if blocks is not None:
        wire["blocks"] = message_blocks(blocks, call.core.views.new_block_id)
    if attachments:
        if not isinstance(attachments, list) or not all(isinstance(part, dict) for part in attachments):
            raise Refused("invalid_attachments")
        if len(attachments) > 100:
            raise Refused("too_many_attachments")
        wire["attachments"] = [{"id": number, **part} for number, part in enumerate(attachments, 1)]
    return wire


def normal(text: str) -> str:
    """Text as Slack keeps it: ``&``, ``<`` and ``>`` outside control sequences are escaped."""
    if "<" not in text and "&" not in text and ">" not in text:
        return text
    parts: list[str] = []
    position = 0
    for match in CONTROL.finditer(text):
        parts += [_bare(text[position : match.start()]), match[0]]
        position = match.end()
    return "".join([*parts, _bare(text[position:])])


def _bare(text: str) -> str:
    return ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def signed(call: Call) -> Json:
    """Who the message is from. Another name or icon makes it a ``bot_message`` without ``user``."""
    app, given = call.app, {name: call.get(name) for name in ("username", "icon_emoji", "icon_url")}
    wire: Json = {"bot_id": app.bot_id, "app_id": app.id}
    if not any(given.values()):
        return wire | {"user": app.bot_user_id, "bot_profile": app.profile(call.core.world.team_id)}
    call.need("chat:write.customize")
    wire |= {"subtype": "bot_message", "username": given["username"] or app.name}
    if given["icon_emoji"]:
        wire["icons"] = {"emoji": given["icon_emoji"]}
    elif given["icon_url"]:
        wire["icons"] = {"image_48": given["icon_url"]}
    return wire


def links_names(call: Call) -> bool:
    """Whether plain @names in the text become mentions."""
    return bool(call.get("link_names")) or call.get("parse") == "full"


def thread_of(room: Room, thread_ts: str) -> str:
    """A thread that exists. A reply's own ts is no thread."""
    if not TS.fullmatch(thread_ts):
        raise Refused("invalid_thread_ts")
    parent = room.posts.get(thread_ts)
    if parent is None:
        raise Refused("thread_not_found")
    if parent.wire.get("thread_ts", thread_ts) != thread_ts:
        raise Refused("cannot_reply_to_message")
    return thread_ts


def checked_metadata(metadata: Any) -> Json | None:
    """``{"event_type", "event_payload"}`` or a refusal (docs.slack.dev/messaging/message-metadata)."""
    if metadata is None:
        return None
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("event_type"), str)
        or not metadata["event_type"]
        or not isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata)) > LARGEST_METADATA:
        raise Refused("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def shown(post: Post, *, whole: bool) -> Json:
    """A message in an answer; without ``include_all_metadata`` only the type of its metadata shows."""
    if post.metadata is None:
        return dict(post.wire)
    return post.wire | {"metadata": post.metadata if whole else {"event_type": post.metadata["event_type"]}}


@method("chat.update", "chat:write")
def update(call: Call) -> Json:
    """Change a message of one's own. The name and icon it was posted with stay."""
    room = call.room()
    post = call.post(room)
    if post.app_id != call.app.id or post.wire.get("subtype") in {"tombstone", "channel_join", "group_join"}:
        raise Refused("cant_update_message")
    if room.archived:
        raise Refused("is_inactive")
    if len(call.get("text") or "") > LONGEST_UPDATE:
        raise Refused("msg_too_long")
    metadata = call.get("metadata")
    if metadata is not None and not any(call.get(name) is not None for name in ("text", "blocks", "attachments")):
        changes: Json = {}
    else:
        changes = {"blocks": None} | content(call, LONGEST_UPDATE)
    if call.get("attachments") == []:
        changes["attachments"] = None
    rich_before = any(block["type"] == "rich_text" for block in post.wire.get("blocks", []))
    if rich_before and changes.get("blocks") and not any(b["type"] == "rich_text" for b in changes["blocks"]):
        raise Refused("block_mismatch")
    if metadata is not None:
        post.metadata = checked_metadata(metadata) if metadata else None
    call.core.change(room, post, changes, editor=call.app.bot_user_id, names=links_names(call))
    return {"channel": room.id, "ts": post.wire["ts"], "text": post.wire["text"], "message": shown(post, whole=True)}


@method("chat.delete", "chat:write")
def delete(call: Call) -> Json:
    """Delete a message of one's own."""
    room = call.room()
    post = call.post(room)
    if post.app_id != call.app.id or post.wire.get("subtype") == "tombstone":
        raise Refused("cant_delete_message")
    call.core.remove(room, post.wire["ts"])
    return {"channel": room.id, "ts": call["ts"]}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(call: Call) -> Json:
    """Show a message to one member of the room only."""
    room = call.room()
    if room.archived:
        raise Refused("is_archived")
    if call.app.bot_user_id not in room.members and "chat:write.public" not in call.app.scopes:
        raise Refused("not_in_channel")
    user = call.core.world.users.get(call["user"])
    if user is None or user["deleted"] or user["id"] not in room.members:
        raise Refused("user_not_in_channel")
    wire = content(call) | signed(call)
    if thread_ts := call.get("thread_ts"):
        wire["thread_ts"] = thread_of(room, thread_ts)
    whisper = call.core.whisper(user["id"], room, wire, call.app)
    return {"message_ts": whisper["ts"]}


@method("chat.getPermalink")
def get_permalink(call: Call) -> Json:
    """A link to a message."""
    room = call.room()
    post = call.post(room, "message_ts")
    return {"channel": room.id, "permalink": permalink(call.core, room, post)}


def permalink(core: Core, room: Room, post: Post) -> str:
    """The address of a message in Slack's shape."""
    ts = post.wire["ts"]
    link = f"https://{core.world.domain}.slack.com/archives/{room.id}/p{ts.replace('.', '')}"
    parent = post.wire.get("thread_ts")
    return f"{link}?thread_ts={parent}&cid={room.id}" if parent and parent != ts else link


def bot_wire(core: Core, app: App) -> Json:
    """The author's part of a message an app posts without a call: slash answers and response URLs."""
    return {
        "user": app.bot_user_id,
        "bot_id": app.bot_id,
        "app_id": app.id,
        "bot_profile": app.profile(core.world.team_id),
    }
