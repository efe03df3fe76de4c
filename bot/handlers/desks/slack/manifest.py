"""The app's manifest: what Slack is asked for, each thing with what it is for.

Schema: https://github.com/slackapi/manifest-schema (version 1). ``python -m bot manifest`` prints it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.domain.actions import TABLE, Verb

PATH = "/slack/events"
NAME = "Helpdesk"
BOT_NAME = "helpdesk"
COMMAND = "/desk"

SCOPES = {
    "channels:history": "operators' words in public rooms, and posts read back after a crash",
    "channels:read": "whether the bot is in its rooms, and rooms that are archived",
    "chat:write": "cards and messages",
    "chat:write.customize": "a client's words under the client's name",
    "commands": f"the {COMMAND} command",
    "files:read": "files from operators, and where our own were shown",
    "files:write": "files from clients, charts and tables for operators",
    "groups:history": "the same in private rooms",
    "groups:read": "the same for private rooms",
    "im:history": "what operators write to the bot itself, and notices and files to them looked for after a crash",
    "im:write": "notices and files to one operator in direct messages",
    "reactions:read": "operators' reactions: they count as seen, tag, and reach the client",
    "reactions:write": "the marks on operators' messages, and clients' reactions",
}
EVENTS = (
    "app_home_opened",
    "channel_archive",
    "channel_deleted",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_unarchive",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
)


SHORTCUTS = (
    {
        "name": "Tag message",
        "type": "message",
        "callback_id": Verb.TAG.value,
        "description": "Put a tag on a message of a client's conversation",
    },
)
"""Entries of Slack's own menus; ``callback_id`` is the verb. Names have at most 24 characters."""
OUTGOING = {
    "name": "Outgoing message",
    "type": "global",
    "callback_id": Verb.OUTGOING.value,
    "description": "Write to a client first, on WhatsApp",
}
"""One more, where operators may write first (R90)."""


def manifest(request_url: str | None, *, outgoing: bool = False) -> dict[str, Any]:
    """The manifest; with ``request_url`` (the full address of ``/slack/events``) for HTTP, without it for Socket Mode.

    ``outgoing``: operators may write to clients first.
    """
    words = ", ".join(action.verb.value for action in TABLE if action.typed and not action.switch)
    command: dict[str, Any] = {
        "command": COMMAND,
        "description": "Lists, search and everything the helpdesk can be asked for",
        "usage_hint": "help",
    }
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if request_url is not None:
        command["url"] = events["request_url"] = interactivity["request_url"] = request_url
        interactivity["message_menu_options_url"] = request_url
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": "Client conversations in Slack threads",
            "long_description": (
                "Each client's conversation is a thread in a room of your choice. Take it with its button, answer in the thread, "
                "and the client reads your words. Begin a line with note: and it stays among operators. "
                f"Your lists are on the bot's Home tab, and {COMMAND} brings them too. "
                f"In a thread you can also write ! and one of these words: {words}."
            ),
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
            "bot_user": {"display_name": BOT_NAME, "always_online": True},
            "shortcuts": [dict(one) for one in (*SHORTCUTS, *([OUTGOING] if outgoing else []))],
            "slash_commands": [{**command, "should_escape": True}],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }


def as_yaml(request_url: str | None, *, outgoing: bool = False) -> str:
    """The manifest as YAML, as Slack's page for new apps takes it."""
    return "\n".join(_lines(manifest(request_url, outgoing=outgoing)))


_BARE = re.compile(r"[A-Za-z_/][\w./:-]*(?<!:)")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


def _lines(value: dict[str, Any] | list[Any], indent: str = "") -> Iterator[str]:
    """Block style. Every scalar that is not a plain word is written as JSON, which YAML reads as it is."""
    for name, inner in value.items() if isinstance(value, dict) else (("", one) for one in value):
        if not isinstance(inner, dict | list):
            yield f"{indent}{name}: {_scalar(inner)}" if name else f"{indent}- {_scalar(inner)}"
        elif name:
            yield f"{indent}{name}:"
            yield from _lines(inner, f"{indent}  ")
        else:
            first, *rest = _lines(inner, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest


def _scalar(value: str | int | bool) -> str:
    plain = isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
