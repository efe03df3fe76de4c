"""What a bot says about itself: commands, name, descriptions, default rights, menu button."""

from __future__ import annotations

import re
from typing import Any

from sandbox.telegram.access import find_chat
from sandbox.telegram.arguments import Arguments, field
from sandbox.telegram.errors import bad
from sandbox.telegram.registry import Handler, method
from sandbox.telegram.world import RIGHTS, Bot, Json, World

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
COMMAND_LIMIT = 100
LANGUAGE = re.compile(r"[a-z]{2}")
PLAIN_SCOPES = frozenset(("default", "all_private_chats", "all_group_chats", "all_chat_administrators"))
CHAT_SCOPES = frozenset(("chat", "chat_administrators", "chat_member"))


def scope_key(given: Any) -> str:
    """A scope as a key: ``default``, ``chat:-100…``, ``chat_member:-100…:7``."""
    wrong = "can't parse BotCommandScope: "
    if given is None:
        return "default"
    if not isinstance(given, dict):
        raise bad(wrong + "BotCommandScope must be an Object")
    kind = str(field(given, "type", str, wrong))
    if kind in PLAIN_SCOPES:
        return kind
    if kind not in CHAT_SCOPES:
        raise bad(wrong + "Unsupported type specified")
    if not given.get("chat_id"):
        raise bad(wrong + "Empty chat_id specified")
    key = f"{kind}:{given['chat_id']}"
    if kind == "chat_member":
        user_id = field(given, "user_id", int, wrong)
        if user_id <= 0:
            raise bad(wrong + "Invalid user_id specified")
        key += f":{user_id}"
    return key


def read_command(given: Any) -> Json:
    """One command: name 1-32 of ``a-z0-9_``, description 1-256."""
    wrong = "can't parse BotCommand: "
    if not isinstance(given, dict):
        raise bad(wrong + "expected an Object")
    name = field(given, "command", str, wrong).removeprefix("/")
    description = field(given, "description", str, wrong).strip()
    if not COMMAND.fullmatch(name):
        raise bad("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    command = {"command": name, "description": description}
    return {**command, "is_ephemeral": True} if given.get("is_ephemeral") else command


def _key(world: World, bot: Bot, arguments: Arguments) -> tuple[str, str]:
    """Scope and language, checked (``Client::check_bot_command_scope``: the chat must be known; ``tdlib/td
    BotCommandScope::get_bot_command_scope``: in a private chat only the scope ``chat``; ``validate_bot_language_code``)."""
    scope = arguments.get("scope")
    key = scope_key(scope)
    if isinstance(scope, dict) and scope["type"] in CHAT_SCOPES:
        chat = find_chat(world, bot, _number(scope["chat_id"]), write=False)
        if chat.private and scope["type"] != "chat":
            raise bad("can't use specified scope in private chats")
    language = arguments.get("language_code") or ""
    if language and not LANGUAGE.fullmatch(language):
        raise bad("invalid language code specified")
    return key, language


def _number(given: Any) -> Any:
    return int(given) if isinstance(given, str) and given.lstrip("-").isdigit() else given


@method("setMyCommands")
def set_my_commands(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Commands of one scope and language; at most 100."""
    commands = arguments.get("commands") or []
    if len(commands) > COMMAND_LIMIT:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    bot.commands[_key(world, bot, arguments)] = [read_command(given) for given in commands]
    return True


@method("getMyCommands")
def get_my_commands(world: World, bot: Bot, arguments: Arguments) -> list[Json]:
    """Exactly what was set for the scope and language."""
    return bot.commands.get(_key(world, bot, arguments), [])


@method("deleteMyCommands")
def delete_my_commands(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Back to the broader scope."""
    bot.commands.pop(_key(world, bot, arguments), None)
    return True


def _setter(what: str, limit: int) -> Handler:
    def set_words(world: World, bot: Bot, arguments: Arguments) -> bool:
        words = arguments.get(what) or ""
        if len(words) > limit:
            raise bad(f"{what.replace('_', ' ')} is too long")
        bot.words[what, arguments.get("language_code") or ""] = words
        return True

    set_words.__doc__ = f"Set the bot's {what}, at most {limit} characters."
    return set_words


def _getter(what: str) -> Handler:
    def get_words(world: World, bot: Bot, arguments: Arguments) -> Json:
        words = bot.words.get((what, arguments.get("language_code") or "")) or bot.words.get((what, ""))
        return {what: words or (bot.user["first_name"] if what == "name" else "")}

    get_words.__doc__ = f"The bot's {what}."
    return get_words


for _name, _what, _limit in (
    ("Name", "name", 64),
    ("Description", "description", 512),
    ("ShortDescription", "short_description", 120),
):
    method(f"setMy{_name}")(_setter(_what, _limit))
    method(f"getMy{_name}")(_getter(_what))


@method("setMyDefaultAdministratorRights")
def set_default_rights(world: World, bot: Bot, arguments: Arguments) -> bool:
    """The rights suggested when the bot is added to a group."""
    given = arguments.get("rights") or {}
    if not isinstance(given, dict):
        raise bad("can't parse ChatAdministratorRights: ChatAdministratorRights must be an Object")
    bot.default_rights = {right: bool(given.get(right)) for right in RIGHTS}
    return True


@method("getMyDefaultAdministratorRights")
def get_default_rights(world: World, bot: Bot, arguments: Arguments) -> Json:
    """What was set."""
    return bot.default_rights or dict.fromkeys(RIGHTS, False)


@method("setChatMenuButton")
def set_chat_menu_button(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Taken and not shown."""
    return True


@method("getChatMenuButton")
def get_chat_menu_button(world: World, bot: Bot, arguments: Arguments) -> Json:
    """Always the list of commands."""
    return {"type": "commands"}
