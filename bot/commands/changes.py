"""A message is changed, taken back or reacted to, by a client or an operator (R33, R35, F37-F44)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import window
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.context import Place
from bot.commands.notice import port_of, tell
from bot.commands.perform import Context, perform
from bot.domain import conversation as moves
from bot.domain.actions import Verb
from bot.domain.capabilities import CHANNELS, Capability
from bot.domain.conversation import Direction
from bot.domain.errors import AnotherFile, Blacklisted, NoMessage, NotANote, NotYourMessage, TooOldToChange, WrittenForYou
from bot.domain.files import Attachment, body_of
from bot.domain.ids import MessageId, Moment
from bot.domain.people import Actor
from bot.domain.phrase import Phrase, joined
from bot.domain.text import RichText, join
from bot.domain.words import is_note, typed_verb
from bot.store import changes, conversations, files, journal, messages, mirrors, reactions, spread, team
from bot.store.messages import Message
from bot.store.mirrors import Mirror
from bot.store.uow import Tx

HOUR_MS = 3_600_000


# By a client ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """A client's message, or one he reacts to, as his channel names it. See :class:`bot.commands.receive.Received`."""

    channel_kind: str
    external_id: str
    remote_id: str


def client_changed(tx: Tx, spot: Spot, text: RichText, rev: Moment, file: Attachment | None = None) -> bool:
    """A client has edited his words (of a file its caption) at ``rev``. False when we don't know the message (any more).

    ``file`` is what the message bears now, where a channel lets it be another one: then it is False too, for that is a new one.
    """
    found = _all_of_client(tx, spot)
    said = _with_words(found)
    if said is None or _is_another_file(tx, found, file):
        return False
    _rewrite(tx, said, text, rev, but=None, shows=said.direction is Direction.IN)
    return True


def client_deleted(tx: Tx, spot: Spot) -> bool:
    """A client has deleted a message: the desks say so in its place. False when we don't know it (any more)."""
    said = _of_client(tx, spot)
    if said is None:
        return False
    if _take_back(tx, said) and said.direction is Direction.IN:
        journal.add(
            tx, "deleted a message", who=said.author, way=f"client:{spot.channel_kind}", conversation_id=said.conversation_id
        )
        changes.on_desks(tx, said, said.body, but=None)
    return True


def client_reacted(tx: Tx, spot: Spot, emoji: tuple[str, ...]) -> None:
    """These are now all the reactions of a client to a message of his conversation; what we don't know is passed over."""
    number = messages.at(tx, spot.channel_kind, spot.external_id, spot.remote_id)
    said = messages.by_ids(tx, {number}).get(number) if number is not None else None
    if said is None or said.direction is Direction.UNHEARD:
        return
    if reactions.replace(tx, said.id, "client", spot.external_id, emoji):
        tx.wake.add(f"widget:{said.conversation_id}")
        changes.reactions(tx, said)


def _of_client(tx: Tx, spot: Spot) -> Message | None:
    return _with_words(_all_of_client(tx, spot))


def _all_of_client(tx: Tx, spot: Spot) -> list[Message]:
    refs = messages.refs_at(tx, spot.channel_kind, spot.external_id, spot.remote_id)
    return list(messages.by_ids(tx, {int(ref.message_id) for ref in refs if ref.origin}).values())


def _with_words(found: list[Message]) -> Message | None:
    """Of what was sent at once, the message that bears the words: the first that is no file, else the first."""
    return min(found, key=lambda one: (one.file_id is not None, one.seq), default=None)


def _is_another_file(tx: Tx, found: list[Message], file: Attachment | None) -> bool:
    """Whether a file was put in the place of another, by what the platform tells one from another by (``unique``)."""
    unique = file.ref.get("unique") if file is not None else None
    if not unique:
        return False
    kept = files.by_ids(tx, {one.file_id for one in found if one.file_id is not None})
    return all(one.ref.get("unique") != unique for one in kept.values())


# By an operator ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rewrote:
    """An operator has changed what he wrote in a thread; ``at`` when. An empty text is a caption that was taken away.

    ``file``  what it bears now, where the platform lets it be another one
    """

    actor: Actor
    place: Place
    remote_id: str
    text: RichText
    at: Moment
    file: Attachment | None = None


def operator_changed(tx: Tx, new: Rewrote) -> None:
    """The client and the other desks get the new words, where the channel can; what can't be is told to the operator alone."""
    if mirrors.at(tx, new.place.platform, new.place.chat, new.place.thread) is None:
        return
    _told(tx, new.actor, new.place, new.remote_id, perform(tx, new.actor, new.place, lambda context: _changed(tx, context, new)))


