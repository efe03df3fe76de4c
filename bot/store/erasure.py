"""Everything that is known of a client, and taking it away (R125).

Erasing is one transaction under the conversations' locks: whoever writes to the client, or hears of him, does so before or after.
What stands in the outbox is emptied in place, since a lane counts its deliveries. The copies on the desks follow through the
outbox, in lanes of their own; these deliveries hold nothing but where the copy stands.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, delete, func, or_, select, update

from bot.domain.ids import ClientId, ConversationId
from bot.domain.phrase import Phrase, in_table
from bot.store import conversations, files, outbox, secrets
from bot.store.outbox import Delivery
from bot.store.scrub import scrub
from bot.store.tables import (
    blacklist,
    channel,
    client,
    client_identity,
    client_note,
    conversation,
    delivery,
    desk,
    due,
    journal,
    lane,
    message,
    message_ref,
    message_tag,
    mirror,
    pin,
    reaction,
)
from bot.store.uow import Tx

PATIENCE = 5_000
"""Milliseconds a removal lets posts go first."""
OPEN = ("pending", "sending")


@dataclass(frozen=True, slots=True)
class Thread:
    """A copy on a desk: a Slack thread or a Telegram topic."""

    platform: str
    chat: str
    thread: str

    @property
    def port(self) -> str:
        """The port that can remove it."""
        return "slack" if self.platform == "slack" else "telegram-desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What there is of a client. ``letters``: how often a conversation went out by e-mail, where nobody can take it back."""

    client_id: ClientId
    name: str
    conversations: tuple[ConversationId, ...]
    identities: tuple[tuple[str, str], ...]
    messages: int
    notes: int
    letters: int
    threads: tuple[Thread, ...]
    blacklisted: bool


def traces(tx: Tx, client_id: ClientId) -> Traces | None:
    """What there is of the client; None when there is no such client."""
    name = tx.execute(select(client.c.name).where(client.c.id == client_id)).scalar()
    if name is None:
        return None
    talks = tx.execute(
        select(conversation.c.id, channel.c.kind, channel.c.name, conversation.c.external_id)
        .join(channel, channel.c.id == conversation.c.channel_id)
        .where(conversation.c.client_id == client_id)
        .order_by(conversation.c.id)
    ).all()
    ids = [talk.id for talk in talks]
    places = (
        select(desk.c.platform, desk.c.chat, mirror.c.thread)
        .join(desk, desk.c.id == mirror.c.desk_id)
        .where(mirror.c.conversation_id.in_(ids), mirror.c.thread != "")
        .order_by(mirror.c.id)
    )
    return Traces(
        client_id=client_id,
        name=name,
        conversations=tuple(ConversationId(one) for one in ids),
        identities=tuple(
            dict.fromkeys([(f"{talk.kind}:{talk.name}", talk.external_id) for talk in talks] + _others(tx, client_id))
        ),
        messages=_count(tx, message.c.conversation_id.in_(ids)),
        notes=_count(tx, client_note.c.client_id == client_id),
        letters=_count(tx, journal.c.conversation_id.in_(ids), journal.c.what == "e-mailed"),
        threads=tuple(dict.fromkeys(Thread(row.platform, row.chat, row.thread) for row in tx.execute(places))),
        blacklisted=bool(_count(tx, blacklist.c.client_id == client_id)),
    )


def _others(tx: Tx, client_id: ClientId) -> list[tuple[str, str]]:
    """The other ids a channel knows the client by."""
    query = (
        select(channel.c.kind, channel.c.name, client_identity.c.external_id)
        .join(channel, channel.c.id == client_identity.c.channel_id)
        .where(client_identity.c.client_id == client_id)
        .order_by(client_identity.c.id)
    )
    return [(f"{row.kind}:{row.name}", row.external_id) for row in tx.execute(query)]


