"""What follows from the end of a delivery: foreign ids are kept, marks and notices queued, lost threads healed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.delivery import erasing, letters
from bot.delivery.ports import Permanent, Sent
from bot.domain.actions import Button, Verb
from bot.domain.capabilities import DESKS
from bot.domain.ids import ConversationId, FileId, MessageId
from bot.domain.phrase import Phrase, capital
from bot.languages import in_language
from bot.store import blobs, conversations, fates, files, heal, journal, messages, mirrors, outbox, spread, team
from bot.store.lanes import Head
from bot.store.messages import Ref
from bot.store.mirrors import Mirror
from bot.store.outbox import Delivery
from bot.store.uow import Tx


def sent(tx: Tx, heads: Sequence[Head], outcome: Sent, chat: str, *, doubtful: bool = False) -> None:
    """The platform has it; ``heads`` went in one post. ``doubtful``: an earlier try may have arrived as well."""
    first = heads[0]
    mirror = _mirror(tx, first)
    if first.op == "topic" and mirror is not None:
        mirrors.place(tx, mirror, thread=outcome.remote_id)
    elif first.op == "card" and mirror is not None:
        _card_sent(tx, mirror, heads, outcome)
    elif first.op == "document":
        blobs.remove(tx, first.payload.get("blob", 0))
    elif first.op == "mail":
        letters.sent(tx, first, chat, doubtful=doubtful)
    elif first.op == "look":
        _looked(tx, first, chat, outcome.amiss)
    elif first.op == "remove":
        erasing.removed(tx, first, outcome.left)
    elif first.op == "words":
        for head in heads:
            _words_sent(tx, head, mirror, outcome, chat)
    elif first.op == "edit" and first.message_id is not None:
        _stands(tx, first, mirror, outcome, chat)


def _looked(tx: Tx, head: Head, chat: str, amiss: str) -> None:
    """Who added a room or forum is told in private whether it can be worked in."""
    asked = head.payload
    if amiss:
        words = Phrase("⚠️ {amiss}", amiss=amiss)
    elif head.lane.startswith("slack:"):
        words = Phrase("✅ Slack room {chat}: all is well, conversations can come there.", chat=chat)
    else:
        words = Phrase("✅ Telegram group {chat}: all is well, conversations can come there.", chat=chat)
    _privately(tx, asked["port"], asked["person"], words, {"person": asked["asked_by"]})


def _privately(tx: Tx, port: str, person: str, words: str, more: dict[str, object] | None = None) -> None:
    """Words for one person alone, in his language."""
    language = team.language_of_person(tx, port, person)
    payload: dict[str, object] = {"text": in_language(words, language), "thread": "", "language": language, **(more or {})}
    outbox.privately(tx, port, person, payload)


def _words_sent(tx: Tx, head: Head, mirror: Mirror | None, outcome: Sent, chat: str) -> None:
    _stands(tx, head, mirror, outcome, chat)
    tx.wake.add(f"widget:{head.conversation_id}")  # visible now, or at the team
    if mirror is not None:
        return
    message_id = MessageId(head.message_id or 0)
    messages.set_delivered(tx, [message_id])
    _let_copies_go(tx, head)
    fates.went(tx, message_id, "accepted")


def _stands(tx: Tx, head: Head, mirror: Mirror | None, outcome: Sent, chat: str) -> None:
    """Note where a part of a message stands; noted already is well too."""
    if not outcome.remote_id:
        return
    message_id = MessageId(head.message_id or 0)
    if mirror is not None:
        ref = Ref(message_id, head.part, mirror.platform, chat, mirror.thread, outcome.remote_id, origin=False)
    else:
        ref = Ref(message_id, head.part, spread.kind_of_lane(head.lane), chat, "", outcome.remote_id, origin=False)
    messages.add_ref(tx, ref)


def _let_copies_go(tx: Tx, head: Head) -> None:
    """An answer that could be taken back can be no more: the other desks get it now, in the order of the answers (R123)."""
    if not head.payload.get("copies"):
        return
    message_id = MessageId(head.message_id or 0)
    said, origin = messages.by_ids(tx, {message_id})[message_id], fates.origin(tx, message_id)
    shown_at = origin[0] if origin and not said.expanded else None
    spread.copies(tx, said.conversation_id, message_id, said.body, but=shown_at)


def _card_sent(tx: Tx, mirror: Mirror, heads: Sequence[Head], outcome: Sent) -> None:
    if mirror.card_ref:
        return
    thread = mirror.thread or outcome.remote_id
    mirror = mirrors.place(tx, mirror, thread=thread, card_ref=outcome.remote_id)
    if len(heads) > 1:
        joined = messages.by_ids(tx, {head.message_id for head in heads[1:] if head.message_id is not None})
        mirrors.set_opening(tx, mirror.id, mirror.opening_first, max(one.seq for one in joined.values()))
    for head in heads:
        if head.message_id is not None:
            messages.add_ref(
                tx, Ref(MessageId(head.message_id), 0, mirror.platform, mirror.chat, thread, outcome.remote_id, origin=False)
            )
            tx.wake.add(f"widget:{mirror.conversation_id}")


def topic_doubted(tx: Tx, head: Head, chat: str, name: str) -> None:
    """An earlier try may have made a topic too, which nobody will use; ``doctor`` names it, for a person to delete (F22)."""
    journal.add(
        tx,
        "topic unconfirmed",
        who="relaydesk",
        way="system",
        conversation_id=conversations.id_or_none(head.conversation_id),
        chat=chat,
        name=name,
    )


def healed(tx: Tx, head: Head, outcome: Permanent) -> bool:
    """Whether what was refused is queued anew in another way: in a new thread, or a first card without the client's words."""
    mirror = _mirror(tx, head)
    if mirror is None:
        return False
    if outcome.code == "thread_gone":
        heal.replace(tx, mirror)
        return True
    return _is_first_card(head, mirror) and heal.without_words(tx, mirror)


