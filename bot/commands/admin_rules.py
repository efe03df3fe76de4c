"""A group's own settings as an admin reads and writes them: the word, what it is for, how its value is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.commands.recall import MOST_SECONDS
from bot.domain import team_words
from bot.domain.errors import NotOneOf
from bot.domain.group_settings import Landing
from bot.languages import ENGLISH, LANGUAGES
from bot.store.entries import Facts

Value = str | int


@dataclass(frozen=True, slots=True)
class Rule:
    """``word`` before ``=``, ``field`` of the settings, ``read`` what was written, ``show`` the value as words."""

    word: str
    field: str
    label: str
    help: str
    read: Callable[[str], Value]
    show: Callable[[Value], str]
    many_lines: bool = False


def _time(word: str, field: str, label: str, help_: str, unit: int, most: int) -> Rule:
    def read(text: str) -> Value:
        return team_words.duration(text, unit, most)

    return Rule(word, field, label, help_, read, lambda value: team_words.duration_words(int(value), unit))


def _words(value: Value) -> str:
    return str(value) or "off"


def _landing(text: str) -> Value:
    word = text.strip().lower()
    if word not in set(Landing):
        raise NotOneOf(value=team_words.short(text), known=", ".join(Landing))
    return word


def _language(text: str) -> Value:
    code = text.strip().lower()
    if code in ("", "off"):
        return ""
    if code not in LANGUAGES:
        raise NotOneOf(value=team_words.short(text), known=", ".join(LANGUAGES))
    return "" if code == ENGLISH else code


def _language_words(value: Value) -> str:
    return str(value) or ENGLISH


MINUTES, DAYS = 60, 86400
YEAR = 525_600
RULES: tuple[Rule, ...] = (
    _time("reminder", "reminder_minutes", "Reminder", "remind when a client has waited so long, e.g. 15m", MINUTES, YEAR),
    _time("return", "return_minutes", "Auto-return", "back to Unassigned when the operator is silent, e.g. 2h", MINUTES, YEAR),
    _time("close", "close_minutes", "Auto-close", "close what has been idle so long, e.g. 3d", MINUTES, YEAR),
    Rule("goodbye", "close_text", "Goodbye", "what a client is told then", team_words.long_text, _words, many_lines=True),
    _time("recall", "recall_seconds", "Recall", "a reply waits so long and can be cancelled, e.g. 10s", 1, MOST_SECONDS),
    _time("notify", "notify_after_minutes", "Notice after a rest", "call the operator again after it, e.g. 30m", MINUTES, YEAR),
    _time("retention", "retention_days", "Retention", "closed conversations older than that are erased, e.g. 365d", DAYS, 36_500),
    Rule("assign", "assign_lands_in", "Assigned goes to", "inbox of the operator, or unassigned of the group", _landing, str),
    Rule("hours", "hours", "Business hours", "e.g. Mon-Fri 09:00-18:00 Europe/Berlin", team_words.hours, _words),
    Rule(
        "away",
        "away_text",
        "Away message",
        "what a client is told outside of them",
        team_words.long_text,
        _words,
        many_lines=True,
    ),
    Rule("language", "language", "Language", "of the bot's words in its threads, e.g. ru", _language, _language_words),
    Rule("digest", "digest_at", "Digest", "the time of the daily digest, e.g. 09:00", team_words.clock, _words),
)
BY_FIELD = {rule.field: rule for rule in RULES}
KEYS = {key: rule.field for rule in RULES for key in (rule.word, rule.field)}


def read(field: str, text: str) -> Value:
    """What was written for a setting. Raises a refusal that shows how."""
    return BY_FIELD[field].read(text)


def show(field: str, facts: Facts) -> str:
    """A setting's value as words that ``read`` takes."""
    return BY_FIELD[field].show(facts[field])
