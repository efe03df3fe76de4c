"""What every view of ours shares: what it is about, and the words that stand alone in one.

Limits: https://docs.slack.dev/reference/views (title, submit and close 24 characters, 100 blocks, ``private_metadata`` 3000).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from bot.domain.actions import BY_VERB, Verb, parse_press
from bot.domain.phrase import Phrase
from bot.domain.text import RichText
from bot.handlers.desks.slack.elements import fit, plain
from bot.handlers.desks.slack.text import to_blocks
from bot.handlers.desks.slack.updates import part, word
from bot.languages import in_language

Json = dict[str, Any]

MAX_TITLE = 24
HOME = "home"
NAME = "Helpdesk"
WORDS, FORM = "words", "form"
DONE = Phrase("Done")
"""“Close” is what is done to conversations."""


@dataclass(frozen=True, slots=True)
class About:
    """What a view is about: names to look up, no words of people and no authority.

    ``data``  the button or form it came from; ``room`` and ``thread`` where the conversation's thread is, both empty when the
    view is about none; ``room`` is ``home`` when what a form answers with belongs on the Home tab
    """

    data: str
    room: str = ""
    thread: str = ""

    @property
    def metadata(self) -> str:
        """The view's ``private_metadata``."""
        return f"{self.data}|{self.room}|{self.thread}"

    @property
    def verb(self) -> Verb | None:
        """The verb it came from."""
        known = parse_press(self.data)
        return known[0] if known else None

    def title(self, language: str = "") -> str:
        """The verb in the words of its button."""
        return in_language(BY_VERB[self.verb].label, language).removesuffix("…") if self.verb else NAME


def about_of(view: Json) -> About:
    """What one of our views is about."""
    data, _, place = word(view, "private_metadata").partition("|")
    room, _, thread = place.partition("|")
    return About(data, room, thread)


def depth_of(view: Json) -> int:
    """How many modals stand on one another, this one included; there can be three."""
    before, root = view.get("previous_view_id"), view.get("root_view_id")
    return 1 if not before else 2 if before == root else 3


def fresh_stamp() -> str:
    """Makes block ids new: Slack keeps the state of blocks whose ids it has seen."""
    return secrets.token_hex(4)


def modal(kind: str, about: About, title: str, blocks: list[Json], *, close: str, submit: str | None = None) -> Json:
    """A modal; ``kind`` is kept as its ``callback_id``. Words that are too long for Slack end in “…”."""
    sent = {"submit": plain(fit(submit, MAX_TITLE))} if submit is not None else {}
    return {
        "type": "modal",
        "callback_id": kind,
        "private_metadata": about.metadata,
        "title": plain(fit(title, MAX_TITLE)),
        "close": plain(fit(close, MAX_TITLE)),
        "blocks": blocks,
        **sent,
    }


def words_modal(text: str, about: About, language: str = "") -> Json:
    """Words alone, under the title of what was asked."""
    blocks = to_blocks(RichText.plain(text))
    return modal(WORDS, about, about.title(language), blocks, close=in_language(DONE, language))


def words_home(text: str) -> Json:
    """The Home tab with words alone."""
    return {"type": "home", "blocks": to_blocks(RichText.plain(text))}


def inputs_of(view: Json) -> list[Json]:
    """The fields of a view's form."""
    blocks = view.get("blocks")
    return [one for one in blocks if isinstance(one, dict) and one.get("type") == "input"] if isinstance(blocks, list) else []


def state_of(view: Json) -> Json:
    """What was filled in, by block and action."""
    return part(view, "state", "values")
