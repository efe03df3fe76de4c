"""What an operator's words become: words for the client, a note, or words to hold (R25)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.commands import inbox, window
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.menu import token_of
from bot.commands.perform import Context
from bot.commands.recall import send
from bot.domain import conversation as moves
from bot.domain.actions import Button, Verb, row_of
from bot.domain.approved import Approved
from bot.domain.capabilities import CHANNELS, DESKS
from bot.domain.card import has_moved
from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.errors import AlreadyStarted, Blacklisted, Decided, FileRefused, HasMoved, NotYourText, StaleCard
from bot.domain.files import CAPTION, Attachment, body_of, tidy, too_large_to_fetch, why_not
from bot.domain.ids import MessageId, Moment, OperatorId
from bot.domain.people import Actor, Signature
from bot.domain.permissions import Permission, authorise
from bot.domain.phrase import Phrase, joined
from bot.domain.text import EMPTY, RichText, join, utf16_len
from bot.domain.words import is_note
from bot.store import conversations, files, messages, mirrors, spread, team
from bot.store.messages import Message, Ref
from bot.store.mirrors import Mirror
from bot.store.uow import Tx


@dataclass(frozen=True, slots=True)
class Wrote:
    """What somebody wrote in a thread on a desk.

    ``remote_id``  the platform's id of the message; ``reply_to`` that of the message it answers, where a platform knows
    ``expanded``   the text stands in the place of what was written (a canned response), so that it shows here as well
    ``files``      what was sent along; the text goes with the first
    """

    actor: Actor
    place: Place
    remote_id: str
    text: RichText
    at: Moment
    reply_to: str = ""
    expanded: bool = False
    files: tuple[Attachment, ...] = ()


def say(tx: Tx, context: Context, said: Wrote) -> Answer:
    """Words in a thread: a note, words for the client, or words to hold."""
    before = _album_before(tx, context, said)
    if is_note(said.text.words) or any(one.direction is Direction.NOTE for one in before):
        return note(tx, context, said, said.text)
    conversation = context.conversation
    mine = conversation.status is Status.INBOX and conversation.operator_id == context.operator.id
    if mine and window.is_open(tx, conversation):
        refuse_files(tx, context, said.files)
        for message_id, body in _keep_all(tx, context, said, Direction.OUT):
            now = conversations.by_id(tx, conversation.id)
            send(tx, context, now, message_id, body, at=(context.here, said.remote_id), expanded=said.expanded)
        return Answer("")
    return _hold(tx, context, said, asked=any(one.direction is Direction.HELD for one in before))


def _album_before(tx: Tx, context: Context, said: Wrote) -> list[Message]:
    """What the operator has sent before as part of the same album. What is said of one file of it is said of those after."""
    name = said.files[0].ref.get("album") if said.files else None
    if not name:
        return []
    kept = messages.bearing(tx, files.album(tx, context.conversation.id, name))
    return [one for one in kept if one.author_id == context.operator.id]


def refuse_files(tx: Tx, context: Context, sent: Sequence[Attachment]) -> None:
    """Raises ``FileRefused`` for a file the client's channel, or this house, does not take: then nothing of it goes."""
    if not sent:
        return
    channel = CHANNELS[team.channel_by_id(tx, context.conversation.channel_id).kind]
    for one in sent:
        fetch = too_large_to_fetch(DESKS[context.actor.platform], one, tx.policy.file_limit) if one.source else ""
        if reason := fetch or why_not(channel, one.size, one.mime, one.name):
            raise FileRefused(reason=reason)


def note(tx: Tx, context: Context, said: Wrote, text: RichText) -> Answer:
    """Keep the text among operators."""
    if not text.to_plain().strip() and not said.files:
        return Answer(Phrase("An empty note was not kept. Write something after “note”."), refused=True)
    for message_id, body in _keep_all(tx, context, replace(said, text=text), Direction.NOTE):
        spread.to_desks(tx, context.conversation, message_id, body, but=_written_at(context, said))
    return Answer("")


def _written_at(context: Context, said: Wrote) -> Mirror | None:
    """The mirror that shows the text already, because it was written there."""
    return None if said.expanded else context.here


