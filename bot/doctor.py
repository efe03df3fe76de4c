"""What is missing or wrong, in words with a remedy (``python -m bot doctor``)."""

from __future__ import annotations

import asyncio
import time

from bot.app import Part, build_for_look
from bot.handlers.shared.platform import Finding
from bot.store import buckets, inbox, journal, lanes, team
from bot.store.uow import Tx
from config.settings import Settings

PLATFORM_SECONDS = 20.0


async def examine(settings: Settings) -> list[Finding]:
    """Look at the platforms, the team, and the queues. Raises what the start of ``run`` would raise."""
    app = await build_for_look(settings, Part.ALL)
    try:
        findings = await app.store.read(_look)
        try:
            async with asyncio.timeout(PLATFORM_SECONDS):
                findings += await app.check()
        except TimeoutError:
            findings.append(Finding(False, "the platforms do not answer in time", "look at the network of this machine and try again"))
        if not app.platforms:
            findings.append(Finding(False, "no platform is switched on", "set a token, see config/example.env"))
        return findings
    finally:
        await app.close()


def _look(tx: Tx) -> list[Finding]:
    return [*_team(tx), *_queues(tx), *_waits(tx), *_orphans(tx)]


def _team(tx: Tx) -> list[Finding]:
    if team.is_empty(tx):
        return [Finding(False, "nobody is an operator, so nobody can answer", "write a team file and run `python -m bot apply TEAM.toml`")]
    desks = team.desks(tx)
    return [Finding(bool(desks), f"{len(desks)} desk(s) are set up", "" if desks else "give a group a slack_room or telegram_forums")]


def _queues(tx: Tx) -> list[Finding]:
    updates, deliveries = inbox.counts(tx), lanes.counts(tx)
    dead_in, parked = updates.get("dead", 0), updates.get("parked", 0)
    dead_out, unsure = deliveries.get("dead", 0), deliveries.get("unconfirmed", 0)
    return [
        Finding(True, f"{updates.get('pending', 0)} update(s) wait to be read, {deliveries.get('pending', 0)} delivery(ies) wait to be sent"),
        Finding(not dead_in, f"{dead_in} update(s) could not be applied", "search the log for “update not applied”" if dead_in else ""),
        Finding(not parked, f"{parked} update(s) wait for a channel or platform", "add the channel to the team file" if parked else ""),
        Finding(not dead_out, f"{dead_out} delivery(ies) failed for good", "press Retry in their threads, or look why" if dead_out else ""),
        Finding(True, f"{unsure} delivery(ies) are unconfirmed: sent once or twice, the connection broke at the wrong moment"),
    ]


def _waits(tx: Tx) -> list[Finding]:
    found = buckets.blocked(tx)
    return [
        Finding(False, f"{key} waits {max(0, until - int(time.time() * 1000)) // 1000} s: {reason}", "nothing is lost, it goes on by itself")
        for key, until, reason in found
    ]


def _orphans(tx: Tx) -> list[Finding]:
    return [
        Finding(False, f"a topic in {entry.details.get('chat')} may have been made twice", "delete the empty one by hand")
        for entry in journal.latest(tx, "topic unconfirmed")
    ]
