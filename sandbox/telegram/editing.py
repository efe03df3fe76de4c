"""``edit…`` and ``delete…`` of messages, reactions, and the ephemeral twins."""

from __future__ import annotations

from typing import Any

from sandbox.telegram import files, formatting, keyboards
from sandbox.telegram.access import find_chat, find_message, has_right, spend_group
from sandbox.telegram.arguments import Arguments, field, message_id, message_ids
from sandbox.telegram.errors import Refused, bad
from sandbox.telegram.registry import method
from sandbox.telegram.sending import NUMBERS, captioned, name_users
from sandbox.telegram.world import Bot, Chat, Entry, Ephemeral, Json, Message, World

DELETABLE_SECONDS = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
# core.telegram.org/bots/api#reactiontypeemoji
# fmt: off
REACTIONS = frozenset((
    "❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮",
    "💩", "🙏", "👌", "🕊", "🤡", "🥱", "🥴", "😍", "🐳", "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡",
    "🍌", "🏆", "💔", "🤨", "😐", "🍓", "🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨‍💻",
    "👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿",
    "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷", "🤷‍♀", "😡",
))
# fmt: on
MEDIA = ("photo", "document", "video", "audio", "voice", "animation", "sticker", "video_note")
CONTENT = ("text", "entities", "caption", "caption_entities", "link_preview_options", "reply_markup", *MEDIA)


def own(world: World, bot: Bot, arguments: Arguments) -> tuple[Chat, Entry]:
    """The message to edit: one the bot sent itself."""
    if arguments.get("inline_message_id"):
        raise Refused(501, "Not Implemented: the sandbox has no inline messages to edit")
    chat, entry = find_message(world, bot, arguments, "message to edit", write=False)
    if entry.sender != bot.id or entry.service:
        raise bad("message can't be edited")
    return chat, entry


def changed(message: Message, content: Json, keyboard: Json | None, drop: tuple[str, ...]) -> Message:
    """The message with new content and keyboard, or ``message is not modified``."""
    new = {name: value for name, value in message.items() if name not in drop and name != "reply_markup"}
    new |= content
    if keyboard:
        new["reply_markup"] = keyboard
    if all(new.get(name) == message.get(name) for name in CONTENT):
        raise bad(NOT_MODIFIED)
    return new


def apply(world: World, chat: Chat, entry: Entry, new: Message) -> Message:
    """Write an edit and tell the feed."""
    spend_group(world, "edit", chat)
    new["edit_date"] = world.now()
    entry.message = new
    world.tell("edited", chat, thread=new.get("message_thread_id"), message_id=new["message_id"])
    return new


def text_content(world: World, arguments: Arguments) -> Json:
    """The new text of an edit."""
    text, entities = formatting.message_text(arguments)
    content: Json = {"text": text}
    if entities:
        content["entities"] = name_users(world, entities)
    if arguments.get("link_preview_options"):
        content["link_preview_options"] = arguments["link_preview_options"]
    return content


@method("editMessageText")
def edit_message_text(world: World, bot: Bot, arguments: Arguments) -> Message:
    """``Client::process_edit_message_text_query``; without ``reply_markup`` the keyboard goes."""
    content = text_content(world, arguments)
    keyboard = keyboards.inline_only(arguments.get("reply_markup"))
    chat, entry = own(world, bot, arguments)
    if "text" not in entry.message:
        raise bad("there is no text in the message to edit")
    drop = ("text", "entities", "link_preview_options")
    return apply(world, chat, entry, changed(entry.message, content, keyboard, drop))


@method("editMessageCaption")
def edit_message_caption(world: World, bot: Bot, arguments: Arguments) -> Message:
    """``Client::process_edit_message_caption_query``."""
    content = captioned(world, arguments, {})
    keyboard = keyboards.inline_only(arguments.get("reply_markup"))
    chat, entry = own(world, bot, arguments)
    if not any(kind in entry.message for kind in MEDIA):
        raise bad("there is no caption in the message to edit")
    return apply(world, chat, entry, changed(entry.message, content, keyboard, ("caption", "caption_entities")))


@method("editMessageReplyMarkup")
def edit_message_reply_markup(world: World, bot: Bot, arguments: Arguments) -> Message:
    """``Client::process_edit_message_reply_markup_query``."""
    keyboard = keyboards.inline_only(arguments.get("reply_markup"))
    chat, entry = own(world, bot, arguments)
    return apply(world, chat, entry, changed(entry.message, {}, keyboard, ()))


@method("editMessageMedia")
def edit_message_media(world: World, bot: Bot, arguments: Arguments) -> Message:
    """Another file in the same message."""
    content = media_content(world, arguments)
    keyboard = keyboards.inline_only(arguments.get("reply_markup"))
    chat, entry = own(world, bot, arguments)
    drop = (*MEDIA, "caption", "caption_entities", "text", "entities")
    return apply(world, chat, entry, changed(entry.message, content, keyboard, drop))


def media_content(world: World, arguments: Arguments) -> Json:
    """The content of an ``InputMedia``."""
    media = arguments.get("media")
    if not isinstance(media, dict):
        raise bad("can't parse InputMedia: expected an Object")
    kind = field(media, "type", str, "can't parse InputMedia: ")
    source = field(media, "media", str, "can't parse InputMedia: ")
    if kind not in MEDIA:
        raise bad("can't parse InputMedia: Media type is unsupported")
    file = files.take(world, arguments, source, kind, dict(NUMBERS.get(kind, {})))
    return captioned(world, media, files.shown(file))