def operator_deleted(tx: Tx, actor: Actor, place: Place, remote_id: str, *, files: frozenset[str] = frozenset()) -> None:
    """What an operator wrote is gone from the thread: it goes from where it was copied to as well.

    ``files``  of what was sent at once only these, by the platform's ids (``id`` of an attachment's ``ref``)
    """
    if mirrors.at(tx, place.platform, place.chat, place.thread) is None or not _written(tx, place, remote_id):
        return
    _told(tx, actor, place, None, perform(tx, actor, place, lambda context: _deleted(tx, context, place, remote_id, files)))


def _told(tx: Tx, actor: Actor, place: Place, remote_id: str | None, answer: Answer) -> None:
    if answer.text:
        tell(tx, port_of(place.platform), place, answer.text, actor.external_id, remote_id)


def _written(tx: Tx, place: Place, remote_id: str) -> list[Message]:
    """What an operator wrote in one post, in order."""
    ids = {int(ref.message_id) for ref in messages.refs_at(tx, place.platform, place.chat, remote_id) if ref.origin}
    return sorted(messages.by_ids(tx, ids).values(), key=lambda one: one.seq)


def _changed(tx: Tx, context: Context, new: Rewrote) -> Answer:
    found = _written(tx, new.place, new.remote_id)
    said = _with_words(found)
    plain = new.text.to_plain()
    if said is None:
        if is_note(plain) or typed_verb(new.place.platform, plain) is not None:
            return Answer("")
        raise TooOldToChange
    if said.author_id != context.operator.id:
        raise NotYourMessage(name=said.author)
    if said.expanded:
        raise WrittenForYou
    if _is_another_file(tx, found, new.file):
        raise AnotherFile
    if said.direction is Direction.OUT and (is_note(plain) or typed_verb(new.place.platform, plain) is not None):
        raise NotANote
    if said.file_id is None and not plain.strip():
        return Answer("")
    to_client = said.direction is Direction.OUT
    if to_client and context.conversation.blacklisted:
        raise Blacklisted
    if not _rewrite(tx, said, new.text, new.at, but=context.mirror, shows=True) or not to_client:
        return Answer("")
    context.journal(tx, "edited", message=said.id)
    kind = team.channel_by_id(tx, context.conversation.channel_id).kind
    now = messages.by_ids(tx, {said.id})[said.id]
    if CHANNELS[kind].edits:
        changes.at_client(tx, context.conversation, kind, said, now.body)
        return Answer("")
    return _send_after(tx, context, kind, said, now, new)


def _send_after(tx: Tx, context: Context, kind: str, said: Message, now: Message, new: Rewrote) -> Answer:
    """Where nothing sent can be changed: what still waits goes changed, else the new words follow as a message of their own."""
    if changes.waits(tx, context.conversation, kind, said):
        return Answer("")
    window.must_be_open(tx, context.conversation)
    body = join([RichText.plain("✏️"), new.text]) if new.text.to_plain().strip() else RichText.plain("✏️ –")
    noted = moves.say(context.conversation, Direction.OUT, tx.now)
    follow = messages.add(
        tx,
        conversation_id=noted.id,
        seq=noted.last_seq,
        direction=Direction.OUT,
        author=said.author,
        author_id=said.author_id,
        shown_as=said.shown_as,
        body=body,
        at=tx.now,
        action_key=f"{new.place.platform}:{new.place.chat}:{new.remote_id}:edit:{new.at}",
        reply_to=said.id,
    )
    if follow is None:
        return Answer("")
    conversations.save(tx, noted)
    spread.to_client(tx, noted, kind, follow, body)
    return Answer(
        Phrase(
            "{channel} can't change what was sent. The client gets your new words as another message, marked ✏️.",
            channel=CHANNELS[kind].name,
        )
    )


def _deleted(tx: Tx, context: Context, place: Place, remote_id: str, only: frozenset[str]) -> Answer:
    found = _written(tx, place, remote_id)
    if only:
        borne = files.by_ids(tx, {one.file_id for one in found if one.file_id is not None})
        found = [one for one in found if one.file_id in borne and borne[one.file_id].ref.get("id") in only]
    return _delete(tx, context, found, gone_here=True)


