"""What the page shows: the whole world as JSON, without tokens."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.world import Chat, Entry, Json, Topic, World


def shown_entry(entry: Entry) -> Json:
    """A message with its reactions and whether it was deleted."""
    by_emoji: dict[str, list[int]] = {}
    for account, emojis in entry.reactions.items():
        for emoji in emojis:
            by_emoji.setdefault(emoji, []).append(account)
    reactions = [{"emoji": emoji, "by": accounts} for emoji, accounts in by_emoji.items()]
    return {**entry.message, "reactions": reactions, "deleted": entry.deleted}


def shown_topic(topic: Topic) -> Json:
    """A topic's head line."""
    return {"id": topic.id, "name": topic.name, "closed": topic.closed, "icon": topic.icon, "color": topic.color}


def shown_chat(chat: Chat) -> Json:
    """A chat with everything in it."""
    title = chat.public.get("title") or chat.public.get("first_name", "")
    shown: Json = {"id": chat.id, "type": chat.public["type"], "title": title, "is_forum": chat.is_forum}
    if chat.bot is not None:
        shown |= {"bot": chat.bot.id, "user": chat.id, "started": chat.started, "blocked": chat.blocked}
    shown["keyboard"] = chat.keyboard
    shown["members"] = [member.public() for member in chat.members.values()]
    topics = [chat.general, *chat.topics.values()] if chat.is_forum else []
    shown["topics"] = [shown_topic(topic) for topic in topics]
    shown["pinned"] = list(chat.pinned)
    shown["messages"] = [shown_entry(entry) for entry in chat.entries.values()]
    return shown


def snapshot(world: World) -> dict[str, Any]:
    """Everything."""
    whispers: dict[int, list[Json]] = {}
    for box in world.whispers.values():
        for whisper in box.values():
            whispers.setdefault(whisper.user_id, []).append(whisper.message)
    groups = [chat for chat in world.chats.values() if not chat.gone]
    return {
        "users": list(world.users.values()),
        "bots": [{**bot.user, "revoked": bot.revoked} for bot in world.bots.values()],
        "chats": [shown_chat(chat) for chat in (*groups, *world.privates.values())],
        "toasts": {user: list(toasts) for user, toasts in world.toasts_by_user.items()},
        "ephemerals": whispers,
    }
