"""Forum topics (``tdlib/td ForumTopicManager.cpp``)."""

from __future__ import annotations

from sandbox.telegram.access import find_chat, has_right, spend_post
from sandbox.telegram.arguments import Arguments
from sandbox.telegram.editing import remove
from sandbox.telegram.errors import bad
from sandbox.telegram.posting import put, serve, tell_bots
from sandbox.telegram.registry import method
from sandbox.telegram.world import Bot, Chat, Json, Topic, World

NAME_LIMIT = 128
COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)
ICONS = {
    "5434144690511290129": "📰",
    "5312536423851630001": "💡",
    "5312016608254762256": "⚡️",
    "5377544228505134960": "🎙",
    "5418085807791545980": "🔝",
    "5370870893004203704": "🗣",
    "5420216386448270341": "🆒",
    "5379748062124056162": "❗️",
    "5373251851074415873": "📝",
    "5433614043006903194": "📆",
    "5357315181649076022": "📁",
    "5309965701241379366": "🔎",
    "5309984423003823246": "📣",
    "5312241539987020022": "🔥",
    "5312138559556164615": "❤️",
    "5377316857231450742": "❓",
    "5350305691942788490": "📈",
    "5350713563512052787": "📉",
    "5309958691854754293": "💎",
    "5350452584119279096": "💰",
    "5309929258443874898": "💸",
    "5377690785674175481": "🪙",
    "5350699789551935589": "🎮",
    "5417915203100613993": "💬",
    "5237699328843200968": "✅",
    "5348227245599105972": "💼",
    "5235579393115438657": "⭐️",
    "5408906741125490282": "🏁",
}


def clean_name(name: str) -> str:
    """A topic's name, cut to 128 characters as ``clean_name`` in td does."""
    return " ".join(name.split())[:NAME_LIMIT]


def forum(world: World, bot: Bot, arguments: Arguments) -> Chat:
    """The chat of the call, which must be a forum."""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    if not chat.is_forum:
        raise bad("the chat is not a forum")
    return chat


def named(chat: Chat, arguments: Arguments) -> Topic:
    """The topic of the call; unknown and deleted ones are refused by the server."""
    thread = arguments.get("message_thread_id") or 0
    if thread <= 0:
        raise bad("invalid forum topic identifier specified")
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad("TOPIC_ID_INVALID")
    return topic


def make(world: World, chat: Chat, creator: Json, name: str, *, color: int, icon: str) -> Topic:
    """Create a topic with its service message."""
    created: Json = {"name": name, "icon_color": color}
    if icon:
        created["icon_custom_emoji_id"] = icon
    entry = put(world, chat, creator, {"forum_topic_created": created}, service=True)
    number = entry.message["message_id"]
    entry.message |= {"message_thread_id": number, "is_topic_message": True}
    topic = Topic(number, name, color, icon, creator["id"], entry.message)
    chat.topics[number] = topic
    tell_bots(world, chat, entry)
    world.tell("topic", chat, thread=number, action="created")
    return topic


def close(world: World, chat: Chat, who: Json, topic: Topic, closed: bool) -> None:
    """Close or reopen, or ``TOPIC_NOT_MODIFIED``."""
    if topic.closed == closed:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    inside = topic if topic.id in chat.topics else None
    serve(world, chat, who, {"forum_topic_closed" if closed else "forum_topic_reopened": {}}, inside)
    world.tell("topic", chat, thread=topic.id, action="closed" if closed else "reopened")


def destroy(world: World, chat: Chat, topic: Topic) -> None:
    """Delete a topic with all its messages."""
    del chat.topics[topic.id]
    for entry in list(chat.entries.values()):
        if entry.message.get("message_thread_id") == topic.id and not entry.deleted:
            remove(world, chat, entry)
    world.tell("topic", chat, thread=topic.id, action="deleted")


def check_icon(icon: str) -> str:
    """A custom emoji the topic may have; bots may use those of ``getForumTopicIconStickers``."""
    if icon and icon not in ICONS:
        raise bad("DOCUMENT_INVALID")
    return icon


def edit(world: World, chat: Chat, who: Json, topic: Topic, *, name: str | None = None, icon: str | None = None) -> None:
    """Rename or give another icon, or ``TOPIC_NOT_MODIFIED``."""
    edited: Json = {}
    if name is not None and name != topic.name:
        edited["name"] = topic.name = name
    if icon is not None and icon != topic.icon:
        edited["icon_custom_emoji_id"] = topic.icon = icon
    if not edited:
        raise bad("TOPIC_NOT_MODIFIED")
    serve(world, chat, who, {"forum_topic_edited": edited}, topic if topic.id in chat.topics else None)
    world.tell("topic", chat, thread=topic.id, action="edited")


