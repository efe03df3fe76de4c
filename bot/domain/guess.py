"""What somebody meant by a word that nobody knows: the nearest verb he may use, said as it is typed there, with an example."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from bot.domain.actions import BY_WORD, SINGULAR, Action
from bot.domain.errors import NotUnderstood
from bot.domain.phrase import Phrase, joined
from bot.domain.words import DESK_PREFIXES, PREFIXES

LIKE = 0.6
"""How near a word must be, from 0 to 1 (``difflib``): two letters exchanged or one left out are; another word is not."""


def not_understood(
    platform: str,
    word: str,
    may: Callable[[str], bool],
    *,
    in_thread: bool,
    on: Callable[[str], bool] = lambda switch: False,
) -> NotUnderstood:
    """The refusal to raise.

    ``platform``   whose prefixes are shown
    ``may``        whether the person carries a right; what he may not do is not named
    ``on``         whether a switch is on; what is off is not named either
    ``in_thread``  said in a conversation's thread or topic; to the bot itself otherwise
    """
    prefix = PREFIXES[platform] if in_thread else DESK_PREFIXES[platform]
    own, team = (
        {name: one for name, one in table.items() if (not one.needs or may(one.needs)) and (not one.switch or on(one.switch))}
        for table in (BY_WORD, SINGULAR)
    )
    known = {**team, **own} if in_thread else {**own, **team}  # “group” is a verb of both
    close = get_close_matches(word, known, 1, LIKE)
    near = _said(close[0], known[close[0]], platform, in_thread=in_thread) if close else ""
    return NotUnderstood(word=f"{prefix}{word}", near=near, help=f"{prefix}help")


def _said(name: str, action: Action, platform: str, *, in_thread: bool) -> str:
    elsewhere = not in_thread and not action.team
    prefix = PREFIXES[platform] if in_thread or elsewhere else DESK_PREFIXES[platform]
    word = f"{prefix}{name}"
    if not elsewhere:
        asked = Phrase(" Did you mean “{word}”?", word=word)
    elif platform == "slack":
        asked = Phrase(" Did you mean “{word}” in a conversation's thread?", word=word)
    else:
        asked = Phrase(" Did you mean “{word}” in a conversation's topic?", word=word)
    example = Phrase(" Example: “{words}”.", words=f"{prefix}{action.example}") if action.example else ""
    return joined("", [asked, example])