def waits(tx: Tx, head: Head, reason: str) -> None:
    """It is tried again later. Who asked for a letter hears of it, once."""
    if head.op == "mail" and head.error is None:
        letters.waits(tx, head, reason)


def keeps_waiting(tx: Tx, head: Head) -> bool:
    """Whether all that follows stands upon it, so that it can't be skipped: a topic, or the card that is a thread's root."""
    mirror = _mirror(tx, head)
    if mirror is None or mirror.thread:
        return False
    return head.op == "topic" or (_is_first_card(head, mirror) and not mirror.opening_first)


def kept_away(tx: Tx, head: Head, reason: str) -> None:
    """A desk can't be posted to until a person has mended it; the conversation's other desks say so (F33)."""
    if head.op == "remove":
        erasing.kept(tx, head, reason)
    mirror = _mirror(tx, head)
    if mirror is None:
        return
    name = DESKS[mirror.platform].name
    for other in mirrors.of_conversation(tx, mirror.conversation_id):
        if other.chat != mirror.chat:
            words = Phrase(
                "⚠️ {place} does not take this conversation's posts now, they wait. {reason}", place=name, reason=capital(reason)
            )
            spread.notice(tx, other, words)


def _is_first_card(head: Head, mirror: Mirror) -> bool:
    return head.op == "card" and head.lane == mirror.lane and not mirror.card_ref


def failed(tx: Tx, head: Head, outcome: Permanent) -> None:
    """It will never arrive. Somebody is told in words, with *Retry* where that may help (F33, F34)."""
    mirror = _mirror(tx, head)
    journal.add(
        tx,
        "not delivered",
        who="relaydesk",
        way="system",
        conversation_id=conversations.id_or_none(head.conversation_id),
        op=head.op,
        reason=outcome.reason,
    )
    if head.op == "mail":
        letters.failed(tx, head, outcome.reason)
    elif head.op == "remove":
        erasing.ended(tx, head)
    elif head.op == "words" and mirror is None:
        _let_copies_go(tx, head)
        fates.failed(tx, ConversationId(head.conversation_id or 0), MessageId(head.message_id or 0), outcome.reason, head.id)
    elif head.op == "fetch":
        files.refuse(tx, FileId(head.payload["file"]), outcome.reason, _language_of_file(tx, head))
        if "told" in head.payload:
            _not_kept(tx, head, outcome)
    elif head.op == "edit":
        _change_failed(tx, head, mirror, outcome)
    elif head.op == "document":
        blobs.remove(tx, head.payload.get("blob", 0))
        _file_failed(tx, head, outcome)
    elif is_otherwise(head):
        _tell_otherwise(tx, head)
    elif head.op == "notice" and mirror is None and head.payload.get("person"):
        _not_told(tx, head, outcome)
    elif mirror is not None and mirror.thread and (head.op == "words" or _is_first_card(head, mirror)):
        if head.op == "words":
            words = Phrase("⚠️ A message could not be shown here. {reason}", reason=outcome.reason)
        else:
            words = Phrase("⚠️ The card could not be shown here. {reason}", reason=outcome.reason)
        spread.notice(tx, mirror, words, buttons=(_retry(head),))


