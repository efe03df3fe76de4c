"""The ``rich_text`` block, which slack_sdk's models do not look into.

Element types and keys: docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

from __future__ import annotations

from sandbox.slack.shapes import Check, boolean, integer, several, string, thing, typed

STYLE = thing({}, {"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean, "underline": boolean})
MENTION_STYLE = thing(
    {},
    {
        "bold": boolean,
        "italic": boolean,
        "strike": boolean,
        "highlight": boolean,
        "client_highlight": boolean,
        "unlink": boolean,
        "underline": boolean,
        "code": boolean,
    },
)
INLINE: dict[str, Check] = {
    "text": thing({"text": string(least=1)}, {"style": STYLE}),
    "link": thing({"url": string(least=1)}, {"text": string(), "unsafe": boolean, "style": STYLE}),
    "emoji": thing({"name": string(least=1)}, {"unicode": string(), "style": STYLE, "skin_tone": integer(1, 6)}),
    "user": thing({"user_id": string(least=1)}, {"style": MENTION_STYLE}),
    "usergroup": thing({"usergroup_id": string(least=1)}, {"style": MENTION_STYLE}),
    "channel": thing({"channel_id": string(least=1)}, {"style": MENTION_STYLE}),
    "broadcast": thing({"range": string(among={"here", "channel", "everyone"})}, {"style": STYLE}),
    "color": thing({"value": string(7, 4)}, {"style": STYLE}),
    "date": thing({"timestamp": integer(), "format": string(least=1)}, {"url": string(), "fallback": string(), "style": STYLE}),
    "team": thing({"team_id": string(least=1)}, {"style": STYLE}),
}
PLACES = several(typed(INLINE), least=0)
VERBATIM = several(typed({kind: INLINE[kind] for kind in ("text", "link")}), least=0)
SECTION = thing({"elements": PLACES})
BORDER: dict[str, Check] = {"border": integer(0, 1)}
PARTS: dict[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_list": thing(
        {"style": string(among={"bullet", "ordered"}), "elements": several(typed({"rich_text_section": SECTION}))},
        BORDER | {"indent": integer(0, 8), "offset": integer()},
    ),
    "rich_text_preformatted": thing({"elements": VERBATIM}, BORDER | {"language": string()}),
    "rich_text_quote": thing({"elements": PLACES}, BORDER),
}
RICH_TEXT: Check = thing({"elements": several(typed(PARTS), least=0)}, {"block_id": string(255)})
