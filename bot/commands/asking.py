"""Forms asked field by field, on platforms that have none of their own (Telegram).

A form is made again from its verb and token at every step, so that each step passes ``authorise`` and offers what there is
now. An answer is only what was given to the very question: everything else a person writes is none of our business here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.commands import lookup
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.perform import Context, Desk, perform, perform_at_desk, spoken
from bot.commands.press import Pressed, pressed
from bot.domain.actions import BY_WORD
from bot.domain.errors import (
    NotAFile,
    NothingChosen,
    NothingWritten,
    NotOffered,
    NotWords,
    NoVerbHere,
    QuestionOver,
    Refusal,
    TooLong,
)
from bot.domain.files import Attachment, packed
from bot.domain.people import Actor
from bot.domain.permissions import authorise
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Field, FileField, Form, Option, TextField
from bot.domain.words import typed_verb
from bot.store import askings, team
from bot.store.askings import Asking
from bot.store.uow import Tx

LASTS = 3_600_000
"""Milliseconds after which a question is over."""
PAGE = 8
"""Choices shown at once."""


class Key(StrEnum):
    """Buttons under a question."""

    PICK = "p"
    PAGE = "g"
    DONE = "d"
    SKIP = "s"
    KEEP = "k"
    CANCEL = "c"


@dataclass(frozen=True, slots=True)
class Post:
    """A message in a chat of the platform."""

    chat: str
    remote_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field as it is asked.

    ``field``    None when the form only wants to be confirmed
    ``number``   of ``count`` fields
    ``options``  those of this ``page`` (from 0) of ``pages``; ``picked`` the values that are ticked
    ``fresh``    whether the person is to be asked for words anew, below what he wrote
    ``keys_id``  the message that bears the buttons now, empty when there is none yet
    """

    form: Form
    field: Field | None
    number: int
    count: int
    turn: int
    options: tuple[Option, ...] = ()
    page: int = 0
    pages: int = 1
    picked: frozenset[str] = frozenset()
    typed: str = ""
    error: str = ""
    fresh: bool = True
    keys_id: str = ""

    @property
    def wants_words(self) -> bool:
        """Whether a message is an answer."""
        return isinstance(self.field, TextField | FileField) or (isinstance(self.field, ChoiceField) and bool(self.field.lookup))


@dataclass(frozen=True, slots=True)
class Step(Answer):
    """The answer to something said or pressed on the way through a form.

    ``question``  what is asked next; None when the form has ended, and the rest is what came of it
    ``gone``      posts that have had their time
    ``keys_id``   at the end of a form, the message that bore its buttons
    """

    question: Question | None = None
    gone: tuple[Post, ...] = ()
    keys_id: str = ""


def begin(tx: Tx, actor: Actor, place: Place, answer: Answer, keys_id: str = "") -> Answer:
    """When the answer to a verb is a form, ask its first field; any other answer is given back.

    ``keys_id``  a message of this person's alone that may be used for the buttons
    """
    form = answer.form
    if form is None:
        return answer
    before = askings.of(tx, actor)
    asking = Asking(
        platform=actor.platform,
        external_id=actor.external_id,
        chat=place.chat,
        thread=place.thread,
        data=form.data,
        at=tx.now,
        turn=max(tx.now, before.turn if before else 0),
        keys_id=keys_id,
    )
    gone = tuple(post for post in (_posts(before) if before else ()) if post != Post(place.chat, keys_id))
    return _ask(tx, actor, form, asking, gone=gone)


