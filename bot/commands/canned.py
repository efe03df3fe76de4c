"""Canned responses, sent: typed as ``\\greet``, or chosen, looked at and sent (R40, R44)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.commands import reply, template_files
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.lookup import LOOKUPS
from bot.commands.menu import RELABELLED, token_of
from bot.commands.perform import Context, Desk
from bot.commands.reply import Wrote
from bot.commands.templates import excerpt, matches
from bot.domain.actions import Action, Button, Verb, row_of
from bot.domain.canned import Stack, fill, near, stack_in, stacked
from bot.domain.conversation import Status
from bot.domain.errors import DraftGone, NoTemplate, NothingToSend, NotStarted, NotYours, UnknownCanned
from bot.domain.files import title
from bot.domain.ids import FileId, OperatorId
from bot.domain.people import Actor
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import ChoiceField, Form, Option, Screen, TextField
from bot.domain.text import EMPTY, RichText
from bot.domain.words import DESK_PREFIXES, TypedVerb
from bot.store import blobs, canned, conversations, files, team
from bot.store.blobs import Blob
from bot.store.canned import Template
from bot.store.uow import Tx

BACK, SEND = "back", "send"
MIME = "application/x-draft+json"


# Typed ---------------------------------------------------------------------------------------------------------------


def asked_for(tx: Tx, said: Wrote, typed: TypedVerb | None, is_verb: bool) -> Stack | None:
    """The canned responses a text asks for: ``\\greet``, ``!canned greet``, in Telegram also ``/greet``; None for others.

    ``is_verb``  the word typed is one of the verb table
    """
    if typed is not None and typed.word == Verb.CANNED.value and typed.rest:
        return stack_in(RichText.plain("\\" + typed.rest.lstrip("\\")), lambda word: False)
    if is_verb:
        return None
    slashed = said.place.platform == "telegram"
    return stack_in(said.text, lambda word: slashed and word in _words_of(tx, said.actor))


def _words_of(tx: Tx, actor: Actor) -> set[str]:
    operator = team.operator_of(tx, actor)
    return {one.word for one in canned.of_operator(tx, operator.id)} if operator is not None else set()


def say(tx: Tx, context: Context, said: Wrote, stack: Stack) -> Answer:
    """Words for the client, in the place of what was typed; they go the way of any text (R25).

    Raises ``UnknownCanned``: then nothing is sent, not even the words between.
    """
    known = _by_word(canned.of_operator(tx, context.operator.id))
    for word in stack.words:
        if word not in known:
            close = [f"\\{one}" for one in near(word, list(known))]
            meant = Phrase("Did you mean {names}?", names=joined(Phrase(" or "), close))
            hint = meant if close else Phrase("“Canned” in the menu shows all there are.")
            raise UnknownCanned(word=f"\\{word}", near=hint)
    values = _values(tx, context)
    parts = [part if isinstance(part, RichText) else _text(known[part], values) for part in stack.parts]
    borne = template_files.borne(tx, [known[word] for word in stack.words])
    return reply.say(tx, context, replace(said, text=stacked(parts), expanded=True, files=(*said.files, *borne)))


def _by_word(found: Sequence[Template]) -> dict[str, Template]:
    """An operator's own come before shared ones of the same title."""
    return {one.word: one for one in reversed(found)}


def _values(tx: Tx, context: Context) -> dict[str, str]:
    """What the variables stand for in this conversation (R44)."""
    return {
        "client": conversations.client_name(tx, context.conversation.client_id),
        "operator": context.operator.name,
        "group": team.group_by_id(tx, context.conversation.group_id).name,
    }


def _text(template: Template, values: dict[str, str]) -> RichText:
    return RichText.plain(fill(template.body, values))


# Chosen --------------------------------------------------------------------------------------------------------------


