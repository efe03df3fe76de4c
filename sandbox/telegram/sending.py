"""``send…``, ``copy…`` and ``forward…`` methods."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sandbox.telegram import files, formatting
from sandbox.telegram.access import find_chat, find_topic, spend_post
from sandbox.telegram.arguments import Arguments, field, message_id, message_ids, need
from sandbox.telegram.errors import bad
from sandbox.telegram.posting import NOT_COPIED, put, send
from sandbox.telegram.registry import Handler, method
from sandbox.telegram.world import Bot, Chat, Entry, Json, Message, World

ALBUM_LIMIT = 10
ACTIONS = frozenset(
    {
        *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "record_audio"),
        *("upload_audio", "upload_document", "choose_sticker", "find_location", "pick_up_location"),
        *("record_video_note", "upload_video_note", "cancel"),
    }
)
EXTRA: dict[str, tuple[str, ...]] = {
    "video": ("duration", "width", "height"),
    "animation": ("duration", "width", "height"),
    "audio": ("duration", "performer", "title"),
    "voice": ("duration",),
    "video_note": ("duration", "length"),
}
NUMBERS: dict[str, Json] = {
    "video": {"width": 640, "height": 360, "duration": 0},
    "animation": {"width": 320, "height": 240, "duration": 0},
    "audio": {"duration": 0},
    "voice": {"duration": 0, "mime_type": "audio/ogg"},
    "video_note": {"duration": 0, "length": 240},
    "sticker": {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"},
}


@method("sendMessage")
def send_message(world: World, bot: Bot, arguments: Arguments) -> Message:
    """``Client::process_send_message_query``."""
    text, entities = formatting.message_text(arguments)
    content: Json = {"text": text}
    if entities:
        content["entities"] = name_users(world, entities)
    preview = arguments.get("link_preview_options")
    if preview is not None:
        if not isinstance(preview, dict):
            raise bad("object expected as link preview options")
        content["link_preview_options"] = preview
    elif arguments.get("disable_web_page_preview"):
        content["link_preview_options"] = {"is_disabled": True}
    return send(world, bot, arguments, content)


def name_users(world: World, entities: list[Json]) -> list[Json]:
    """Put the real user into ``text_mention`` entities; a mention of nobody known is dropped."""
    if not any(entity["type"] == "text_mention" for entity in entities):
        return entities
    kept = []
    for entity in entities:
        if entity["type"] != "text_mention":
            kept.append(entity)
        elif user := world.users.get(entity["user"]["id"]):
            kept.append({**entity, "user": user})
    return kept


def captioned(world: World, arguments: Arguments, content: Json) -> Json:
    """Content with the caption of the call."""
    text, entities = formatting.caption(arguments)
    if text:
        content["caption"] = text
        if entities:
            content["caption_entities"] = name_users(world, entities)
    if arguments.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return content


def _media_sender(kind: str) -> Handler:
    def send_media(world: World, bot: Bot, arguments: Arguments) -> Message:
        find_chat(world, bot, arguments.get("chat_id"))
        fields = dict(NUMBERS.get(kind, {}))
        fields |= {name: arguments[name] for name in EXTRA.get(kind, ()) if name in arguments}
        content = captioned(world, arguments, {})
        file = files.take(world, arguments, arguments.get(kind), kind, fields)
        return send(world, bot, arguments, {**files.shown(file), **content})

    send_media.__doc__ = f"``send…`` for a {kind}: upload or ``file_id``."
    return send_media


for _name, _kind in (
    ("sendPhoto", "photo"),
    ("sendDocument", "document"),
    ("sendVideo", "video"),
    ("sendAudio", "audio"),
    ("sendVoice", "voice"),
    ("sendSticker", "sticker"),
    ("sendAnimation", "animation"),
    ("sendVideoNote", "video_note"),
):
    method(_name)(_media_sender(_kind))


@method("sendMediaGroup")
def send_media_group(world: World, bot: Bot, arguments: Arguments) -> list[Message]:
    """An album: one post of the budget, one message for each item, one ``media_group_id``."""
    media = arguments.get("media")
    if not media:
        raise bad("There are no messages to send")
    if len(media) > ALBUM_LIMIT:
        raise bad("Too many messages to send as an album")
    kinds = {item.get("type") if isinstance(item, dict) else None for item in media}
    for alone in ("document", "audio"):
        if alone in kinds and len(kinds) > 1:
            raise bad(f"{alone} can't be mixed with other media types")
    if not kinds <= {"photo", "video", "document", "audio", "live_photo"}:
        raise bad("can't parse InputMedia: Media type is unsupported")
    find_chat(world, bot, arguments.get("chat_id"))
    group = str(13_000_000_000_000_000 + next(world.numbers))
    contents = []
    for item in media:
        source = field(item, "media", str, "can't parse InputMedia: ")
        file = files.take(world, arguments, source, item["type"], dict(NUMBERS.get(item["type"], {})))
        text = captioned(world, item, {})
        contents.append({**files.shown(file), **text, "media_group_id": group})
    first = send(world, bot, arguments, contents[0])
    chat = find_chat(world, bot, arguments.get("chat_id"))
    topic = chat.topics.get(first.get("message_thread_id", 0))
    return [first, *(put(world, chat, bot.user, content, topic).message for content in contents[1:])]


@method("sendLocation", "sendVenue")
def send_location(world: World, bot: Bot, arguments: Arguments) -> Message:
    """A point, or a venue when it has a title."""
    for name, limit in (("latitude", 90), ("longitude", 180)):
        if name not in arguments:
            raise bad(f"{name} is empty")
        if not -limit <= arguments[name] <= limit:
            raise bad("wrong location specified")
    point = {"latitude": arguments["latitude"], "longitude": arguments["longitude"]}
    if "title" in arguments:
        venue = {"location": point, "title": arguments["title"], "address": need(arguments, "address")}
        return send(world, bot, arguments, {"venue": venue, "location": point})
    return send(world, bot, arguments, {"location": point})


@method("sendContact")
def send_contact(world: World, bot: Bot, arguments: Arguments) -> Message:
    """A phone number with a name."""
    contact = {"phone_number": need(arguments, "phone_number"), "first_name": need(arguments, "first_name")}
    contact |= {name: arguments[name] for name in ("last_name", "vcard") if arguments.get(name)}
    return send(world, bot, arguments, {"contact": contact})


@method("sendDice")
def send_dice(world: World, bot: Bot, arguments: Arguments) -> Message:
    """A die; here it always shows 4."""
    return send(world, bot, arguments, {"dice": {"emoji": arguments.get("emoji") or "🎲", "value": 4}})


@method("sendChatAction")
def send_chat_action(world: World, bot: Bot, arguments: Arguments) -> bool:
    """*typing…*; nothing stays of it but the change in the feed."""
    if str(arguments.get("action", "")).lower() not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat = find_chat(world, bot, arguments.get("chat_id"))
    find_topic(chat, bot, arguments.get("message_thread_id") or 0)
    world.tell("action", chat, action=arguments["action"], thread=arguments.get("message_thread_id"))
    return True


def copied(entry: Entry) -> Json:
    """What a copy keeps of a message."""
    return {name: value for name, value in entry.message.items() if name not in NOT_COPIED}


def _source(world: World, bot: Bot, arguments: Arguments, what: str) -> tuple[Chat, Entry]:
    chat = find_chat(world, bot, need(arguments, "from_chat_id"), write=False)
    entry = chat.entry(message_id(arguments, f"{what} not found"))
    if entry is None:
        raise bad(f"{what} not found")
    return chat, entry


@method("copyMessage")
def copy_message(world: World, bot: Bot, arguments: Arguments) -> Json:
    """``Client::process_copy_message_query``; returns only the new ``message_id``."""
    _, entry = _source(world, bot, arguments, "message to copy")
    if entry.service:
        raise bad("message can't be copied")
    if entry.message.get("has_protected_content"):
        raise bad("message can't be copied")
    content = copied(entry)
    if "caption" in arguments and "text" not in content:
        for name in ("caption", "caption_entities"):
            content.pop(name, None)
        content = captioned(world, arguments, content)
    return {"message_id": send(world, bot, arguments, content)["message_id"]}


def origin(entry: Entry) -> Json:
    """``MessageOrigin`` of a forward."""
    known: Json | None = entry.message.get("forward_origin")
    if known is not None:
        return known
    message = entry.message
    if "sender_chat" in message:
        return {"type": "chat", "date": message["date"], "sender_chat": message["sender_chat"]}
    return {"type": "user", "date": message["date"], "sender_user": message["from"]}


@method("forwardMessage")
def forward_message(world: World, bot: Bot, arguments: Arguments) -> Message:
    """A copy that names where it comes from."""
    _, entry = _source(world, bot, arguments, "message to forward")
    if entry.service or entry.message.get("has_protected_content"):
        raise bad("message can't be forwarded")
    return send(world, bot, arguments, {**copied(entry), "forward_origin": origin(entry)})


@method("copyMessages", "forwardMessages")
def copy_messages(world: World, bot: Bot, arguments: Arguments) -> list[Json]:
    """Up to 100 at once; those that cannot be found or copied are left out; albums stay together."""
    numbers = message_ids(arguments)
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise bad("message identifiers must be in a strictly increasing order")
    source = find_chat(world, bot, need(arguments, "from_chat_id"), write=False)
    chat = find_chat(world, bot, arguments.get("chat_id"))
    topic = find_topic(chat, bot, arguments.get("message_thread_id") or 0)
    entries = [entry for number in numbers if (entry := source.entry(number)) is not None and not entry.service]
    if not entries:
        raise bad("message to forward not found")
    spend_post(world, bot, chat)
    groups: dict[Any, str] = {}
    made = []
    for entry in entries:
        content = copied(entry)
        if group := entry.message.get("media_group_id"):
            content["media_group_id"] = groups.setdefault(group, str(13_000_000_000_000_000 + next(world.numbers)))
        if arguments.get("remove_caption"):
            content.pop("caption", None)
            content.pop("caption_entities", None)
        made.append({"message_id": put(world, chat, bot.user, content, topic).message["message_id"]})
    return made
