"""Posts to Slack: one call a parcel, its outcome told truly, and what may have been posted found again.

Every post carries its delivery's id as metadata (https://docs.slack.dev/messaging/message-metadata), so that a
post of unknown fate can be looked for and is never made twice (F17, F19, F22). ``include_all_metadata`` gives it back
whole without a schema in the manifest (https://github.com/slackapi/python-slack-sdk/issues/1501).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import structlog

from bot.delivery.ports import (
    Ambiguous,
    DeletePost,
    Document,
    EditCard,
    EditPost,
    Fetch,
    FilePost,
    History,
    LookAt,
    Mark,
    NameTopic,
    Notice,
    OpenTopic,
    Outcome,
    Parcel,
    Permanent,
    PostCard,
    PublishHome,
    Quoted,
    React,
    Remove,
    Retry,
    Sent,
    Sweep,
    TopicState,
    Unsupported,
    Words,
)
from bot.domain.card import CardView
from bot.domain.phrase import Phrase, capital
from bot.domain.screen import Jump, Screen
from bot.handlers.desks.slack import downloads, reactions
from bot.handlers.desks.slack.blocks import Message, draw_card, draw_file, draw_history, draw_notice, draw_words
from bot.handlers.desks.slack.refusals import BAD_TEXT
from bot.handlers.desks.slack.removal import remove_posts
from bot.handlers.desks.slack.rooms import look
from bot.handlers.desks.slack.screens import as_home
from bot.handlers.desks.slack.uploads import Uploads, direct_room, remove_post
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.shared.files import Files
from bot.handlers.shared.jumps import address_of
from bot.languages import in_language
from bot.store.engine import Store

log = structlog.get_logger(__name__)

Json = dict[str, Any]

EVENT_TYPE = "relaydesk_delivery"
SKEW_SECONDS = 60
"""How far our clock may be ahead of Slack's when we look for a post by the time it was tried."""
PAGE = 200
MOST_PAGES = 50


NOT_THERE = {
    "message_not_found": Phrase("The post it stands in was deleted in Slack."),
    "cant_update_message": Phrase("The post it stands in is not the bot's own."),
}
NOT_OURS = frozenset(("cant_delete_message", "compliance_exports_prevent_deletion"))