def may_delete(world: World, bot: Bot, chat: Chat, entry: Entry) -> bool:
    """Own and (in private chats) incoming messages below 48 hours; with the right, any in a group."""
    if "forum_topic_created" in entry.message:
        return False
    if not chat.private and has_right(chat, bot.id, "can_delete_messages"):
        return True
    young = world.clock() - entry.message["date"] < DELETABLE_SECONDS
    return young and (chat.private or entry.sender == bot.id)


def remove(world: World, chat: Chat, entry: Entry) -> None:
    """Take a message away. No bot is told: the Bot API has no update for it."""
    entry.deleted = True
    number = entry.message["message_id"]
    if number in chat.pinned:
        chat.pinned.remove(number)
    world.tell("deleted", chat, thread=entry.message.get("message_thread_id"), message_id=number)


@method("deleteMessage")
def delete_message(world: World, bot: Bot, arguments: Arguments) -> bool:
    """``Client::process_delete_message_query``."""
    if arguments.get("chat_id") in (None, ""):
        raise bad("chat identifier is not specified")
    message_id(arguments, "message identifier is not specified")
    chat, entry = find_message(world, bot, arguments, "message to delete")
    if not may_delete(world, bot, chat, entry):
        raise bad("message can't be deleted")
    remove(world, chat, entry)
    return True


@method("deleteMessages")
def delete_messages(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Up to 100; those that are gone are skipped, one that may not be deleted refuses all."""
    numbers = message_ids(arguments)
    chat = find_chat(world, bot, arguments.get("chat_id"))
    entries = [entry for number in numbers if (entry := chat.entry(number)) is not None]
    if not all(may_delete(world, bot, chat, entry) for entry in entries):
        raise bad("message can't be deleted for everyone")
    for entry in entries:
        remove(world, chat, entry)
    return True


@method("setMessageReaction")
def set_message_reaction(world: World, bot: Bot, arguments: Arguments) -> bool:
    """One reaction out of the allowed ones, or none. Bots are not told of bots' reactions."""
    wanted = [_reaction(given) for given in arguments.get("reaction") or ()]
    chat, entry = find_message(world, bot, arguments, "message to react")
    if len(wanted) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if any(emoji not in REACTIONS for emoji in wanted):
        raise bad("REACTION_INVALID")
    if entry.service:
        raise bad("MESSAGE_ID_INVALID")
    spend_group(world, "react", chat)
    react(world, chat, entry, bot.id, wanted)
    return True


def _reaction(given: Any) -> str:
    wrong = "can't parse ReactionType: "
    if not isinstance(given, dict):
        raise bad(wrong + "expected an Object")
    kind = field(given, "type", str, wrong)
    if kind not in ("emoji", "custom_emoji"):
        raise bad(wrong + "invalid reaction type specified")
    return str(field(given, kind if kind == "emoji" else "custom_emoji_id", str, wrong))


def react(world: World, chat: Chat, entry: Entry, account: int, wanted: list[str]) -> list[str]:
    """Set somebody's reactions; returns the former ones."""
    former = entry.reactions.pop(account, [])
    if wanted:
        entry.reactions[account] = wanted
    world.tell("reaction", chat, message_id=entry.message["message_id"], by=account, emoji=wanted)
    return former


def whisper(world: World, bot: Bot, arguments: Arguments) -> tuple[Chat, Ephemeral]:
    """The ephemeral message a call names."""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    found = world.whispers.get(chat.id, {}).get(arguments.get("ephemeral_message_id") or 0)
    if found is None or found.bot is not bot or found.user_id != arguments.get("receiver_user_id"):
        raise bad("message not found")
    return chat, found


@method("editEphemeralMessageText", "editEphemeralMessageCaption", "editEphemeralMessageReplyMarkup")
def edit_ephemeral(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Another text, caption or keyboard for the one who sees it."""
    content: Json = {}
    drop: tuple[str, ...] = ()
    if "text" in arguments:
        content, drop = text_content(world, arguments), ("text", "entities", "link_preview_options")
    elif "caption" in arguments:
        content, drop = captioned(world, arguments, {}), ("caption", "caption_entities")
    keyboard = keyboards.inline_only(arguments.get("reply_markup"))
    chat, found = whisper(world, bot, arguments)
    found.message = changed(found.message, content, keyboard, drop)
    number = found.message["ephemeral_message_id"]
    world.tell("ephemeral", chat, user=found.user_id, ephemeral_message_id=number)
    return True


@method("editEphemeralMessageMedia")
def edit_ephemeral_media(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Another file for the one who sees it."""
    content = media_content(world, arguments)
    keyboard = keyboards.inline_only(arguments.get("reply_markup"))
    chat, found = whisper(world, bot, arguments)
    found.message = changed(found.message, content, keyboard, (*MEDIA, "caption", "caption_entities"))
    number = found.message["ephemeral_message_id"]
    world.tell("ephemeral", chat, user=found.user_id, ephemeral_message_id=number)
    return True


@method("deleteEphemeralMessage")
def delete_ephemeral(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Take it away; its number may be used again."""
    chat, found = whisper(world, bot, arguments)
    number = found.message["ephemeral_message_id"]
    del world.whispers[chat.id][number]
    world.tell("ephemeral", chat, user=found.user_id, ephemeral_message_id=number, deleted=True)
    return True
