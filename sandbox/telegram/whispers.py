"""Ephemeral messages that people send: they reach one bot and nobody else.

td_api ``sendEphemeralMessage``: "Currently, only ephemeral bot commands and replies to bot ephemeral messages can be sent",
with the topic (``topic_id``). Bot API: ``BotCommand.is_ephemeral``; ``Message.message_id`` is 0; ``Message.reply_to_message``
"may be omitted" for a reply to an ephemeral message, and is omitted here.
"""

from __future__ import annotations

import re

from sandbox.people import Mistake
from sandbox.telegram.access import is_admin
from sandbox.telegram.world import Bot, Chat, Ephemeral, Json, Message, Topic, World

_COMMAND = re.compile(r"/([A-Za-z0-9_]+)(?:@(\w+))?(?:\s|$)")


def commanded(world: World, chat: Chat, user_id: int, text: str) -> Bot | None:
    """The bot whose ephemeral command this text is, as the lists of commands for that person in that group say."""
    found = _COMMAND.match(text)
    if found is None or chat.private:
        return None
    for account in chat.members:
        bot = world.bots.get(account)
        if bot is None or chat.member(account) is None or (found[2] and found[2].lower() != bot.user["username"].lower()):
            continue
        shown = next((bot.commands[scope, ""] for scope in _scopes(chat, user_id) if (scope, "") in bot.commands), [])
        if any(one["command"] == found[1].lower() and one.get("is_ephemeral") for one in shown):
            return bot
    return None


def _scopes(chat: Chat, user_id: int) -> list[str]:
    """Narrowest first (https://core.telegram.org/bots/api#determining-list-of-commands)."""
    scopes = [f"chat_member:{chat.id}:{user_id}"]
    if is_admin(chat, user_id):
        scopes.append(f"chat_administrators:{chat.id}")
    scopes.append(f"chat:{chat.id}")
    if is_admin(chat, user_id):
        scopes.append("all_chat_administrators")
    return [*scopes, "all_group_chats", "default"]


def answered(world: World, chat: Chat, user_id: int, whisper: int) -> Ephemeral:
    """The bot's ephemeral message somebody replies to."""
    found = world.whispers.get(chat.id, {}).get(int(whisper))
    if found is None or found.user_id != int(user_id) or not found.message["from"]["is_bot"]:
        raise Mistake("there is no such ephemeral message")
    return found


def speak(world: World, chat: Chat, sender: Json, bot: Bot, content: Json, topic: Topic | None) -> Message:
    """Put an ephemeral message of a person before him and the bot."""
    box = world.whispers.setdefault(chat.id, {})
    number = max(box, default=0) + 1
    message: Message = {"message_id": 0, "from": sender, "chat": chat.public, "date": world.now()}
    message |= {"ephemeral_message_id": number, "receiver_user": bot.user}
    if topic is not None:
        message |= {"message_thread_id": topic.id, "is_topic_message": True}
    message |= content
    box[number] = Ephemeral(message, bot, sender["id"])
    bot.mailbox.add("message", message, chat.id)
    world.tell("ephemeral", chat, user=sender["id"], ephemeral_message_id=number)
    return message
