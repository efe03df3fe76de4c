"""Taking away what the bot posted in a thread (R125).

``chat.delete`` takes only the bot's own posts (https://docs.slack.dev/reference/methods/chat.delete, ``cant_delete_message``),
about fifty a minute. The thread is read each time, so that notices and histories, whose ids nobody keeps, go as well.
"""

from __future__ import annotations

from typing import Any

from bot.delivery.ports import Outcome, Retry, Sent
from bot.domain.phrase import Phrase
from bot.handlers.desks.slack.uploads import delete_file, files_in
from bot.handlers.desks.slack.wire import Failed, Wire

AT_ONCE = 20
PAUSE_SECONDS = 25.0
PAGE = 200
GONE = frozenset(("thread_not_found", "message_not_found"))
KEPT = frozenset(("cant_delete_message", "compliance_exports_prevent_deletion"))

Json = dict[str, Any]


async def remove_posts(wire: Wire, room: str, thread: str) -> Outcome:
    """Delete up to ``AT_ONCE`` posts, the root last. ``Retry`` when there are more. Raises ``Failed``."""
    ours, left = await _posts(wire, room, thread)
    for ts, numbers in ours[:AT_ONCE]:
        for number in numbers:
            await delete_file(wire, number)
        try:
            await wire.call("chat.delete", {"channel": room, "ts": ts})
        except Failed as failed:
            if failed.code in KEPT:
                left += 1
            elif failed.code not in GONE:
                raise
    if len(ours) > AT_ONCE:
        return Retry(Phrase("there is more to remove"), after=PAUSE_SECONDS, counted=False)
    return Sent(left=left)


async def _posts(wire: Wire, room: str, thread: str) -> tuple[list[tuple[str, list[str]]], int]:
    """What bots posted in the thread, newest first, each with its files, and how many posts are people's."""
    ours: dict[str, list[str]] = {}
    left = 0
    query: Json = {"channel": room, "ts": thread, "limit": PAGE}
    while True:
        try:
            answer = await wire.call("conversations.replies", query)
        except Failed as failed:
            if failed.code in GONE:
                return [], 0
            raise
        for post in answer.get("messages") or []:
            if post.get("subtype") == "tombstone":
                continue
            if post.get("bot_id"):
                ours[str(post["ts"])] = files_in(post)
            else:
                left += 1
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return sorted(ours.items(), key=lambda one: (one[0] != thread, one[0]), reverse=True), left
        query["cursor"] = cursor
