"""Whether a Slack room can be worked in: for ``doctor``, and for who adds one."""

from __future__ import annotations

from typing import Any

from bot.handlers.desks.slack.listener import NETWORK
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.shared.platform import Finding


async def look(wire: Wire, chat: str, bot: str) -> Finding:
    """Whether the bot, by its name, is in the room and the room is in use."""
    try:
        answer = await wire.call("conversations.info", {"channel": chat})
    except Failed as failed:
        if failed.code == "channel_not_found":
            remedy = f"check the room's id in the team file; a private room needs /invite @{bot} first"
            return Finding(False, f"Slack room {chat}: Slack shows no such room to the bot", remedy)
        return Finding(False, f"Slack room {chat}: can't be looked at ({cause(failed)})", remedy_of(failed))
    room: Any = answer.get("channel") or {}
    name = f"#{room.get('name') or chat}"
    if room.get("is_archived"):
        return Finding(False, f"Slack room {name}: archived", f"unarchive {name}, or give its group another room")
    if not room.get("is_member"):
        return Finding(False, f"Slack room {name}: the bot is not in it", f"invite the bot: /invite @{bot} in {name}")
    return Finding(True, f"Slack room {name}")


def cause(failed: Failed) -> str:
    """Slack's word for it, or ours where none came."""
    return failed.code or str(getattr(failed.outcome, "reason", failed))


def remedy_of(failed: Failed) -> str:
    """What to do about it."""
    return str(getattr(failed.outcome, "reason", "")) if failed.code else NETWORK
