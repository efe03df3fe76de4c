"""Emoji between their ``:name:`` and the character (R31, R35).

Names are GitHub's and Unicode's from the ``emoji`` package; Slack's own names (iamcal/emoji-data) differ for
some, which the table and the rules below make good. A name nobody knows stays as it was typed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache
from types import ModuleType

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style
from bot.domain.text_tree import Block

VS16 = "\ufe0f"
FIRST_TONE = 0x1F3FB
TONES = {str(number): chr(FIRST_TONE + number - 2) for number in range(2, 7)}

# A code does not touch a letter or digit, so that "12:30:45" and "a:b:c" stay text.
_ONE = r":([a-z0-9_+'-]{1,64}(?:::skin-tone-[2-6])?):"
_CODE = re.compile(_ONE)
_CODES = re.compile(rf"(?<![\w:])(?:{_ONE})+(?![\w:])", re.ASCII)
_FLAG = re.compile(r"flag-([a-z]{2})")

# Slack's name for what the package calls otherwise; Telegram's reactions are all covered.
_SLACK_NAMES = {
    "+1": "👍", "-1": "👎", "smiling_face_with_3_hearts": "🥰", "face_with_symbols_on_mouth": "🤬",
    "star-struck": "🤩", "face_vomiting": "🤮", "hankey": "💩", "dove_of_peace": "🕊️", "hotdog": "🌭",
    "new_moon_with_face": "🌚", "thinking_face": "🤔", "exploding_head": "🤯", "clown_face": "🤡",
    "rolling_on_the_floor_laughing": "🤣", "face_with_raised_eyebrow": "🤨", "nerd_face": "🤓", "kiss": "💋",
    "male-technologist": "👨‍💻", "female-technologist": "👩‍💻", "writing_hand": "✍️", "hugging_face": "🤗",
    "unicorn_face": "🦄", "man-shrugging": "🤷‍♂️", "woman-shrugging": "🤷‍♀️", "shrug": "🤷", "grin": "😁",
    "cry": "😢", "champagne": "🍾", "middle_finger": "🖕", "zany_face": "🤪", "moyai": "🗿", "rage": "😡",
    "snowman": "☃️", "simple_smile": "🙂", "the_horns": "🤘", "face_palm": "🤦", "man-facepalming": "🤦‍♂️",
    "woman-facepalming": "🤦‍♀️", "x": "❌", "eyes": "👀", "white_check_mark": "✅", "warning": "⚠️",
    "hourglass_flowing_sand": "⏳", "heart": "❤️", "heart_on_fire": "❤️‍🔥", "zap": "⚡", "nail_care": "💅",
    "slightly_smiling_face": "🙂", "thumbsup": "👍", "thumbsdown": "👎",
}  # fmt: skip
_ALSO_KNOWN = frozenset(("simple_smile", "thumbsup", "thumbsdown"))
_SLACK_BY_EMOJI = {char.replace(VS16, ""): name for name, char in _SLACK_NAMES.items() if name not in _ALSO_KNOWN}
_RESPELLED = (("male-", "man_"), ("female-", "woman_"), ("man-", "man_"), ("woman-", "woman_"))


@cache
def _package() -> ModuleType:
    """The ``emoji`` package, 3 MB that many a process never needs."""
    import emoji

    return emoji


@lru_cache(maxsize=4096)
def to_unicode(name: str, tone: str = "") -> str | None:
    """The emoji of a code without its colons (``wave``, ``wave::skin-tone-3``), None when there is none."""
    name, _, suffix = name.partition("::skin-tone-")
    char = _by_name(name)
    shade = TONES.get(suffix or tone)
    if char is None or shade is None:
        return char
    first = char.removesuffix(VS16)
    toned = f"{first}{shade}" if len(first) == 1 else f"{first[0]}{shade}{first[1:].removeprefix(VS16)}"
    return toned if _package().is_emoji(toned) else char


def to_slack_name(char: str) -> str | None:
    """Slack's name for one emoji, with its skin tone, without colons; None for what is no emoji."""
    tone = next((mark for mark in char if mark in TONES.values()), "")
    bare = char.replace(tone, "") if tone else char
    name = _SLACK_BY_EMOJI.get(bare.replace(VS16, "")) or _flag_name(bare) or _package_name(bare)
    if name is None:
        return None
    return f"{name}::skin-tone-{ord(tone) - FIRST_TONE + 2}" if tone else name


def emojize(text: str) -> str:
    """The text with every known ``:code:`` as its emoji."""
    if text.count(":") < 2:
        return text
    return _CODES.sub(lambda run: _CODE.sub(_replacement, run[0]), text)


def emojize_tree(text: RichText) -> RichText:
    """The same for rich text; code stays as typed."""
    return RichText(tuple([_emojize_block(block) for block in text.blocks]))


def _emojize_block(block: Block) -> Block:
    match block:
        case CodeBlock():
            return block
        case Paragraph(spans):
            return Paragraph(tuple([_emojize_span(span) for span in spans]))
        case Quote(lines):
            return Quote(tuple([Paragraph(tuple(map(_emojize_span, line.spans))) for line in lines]))
        case BulletList(items):
            return replace(block, items=tuple([Paragraph(tuple(map(_emojize_span, item.spans))) for item in items]))


def _emojize_span(span: Span) -> Span:
    return span if Style.CODE in span.styles else replace(span, text=emojize(span.text))


def _replacement(found: re.Match[str]) -> str:
    return to_unicode(found[1]) or found[0]


def _by_name(name: str) -> str | None:
    if name in _SLACK_NAMES:
        return _SLACK_NAMES[name]
    flag = _FLAG.fullmatch(name)
    spellings = [name, name.replace("-", "_")]
    if flag:
        char = "".join([chr(0x1F1E6 + ord(letter) - ord("a")) for letter in flag[1]])
        return char if _package().is_emoji(char) else None
    spellings += [f"{new}{name.removeprefix(old)}" for old, new in _RESPELLED if name.startswith(old)]
    for spelling in spellings:
        code = f":{spelling}:"
        found = str(_package().emojize(code, language="alias", variant="emoji_type"))
        if found != code:
            return found
    return None


def _flag_name(char: str) -> str | None:
    if len(char) != 2 or not all("\U0001f1e6" <= letter <= "\U0001f1ff" for letter in char):
        return None
    return "flag-" + "".join([chr(ord(letter) - 0x1F1E6 + ord("a")) for letter in char])


def _package_name(char: str) -> str | None:
    for spelling in (char, char.replace(VS16, ""), f"{char}{VS16}"):
        data = _package().EMOJI_DATA.get(spelling)
        if data is not None:
            names: list[str] = data.get("alias") or [data["en"]]
            return names[0].strip(":")
    return None
