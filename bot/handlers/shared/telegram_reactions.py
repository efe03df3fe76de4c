"""Reactions in Telegram: which emoji there are, and the one a bot may set on a message (R34, R35).

A bot sets at most one reaction on a message, out of this list (https://core.telegram.org/bots/api#setmessagereaction,
https://core.telegram.org/bots/api#reactiontypeemoji); ✅ and ❌ are not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bot.delivery.ports import Fate

MARKS = {Fate.ACCEPTED: "👍", Fate.DELIVERED: "👌", Fate.READ: "👀", Fate.FAILED: "👎", Fate.HELD: "✍"}
"""What became of an operator's message."""
_LISTED = """
    ❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴
    😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
ALLOWED = frozenset(_LISTED.split())
_VARIATIONS = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
"""The sign for a picture, which Telegram leaves out, and shades of skin, which it does not have."""


def chosen(emoji: Iterable[str], fate: Fate | None) -> list[dict[str, str]]:
    """The reaction to set: the first that Telegram has, else the mark of the fate, else none."""
    for one in emoji:
        bare = _VARIATIONS.sub("", one)
        if bare in ALLOWED:
            return [_reaction(bare)]
    return [_reaction(MARKS[fate])] if fate is not None else []


def _reaction(emoji: str) -> dict[str, str]:
    return {"type": "emoji", "emoji": emoji}


def emoji_in(reactions: Any) -> tuple[str, ...]:
    """The emoji of a list of reactions; those somebody has drawn himself are no emoji and are left out (F42)."""
    known = [one.get("emoji") for one in reactions or () if isinstance(one, dict) and one.get("type") == "emoji"]
    return tuple(str(one) for one in known if one)
