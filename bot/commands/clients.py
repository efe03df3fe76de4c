"""The client: another name, notes for operators only, the profile (R50-R52)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.commands import pins as pin_commands
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.menu import token_of
from bot.commands.perform import Context, Desk
from bot.domain.actions import Button, Verb, row_of
from bot.domain.capabilities import CHANNELS
from bot.domain.errors import NoName, NotYourNote, NoWords, OverLength, StaleCard
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase, in_table, joined
from bot.domain.screen import Form, Jump, Row, Screen, TextField
from bot.domain.text import NAMELESS, clean_name
from bot.domain.times import clock_words
from bot.store import blacklist, clients, pins, spread
from bot.store.clients import Client, ClientNote, Step, Thread
from bot.store.uow import Tx

NAME_LONGEST = 80
NOTE_LONGEST = 2000
NOTES_SHOWN = 10
STEPS_SHOWN = 15
DELETE = "delete"
IDENTIFIERS = {
    "username": Phrase("Username"),
    "language": Phrase("Language"),
    "phone": Phrase("Phone"),
    "email": Phrase("Email"),
    "user id": Phrase("User id"),
}
"""What our own channels tell of a client; a shop's own program may tell other things."""
KINDS_WITH_ID = ("telegram", "whatsapp", "http")
"""Where a channel's own id of the client means something to an operator; a website's visitor has only a random one."""