def _count(tx: Tx, *where: ColumnElement[bool]) -> int:
    number: int = tx.execute(select(func.count()).where(*where)).scalar_one()
    return number


def lock(tx: Tx, traces: Traces) -> bool:
    """Hold still all that is about the client. False when something of his is being sent, so that it can't be erased now."""
    for conversation_id in traces.conversations:
        conversations.by_id(tx, conversation_id)
    if tx.postgres:
        theirs = select(delivery.c.lane).where(_theirs(traces), delivery.c.state.in_(OPEN))
        tx.execute(select(lane.c.key).where(lane.c.key.in_(theirs)).order_by(lane.c.key).with_for_update()).all()
    return not _count(tx, _theirs(traces), delivery.c.state == "sending")


def _theirs(traces: Traces) -> ColumnElement[bool]:
    return delivery.c.conversation_id.in_(traces.conversations)


def erase(tx: Tx, traces: Traces, *, raw: bool) -> None:
    """Take all of it out of the store. The client must be locked.

    ``raw``: go through updates and private notices as well, which no key leads to; else they go with their time (7 and 30 days).
    """
    if raw:
        scrub(
            tx,
            [one for _, one in traces.identities],
            [(one.platform, one.chat, one.thread) for one in traces.threads],
            traces.conversations,
        )
    ids = list(traces.conversations)
    over = case((delivery.c.state.in_(("pending", "dead")), "cancelled"), else_=delivery.c.state)
    tx.execute(
        update(delivery)
        .where(_theirs(traces))
        .values(
            state=over,
            finished_at=func.coalesce(delivery.c.finished_at, tx.now),
            conversation_id=None,
            mirror_id=None,
            message_id=None,
            payload="{}",
            error=None,
        )
    )
    _rename_lanes(tx, ids)
    said = select(message.c.id).where(message.c.conversation_id.in_(ids))
    tx.execute(delete(message_tag).where(message_tag.c.message_id.in_(said)))
    tx.execute(delete(message_ref).where(message_ref.c.message_id.in_(said)))
    tx.execute(delete(reaction).where(reaction.c.message_id.in_(said)))
    files.remove_of(tx, ids)
    tx.execute(delete(message).where(message.c.conversation_id.in_(ids)))
    tx.execute(delete(due).where(due.c.conversation_id.in_(ids)))
    tx.execute(delete(mirror).where(mirror.c.conversation_id.in_(ids)))
    _anonymise(tx, ids)
    tx.execute(delete(conversation).where(conversation.c.id.in_(ids)))
    for table in (client_note, pin, blacklist, client_identity):
        tx.execute(delete(table).where(table.c.client_id == traces.client_id))
    tx.execute(delete(client).where(client.c.id == traces.client_id))
    for name in ("conversations", "conversation_keys", "changed_conversations", "mirrors"):
        tx.keep(name).clear()


def _rename_lanes(tx: Tx, ids: Sequence[int]) -> None:
    """The lanes to the client himself bear his address at the channel; nothing else uses them."""
    ends = select(conversation.c.channel_id, conversation.c.external_id).where(conversation.c.id.in_(ids))
    for row in tx.execute(ends).all():
        whose = lane.c.chat == row.external_id, lane.c.key.endswith(f":{row.channel_id}:{row.external_id}", autoescape=True)
        for key in tx.execute(select(lane.c.key).where(*whose)).scalars().all():
            fresh = f"erased:{random.token_hex(8)}"
            tx.execute(update(delivery).where(delivery.c.lane == key).values(lane=fresh))
            tx.execute(update(lane).where(lane.c.key == key).values(key=fresh, chat=""))


def _anonymise(tx: Tx, ids: Sequence[int]) -> None:
    """What operators did stays on record (R29), but not with whom."""
    who = case((journal.c.way.startswith("client:"), "a client"), else_=journal.c.who)
    tx.execute(update(journal).where(journal.c.conversation_id.in_(ids)).values(conversation_id=None, who=who, details="{}"))


