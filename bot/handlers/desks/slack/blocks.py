"""What a desk shows, as the arguments of ``chat.postMessage`` and ``chat.update``.

Words that a person chose (names, texts) stand only in ``plain_text`` objects and rich_text elements, which Slack shows
as they are; the one mrkdwn element here is a ``<!date^…>`` made of our own numbers (F49, F50). Limits:
https://docs.slack.dev/reference/block-kit (header 150 characters, button text 75, 25 elements in ``actions``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.delivery.ports import FilePost, History, Notice, Quoted, Words
from bot.domain.actions import Button
from bot.domain.card import CardView
from bot.domain.files import title
from bot.domain.ids import Moment
from bot.domain.phrase import Phrase
from bot.domain.text import (
    Block,
    Paragraph,
    Quote,
    RichText,
    Span,
    Style,
    clean_name,
    join,
    safe_link,
    storable,
    utf16_len,
)
from bot.handlers.desks.slack.elements import actions, button, fit, link_button
from bot.handlers.desks.slack.elements import plain as _plain
from bot.handlers.desks.slack.mrkdwn import escape
from bot.handlers.desks.slack.text import to_blocks, to_fallback
from bot.handlers.shared.jumps import address_of
from bot.languages import in_language

Json = dict[str, Any]

MAX_HEADER = 150
MAX_USERNAME = 80
MAX_CONTEXT = 150
MAX_HISTORY = 8000
MAX_HISTORY_LINE = 600
MAX_PLAIN = {"chat.postMessage": 39_000, "chat.postEphemeral": 39_000, "chat.update": 4000}
"""Slack cuts the text of a post above 40,000 characters and refuses one above 4,000 in ``chat.update``."""

CLIENT_ICON = "bust_in_silhouette"
OPERATOR_ICON = "headphones"
NOTE_ICON = "lock"
NOTE_SIGN = "🔒"
OTHER_DESK = "Telegram"
NO_WORDS = Phrase("(no text)")
_PERSON = re.compile("[UW][A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Message:
    """A message drawn for Slack.

    ``text`` is the escaped fallback for notifications; ``words`` the whole in plain text, for the one try without
    blocks; ``username`` and ``icon`` the name and emoji it is posted under (scope ``chat:write.customize``).
    """

    text: str
    blocks: tuple[Json, ...]
    words: str
    username: str = ""
    icon: str = ""

    def arguments(self, method: str, *, plain: bool = False) -> Json:
        """The arguments that say what is shown; ``plain`` leaves the blocks out."""
        shown: Json = {"text": self.text}
        if plain or not self.blocks:
            words = _cut(escape(storable(self.words)), MAX_PLAIN[method])
            shown["text"] = words if words.strip() else self.text
        else:
            shown["blocks"] = list(self.blocks)
        if method == "chat.update":
            # Without blocks the old ones would go; an update parses names and links unless told not to.
            return {"blocks": [], **shown, "parse": "none"}
        if self.username:
            shown["username"] = self.username
        if self.icon:
            shown["icon_emoji"] = f":{self.icon}:"
        if method == "chat.postMessage":
            shown |= {"unfurl_links": False, "unfurl_media": False}
            if plain:
                shown["mrkdwn"] = False
        return shown


def draw_card(card: CardView, stamp: str, language: str = "") -> Message:
    """The card. ``stamp`` makes the block ids new: Slack keeps the state of blocks whose ids it has seen.

    ``language``, here and below, is that of the few words added here.
    """
    blocks: list[Json] = [_header(card), _context(card, language), *to_blocks(card.opening)]
    if card.pointer:
        blocks += to_blocks(_pointer(card, language))
    blocks += _actions(card.buttons)
    lines = [f"{card.logo} {clean_name(card.client)} · {card.status}", card.opening.to_plain(), card.pointer]
    words = "\n".join([line for line in lines if line])
    return Message(_fallback(RichText.plain(words)), _stamped(blocks, stamp), words)


def draw_words(words: Words, stamp: str, way: str = "", language: str = "") -> Message:
    """A message: a client's under the client's name, an operator's from the other desk, a note with its lock.

    ``way`` is the address of the message it answers, empty where it has none here.
    """
    text = join(words.parts)
    if words.kind == "note":
        text = RichText.plain(f"{NOTE_SIGN} ") + text
    return _signed(words, _answering(words.quote, text, way, language), stamp, language)


def draw_file(post: FilePost, stamp: str, way: str = "", language: str = "", *, changed: bool = False) -> Message:
    """What stands beside a file: its caption, and as in :func:`draw_words`; often nothing.

    ``changed``  it stands already, so that something has to be said: Slack takes no empty words then
    """
    text = post.caption
    if changed and text.is_empty:
        shown = title(post.file.kind, post.file.name, post.file.size, post.file.seconds)
        text = RichText.plain(in_language(shown, language))
    if post.kind == "note":
        text = RichText.plain(f"{NOTE_SIGN} ") + text
    return _signed(post, _answering(post.quote, text, way, language), stamp, language)


def _signed(post: Words | FilePost, text: RichText, stamp: str, language: str) -> Message:
    name, icon = clean_name(post.author), CLIENT_ICON
    if post.kind != "client":
        icon = NOTE_ICON if post.kind == "note" else OPERATOR_ICON
        if not post.same_platform:
            name = f"{fit(name, MAX_USERNAME - len(OTHER_DESK) - 3)} ({OTHER_DESK})"
    blocks = _stamped(to_blocks(text), stamp)
    return Message(_fallback(text, language), blocks, text.to_plain(), fit(name, MAX_USERNAME), icon)


def _answering(quote: Quoted | None, text: RichText, way: str, language: str) -> RichText:
    """The text under one line of what it answers (R35)."""
    if quote is None:
        return text
    spans = [Span(f"{clean_name(quote.author)}:", frozenset({Style.BOLD})), Span(f" {quote.text}")]
    if safe_link(way):
        spans += [Span(" · "), Span(in_language(Phrase("see it"), language), link=way)]
    line = RichText((Quote((Paragraph(tuple(spans)),)),))
    return line if text.is_empty else join([line, text])


def draw_notice(notice: Notice, stamp: str, workspace: str = "", language: str = "") -> Message:
    """Words of our own, with the ways to threads they speak of and their buttons. ``workspace`` as in ``address_of``.

    Whom they mention Slack tells, and he follows the thread from then on.
    """
    text = RichText.plain(notice.text)
    shown, fallback = to_blocks(text), _fallback(text)
    if notice.mention is not None and _PERSON.fullmatch(notice.mention.person):
        called = {"type": "user", "user_id": notice.mention.person}
        spoken = {"type": "text", "text": f" {notice.text}"}
        shown = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [called, spoken]}]}]
        fallback = f"<@{notice.mention.person}> {fallback}"
    ways = [(jump, address) for jump in notice.jumps if (address := address_of(jump, workspace))]
    links = actions([link_button(jump, address, number, language) for number, (jump, address) in enumerate(ways)])
    return Message(fallback, _stamped([*shown, *links, *_actions(notice.buttons)], stamp), notice.text)


def draw_history(history: History, stamp: str) -> Message:
    """Earlier words as quotes, the newest that fit."""
    kept: list[Block] = []
    room = MAX_HISTORY
    for author, said in reversed(history.lines):
        line = Quote((Paragraph((Span(f"{clean_name(author)}\n", frozenset({Style.BOLD})), Span(fit(said, MAX_HISTORY_LINE)))),))
        room -= utf16_len(RichText((line,)).to_plain())
        if room < 0:
            kept.append(Paragraph((Span("…"),)))
            break
        kept.append(line)
    title = Paragraph((Span(history.title, frozenset({Style.BOLD})),))
    text = RichText((title, *reversed(kept)))
    return Message(_fallback(RichText.plain(history.title)), _stamped(to_blocks(text), stamp), text.to_plain())


def _header(card: CardView) -> Json:
    """The client's name first of all; the channel and the marks beside it."""
    marks = f"  {card.marks}" if card.marks else ""
    beside = f" · {fit(clean_name(card.channel), 40)}{marks}" if card.channel else marks
    lead = f"{card.logo} " if card.logo else ""
    name = fit(clean_name(card.client), MAX_HEADER - utf16_len(lead) - utf16_len(beside))
    return {"type": "header", "text": _plain(f"{lead}{name}{beside}")}


