"""What a client may read again on a channel that shows history: his own words and the answers, never notes or held texts.

An answer is visible once its channel has taken it, so not while it can still be taken back (R123) or waits for its file.
Numbers grow in the order of commits (they are taken under the conversation's lock), but an answer may become visible behind
later words, and what is visible changes: who follows a conversation looks at its last messages (:func:`newest`) and compares
``version``.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select

from bot.domain.files import File
from bot.domain.ids import ConversationId, MessageId, Moment
from bot.domain.text import RichText
from bot.store import files
from bot.store.tables import channel, conversation, message, message_ref, reaction
from bot.store.uow import Tx

QUOTE = 120
"""Characters shown of a message that another one answers."""
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Answered:
    """The message another one answers: its number, whose it is (empty = the client's own), and how it begins."""

    seq: int
    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """One message as the client may see it.

    ``kept``       its words as the store keeps them, see ``body``
    ``remote_id``  the id the channel gave it, empty when none
    ``reached``    an operator's desk shows it, so the team can read it
    ``edited``     0, or when its newest wording was written; ``deleted`` its author has taken it back
    ``coming``     an answer that is on its way still, not to be shown
    ``mine``       the client's reactions to it, ``theirs`` the team's
    """

    seq: int
    direction: str
    author: str
    kept: str
    at: Moment
    remote_id: str
    reached: bool
    edited: int
    deleted: bool
    coming: bool = False
    mine: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    file: File | None = None
    answers: Answered | None = None

    @property
    def body(self) -> RichText:
        """Its words; of a file its title with the caption below."""
        return RichText.from_json(json.loads(self.kept))

    @property
    def version(self) -> str:
        """Another one whenever it looks different: wording, whether it reached the team, reactions; ``gone`` when taken back."""
        if self.deleted:
            return GONE
        signs = zlib.crc32("/".join([*self.mine, "", *self.theirs]).encode()) if self.mine or self.theirs else 0
        return f"{self.edited:x}.{int(self.reached)}.{signs:x}"


_CONVERSATION = (
    select(conversation.c.id)
    .join(channel, channel.c.id == conversation.c.channel_id)
    .where(
        channel.c.kind == bindparam("kind"),
        channel.c.name == bindparam("name"),
        conversation.c.external_id == bindparam("external_id"),
    )
)


def conversation_of(tx: Tx, kind: str, name: str, external_id: str) -> ConversationId | None:
    """The conversation of a channel's client."""
    found = tx.execute(_CONVERSATION, {"kind": kind, "name": name, "external_id": external_id}).scalar()
    return ConversationId(found) if found is not None else None


_REMOTE = (
    select(message_ref.c.remote_id)
    .where(message_ref.c.message_id == message.c.id, message_ref.c.platform == bindparam("platform"))
    .order_by(message_ref.c.part, message_ref.c.id)
    .limit(1)
    .scalar_subquery()
)
_REACHED = exists().where(
    message_ref.c.message_id == message.c.id, message_ref.c.origin.is_(False), message_ref.c.platform != bindparam("platform")
)
_MAY_SEE = or_(
    message.c.direction.in_(("in", "unheard")), and_(message.c.direction == "out", message.c.delivered_at.is_not(None))
)
_SHOWN = select(
    message.c.conversation_id,
    message.c.id,
    message.c.seq,
    message.c.direction,
    message.c.shown_as,
    message.c.body,
    message.c.at,
    message.c.edited_rev,
    message.c.deleted_at,
    message.c.delivered_at,
    message.c.file_id,
    message.c.reply_to,
    _REMOTE.label("remote_id"),
    _REACHED.label("reached"),
)
_IN = _SHOWN.where(message.c.conversation_id == bindparam("conversation_id"), message.c.deleted_at.is_(None), _MAY_SEE)
_AFTER = _IN.where(message.c.seq > bindparam("seq")).order_by(message.c.seq).limit(bindparam("n"))
_BEFORE = _IN.where(message.c.seq < bindparam("seq")).order_by(message.c.seq.desc()).limit(bindparam("n"))
_NEWEST = (
    _SHOWN.join(conversation, conversation.c.id == message.c.conversation_id)
    .where(conversation.c.id.in_(bindparam("ids", expanding=True)), message.c.seq > conversation.c.last_seq - bindparam("n"))
    .where(message.c.direction.in_(("in", "unheard", "out")))
    .order_by(message.c.conversation_id, message.c.seq)
)
_ONE = _IN.where(message.c.seq == bindparam("seq"))


def visible(tx: Tx, conversation_id: ConversationId, after_seq: int, limit: int, platform: str = "widget") -> list[Visible]:
    """Messages after a number, oldest first."""
    values = {"conversation_id": conversation_id, "seq": after_seq, "n": limit, "platform": platform}
    return _visible(tx, tx.execute(_AFTER, values).all())


def visible_before(
    tx: Tx, conversation_id: ConversationId, before_seq: int, limit: int, platform: str = "widget"
) -> list[Visible]:
    """Messages before a number, oldest first."""
    values = {"conversation_id": conversation_id, "seq": before_seq, "n": limit, "platform": platform}
    return _visible(tx, tx.execute(_BEFORE, values).all()[::-1])


def visible_at(tx: Tx, conversation_id: ConversationId, seq: int, platform: str = "widget") -> Visible | None:
    """The message of that number, None when there is none he may see."""
    found = _visible(tx, tx.execute(_ONE, {"conversation_id": conversation_id, "seq": seq, "platform": platform}).all())
    return found[0] if found else None


def newest(tx: Tx, ids: Collection[int], last: int, platform: str = "widget") -> dict[int, list[Visible]]:
    """Of each of these conversations the ``last`` messages by number, oldest first, those taken back or coming among them."""
    rows = tx.execute(_NEWEST, {"ids": sorted(ids), "n": last, "platform": platform}).all()
    found: dict[int, list[Visible]] = {number: [] for number in ids}
    for row, one in zip(rows, _visible(tx, rows), strict=True):
        found[row.conversation_id].append(one)
    return found


def _visible(tx: Tx, rows: Sequence[Any]) -> list[Visible]:
    signs = _reactions(tx, [row.id for row in rows])
    borne = files.by_ids(tx, {row.file_id for row in rows if row.file_id is not None})
    answered = _answered(tx, {row.reply_to for row in rows if row.reply_to is not None})
    found: list[Visible] = []
    # By place: one commit may have news for thousands of streams, and to look up each column by name takes twice as long.
    for _, id_, seq, direction, author, kept, at, edited, deleted, delivered, file_id, reply_to, remote_id, reached in rows:
        one = Visible(
            seq=seq,
            direction="out" if direction == "out" else "in",  # a client on the black list is not told so
            author=author,
            kept=kept,
            at=Moment(at),
            remote_id=remote_id or "",
            reached=bool(reached),
            edited=edited,
            deleted=deleted is not None,
            coming=direction == "out" and delivered is None,
            mine=tuple(signs.get((id_, "client"), ())),
            theirs=tuple(signs.get((id_, "operator"), ())),
            file=borne.get(file_id) if file_id is not None else None,
            answers=answered.get(reply_to) if reply_to is not None else None,
        )
        found.append(one)
    return found


_REACTIONS = (
    select(reaction.c.message_id, reaction.c.side, reaction.c.emoji)
    .where(reaction.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(reaction.c.id)
)


def _reactions(tx: Tx, ids: list[int]) -> defaultdict[tuple[int, str], dict[str, None]]:
    """Signs by message and side, each once, the oldest first."""
    found: defaultdict[tuple[int, str], dict[str, None]] = defaultdict(dict)
    if ids:
        for row in tx.execute(_REACTIONS, {"ids": ids}):
            found[row.message_id, row.side][row.emoji] = None
    return found


_ANSWERED = select(message.c.id, message.c.seq, message.c.direction, message.c.shown_as, message.c.body).where(
    message.c.id.in_(bindparam("ids", expanding=True)), message.c.deleted_at.is_(None), _MAY_SEE
)


def _answered(tx: Tx, ids: set[int]) -> dict[int, Answered]:
    found: dict[int, Answered] = {}
    if ids:
        for row in tx.execute(_ANSWERED, {"ids": sorted(ids)}):
            text = " ".join(RichText.from_json(json.loads(row.body)).to_plain().split())
            shown = text if len(text) <= QUOTE else f"{text[: QUOTE - 1]}…"
            found[row.id] = Answered(row.seq, row.shown_as if row.direction == "out" else "", shown)
    return found


_UNREAD = (
    select(message.c.id)
    .where(
        message.c.conversation_id == bindparam("conversation_id"),
        message.c.seq <= bindparam("seq"),
        message.c.direction == "out",
        message.c.delivered_at.is_not(None),
        message.c.fate.in_(bindparam("fates", expanding=True)),
    )
    .order_by(message.c.seq.desc())
    .limit(bindparam("n"))
)


def without_fate(tx: Tx, conversation_id: ConversationId, upto_seq: int, fates: Sequence[str], limit: int) -> list[MessageId]:
    """Answers up to a number that have come only so far, the newest ``limit`` of them, oldest first."""
    values = {"conversation_id": conversation_id, "seq": upto_seq, "fates": list(fates), "n": limit}
    return [MessageId(found) for found in tx.execute(_UNREAD, values).scalars()][::-1]


def file_of(tx: Tx, conversation_id: ConversationId, file_id: int) -> File | None:
    """A file of a message the client may see; None when it is not his to see."""
    values = {"conversation_id": conversation_id, "file_id": file_id}
    if tx.execute(_BEARS, values).first() is None:
        return None
    return files.by_id(tx, file_id)


_BEARS = select(message.c.id).where(
    message.c.conversation_id == bindparam("conversation_id"),
    message.c.file_id == bindparam("file_id"),
    message.c.deleted_at.is_(None),
    _MAY_SEE,
)
