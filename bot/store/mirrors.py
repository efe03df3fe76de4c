"""Mirrors: the copy of a conversation on a desk, a Slack thread or a Telegram topic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import bindparam, insert, select, update

from bot.domain.card import CONTINUED
from bot.domain.group_settings import language_in
from bot.domain.ids import ConversationId, DeskId, MirrorId
from bot.store import team
from bot.store.tables import delivery, desk, group, message, mirror
from bot.store.team import Desk
from bot.store.uow import Tx, values


@dataclass(frozen=True, slots=True)
class Mirror:
    """A conversation's place on a desk. ``thread`` and ``card_ref`` are empty until the platform has made them.

    ``opening_first`` to ``opening_last`` number the messages whose words the card itself carries. ``retired``: the talk goes
    on in another thread, ``pointer`` says where. ``settings`` are those of the desk's group, as the store keeps them.
    """

    id: MirrorId
    conversation_id: ConversationId
    desk_id: DeskId
    platform: str
    chat: str
    thread: str
    card_ref: str
    opening_first: int
    opening_last: int
    pointer: str
    retired: bool = False
    settings: str = "{}"

    @property
    def language(self) -> str:
        """In which our own words stand there: its group's."""
        return language_in(self.settings)

    @property
    def port(self) -> str:
        """The name of the port that posts there."""
        return "slack" if self.platform == "slack" else "telegram-desk"

    @property
    def lane(self) -> str:
        """The lane that keeps this thread's order."""
        return f"{self.port}:{self.chat}:m{self.id}"


COLUMNS = (
    mirror.c.id,
    mirror.c.conversation_id,
    mirror.c.desk_id,
    desk.c.platform,
    desk.c.chat,
    mirror.c.thread,
    mirror.c.card_ref,
    mirror.c.opening_first,
    mirror.c.opening_last,
    mirror.c.pointer,
    mirror.c.retired_at.is_not(None).label("retired"),
    group.c.settings,
)
_MIRROR = select(*COLUMNS).join(desk, desk.c.id == mirror.c.desk_id).join(group, group.c.id == desk.c.group_id)
_OF = _MIRROR.where(mirror.c.conversation_id == bindparam("conversation_id"), mirror.c.retired_at.is_(None)).order_by(mirror.c.id)
_AT = _MIRROR.where(
    desk.c.platform == bindparam("platform"), desk.c.chat == bindparam("chat"), mirror.c.thread == bindparam("thread")
).order_by(mirror.c.id.desc())
_BY_IDS = _MIRROR.where(mirror.c.id.in_(bindparam("ids", expanding=True)))


def of_conversation(tx: Tx, conversation_id: ConversationId) -> list[Mirror]:
    """The live mirrors; kept at hand within the transaction."""
    known = tx.keep("mirrors")
    if conversation_id not in known:
        flush(tx)
        known[conversation_id] = [Mirror(*values(row)) for row in tx.execute(_OF, {"conversation_id": conversation_id})]
    found: list[Mirror] = known[conversation_id]
    return found


def at(tx: Tx, platform: str, chat: str, thread: str) -> Mirror | None:
    """The mirror in a thread, live or retired; None when the thread is no mirror."""
    if not thread:
        return None
    flush(tx)
    row = tx.execute(_AT, {"platform": platform, "chat": chat, "thread": thread}).first()
    return Mirror(*values(row)) if row else None


_AT_CARD = _MIRROR.where(
    desk.c.platform == bindparam("platform"), desk.c.chat == bindparam("chat"), mirror.c.card_ref == bindparam("card_ref")
)


def at_card(tx: Tx, platform: str, chat: str, card_ref: str) -> Mirror | None:
    """The mirror whose card is this post."""
    flush(tx)
    row = tx.execute(_AT_CARD, {"platform": platform, "chat": chat, "card_ref": card_ref}).first()
    return Mirror(*values(row)) if row else None


def of_message(tx: Tx, message_id: int) -> list[Mirror]:
    """The live mirrors of the conversation a message belongs to."""
    conversation_id = tx.execute(select(message.c.conversation_id).where(message.c.id == message_id)).scalar_one()
    return of_conversation(tx, conversation_id)