def _context(card: CardView, language: str) -> Json:
    """State, its time, group, who has it."""
    time = {"type": "mrkdwn", "text": f"{card.time_word} {_date(card.time, language)}", "verbatim": True}
    elements = [_plain(fit(card.status, MAX_CONTEXT), emoji=True), time]
    if card.group:
        elements.append(_plain(fit(storable(card.group), MAX_CONTEXT), emoji=True))
    if card.responsible:
        elements.append(_plain(f"👤 {fit(clean_name(card.responsible), MAX_CONTEXT)}"))
    if card.pinned:
        elements.append(_plain(f"📌 {fit(clean_name(card.pinned), MAX_CONTEXT)}"))
    if card.window:
        elements.append(_plain(fit(card.window, MAX_CONTEXT), emoji=True))
    return {"type": "context", "elements": elements}


def _date(moment: Moment, language: str) -> str:
    """A time each reader sees in the own zone (https://docs.slack.dev/messaging/formatting-message-text#date-formatting)."""
    seconds = int(moment) // 1000
    fallback = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    shape = in_language(Phrase("{date} at {time}", date="{date_short_pretty}", time="{time}"), language)
    return f"<!date^{seconds}^{shape}|{fallback}>"


def _pointer(card: CardView, language: str) -> RichText:
    label = Span(f"↪ {card.pointer}")
    if not safe_link(card.link):
        return RichText((Paragraph((label,)),))
    return RichText((Paragraph((label, Span(" · "), Span(in_language(Phrase("open"), language), link=card.link))),))


def _actions(buttons: Sequence[Button]) -> list[Json]:
    return actions([button(one, [earlier.verb for earlier in buttons[:at]].count(one.verb)) for at, one in enumerate(buttons)])


def _stamped(blocks: Sequence[Json], stamp: str) -> tuple[Json, ...]:
    return tuple([{**block, "block_id": f"{stamp}.{number}"} for number, block in enumerate(blocks)])


def _fallback(text: RichText, language: str = "") -> str:
    """What a notification shows; Slack refuses a blank one."""
    shown = to_fallback(text)
    return shown if shown.strip() else in_language(NO_WORDS, language)


def _cut(escaped: str, limit: int) -> str:
    """Escaped text in at most ``limit`` characters, no entity torn."""
    if len(escaped) <= limit:
        return escaped
    shown = escaped[: limit - 1]
    begin = shown.rfind("&", len(shown) - 4)
    if begin >= 0 and ";" not in shown[begin:]:
        shown = shown[:begin]
    return f"{shown}…"
