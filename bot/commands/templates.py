"""Canned responses, made and changed (R41-R43)."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands import template_files
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Desk
from bot.domain.actions import Button, Verb, row_of
from bot.domain.canned import BODY_LONGEST, TITLE_LONGEST, VARIABLES, clean_body, clean_title
from bot.domain.errors import NotYourTemplate, StaleCard, TitleTaken
from bot.domain.files import Attachment, File
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import Form, Row, Screen, TextField
from bot.domain.text import graphemes
from bot.store import canned, files
from bot.store.canned import Template
from bot.store.uow import Tx

PAGE = 10
EXCERPT = 140
NEW, DELETE, SURELY, BARE = "new", "delete", "surely", "bare"


def templates(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """What this operator can use, a page of it; a word narrows the list."""
    return Answer(screen=_screen(tx, desk, row_of(asked.token.removeprefix("p")) or 1, asked.words))


def _screen(tx: Tx, desk: Desk, page: int, words: str = "") -> Screen:
    found = [one for one in canned.of_operator(tx, desk.operator.id) if matches(one, words)]
    page = min(max(page, 1), max(1, -(-len(found) // PAGE)))
    shown = found[(page - 1) * PAGE : page * PAGE]
    borne = files.by_ids(tx, {one.file_id for one in shown if one.file_id is not None})
    buttons = [Button(Verb.TEMPLATE, Phrase("New"), NEW, "primary")]
    if page > 1:
        buttons.append(Button(Verb.TEMPLATES, Phrase("← Previous"), f"p{page - 1}"))
    if page * PAGE < len(found):
        buttons.append(Button(Verb.TEMPLATES, Phrase("Next →"), f"p{page + 1}"))
    own = Phrase("Your own come first; those marked 👥 are for all operators.")
    whose = Phrase("Yours are for all operators.") if _is_admin(desk) else own
    return Screen(
        title=Phrase("Canned responses"),
        intro=Phrase("Write \\ and the title in a thread or topic, and the client gets the words. {whose}", whose=whose),
        rows=tuple(_row(desk, one, borne.get(one.file_id or 0)) for one in shown),
        empty=Phrase("There are none yet."),
        buttons=tuple(buttons),
    )


def matches(template: Template, typed: str) -> bool:
    """Whether the letters typed are in its title or its words, or in both as a choice reads."""
    wanted = typed.strip().removeprefix(template_files.SIGN).lstrip("\\/").casefold()
    return wanted in template.word or wanted in f"{template.title} — {' '.join(template.body.split())}".casefold()


def _row(desk: Desk, one: Template, file: File | None) -> Row:
    buttons = [Button(Verb.TEMPLATE, Phrase("Change…"), str(one.id))]
    if one.file_id is not None:
        buttons.append(Button(Verb.TEMPLATE, Phrase("Remove file"), f"{one.id}.{BARE}"))
    buttons.append(Button(Verb.TEMPLATE, Phrase("Delete…"), f"{one.id}.{DELETE}", "danger"))
    return Row(
        title=f"{'👥 ' if one.owner is None else ''}{one.title} · \\{one.word}",
        detail=joined("\n", [line for line in (excerpt(one.body), template_files.line(file)) if line]),
        buttons=tuple(buttons) if _may_change(desk, one) else (),
    )


def excerpt(body: str, longest: int = EXCERPT) -> str:
    """The beginning of a text, in one line."""
    signs = list(graphemes(" ".join(body.split())))
    return "".join(signs) if len(signs) <= longest else "".join(signs[: longest - 1]) + "…"


def template(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Make, change or delete one."""
    number, _, what = asked.token.partition(".")
    found = None if number == NEW else _own(tx, desk, number)
    if found is not None and what == DELETE:
        return Answer(screen=_sure(found))
    if found is not None and what == SURELY:
        canned.remove(tx, found.id)
        desk.journal(tx, "deleted a canned response", title=found.title)
        return Answer(Phrase("Deleted."), screen=_screen(tx, desk, 1))
    if found is not None and what == BARE:
        canned.set_file(tx, found.id, None)
        desk.journal(tx, "changed a canned response", title=found.title)
        return Answer(Phrase("The file is gone."), screen=_screen(tx, desk, 1))
    if asked.values is None:
        return Answer(form=_form(tx, found))
    return _save(tx, desk, found, clean_title(asked.value("title")), clean_body(asked.value("body")), asked.file("file"))


def _own(tx: Tx, desk: Desk, number: str) -> Template:
    """One the operator may change. Raises ``StaleCard`` or ``NotYourTemplate``."""
    row = row_of(number)
    found = canned.by_id(tx, row) if row is not None else None
    if found is None or found.owner not in (None, desk.operator.id):
        raise StaleCard
    if not _may_change(desk, found):
        raise NotYourTemplate
    return found


def _may_change(desk: Desk, one: Template) -> bool:
    return one.owner == desk.operator.id or (one.owner is None and _is_admin(desk))


def _is_admin(desk: Desk) -> bool:
    return desk.operator.has(Permission.SUPER_ADMIN)


def _form(tx: Tx, found: Template | None) -> Form:
    known = ", ".join(f"{{{name}}}" for name in VARIABLES)
    return Form(
        verb=Verb.TEMPLATE,
        token=str(found.id) if found else NEW,
        title=Phrase("Canned response"),
        fields=(
            TextField(
                name="title",
                label=Phrase("Title"),
                value=found.title if found else "",
                hint=Phrase("Its topic, e.g. greeting: you will write \\greeting."),
                longest=TITLE_LONGEST,
            ),
            TextField(
                name="body",
                label=Phrase("Words"),
                value=found.body if found else "",
                hint=Phrase("You can use {known}.", known=known),
                many_lines=True,
                longest=BODY_LONGEST,
            ),
            template_files.field(tx, found),
        ),
    )


def _sure(found: Template) -> Screen:
    return Screen(
        title=Phrase("Delete it?"),
        intro=f"{found.title}\n\n{found.body}",
        buttons=(
            Button(Verb.TEMPLATE, Phrase("Delete"), f"{found.id}.{SURELY}", "danger"),
            Button(Verb.TEMPLATES, Phrase("Back"), "p1"),
        ),
    )


def _save(tx: Tx, desk: Desk, found: Template | None, title: str, body: str, sent: Attachment | None) -> Answer:
    """A super-admin's are for all operators, an operator's for himself (R41). Without a file it keeps the one it has."""
    owner = found.owner if found else None if _is_admin(desk) else desk.operator.id
    if canned.is_taken(tx, owner, title, but=found.id if found else None):
        raise TitleTaken(title=title)
    file_id = template_files.take(tx, desk, sent) if sent is not None else None
    if found is None:
        number = canned.add(tx, owner, title, body)
        desk.journal(tx, "made a canned response", title=title)
    else:
        number = found.id
        canned.change(tx, number, title, body)
        desk.journal(tx, "changed a canned response", title=title)
    if file_id is not None:
        canned.set_file(tx, number, file_id)
    return Answer(Phrase("Saved."), screen=_screen(tx, desk, 1))


DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.TEMPLATES: templates, Verb.TEMPLATE: template}
