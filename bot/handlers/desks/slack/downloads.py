"""The bytes of operators' files, from Slack.

``url_private_download`` wants the bot's token and the scope ``files:read``; without it Slack answers with a sign-in page, not
with an error (https://docs.slack.dev/reference/objects/file-object).
"""

from __future__ import annotations

from dataclasses import replace

from bot.delivery.ports import Outcome, Permanent
from bot.domain.files import File, safe_file_name
from bot.domain.phrase import Phrase
from bot.handlers.desks.slack.attachments import GONE, NO_BYTES, attachment
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.shared.download import fetched
from bot.handlers.shared.files import Files
from bot.store import files as kept
from bot.store.engine import Store

LOGIN = Phrase(
    "Slack shows its sign-in page instead of the file: the app lacks files:read. "
    "Add it under OAuth & Permissions and reinstall the app."
)


async def fetch(wire: Wire, store: Store, files: Files, file: File) -> Outcome:
    """Bring its bytes into the store. Raises ``Failed``."""
    mode, url = file.ref.get("mode", ""), file.ref.get("url", "")
    if not mode and not url:
        file, mode, url = await _looked_up(wire, store, file)
    if mode in NO_BYTES or not url:
        return Permanent(NO_BYTES.get(mode, GONE))
    return await fetched(files, file, wire.download(url), platform="Slack", login=LOGIN)


async def _looked_up(wire: Wire, store: Store, file: File) -> tuple[File, str, str]:
    """The file as Slack tells of it now, its mode when it has no bytes, and its address."""
    try:
        found = (await wire.call("files.info", {"file": file.ref.get("id", "")})).get("file") or {}
    except Failed as failed:
        if failed.code in ("file_not_found", "file_deleted"):
            return file, "tombstone", ""
        raise
    told = attachment(found)
    name = safe_file_name(told.name, told.kind, told.mime)
    await store.write(lambda tx: kept.describe(tx, file.id, name=name, kind=told.kind))
    return replace(file, name=name, kind=told.kind, mime=told.mime), told.ref.get("mode", ""), told.ref["url"]