def keyed(tx: Tx, actor: Actor, place: Place, key: Key, value: str, keys_id: str) -> Answer:
    """A button under a question was pressed; ``keys_id`` is the message that bore it."""
    asking = alive(tx, actor, place)
    if asking is None or (asking.keys_id and asking.keys_id != keys_id):
        return over(tx, actor, place)
    asking = replace(asking, keys_id=keys_id)
    if key is Key.CANCEL:
        return _cancelled(tx, actor, asking)
    form, ended = _form(tx, actor, asking)
    if form is None:
        return ended
    field = _field(form, asking)
    if field is None:
        return _submit(tx, actor, form, asking) if key is Key.DONE and not form.fields else over(tx, actor, place)
    if key is Key.PAGE:
        return _again(tx, actor, form, replace(asking, page=int(value) if value.isdecimal() and len(value) < 4 else 0))
    if isinstance(field, ChoiceField) and key is Key.PICK:
        return _chosen(tx, actor, form, field, asking, value)
    if isinstance(field, ChoiceField) and key is Key.DONE:
        return _done(tx, actor, form, field, asking)
    given = _without_words(field, key)
    return over(tx, actor, place) if given is None else _take(tx, actor, form, asking, given)


def _without_words(field: Field, key: Key) -> tuple[str, ...] | None:
    """What *Skip* or *Keep* gives the field; None when it was not offered."""
    if key is Key.SKIP and field.optional:
        return ()
    if key is Key.KEEP and isinstance(field, FileField) and field.value:
        return ()
    if key is Key.KEEP and isinstance(field, TextField) and field.value:
        return (field.value,)
    if key is Key.KEEP and isinstance(field, ChoiceField) and field.chosen and not field.many:
        return field.chosen
    return None


def _done(tx: Tx, actor: Actor, form: Form, field: ChoiceField, asking: Asking) -> Answer:
    picked = asking.picked if asking.picked is not None else field.chosen
    if not field.many:
        return over(tx, actor, _place(asking))
    if not picked and not field.optional:
        return _wrong(tx, actor, form, asking, NothingChosen())
    return _take(tx, actor, form, asking, picked)


def _chosen(tx: Tx, actor: Actor, form: Form, field: ChoiceField, asking: Asking, value: str) -> Answer:
    picked = asking.picked if asking.picked is not None else field.chosen
    offered = {option.value for option in _options(tx, actor, field, asking)}
    if value not in offered and value not in picked:
        return _wrong(tx, actor, form, asking, NotOffered())
    if not field.many:
        return _take(tx, actor, form, asking, (value,))
    ticked = tuple(one for one in picked if one != value) if value in picked else (*picked, value)
    return _again(tx, actor, form, replace(asking, picked=ticked, errors=_but(asking.errors, field.name)))


def written(
    tx: Tx, actor: Actor, place: Place, text: str | None, *, own_id: str, reply_to: str = "", file: Attachment | None = None
) -> Answer:
    """Words were given to a question, or a ``file``; None for something that is neither.

    ``own_id``    the message with the words; ``reply_to`` the question it answers, empty where every text is the answer
    """
    asking = alive(tx, actor, place)
    if asking is None or (reply_to and asking.prompt_id and asking.prompt_id != reply_to):
        return over(tx, actor, place)
    if place.thread:
        spent = tuple(Post(asking.chat, one) for one in (asking.prompt_id or reply_to, own_id) if one)
        asking = replace(asking, prompt_id="")
    else:  # where every text is an answer, the next question stands below it
        spent = (Post(asking.chat, asking.keys_id),) if asking.keys_id else ()
        asking = replace(asking, keys_id="")
    return _with_gone(_written(tx, actor, asking, text, file), spent)


def _written(tx: Tx, actor: Actor, asking: Asking, text: str | None, file: Attachment | None) -> Answer:
    verb = typed_verb(asking.platform, text or "")
    if verb is not None and verb.word == "cancel":
        return _cancelled(tx, actor, asking)
    form, ended = _form(tx, actor, asking)
    if form is None:
        return ended
    field = _field(form, asking)
    if isinstance(field, FileField) and file is not None:
        return _take(tx, actor, form, asking, (packed(file),))
    if field is None:
        return _wrong(tx, actor, form, asking, NotOffered())
    if verb is not None and verb.word == "skip" and field.optional:
        return _take(tx, actor, form, asking, ())
    if verb is not None and verb.word in BY_WORD:
        return _wrong(tx, actor, form, asking, NoVerbHere())
    if isinstance(field, FileField) or text is None:
        return _wrong(tx, actor, form, asking, NotAFile() if isinstance(field, FileField) else NotWords())
    if isinstance(field, ChoiceField):
        return _narrowed(tx, actor, form, field, asking, text)
    given = text.strip() if field.many_lines else " ".join(text.split())
    if not given:
        return _wrong(tx, actor, form, asking, NothingWritten())
    if len(given) > field.longest:
        return _wrong(tx, actor, form, asking, TooLong(longest=str(field.longest)))
    return _take(tx, actor, form, asking, (given,))


