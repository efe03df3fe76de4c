"""Reactions of the bot: the mark of a message's fate, and what a client reacted with (R34, R35).

A bot can only set and take away its own (https://docs.slack.dev/reference/methods/reactions.remove). Errors that say that all is
as asked already count as done.
"""

from __future__ import annotations

from typing import Any

from bot.delivery.ports import Fate, Mark, Outcome, React, Sent
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.shared.emoji_codes import to_slack_name

Json = dict[str, Any]
MARKS = {
    Fate.ACCEPTED: "white_check_mark",
    Fate.DELIVERED: "ballot_box_with_check",
    Fate.READ: "eyes",
    Fate.FAILED: "x",
    Fate.HELD: "lock",
}
MOST = 20
"""Emoji of one message that are shown; Slack takes 23 of one message's."""
UNKNOWN = frozenset(("invalid_name", "too_many_emoji", "too_many_reactions"))


async def mark(wire: Wire, chat: str, asked: Mark) -> Outcome:
    """Set the new mark, then take away other marks of ours. Raises ``Failed``."""
    at = {"channel": chat, "timestamp": asked.remote_id}
    await _change(wire, "reactions.add", {**at, "name": MARKS[asked.fate]}, "already_reacted")
    others = {name for fate, name in MARKS.items() if fate is not asked.fate}
    for name in sorted(await _shown(wire, at) & others):
        await _change(wire, "reactions.remove", {**at, "name": name}, "no_reaction")
    return Sent()


async def react(wire: Wire, chat: str, asked: React) -> Outcome:
    """Let these stand and no other of ours but the mark; emoji that Slack lacks are left out. Raises ``Failed``."""
    at = {"channel": chat, "timestamp": asked.remote_id}
    names = [name for one in asked.emoji[:MOST] if (name := to_slack_name(one)) is not None]
    wanted = [*([MARKS[asked.fate]] if asked.fate else []), *names]
    shown = await _shown(wire, at)
    for name in wanted:
        if name not in shown:
            try:
                await _change(wire, "reactions.add", {**at, "name": name}, "already_reacted")
            except Failed as failed:
                if failed.code not in UNKNOWN:
                    raise
    for name in sorted(shown.difference(wanted)):
        await _change(wire, "reactions.remove", {**at, "name": name}, "no_reaction")
    return Sent()


async def _shown(wire: Wire, at: Json) -> set[str]:
    """The names of our own reactions to a message."""
    me = await wire.me()
    answer = await wire.call("reactions.get", {**at, "full": "true"})
    found = answer.get("message", {}).get("reactions", [])
    return {str(one.get("name")) for one in found if me in (one.get("users") or ())}


async def _change(wire: Wire, method: str, arguments: Json, done: str) -> None:
    try:
        await wire.call(method, arguments)
    except Failed as failed:
        if failed.code != done:
            raise