def profile(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Who the client is, what operators noted, and what happened so far."""
    return Answer(screen=_screen(tx, context))


def rename(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Give the client another name on cards, topics and lists; the original one stays in the profile."""
    client = clients.by_id(tx, context.conversation.client_id)
    if asked.values is None and not asked.words:
        field = TextField(name="name", label=Phrase("Name"), value=client.name[:NAME_LONGEST], longest=NAME_LONGEST)
        intro = Phrase("Called {name} in the channel.", name=client.original_name)
        token = token_of(context.conversation)
        return Answer(form=Form(verb=Verb.RENAME, token=token, title=Phrase("Rename client"), intro=intro, fields=(field,)))
    typed = asked.words if asked.values is None else asked.value("name")
    if len(typed) > NAME_LONGEST:
        raise OverLength(most=str(NAME_LONGEST))
    name = clean_name(typed)
    if not typed.strip() or name == NAMELESS:
        raise NoName
    if name == client.name:
        return Answer(Phrase("The client is called {name} already.", name=name))
    clients.rename(tx, client, name)
    context.journal(tx, "renamed the client", before=client.name, after=name)
    spread.refresh_cards(tx, context.conversation)
    spread.topic_name(tx, context.conversation)
    return Answer(Phrase("The client is called {name} now.", name=name))


def note(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Keep a note on the client, or delete one."""
    if asked.token:
        return _delete(tx, context, asked.token)
    if asked.values is None and not asked.words:
        hint = Phrase("Only operators see it.")
        field = TextField(name="note", label=Phrase("Note"), hint=hint, many_lines=True, longest=NOTE_LONGEST)
        token = token_of(context.conversation)
        return Answer(form=Form(verb=Verb.CLIENT_NOTE, token=token, title=Phrase("Note on client"), fields=(field,)))
    body = (asked.words if asked.values is None else asked.value("note")).strip()
    if not body:
        raise NoWords
    if len(body) > NOTE_LONGEST:
        raise OverLength(most=str(NOTE_LONGEST))
    clients.add_note(tx, context.conversation.client_id, context.operator.id, body)
    context.journal(tx, "noted on the client")
    return Answer(Phrase("Kept. It stands in the client's profile, for operators only."))


def _delete(tx: Tx, context: Context, token: str) -> Answer:
    """An operator's own note; a super-admin deletes anybody's. Raises ``StaleCard`` or ``NotYourNote``."""
    word, _, number = token.partition(".")
    row = row_of(number)
    found = clients.note(tx, context.conversation.client_id, row) if word == DELETE and row is not None else None
    if found is None:
        raise StaleCard
    if found.author_id != context.operator.id and not context.operator.has(Permission.SUPER_ADMIN):
        raise NotYourNote(name=found.author)
    clients.delete_note(tx, found.id)
    context.journal(tx, "deleted a note on the client", author=found.author)
    return Answer(Phrase("Deleted."), screen=_screen(tx, context))


def _screen(tx: Tx, context: Context) -> Screen:
    client = clients.by_id(tx, context.conversation.client_id)
    threads = clients.threads(tx, client.id)
    rows = [_note_row(context, one) for one in clients.notes(tx, client.id, NOTES_SHOWN)]
    rows += [_step_row(one, threads) for one in clients.steps(tx, client.id, STEPS_SHOWN)]
    token = token_of(context.conversation)
    buttons = [Button(Verb.RENAME, Phrase("Rename client"), token), Button(Verb.CLIENT_NOTE, Phrase("Note on client"), token)]
    pin = pin_commands.button(tx, context)
    return Screen(
        title=client.name,
        intro=joined("\n", _facts(tx, client)),
        rows=tuple(rows),
        empty=Phrase("No notes yet."),
        buttons=(*buttons, *((pin,) if pin else ())),
    )


def _facts(tx: Tx, client: Client) -> list[str]:
    """What is known, one fact a line."""
    facts: list[str] = []
    for line in clients.lines(tx, client.id):
        kind = CHANNELS[line.kind]
        number = f" · {line.external_id}" if line.kind in KINDS_WITH_ID else ""
        facts.append(joined(" ", [kind.logo, kind.name, f"· {line.name}{number} · {line.colour} {line.group}"]))
    if client.name != client.original_name:
        facts.append(Phrase("Called {name} in the channel", name=client.original_name))
    known = sorted(client.identifiers.items())
    facts += [joined(": ", [IDENTIFIERS.get(name, name.capitalize()), value]) for name, value in known]
    tags = ", ".join(f"{name} × {times}" for name, times in clients.tags(tx, client.id))
    facts += [f"🏷 {tags}"] if tags else []
    owner = pins.of_client(tx, client.id)
    if owner is not None:
        gone = Phrase("📌 Pinned to {name}, who is no longer active", name=owner.name)
        facts.append(Phrase("📌 Pinned to {name}", name=owner.name) if owner.active else gone)
    listed = blacklist.of_client(tx, client.id)
    if listed is not None:
        since = clock_words(listed.at)
        facts.append(Phrase("⛔ On the black list since {since}, sent there by {name}", since=since, name=listed.by))
    if client.blocked:
        facts.append(Phrase("🚫 Has blocked us; answers do not arrive"))
    return facts


def _note_row(context: Context, note: ClientNote) -> Row:
    mine = note.author_id == context.operator.id or context.operator.has(Permission.SUPER_ADMIN)
    button = Button(Verb.CLIENT_NOTE, Phrase("Delete"), token_of(context.conversation, DELETE, note.id), "danger")
    detail = joined(" · ", [note.author, clock_words(note.at)])
    return Row(title=f"📝 {note.body}", detail=detail, buttons=(button,) if mine else ())


def _step_row(step: Step, threads: Sequence[Thread]) -> Row:
    title = joined(": ", [step.who, in_table(step.what)])
    return Row(title=title, detail=clock_words(step.at), jumps=_jumps(step, threads))


def _jumps(step: Step, threads: Sequence[Thread]) -> tuple[Jump, ...]:
    """The threads the talk stood in at that time."""
    return tuple(
        one.jump
        for one in threads
        if one.conversation_id == step.conversation_id and one.since <= step.at and (one.until is None or step.at <= one.until)
    )


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {
    Verb.PROFILE: profile,
    Verb.RENAME: rename,
    Verb.CLIENT_NOTE: note,
}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {}
