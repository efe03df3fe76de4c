"""Whether somebody answers now: the business hours of the group a channel's conversations go to (R110)."""

from __future__ import annotations

from typing import Any

from bot.domain.reminders import hours_of
from bot.store import team
from bot.store.engine import Store
from bot.store.uow import Tx, clock

KEPT_MS = 30_000


class Away:
    """Remembers the answer for half a minute, for every open widget asks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[int, dict[str, Any]]] = {}

    async def now(self, channel: str) -> dict[str, Any]:
        """``{"away": false}``, or ``true`` with ``opens``, when somebody is back (milliseconds)."""
        until, answer = self._known.get(channel, (0, {}))
        if until < clock():
            answer = await self._store.read(lambda tx: _now(tx, channel))
            self._known[channel] = (clock() + KEPT_MS, answer)
        return answer


def _now(tx: Tx, name: str) -> dict[str, Any]:
    channel = team.find_channel(tx, "widget", name)
    hours = hours_of(team.settings_of(tx, channel.group_id)) if channel is not None else None
    if hours is None or hours.is_open(tx.now):
        return {"away": False}
    return {"away": True, "opens": hours.opens(tx.now)}
