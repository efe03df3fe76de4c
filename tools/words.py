"""Writes ``docs/words.md`` from the verb table: ``python -m tools.words``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bot.domain.actions import TABLE, Action

TARGET = Path(__file__).resolve().parent.parent / "docs" / "words.md"
HEAD = """\
# What an operator can ask for

Everything is asked for in the messenger. Most of it has several doors: a button on the card, the menu behind *More…*, a row of
a list, or a word. In a Slack thread a word begins with `!`, in a Telegram topic and in the bot's private chat with `/`, and
everywhere in Slack with `/desk `. Where something is missing, a form asks for it.

A text that begins with `note:` or 🔒 never leaves the team. `\\greet` sends the canned response *greet*, its file
with it. A reaction with the emoji that a tag's name begins with tags the message, and taking it back untags it; 🏷 asks for a tag.

Made from the verb table in `bot/domain/actions.py` by `python -m tools.words`.
"""


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(), "utf-8")


def page() -> str:
    """The page as it has to be."""
    thread = [action for action in TABLE if action.typed and not action.team]
    desk = [action for action in TABLE if action.typed and action.team]
    return "\n".join(
        [
            HEAD,
            "## In a conversation's thread or topic\n",
            *_table(thread),
            "\n## Anywhere, to the bot\n",
            *_table(desk),
            "",
        ]
    )


def _table(actions: Iterable[Action]) -> Iterable[str]:
    yield "| word | button | what for | for whom |"
    yield "|---|---|---|---|"
    for action in actions:
        whom = "super-admins" if action.needs else "operators, where it is switched on" if action.switch else "operators"
        yield f"| `{action.verb.value}` | {action.label} | {action.told()} | {whom} |"


if __name__ == "__main__":
    main()
