"""Chats and their members: ``getChat…``, pins, leaving, promoting; and the updates about members."""

from __future__ import annotations

from sandbox.telegram.access import find_chat, find_message, has_right, is_admin
from sandbox.telegram.arguments import Arguments
from sandbox.telegram.errors import bad
from sandbox.telegram.posting import serve
from sandbox.telegram.registry import method
from sandbox.telegram.world import RIGHTS, Bot, Chat, Entry, Json, Member, World

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
NO_PINS = "not enough rights to manage pinned messages in the chat"


@method("getChat")
def get_chat(world: World, bot: Bot, arguments: Arguments) -> Json:
    """``ChatFullInfo`` of a chat."""
    chat = find_chat(world, bot, arguments.get("chat_id"), write=False)
    shown: Json = {**chat.public, "accent_color_id": chat.id % 7, "max_reaction_count": 11}
    shown["accepted_gift_types"] = dict.fromkeys(GIFTS, False)
    pinned = [entry for number in reversed(chat.pinned) if (entry := chat.entry(number)) is not None]
    if pinned:
        shown["pinned_message"] = pinned[0].message
    if not chat.private:
        words = ("messages", "audios", "documents", "photos", "videos", "video_notes", "voice_notes", "polls")
        shown["permissions"] = {f"can_send_{word}": True for word in (*words, "other_messages")}
        shown["permissions"] |= {"can_add_web_page_previews": True, "can_manage_topics": False}
    return shown


def _member(world: World, chat: Chat, user_id: int) -> Json:
    if chat.private:
        user = chat.bot.user if chat.bot and user_id == chat.bot.id else world.users.get(user_id)
        if user is None or user_id not in (chat.id, chat.bot.id if chat.bot else 0):
            raise bad("user not found")
        return Member(user).public()
    member = chat.members.get(user_id)
    if member is not None:
        return member.public()
    user = world.users.get(user_id)
    if user is None:
        raise bad("PARTICIPANT_ID_INVALID")
    return Member(user, "left").public()


@method("getChatMember")
def get_chat_member(world: World, bot: Bot, arguments: Arguments) -> Json:
    """``Client::process_get_chat_member_query``; somebody who never was inside has ``left``."""
    user_id = max(arguments.get("user_id") or 0, 0)
    if user_id == 0:
        raise bad("invalid user_id specified")
    chat = find_chat(world, bot, arguments.get("chat_id"), write=False)
    return _member(world, chat, user_id)


@method("getChatAdministrators")
def get_chat_administrators(world: World, bot: Bot, arguments: Arguments) -> list[Json]:
    """Administrators without other bots."""
    chat = find_chat(world, bot, arguments.get("chat_id"), write=False)
    if chat.private:
        raise bad("there are no administrators in the private chat")
    return [
        member.public()
        for account, member in chat.members.items()
        if member.admin and (account not in world.bots or account == bot.id)
    ]


@method("getChatMemberCount")
def get_chat_member_count(world: World, bot: Bot, arguments: Arguments) -> int:
    """Everybody inside; 2 in a private chat."""
    chat = find_chat(world, bot, arguments.get("chat_id"), write=False)
    return 2 if chat.private else sum(member.inside for member in chat.members.values())


@method("leaveChat")
def leave_chat(world: World, bot: Bot, arguments: Arguments) -> bool:
    """The bot goes."""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    if chat.private:
        raise bad("chat member status can't be changed in private chats")
    change_member(world, chat, bot.id, bot.user, status="left")
    return True


@method("setChatTitle")
def set_chat_title(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Another title of a group."""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    if chat.private or not has_right(chat, bot.id, "can_change_info"):
        raise bad("not enough rights to change chat title")
    title = (arguments.get("title") or "").strip()[:128]
    if not title:
        raise bad("title can't be empty")
    chat.public = {**chat.public, "title": title}
    serve(world, chat, bot.user, {"new_chat_title": title})
    return True


def pin(world: World, chat: Chat, who: Json, entry: Entry) -> None:
    """Pin a message, with a service message in its topic."""
    number = entry.message["message_id"]
    if number in chat.pinned:
        chat.pinned.remove(number)
    chat.pinned.append(number)
    topic = chat.topics.get(entry.message.get("message_thread_id", 0))
    serve(world, chat, who, {"pinned_message": entry.message}, topic)


@method("pinChatMessage")
def pin_chat_message(world: World, bot: Bot, arguments: Arguments) -> bool:
    """``Client::process_pin_chat_message_query``."""
    chat, entry = find_message(world, bot, arguments, "message to pin")
    if not has_right(chat, bot.id, "can_pin_messages"):
        raise bad(NO_PINS)
    if entry.service:
        raise bad("service messages can't be pinned")
    pin(world, chat, bot.user, entry)
    return True


@method("unpinChatMessage", "unpinAllChatMessages")
def unpin_chat_message(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Unpin the named message, or the last one; ``unpinAllChatMessages`` names none and is repeated."""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    if not has_right(chat, bot.id, "can_pin_messages"):
        raise bad(NO_PINS)
    number = arguments.get("message_id")
    if number and number not in chat.pinned:
        raise bad("message to unpin not found")
    if number:
        chat.pinned.remove(number)
    elif chat.pinned:
        chat.pinned.pop()
    return True


def change_member(world: World, chat: Chat, actor: int, user: Json, *, status: str, rights: frozenset[str] = frozenset()) -> None:
    """Change somebody's place in a group and tell the bots.

    A bot learns of itself by ``my_chat_member``; administrator bots learn of others by ``chat_member``
    when they asked for it.
    """
    account = user["id"]
    before = chat.members.get(account) or Member(user, "left")
    admins = [known for number, known in world.bots.items() if number != account and is_admin(chat, number)]
    after = Member(user, status, rights)
    if (before.status, before.rights) == (after.status, after.rights):
        return
    chat.members[account] = after
    update = {
        "chat": chat.public,
        "from": world.users.get(actor) or world.bots[actor].user,
        "date": world.now(),
        "old_chat_member": before.public(),
        "new_chat_member": after.public(),
    }
    if account in world.bots:
        world.bots[account].mailbox.add("my_chat_member", update, chat.id)
    for bot in admins:
        bot.mailbox.add("chat_member", update, chat.id)
    world.tell("member", chat, user=account, status=status)


@method("promoteChatMember")
def promote_chat_member(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Give or take administrator's rights."""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    member = None if chat.private else chat.member(arguments.get("user_id") or 0)
    if member is None:
        raise bad("user not found")
    if not has_right(chat, bot.id, "can_promote_members") or member.status == "creator":
        raise bad("not enough rights")
    rights = frozenset(right for right in RIGHTS if arguments.get(right))
    status = "administrator" if rights else "member"
    rights |= {"can_manage_chat"} if rights else frozenset()
    change_member(world, chat, bot.id, member.user, status=status, rights=rights)
    return True


@method("banChatMember", "unbanChatMember")
def ban_chat_member(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Throw somebody out. (``unbanChatMember`` without ``only_if_banned`` throws out too.)"""
    chat = find_chat(world, bot, arguments.get("chat_id"))
    if chat.private or not has_right(chat, bot.id, "can_restrict_members"):
        raise bad("not enough rights to restrict/unrestrict chat member")
    member = chat.members.get(arguments.get("user_id") or 0)
    if member is None:
        raise bad("user not found")
    if member.admin:
        raise bad("user is an administrator of the chat")
    if not arguments.get("only_if_banned"):
        change_member(world, chat, bot.id, member.user, status="kicked")
    return True
