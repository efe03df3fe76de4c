"""How the desk's posts look in a Telegram topic: text under entities, and inline keyboards.

A time is a ``date_time`` entity, which every reader sees in his own zone and format (Bot API 9.5,
https://core.telegram.org/bots/api#date-time-entity-formatting: ``d`` short date, ``t`` short time); the text below it
says the same in UTC, for apps and servers that don't know it. Buttons carry ``Button.data`` (at most 64 bytes) and,
where the app knows it, a colour (``style``, Bot API 9.4).
"""

from __future__ import annotations

from typing import Any

from bot.delivery.ports import FilePost, History, Notice, Words
from bot.domain.actions import Button
from bot.domain.card import CardView
from bot.domain.phrase import Phrase
from bot.domain.text import RichText, safe_link, utf16_len
from bot.domain.times import clock_words
from bot.handlers.desks.telegram.screens import NO_PREVIEW, put_jumps, topics
from bot.handlers.shared.jumps import Address
from bot.handlers.shared.telegram_draft import CAPTION, LIMIT, Draft, clipped, signed
from bot.languages import in_language

STYLES = {"primary": "primary", "danger": "danger", "success": "success"}
ROW = 2
JUMPS = 200
"""UTF-16 units kept free for the links below a notice."""
KINDS = {"client": ("", ""), "operator": ("🧑‍💼 ", ""), "note": ("📝 ", Phrase(" · note, not sent"))}
_HISTORY_LINE = 700

Arguments = dict[str, Any]


def card(view: CardView, language: str = "") -> Arguments:
    """The card: who, in which state, the first words, and what can be done. ``view`` is in the language already."""
    draft = Draft()
    draft.put(f"{view.logo} ").put(clipped(view.client, 200), "bold").put(f" · {clipped(view.channel, 100)}")
    if view.marks:
        draft.put(f" · {view.marks}")
    draft.put("\n").put(f"{view.status} · {view.time_word} ")
    draft.put(in_language(clock_words(view.time), language), "date_time", unix_time=view.time // 1000, date_time_format="dt")
    draft.put(f"\n{clipped(view.group, 100)}")
    if view.responsible:
        draft.put(f" · 👤 {clipped(view.responsible, 200)}")
    if view.pinned:
        draft.put(f" · 📌 {clipped(view.pinned, 200)}")
    if view.window:
        draft.put(f"\n{clipped(view.window, 200)}")
    if view.pointer:
        _point(draft, view.pointer, view.link)
    _opening(draft, view.opening)
    return {**draft.arguments(), "link_preview_options": NO_PREVIEW, "reply_markup": keyboard(view.buttons)}


def _point(draft: Draft, pointer: str, link: str) -> None:
    draft.put("\n➡️ ")
    if link and safe_link(link):
        draft.put(clipped(pointer, 200), "text_link", url=link)
    else:
        draft.put(clipped(pointer, 200))


def _opening(draft: Draft, opening: RichText) -> None:
    if opening.is_empty:
        return
    before = draft.size
    draft.put("\n\n").put_rich(opening)
    if draft.size > LIMIT:  # more than the desk's table of capabilities allows; better short than refused
        draft.shorten(before)
        draft.put("\n\n").put(clipped(opening.to_plain(), LIMIT - draft.size))


def words(said: Words, language: str = "") -> Arguments:
    """A client's, an operator's or a note's words under a name."""
    return {**said_by(said, language), "link_preview_options": NO_PREVIEW}


def said_by(post: Words | FilePost, language: str = "") -> Arguments:
    """``text`` and ``entities`` of words, or of what stands under a file."""
    before, after = in_language(KINDS.get(post.kind, ("", "")), language)
    parts, limit = ((post.caption,), CAPTION) if isinstance(post, FilePost) else (post.parts, LIMIT)
    return signed(post.author, parts, before=before, after=after, quote=post.quote, limit=limit)


def notice(told: Notice, address: Address = topics) -> Arguments:
    """Words of our own, with links to the threads they speak of.

    Whom they mention Telegram tells (https://core.telegram.org/bots/api#messageentity, text_mention).
    """
    draft = Draft()
    if told.mention is not None and told.mention.person.isdecimal():
        user = {"id": int(told.mention.person), "is_bot": False, "first_name": told.mention.name}
        draft.put(clipped(told.mention.name, 200), "text_mention", user=user).put(" ")
    draft.put(clipped(told.text, (LIMIT - JUMPS if told.jumps else LIMIT) - draft.size))
    put_jumps(draft, told.jumps, address)
    arguments: Arguments = {**draft.arguments(), "link_preview_options": NO_PREVIEW}
    if told.buttons:
        arguments["reply_markup"] = keyboard(told.buttons)
    return arguments


def history(told: History) -> Arguments:
    """Earlier words; when they are too long together, the oldest give way."""
    title = clipped(told.title, 200)
    lines = [(clipped(author, 100), clipped(text, _HISTORY_LINE)) for author, text in told.lines]
    room = LIMIT - utf16_len(title) - 2
    kept: list[tuple[str, str]] = []
    for author, text in reversed(lines):
        room -= utf16_len(author) + utf16_len(text) + 3
        if room < 0:
            break
        kept.append((author, text))
    draft = Draft().put(f"🕘 {title}", "italic")
    for author, text in reversed(kept):
        draft.put("\n").put(author, "bold").put(f": {text}")
    return {**draft.arguments(), "link_preview_options": NO_PREVIEW}


def keyboard(buttons: tuple[Button, ...]) -> Arguments:
    """An inline keyboard, two buttons a row; without buttons an empty one, which takes an old one away."""
    keys = [_key(button) for button in buttons]
    return {"inline_keyboard": [keys[start : start + ROW] for start in range(0, len(keys), ROW)]}


def _key(button: Button) -> Arguments:
    key: Arguments = {"text": button.label, "callback_data": button.data}
    if button.style in STYLES:
        key["style"] = STYLES[button.style]
    return key


def topic_name(name: str, language: str = "") -> str:
    """A name Telegram takes for a topic: 1-128 characters in one line."""
    return clipped(" ".join(name.split()), 128) or in_language(Phrase("Client"), language)
