"""Tags on messages (R60-R62). What they tell afterwards is in ``tag_screens``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.commands import tag_screens
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.lookup import LOOKUPS
from bot.commands.menu import token_of
from bot.commands.perform import Context, Desk
from bot.domain.actions import Button, Verb, row_of
from bot.domain.conversation import Direction
from bot.domain.errors import NoTag, NothingToTag, TooManyTags
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Form, Option, TextField
from bot.domain.tagging import MOST, fold, names_in, shown, some_names
from bot.domain.text import graphemes
from bot.store import messages, spread, tags
from bot.store.messages import Message
from bot.store.tags import Tag
from bot.store.uow import Tx

OFFERED = 20
"""Messages to choose from."""
LABEL = 70


def tag(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Tag messages: those it was asked about, or the client's newest; without a tag's name, ask for both."""
    about = _about(tx, context, asked.about)
    if asked.values is not None:
        return _filled(tx, context, asked)
    if asked.words:
        said = about or tags.newest_of_client(tx, context.conversation.id)
        return _put(tx, context, said, _named(tx, context, some_names(asked.words)))
    return Answer(form=_form(tx, context, [one.seq for one in about] or _seqs(asked.token)))


def _about(tx: Tx, context: Context, remote_ids: Sequence[str]) -> list[Message]:
    """The messages that stand in these posts of the thread; several when texts were joined in one."""
    if not remote_ids:
        return []
    here = context.here
    refs = [ref for one in remote_ids for ref in messages.refs_at(tx, here.platform, here.chat, one)]
    found = tags.taggable_of(tx, context.conversation.id, [ref.message_id for ref in refs])
    if not found:
        raise NothingToTag
    return found


