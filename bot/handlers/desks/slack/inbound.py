"""What operators do in Slack, as commands: words, reactions, rooms or threads that go; the rest is in ``interactions``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.commands.answer import Answer
from bot.commands.changes import Rewrote, operator_changed, operator_deleted
from bot.commands.context import Place
from bot.commands.desk import reachable, thread_gone
from bot.commands.notice import tell
from bot.commands.reply import Wrote
from bot.commands.seen import Reacted, reacted
from bot.commands.wrote import wrote
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.domain.phrase import Phrase
from bot.domain.text import RichText
from bot.handlers.desks.slack import interactions
from bot.handlers.desks.slack.answers import Answers
from bot.handlers.desks.slack.attachments import attachments
from bot.handlers.desks.slack.text import from_message
from bot.handlers.desks.slack.updates import (
    REACTIONS,
    ROOM_BACK,
    ROOM_GONE,
    Json,
    edited_at,
    is_a_persons,
    is_direct,
    is_reply,
    is_tombstone,
    live_files,
    part,
    thread_of,
    word,
)
from bot.handlers.shared.emoji_codes import to_unicode
from bot.store.uow import Tx

SLACK = "slack"
NameAt = Callable[[Tx, str], str | None]
NO_FILES = Phrase("Files can't be taken here. A file for a client goes into the client's thread.")


class SlackInbound:
    """Reads kept Slack updates. ``name_of`` gives the operator's name behind a Slack user, for mentions."""

    def __init__(self, answers: Answers, name_of: NameAt) -> None:
        self._answers = answers
        self._name_of = name_of

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what the update asks; the answer is for the person who asked. Text in answer to words goes through the outbox."""
        kind = word(payload, "type")
        if word(payload, "command"):
            return interactions.command(tx, payload, lambda user: self._name_of(tx, user))
        if kind == "block_actions":
            return interactions.press(tx, payload)
        if kind == "view_submission":
            return interactions.submitted(tx, payload)
        if kind in ("message_action", "shortcut"):
            return interactions.shortcut(tx, payload)
        return self._event(tx, part(payload, "event"))

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Show the person what came of it, best effort."""
        await self._answers.show(payload, answer)

    def _event(self, tx: Tx, event: Json) -> Answer | None:
        kind, subtype = word(event, "type"), word(event, "subtype")
        if kind == "app_home_opened":
            return interactions.opened_home(tx, event)
        if kind in ROOM_GONE:
            thread_gone(tx, Place(SLACK, word(event, "channel"), ""))
        elif kind in ROOM_BACK:
            reachable(tx, SLACK, word(event, "channel"))
        elif kind in REACTIONS:
            self._reaction(tx, event)
        elif subtype == "message_deleted" or is_tombstone(event):
            self._deleted(tx, event)
        elif subtype == "message_changed":
            self._changed(tx, event)
        elif kind in ("message", "app_mention") and is_a_persons(event):
            if is_direct(event):
                return self._direct(tx, event)
            if is_reply(event):
                return self._words(tx, event)
        return None

    def _direct(self, tx: Tx, event: Json) -> Answer | None:
        """Words to the bot itself."""
        room, thread = word(event, "channel"), word(event, "thread_ts")
        text = self._text(tx, event)
        answer = None
        if text or not event.get("files"):
            answer = interactions.direct_words(tx, event, text.to_plain())
            if answer.text:
                tell(tx, SLACK, Place(SLACK, room, thread), answer.text, None)
        if event.get("files") and not (answer and answer.refused):
            tell(tx, SLACK, Place(SLACK, room, thread), NO_FILES, None)
        return _to_show(answer)

    def _reaction(self, tx: Tx, event: Json) -> None:
        item, name = part(event, "item"), word(event, "reaction")
        reacted(
            tx,
            Reacted(
                Actor(SLACK, word(event, "user"), "reaction"),
                SLACK,
                word(item, "channel"),
                word(item, "ts"),
                emoji=name,
                sign=to_unicode(name.partition("::")[0]) or "",  # few platforms have reactions in shades
                added=word(event, "type") == "reaction_added",
                at=at_of(word(event, "event_ts")),
            ),
        )

    def _deleted(self, tx: Tx, event: Json) -> None:
        """A message is gone; when it was a thread's root, so is the card, and with the last reply the thread.

        Slack does not say who deleted it: its author, or an admin for him.
        """
        ts, before = word(event, "deleted_ts") or word(part(event, "message"), "ts"), part(event, "previous_message")
        if not is_reply(before):
            thread_gone(tx, Place(SLACK, word(event, "channel"), ts))
        elif is_a_persons(before):
            actor = Actor(SLACK, word(before, "user"), "text")
            operator_deleted(tx, actor, Place(SLACK, word(event, "channel"), thread_of(before)), ts)

    def _changed(self, tx: Tx, event: Json) -> None:
        """Other words in the place of an operator's, or a file of his taken away."""
        now, before = part(event, "message"), part(event, "previous_message")
        actor, place = Actor(SLACK, word(now, "user"), "text"), Place(SLACK, word(event, "channel"), thread_of(now))
        gone = live_files(before) - live_files(now)
        if gone:
            operator_deleted(tx, actor, place, word(now, "ts"), files=gone)
        text = self._text(tx, now)
        if edited_at(now) != edited_at(before) and text != self._text(tx, before):
            operator_changed(tx, Rewrote(actor, place, word(now, "ts"), text, at_of(edited_at(now))))

    def _text(self, tx: Tx, message: Json) -> RichText:
        return from_message(message, lambda user: self._name_of(tx, user))

    def _words(self, tx: Tx, event: Json) -> Answer | None:
        place = Place(SLACK, word(event, "channel"), thread_of(event))
        author, ts = word(event, "user"), word(event, "ts")
        said = Wrote(Actor(SLACK, author, "text"), place, ts, self._text(tx, event), at_of(ts), files=attachments(event))
        return _to_show(wrote(tx, said))


def _to_show(answer: Answer | None) -> Answer | None:
    """What is left to show once the text has been queued."""
    return replace(answer, text="") if answer is not None and (answer.screen or answer.form) else None


def at_of(ts: str) -> Moment:
    """When Slack says a message was written; its ``ts`` is seconds with six places."""
    seconds, _, rest = ts.partition(".")
    if not (seconds.isascii() and seconds.isdigit()):
        return Moment(0)
    return Moment(int(seconds) * 1000 + (int(rest[:3].ljust(3, "0")) if rest.isascii() and rest.isdigit() else 0))
