"""Files of conversations and of canned responses, kept in pieces so that none is ever whole in memory.

They lie in the database, where every node finds them and a backup holds them; see docs/decisions/0013. A file that came from a
platform is ``wanted`` until its ``fetch`` delivery has brought it; what is to be sent waits for that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, literal, select, update

from bot.domain.files import Attachment, File, FileKind, FileState
from bot.domain.ids import ConversationId, FileId
from bot.domain.phrase import Phrase
from bot.domain.text import RichText
from bot.languages import in_language
from bot.store import outbox, team
from bot.store.outbox import Delivery
from bot.store.tables import canned, file, file_chunk
from bot.store.uow import Tx, upsert

CHUNK = 256 * 1024
"""Bytes of one piece."""

_ADD = insert(file).returning(file.c.id)


def add(tx: Tx, conversation_id: ConversationId, sent: Attachment, caption: RichText, *, refused: str = "") -> FileId:
    """Keep word of a file, and have it fetched unless it is ``refused`` (the reason) or in the store already.

    ``sent.name`` must be a safe one. Without a source its bytes are here: reserved, when ``sent.ref`` is its number ``file`` and
    its ``owner``, or those of another file (``copy_of``). Raises ``LookupError`` when there is no such upload of theirs.
    """
    if not sent.source and not refused:
        if "copy_of" in sent.ref:
            return _copy(tx, conversation_id, sent, caption)
        return _claim(tx, conversation_id, sent, caption)
    state = FileState.REFUSED if refused else FileState.WANTED
    reason = in_language(refused, team.language_of_talk(tx, conversation_id)) if refused else ""
    row = _row(tx, conversation_id, sent, caption) | {"state": state.value, "reason": reason}
    number = FileId(tx.execute(_ADD, row).scalar_one())
    if not refused:
        _fetch(tx, number, conversation_id, sent.source)
    return number


def _row(tx: Tx, conversation_id: ConversationId | None, sent: Attachment, caption: RichText) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "name": sent.name,
        "mime": sent.mime,
        "kind": sent.kind.value,
        "size": sent.size,
        "seconds": sent.seconds,
        "caption": _caption(caption),
        "source": sent.source,
        "source_ref": json.dumps(dict(sent.ref), ensure_ascii=False),
        "at": tx.now,
    }


def keep(tx: Tx, sent: Attachment, *, told: tuple[str, str]) -> FileId:
    """Have a file fetched that is no conversation's: it stays as long as a canned response bears it.

    ``told``  port and id of the person to be told in private if it can't be had
    """
    row = _row(tx, None, sent, RichText.plain("")) | {"state": FileState.WANTED.value}
    number = FileId(tx.execute(_ADD, row).scalar_one())
    _fetch(tx, number, None, sent.source, told)
    return number


def _copy(tx: Tx, conversation_id: ConversationId, sent: Attachment, caption: RichText) -> FileId:
    """A file of its own with the bytes of another, which stays; they do not leave the database on the way."""
    row = _row(tx, conversation_id, replace(sent, ref={}), caption) | {"state": FileState.HERE.value}
    number = FileId(tx.execute(_ADD, row).scalar_one())
    theirs = select(literal(number), file_chunk.c.n, file_chunk.c.content).where(file_chunk.c.file_id == int(sent.ref["copy_of"]))
    tx.execute(insert(file_chunk).from_select(["file_id", "n", "content"], theirs))
    return number


def remove(tx: Tx, number: int) -> None:
    """Take away a file that no message bears."""
    tx.execute(delete(file_chunk).where(file_chunk.c.file_id == number))
    tx.execute(delete(file).where(file.c.id == number, file.c.conversation_id.is_(None)))


def _fetch(
    tx: Tx, number: FileId, conversation_id: ConversationId | None, source: str, told: tuple[str, str] | None = None
) -> None:
    outbox.queue(
        tx,
        Delivery(
            lane=f"fetch:{number}",
            port=source,
            chat="",
            op="fetch",
            conversation_id=conversation_id,
            payload={"file": number} | ({"told": list(told)} if told is not None else {}),
            idem_key=f"fetch:{number}:{tx.now}",
        ),
    )


def reserve(tx: Tx, sent: Attachment, owner: str) -> FileId:
    """A number for a file whose bytes come before its message does (an upload); nobody sees it until :func:`add` names it.

    ``owner`` names who uploads it; only a message of the same owner can bear it.
    """
    row = _row(tx, None, sent, RichText.plain("")) | {"state": FileState.WANTED.value, "source_ref": json.dumps({"owner": owner})}
    return FileId(tx.execute(_ADD, row).scalar_one())


def upload_of(tx: Tx, number: int, owner: str) -> File | None:
    """An upload of this owner, whole and named by no message yet."""
    mine = select(file.c.id).where(
        file.c.id == number,
        file.c.conversation_id.is_(None),
        file.c.state == FileState.HERE.value,
        file.c.source_ref == json.dumps({"owner": owner}),
    )
    return by_id(tx, number) if tx.execute(mine).first() is not None else None


def _claim(tx: Tx, conversation_id: ConversationId, sent: Attachment, caption: RichText) -> FileId:
    number = FileId(int(sent.ref["file"]))
    mine = update(file).where(
        file.c.id == number, file.c.conversation_id.is_(None), file.c.source_ref == json.dumps({"owner": sent.ref["owner"]})
    )
    done = tx.execute(mine.values(conversation_id=conversation_id, caption=_caption(caption), kind=sent.kind.value))
    if done.rowcount != 1:
        raise LookupError(f"file {number} is not {sent.ref['owner']}'s to send")
    return number


def _caption(caption: RichText) -> str:
    return json.dumps(caption.to_json(), ensure_ascii=False).replace("\\u0000", "\ufffd") if not caption.is_empty else "{}"


_COLUMNS = (
    file.c.id,
    file.c.kind,
    file.c.name,
    file.c.mime,
    file.c.size,
    file.c.seconds,
    file.c.caption,
    file.c.source,
    file.c.source_ref,
    file.c.state,
    file.c.reason,
)
_BY_IDS = select(*_COLUMNS).where(file.c.id.in_(bindparam("ids", expanding=True)))


def by_ids(tx: Tx, ids: set[int]) -> dict[int, File]:
    """Files by number."""
    return {row.id: _file(row) for row in tx.execute(_BY_IDS, {"ids": sorted(ids)})} if ids else {}


def by_id(tx: Tx, number: int) -> File | None:
    """One file."""
    return by_ids(tx, {number}).get(number)


def _file(row: Any) -> File:
    caption = json.loads(row.caption)
    return File(
        id=FileId(row.id),
        kind=FileKind(row.kind),
        name=row.name,
        mime=row.mime,
        size=row.size,
        seconds=row.seconds,
        caption=RichText.from_json(caption) if caption else RichText.plain(""),
        source=row.source,
        ref=json.loads(row.source_ref),
        state=FileState(row.state),
        reason=row.reason,
    )


ALBUM_MS = 24 * 3_600_000


def album(tx: Tx, conversation_id: ConversationId, name: str) -> set[int]:
    """The files that were sent together under this ``name`` (the ``album`` of their ``ref``)."""
    near = select(file.c.id, file.c.source_ref).where(file.c.conversation_id == conversation_id, file.c.at > tx.now - ALBUM_MS)
    return {row.id for row in tx.execute(near) if json.loads(row.source_ref).get("album") == name}


def set_caption(tx: Tx, number: FileId, caption: RichText) -> None:
    """The words sent with it have changed."""
    tx.execute(update(file).where(file.c.id == number).values(caption=_caption(caption)))


def describe(tx: Tx, number: FileId, *, name: str, kind: FileKind) -> None:
    """What a file is, where its platform tells that only when it is fetched. ``name`` must be a safe one."""
    mine = update(file).where(file.c.id == number, file.c.state == FileState.WANTED.value)
    tx.execute(mine.values(name=name, kind=kind.value))


# The bytes -----------------------------------------------------------------------------------------------------------


@cache
def _put(postgres: bool) -> Any:
    row = upsert(file_chunk, postgres=postgres)
    return row.on_conflict_do_update(index_elements=["file_id", "n"], set_={"content": row.excluded.content})


def put_chunk(tx: Tx, number: FileId, n: int, content: bytes) -> None:
    """Keep piece ``n``; a second try writes the same again."""
    tx.execute(_put(tx.postgres), {"file_id": number, "n": n, "content": content})


def finish(tx: Tx, number: FileId, *, size: int, chunks: int, mime: str) -> bool:
    """All of it is here. False when it was refused or taken away meanwhile."""
    tx.execute(delete(file_chunk).where(file_chunk.c.file_id == number, file_chunk.c.n >= chunks))
    mine = update(file).where(file.c.id == number, file.c.state == FileState.WANTED.value)
    tx.wake.add("outbox")
    return tx.execute(mine.values(state=FileState.HERE.value, size=size, mime=mime)).rowcount == 1


def refuse(tx: Tx, number: FileId, reason: str, language: str = "") -> None:
    """It will never be here. The reason is kept in the language of those who read it."""
    tx.execute(delete(file_chunk).where(file_chunk.c.file_id == number))
    mine = update(file).where(file.c.id == number, file.c.state == FileState.WANTED.value)
    tx.execute(mine.values(state=FileState.REFUSED.value, reason=in_language(reason, language)))


DELETED = Phrase("It was deleted.")
"""Kept in English, as a reason that holds no values may be."""


def drop(tx: Tx, number: FileId) -> None:
    """Its author has taken it back: its bytes go."""
    tx.execute(delete(file_chunk).where(file_chunk.c.file_id == number))
    tx.execute(update(file).where(file.c.id == number).values(state=FileState.GONE.value, reason=DELETED))


def again(tx: Tx, number: FileId, conversation_id: ConversationId) -> None:
    """Fetch it once more, if it could not be fetched (*Retry*)."""
    mine = update(file).where(file.c.id == number, file.c.state == FileState.REFUSED.value, file.c.source != "")
    source = tx.execute(mine.values(state=FileState.WANTED.value, reason="").returning(file.c.source)).scalar()
    if source is not None:
        _fetch(tx, number, conversation_id, source)


_CHUNK = select(file_chunk.c.content).where(file_chunk.c.file_id == bindparam("number"), file_chunk.c.n == bindparam("n"))


def chunk(tx: Tx, number: int, n: int) -> bytes | None:
    """Piece ``n``; None behind the last."""
    found = tx.execute(_CHUNK, {"number": number, "n": n}).scalar()
    return None if found is None else bytes(found)


def sweep(tx: Tx, before: int) -> int:
    """Let go of the bytes of conversations' files older than ``before``; their names stay. Returns how many."""
    here = file.c.state == FileState.HERE.value
    old = select(file.c.id).where(file.c.at < before, here, file.c.conversation_id.is_not(None)).limit(500)
    numbers: Sequence[int] = tx.execute(old).scalars().all()
    if numbers:
        tx.execute(delete(file_chunk).where(file_chunk.c.file_id.in_(numbers)))
        tx.execute(update(file).where(file.c.id.in_(numbers)).values(state=FileState.GONE.value))
    return len(numbers)


UNNAMED_MS = 24 * 3_600_000


def sweep_uploads(tx: Tx) -> int:
    """Let go of uploads that no message has named within a day; returns how many."""
    borne = select(canned.c.file_id).where(canned.c.file_id.is_not(None))
    unnamed = (file.c.conversation_id.is_(None), file.c.at < tx.now - UNNAMED_MS, file.c.id.not_in(borne))
    tx.execute(delete(file_chunk).where(file_chunk.c.file_id.in_(select(file.c.id).where(*unnamed))))
    return tx.execute(delete(file).where(*unnamed)).rowcount


def remove_of(tx: Tx, ids: Sequence[int]) -> int:
    """Take away all files of these conversations (R125); returns how many."""
    theirs = select(file.c.id).where(file.c.conversation_id.in_(ids))
    tx.execute(delete(file_chunk).where(file_chunk.c.file_id.in_(theirs)))
    return tx.execute(delete(file).where(file.c.conversation_id.in_(ids))).rowcount


def total(tx: Tx) -> int:
    """Bytes kept, for ``stats``."""
    query = select(func.coalesce(func.sum(file.c.size), 0)).where(file.c.state == FileState.HERE.value)
    found: int = tx.execute(query).scalar_one()
    return found
