"""The file a canned response may bear: taken in with it, told of, and copied into each conversation it is sent to (R44)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.notice import port_of
from bot.commands.perform import Desk
from bot.domain.capabilities import DESKS
from bot.domain.errors import TemplateFileMissing, TemplateFileRefused
from bot.domain.files import Attachment, File, FileState, tidy, title, too_large_to_fetch
from bot.domain.ids import FileId
from bot.domain.phrase import Phrase
from bot.domain.screen import FileField
from bot.store import files
from bot.store.canned import Template
from bot.store.uow import Tx

FIELD = "file"
SIGN = "📎 "
"""Before the title of a canned response that bears a file, where one is chosen."""


def field(tx: Tx, found: Template | None) -> FileField:
    """The form's field; to leave it empty keeps the file there is."""
    there = files.by_id(tx, found.file_id) if found is not None and found.file_id is not None else None
    shown = title(there.kind, there.name, there.size) if there is not None else ""
    hint = Phrase("It goes to the client with the words.")
    return FileField(name=FIELD, label=Phrase("A file"), value=shown, hint=hint)


def take(tx: Tx, desk: Desk, sent: Attachment) -> FileId:
    """Have the file fetched; who sent it is told if it can't be had. Raises ``TemplateFileRefused`` when it is too large."""
    sent = tidy(sent)
    if reason := too_large_to_fetch(DESKS[desk.actor.platform], sent, tx.policy.file_limit):
        raise TemplateFileRefused(reason=reason)
    return files.keep(tx, sent, told=(port_of(desk.actor.platform), desk.actor.external_id))


def line(file: File | None) -> str:
    """The file as the list of canned responses tells of it."""
    if file is None:
        return ""
    told = title(file.kind, file.name, file.size)
    if file.state is FileState.WANTED:
        return Phrase("{file}, on its way here", file=told)
    if file.state is FileState.HERE:
        return told
    return Phrase("⚠️ {file} is not here. {reason}", file=told, reason=file.reason)


def borne(tx: Tx, used: Sequence[Template]) -> tuple[Attachment, ...]:
    """The files that go with these, in order and each once, ready to be copied. Raises ``TemplateFileMissing``."""
    known = files.by_ids(tx, {one.file_id for one in used if one.file_id is not None})
    found: dict[FileId, Attachment] = {}
    for one in used:
        if one.file_id is None:
            continue
        file = known.get(one.file_id)
        if file is None or file.state is not FileState.HERE:
            raise _missing(one, file)
        found[file.id] = copy_of(file)
    return tuple(found.values())


def copy_of(file: File) -> Attachment:
    """What makes a message bear a copy of it."""
    return Attachment(
        kind=file.kind, name=file.name, mime=file.mime, size=file.size, seconds=file.seconds, ref={"copy_of": str(file.id)}
    )


def _missing(one: Template, file: File | None) -> TemplateFileMissing:
    if file is not None and file.state is FileState.WANTED:
        return TemplateFileMissing(title=one.title, why=Phrase(" yet"), what=Phrase("Please try again in a moment."))
    what = Phrase("Take the file out, or send another one, under “Change…”.")
    return TemplateFileMissing(title=one.title, why="", what=what)
