"""What a delivery says, put together from the store at the moment it is sent, so that it is never out of date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.delivery.ports import (
    Address,
    Body,
    Document,
    EditCard,
    Fate,
    Fetch,
    History,
    Letter,
    LookAt,
    Mark,
    Mention,
    NameTopic,
    Notice,
    OpenTopic,
    PostCard,
    PublishHome,
    Remove,
    Sweep,
    TopicState,
)
from bot.delivery.posts import NotYet, Posts, Void, desk_body
from bot.domain.actions import Button, Verb
from bot.domain.card import CardView, draw
from bot.domain.chart import Chart
from bot.domain.conversation import Direction
from bot.domain.files import FileState
from bot.domain.ids import ConversationId
from bot.domain.phrase import Phrase
from bot.domain.screen import Jump
from bot.domain.text import RichText, join
from bot.store import blobs, cards, messages, mirrors, spread
from bot.store.lanes import Head
from bot.store.messages import Message
from bot.store.mirrors import Mirror
from bot.store.uow import Tx

THREADS_MS = 60_000
"""How long a notice waits for the threads it points to."""
POSTS = frozenset({"words", "edit", "react"})
LOST = Phrase("Earlier words, told again because the thread was lost")
HISTORY_SINCE = 100
"""How much may be said between the loss of a thread and the history on the new one; that is posted by itself."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Where to, and what."""

    address: Address
    body: Body