def _delete(tx: Tx, context: Context, found: list[Message], *, gone_here: bool) -> Answer:
    """Take messages back everywhere; ``gone_here``: the operator has deleted them in his own thread already."""
    kept: list[str] = []
    for said in found:
        refs = [ref for ref in messages.refs_of(tx, said.id) if ref.origin]
        if not _take_back(tx, said):
            continue
        context.journal(tx, "deleted a message", message=said.id)
        changes.on_desks(tx, said, said.body, but=context.mirror if gone_here or refs else None)
        if not gone_here and context.mirror is not None:
            for ref in refs:
                changes.remove_post(tx, context.mirror, ref.remote_id)
        if said.direction is Direction.OUT:
            kept += _take_from_client(tx, context, said)
    return Answer(joined(" ", dict.fromkeys(kept)))


def _take_from_client(tx: Tx, context: Context, said: Message) -> list[str]:
    kind = team.channel_by_id(tx, context.conversation.channel_id).kind
    channel = CHANNELS[kind]
    if changes.waits(tx, context.conversation, kind, said):
        return []
    if reason := _too_late(channel, said, tx.now):
        return [reason]
    changes.at_client(tx, context.conversation, kind, said, said.body)
    return []


def _too_late(channel: Capability, said: Message, now: Moment) -> str:
    if not channel.deletes:
        return Phrase("{channel} can't take back what was sent. The client still sees this message.", channel=channel.name)
    if channel.delete_hours and now - said.at > channel.delete_hours * HOUR_MS:
        return Phrase(
            "{channel} takes a message back only within {hours} hours. The client still sees this message.",
            channel=channel.name,
            hours=channel.delete_hours,
        )
    return ""


def delete(tx: Tx, context: Context, asked: Asked) -> Answer:
    """``/delete`` in answer to a message of one's own, where the platform does not tell of deletions (Telegram).

    Raises ``NoMessage`` or ``NotYourMessage``.
    """
    here = context.here
    number = next((found for one in asked.about if (found := messages.at(tx, here.platform, here.chat, one)) is not None), None)
    said = messages.by_ids(tx, {number}).get(number) if number is not None else None
    if said is None or said.conversation_id != context.conversation.id or said.direction is Direction.IN:
        raise NoMessage
    if said.author_id != context.operator.id:
        raise NotYourMessage(name=said.author)
    answer = _delete(tx, context, [said], gone_here=False)
    if answer.text:
        return answer
    return Answer(Phrase("Deleted, here and for the client.") if said.direction is Direction.OUT else Phrase("Deleted."))


# Both ----------------------------------------------------------------------------------------------------------------


def _rewrite(tx: Tx, said: Message, text: RichText, rev: Moment, *, but: Mirror | None, shows: bool) -> bool:
    """Keep the new words, unless newer ones are kept (F40), and let the desks show them. Whether anything has changed."""
    file = files.by_id(tx, said.file_id) if said.file_id is not None else None
    body = body_of(file, text, team.saying(tx, said.conversation_id))
    if body == said.body or not messages.change(tx, said.id, body, rev):
        return False
    if file is not None:
        files.set_caption(tx, file.id, text)
    tx.wake.add(f"widget:{said.conversation_id}")
    if shows:
        changes.on_desks(tx, said, body, but=but)
    return True


def _take_back(tx: Tx, said: Message) -> bool:
    if said.file_id is not None:
        files.drop(tx, said.file_id)
    tx.wake.add(f"widget:{said.conversation_id}")
    return messages.take_back(tx, said)


# Reactions -----------------------------------------------------------------------------------------------------------


def operator_reacted(tx: Tx, context: Context, message_id: MessageId, emoji: str, *, added: bool) -> None:
    """An operator's reaction to a client's words goes to the client, when the conversation is his and the channel has such."""
    if not reaches_client(tx, context, message_id):
        return
    act = reactions.add if added else reactions.remove
    if act(tx, message_id, "operator", str(context.operator.id), emoji):
        said = messages.by_ids(tx, {message_id})[message_id]
        kind = team.channel_by_id(tx, context.conversation.channel_id).kind
        changes.to_client(tx, context.conversation, kind, said, "react")


def reaches_client(tx: Tx, context: Context, message_id: MessageId) -> bool:
    """Whether this operator's reaction to a message is for the client to see."""
    said = messages.by_ids(tx, {message_id}).get(message_id)
    if said is None or said.direction is not Direction.IN or context.conversation.operator_id != context.operator.id:
        return False
    kind = team.channel_by_id(tx, context.conversation.channel_id).kind
    return CHANNELS[kind].reactions and not context.conversation.blacklisted


VERBS = {Verb.DELETE: delete}
