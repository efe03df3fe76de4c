"""Raw updates of a bot: which we ask for, their keys in the inbox, and who reads them.

Everything a token hears is kept under one source, ``telegram:<bot id>``, so that a batch and the cursor are one
commit even when the same bot serves clients and operators; :class:`Routed` tells them apart by the chat.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from bot.commands.answer import Answer
from bot.domain.text import storable
from bot.handlers.intake import Inbound
from bot.store import private_chats
from bot.store.inbox import Kept
from bot.store.uow import Tx

ALLOWED = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member", "chat_member", "message_reaction")
"""``message_reaction`` and ``chat_member`` come only when named (https://core.telegram.org/bots/api#getupdates)."""

Update = dict[str, Any]
_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,12})')
_IN_CHAT = ("message", "edited_message", "my_chat_member", "chat_member", "message_reaction")
_LINKS = re.compile(r"/(?:link(?:@\w+)?\s+\S|start\s+link_)")
"""What somebody writes to become known as an operator (R1); clients have no such word."""
_OWN_DOING = frozenset({"forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"})
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def source_of(bot_id: int) -> str:
    """The inbox source and cursor of a bot."""
    return f"telegram:{bot_id}"


def keep_update(bot_id: int, update: Update) -> Kept:
    """An update that was read, as the inbox keeps it."""
    text = _encode(update)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair; escaped, any store can hold it
        text = json.dumps(update)
    return Kept(f"{bot_id}:{update.get('update_id', _digest(text.encode()))}", order_key(bot_id, update), text)


def keep_raw(bot_id: int, body: bytes) -> Kept:
    """One update as it came over the wire. What is no JSON is kept too, to be shown as ``unparsed`` (F12)."""
    text = storable(body.decode(errors="replace"))
    try:
        update = json.loads(text)
    except (ValueError, RecursionError):
        update = None
    if isinstance(update, dict):
        return keep_update(bot_id, update)
    found = update_id_in(body)
    return Kept(f"{bot_id}:{_digest(body) if found is None else found}", f"{bot_id}", text)


def is_echo(bot_id: int, update: Update) -> bool:
    """Whether it tells the bot only of a topic it has made, named, closed or reopened itself, so that nobody would read it.

    A bot hears of its own service messages, though not of its own words.
    """
    message = _dict(update.get("message"))
    return _dict(message.get("from")).get("id") == bot_id and not _OWN_DOING.isdisjoint(message)


def update_id_in(body: bytes) -> int | None:
    """The first ``update_id`` in bytes that could not be read as JSON."""
    found = _UPDATE_ID.search(body)
    return int(found[1]) if found else None


def order_key(bot_id: int, update: Update) -> str:
    """Updates of one chat, in a forum those of one topic, stay in order; so do the letters somebody types inline."""
    message = _dict(update.get("message") or update.get("edited_message") or _dict(update.get("callback_query")).get("message"))
    chat = chat_of(update)
    thread = message.get("message_thread_id", "") if message.get("is_topic_message") else ""
    whose = chat.get("id") or _dict(_dict(update.get("inline_query")).get("from")).get("id", "")
    return f"{bot_id}:{whose}:{thread}"


def chat_of(update: Update) -> dict[str, Any]:
    """The chat an update is about; empty when it has none."""
    for kind in _IN_CHAT:
        if isinstance(inner := update.get(kind), dict):
            return _dict(inner.get("chat"))
    return _dict(_dict(_dict(update.get("callback_query")).get("message")).get("chat"))


class Routed:
    """Reads the updates of one token.

    Groups are the operators'. A private chat with the bot of both roles is an operator's own when he is one, else a client's;
    with the bot of one role it is that role's.
    """

    def __init__(self, *, desk: Inbound | None, channel: Inbound | None) -> None:
        self._desk = desk
        self._channel = channel

    def apply(self, tx: Tx, payload: Update) -> Answer | None:
        """See :class:`bot.handlers.intake.Inbound`."""
        inbound = self._channel if self._is_clients(tx, payload) else self._desk
        return None if inbound is None else inbound.apply(tx, payload)

    async def answer(self, payload: Update, answer: Answer) -> None:
        """See :class:`bot.handlers.intake.Inbound`. Clients press nothing, so an answer is an operator's where there are any."""
        inbound = self._desk or self._channel
        if inbound is not None:
            await inbound.answer(payload, answer)

    def _is_clients(self, tx: Tx, payload: Update) -> bool:
        if self._channel is None or chat_of(payload).get("type") != "private":
            return False
        if self._desk is None:
            return True
        said = _dict(payload.get("message"))
        person = str(chat_of(payload).get("id", ""))  # a private chat bears the number of the person
        return person not in private_chats.people(tx, "telegram") and _LINKS.match(str(said.get("text", ""))) is None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _digest(body: bytes) -> str:
    return "raw-" + hashlib.sha256(body).hexdigest()[:32]
