"""Tags and the messages that bear them. A tag never changes and never goes (R61, R62); who put it on can take it off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select

from bot.domain.conversation import Direction
from bot.domain.ids import ConversationId, OperatorId
from bot.domain.tagging import fold
from bot.store import messages
from bot.store.messages import Message
from bot.store.tables import message, message_tag, tag
from bot.store.uow import Tx, upsert


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as it was first written."""

    id: int
    name: str


@cache
def _add(postgres: bool) -> Any:
    return upsert(tag, postgres=postgres).on_conflict_do_nothing(index_elements=["folded"])


_BY_FOLDED = select(tag.c.id, tag.c.name).where(tag.c.folded == bindparam("folded"))


def find(tx: Tx, name: str) -> Tag | None:
    """The tag of that name, however it is spelled; None when there is none."""
    row = tx.execute(_BY_FOLDED, {"folded": fold(name)}).first()
    return Tag(row.id, row.name) if row else None


def find_or_add(tx: Tx, name: str, operator_id: OperatorId) -> Tag:
    """The tag of that name; a new one joins the list (R61). Two who make it at once get the same."""
    found = find(tx, name)
    if found is None:
        row = {"name": name, "folded": fold(name), "operator_id": operator_id, "at": tx.now}
        tx.execute(_add(tx.postgres), row)
        found = find(tx, name)
    assert found is not None
    return found


def by_ids(tx: Tx, ids: Iterable[int]) -> dict[int, Tag]:
    """Tags by number."""
    wanted = sorted(set(ids))
    rows = tx.execute(select(tag.c.id, tag.c.name).where(tag.c.id.in_(wanted))) if wanted else ()
    return {row.id: Tag(row.id, row.name) for row in rows}


def like(tx: Tx, typed: str, limit: int) -> list[Tag]:
    """Tags with these letters in them, those that begin with them first; all when nothing was typed."""
    wanted = fold(typed)
    begins = tag.c.folded.startswith(wanted, autoescape=True)
    query = select(tag.c.id, tag.c.name).where(tag.c.folded.contains(wanted, autoescape=True))
    rows = tx.execute(query.order_by(begins.desc(), tag.c.folded).limit(limit))
    return [Tag(row.id, row.name) for row in rows]


_NAMES = (
    select(message_tag.c.message_id, tag.c.id, tag.c.name)
    .join(tag, tag.c.id == message_tag.c.tag_id)
    .where(message_tag.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(message_tag.c.at, tag.c.id)
)


def of_messages(tx: Tx, ids: Iterable[int]) -> dict[int, list[Tag]]:
    """The tags of messages, by message, in the order they were put on."""
    wanted = sorted(set(ids))
    found: dict[int, list[Tag]] = {}
    for row in tx.execute(_NAMES, {"ids": wanted}) if wanted else ():
        found.setdefault(row.message_id, []).append(Tag(row.id, row.name))
    return found


@cache
def _put(postgres: bool) -> Any:
    return upsert(message_tag, postgres=postgres).on_conflict_do_nothing()


def put(tx: Tx, message_id: int, tag_id: int, operator_id: OperatorId) -> bool:
    """Put a tag on a message; whether it was not there yet."""
    row = {"message_id": message_id, "tag_id": tag_id, "operator_id": operator_id, "at": tx.now}
    return tx.execute(_put(tx.postgres), row).rowcount == 1


def of_sign(tx: Tx, sign: str) -> list[Tag]:
    """The tags whose names begin with this emoji, at most two; whether its variant sign (U+FE0F) was written is no matter."""
    bare = sign.replace("\ufe0f", "")
    spelled = {fold(one) for one in (sign, bare, f"{bare}\ufe0f")}
    begins = [tag.c.folded.startswith(f"{one} ", autoescape=True) for one in spelled]
    query = select(tag.c.id, tag.c.name).where(or_(tag.c.folded.in_(spelled), *begins))
    return [Tag(row.id, row.name) for row in tx.execute(query.order_by(tag.c.id).limit(2))]


def take_off(tx: Tx, ids: Iterable[int], tag_id: int, operator_id: OperatorId) -> bool:
    """Take from messages a tag that this operator has put there; whether there was one."""
    his = (message_tag.c.tag_id == tag_id, message_tag.c.operator_id == operator_id)
    return tx.execute(delete(message_tag).where(message_tag.c.message_id.in_(sorted(ids)), *his)).rowcount > 0


_TAGGABLE = (
    select(message.c.id)
    .where(
        message.c.conversation_id == bindparam("conversation_id"),
        message.c.direction != Direction.HELD.value,
        message.c.deleted_at.is_(None),
    )
    .order_by(message.c.seq.desc())
    .limit(bindparam("n"))
)


def taggable(tx: Tx, conversation_id: ConversationId, limit: int) -> list[Message]:
    """The last messages of a conversation that can be tagged, newest first; a held text is not said yet."""
    ids = list(tx.execute(_TAGGABLE, {"conversation_id": conversation_id, "n": limit}).scalars())
    known = messages.by_ids(tx, set(ids))
    return [known[number] for number in ids]


def taggable_of(tx: Tx, conversation_id: ConversationId, ids: Sequence[int]) -> list[Message]:
    """Those of the messages that are of this conversation and can be tagged."""
    query = select(message.c.id).where(
        message.c.id.in_(ids[:100]),
        message.c.conversation_id == conversation_id,
        message.c.direction != Direction.HELD.value,
        message.c.deleted_at.is_(None),
    )
    found = messages.by_ids(tx, set(tx.execute(query).scalars()) if ids else set())
    return sorted(found.values(), key=lambda one: one.seq)


_NEWEST = select(func.max(message.c.seq)).where(
    message.c.conversation_id == bindparam("conversation_id"),
    message.c.direction == Direction.IN.value,
    message.c.deleted_at.is_(None),
)


def newest_of_client(tx: Tx, conversation_id: ConversationId) -> list[Message]:
    """The client's newest message."""
    seq = tx.execute(_NEWEST, {"conversation_id": conversation_id}).scalar()
    return messages.between(tx, conversation_id, seq, seq) if seq is not None else []