def _language_of_file(tx: Tx, head: Head) -> str:
    """Of those who read why a file is not here: the conversation's group, or who put it into a canned response."""
    if "told" in head.payload:
        return team.language_of_person(tx, *head.payload["told"])
    about = conversations.id_or_none(head.conversation_id)
    return team.language_of_talk(tx, about) if about is not None else ""


def _change_failed(tx: Tx, head: Head, mirror: Mirror | None, outcome: Permanent) -> None:
    """A message stands as it was before: whoever changed it is told, or a desk reads of it in a post of its own."""
    if not head.message_id:
        return
    said = messages.by_ids(tx, {head.message_id}).get(head.message_id)
    if said is None:
        return
    if mirror is not None:
        new = said.body.to_plain()
        changed = Phrase("✏️ {name} changed an earlier message. It says now:\n{words}", name=said.author, words=new)
        spread.notice(tx, mirror, new if said.deleted else changed)
        return
    if said.deleted:
        words = Phrase("⚠️ The client still sees this message. {reason}", reason=outcome.reason)
    else:
        words = Phrase("⚠️ The client still sees the words from before. {reason}", reason=outcome.reason)
    fates.say(tx, said.conversation_id, said.id, words, head.id)


def _file_failed(tx: Tx, head: Head, outcome: Permanent) -> None:
    """The person who asked for a file is told why it does not come."""
    port, person = head.lane.split(":")[:2]
    language = head.payload.get("language", "")
    words = Phrase("⚠️ {name} could not be sent. {reason}", name=head.payload["name"], reason=outcome.reason)
    payload = {"text": in_language(words, language), "thread": "", "language": language}
    outbox.queue(tx, Delivery(lane=head.lane, port=port, chat=person, op="notice", payload=payload))


def _not_kept(tx: Tx, head: Head, outcome: Permanent) -> None:
    """A canned response stands without the file that was sent with it: its author is told in private."""
    file = files.by_id(tx, head.payload["file"])
    if file is None:
        return
    port, person = head.payload["told"]
    words = Phrase("⚠️ {name} could not be kept with the canned response. {reason}", name=file.name, reason=outcome.reason)
    _privately(tx, port, person, words)


def _not_told(tx: Tx, head: Head, outcome: Permanent) -> None:
    """Somebody could not be told in private: the threads it was about say so, for him or whoever sees him first."""
    told = head.payload
    if told.get("jumps") == spread.LIVE:
        about = conversations.id_or_none(head.conversation_id)
        threads: Sequence[Mirror | None] = mirrors.of_conversation(tx, about) if about is not None else ()
    else:
        threads = [mirrors.at(tx, platform, chat, thread) for platform, chat, thread in told.get("jumps", ())]
    for mirror in threads:
        if mirror is not None:
            words = Phrase(
                "✉️ For {name}, who can't be told in private: {words}\n{reason}",
                name=told["person"],
                words=told["text"],
                reason=outcome.reason,
            )
            spread.notice(tx, mirror, words)


def is_otherwise(head: Head) -> bool:
    """Whether it is for one person in private, who has another platform to be told on."""
    return head.op == "notice" and head.mirror_id is None and bool(head.payload.get("otherwise"))


def _tell_otherwise(tx: Tx, head: Head) -> None:
    """Somebody can't be told in private on one platform: he is told on the other (R111)."""
    port, person = head.payload["otherwise"]
    payload = {name: value for name, value in head.payload.items() if name != "otherwise"}
    outbox.privately(tx, port, person, payload, about=conversations.id_or_none(head.conversation_id))


def _retry(head: Head) -> Button:
    return Button(Verb.RETRY, Phrase("Retry"), str(head.id))


def prepare(tx: Tx, heads: Sequence[Head]) -> None:
    """Load at once the mirrors these deliveries went to; a turn settles many."""
    tx.keep("effect_mirrors").update(mirrors.by_ids(tx, {head.mirror_id for head in heads if head.mirror_id is not None}))


def _mirror(tx: Tx, head: Head) -> Mirror | None:
    """The mirror as it was before this turn; a lane settles one delivery a turn, so that is as it is."""
    if head.mirror_id is None:
        return None
    known = tx.keep("effect_mirrors")
    if head.mirror_id not in known:
        known |= mirrors.by_ids(tx, {head.mirror_id})
    found: Mirror | None = known.get(head.mirror_id)
    return found