def choose(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Choose, look at it with its variables filled in, send. Raises ``NotYours``, ``NotStarted`` or ``DraftGone``."""
    _mine(tx, context)
    what, _, number = asked.token.partition(".")
    if what == SEND:
        return _send(tx, context, number)
    if asked.values is None:
        draft = _draft(tx, context, number) if what == BACK else _Draft([], "")
        picked, own = draft.picked, draft.own
        return Answer(form=_form(tx, context, picked, own))
    return _preview(tx, context, asked)


def _mine(tx: Tx, context: Context) -> None:
    """Only the responsible operator sends; there is no text of his here that could be held."""
    conversation = context.conversation
    if conversation.status is not Status.INBOX:
        raise NotStarted
    if conversation.operator_id != context.operator.id:
        raise NotYours(name=team.name_of(tx, conversation.operator_id) or Phrase("another operator"))


def _form(tx: Tx, context: Context, picked: Sequence[int], own: str) -> Form:
    found = canned.of_operator(tx, context.operator.id)
    chosen = [one for number in picked for one in found if one.id == number]
    how = f"{DESK_PREFIXES[context.actor.platform]}templates"
    return Form(
        verb=Verb.CANNED,
        token=token_of(context.conversation),
        title=Phrase("Canned response"),
        intro="" if found else Phrase("There are none yet. Write {words} to make some.", words=how),
        submit=Phrase("Preview"),
        fields=(
            ChoiceField(
                name="pick",
                label=Phrase("Canned responses"),
                options=tuple(_option(one) for one in dict.fromkeys([*chosen, *found[: 100 - len(chosen)]])),
                chosen=tuple(str(one.id) for one in chosen),
                many=True,
                optional=True,
                lookup="canned",
                hint=Phrase("Type a few letters. Several go one below the other."),
            ),
            TextField(
                name="own",
                label=Phrase("Your own words"),
                value=own,
                hint=Phrase("They go below."),
                many_lines=True,
                optional=True,
            ),
        ),
    )


def _option(one: Template) -> Option:
    sign = template_files.SIGN if one.file_id is not None else ""
    return Option(str(one.id), excerpt(f"{sign}{one.title} — {one.body}", 70), text=f"\\{one.word}")


def _preview(tx: Tx, context: Context, asked: Asked) -> Answer:
    """What would be sent, kept until it is."""
    known = {one.id: one for one in canned.of_operator(tx, context.operator.id)}
    picked = [number for one in asked.chosen("pick") if (number := row_of(one)) is not None]
    if any(number not in known for number in picked):
        raise NoTemplate
    own, values = asked.value("own"), _values(tx, context)
    text = stacked([*(_text(known[number], values) for number in picked), RichText.plain(own)])
    if not text:
        raise NothingToSend
    borne = template_files.borne(tx, [known[number] for number in picked])
    reply.refuse_files(tx, context, borne)
    kept = {"picked": picked, "own": own, "text": text.to_json(), "files": [int(one.ref["copy_of"]) for one in borne]}
    content = json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
    number = blobs.add(tx, Blob(_name_of(context), MIME, content))
    buttons = (
        Button(Verb.CANNED, Phrase("Send"), token_of(context.conversation, SEND, number), "primary"),
        Button(Verb.CANNED, Phrase("Back"), token_of(context.conversation, BACK, number)),
    )
    shown = joined("\n", [text.to_plain(), *(line for one in borne for line in ("", title(one.kind, one.name, one.size)))])
    return Answer(screen=Screen(title=Phrase("Preview"), intro=shown, buttons=buttons))


def _name_of(context: Context) -> str:
    """Whose preview it is, and of which conversation: a token names a row, and gives no right to it."""
    return f"draft.{context.operator.id}.{context.conversation.id}"


@dataclass(frozen=True, slots=True)
class _Draft:
    """What was looked at: the canned responses picked, the person's own words, the whole text, the files."""

    picked: list[int]
    own: str
    text: RichText = EMPTY
    files: tuple[int, ...] = ()


def _draft(tx: Tx, context: Context, number: str) -> _Draft:
    row = row_of(number)
    kept = blobs.by_id(tx, row) if row is not None else None
    if kept is None or (kept.name, kept.mime) != (_name_of(context), MIME):
        raise DraftGone
    found = json.loads(kept.content)
    return _Draft(found["picked"], found["own"], RichText.from_json(found["text"]), tuple(found.get("files", ())))


def _send(tx: Tx, context: Context, number: str) -> Answer:
    """Exactly what was looked at, once."""
    draft = _draft(tx, context, number)
    known = files.by_ids(tx, set(draft.files))
    if len(known) != len(draft.files) or not blobs.remove(tx, int(number)):
        raise DraftGone
    borne = tuple(template_files.copy_of(known[FileId(one)]) for one in draft.files)
    reply.send_chosen(tx, context, draft.text, borne, key=f"draft:{number}")
    return Answer(Phrase("Sent to the client."))


# Search --------------------------------------------------------------------------------------------------------------


def offered(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    """What fits the letters typed: his own before shared ones. Inline mode writes ``\\title``, which is sent like typed."""
    found = canned.of_operator(tx, OperatorId(desk.operator.id))
    own = {one.word for one in found if one.owner is not None}
    usable = [one for one in found if one.owner is not None or one.word not in own]
    return [_option(one) for one in usable if matches(one, typed)]


def _button(tx: Tx, context: Context, action: Action) -> Button | None:
    """Only who has the conversation can send."""
    mine = context.conversation.operator_id == context.operator.id
    return Button(action.verb, action.label, token_of(context.conversation), action.style) if mine else None


LOOKUPS["canned"] = offered
RELABELLED[Verb.CANNED] = _button

VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.CANNED: choose}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {}
