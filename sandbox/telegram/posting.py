"""Putting messages into chats, and telling the bots that may see them."""

from __future__ import annotations

from typing import Any

from sandbox.telegram import keyboards
from sandbox.telegram.access import find_chat, find_reply, find_topic, is_admin, quote, spend_post
from sandbox.telegram.arguments import Arguments, field
from sandbox.telegram.entities import slice16
from sandbox.telegram.errors import bad, forbidden
from sandbox.telegram.world import ANONYMOUS, Bot, Chat, Entry, Ephemeral, Json, Message, Press, Topic, World

EPHEMERAL_SECONDS = 15.0
SERVICE = (
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "pinned_message",
    "new_chat_members",
    "left_chat_member",
    "group_chat_created",
)
NOT_COPIED = frozenset(
    ("message_id", "from", "sender_chat", "chat", "date", "edit_date", "message_thread_id", "is_topic_message")
) | {"reply_to_message", "quote", "external_reply", "reply_markup", "via_bot", "forward_origin", "media_group_id"}


def without_reply(message: Message) -> Message:
    """A message as it is shown inside another: without the one it replies to itself."""
    if "reply_to_message" not in message:
        return message
    return {name: value for name, value in message.items() if name != "reply_to_message"}


def put(
    world: World,
    chat: Chat,
    sender: Json,
    content: Json,
    topic: Topic | None = None,
    *,
    reply: Entry | None = None,
    anonymous: bool = False,
    service: bool = False,
) -> Entry:
    """Add a message. In a topic a message without an explicit reply replies to the topic's first message."""
    chat.last_id += 1
    message: Message = {
        "message_id": chat.last_id,
        "from": ANONYMOUS if anonymous else sender,
        "chat": chat.public,
        "date": int(world.clock()),
    }
    if anonymous:
        message["sender_chat"] = chat.public
    if topic is not None:
        message["message_thread_id"] = topic.id
        message["is_topic_message"] = True
        message["reply_to_message"] = topic.root
    if reply is not None:
        answered = reply.message
        if answered["chat"]["id"] == chat.id and answered.get("message_thread_id") == message.get("message_thread_id"):
            message["reply_to_message"] = without_reply(answered)
        else:
            message["external_reply"] = external(answered)
    message.update(content)
    entry = Entry(message, sender["id"], service=service)
    chat.entries[chat.last_id] = entry
    world.tell("message", chat, thread=topic.id if topic else None, message_id=chat.last_id)
    return entry


def external(message: Message) -> Json:
    """``ExternalReplyInfo`` of a message in another chat or topic."""
    origin = {"type": "user", "date": message["date"], "sender_user": message["from"]}
    return {"origin": origin, "chat": message["chat"], "message_id": message["message_id"]}


def serve(world: World, chat: Chat, sender: Json, content: Json, topic: Topic | None = None) -> Entry:
    """Add a service message and tell the bots."""
    entry = put(world, chat, sender, content, topic, service=True)
    tell_bots(world, chat, entry)
    return entry


def tell_bots(world: World, chat: Chat, entry: Entry, kind: str = "message") -> None:
    """Queue the update for every bot that may see the message.

    Bots never see other bots' messages and of their own only service messages
    (``Client::need_skip_update_message``).
    """
    if entry.sender in world.bots:
        if entry.service:
            world.bots[entry.sender].mailbox.add(kind, entry.message, chat.id)
        return
    if chat.bot is not None:
        chat.bot.mailbox.add(kind, entry.message, chat.id)
        return
    for account, member in chat.members.items():
        bot = world.bots.get(account)
        if bot is None or bot.revoked or not member.inside:
            continue
        if bot.can_read_all or member.admin or entry.service or meant_for(bot, entry.message):
            bot.mailbox.add(kind, entry.message, chat.id)


def meant_for(bot: Bot, message: Message) -> bool:
    """Privacy mode: commands, replies to the bot and messages sent via it (core.telegram.org/bots/features)."""
    name = str(bot.user.get("username", "")).lower()
    if message.get("via_bot", {}).get("id") == bot.id:
        return True
    if message.get("reply_to_message", {}).get("from", {}).get("id") == bot.id:
        return "forum_topic_created" not in message["reply_to_message"]
    text = message.get("text") or message.get("caption") or ""
    for entity in message.get("entities") or message.get("caption_entities") or ():
        if entity["type"] == "bot_command":
            command = slice16(text, entity["offset"], entity["length"]).lower()
            if "@" not in command or command.endswith("@" + name):
                return True
    return False


def send(world: World, bot: Bot, arguments: Arguments, content: Json) -> Message:
    """Everything that all ``send…`` methods share."""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    reply = find_reply(world, bot, chat, arguments)
    topic = find_topic(chat, bot, arguments.get("message_thread_id") or 0, reply)
    inline, screen = keyboards.read(arguments.get("reply_markup"), chat.private)
    if inline:
        content["reply_markup"] = inline
    whisper = arguments.get("ephemeral_message_parameters")
    if whisper is None and arguments.get("receiver_user_id"):
        whisper = {name: arguments[name] for name in ("receiver_user_id", "callback_query_id") if name in arguments}
    if reply is not None and (quoted := quote(arguments, reply)):
        content["quote"] = quoted
    if arguments.get("protect_content"):
        content["has_protected_content"] = True
    if whisper is not None:
        return send_ephemeral(world, bot, chat, content, topic=topic, given=whisper)
    spend_post(world, bot, chat)
    message = put(world, chat, bot.user, content, topic, reply=reply).message
    if screen:
        chat.keyboard = {**screen, "message_id": message["message_id"]}
    return message


def send_ephemeral(world: World, bot: Bot, chat: Chat, content: Json, *, topic: Topic | None, given: Any) -> Message:
    """A message for one member of a group (Bot API 10.2, ``EphemeralMessageParameters``).

    An administrator bot may send one to any member at any time, another bot only within 15 seconds of
    the press it answers. The Bot API's wording of these refusals is not published; these are ours.
    """
    if not isinstance(given, dict):
        raise bad("object expected as ephemeral message parameters")
    user_id = field(given, "receiver_user_id", int)
    if chat.private:
        raise bad("ephemeral messages can be sent only to groups and supergroups")
    if user_id in world.bots or chat.member(user_id) is None:
        raise bad("USER_NOT_PARTICIPANT")
    press = world.presses.get(str(given.get("callback_query_id") or ""))
    if given.get("callback_query_id") and not fresh(world, press, bot, user_id):
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if press is None and not is_admin(chat, bot.id):
        raise forbidden("not enough rights to send ephemeral messages to the user")
    spend_post(world, bot, chat)
    box = world.whispers.setdefault(chat.id, {})
    number = max(box, default=0) + 1
    message: Message = {"message_id": 0, "from": bot.user, "chat": chat.public, "date": world.now()}
    message |= {"ephemeral_message_id": number, "receiver_user": world.user(user_id)}
    if topic is not None:
        message |= {"message_thread_id": topic.id, "is_topic_message": True}
    message |= content
    box[number] = Ephemeral(message, bot, user_id)
    world.tell("ephemeral", chat, user=user_id, ephemeral_message_id=number)
    return message


def fresh(world: World, press: Press | None, bot: Bot, user_id: int) -> bool:
    """Whether a press may still be answered with an ephemeral message."""
    if press is None or press.bot is not bot or press.user_id != user_id:
        return False
    return world.clock() - press.at <= EPHEMERAL_SECONDS
