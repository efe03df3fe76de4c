"""What is missing or wrong, in words with a remedy (``python -m bot doctor``)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from bot.app import KEPT, NOBODY
from bot.beside import look
from bot.domain.privacy import masked_scope
from bot.handlers.shared.platform import Finding
from bot.store import figures, journal, team
from bot.store.engine import StoreError
from bot.store.uow import Tx
from config.settings import Settings
from config.team import TeamFileError

PLATFORM_SECONDS = 20.0
ORPHANS_MS = 7 * 24 * 3_600_000
"""How long a topic that may be one too many is spoken of; nobody can tell us that it was deleted."""


async def examine(settings: Settings) -> list[Finding]:
    """Look at the store, the team as the next start would see it, the queues and the platforms."""
    try:
        seen = await look(settings)
    except (StoreError, TeamFileError) as trouble:
        what, _, remedy = str(trouble).rpartition(": ")
        return [Finding(False, what, remedy)]
    try:
        findings = [*await seen.read(_look), *await _platforms(seen.app.check(seen.read))]
    finally:
        await seen.app.close()
    if seen.changes:
        remedy = f"the next start brings them in; `python -m bot apply {settings.team_file}` does it now"
        findings.insert(0, Finding(True, f"{_some(len(seen.changes), 'change')} of the team file not applied yet", remedy))
    findings += [Finding(False, line, KEPT) for line in seen.kept]
    return findings


async def _platforms(looking: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(PLATFORM_SECONDS):
            return await looking
    except TimeoutError:
        remedy = "look at the network of this machine and try again"
        return [Finding(False, f"the platforms do not answer within {PLATFORM_SECONDS:.0f} s", remedy)]


def _look(tx: Tx) -> list[Finding]:
    return [*_team(tx), *_queues(tx), *_orphans(tx)]


def _team(tx: Tx) -> list[Finding]:
    if team.is_empty(tx):
        return [Finding(False, "nobody is an operator, so nobody can answer", NOBODY)]
    number = len(team.desks(tx))
    return [
        Finding(True, f"{_some(number, 'desk')} in the team")
        if number
        else Finding(False, "the team has no desk", "give a group a slack_room or telegram_forums in the team file")
    ]


def _queues(tx: Tx) -> list[Finding]:
    found = figures.collect(tx)
    updates, deliveries = found.updates, found.deliveries
    waiting = f"{_some(updates['pending'], 'update')} to read, {_some(deliveries['pending'], 'delivery')} to send"
    findings = [Finding(True, waiting)]
    if number := updates["dead"]:
        remedy = "search the log for “update not applied”: it is a bug, please report it"
        findings.append(Finding(False, f"{_some(number, 'update')} could not be applied", remedy))
    if number := updates["parked"]:
        remedy = "set its token, or add a [[channel]] of that kind to the team file, and restart"
        findings.append(Finding(False, f"{_some(number, 'update')} for a platform or channel that is off", remedy))
    if number := deliveries["dead"]:
        remedy = "look into the threads: the reason stands there, with Retry"
        findings.append(Finding(False, f"{_some(number, 'delivery')} failed for good", remedy))
    if number := deliveries["unconfirmed"]:
        findings.append(Finding(True, f"{_some(number, 'delivery')} sent once or twice, nobody can tell: the connection broke"))
    for key, until, reason in found.waits:
        seconds = max(0, until - tx.now) // 1000
        findings.append(
            Finding(False, f"{masked_scope(key)} waits {seconds} s more: {reason}", "nothing is lost, it goes on by itself")
        )
    return findings


def _orphans(tx: Tx) -> list[Finding]:
    return [
        Finding(
            False,
            f"the topic “{entry.details.get('name', '')}” in {entry.details.get('chat')} may have been made twice",
            "delete the empty one by hand",
        )
        for entry in journal.latest(tx, "topic unconfirmed")
        if entry.at > tx.now - ORPHANS_MS
    ]


def _some(number: int, thing: str) -> str:
    plural = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{number} {thing if number == 1 else plural}"
