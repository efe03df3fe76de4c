"""Inline mode: ``@bot greet`` in any chat offers canned responses, whose words the operator then sends himself (R40)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.commands import lookup
from bot.commands.answer import Answer
from bot.domain.people import Actor
from bot.domain.screen import Option
from bot.handlers.desks.telegram.private import PLATFORM, desk_of
from bot.handlers.desks.telegram.screens import NO_PREVIEW
from bot.handlers.shared.telegram_draft import LIMIT, clipped
from bot.store.uow import Tx

MOST = 50
"""Results of one answer (https://core.telegram.org/bots/api#answerinlinequery)."""
SHOWN = 120

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offer(Answer):
    """What fits the letters typed so far."""

    options: tuple[Option, ...] = ()


def offered(tx: Tx, query: Json) -> Offer:
    """The canned responses an operator may use; nothing for anybody else, and nobody is told."""
    person = query.get("from")
    actor = Actor(PLATFORM, str(person.get("id", "") if isinstance(person, dict) else ""), "inline")
    desk = desk_of(tx, actor)
    if desk is None:
        return Offer()
    found = lookup.options(tx, desk, "canned", str(query.get("query", "")))
    return Offer(options=tuple(option for option in found if option.text.strip())[:MOST])


def arguments(query: Json, offer: Offer) -> Json:
    """``answerInlineQuery``: for this person alone, and asked anew for every letter."""
    results = [
        {
            "type": "article",
            "id": f"{number}",
            "title": clipped(option.label, 100) or "…",
            "description": clipped(" ".join(option.text.split()), SHOWN),
            "input_message_content": {"message_text": clipped(option.text, LIMIT), "link_preview_options": NO_PREVIEW},
        }
        for number, option in enumerate(offer.options)
    ]
    return {"inline_query_id": str(query.get("id", "")), "results": results, "is_personal": True, "cache_time": 0}
