"""The commands Telegram offers while somebody types ``/``: a forum's are about conversations, an operator's about the desk.

They are display only; what may be done is decided when it is asked for. A scope is set anew only when its list has changed
(https://core.telegram.org/bots/api#setmycommands, https://core.telegram.org/bots/api#botcommandscope).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from bot.domain.actions import TABLE, Action, Verb
from bot.domain.people import Actor, Operator
from bot.domain.phrase import Phrase
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_sdk import AiogramError
from bot.languages import ENGLISH, LANGUAGES, in_language
from bot.store import private_chats, secrets, team
from bot.store.engine import Store

log = structlog.get_logger(__name__)

PLATFORM = "telegram"
ALONE = frozenset({Verb.HELP, Verb.HISTORY, Verb.PROFILE, Verb.MORE})
"""Verbs of a topic that concern only who asks: sent as ephemeral commands, they leave nothing behind (``is_ephemeral``).

None that can be a reply to a message, as *tag* and *email* can: an ephemeral command does not say what it replies to.
"""
GREETING = [{"command": "start", "description": Phrase("Write to us")}]
LONGEST = 256
"""Characters of a description (https://core.telegram.org/bots/api#botcommand)."""
_CODES = ("", *(code for code in LANGUAGES if code != ENGLISH))
"""Languages as Telegram is told them; the empty one is for whoever has none of the others."""

Json = dict[str, Any]


class Commands:
    """Shows the commands of one bot. Best effort: what fails is tried at the next occasion."""

    def __init__(self, api: BotApi, store: Store) -> None:
        self._api = api
        self._store = store

    async def greet(self) -> None:
        """Everybody who is nobody special can only begin."""
        await self._set({"type": "all_private_chats"}, GREETING)

    async def show_all(self, forums: Sequence[str]) -> None:
        """The verbs in every forum, and each operator's own in the private chat he has opened."""
        for chat in forums:
            await self._set({"type": "chat", "chat_id": int(chat)}, in_topics())
        for person in await self._store.read(lambda tx: private_chats.open_to(tx, PLATFORM)):
            await self.show_to(person)

    async def show_to(self, person: str) -> None:
        """What this person may ask for in private; for who is no operator (any more), what clients see."""
        operator = await self._store.read(lambda tx: team.operator_of(tx, Actor(PLATFORM, person, "command")))
        on = self._store.policy.on
        commands = in_private(operator, on) if operator is not None and operator.active else GREETING
        await self._set({"type": "chat", "chat_id": int(person)}, commands)

    async def _set(self, scope: Json, commands: list[Json]) -> None:
        """Show them in each language whose words are new: everybody sees that of his app, English where it is none of ours."""
        name = f"commands:{self._api.id}:{scope['type']}:{scope.get('chat_id', '')}"
        calls = {f"{name}:{code}" if code else name: _call(scope, commands, code) for code in _CODES}
        try:
            new = await self._store.read(lambda tx: [one for one in calls if not secrets.is_known(tx, one, _kept(calls[one]))])
            for one in new:
                await self._api.call("setMyCommands", calls[one])
            if new:
                await self._store.write(lambda tx: [secrets.renewed(tx, one, _kept(calls[one])) for one in new])
        except AiogramError as error:
            log.info("commands not shown", scope=scope, why=str(error))


def _call(scope: Json, commands: list[Json], code: str) -> Json:
    said = [{**one, "description": one["description"][:LONGEST]} for one in in_language(commands, code)]
    return {"commands": said, "scope": scope, **({"language_code": code} if code else {})}


def _kept(call: Json) -> str:
    return json.dumps(call["commands"])


def in_topics() -> list[Json]:
    """The verbs of a conversation."""
    mine = [action for action in TABLE if action.typed and not action.team]
    return [_command(action) | ({"is_ephemeral": True} if action.verb in ALONE else {}) for action in mine]


def in_private(operator: Operator, on: Callable[[str], bool] = lambda switch: False) -> list[Json]:
    """The verbs of the desk that this operator may use; ``on`` tells whether a switch is."""
    offered = [action for action in TABLE if action.typed and action.team and (not action.switch or on(action.switch))]
    mine = [action for action in offered if not action.needs or operator.has(action.needs)]
    return [*map(_command, mine), {"command": "help", "description": Phrase("show what you can ask for")}]


def _command(action: Action) -> Json:
    return {"command": action.verb.value, "description": action.told("/")}
