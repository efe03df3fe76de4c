"""The small parts all of our blocks are made of, within Slack's limits.

https://docs.slack.dev/reference/block-kit (button text 75, value 2000, url 3000, 25 elements in ``actions``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.domain.actions import Button
from bot.domain.screen import Jump
from bot.domain.text import graphemes, storable, utf16_len
from bot.handlers.shared.jumps import label_of
from bot.languages import in_language

Json = dict[str, Any]

MAX_BUTTON = 75
MAX_ACTIONS = 25


def plain(text: str, *, emoji: bool = False) -> Json:
    """A plain_text object. ``emoji`` would turn ``:smile:`` in a name into a picture, so it is for our own words only."""
    return {"type": "plain_text", "text": storable(text) if text.strip() else "…", "emoji": emoji}


def fit(text: str, limit: int) -> str:
    """The text in at most ``limit`` UTF-16 units, cut between graphemes."""
    if utf16_len(text) <= limit:
        return text
    room = limit - 1
    kept: list[str] = []
    for part in graphemes(text):
        room -= utf16_len(part)
        if room < 0:
            break
        kept.append(part)
    return f"{''.join(kept).rstrip()}…"


def button(shown: Button, number: int) -> Json:
    """``action_id`` is the verb; one that is not the first of its verb is numbered, since it must be unique."""
    drawn: Json = {
        "type": "button",
        "action_id": f"{shown.verb.value}.{number}" if number else shown.verb.value,
        "text": plain(fit(shown.label, MAX_BUTTON)),
        "value": shown.data,
    }
    if shown.style in ("primary", "danger"):
        drawn["style"] = shown.style
    return drawn


def link_button(jump: Jump, address: str, number: int, language: str = "") -> Json:
    """A button that opens a thread or topic; its press carries no value and is none of our business."""
    label = fit(in_language(label_of(jump), language), MAX_BUTTON)
    return {"type": "button", "action_id": f"jump.{number}", "text": plain(label), "url": address}


def actions(elements: Sequence[Json]) -> list[Json]:
    """As many ``actions`` blocks as the elements need."""
    return [{"type": "actions", "elements": list(elements[at : at + MAX_ACTIONS])} for at in range(0, len(elements), MAX_ACTIONS)]