def _narrowed(tx: Tx, actor: Actor, form: Form, field: ChoiceField, asking: Asking, text: str) -> Answer:
    """Letters narrow a search field; elsewhere they can name a choice."""
    if field.lookup:
        errors = _but(asking.errors, field.name)
        return _again(tx, actor, form, replace(asking, typed=text.strip()[:100], page=0, errors=errors), fresh=True)
    named = [option.value for option in field.options if option.label.casefold() == text.strip().casefold()]
    if len(named) != 1:
        return _wrong(tx, actor, form, asking, NotOffered())
    return _chosen(tx, actor, form, field, asking, named[0])


def alive(tx: Tx, actor: Actor, place: Place) -> Asking | None:
    """What this person is being asked here and now."""
    asking = askings.of(tx, actor)
    if asking is None or (asking.chat, asking.thread) != (place.chat, place.thread) or tx.now - asking.at > LASTS:
        return None
    return asking


def asked_in(tx: Tx, actor: Actor, remote_id: str) -> bool:
    """Whether this message asks the person something, wherever it stands."""
    asking = askings.of(tx, actor)
    return asking is not None and remote_id in (asking.prompt_id, asking.keys_id)


def over(tx: Tx, actor: Actor, place: Place) -> Answer:
    """Refuse an answer to a question that is asked no more (strangers are refused as everywhere)."""

    def refuse(context: Context | Desk) -> Answer:
        raise QuestionOver

    return perform(tx, actor, place, refuse) if place.thread else perform_at_desk(tx, actor, refuse)


def stop(tx: Tx, actor: Actor) -> tuple[Post, ...]:
    """The person has turned to something else; the posts that asked him."""
    asking = askings.of(tx, actor)
    if asking is None:
        return ()
    askings.remove(tx, actor)
    return _posts(asking)


def shown(tx: Tx, actor: Actor, turn: int, *, keys_id: str, prompt_id: str) -> bool:
    """The question of this turn was shown in these messages; False when the form has gone on or ended meanwhile."""
    asking = askings.of(tx, actor)
    if asking is None or asking.turn != turn:
        return False
    askings.save(tx, replace(asking, keys_id=keys_id or asking.keys_id, prompt_id=prompt_id or asking.prompt_id))
    return True


# Steps ---------------------------------------------------------------------------------------------------------------


def _form(tx: Tx, actor: Actor, asking: Asking) -> tuple[Form | None, Answer]:
    """The form again, or what came instead of it: then there is nothing to ask any more."""
    answer = pressed(tx, Pressed(actor, _place(asking), "", asking.data))
    if answer.form is not None:
        return answer.form, answer
    return None, _ended(tx, actor, asking, answer)


def _field(form: Form, asking: Asking) -> Field | None:
    return next((field for field in form.fields if field.name == asking.field), None)


def _take(tx: Tx, actor: Actor, form: Form, asking: Asking, given: tuple[str, ...]) -> Answer:
    values = {**asking.values, asking.field: given}
    errors = _but(asking.errors, asking.field)
    return _ask(tx, actor, form, replace(asking, values=values, errors=errors))


def _ask(tx: Tx, actor: Actor, form: Form, asking: Asking, *, gone: tuple[Post, ...] = ()) -> Answer:
    """Ask the first field that has no answer yet, or hand all answers in."""
    field = next((field for field in form.fields if field.name not in asking.values), None)
    if field is None and form.fields:
        return _submit(tx, actor, form, asking)
    name = field.name if field is not None else ""
    if asking.prompt_id:
        gone = (*gone, Post(asking.chat, asking.prompt_id))
    asking = replace(asking, field=name, picked=None, page=0, typed="", prompt_id="")
    return _with_gone(_again(tx, actor, form, asking, fresh=True), gone)


