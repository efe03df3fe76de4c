"""Screens as Telegram messages: text under entities, one inline keyboard, links to topics and threads.

People's words are plain text in a message without markup, so that they can format nothing (F51). A message holds 4,096
UTF-16 units and a keyboard 100 buttons; what does not fit is cut, longest entries first, so that every entry stays beside
its buttons.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.domain.actions import Button
from bot.domain.capabilities import DESKS
from bot.domain.screen import Jump, Row, Screen
from bot.domain.text import utf16_len
from bot.handlers.shared.jumps import Address, address_of
from bot.handlers.shared.telegram_draft import LIMIT, Draft, clipped

NO_PREVIEW = {"is_disabled": True}
STYLES = frozenset(("primary", "danger", "success"))
TABS = 3
"""Alternatives in one line of the keyboard; ``PAIR`` buttons elsewhere."""
PAIR = 2
BUTTONS = 100
"""Telegram's limit of one keyboard."""
_TITLE = 200
_INTRO = 1500
_LABEL = 64

Arguments = dict[str, Any]
Links = list[tuple[str, str]]
"""What stands on each link, and its address."""


def topics(jump: Jump) -> str:
    """The address of a topic; empty for a Slack thread, whose address holds the workspace's name."""
    return address_of(jump, "")


def draw(screen: Screen, address: Address = topics) -> Arguments:
    """``text``, ``entities`` and ``reply_markup`` of a screen. The title is bold, by which a screen is known again.

    ``address``  the address of a place, empty for one that gets no link
    """
    draft = Draft().put(clipped(screen.title, _TITLE) or "…", "bold")
    if screen.intro:
        draft.put("\n").put(clipped(screen.intro, _INTRO if screen.rows else LIMIT - draft.size - 2))
    numbered = sum(1 for row in screen.rows if row.buttons) > 1
    links = [_links(row.jumps, address) for row in screen.rows]
    rooms = _rooms([_size(*one) for one in zip(screen.rows, links, strict=True)], LIMIT - draft.size)
    for number, (row, ways, room) in enumerate(zip(screen.rows, links, rooms, strict=True), 1):
        _row(draft, row, ways, f"{number}. " if numbered else "", room)
    if not screen.rows and screen.empty:
        draft.put("\n\n").put(clipped(screen.empty, LIMIT - draft.size - 2), "italic")
    return {**draft.arguments(), "link_preview_options": NO_PREVIEW, "reply_markup": _keys(screen, numbered=numbered)}


def _rooms(sizes: list[int], room: int) -> list[int]:
    """How long each entry may be, together no more than ``room``: the longest give way."""
    if not sizes or sum(sizes) <= room:
        return sizes
    most, left, several = room, room, len(sizes)
    for size in sorted(sizes):
        most = left // several
        if size > most:
            break
        left, several = left - size, several - 1
    return [min(size, most) for size in sizes]


def _size(row: Row, links: Links) -> int:
    return utf16_len(row.title) + utf16_len(row.detail) + utf16_len(_link_words(links)) + 12


def _row(draft: Draft, row: Row, links: Links, number: str, room: int) -> None:
    room -= utf16_len(_link_words(links)) + 12
    title = clipped(row.title, max(1, min(room, _TITLE)))
    draft.put("\n\n").put(number, "bold").put(title)
    if row.detail:
        detail = clipped(row.detail, max(0, room - utf16_len(title)))
        draft.put(f"\n{detail}" if detail else "")
    _put_links(draft, links)


def put_jumps(draft: Draft, jumps: Iterable[Jump], address: Address) -> None:
    """Links to the places, in a line of their own. A place that has no address is left out."""
    _put_links(draft, _links(jumps, address))


def _put_links(draft: Draft, links: Links) -> None:
    for number, (label, url) in enumerate(links):
        draft.put(" · " if number else "\n→ ").put(label, "text_link", url=url)


def _links(jumps: Iterable[Jump], address: Address) -> Links:
    return [(DESKS[jump.platform].name, url) for jump in jumps if (url := address(jump))]


def _link_words(links: Links) -> str:
    return f"\n→ {' · '.join(label for label, _ in links)}" if links else ""


def _keys(screen: Screen, *, numbered: bool) -> Arguments:
    lines = in_lines([_key(button, shown=button.style == "primary") for button in screen.tabs], TABS)
    below = in_lines([_key(button) for button in screen.buttons], PAIR)
    left = BUTTONS - sum(map(len, lines)) - sum(map(len, below))
    for number, row in enumerate(screen.rows, 1):
        keys = [_key(button, before=f"{number}. " if numbered else "") for button in row.buttons]
        left -= len(keys)
        if keys and left >= 0:
            lines += in_lines(keys, TABS)
    return {"inline_keyboard": [*lines, *below]}


def _key(button: Button, *, before: str = "", shown: bool = False) -> Arguments:
    label = f"• {button.label}" if shown else f"{before}{button.label}"
    return key(label, button.data, button.style)


def key(label: str, data: str, style: str = "") -> Arguments:
    """One button of an inline keyboard; ``data`` at most 64 bytes (https://core.telegram.org/bots/api#inlinekeyboardbutton)."""
    made: Arguments = {"text": clipped(label, _LABEL) or "…", "callback_data": data}
    if style in STYLES:
        made["style"] = style
    return made


def in_lines(keys: list[Arguments], width: int) -> list[list[Arguments]]:
    """Buttons in lines of ``width``."""
    return [keys[start : start + width] for start in range(0, len(keys), width)]


def words(text: str) -> Arguments:
    """Plain words."""
    return {"text": clipped(text, LIMIT), "link_preview_options": NO_PREVIEW}


def is_screen(message: dict[str, Any]) -> bool:
    """Whether a message of ours is a screen or a question and not a card, a notice or somebody's words."""
    first = (message.get("entities") or [{}])[0]
    return bool(message.get("reply_markup")) and first.get("type") == "bold" and first.get("offset") == 0
