"""A group's own settings as an admin reads and writes them: the word, what it is for, how its value is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from bot.commands.recall import MOST_SECONDS
from bot.domain import team_words
from bot.domain.errors import NotOneOf
from bot.domain.group_settings import Landing
from bot.domain.phrase import Catalogue, Phrase
from bot.languages import ENGLISH, LANGUAGES
from bot.store.entries import Facts

Value = str | int
OFF = "off"
"""What is written for nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``word`` before ``=``, ``field`` of the settings, ``read`` what was written, ``show`` the value as words to be written."""

    word: str
    field: str
    label: Phrase
    help: Phrase
    read: Callable[[str], Value]
    show: Callable[[Value], str]
    many_lines: bool = False

    def said(self, value: Value) -> str:
        """The value as it is read."""
        words = self.show(value)
        return Phrase("off") if words == OFF else words

    @property
    def inside(self) -> Phrase:
        """The label in the middle of a sentence."""
        return _Small(self.label)


class _Small(Phrase):
    """A label with a small first letter."""

    label: Phrase

    def __new__(cls, label: Phrase) -> Self:
        made = str.__new__(cls, label.lower())
        made.label = label
        return made

    def said(self, catalogue: Catalogue) -> str:
        """In the catalogue's language."""
        return self.label.said(catalogue).lower()


def _time(word: str, field: str, label: Phrase, help_: Phrase, unit: int, most: int) -> Rule:
    def read(text: str) -> Value:
        return team_words.duration(text, unit, most)

    return Rule(word, field, label, help_, read, lambda value: team_words.duration_words(int(value), unit))


def _words(value: Value) -> str:
    return str(value) or OFF


def _landing(text: str) -> Value:
    word = text.strip().lower()
    if word not in set(Landing):
        raise NotOneOf(value=team_words.short(text), known=", ".join(Landing))
    return word


def _language(text: str) -> Value:
    code = text.strip().lower()
    if code in ("", OFF):
        return ""
    if code not in LANGUAGES:
        raise NotOneOf(value=team_words.short(text), known=", ".join(LANGUAGES))
    return "" if code == ENGLISH else code


def _language_words(value: Value) -> str:
    return str(value) or ENGLISH


MINUTES, DAYS = 60, 86400
YEAR = 525_600
RULES: tuple[Rule, ...] = (
    _time(
        "reminder",
        "reminder_minutes",
        Phrase("Reminder"),
        Phrase("remind when a client has waited so long, e.g. 15m"),
        MINUTES,
        YEAR,
    ),
    _time(
        "return",
        "return_minutes",
        Phrase("Auto-return"),
        Phrase("back to Unassigned when the operator is silent, e.g. 2h"),
        MINUTES,
        YEAR,
    ),
    _time("close", "close_minutes", Phrase("Auto-close"), Phrase("close what has been idle so long, e.g. 3d"), MINUTES, YEAR),
    Rule(
        "goodbye",
        "close_text",
        Phrase("Goodbye"),
        Phrase("what a client is told then"),
        team_words.long_text,
        _words,
        many_lines=True,
    ),
    _time(
        "recall",
        "recall_seconds",
        Phrase("Recall"),
        Phrase("a reply waits so long and can be cancelled, e.g. 10s"),
        1,
        MOST_SECONDS,
    ),
    _time(
        "notify",
        "notify_after_minutes",
        Phrase("Notice after a rest"),
        Phrase("call the operator again after it, e.g. 30m"),
        MINUTES,
        YEAR,
    ),
    _time(
        "retention",
        "retention_days",
        Phrase("Retention"),
        Phrase("closed conversations older than that are erased, e.g. 365d"),
        DAYS,
        36_500,
    ),
    Rule(
        "assign",
        "assign_lands_in",
        Phrase("Assigned goes to"),
        Phrase("inbox of the operator, or unassigned of the group"),
        _landing,
        str,
    ),
    Rule("hours", "hours", Phrase("Business hours"), Phrase("e.g. Mon-Fri 09:00-18:00 Europe/Berlin"), team_words.hours, _words),
    Rule(
        "away",
        "away_text",
        Phrase("Away message"),
        Phrase("what a client is told outside of them"),
        team_words.long_text,
        _words,
        many_lines=True,
    ),
    Rule(
        "language",
        "language",
        Phrase("Language"),
        Phrase("of the bot's words in its threads, e.g. ru"),
        _language,
        _language_words,
    ),
    Rule("digest", "digest_at", Phrase("Digest"), Phrase("the time of the daily digest, e.g. 09:00"), team_words.clock, _words),
)
BY_FIELD = {rule.field: rule for rule in RULES}
KEYS = {key: rule.field for rule in RULES for key in (rule.word, rule.field)}


def read(field: str, text: str) -> Value:
    """What was written for a setting. Raises a refusal that shows how."""
    return BY_FIELD[field].read(text)


def show(field: str, facts: Facts) -> str:
    """A setting's value as words that ``read`` takes."""
    return BY_FIELD[field].show(facts[field])
