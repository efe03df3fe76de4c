"""How long a client has waited, and what follows from it (R110). Pure: facts in, a decision out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.conversation import Status
from bot.domain.errors import BadHours, BadTime
from bot.domain.group_settings import GroupSettings
from bot.domain.hours import DAY_MINUTES, MINUTE, Hours, parse_hours, parse_time
from bot.domain.ids import Moment
from bot.domain.phrase import Phrase

MOST_REMINDERS = 3
"""Who has not been moved by three is not moved by more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What is true of an open conversation.

    ``waiting_since``  since when he waits for those who have it now: when he wrote the first word that nobody answered, or
                       when it came to them; None when he waits for nothing
    ``answered_at``    when an operator last wrote to the client; ``idle_since`` when anybody last wrote, if it was an operator
    ``active``         whether the responsible operator is still one; ``quiet_since`` when his quiet hours began, None outside
    """

    status: Status
    status_since: Moment
    waiting_since: Moment | None
    answered_at: Moment | None = None
    idle_since: Moment | None = None
    active: bool = True
    quiet_since: Moment | None = None


def hours_of(settings: GroupSettings) -> Hours | None:
    """The group's business hours; None when there are none, or they can't be read."""
    if not settings.hours:
        return None
    try:
        return parse_hours(settings.hours)
    except BadHours:
        return None


def digest_minutes(settings: GroupSettings) -> int | None:
    """When the group's digest is due, in minutes after midnight; None for never."""
    if not settings.digest_at:
        return None
    try:
        return parse_time(settings.digest_at)
    except BadTime:
        return None


def waited(since: Moment, now: Moment, hours: Hours | None) -> int:
    """Milliseconds somebody has waited; with business hours only those count."""
    return hours.worked(since, now) if hours is not None else max(0, now - since)


def reminder_distance(minutes: int, given: int) -> int:
    """Milliseconds of waiting after which reminder number ``given`` + 1 is due: after one, three and seven limits."""
    return int(2 ** (given + 1) - 1) * minutes * MINUTE


def must_remind(settings: GroupSettings, wait: Wait, now: Moment, given: int) -> bool:
    """Whether somebody is to be reminded of this client now; ``given`` reminders there were for this wait."""
    if not settings.reminder_minutes or wait.waiting_since is None or given >= MOST_REMINDERS:
        return False
    return waited(wait.waiting_since, now, hours_of(settings)) >= reminder_distance(settings.reminder_minutes, given)


def must_return(settings: GroupSettings, wait: Wait, now: Moment) -> str:
    """Why the conversation goes back to Unassigned, as the end of a sentence about its operator; empty when it stays.

    Away is who is no longer active, or whose quiet hours began after all he did here.
    """
    if not settings.return_minutes or wait.status is not Status.INBOX:
        return ""
    if not wait.active:
        return Phrase("is no longer active")
    if wait.waiting_since is None:
        return ""
    last_act = max(wait.status_since, wait.answered_at or 0)
    if wait.quiet_since is not None and wait.quiet_since > last_act:
        return Phrase("is away")
    since = Moment(max(wait.waiting_since, last_act))
    hours = hours_of(settings)
    if waited(since, now, hours) >= settings.return_minutes * MINUTE:
        return Phrase("has not answered for {time}", time=spoken(waited(since, now, hours)))
    return ""


def must_close(settings: GroupSettings, wait: Wait, now: Moment) -> bool:
    """Whether nothing has been said for so long after an operator's answer that the conversation closes."""
    if not settings.close_minutes or wait.status is not Status.INBOX or wait.idle_since is None:
        return False
    return now - max(wait.idle_since, wait.status_since) >= settings.close_minutes * MINUTE


def is_rested(last_message_at: Moment | None, at: Moment, minutes: int) -> bool:
    """Whether so long nothing was said that the responsible operator looks elsewhere by now (R111)."""
    return bool(minutes) and last_message_at is not None and at - last_message_at >= minutes * MINUTE


def spoken(milliseconds: int) -> str:
    """A time that has passed, in words as they stand behind "for": minutes, then hours, then days."""
    minutes = max(1, milliseconds // MINUTE)
    if _fills(minutes, DAY_MINUTES):
        return Phrase("{n} day", "{n} days", n=minutes // DAY_MINUTES)
    if _fills(minutes, 60):
        hours, rest = divmod(minutes, 60)
        words = Phrase("{n} hour", "{n} hours", n=hours)
        return Phrase("{hours} {rest} min", hours=words, rest=rest) if rest else words
    return Phrase("{n} minute", "{n} minutes", n=minutes)


def _fills(minutes: int, size: int) -> bool:
    """Whether so many minutes are told in this unit: from two of it on, or exactly one."""
    return minutes >= 2 * size or minutes == size