def _hold(tx: Tx, context: Context, said: Wrote, *, asked: bool = False) -> Answer:
    """Keep words that may not go out yet, and let their author decide. ``asked``: he is already, about the same album."""
    refuse_files(tx, context, said.files)
    kept = _keep_all(tx, context, said, Direction.HELD)
    if kept:
        spread.mark(tx, context.here, said.remote_id, "held")
        if not asked:
            whole = join([body for _, body in kept])
            _ask(tx, context, kept[0][0], said.remote_id, whole if said.expanded else None)
    for message_id, body in kept:
        spread.note_later(tx, context.conversation, message_id, body, but=_written_at(context, said))
    return Answer("")


def _ask(tx: Tx, context: Context, message_id: MessageId, remote_id: str, text: RichText | None) -> None:
    """Ask the author, and only him, what shall become of a held text. The first button says from whom he would take it.

    ``text``  what his words stand for, where they are not the text itself
    """
    if context.conversation.blacklisted:
        words = Phrase("This client is on the black list, so the client has not got your text. It stays a note.")
        spread.notice(tx, context.here, words, only_for=context.actor.external_id, reply_to=remote_id)
        return
    if not window.is_open(tx, context.conversation):
        _offer_templates(tx, context, message_id, remote_id)
        return
    holder = _holder(context)
    take = Phrase("Take over and send") if holder is not None else Phrase("Start and send")
    buttons = [Button(Verb.SEND_TAKING, take, f"{message_id}.{holder or 0}", "primary")]
    if context.operator.has(Permission.SEND_ONCE):
        buttons.append(Button(Verb.SEND_ONCE, Phrase("Send once"), str(message_id)))
    buttons.append(Button(Verb.KEEP_NOTE, Phrase("Keep as note"), str(message_id)))
    question: str = _question(team.name_of(tx, holder) if holder is not None else "")
    if text is not None:
        question = joined("\n\n", [question, text.to_plain()])
    spread.notice(tx, context.here, question, only_for=context.actor.external_id, reply_to=remote_id, buttons=tuple(buttons))


def _question(holder: str) -> Phrase:
    """``holder`` is the name of the other operator who has the conversation, empty for nobody."""
    if holder:
        return Phrase(
            "{name} has this conversation, so the client has not got your text. What shall become of it? "
            "Without an answer it stays a note.",
            name=holder,
        )
    return Phrase(
        "Nobody has this conversation now, so the client has not got your text. What shall become of it? "
        "Without an answer it stays a note."
    )


def _offer_templates(tx: Tx, context: Context, message_id: MessageId, remote_id: str) -> None:
    """Free words can't go: the author is told why, and what can (R94)."""
    channel = CHANNELS[team.channel_by_id(tx, context.conversation.channel_id).kind]
    words = Phrase(
        "The client last wrote more than {hours} hours ago, and {channel} takes only approved templates "
        "now, so the client has not got your text. It stays a note.",
        hours=channel.window_hours,
        channel=channel.name,
    )
    template = Button(Verb.APPROVED, Phrase("Send a template…"), token_of(context.conversation), "primary")
    keep = Button(Verb.KEEP_NOTE, Phrase("Keep as note"), str(message_id))
    spread.notice(tx, context.here, words, only_for=context.actor.external_id, reply_to=remote_id, buttons=(template, keep))


def _holder(context: Context) -> OperatorId | None:
    """The other operator who has the conversation now."""
    conversation = context.conversation
    theirs = conversation.status is Status.INBOX and conversation.operator_id != context.operator.id
    return conversation.operator_id if theirs else None


def _keep_all(tx: Tx, context: Context, said: Wrote, direction: Direction) -> list[tuple[MessageId, RichText]]:
    """Keep what was written: one message, or one for each file in order, the words with the first (R32); what is new of it.

    Raises ``HasMoved`` in a thread whose conversation went to another group (R56): nobody there would read it.
    """
    if has_moved(context.here.pointer):
        raise HasMoved(group=team.group_by_id(tx, context.conversation.group_id).badge)
    before, noted = context.conversation, context.conversation
    kept: list[tuple[MessageId, RichText]] = []
    for number, piece in enumerate(_pieces(tx, context, said.text, said.files)):
        following = moves.say(noted, direction, said.at)
        message_id = _keep(tx, replace(context, conversation=following), said, direction, (number, piece))
        if message_id is not None:
            noted = following
            kept.append((message_id, piece.body))
    if kept:
        conversations.save(tx, noted)
    if (noted.unseen, noted.last_direction, noted.time) != (before.unseen, before.last_direction, before.time):
        spread.refresh_cards(tx, noted)
    return kept


