"""Slack's text: escaping, who is pinged by it, and what the composer makes of what a person types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import emoji

Json = dict[str, Any]

MENTION = re.compile(r"<(?:@([UW][A-Z0-9]+)|!(channel|here|everyone)|!subteam\^([A-Z0-9]+))(?:\|[^>]*)?>")
NAMED = re.compile(r"(?<![\w<@|])@([\w.\-]+)")
BROADCASTS = ("channel", "here", "everyone")

INLINE = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|(?P<user><@(?P<user_id>[UW][A-Z0-9]+)(?:\|[^>]*)?>)"
    r"|(?P<room><#(?P<room_id>[CG][A-Z0-9]+)(?:\|[^>]*)?>)"
    r"|(?P<broadcast>(?:<!(?P<range>channel|here|everyone)(?:\|[^>]*)?>)|(?<![\w@])@(?P<typed>channel|here|everyone)\b)"
    r"|(?P<named>\[(?P<label>[^\]\n]+)\]\((?P<target>https?://[^)\s]+)\))"
    r"|(?P<angled><(?P<href>(?:https?://|mailto:)[^|>\s]+)(?:\|(?P<words>[^>\n]+))?>)"
    r"|(?P<url>https?://[^\s<>]*[^\s<>.,;:!?)\]'\"*_~])"
    r"|(?P<emoji>:(?P<name>[a-z0-9_+\-']+):)"
    r"|(?P<bold>(?<![\w*])\*(?=\S)[^*\n]*[^*\s]\*(?![\w*]))"
    r"|(?P<italic>(?<![\w_])_(?=\S)[^_\n]*[^_\s]_(?![\w_]))"
    r"|(?P<strike>(?<![\w~])~(?=\S)[^~\n]*[^~\s]~(?![\w~]))"
)
PRE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
BULLET = re.compile(r"^(?:[-•*]|(?P<number>\d+)\.) +(?P<item>.*)$")


def escape(text: str) -> str:
    """The three signs Slack escapes (docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The opposite, for what a person reads."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def message_pings(wire: Json, names: dict[str, str] | None = None) -> list[str]:
    """Who a whole message would notify, by its text, blocks and attachments; see :func:`pings_of`."""
    texts, blocks = [wire.get("text", "")], list(wire.get("blocks", ()))
    for attachment in wire.get("attachments", ()):
        parts = [attachment.get("pretext"), attachment.get("text"), *(f.get("value") for f in attachment.get("fields", ()))]
        texts += [part for part in parts if isinstance(part, str)]
        blocks += attachment.get("blocks", ())
    return pings_of("\n".join(texts), blocks, names=names)


def pings_of(text: str, blocks: Iterable[Json] | None, *, names: dict[str, str] | None = None) -> list[str]:
    """Who would be notified: user ids, ``channel``/``here``/``everyone``, ``subteam:ID``; each once, in order.

    ``names`` maps @names to user ids and is given only where ``link_names`` or ``parse=full`` make them count.
    """
    found: dict[str, None] = {}
    if "<" in text or "@" in text:
        _pings_in_text(text, names, found)
    for block in blocks or ():
        _pings_in_block(block, found)
    return list(found)


def _pings_in_text(text: str, names: dict[str, str] | None, found: dict[str, None]) -> None:
    for user, broadcast, subteam in MENTION.findall(text):
        found[user or broadcast or f"subteam:{subteam}"] = None
    if names is None:
        return
    for name in NAMED.findall(text):
        if name in BROADCASTS:
            found[name] = None
        elif name in names:
            found[names[name]] = None


def _pings_in_block(value: Any, found: dict[str, None]) -> None:
    if isinstance(value, list):
        for part in value:
            _pings_in_block(part, found)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if kind == "plain_text":
        return
    if kind in {"mrkdwn", "markdown"}:
        _pings_in_text(str(value.get("text", "")), None, found)
    elif kind == "user" and "user_id" in value:
        found[value["user_id"]] = None
    elif kind == "broadcast" and "range" in value:
        found[value["range"]] = None
    elif kind == "usergroup" and "usergroup_id" in value:
        found[f"subteam:{value['usergroup_id']}"] = None
    else:
        for part in value.values():
            if isinstance(part, list | dict):
                _pings_in_block(part, found)


def composed(typed: str, block_id: str) -> tuple[str, list[Json]]:
    """What Slack's composer sends for what a person typed: the escaped ``text`` and one ``rich_text`` block."""
    texts: list[str] = []
    elements: list[Json] = []
    position = 0
    for match in PRE.finditer(typed):
        _lines(typed[position : match.start()].removesuffix("\n"), texts, elements)
        code = [{"type": "text", "text": match[1]}] if match[1] else []
        elements.append({"type": "rich_text_preformatted", "elements": code, "border": 0})
        texts.append(f"```{escape(match[1])}```")
        position = match.end()
    _lines(typed[position:].removeprefix("\n") if position else typed, texts, elements)
    return "\n".join(texts), [{"type": "rich_text", "block_id": block_id, "elements": elements}]


def _lines(typed: str, texts: list[str], elements: list[Json]) -> None:
    """Split into quotes, lists and plain sections, keeping their order."""
    if not typed:
        return
    groups: list[tuple[str, list[str]]] = []
    for line in typed.split("\n"):
        bullet = BULLET.match(line)
        kind, words = "text", line
        if line.startswith(">"):
            kind, words = "quote", line[1:].removeprefix(" ")
        elif bullet:
            kind, words = ("ordered" if bullet["number"] else "bullet"), bullet["item"]
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(words)
        else:
            groups.append((kind, [words]))
    for kind, lines in groups:
        if kind in {"ordered", "bullet"}:
            parts = [inline(line) for line in lines]
            marks = [f"{number}. " if kind == "ordered" else "• " for number in range(1, len(lines) + 1)]
            texts.append("\n".join(mark + text for mark, (text, _) in zip(marks, parts, strict=True)))
            sections = [{"type": "rich_text_section", "elements": found} for _, found in parts]
            elements.append({"type": "rich_text_list", "style": kind, "indent": 0, "border": 0, "elements": sections})
        else:
            text, found = inline("\n".join(lines))
            quoted = kind == "quote"
            texts.append("\n".join(f"&gt; {line}" for line in text.split("\n")) if quoted else text)
            elements.append({"type": "rich_text_quote" if quoted else "rich_text_section", "elements": found})


def inline(typed: str, style: dict[str, bool] | None = None) -> tuple[str, list[Json]]:
    """One run of typed text as mrkdwn and as rich text elements."""
    texts: list[str] = []
    elements: list[Json] = []
    position = 0
    for match in INLINE.finditer(typed):
        if match.start() > position:
            _plain(typed[position : match.start()], style, texts, elements)
        text, found = _token(match, style)
        texts.append(text)
        elements += found
        position = match.end()
    if position < len(typed):
        _plain(typed[position:], style, texts, elements)
    return "".join(texts), elements


def _plain(text: str, style: dict[str, bool] | None, texts: list[str], elements: list[Json]) -> None:
    texts.append(escape(text))
    elements.append(_styled({"type": "text", "text": text}, style))


def _styled(element: Json, style: dict[str, bool] | None) -> Json:
    return {**element, "style": dict(style)} if style else element


STYLES = {"bold": "*", "italic": "_", "strike": "~", "code": "`"}


def _token(match: re.Match[str], style: dict[str, bool] | None) -> tuple[str, list[Json]]:
    kind = next(name for name in TOKENS if match[name] is not None)
    whole = match[0]
    if kind == "code":
        return escape(whole), [_styled({"type": "text", "text": whole[1:-1]}, {**(style or {}), "code": True})]
    if kind in STYLES:
        text, found = inline(whole[1:-1], {**(style or {}), kind: True})
        return STYLES[kind] + text + STYLES[kind], found
    if kind == "user":
        return f"<@{match['user_id']}>", [_styled({"type": "user", "user_id": match["user_id"]}, style)]
    if kind == "room":
        return whole, [_styled({"type": "channel", "channel_id": match["room_id"]}, style)]
    if kind == "broadcast":
        word = match["range"] or match["typed"]
        return f"<!{word}>", [_styled({"type": "broadcast", "range": word}, style)]
    if kind == "emoji":
        return whole, _emoji(match["name"], whole, style)
    url = match["target"] or match["href"] or match["url"]
    label = match["label"] or match["words"]
    shown = f"<{escape(url)}|{escape(label)}>" if label else f"<{escape(url)}>"
    link = {"type": "link", "url": url} | ({"text": label} if label else {})
    return shown, [_styled(link, style)]


TOKENS = ("code", "user", "room", "broadcast", "named", "angled", "url", "emoji", "bold", "italic", "strike")


def _emoji(name: str, whole: str, style: dict[str, bool] | None) -> list[Json]:
    """A standard emoji carries its code points; a name nobody knows may be the workspace's own."""
    sign = emoji.emojize(whole, language="alias")
    element: Json = {"type": "emoji", "name": name}
    if sign != whole:
        element["unicode"] = "-".join(f"{ord(part):x}" for part in sign)
    return [_styled(element, style)]
