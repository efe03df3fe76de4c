"""The verb table, its documents, and that each verb has somebody who carries it out."""

from __future__ import annotations

from bot.commands.verbs import ON_CONVERSATION, ON_DESK
from bot.domain.actions import TABLE, Verb
from tools.words import TARGET, page

BY_THE_DOOR = {Verb.NOTE, Verb.SEND_TAKING, Verb.SEND_ONCE, Verb.KEEP_NOTE, Verb.RETRY, Verb.CANCEL_SEND}
"""Verbs that need what was written, or what a button stands under: the doors hand them on by themselves."""


def test_the_page_of_words_is_made_from_the_table() -> None:
    assert TARGET.read_text("utf-8") == page(), "stale: python -m tools.words"


def test_each_verb_is_in_the_table_once_and_has_its_command() -> None:
    assert sorted(action.verb for action in TABLE) == sorted(Verb)
    for action in TABLE:
        assert action.verb in BY_THE_DOOR or action.verb in (ON_DESK if action.team else ON_CONVERSATION), action.verb
