"""A conversation goes to another group's desks: new threads with the recent history there, the old ones point to them (R56)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from bot.domain.card import EARLIER, moved_to
from bot.domain.conversation import Conversation
from bot.domain.people import Group
from bot.domain.phrase import Phrase
from bot.store import heal, mirrors, spread, team
from bot.store.mirrors import Mirror
from bot.store.uow import Tx

Waiting = Sequence[Row[Any]]


def move(tx: Tx, moved: Conversation, before: Group, words: str) -> None:
    """Bring the mirrors of a conversation that is in its new group already to that group's desks.

    What still waited for an old thread follows to the thread that takes over from it, on the same platform where there
    is one; a desk that serves both groups keeps its thread. ``before`` is the group it comes from, ``words`` what the old
    threads say last.
    """
    homes = team.desks_of(tx, moved.group_id)
    live = mirrors.of_conversation(tx, moved.id)
    leaving = [one for one in live if one.desk_id not in {home.id for home in homes}]
    # marks and words for single persons still go out in a thread that stands
    waiting = {one.id: heal.taken_out(tx, one, lane_only=bool(one.thread)) for one in leaving}
    for old in leaving:
        mirrors.retire(tx, old, moved_to(team.group_by_id(tx, moved.group_id)))
    known = {one.desk_id for one in live}
    for home in (one for one in homes if one.id not in known):
        by_likeness = sorted(leaving or live, key=lambda one: one.platform != home.platform)
        old_one = by_likeness[0] if by_likeness else None
        follows = waiting.get(old_one.id, []) if old_one else []
        pointer = EARLIER if mirrors.were_at(tx, moved.id, home.id) else ""
        heal.succeed(
            tx, moved.id, old_one, home, follows, title=Phrase("What was said in {group}", group=before.badge), pointer=pointer
        )
    for old in leaving:
        _leave(tx, old, waiting[old.id], words)


def _leave(tx: Tx, old: Mirror, waiting: Waiting, words: str) -> None:
    """The last words of a thread: its card and a notice say where the talk goes on; a topic closes.

    A card or topic that is being made right now comes to stand all the same.
    """
    coming = {item.op for item in waiting if item.state == "sending"}
    if old.card_ref or "card" in coming:
        spread.refresh_card(tx, old)
    if old.thread or coming & {"card", "topic"}:
        spread.farewell(tx, old, words)
        if old.platform == "telegram":
            spread.on_mirror(tx, old, "topic_state", payload={"closed": True, "left": True})
