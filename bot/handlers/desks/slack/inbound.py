"""What operators do in Slack, as commands: words in a thread, buttons, reactions, and rooms or threads that go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import structlog

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.desk import reachable, thread_gone
from bot.commands.notice import tell
from bot.commands.press import Pressed, pressed
from bot.commands.reply import Wrote
from bot.commands.seen import Reacted, reacted
from bot.commands.wrote import wrote
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.domain.text import clean_name
from bot.handlers.desks.slack.mrkdwn import escape
from bot.handlers.desks.slack.text import from_message
from bot.handlers.desks.slack.updates import (
    ROOM_BACK,
    ROOM_GONE,
    Json,
    is_a_persons,
    is_reply,
    is_tombstone,
    part,
    press_message,
    press_room,
    press_talk,
    press_thread,
    thread_of,
    word,
)
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.store import mirrors
from bot.store.uow import Tx

log = structlog.get_logger(__name__)

SLACK = "slack"
NameAt = Callable[[Tx, str], str | None]


class SlackInbound:
    """Reads kept Slack updates. ``name_of`` gives the operator's name behind a Slack user, for mentions."""

    def __init__(self, wire: Wire, name_of: NameAt) -> None:
        self._wire = wire
        self._name_of = name_of

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what the update asks. Only a press has an answer; words are answered through the outbox."""
        if payload.get("type") == "block_actions":
            return self._press(tx, payload)
        event = part(payload, "event")
        kind, subtype = word(event, "type"), word(event, "subtype")
        if kind in ROOM_GONE:
            thread_gone(tx, Place(SLACK, word(event, "channel"), ""))
        elif kind in ROOM_BACK:
            reachable(tx, SLACK, word(event, "channel"))
        elif kind == "reaction_added":
            self._reaction(tx, event)
        elif subtype == "message_deleted" or is_tombstone(event):
            self._deleted(tx, event)
        elif kind in ("message", "app_mention") and is_a_persons(event) and is_reply(event):
            self._words(tx, event)
        return None

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Tell the person who pressed, alone; and take the question away once it is decided. Best effort."""
        try:
            if not answer.refused and part(payload, "container").get("is_ephemeral"):
                # https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
                await self._wire.respond(word(payload, "response_url"), {"delete_original": True})
            if answer.text:
                # Slack shows a whisper in a thread only once somebody has written there, so before that it goes into the room.
                thread = {"thread_ts": press_talk(payload)} if press_talk(payload) else {}
                whisper = {"channel": press_room(payload), "user": word(part(payload, "user"), "id"), "text": escape(answer.text)}
                await self._wire.call("chat.postEphemeral", {**whisper, **thread})
        except (Failed, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.info("an answer to a press was not delivered", error=type(error).__name__, reason=str(error))

    def _press(self, tx: Tx, payload: Json) -> Answer | None:
        actions = payload.get("actions")
        first = actions[0] if isinstance(actions, list) and actions else None
        if not isinstance(first, dict) or not word(first, "value"):
            return None
        actor = Actor(SLACK, word(part(payload, "user"), "id"), "button")
        place = Place(SLACK, press_room(payload), press_thread(payload))
        return pressed(tx, Pressed(actor, place, press_message(payload), word(first, "value")))

    def _reaction(self, tx: Tx, event: Json) -> None:
        item = part(event, "item")
        actor = Actor(SLACK, word(event, "user"), "reaction")
        reacted(tx, Reacted(actor, SLACK, word(item, "channel"), word(item, "ts"), word(event, "reaction")))

    def _deleted(self, tx: Tx, event: Json) -> None:
        """A message is gone; when it was a thread's root, so is the card, and with the last reply the thread."""
        ts = word(event, "deleted_ts") or word(part(event, "message"), "ts")
        if not is_reply(part(event, "previous_message")):
            thread_gone(tx, Place(SLACK, word(event, "channel"), ts))

    def _words(self, tx: Tx, event: Json) -> None:
        place = Place(SLACK, word(event, "channel"), thread_of(event))
        author, ts = word(event, "user"), word(event, "ts")
        text = from_message(event, lambda user: self._name_of(tx, user))
        files = [name_of_file(one) for one in event.get("files") or [] if isinstance(one, dict)]
        answer = None
        if text or not files:
            answer = wrote(tx, Wrote(Actor(SLACK, author, "text"), place, ts, text, at_of(ts)))
        if files and not (answer and answer.refused) and mirrors.at(tx, SLACK, place.chat, place.thread):
            tell(tx, SLACK, place, f"Files can't be sent yet; the client did not get {', '.join(files)}", author, ts)


def at_of(ts: str) -> Moment:
    """When Slack says a message was written; its ``ts`` is seconds with six places."""
    seconds, _, rest = ts.partition(".")
    if not (seconds.isascii() and seconds.isdigit()):
        return Moment(0)
    return Moment(int(seconds) * 1000 + (int(rest[:3].ljust(3, "0")) if rest.isascii() and rest.isdigit() else 0))


def name_of_file(file: dict[str, Any]) -> str:
    """The file's name as a person may read it (F60)."""
    return clean_name(word(file, "name") or word(file, "title") or "the file")
