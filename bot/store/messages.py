"""What was said, and where each word of it stands at the platforms."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain.conversation import Direction
from bot.domain.ids import ConversationId, FileId, MessageId, Moment, OperatorId
from bot.domain.phrase import Phrase
from bot.domain.text import RichText
from bot.languages import in_language
from bot.store import team, words
from bot.store.tables import message, message_ref
from bot.store.uow import Tx, upsert, values


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing said. ``seq`` counts within the conversation; ``author`` is the name at the time.

    ``expanded``  what its author wrote only stands for it (a canned response), so that his own desk shows it as well
    ``body``      the words; of a file its title with the caption below, see :func:`bot.domain.files.told`
    ``file_id``   the file it bears; ``reply_to`` the message it answers (R35)
    ``rev``       0, or when its newest wording was written; ``deleted`` its author has taken it back
    ``fate``      what the channel says became of it, one of ``FATES``
    """

    id: MessageId
    conversation_id: ConversationId
    seq: int
    direction: Direction
    author_id: OperatorId | None
    author: str
    shown_as: str
    body: RichText
    at: Moment
    expanded: bool = False
    file_id: FileId | None = None
    reply_to: MessageId | None = None
    rev: int = 0
    deleted: bool = False
    fate: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a message (or a part of it) stands at a platform. ``origin``: it was written there."""

    message_id: MessageId
    part: int
    platform: str
    chat: str
    thread: str
    remote_id: str
    origin: bool


@cache
def _add(postgres: bool) -> Any:
    return upsert(message, postgres=postgres).on_conflict_do_nothing(index_elements=["action_key"]).returning(message.c.id)


def add(
    tx: Tx,
    *,
    conversation_id: ConversationId,
    seq: int,
    direction: Direction,
    author: str,
    body: RichText,
    at: Moment,
    author_id: OperatorId | None = None,
    shown_as: str = "",
    action_key: str | None = None,
    expanded: bool = False,
    reply_to: MessageId | None = None,
) -> MessageId | None:
    """Keep a message. ``action_key`` is unique for ever: None when a message with it is kept already.

    ``author`` is the name operators see, ``shown_as`` the one the client sees (R37).
    """
    row = {
        "conversation_id": conversation_id,
        "seq": seq,
        "direction": direction.value,
        "author_id": author_id,
        "author": author,
        "shown_as": shown_as,
        "body": dump(body),
        "at": at,
        "action_key": action_key,
        "expanded": expanded,
        "reply_to": reply_to,
    }
    found = tx.execute(_add(tx.postgres), row).scalar()
    if found is None:
        return None
    if direction is not Direction.UNHEARD:
        words.of_message(tx, MessageId(found), body)
    return MessageId(found)


def dump(body: RichText) -> str:
    """A body as the store keeps it."""
    return json.dumps(body.to_json(), ensure_ascii=False).replace("\\u0000", "\ufffd")


def load(kept: str) -> RichText:
    """A body from the form it is kept in."""
    return RichText.from_json(json.loads(kept))


_COLUMNS = (
    message.c.id,
    message.c.conversation_id,
    message.c.seq,
    message.c.direction,
    message.c.author_id,
    message.c.author,
    message.c.shown_as,
    message.c.body,
    message.c.at,
    message.c.expanded,
    message.c.file_id,
    message.c.reply_to,
    message.c.edited_rev,
    message.c.deleted_at,
    message.c.fate,
)
_BY_IDS = select(*_COLUMNS).where(message.c.id.in_(bindparam("ids", expanding=True)))
_LATEST = (
    select(*_COLUMNS)
    .where(message.c.conversation_id == bindparam("conversation_id"), message.c.direction != Direction.UNHEARD.value)
    .order_by(message.c.seq.desc())
    .limit(bindparam("n"))
)

_BETWEEN = (
    select(*_COLUMNS)
    .where(message.c.conversation_id == bindparam("conversation_id"))
    .where(message.c.seq.between(bindparam("first"), bindparam("last")))
    .order_by(message.c.seq)
)


def by_ids(tx: Tx, ids: set[int]) -> dict[int, Message]:
    """Messages by id."""
    return {row.id: _message(row) for row in tx.execute(_BY_IDS, {"ids": sorted(ids)})} if ids else {}


def latest(tx: Tx, conversation_id: ConversationId, limit: int) -> list[Message]:
    """The last messages of a conversation, oldest first, but for those written from the black list."""
    rows = tx.execute(_LATEST, {"conversation_id": conversation_id, "n": limit}).all()
    return [_message(row) for row in reversed(rows)]


def between(tx: Tx, conversation_id: ConversationId, first: int, last: int) -> list[Message]:
    """The messages numbered ``first`` to ``last``."""
    rows = tx.execute(_BETWEEN, {"conversation_id": conversation_id, "first": first, "last": last})
    return [_message(row) for row in rows]


def _message(row: Any) -> Message:
    return Message(
        id=MessageId(row.id),
        conversation_id=ConversationId(row.conversation_id),
        seq=row.seq,
        direction=Direction(row.direction),
        author_id=OperatorId(row.author_id) if row.author_id is not None else None,
        author=row.author,
        shown_as=row.shown_as,
        body=load(row.body),
        at=Moment(row.at),
        expanded=bool(row.expanded),
        file_id=FileId(row.file_id) if row.file_id is not None else None,
        reply_to=MessageId(row.reply_to) if row.reply_to is not None else None,
        rev=row.edited_rev,
        deleted=row.deleted_at is not None,
        fate=row.fate,
    )


_DECIDE = (
    update(message)
    .where(message.c.id == bindparam("row_id"))
    .values(direction=bindparam("to"), seq=bindparam("number"), shown_as=bindparam("shown"), at=bindparam("when"))
)


def decide(tx: Tx, message_id: MessageId, direction: Direction, *, seq: int, shown_as: str) -> None:
    """What a held text becomes (R25): it takes its place in the talk now, under a new number."""
    tx.execute(_DECIDE, {"row_id": message_id, "to": direction.value, "number": seq, "shown": shown_as, "when": tx.now})


def withdraw(tx: Tx, message_id: MessageId) -> None:
    """An answer that was taken back before it went; it stays as a note (R123)."""
    tx.execute(update(message).where(message.c.id == message_id).values(direction=Direction.NOTE.value, shown_as=""))


def change(tx: Tx, message_id: MessageId, body: RichText, rev: Moment) -> bool:
    """Other words in its place. False when it has newer ones already (F40), or was taken back.

    Of two changes at the same time the later told wins: Telegram's times are whole seconds.
    """
    mine = update(message).where(message.c.id == message_id, message.c.edited_rev <= rev, message.c.deleted_at.is_(None))
    if tx.execute(mine.values(body=dump(body), edited_rev=rev)).rowcount != 1:
        return False
    words.of_changed(tx, message_id, body)
    return True


def take_back(tx: Tx, said: Message) -> bool:
    """Its author has deleted it: in its place stands that he did, and no search finds it. False when that was done already."""
    words_then = Phrase("🗑 {name} deleted this message.", name=said.author)
    gone = RichText.plain(in_language(words_then, team.language_of_talk(tx, said.conversation_id)))
    mine = update(message).where(message.c.id == said.id, message.c.deleted_at.is_(None))
    if tx.execute(mine.values(deleted_at=tx.now, body=dump(gone))).rowcount != 1:
        return False
    words.forget(tx, [said.id])
    return True


def bearing(tx: Tx, file_ids: set[int]) -> list[Message]:
    """The messages that bear these files, in order."""
    query = select(*_COLUMNS).where(message.c.file_id.in_(sorted(file_ids))).order_by(message.c.seq)
    return [_message(row) for row in tx.execute(query)] if file_ids else []


def set_file(tx: Tx, message_id: MessageId, file_id: FileId) -> None:
    """The file it bears."""
    tx.execute(update(message).where(message.c.id == message_id).values(file_id=file_id))


FATES = ("", "accepted", "delivered", "read", "failed")


def set_fate(tx: Tx, message_id: MessageId, fate: str) -> bool:
    """What the channel says became of it; only ever further, and ``failed`` is the end (F9). Whether that is news."""
    before = FATES[: FATES.index(fate)]
    mine = update(message).where(message.c.id == message_id, message.c.fate.in_(before))
    return tx.execute(mine.values(fate=fate)).rowcount == 1


def reset_fate(tx: Tx, message_id: MessageId) -> None:
    """It is sent once more (*Retry*)."""
    tx.execute(update(message).where(message.c.id == message_id).values(fate=""))


_LAST_SAID = (
    select(message.c.direction, message.c.at)
    .where(message.c.conversation_id == bindparam("conversation_id"))
    .where(message.c.direction.in_((Direction.IN.value, Direction.OUT.value)))
    .order_by(message.c.seq.desc())
    .limit(1)
)


def last_said(tx: Tx, conversation_id: ConversationId) -> tuple[Direction, Moment] | None:
    """Which way the last words between client and operators went, and when."""
    row = tx.execute(_LAST_SAID, {"conversation_id": conversation_id}).first()
    return (Direction(row.direction), Moment(row.at)) if row is not None else None


_LAST_HEARD = (
    select(message.c.at)
    .where(message.c.conversation_id == bindparam("conversation_id"), message.c.direction == Direction.IN.value)
    .order_by(message.c.seq.desc())
    .limit(1)
)


def last_heard(tx: Tx, conversation_id: ConversationId) -> Moment | None:
    """When the client last wrote; None when he never has."""
    found: Moment | None = tx.execute(_LAST_HEARD, {"conversation_id": conversation_id}).scalar()
    return found


_DELIVERED = (
    update(message)
    .where(message.c.id == bindparam("row_id"), message.c.delivered_at.is_(None))
    .values(delivered_at=bindparam("when"))
)


def set_delivered(tx: Tx, message_ids: list[int]) -> None:
    """The channel has them."""
    if message_ids:
        tx.execute_many(_DELIVERED, [{"row_id": message_id, "when": tx.now} for message_id in sorted(message_ids)])


@cache
def _ref(postgres: bool) -> Any:
    return upsert(message_ref, postgres=postgres).on_conflict_do_nothing()


def add_ref(tx: Tx, ref: Ref) -> None:
    """Note where a message stands; written at the end of the transaction, and known at once."""
    tx.keep("refs")[ref] = None
    tx.later(
        _ref(tx.postgres),
        {
            "message_id": ref.message_id,
            "part": ref.part,
            "platform": ref.platform,
            "chat": ref.chat,
            "thread": ref.thread,
            "remote_id": ref.remote_id,
            "origin": ref.origin,
        },
    )


_REF_COLUMNS = (
    message_ref.c.message_id,
    message_ref.c.part,
    message_ref.c.platform,
    message_ref.c.chat,
    message_ref.c.thread,
    message_ref.c.remote_id,
    message_ref.c.origin,
)
_AT = select(*_REF_COLUMNS).where(
    message_ref.c.platform == bindparam("platform"),
    message_ref.c.chat == bindparam("chat"),
    message_ref.c.remote_id == bindparam("remote_id"),
)
_OF = select(*_REF_COLUMNS).where(message_ref.c.message_id == bindparam("message_id")).order_by(message_ref.c.id)


def refs_at(tx: Tx, platform: str, chat: str, remote_id: str) -> list[Ref]:
    """The messages that stand in one post; several when texts were joined."""
    found = [Ref(*values(row)) for row in tx.execute(_AT, {"platform": platform, "chat": chat, "remote_id": remote_id})]
    place = (platform, chat, remote_id)
    return _with_fresh(tx, found, lambda ref: (ref.platform, ref.chat, ref.remote_id) == place)


def refs_of(tx: Tx, message_id: MessageId) -> list[Ref]:
    """Everywhere a message stands."""
    found = [Ref(*values(row)) for row in tx.execute(_OF, {"message_id": message_id})]
    return _with_fresh(tx, found, lambda ref: ref.message_id == message_id)


def _with_fresh(tx: Tx, found: list[Ref], fits: Callable[[Ref], bool]) -> list[Ref]:
    """With those this transaction has yet to write: what is changed in the same breath as it was written is found too."""
    fresh: dict[Ref, None] = tx.keep("refs")
    return list(dict.fromkeys([*found, *filter(fits, fresh)])) if fresh else found


def at(tx: Tx, platform: str, chat: str, remote_id: str) -> MessageId | None:
    """The message that stands in a post; the first where several do."""
    found = refs_at(tx, platform, chat, remote_id)
    return min((ref.message_id for ref in found), default=None)
