"""Files to Slack: the three steps of an upload, the post it became, and finding one of unknown fate again.

Steps: https://docs.slack.dev/messaging/working-with-files#upload. The first two show nothing to anybody. The last shares the
file, but only some time after it has answered, and its answer names no message
(https://github.com/slackapi/bolt-js/issues/2115); so the file is asked where it was shared. A shared file bears no metadata: its
id is noted on the delivery before it is shared, and by that it is known again (F17, F19, F61).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.delivery.ports import Ambiguous, Document, FilePost, Outcome, Parcel, Permanent, Retry, Sent, Unsupported
from bot.domain.files import FileKind, title
from bot.domain.phrase import Phrase
from bot.handlers.desks.slack.blocks import NO_WORDS, Message
from bot.handlers.desks.slack.mrkdwn import escape
from bot.handlers.desks.slack.refusals import BAD_TEXT
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.shared.documents import content_of
from bot.handlers.shared.files import Files
from bot.languages import in_language
from bot.store import outbox
from bot.store.engine import Store

Json = dict[str, Any]
PEOPLE = ("U", "W")
"""How people's ids begin."""
LONGEST_CAPTION = 3000
PAUSES = (0.05, 0.2, 0.5, 1.0, 1.5, *[2.0] * 9, *[4.0] * 10)
"""Seconds between looks whether Slack has shown a file; about a minute in all, since it looks for malware first."""
LOOKS_IN_DOUBT, LOOKS_FOR_OLD = 3, 6
GONE = frozenset(("file_not_found", "file_deleted"))
KEPT = frozenset(("cant_delete_file", "file_deleting_disabled", "no_permission"))
NOT_KEPT = Phrase("The file is not kept any more.")


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way: what it is called, how long it is, its bytes, and what stands beside it."""

    name: str
    title: str
    length: int
    pieces: AsyncIterator[bytes]
    message: Message


class Uploads:
    """Posts files in rooms, threads and direct messages."""

    def __init__(self, wire: Wire, store: Store) -> None:
        self._wire = wire
        self._store = store
        self._files = Files(store)

    async def post(self, parcel: Parcel, post: FilePost, message: Message) -> Outcome:
        """A message that is a file. Raises ``Failed``."""
        file = post.file
        called = title(file.kind, file.name, file.size, file.seconds)
        shown = in_language(called, parcel.language) if file.kind in _UNNAMED else file.name
        return await self._send(parcel, Sending(file.name, shown, file.size, self._files.pieces(file.id), message))

    async def document(self, parcel: Parcel, document: Document) -> Outcome:
        """A file for one operator in direct messages. Raises ``Failed``."""
        content = await content_of(document)
        message = Message(escape(document.caption), (), document.caption)
        return await self._send(parcel, Sending(document.name, document.name, len(content), _whole(content), message))

    async def find(self, parcel: Parcel) -> Sent | Retry | None:
        """Where the file of an earlier try was shared; None when it was not. Raises ``Failed``."""
        number = await self._noted(parcel)
        if not number:
            return None
        room = await direct_room(self._wire, parcel.address.chat)
        try:
            found = await self._shared(number, room, LOOKS_FOR_OLD)
        except Failed as failed:
            if failed.code in GONE:
                return None
            raise
        outcome = await self._landed(parcel, room, found) if found else None
        return outcome if isinstance(outcome, Sent | Retry) else None

    async def _send(self, parcel: Parcel, sending: Sending) -> Outcome:
        if earlier := await self._noted(parcel):
            # It was looked for and is not there; should Slack be late with it, it must not come beside the new one.
            await delete_file(self._wire, earlier)
        room = await direct_room(self._wire, parcel.address.chat)
        place = await self._wire.call("files.getUploadURLExternal", {"filename": sending.name, "length": sending.length})
        number = str(place["file_id"])
        await self._store.write(lambda tx: outbox.note(tx, parcel.delivery_id, upload=number))
        try:
            await self._wire.upload(str(place["upload_url"]), sending.pieces, sending.length)
        except LookupError:
            return Permanent(NOT_KEPT)
        shared = {"files": [{"id": number, "title": sending.title}], "channel_id": room}
        if parcel.address.thread:
            shared["thread_ts"] = parcel.address.thread
        try:
            doubt = await self._share(shared, sending.message)
        except Failed as failed:
            if isinstance(failed.outcome, Permanent | Unsupported):  # nobody will see it, and it must not lie about
                with suppress(Failed):
                    await delete_file(self._wire, number)
            raise
        found = await self._shared(number, room, LOOKS_IN_DOUBT if doubt else len(PAUSES))
        if found is None:
            raise doubt or Failed(Ambiguous(Phrase("Slack has taken the file but does not show it yet")))
        return await self._landed(parcel, room, found)

    async def _share(self, shared: Json, message: Message) -> Failed | None:
        """Share it, with its words in blocks, or, when Slack refuses those, in plain text. What leaves it in doubt, if any."""
        try:
            await self._wire.call("files.completeUploadExternal", {**shared, **_shown(message)}, creating=True)
        except Failed as failed:
            if isinstance(failed.outcome, Ambiguous):
                return failed
            if failed.code not in BAD_TEXT:
                raise
            await self._wire.call("files.completeUploadExternal", {**shared, **_shown(message, plain=True)}, creating=True)
        return None

    async def _noted(self, parcel: Parcel) -> str:
        return str((await self._store.read(lambda tx: outbox.begun(tx, parcel.delivery_id))).get("upload", ""))

    async def _shared(self, number: str, room: str, looks: int) -> Json | None:
        """Where the file stands in the room, once Slack shows it; None when it does not in that many looks.

        What goes wrong on the way is no reason to give up: the file is Slack's by now. Without the scope to ask, nobody learns
        where it stands, and it is taken for shared.
        """
        for pause in PAUSES[:looks]:
            try:
                info = await self._wire.call("files.info", {"file": number})
            except Failed as failed:
                if failed.code == "missing_scope":
                    return {}
                if failed.code in GONE:
                    raise
            else:
                shares = info.get("file", {}).get("shares") or {}
                for side in shares.values():
                    for share in side.get(room) or ():
                        return dict(share)
            await asyncio.sleep(pause)
        return None

    async def _landed(self, parcel: Parcel, room: str, share: Json) -> Sent | Permanent | Retry:
        """The post it became. In a thread that is gone it would have fallen into the room itself, as any reply does."""
        ts, thread = str(share.get("ts", "")), parcel.address.thread
        if not thread or not ts or share.get("thread_ts") == thread:
            return Sent(ts)
        if await self._is_in(room, thread, ts):
            return Sent(ts)
        try:
            await remove_post(self._wire, room, "", ts)
        except Failed as failed:
            if isinstance(failed.outcome, Retry):
                return failed.outcome
        return Permanent(Phrase("the thread is gone"), "thread_gone")

    async def _is_in(self, room: str, thread: str, ts: str) -> bool:
        try:
            return bool(await _post_at(self._wire, room, thread, ts))
        except Failed as failed:
            if failed.code == "thread_not_found":
                return False
            raise


_UNNAMED = (FileKind.VOICE, FileKind.VIDEO_NOTE)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _shown(message: Message, *, plain: bool = False) -> Json:
    """The words beside a file; ``blocks`` count only without ``initial_comment``, which is mrkdwn.

    https://docs.slack.dev/reference/methods/files.completeUploadExternal
    """
    named = {"username": message.username} if message.username else {}
    if message.icon:
        named["icon_emoji"] = f":{message.icon}:"
    if message.blocks and not plain:
        return {**named, "blocks": list(message.blocks)}
    words = escape(message.words)[:LONGEST_CAPTION]
    return {**named, "initial_comment": words} if words and words != NO_WORDS else named


async def direct_room(wire: Wire, person: str) -> str:
    """The direct messages with a person; any other room is given back."""
    if not person.startswith(PEOPLE):
        return person
    return str((await wire.call("conversations.open", {"users": person}))["channel"]["id"])


async def remove_post(wire: Wire, room: str, thread: str, ts: str) -> None:
    """Take away a post of the bot's, and the files in it, which would stay with Slack. Gone is well. Raises ``Failed``."""
    post = await _post_at(wire, room, thread or ts, ts)
    for number in files_in(post):
        await delete_file(wire, number)
    try:
        await wire.call("chat.delete", {"channel": room, "ts": ts})
    except Failed as failed:
        if failed.code != "message_not_found":
            raise


async def _post_at(wire: Wire, room: str, thread: str, ts: str) -> Json:
    """One post of a thread, empty when it is not there."""
    query = {"channel": room, "ts": thread, "oldest": ts, "latest": ts, "inclusive": "true", "limit": 2}
    try:
        answer = await wire.call("conversations.replies", query)
    except Failed as failed:
        if failed.code in ("thread_not_found", "message_not_found"):
            return {}
        raise
    return next((one for one in answer.get("messages") or () if one.get("ts") == ts), {})


def files_in(post: Json) -> list[str]:
    """The ids of the files a post bears."""
    return [str(one["id"]) for one in post.get("files") or () if isinstance(one, dict) and one.get("id")]


async def delete_file(wire: Wire, number: str) -> None:
    """Take a file of the bot's away for good. Gone is well, and so is what Slack does not let go. Raises ``Failed``."""
    try:
        await wire.call("files.delete", {"file": number})
    except Failed as failed:
        if failed.code not in GONE | KEPT:
            raise