def _is_bare(tx: Tx, context: Context, file: Attachment) -> bool:
    """Whether the client's channel takes such a file without words only, so that these go before it."""
    channel = CHANNELS[team.channel_by_id(tx, context.conversation.channel_id).kind]
    return bool(channel.bare) and file.mime.startswith(channel.bare)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One message of what was written at once."""

    text: RichText
    file: Attachment | None = None
    say: Callable[[str], str] = str

    @property
    def body(self) -> RichText:
        return body_of(self.file, self.text, self.say)


def _pieces(tx: Tx, context: Context, text: RichText, sent: Sequence[Attachment]) -> list[_Piece]:
    """Words and files as messages, in order."""
    pieces, say = list[_Piece](), team.saying(tx, context.conversation.id)
    if not sent or utf16_len(text.to_plain()) > CAPTION or (not text.is_empty and _is_bare(tx, context, sent[0])):
        pieces.append(_Piece(text))
    return pieces + [_Piece(EMPTY if pieces or number else text, tidy(one), say) for number, one in enumerate(sent)]


def _keep(tx: Tx, context: Context, said: Wrote, direction: Direction, numbered: tuple[int, _Piece]) -> MessageId | None:
    """Keep one piece under the number of its place in the talk; None when it is kept already."""
    number, piece = numbered
    noted = context.conversation
    place = said.place
    message_id = messages.add(
        tx,
        conversation_id=noted.id,
        seq=noted.last_seq,
        direction=direction,
        author=context.operator.name,
        author_id=context.operator.id,
        shown_as=shown_as(tx, context),
        body=piece.body,
        at=said.at,
        action_key=f"{place.platform}:{place.chat}:{said.remote_id}" + (f":{number}" if number else ""),
        expanded=said.expanded,
        reply_to=messages.at(tx, place.platform, place.chat, said.reply_to) if said.reply_to else None,
    )
    if message_id is None:
        return None
    if piece.file is not None:
        messages.set_file(tx, message_id, files.add(tx, noted.id, piece.file, piece.text))
    messages.add_ref(tx, Ref(message_id, 0, place.platform, place.chat, place.thread, said.remote_id, origin=True))
    return message_id


def send_chosen(tx: Tx, context: Context, text: RichText, sent: Sequence[Attachment] = (), *, key: str) -> None:
    """Words and files for the client, written in no thread; every desk shows them. ``key`` is good for them once and for ever.

    Raises ``WindowClosed`` or ``FileRefused``.
    """
    window.must_be_open(tx, context.conversation)
    refuse_files(tx, context, sent)
    noted = context.conversation
    for number, piece in enumerate(_pieces(tx, context, text, sent)):
        numbered = f"{key}:{number}" if number else key
        noted = _say_for(tx, replace(context, conversation=noted), piece, numbered, None)


def send_approved(tx: Tx, context: Context, one: Approved, values: Mapping[str, str]) -> None:
    """An approved template with its variables filled in; every desk shows the words the client reads."""
    _say_for(tx, context, _Piece(RichText.plain(one.filled(values))), None, one.as_sent(values))


def _say_for(tx: Tx, context: Context, piece: _Piece, key: str | None, template: dict[str, object] | None) -> Conversation:
    """The conversation after it."""
    noted = moves.say(context.conversation, Direction.OUT, tx.now)
    message_id = messages.add(
        tx,
        conversation_id=noted.id,
        seq=noted.last_seq,
        direction=Direction.OUT,
        author=context.operator.name,
        author_id=context.operator.id,
        shown_as=shown_as(tx, context),
        body=piece.body,
        at=tx.now,
        action_key=key,
        expanded=True,
    )
    if message_id is None:
        return context.conversation
    if piece.file is not None:
        messages.set_file(tx, message_id, files.add(tx, noted.id, piece.file, piece.text))
    conversations.save(tx, noted)
    spread.refresh_cards(tx, noted)
    send(tx, context, noted, message_id, piece.body, at=None, template=template)
    return noted


def shown_as(tx: Tx, context: Context) -> str:
    """The name the client sees over an answer (R37)."""
    group = team.group_by_id(tx, context.conversation.group_id)
    if group.signature is Signature.GROUP:
        return group.name
    return context.operator.name if group.signature is Signature.OPERATOR else ""


def decide(tx: Tx, context: Context, verb: Verb, token: str) -> Answer:
    """The author of a held text has pressed: send it, or keep it as a note.

    Raises ``StaleCard``, ``NotYourText``, ``Decided`` or ``NotAllowed``. Nobody takes over from somebody he was not told of:
    then he is asked again.
    """
    row, _, told_of = token.partition(".")
    found, origin = _held(tx, context, row)
    if context.conversation.blacklisted and verb is not Verb.KEEP_NOTE:
        raise Blacklisted
    if verb is not Verb.KEEP_NOTE:
        window.must_be_open(tx, context.conversation)
    holder = _holder(context)
    if verb is Verb.SEND_TAKING and holder is not None and told_of != str(holder):
        _ask(tx, context, found.id, origin.remote_id if origin else "", found.body if found.expanded else None)
        return Answer(AlreadyStarted(name=team.name_of(tx, holder)).words)
    if verb is Verb.SEND_ONCE:
        authorise(context.operator, context.conversation, needs=Permission.SEND_ONCE)
    if verb is Verb.SEND_TAKING and context.conversation.operator_id != context.operator.id:
        inbox.take_over(tx, context)
    elif verb is Verb.SEND_TAKING and context.conversation.status is not Status.INBOX:
        inbox.start(tx, context)
    direction = Direction.NOTE if verb is Verb.KEEP_NOTE else Direction.OUT
    home = mirrors.at(tx, origin.platform, origin.chat, origin.thread) if origin else None
    context.journal(tx, "kept as a note" if direction is Direction.NOTE else "sent a held text", message=found.id)
    seconds = 0
    for one in [found, *_with(tx, found, origin)]:
        now = moves.say(conversations.by_id(tx, context.conversation.id), direction, tx.now)
        conversations.save(tx, now)
        if not spread.settle_held(tx, now, one.id, one.body):
            raise Decided(what=Phrase("kept as a note"))
        messages.decide(tx, one.id, direction, seq=now.last_seq, shown_as=shown_as(tx, context))
        if direction is Direction.OUT:
            at = (home, origin.remote_id) if home and origin else None
            seconds = send(tx, context, now, one.id, one.body, at=at, expanded=one.expanded)
        else:
            spread.to_desks(tx, now, one.id, one.body, but=None if one.expanded else home)
    spread.refresh_cards(tx, conversations.by_id(tx, context.conversation.id))
    if direction is Direction.NOTE:
        return Answer(Phrase("Kept as a note. The client does not see it."))
    return Answer("" if seconds else Phrase("Sent to the client."))


def _with(tx: Tx, found: Message, origin: Ref | None) -> list[Message]:
    """What was written together with it: the other files of one post, or of one album."""
    if origin is None:
        return []
    ids = {int(ref.message_id) for ref in messages.refs_at(tx, origin.platform, origin.chat, origin.remote_id)}
    together = list(messages.by_ids(tx, ids).values())
    file = files.by_id(tx, found.file_id) if found.file_id is not None else None
    if file is not None and file.ref.get("album"):
        together += messages.bearing(tx, files.album(tx, found.conversation_id, file.ref["album"]))
    waiting = {one.id: one for one in together if one.direction is Direction.HELD and one.author_id == found.author_id}
    return sorted((one for one in waiting.values() if one.id != found.id), key=lambda one: one.seq)


def _held(tx: Tx, context: Context, row: str) -> tuple[Message, Ref | None]:
    """The operator's own text that still waits for a decision, and where he wrote it."""
    message_id = row_of(row)
    found = messages.by_ids(tx, {message_id}).get(message_id) if message_id is not None else None
    if found is None or found.conversation_id != context.conversation.id or found.author_id is None:
        raise StaleCard
    if found.author_id != context.operator.id:
        raise NotYourText(name=found.author)
    refs = messages.refs_of(tx, found.id)
    shown_by_silence = any(not ref.origin for ref in refs) or tx.now - found.at > tx.policy.held_note_after
    if found.direction is not Direction.HELD or shown_by_silence:
        raise Decided(what=Phrase("sent") if found.direction is Direction.OUT else Phrase("kept as a note"))
    return found, next((ref for ref in refs if ref.origin), None)
