"""Whether a Slack room can be worked in: for ``doctor``, and for who adds one."""

from __future__ import annotations

from typing import Any

from bot.delivery.ports import Sent
from bot.domain.phrase import Phrase
from bot.handlers.desks.slack.listener import NETWORK
from bot.handlers.desks.slack.refusals import NO_METHOD
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.shared.platform import Finding


async def look(wire: Wire, chat: str, bot: str) -> Finding:
    """Whether the bot, by its name, is in the room and the room is in use."""
    try:
        answer = await wire.call("conversations.info", {"channel": chat})
    except Failed as failed:
        if failed.code == "channel_not_found":
            what = Phrase("Slack room {room}: Slack shows no such room to the bot", room=chat)
            remedy = Phrase("check the room's id in the team file; a private room needs /invite @{bot} first", bot=bot)
            return Finding(False, what, remedy)
        what = Phrase("Slack room {room}: can't be looked at ({cause})", room=chat, cause=cause(failed))
        return Finding(True, what) if failed.code == NO_METHOD else Finding(False, what, remedy_of(failed))
    room: Any = answer.get("channel") or {}
    name = f"#{room.get('name') or chat}"
    if room.get("is_archived"):
        remedy = Phrase("unarchive {room}, or give its group another room", room=name)
        return Finding(False, Phrase("Slack room {room}: archived", room=name), remedy)
    if not room.get("is_member"):
        remedy = Phrase("invite the bot: /invite @{bot} in {room}", bot=bot, room=name)
        return Finding(False, Phrase("Slack room {room}: the bot is not in it", room=name), remedy)
    return Finding(True, f"Slack room {name}")


def cause(failed: Failed) -> str:
    """Slack's word for it, or ours where none came."""
    return failed.code or _reason(failed)


def remedy_of(failed: Failed) -> str:
    """What to do about it."""
    return _reason(failed) if failed.code else NETWORK


def _reason(failed: Failed) -> str:
    return "" if isinstance(failed.outcome, Sent) else failed.outcome.reason