def _seqs(token: str) -> list[int]:
    """The messages a token names: the numbers of the first and the last in the talk."""
    ends = [row_of(part) for part in token.split(".")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return []
    return list(range(ends[0], min(ends[1], ends[0] + OFFERED) + 1))


def _form(tx: Tx, context: Context, seqs: Sequence[int]) -> Form:
    """What to tag, and with what. Messages that were pointed at are chosen already, the client's newest otherwise."""
    offered = tags.taggable(tx, context.conversation.id, OFFERED)
    older = [one for one in messages.between(tx, context.conversation.id, seqs[0], seqs[-1]) if one.seq in seqs] if seqs else []
    pointed = tags.taggable_of(tx, context.conversation.id, [one.id for one in older])
    newest = [one for one in offered if one.direction is Direction.IN][:1]
    chosen = pointed or newest
    offered += [one for one in reversed(pointed) if one not in offered]
    if not offered:
        raise NothingToTag
    borne = tags.of_messages(tx, [one.id for one in offered])
    return Form(
        verb=Verb.TAG,
        token=token_of(context.conversation, *((seqs[0], seqs[-1]) if seqs else ())),
        title=Phrase("Tag messages"),
        submit=Phrase("Tag"),
        fields=(
            ChoiceField(
                name="messages",
                label=Phrase("Messages"),
                options=tuple(Option(str(one.id), _label(one, borne.get(one.id, ()))) for one in offered),
                chosen=tuple(str(one.id) for one in chosen),
                many=True,
            ),
            ChoiceField(
                name="tags",
                label=Phrase("Tags"),
                options=tuple(_options(tx, "")),
                many=True,
                optional=True,
                lookup="tags",
                hint=Phrase("Type a few letters of the tag."),
            ),
            TextField(
                name="new",
                label=Phrase("New tag"),
                optional=True,
                hint=Phrase("It joins the list for everybody. Tags cannot be changed or deleted."),
                longest=300,
            ),
        ),
    )


def _label(said: Message, borne: Sequence[Tag]) -> str:
    words = " ".join(said.body.to_plain().split()) or "…"
    behind = f" {shown([one.name for one in borne])}" if borne else ""
    line = list(graphemes(f"{said.author}: {words}"))
    return ("".join(line[: LABEL - 1]) + "…" if len(line) > LABEL else "".join(line)) + behind[: max(0, 145 - LABEL)]


def _filled(tx: Tx, context: Context, asked: Asked) -> Answer:
    numbers = [number for one in asked.chosen("messages") if (number := row_of(one)) is not None]
    said = tags.taggable_of(tx, context.conversation.id, numbers)
    if not said:
        raise NothingToTag
    picked = [number for one in asked.chosen("tags") if (number := row_of(one)) is not None]
    named = list(tags.by_ids(tx, picked).values())
    named += _named(tx, context, names_in(asked.value("new")))
    if not named:
        raise NoTag
    return _put(tx, context, said, named)


def _named(tx: Tx, context: Context, names: Sequence[str]) -> list[Tag]:
    return [tags.find_or_add(tx, name, context.operator.id) for name in names]


def _put(tx: Tx, context: Context, said: Sequence[Message], named: Sequence[Tag]) -> Answer:
    """Put the tags on the messages; those that are there already stay as they are. Raises ``TooManyTags``."""
    if not said:
        raise NothingToTag
    named = list({one.id: one for one in named}.values())
    borne = tags.of_messages(tx, [one.id for one in said])
    for one in said:
        if len({tag.id for tag in (*borne.get(one.id, ()), *named)}) > MOST:
            raise TooManyTags(most=str(MOST))
    fresh = {one.id for one in said for tag in named if tags.put(tx, one.id, tag.id, context.operator.id)}
    words = shown([tag.name for tag in named])
    if not fresh:
        return Answer(Phrase("Tagged already: {tags}", tags=words))
    context.journal(tx, "tagged", messages=sorted(fresh), tags=[tag.name for tag in named])
    return Answer(Phrase("Tagged {n} message: {tags}", "Tagged {n} messages: {tags}", n=len(said), tags=words))


def offer(tx: Tx, context: Context, remote_id: str) -> None:
    """A reaction with 🏷 asks for a tag: the person alone is offered the form for that very message."""
    said = _at(tx, context, remote_id)
    if not said:
        return
    token = token_of(context.conversation, said[0].seq, said[-1].seq)
    spread.notice(
        tx,
        context.here,
        Phrase("Which tag is it to bear?"),
        only_for=context.actor.external_id,
        reply_to=remote_id,
        buttons=(Button(Verb.TAG, Phrase("Tag this message…"), token, "primary"),),
    )


def is_sign(tx: Tx, sign: str) -> bool:
    """Whether a tag's name begins with this emoji."""
    return bool(tags.of_sign(tx, sign))


def by_sign(tx: Tx, context: Context, remote_id: str, sign: str) -> None:
    """A reaction with the emoji that a tag's name begins with puts it on that message; of several tags he chooses."""
    found = tags.of_sign(tx, sign)
    said = _at(tx, context, remote_id)
    if len(found) > 1:
        offer(tx, context, remote_id)
    elif found and said:
        borne = tags.of_messages(tx, [one.id for one in said])
        if any(found[0] not in borne.get(one.id, ()) for one in said):
            told = _put(tx, context, said, found).text
            _whisper(tx, context, remote_id, Phrase("{told}. Take your reaction away to undo it.", told=told))


def by_sign_off(tx: Tx, context: Context, remote_id: str, sign: str) -> None:
    """The reaction is gone, and with it the tag, if it was he who had put it there."""
    found = tags.of_sign(tx, sign)
    ids = [one.id for one in _at(tx, context, remote_id)]
    if len(found) == 1 and ids and tags.take_off(tx, ids, found[0].id, context.operator.id):
        context.journal(tx, "untagged", messages=sorted(ids), tags=[found[0].name])
        _whisper(tx, context, remote_id, Phrase("Not tagged any more: {tags}", tags=shown([found[0].name])))


def _at(tx: Tx, context: Context, remote_id: str) -> list[Message]:
    """The messages of this conversation that stand in a post of the thread and can be tagged."""
    refs = messages.refs_at(tx, context.here.platform, context.here.chat, remote_id)
    return tags.taggable_of(tx, context.conversation.id, [ref.message_id for ref in refs])


def _whisper(tx: Tx, context: Context, remote_id: str, words: str) -> None:
    spread.notice(tx, context.here, words, only_for=context.actor.external_id, reply_to=remote_id)


def _options(tx: Tx, typed: str) -> list[Option]:
    return [Option(str(one.id), f"#{one.name}") for one in tags.like(tx, fold(typed).lstrip("#"), 50)]


LOOKUPS["tags"] = lambda tx, desk, typed: _options(tx, typed)

VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.TAG: tag}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = tag_screens.DESK_VERBS
