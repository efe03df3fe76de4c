"""A screen as Slack shows it: a modal, the Home tab, or a message that one person sees.

People's words stand only in plain_text objects and rich_text elements (F49, F50). A message holds 50 blocks and a view 100
(https://docs.slack.dev/reference/block-kit/blocks); rows that find no room are said to be there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.actions import Button, Verb, parse_press
from bot.domain.phrase import Phrase
from bot.domain.screen import Row, Screen
from bot.domain.text import Paragraph, RichText, Span, Style, storable
from bot.handlers.desks.slack.blocks import MAX_HEADER, Message
from bot.handlers.desks.slack.elements import actions, button, fit, plain
from bot.handlers.desks.slack.text import to_blocks, to_fallback
from bot.handlers.desks.slack.views import DONE, MAX_TITLE, NAME, About, fresh_stamp, modal
from bot.handlers.shared.jumps import Address, label_of
from bot.languages import in_language

Json = dict[str, Any]

IN_MESSAGE, IN_VIEW = 50, 100
MAX_SECTION = 3000
MENU, LIST = "menu", "list"
"""A menu is used up by a press; a list stays."""


@dataclass(slots=True)
class _Pen:
    """Draws the parts of one screen; ``used`` numbers the buttons, so that no two share an id."""

    address: Address
    language: str
    used: Counter[Verb] = field(default_factory=Counter)

    def button(self, shown: Button) -> Json:
        self.used[shown.verb] += 1
        return button(shown, self.used[shown.verb] - 1)

    def buttons(self, shown: Sequence[Button]) -> list[Json]:
        return actions([self.button(one) for one in shown])

    def row(self, row: Row) -> list[Json]:
        """A single button stands beside the row, unless the row holds links, which only rich text has."""
        ways = [(jump, address) for jump in row.jumps if (address := self.address(jump))]
        if len(row.buttons) == 1 and not ways:
            words = fit(storable(f"{row.title}\n{row.detail}".strip()), MAX_SECTION)
            return [{"type": "section", "text": plain(words), "accessory": self.button(row.buttons[0])}]
        spans = [Span(row.title, frozenset({Style.BOLD}))]
        spans += [Span(f"\n{row.detail}")] if row.detail else []
        for number, (jump, address) in enumerate(ways):
            spans += [Span(" · " if number else "\n"), Span(in_language(label_of(jump), self.language), link=address)]
        return [*to_blocks(RichText((Paragraph(tuple(spans)),))), *self.buttons(row.buttons)]


def kind_of(screen: Screen) -> str:
    """Whether it is a list or a menu."""
    return LIST if screen.rows or screen.tabs or screen.empty else MENU


def as_modal(screen: Screen, about: About, address: Address, *, words: str = "", language: str = "") -> Json:
    """A modal; ``words`` of an answer stand above. ``language``, here and below, is that of the few words added here."""
    long = fit(screen.title, MAX_TITLE) != screen.title
    pen = _Pen(address, language)
    blocks = _blocks(screen, _verb(about.data), pen, most=IN_VIEW, words=words, headed=long)
    return modal(kind_of(screen), about, screen.title or NAME, blocks, close=in_language(DONE, language))


def as_home(screen: Screen, address: Address, *, words: str = "", language: str = "") -> Json:
    """The Home tab."""
    return {"type": "home", "blocks": _blocks(screen, Verb.TAB, _Pen(address, language), most=IN_VIEW, words=words)}


def as_message(screen: Screen, verb: Verb, address: Address, *, words: str = "", language: str = "") -> Message:
    """A message, for the one person who asked."""
    blocks = _blocks(screen, verb, _Pen(address, language), most=IN_MESSAGE, words=words)
    lines = [screen.title, words, screen.intro, *(row.title for row in screen.rows)]
    return Message(_fallback(screen.title), tuple(blocks), "\n".join(line for line in lines if line))


def screen_at(block_id: str) -> tuple[Verb, str] | None:
    """The verb and kind of the screen a pressed block belongs to; None for cards, notices and what is not ours."""
    verb, _, rest = block_id.partition(".")
    kind = rest.partition(".")[0]
    return (Verb(verb), kind) if verb in set(Verb) and kind in (MENU, LIST) else None


def _verb(data: str) -> Verb:
    known = parse_press(data)
    return known[0] if known else Verb.HELP


def _blocks(screen: Screen, verb: Verb, pen: _Pen, *, most: int, words: str, headed: bool = True) -> list[Json]:
    above: list[Json] = []
    if headed and screen.title:
        above.append({"type": "header", "text": plain(fit(storable(screen.title), MAX_HEADER))})
    if words:
        above += to_blocks(RichText.plain(words))
    above += pen.buttons(screen.tabs)
    if screen.intro:
        above += to_blocks(RichText.plain(screen.intro))
    rows = [pen.row(row) for row in screen.rows]
    if not rows and screen.empty:
        above += to_blocks(RichText.plain(screen.empty))
    below = pen.buttons(screen.buttons)
    blocks = [*above, *_fitting(rows, most - len(above) - len(below), pen.language), *below]
    stamp = f"{verb.value}.{kind_of(screen)}.{fresh_stamp()}"
    return [{**block, "block_id": f"{stamp}.{number}"} for number, block in enumerate(blocks[:most])]


def _fitting(rows: Sequence[list[Json]], room: int, language: str) -> list[Json]:
    """The rows that fit; the last place says how many do not."""
    if sum(len(row) for row in rows) <= room:
        return [block for row in rows for block in row]
    kept: list[Json] = []
    shown = 0
    for row in rows:
        if len(kept) + len(row) > room - 1:
            break
        kept += row
        shown += 1
    left = Phrase("… and {n} more that find no room here", n=len(rows) - shown)
    return [*kept, *to_blocks(RichText.plain(in_language(left, language)))]


def button_message(label: str, data: str, words: str) -> Message:
    """A message whose one button opens a form: what is typed brings no right to open a modal, a press does."""
    known = parse_press(data)
    verb, token = known or (Verb.HELP, "")
    blocks = [*to_blocks(RichText.plain(words)), *actions([button(Button(verb, label, token, "primary"), 0)])]
    stamp = f"{verb.value}.{MENU}.{fresh_stamp()}"
    shown = tuple({**block, "block_id": f"{stamp}.{number}"} for number, block in enumerate(blocks))
    return Message(_fallback(words), shown, words)


def _fallback(text: str) -> str:
    return to_fallback(RichText.plain(text.strip() or NAME))