@method("createForumTopic")
def create_forum_topic(world: World, bot: Bot, arguments: Arguments) -> Json:
    """``ForumTopicManager::create_forum_topic``; counts as a post of the group."""
    chat = forum(world, bot, arguments)
    if not has_right(chat, bot.id, "can_manage_topics"):
        raise bad("not enough rights to create a topic")
    name = clean_name(arguments.get("name") or "")
    if not name:
        raise bad("name must be non-empty")
    color = arguments.get("icon_color") or COLORS[0]
    if color not in COLORS:
        raise bad("invalid icon color specified")
    icon = check_icon(arguments.get("icon_custom_emoji_id") or "")
    spend_post(world, bot, chat)
    return make(world, chat, bot.user, name, color=color, icon=icon).public()


@method("editForumTopic")
def edit_forum_topic(world: World, bot: Bot, arguments: Arguments) -> bool:
    """``ForumTopicManager::edit_forum_topic``; an empty icon removes it, an absent one keeps it."""
    chat = forum(world, bot, arguments)
    topic = named(chat, arguments)
    if not has_right(chat, bot.id, "can_manage_topics") and topic.creator != bot.id:
        raise bad("not enough rights to edit the topic")
    given = arguments.get("name") or ""
    name = clean_name(given) if given else None
    if given and not name:
        raise bad("name must be non-empty")
    icon = check_icon(arguments["icon_custom_emoji_id"]) if "icon_custom_emoji_id" in arguments else None
    if name is not None or icon is not None:
        edit(world, chat, bot.user, topic, name=name, icon=icon)
    return True


def _may_close(chat: Chat, bot: Bot, topic: Topic) -> None:
    if not has_right(chat, bot.id, "can_manage_topics") and topic.creator != bot.id:
        raise bad("not enough rights to close or open the topic")


@method("closeForumTopic")
def close_forum_topic(world: World, bot: Bot, arguments: Arguments) -> bool:
    """``ForumTopicManager::toggle_forum_topic_is_closed``; supergroups only."""
    return _toggle(world, bot, arguments, True)


@method("reopenForumTopic")
def reopen_forum_topic(world: World, bot: Bot, arguments: Arguments) -> bool:
    """The other way round."""
    return _toggle(world, bot, arguments, False)


def _toggle(world: World, bot: Bot, arguments: Arguments, closed: bool) -> bool:
    chat = forum(world, bot, arguments)
    if chat.private:
        raise bad("the chat is not a supergroup forum")
    topic = named(chat, arguments)
    _may_close(chat, bot, topic)
    close(world, chat, bot.user, topic, closed)
    return True


@method("deleteForumTopic")
def delete_forum_topic(world: World, bot: Bot, arguments: Arguments) -> bool:
    """``ForumTopicManager::delete_forum_topic``; needs ``can_delete_messages`` or to be the creator."""
    chat = forum(world, bot, arguments)
    topic = named(chat, arguments)
    if not has_right(chat, bot.id, "can_delete_messages") and topic.creator != bot.id:
        raise bad("not enough rights to delete the topic")
    destroy(world, chat, topic)
    return True


@method("unpinAllForumTopicMessages")
def unpin_all_forum_topic_messages(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Unpin what is pinned in one topic."""
    chat = forum(world, bot, arguments)
    topic = named(chat, arguments)
    if not has_right(chat, bot.id, "can_pin_messages"):
        raise bad("not enough rights to manage pinned messages in the chat")
    chat.pinned = [number for number in chat.pinned if chat.entries[number].message.get("message_thread_id") != topic.id]
    return True


@method("closeGeneralForumTopic")
def close_general(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Close the General topic."""
    chat = forum(world, bot, arguments)
    _may_close(chat, bot, chat.general)
    close(world, chat, bot.user, chat.general, True)
    return True


@method("reopenGeneralForumTopic")
def reopen_general(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Reopen the General topic."""
    chat = forum(world, bot, arguments)
    _may_close(chat, bot, chat.general)
    close(world, chat, bot.user, chat.general, False)
    return True


@method("editGeneralForumTopic")
def edit_general(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Rename General."""
    chat = forum(world, bot, arguments)
    if not has_right(chat, bot.id, "can_manage_topics"):
        raise bad("not enough rights to edit the topic")
    name = clean_name(arguments.get("name") or "")
    if not name:
        raise bad("name must be non-empty")
    edit(world, chat, bot.user, chat.general, name=name)
    return True


@method("getForumTopicIconStickers")
def get_forum_topic_icon_stickers(world: World, bot: Bot, arguments: Arguments) -> list[Json]:
    """The icons any bot may use."""
    size = {"width": 512, "height": 512, "is_animated": True, "is_video": False, "type": "custom_emoji"}
    return [
        {"file_id": f"icon{number}", "file_unique_id": f"u{number}", "emoji": emoji, "custom_emoji_id": number, **size}
        for number, emoji in ICONS.items()
    ]