class Packer:
    """Packs the deliveries of one turn; loads what they have in common once."""

    def __init__(self, tx: Tx, heads: Sequence[Head]) -> None:
        self._tx = tx
        self._mirrors = mirrors.by_ids(tx, {head.mirror_id for head in heads if head.mirror_id is not None})
        self._posts = Posts(tx, heads)
        self._messages = self._posts.messages
        self._faces = cards.faces(tx, {head.mirror_id for head in heads if head.op == "card" and head.mirror_id is not None})
        named = {head.mirror_id for head in heads if head.op in ("topic", "topic_name") and head.mirror_id is not None}
        self._names = cards.names(tx, named)

    def mirror(self, head: Head) -> Mirror | None:
        """The mirror a delivery goes to, None for a client's channel."""
        return self._mirrors.get(head.mirror_id) if head.mirror_id is not None else None

    def language(self, head: Head) -> str:
        """Of our own words in a delivery: the person's it is for alone, else that of the thread it goes to."""
        if "language" in head.payload:
            return str(head.payload["language"])
        mirror = self.mirror(head)
        return mirror.language if mirror is not None else ""

    def is_edit(self, head: Head) -> bool:
        """Whether a card delivery redraws a card that stands already."""
        mirror = self.mirror(head)
        return head.op == "card" and mirror is not None and bool(mirror.card_ref)

    def pack(self, head: Head, chat: str, joined: Sequence[Head] = ()) -> Packed:
        """One delivery; ``joined`` are texts that stand behind it and go in the same post.

        Raises ``NotYet``, ``Void`` or ``Refused``.
        """
        mirror = self.mirror(head)
        if head.op in POSTS:
            if mirror is None:
                return Packed(Address(chat), self._post(head, None, chat, joined))
            if not mirror.thread:
                raise NotYet
            return Packed(Address(mirror.chat, mirror.thread), self._post(head, mirror, mirror.chat, joined))
        if mirror is None:
            return self._alone(head, chat)
        if head.op == "topic":
            return Packed(Address(chat), OpenTopic(self._names[mirror.id]))
        if head.op == "card":
            return self._card(head, mirror, joined)
        if head.op == "sweep":
            return Packed(Address(mirror.chat), Sweep(head.payload["delivery"], head.payload["since"]))
        if not mirror.thread:
            raise NotYet
        return self._in_thread(head, mirror)

    def _alone(self, head: Head, chat: str) -> Packed:
        """What goes to no thread."""
        match head.op:
            case "document":
                return Packed(Address(chat), self._document(head.payload))
            case "mail":
                return Packed(Address(chat), _letter(head))
            case "remove":
                return Packed(Address(chat, head.payload["thread"]), Remove())
            case "home":
                return Packed(Address(chat), PublishHome())
            case "look":
                return Packed(Address(chat), LookAt())
            case "fetch":
                return Packed(Address(chat), self._wanted(head))
        return Packed(Address(chat, head.payload.get("thread", "")), self._notice(head))

    def _in_thread(self, head: Head, mirror: Mirror) -> Packed:
        address = Address(mirror.chat, mirror.thread)
        if head.op == "topic_state":
            return Packed(address, TopicState(head.payload["closed"]))
        if head.op == "topic_name":
            return Packed(address, NameTopic(self._names[mirror.id]))
        if head.op == "mark":
            return Packed(address, Mark(head.payload["remote_id"], Fate(head.payload["fate"])))
        if head.op == "history":
            return Packed(address, self._history(head, mirror))
        return Packed(Address(mirror.chat, head.payload["thread"] or mirror.thread), self._notice(head))

    def _notice(self, head: Head) -> Notice:
        payload = head.payload
        buttons = tuple(Button(Verb(verb), label, token, style) for verb, label, token, style in payload.get("buttons", ()))
        jumps = payload.get("jumps", ())
        shown = (
            self._live(head) if jumps == spread.LIVE else tuple(Jump(platform, chat, thread) for platform, chat, thread in jumps)
        )
        mention = Mention(*payload["mention"]) if payload.get("mention") else None
        return Notice(payload["text"], payload.get("only_for"), payload.get("reply_to"), buttons, shown, mention)

    def _live(self, head: Head) -> tuple[Jump, ...]:
        """The threads a conversation stands in now; new ones are waited for, but not for long."""
        live = mirrors.of_conversation(self._tx, ConversationId(head.conversation_id or 0))
        if not all(mirror.thread for mirror in live) and self._tx.now - head.created_at < THREADS_MS:
            raise NotYet
        return tuple(Jump(mirror.platform, mirror.chat, mirror.thread) for mirror in live if mirror.thread)

    def _post(self, head: Head, mirror: Mirror | None, chat: str, joined: Sequence[Head]) -> Body:
        """A message, the change of one, or the reactions to one."""
        if head.op == "words":
            return self._posts.post(head, mirror, chat, joined)
        return self._posts.reaction(head, mirror, chat) if head.op == "react" else self._posts.change(head, mirror, chat)

    def _wanted(self, head: Head) -> Fetch:
        file = self._posts.files.get(head.payload["file"])
        if file is None or file.state is not FileState.WANTED:
            raise Void
        return Fetch(file)

    def _document(self, payload: dict[str, Any]) -> Document:
        if "chart" in payload:
            return Document(payload["name"], payload["mime"], Chart.from_json(payload["chart"]), payload["caption"])
        file = blobs.by_id(self._tx, payload["blob"])
        if file is None:
            raise Void
        return Document(file.name, file.mime, file.content, payload["caption"])

    def _card(self, head: Head, mirror: Mirror, joined: Sequence[Head]) -> Packed:
        redraw = head.lane.endswith(":card")
        if redraw and not mirror.card_ref:
            raise NotYet
        if mirror.platform == "telegram" and not mirror.thread:
            raise NotYet
        last = max([mirror.opening_last, *(self._posts.message(other).seq for other in joined)])
        view = self._view(mirror, last, self._messages.get(head.message_id or 0))
        if mirror.card_ref:
            return Packed(Address(mirror.chat, mirror.thread), EditCard(mirror.card_ref, view))
        return Packed(Address(mirror.chat, mirror.thread), PostCard(view))

    def _view(self, mirror: Mirror, last: int, first: Message | None) -> CardView:
        face = self._faces[mirror.id]
        alone = first is not None and first.seq == mirror.opening_first == last
        opening = _opening(mirror, [first] if alone and first else self._opening_messages(mirror, last))
        return draw(
            face.conversation,
            client=face.client,
            channel_kind=face.channel_kind,
            channel_name=face.channel_name,
            group=face.group,
            responsible=face.responsible,
            opening=opening,
            meant_for=face.meant_for,
            pinned=face.pinned,
            left=face.left,
            pointer=face.pointer,
            link=face.link,
            window=face.window,
        )

    def _opening_messages(self, mirror: Mirror, last: int) -> list[Message]:
        if not mirror.opening_first:
            return []
        return messages.between(self._tx, mirror.conversation_id, mirror.opening_first, last)

    def _history(self, head: Head, mirror: Mirror) -> History:
        upto, but, most = head.payload["upto"], set(head.payload["but"]), head.payload["lines"]
        said = messages.latest(self._tx, mirror.conversation_id, most + len(but) + HISTORY_SINCE)
        lines = [(_teller(one), desk_body(one).to_plain()) for one in said if one.id <= upto and one.id not in but]
        return History(head.payload.get("title", LOST), tuple(lines[-most:]))


def _teller(said: Message) -> str:
    if said.direction in (Direction.IN, Direction.OUT):
        return said.author
    return Phrase("📝 {name} (note, not sent)", name=said.author)


def _opening(mirror: Mirror, said: Sequence[Message]) -> RichText:
    """The words the card carries: the first message's beginning, and texts that were joined to it."""
    clients = [one.body for one in said if one.direction is Direction.IN]
    if not clients:
        return RichText.plain("")
    return join([spread.desk_parts(mirror.platform, clients[0], in_card=True)[0], *clients[1:]])


def _letter(head: Head) -> Letter:
    asked = head.payload
    only = tuple(asked["only"]) if asked["only"] is not None else None
    return Letter(
        subject=asked["subject"],
        key=asked["key"],
        conversation_id=head.conversation_id or 0,
        upto=asked["upto"],
        only=only,
        notes=asked["notes"],
        asked_by=asked["asked_by"],
        at=head.created_at,
    )