def _again(tx: Tx, actor: Actor, form: Form, asking: Asking, *, fresh: bool = False) -> Answer:
    """Show the question as it stands now."""
    asking = replace(asking, at=tx.now, turn=asking.turn + 1)
    askings.save(tx, asking)
    field = _field(form, asking)
    names = [one.name for one in form.fields]
    question = Question(
        form=form,
        field=field,
        number=names.index(field.name) + 1 if field else 1,
        count=len(names),
        turn=asking.turn,
        error=asking.errors.get(asking.field, ""),
        fresh=fresh,
        keys_id=asking.keys_id,
    )
    if isinstance(field, ChoiceField):
        options = _options(tx, actor, field, asking)
        pages = max(1, -(-len(options) // PAGE))
        page = min(asking.page, pages - 1)
        offered = options[page * PAGE : (page + 1) * PAGE]
        picked = frozenset(asking.picked if asking.picked is not None else field.chosen)
        question = replace(question, options=offered, page=page, pages=pages, picked=picked, typed=asking.typed)
    return spoken(tx, actor, Step(question=question))


def _wrong(tx: Tx, actor: Actor, form: Form, asking: Asking, why: Refusal) -> Answer:
    """Ask the same field once more and say what was wrong."""
    errors = {**asking.errors, asking.field: spoken(tx, actor, Answer(why.words)).text}  # kept as it is to be read
    return _again(tx, actor, form, replace(asking, errors=errors), fresh=not asking.prompt_id)


def _submit(tx: Tx, actor: Actor, form: Form, asking: Asking) -> Answer:
    answer = pressed(tx, Pressed(actor, _place(asking), "", asking.data, dict(asking.values)))
    wrong = [field.name for field in form.fields if field.name in answer.errors]
    if wrong:
        kept = {name: given for name, given in asking.values.items() if name not in wrong}
        return _ask(tx, actor, form, replace(asking, values=kept, errors=answer.errors))
    if answer.form is not None:
        gone = (Post(asking.chat, asking.prompt_id),) if asking.prompt_id else ()
        askings.remove(tx, actor)
        return _with_gone(begin(tx, actor, _place(asking), answer, asking.keys_id), gone)
    return _ended(tx, actor, asking, answer)


def _cancelled(tx: Tx, actor: Actor, asking: Asking) -> Answer:
    return _ended(tx, actor, asking, spoken(tx, actor, Answer(Phrase("Cancelled. Nothing was done."))))


def _ended(tx: Tx, actor: Actor, asking: Asking, answer: Answer) -> Answer:
    askings.remove(tx, actor)
    gone = (Post(asking.chat, asking.prompt_id),) if asking.prompt_id else ()
    return Step(answer.text, answer.refused, answer.screen, gone=gone, keys_id=asking.keys_id, language=answer.language)


def _options(tx: Tx, actor: Actor, field: ChoiceField, asking: Asking) -> tuple[Option, ...]:
    if not field.lookup or not asking.typed:
        return field.options or (tuple(_looked_up(tx, actor, field, "")) if field.lookup else ())
    return tuple(_looked_up(tx, actor, field, asking.typed))


def _looked_up(tx: Tx, actor: Actor, field: ChoiceField, typed: str) -> list[Option]:
    return lookup.options(tx, Desk(actor, authorise(team.operator_of(tx, actor))), field.lookup, typed)


def _posts(asking: Asking) -> tuple[Post, ...]:
    return tuple(Post(asking.chat, one) for one in (asking.keys_id, asking.prompt_id) if one)


def _with_gone(answer: Answer, gone: tuple[Post, ...]) -> Answer:
    return replace(answer, gone=(*answer.gone, *gone)) if gone and isinstance(answer, Step) else answer


def _place(asking: Asking) -> Place:
    return Place(asking.platform, asking.chat, asking.thread)


def _but(errors: Mapping[str, str], name: str) -> dict[str, str]:
    return {field: words for field, words in errors.items() if field != name}