BEING_MADE_MS = 30_000
_BEING_MADE = (
    select(delivery.c.id)
    .join(mirror, mirror.c.id == delivery.c.mirror_id)
    .join(desk, desk.c.id == mirror.c.desk_id)
    .where(delivery.c.state == "sending", delivery.c.intent_at > bindparam("since"), mirror.c.thread == "")
    .where(desk.c.platform == bindparam("platform"), desk.c.chat == bindparam("chat"))
    .limit(1)
)


def is_being_made(tx: Tx, platform: str, chat: str) -> bool:
    """Whether a thread has been asked for in this chat just now and the answer is still to come.

    People may see it, and write in it, before we know its id.
    """
    flush(tx)
    asked = {"platform": platform, "chat": chat, "since": tx.now - BEING_MADE_MS}
    return tx.execute(_BEING_MADE, asked).first() is not None


def were_at(tx: Tx, conversation_id: ConversationId, desk_id: DeskId) -> bool:
    """Whether a conversation has, or had, a thread on this desk."""
    flush(tx)
    query = select(mirror.c.id).where(
        mirror.c.conversation_id == conversation_id, mirror.c.desk_id == desk_id, mirror.c.thread != ""
    )
    return tx.execute(query.limit(1)).first() is not None


def by_ids(tx: Tx, ids: set[int]) -> dict[int, Mirror]:
    """Mirrors by id, live or retired."""
    flush(tx)
    return {row.id: Mirror(*values(row)) for row in tx.execute(_BY_IDS, {"ids": sorted(ids)})} if ids else {}


_ADD = insert(mirror).returning(mirror.c.id)


def add(tx: Tx, conversation_id: ConversationId, home: Desk, *, opening: int, pointer: str = "") -> Mirror:
    """A new mirror, still without a thread; its card will carry message number ``opening``."""
    row = {
        "conversation_id": conversation_id,
        "desk_id": home.id,
        "opening_first": opening,
        "opening_last": opening,
        "pointer": pointer,
        "created_at": tx.now,
    }
    mirror_id = MirrorId(tx.execute(_ADD, row).scalar_one())
    settings = team.settings_of(tx, home.group_id).to_json()
    fresh = Mirror(
        mirror_id, conversation_id, home.id, home.platform, home.chat, "", "", opening, opening, pointer, settings=settings
    )
    known = tx.keep("mirrors")
    if conversation_id in known:
        known[conversation_id] = [*known[conversation_id], fresh]
    return fresh


def retire(tx: Tx, old: Mirror, pointer: str = CONTINUED) -> bool:
    """The thread is gone or replaced; whether it was live until now. ``pointer`` says on its card where the talk went on."""
    left = update(mirror).where(mirror.c.id == old.id, mirror.c.retired_at.is_(None))
    done = tx.execute(left.values(retired_at=tx.now, pointer=pointer))
    tx.keep("mirrors").pop(old.conversation_id, None)
    return done.rowcount == 1


_PLACE = (
    update(mirror).where(mirror.c.id == bindparam("row_id")).values(thread=bindparam("to_thread"), card_ref=bindparam("to_card"))
)


def place(tx: Tx, found: Mirror, *, thread: str | None = None, card_ref: str | None = None) -> Mirror:
    """The platform has made the thread or the card. Written by :func:`flush`, with those of others that were made."""
    placed = replace(
        found,
        thread=thread if thread is not None else found.thread,
        card_ref=card_ref if card_ref is not None else found.card_ref,
    )
    tx.keep("placed_mirrors")[found.id] = {"row_id": found.id, "to_thread": placed.thread, "to_card": placed.card_ref}
    tx.at_end(flush)
    tx.keep("mirrors").pop(found.conversation_id, None)
    return placed


def flush(tx: Tx) -> None:
    """Write what the platforms have made; whoever reads mirrors here calls it first."""
    if placed := tx.keep("placed_mirrors"):
        tx.execute_many(_PLACE, [placed[key] for key in sorted(placed)])
        placed.clear()


def set_opening(tx: Tx, mirror_id: MirrorId, first: int, last: int) -> None:
    """Which messages' words the card carries; 0 to 0 = none."""
    tx.execute(update(mirror).where(mirror.c.id == mirror_id).values(opening_first=first, opening_last=last))


def widen_opening(tx: Tx, mirror_id: int, last: int) -> None:
    """The card carries the messages up to number ``last`` as well."""
    tx.execute(update(mirror).where(mirror.c.id == mirror_id).values(opening_last=last))