def proof(tx: Tx, traces: Traces) -> list[str]:
    """One keyed digest for each of the client's identities: who knows the identity can tell that it was erased, nobody else."""
    key = secrets.shared(tx, "erasure").encode()
    return [hmac.new(key, f"{where}:{who}".encode(), hashlib.sha256).hexdigest() for where, who in traces.identities]


@dataclass(frozen=True, slots=True)
class Asker:
    """Whom to tell in private when the copies are gone."""

    port: str
    person: str


def remove_copies(tx: Tx, threads: Sequence[Thread], asker: Asker | None) -> str:
    """Queue the removal of the copies; the receipt's number."""
    receipt = random.token_hex(8)
    for number, copy in enumerate(threads):
        payload: dict[str, object] = {"thread": copy.thread, "platform": copy.platform, "receipt": receipt}
        if asker is not None:
            payload["asker"] = [asker.port, asker.person]
        outbox.queue(
            tx,
            Delivery(
                lane=f"remove:{copy.port}:{copy.chat}:{copy.thread}",
                port=copy.port,
                chat=copy.chat,
                op="remove",
                payload=payload,
                idem_key=f"remove:{receipt}:{number}",
                patience=PATIENCE if tx.policy.card_debounce else 0,
            ),
        )
    return receipt


@dataclass(frozen=True, slots=True)
class Copy:
    """A removal. ``left``: posts of other people that stay; ``error`` why it failed, empty when it has not."""

    thread: Thread
    is_open: bool
    left: int
    error: str
    asker: Asker | None


def copies(tx: Tx, receipt: str) -> list[Copy]:
    """How the removals of one receipt stand."""
    query = (
        select(delivery.c.state, delivery.c.error, delivery.c.payload, lane.c.chat)
        .join(lane, lane.c.key == delivery.c.lane)
        .where(delivery.c.idem_key.startswith(f"remove:{receipt}:"))
        .order_by(delivery.c.id)
    )
    found: list[Copy] = []
    for row in tx.execute(query):
        told = json.loads(row.payload)
        thread = Thread(told["platform"], row.chat, told["thread"])
        failed = in_table(row.error) if row.error else Phrase("it could not be removed")
        error = failed if row.state == "dead" else ""
        asker = Asker(*told["asker"]) if "asker" in told else None
        found.append(Copy(thread, row.state in OPEN, told.get("left", 0), error, asker))
    return found


def note_left(tx: Tx, delivery_id: int, payload: dict[str, object], left: int) -> None:
    """So many posts of other people stay in the thread this removal was about."""
    if left:
        whole = json.dumps({**payload, "left": left}, ensure_ascii=False)
        tx.execute(update(delivery).where(delivery.c.id == delivery_id).values(payload=whole))


def found(tx: Tx, words: str, most: int) -> list[tuple[ClientId, str]]:
    """Clients by number (``#12``), by a phone number or a channel's id, or by the beginning of a name; id and name."""
    query = select(client.c.id, client.c.name).order_by(client.c.id.desc()).limit(most)
    bare = words.strip()
    digits = "".join(char for char in bare if char not in " +-().")
    if bare.startswith("#") and bare[1:].isdecimal() and len(bare) < 18:
        query = query.where(client.c.id == int(bare[1:]))
    elif digits.isdecimal() and len(digits) >= 5:
        talks = select(conversation.c.client_id).where(conversation.c.external_id.in_((digits, f"+{digits}")))
        query = query.where(or_(client.c.id.in_(talks), client.c.identifiers.contains(digits)))
    else:
        forms = {bare, bare.lower(), bare.upper(), bare.title(), bare.capitalize()}
        names = (client.c.name, client.c.original_name)
        query = query.where(or_(*(name.startswith(form, autoescape=True) for name in names for form in sorted(forms))))
    return [(ClientId(row.id), row.name) for row in tx.execute(query)] if bare else []
