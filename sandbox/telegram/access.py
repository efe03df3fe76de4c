"""Who may do what where: chats, topics, replies and messages named in a call, and the rate limits.

``tdlib/telegram-bot-api Client::check_chat``, ``check_chat_access``, ``check_message_topic``,
``check_reply_parameters``, ``check_message``. Rate limits: core.telegram.org/bots/faq (1/s per chat,
20/min per group, 30/s overall) with the windows measured by others, see ``docs``.
"""

from __future__ import annotations

from typing import Any

from sandbox.telegram.arguments import Arguments, field, message_id
from sandbox.telegram.entities import slice16
from sandbox.telegram.errors import bad, forbidden, too_many
from sandbox.telegram.world import GENERAL, Bot, Chat, Entry, Topic, World

GROUP_POSTS = 20
GROUP_SECONDS = 60.0
PRIVATE_BURST = 5
BOT_POSTS = 30


def find_chat(world: World, bot: Bot, chat_id: Any, write: bool = True) -> Chat:
    """The chat a bot names, if it may use it."""
    if chat_id is None or chat_id == "":
        raise bad("chat_id is empty")
    if isinstance(chat_id, str):
        chat_id = _by_username(world, chat_id)
    if chat_id > 0:
        return _private(world, bot, chat_id, write)
    chat = world.chats.get(chat_id)
    if chat is None or bot.id not in chat.members:
        raise bad("chat not found")
    if chat.gone:
        raise forbidden("the group chat was deleted")
    status = chat.members[bot.id].status
    if status == "kicked":
        raise forbidden("bot was kicked from the supergroup chat")
    if status == "left":
        raise forbidden("bot is not a member of the supergroup chat")
    return chat


def _by_username(world: World, name: str) -> int:
    if name.startswith("@"):
        for chat in world.chats.values():
            if str(chat.public.get("username", "")).lower() == name[1:].lower():
                return chat.id
    raise bad("chat not found")


def _private(world: World, bot: Bot, user_id: int, write: bool) -> Chat:
    chat = world.privates.get((bot.id, user_id))
    if user_id in world.bots:
        raise forbidden("bots can't send messages to bots") if write else bad("chat not found")
    if chat is None or not chat.started:
        if user_id not in world.users or not world.knows(bot, user_id):
            raise bad("chat not found")
        if write:
            raise forbidden("bot can't initiate conversation with a user")
        return world.private(user_id, bot)
    if write and chat.blocked:
        raise forbidden("bot was blocked by the user")
    return chat


def find_topic(chat: Chat, bot: Bot, thread: int, reply: Entry | None = None) -> Topic | None:
    """The topic to post in; General when none is named, or the topic of the message replied to.

    The General topic may not be named: it has no ``message_thread_id`` (``check_message_topic``). In
    groups that are no forums the argument is ignored.
    """
    if not chat.is_forum:
        if thread and chat.private:
            raise bad("message thread not found")
        return None
    if not thread and reply is not None:
        thread = reply.message.get("message_thread_id", 0)
    topic = chat.topics.get(thread) if thread else None
    if thread and topic is None:
        raise bad("message thread not found")
    if (topic or chat.general).closed and not has_right(chat, bot.id, "can_manage_topics"):
        raise bad("TOPIC_CLOSED")
    return topic


def find_reply(world: World, bot: Bot, chat: Chat, arguments: Arguments) -> Entry | None:
    """The message named by ``reply_parameters`` or the older ``reply_to_message_id``."""
    given = arguments.get("reply_parameters")
    number = arguments.get("reply_to_message_id") or 0
    lenient = arguments.get("allow_sending_without_reply", False)
    if given is not None:
        if not isinstance(given, dict):
            raise bad("object expected as reply parameters")
        if not given or "ephemeral_message_id" in given:
            return None
        number = field(given, "message_id", int)
        lenient = given.get("allow_sending_without_reply", False)
        other = given.get("chat_id")
        if other is not None and str(other) != str(chat.id):
            chat = find_chat(world, bot, int(other) if str(other).lstrip("-").isdigit() else other, write=False)
    if number <= 0:
        return None
    entry = chat.entry(number)
    if entry is None and not lenient:
        raise bad("message to be replied not found")
    return entry


def quote(arguments: Arguments, reply: Entry) -> dict[str, Any] | None:
    """The quoted part of the message replied to; it must stand there word for word."""
    given = arguments.get("reply_parameters") or {}
    text = given.get("quote")
    if not text:
        return None
    source = reply.message.get("text") or reply.message.get("caption") or ""
    if text not in source:
        raise bad("QUOTE_TEXT_INVALID")
    position = given.get("quote_position") or 0
    if slice16(source, position, len(text)) != text:
        position = len(source[: source.index(text)].encode("utf-16-le")) // 2
    return {"text": text, "position": position, "is_manual": True}


def find_message(world: World, bot: Bot, arguments: Arguments, what: str, write: bool = True) -> tuple[Chat, Entry]:
    """The chat and the message a call names, or ``message to … not found``."""
    chat = find_chat(world, bot, arguments.get("chat_id"), write)
    entry = chat.entry(message_id(arguments, f"{what} not found"))
    if entry is None:
        raise bad(f"{what} not found")
    return chat, entry


def has_right(chat: Chat, account: int, right: str) -> bool:
    """Whether somebody has an administrator's right; in private chats everybody may everything."""
    if chat.private:
        return True
    member = chat.members.get(account)
    return member is not None and member.can(right)


def is_admin(chat: Chat, account: int) -> bool:
    """Whether somebody is an administrator of a group."""
    member = chat.members.get(account)
    return member is not None and member.admin


def spend_post(world: World, bot: Bot, chat: Chat) -> None:
    """One post: of the bot's 30 a second, and of the chat's 5 in 5 s (private) or 20 in 60 s (group)."""
    if not world.windows.enabled:
        return
    overall = (f"telegram:bot:{bot.id}", BOT_POSTS, 1.0)
    if chat.private:
        place = (f"telegram:private:{bot.id}:{chat.id}", PRIVATE_BURST, float(PRIVATE_BURST))
    else:
        place = (f"telegram:group:{chat.id}", GROUP_POSTS, GROUP_SECONDS)
    if wait := world.windows.take(overall, place):
        raise too_many(wait)


def spend_group(world: World, kind: str, chat: Chat) -> None:
    """One of a group's 20 a minute of another kind: ``edit`` or ``react`` (uncertain, measured by others)."""
    if not world.windows.enabled or chat.private:
        return
    if wait := world.windows.take((f"telegram:{kind}:{chat.id}", GROUP_POSTS, GROUP_SECONDS)):
        raise too_many(wait)


__all__ = ["GENERAL", "find_chat", "find_message", "find_reply", "find_topic", "has_right", "quote"]