class SlackPort:
    """A workspace the bot posts in: ``Port`` and ``ReadsBack``."""

    def __init__(self, wire: Wire, store: Store) -> None:
        self._wire = wire
        self._store = store
        self._files = Files(store)
        self._uploads = Uploads(wire, store)

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Make the call once; only invalid blocks are tried a second time, in plain text."""
        try:
            return await self._deliver(parcel)
        except Failed as failed:
            return failed.outcome

    async def find(self, parcel: Parcel) -> Sent | Retry | None:
        """The post this parcel made, if it made one. Edits, marks and whispers can be done twice and are not looked for."""
        if not _is_post(parcel):
            return None
        try:
            return await self._find(parcel)
        except Failed as failed:
            if isinstance(failed.outcome, Retry):
                return failed.outcome
            return None  # room or thread is gone: to try again tells how it stands

    async def _deliver(self, parcel: Parcel) -> Outcome:
        stamp = str(parcel.delivery_id)
        match parcel.body:
            case Words() as words if words.kind != "reply":
                return await self._post(parcel, draw_words(words, stamp, await self._way(parcel, words.quote), parcel.language))
            case FilePost() as post:
                drawn = draw_file(post, stamp, await self._way(parcel, post.quote), parcel.language)
                return await self._uploads.post(parcel, post, drawn)
            case PostCard(card):
                return await self._post(parcel, draw_card(await self._linked(parcel, card), stamp, parcel.language))
            case History() as history:
                return await self._post(parcel, draw_history(history, stamp))
            case Notice() as notice:
                drawn = draw_notice(notice, stamp, await self._wire.workspace() if notice.jumps else "", parcel.language)
                if notice.only_for is not None:
                    return await self._whisper(parcel, drawn, notice.only_for)
                return await self._post(parcel, drawn)
            case Document() as document:
                return await self._uploads.document(parcel, document)
            case LookAt():
                return await self._look(parcel)
            case PublishHome(screen):
                return await self._home(parcel, screen)
        return await self._change(parcel)

    async def _change(self, parcel: Parcel) -> Outcome:
        """What makes no new post."""
        match parcel.body:
            case EditCard(remote_id, card):
                drawn = draw_card(await self._linked(parcel, card), str(parcel.delivery_id), parcel.language)
                await self._show("chat.update", {"channel": parcel.address.chat, "ts": remote_id}, drawn)
                return Sent(remote_id)
            case EditPost() as edit:
                return await self._edit(parcel, edit)
            case DeletePost(remote_id):
                return await self._delete(parcel, remote_id)
            case Mark() as mark:
                return await reactions.mark(self._wire, parcel.address.chat, mark)
            case React() as react:
                return await reactions.react(self._wire, parcel.address.chat, react)
            case Fetch(file):
                return await downloads.fetch(self._wire, self._store, self._files, file)
            case Remove():
                return await remove_posts(self._wire, parcel.address.chat, parcel.address.thread)
            case Sweep() as sweep:
                waiting = await self._take_back(parcel.address.chat, sweep.delivery_id, sweep.since)
                return waiting or Sent()
            case OpenTopic() | NameTopic() | TopicState():
                return Sent()
            case _:  # letters
                return Unsupported(Phrase("Slack can't do this."))

    async def _way(self, parcel: Parcel, quote: Quoted | None) -> str:
        """The address of a message in the thread that is answered, empty when it does not stand there."""
        if quote is None or not quote.remote_id:
            return ""
        workspace, address = await self._wire.workspace(), parcel.address
        at = address_of(Jump("slack", address.chat, quote.remote_id), workspace)
        return f"{at}?thread_ts={address.thread}&cid={address.chat}" if at else ""

    async def _edit(self, parcel: Parcel, edit: EditPost) -> Outcome:
        """Other words in a post's place; a file stays as it is (https://docs.slack.dev/reference/methods/chat.update)."""
        stamp, post = str(parcel.delivery_id), edit.post
        way = await self._way(parcel, post.quote)
        if isinstance(post, Words):
            drawn = draw_words(post, stamp, way, parcel.language)
        else:
            drawn = draw_file(post, stamp, way, parcel.language, changed=True)
        try:
            await self._show("chat.update", {"channel": parcel.address.chat, "ts": edit.remote_id}, drawn)
        except Failed as failed:
            if failed.code in NOT_THERE:  # somebody has deleted the post: the thread is well
                return Permanent(NOT_THERE[failed.code])
            raise
        return Sent(edit.remote_id)

    async def _delete(self, parcel: Parcel, remote_id: str) -> Outcome:
        """Take a post of ours away, with its files."""
        try:
            await remove_post(self._wire, parcel.address.chat, parcel.address.thread, remote_id)
        except Failed as failed:
            if failed.code in NOT_OURS:
                return Unsupported(Phrase("Slack lets the bot delete only its own messages."))
            raise
        return Sent(remote_id)

    async def _look(self, parcel: Parcel) -> Sent:
        """Whether the room can be worked in."""
        who = await self._wire.call("auth.test", {})
        found = await look(self._wire, parcel.address.chat, str(who.get("user") or "the bot"))
        amiss = Phrase("{what}. {remedy}.", what=found.what, remedy=capital(found.remedy))
        return Sent(amiss="" if found.ok else in_language(amiss, parcel.language))

    async def _home(self, parcel: Parcel, screen: Screen | None) -> Outcome:
        """The Home tab of one person (https://docs.slack.dev/reference/methods/views.publish)."""
        if screen is None:
            return Permanent(Phrase("there is nobody to draw it"))
        workspace = await self._wire.workspace()
        view = as_home(screen, lambda jump: address_of(jump, workspace), language=parcel.language)
        await self._wire.call("views.publish", {"user_id": parcel.address.chat, "view": view})
        return Sent()

    async def _linked(self, parcel: Parcel, card: CardView) -> CardView:
        """The card with the address of the thread it points to (R30); a thread that is gone has none."""
        if not card.link:
            return card
        try:
            found = await self._wire.call("chat.getPermalink", {"channel": parcel.address.chat, "message_ts": card.link})
        except Failed as failed:
            if isinstance(failed.outcome, Retry):
                raise
            return replace(card, link="")
        return replace(card, link=str(found.get("permalink", "")))

    async def _post(self, parcel: Parcel, message: Message) -> Outcome:
        where = _place(parcel)
        tag = {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": str(parcel.delivery_id)}}
        answer = await self._show("chat.postMessage", {**where, "metadata": tag}, message, creating=True)
        ts = str(answer["ts"])
        posted = answer.get("message")
        if "thread_ts" in where and isinstance(posted, dict) and posted.get("thread_ts") != where["thread_ts"]:
            # Slack puts a reply whose parent was deleted into the room itself and reports success; the missing
            # thread_ts is the only sign (https://github.com/slack-go/slack/issues/1571).
            waiting = await self._remove(parcel.address.chat, ts)
            return Ambiguous(waiting) if waiting else Permanent(Phrase("the thread is gone"), "thread_gone")
        return Sent(ts)

    async def _whisper(self, parcel: Parcel, message: Message, person: str) -> Outcome:
        """An ephemeral message: it is nobody's second copy, so a broken connection means to try again."""
        await self._show("chat.postEphemeral", {**_place(parcel), "user": person}, message)
        return Sent()

    async def _show(self, method: str, arguments: Json, message: Message, *, creating: bool = False) -> Json:
        """Call with blocks; when Slack refuses them, once more in plain text (F34)."""
        try:
            return await self._wire.call(method, {**arguments, **message.arguments(method)}, creating=creating)
        except Failed as failed:
            if failed.code not in BAD_TEXT:
                raise
            log.warning("slack refused the blocks; trying plain text", method=method, error=failed.code)
        return await self._wire.call(method, {**arguments, **message.arguments(method, plain=True)}, creating=creating)

    async def _remove(self, chat: str, ts: str) -> str:
        """Take away a post that fell out of its thread. Why that has to be tried again, else empty."""
        try:
            await self._wire.call("chat.delete", {"channel": chat, "ts": ts})
        except Failed as failed:
            if isinstance(failed.outcome, Retry):
                reason = failed.outcome.reason
                return Phrase("a post that fell out of its thread is not removed yet: {reason}", reason=reason)
            if failed.code != "message_not_found":
                log.warning("a post that fell out of its thread can't be removed", room=chat, error=failed.code)
        return ""

    async def _find(self, parcel: Parcel) -> Sent | Retry | None:
        if isinstance(parcel.body, FilePost | Document):
            return await self._uploads.find(parcel)
        where, mine = _place(parcel), (parcel.delivery_id, parcel.since)
        # a person's id will do to post, not to read
        where["channel"] = await direct_room(self._wire, where["channel"])
        if "thread_ts" not in where:
            return await self._search("conversations.history", {"channel": where["channel"]}, *mine)
        try:
            return await self._search("conversations.replies", {"channel": where["channel"], "ts": where["thread_ts"]}, *mine)
        except Failed as failed:
            if failed.code != "thread_not_found":
                raise
        # The thread is gone; what was posted meanwhile stands in the room itself.
        return await self._take_back(where["channel"], parcel.delivery_id, parcel.since)

    async def _take_back(self, chat: str, delivery_id: int, since: int) -> Retry | None:
        """Remove a delivery's post that stands in the room itself; None when there is none, or none any more."""
        stray = await self._search("conversations.history", {"channel": chat}, delivery_id, since)
        if not isinstance(stray, Sent):
            return stray
        waiting = await self._remove(chat, stray.remote_id)
        return Retry(waiting) if waiting else None

    async def _search(self, method: str, where: Json, delivery_id: int, since: int) -> Sent | Retry | None:
        pages = 0
        async for page in self._pages(method, where, since):
            for message in page:
                if _delivery_of(message) == str(delivery_id):
                    return Sent(str(message["ts"]))
            pages += 1
            if pages == MOST_PAGES:
                return Retry(Phrase("too many messages to look through"))
        return None

    async def _pages(self, method: str, where: Json, since: int) -> AsyncIterator[list[Json]]:
        oldest = max(0, since // 1000 - SKEW_SECONDS)
        query = {**where, "oldest": f"{oldest}.000000", "include_all_metadata": "true", "limit": PAGE}
        while True:
            answer = await self._wire.call(method, query)
            yield answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            query["cursor"] = cursor


def _is_post(parcel: Parcel) -> bool:
    body = parcel.body
    return isinstance(body, Words | FilePost | PostCard | History | Document) or (
        isinstance(body, Notice) and body.only_for is None
    )


def _place(parcel: Parcel) -> Json:
    """``channel``, and ``thread_ts`` where there is a thread."""
    thread = {"thread_ts": parcel.address.thread} if parcel.address.thread else {}
    return {"channel": parcel.address.chat, **thread}


def _delivery_of(message: Json) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    return str(payload.get("delivery_id")) if isinstance(payload, dict) else None
