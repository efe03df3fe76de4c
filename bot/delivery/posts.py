"""What a message looks like where it goes: words or a file, its quote, and the change of a post that stands there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.delivery.ports import Body, DeletePost, EditPost, Fate, FilePost, Quoted, React, Template, Words
from bot.domain.capabilities import CHANNELS, DESKS, Capability
from bot.domain.conversation import Direction
from bot.domain.files import File, FileState, why_not
from bot.domain.phrase import Phrase, in_table
from bot.domain.text import EMPTY, RichText, join
from bot.domain.words import without_sign
from bot.languages import in_language
from bot.store import files, messages, reactions, spread
from bot.store.lanes import Head
from bot.store.messages import Message, Ref
from bot.store.mirrors import Mirror
from bot.store.uow import Tx

QUOTE_LENGTH = 120
"""Characters of a quoted message that are shown where the platform itself can't point to it."""


class NotYet(Exception):
    """What it builds on (a thread, a card, a file's bytes) is still being made; come back soon."""


class Void(Exception):
    """There is nothing to send any more."""


class Refused(Exception):
    """It can't be sent, for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Posts:
    """The messages of one turn, with their files; loads what they have in common once."""

    def __init__(self, tx: Tx, heads: Sequence[Head]) -> None:
        self._tx = tx
        self.messages = messages.by_ids(tx, {head.message_id for head in heads if head.message_id is not None})
        borne = {one.file_id for one in self.messages.values() if one.file_id is not None}
        borne |= {head.payload["file"] for head in heads if head.op == "fetch"}
        self.files = files.by_ids(tx, set(borne))

    def message(self, head: Head) -> Message:
        """The message a delivery is about. Raises ``Void`` when it is gone."""
        found = self.messages.get(head.message_id or 0)
        if found is None:
            raise Void
        return found

    def post(self, head: Head, mirror: Mirror | None, chat: str, joined: Sequence[Head] = ()) -> Words | FilePost:
        """A message to be posted; ``joined`` go in the same post. Raises ``NotYet``, ``Void`` or ``Refused``."""
        first = self.message(head)
        if first.deleted:
            raise Void
        return self._drawn(head, mirror, chat, [first, *(self.message(other) for other in joined)])

    def _drawn(self, head: Head, mirror: Mirror | None, chat: str, said: Sequence[Message]) -> Words | FilePost:
        first = said[0]
        quote = self._quote(first, mirror, chat, head)
        if mirror is None:
            kind = spread.kind_of_lane(head.lane)
            if first.file_id is not None:
                file = self._sendable(first.file_id, CHANNELS[kind])
                return FilePost(first.shown_as, "reply", file, file.caption, quote=quote)
            if "template" in head.payload:
                return Words("", "reply", (first.body,), template=_approved(head.payload["template"]))
            parts = spread.channel_parts(kind, first.body)
            return Words(first.shown_as, "reply", (_part(parts, head.part),), quote=quote)
        in_card = first.seq == mirror.opening_first
        body = desk_body(first)
        kind = {Direction.IN: "client", Direction.OUT: "operator"}.get(first.direction, "note")
        same_platform = bool(mirror.pointer) and kind != "client" and self._origin(first) == mirror.platform
        if first.file_id is not None:
            try:
                file = self._sendable(first.file_id, DESKS[mirror.platform])
            except Refused as refused:
                told = join([body, RichText.plain(f"⚠️ {in_language(refused.reason, mirror.language)}")])
                return Words(first.author, kind, (told,), same_platform, quote)
            # with the first words of a conversation the card bears the caption
            caption = without_sign(file.caption) if kind == "note" else file.caption
            return FilePost(first.author, kind, file, EMPTY if head.part else caption, same_platform, quote)
        parts = spread.desk_parts(mirror.platform, body, in_card=in_card)
        bodies = [_part(parts, head.part), *(other.body for other in said[1:])]
        return Words(first.author, kind, tuple(bodies), same_platform, quote)

    def change(self, head: Head, mirror: Mirror | None, chat: str) -> Body:
        """The change of part ``head.part`` of a message that stands there: edited, taken away, or, if it has grown, posted."""
        if "remote_id" in head.payload:
            return DeletePost(head.payload["remote_id"])
        said = self.message(head)
        ref = next((one for one in self._standing(said, mirror, chat, head) if one.part == head.part), None)
        parts = self._parts_of(said, mirror, head)
        if ref is None:
            if said.deleted or not 0 < head.part < parts:
                raise Void
            return self._drawn(head, mirror, chat, [said])
        if head.part >= parts or (said.deleted and (mirror is None or said.direction is not Direction.IN)):
            return DeletePost(ref.remote_id)
        together = self._together(ref, said) if mirror is not None else [said]
        return EditPost(ref.remote_id, self._drawn(head, mirror, chat, together))

    def reaction(self, head: Head, mirror: Mirror | None, chat: str) -> React:
        """What the other side has reacted with, under the message where it stands there. Raises ``Void`` where it does not."""
        said = self.message(head)
        side = "operator" if mirror is None else "client"
        ref = next((one for one in messages.refs_of(self._tx, said.id) if self._is_there(one, mirror, chat, head)), None)
        if ref is None or said.deleted:
            raise Void
        own = ref.origin and mirror is not None and said.direction is Direction.OUT
        fate = Fate(said.fate) if own and said.fate else None
        return React(ref.remote_id, reactions.shown(self._tx, said.id, side), fate)

    def _parts_of(self, said: Message, mirror: Mirror | None, head: Head) -> int:
        if said.file_id is not None:  # one post, the second part behind a card; none when its author has deleted it
            return 0 if said.deleted else head.part + 1
        if mirror is None:
            return len(spread.channel_parts(spread.kind_of_lane(head.lane), said.body))
        return len(spread.desk_parts(mirror.platform, desk_body(said), in_card=said.seq == mirror.opening_first))

    def _standing(self, said: Message, mirror: Mirror | None, chat: str, head: Head) -> list[Ref]:
        """Where we have posted it there."""
        refs = messages.refs_of(self._tx, said.id)
        return [one for one in refs if not one.origin and self._is_there(one, mirror, chat, head)]

    def _is_there(self, ref: Ref, mirror: Mirror | None, chat: str, head: Head) -> bool:
        if mirror is None:
            return (ref.platform, ref.chat) == (spread.kind_of_lane(head.lane), chat)
        return (ref.platform, ref.chat, ref.thread) == (mirror.platform, mirror.chat, mirror.thread)

    def _together(self, ref: Ref, said: Message) -> list[Message]:
        """All messages that went in one post with it (F31), in their order."""
        ids = {int(one.message_id) for one in messages.refs_at(self._tx, ref.platform, ref.chat, ref.remote_id)}
        if ids == {int(said.id)}:
            return [said]
        return sorted(messages.by_ids(self._tx, ids).values(), key=lambda one: one.seq)

    def _sendable(self, file_id: int, there: Capability) -> File:
        file = self.files.get(file_id)
        if file is None:
            raise Void
        if file.state is FileState.WANTED:
            raise NotYet
        if file.state is not FileState.HERE:
            raise Refused(in_table(file.reason) if file.reason else Phrase("The file is not kept any more."))
        if refusal := why_not(there, file.size, file.mime, file.name):
            raise Refused(refusal)
        return file

    def _quote(self, said: Message, mirror: Mirror | None, chat: str, head: Head) -> Quoted | None:
        if said.reply_to is None or head.part:
            return None
        answered = messages.by_ids(self._tx, {said.reply_to}).get(said.reply_to)
        if answered is None or answered.deleted or (mirror is None and answered.direction not in (Direction.IN, Direction.OUT)):
            return None
        ref = next((one for one in messages.refs_of(self._tx, answered.id) if self._is_there(one, mirror, chat, head)), None)
        text = " ".join(desk_body(answered).to_plain().split())
        shown = text if len(text) <= QUOTE_LENGTH else f"{text[: QUOTE_LENGTH - 1]}…"
        name = answered.shown_as if mirror is None and answered.direction is Direction.OUT else answered.author
        return Quoted(ref.remote_id if ref else "", name, shown)

    def _origin(self, said: Message) -> str:
        """The platform a message was written on."""
        return next((ref.platform for ref in messages.refs_of(self._tx, said.id) if ref.origin), "")


def desk_body(said: Message) -> RichText:
    """What a desk shows of a message: 📝 stands for the sign a note began with."""
    return without_sign(said.body) if said.direction is Direction.NOTE else said.body


def _approved(kept: dict[str, Any]) -> Template:
    slots = tuple((str(part), int(index), str(name), str(value)) for part, index, name, value in kept["slots"])
    return Template(kept["name"], kept["language"], slots, bool(kept["named"]))


def _part(parts: Sequence[RichText], part: int) -> RichText:
    """A part of a text that may have become shorter since it was queued."""
    if part >= len(parts):
        raise Void
    return parts[part]
