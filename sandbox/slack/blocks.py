"""Block Kit as Slack accepts it: blocks of messages, modals and the Home tab.

Limits: docs.slack.dev/reference/block-kit and the validators in the installed ``slack_sdk/models/blocks``. Block types
not described here are given to slack_sdk's own models.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from sandbox.slack.errors import Refused
from sandbox.slack.rich_text import RICH_TEXT
from sandbox.slack.shapes import Check, anything, boolean, integer, several, string, thing, typed

Json = dict[str, Any]
MOST_IN_MESSAGE, MOST_IN_VIEW = 50, 100


def plain(most: int) -> Check:
    """A plain_text object."""
    return typed({"plain_text": thing({"text": string(most, 1)}, {"emoji": boolean})})


def either(most: int) -> Check:
    """A plain_text or mrkdwn object."""
    return typed(
        {
            "plain_text": thing({"text": string(most, 1)}, {"emoji": boolean}),
            "mrkdwn": thing({"text": string(most, 1)}, {"verbatim": boolean}),
        }
    )


ACTION_ID, BLOCK_ID = string(255), string(255)
CONFIRM = thing(
    {"title": plain(100), "text": either(300), "confirm": plain(30), "deny": plain(30)},
    {"style": string(among={"primary", "danger"})},
)
OPTION = thing({"text": either(75), "value": string(150)}, {"description": either(75), "url": string(3000)})
OPTION_GROUP = thing({"label": plain(75), "options": several(OPTION, 100)})
CHOICES: dict[str, Check] = {"options": several(OPTION, 100), "option_groups": several(OPTION_GROUP, 100)}
COMMON: dict[str, Check] = {"action_id": ACTION_ID, "confirm": CONFIRM, "focus_on_load": boolean}
SELECT: dict[str, Check] = COMMON | {"placeholder": plain(150)}
IN_INPUT: dict[str, Check] = {"response_url_enabled": boolean}
MANY: dict[str, Check] = {"max_selected_items": integer(1)}
FILTER: dict[str, Check] = {"filter": anything, "default_to_current_conversation": boolean}
DISPATCH = thing({}, {"trigger_actions_on": several(string(among={"on_enter_pressed", "on_character_entered"}), 2)})
SLACK_FILE = thing({}, {"id": string(), "url": string()}, ("id", "url"))


def select(kind: str, chosen: str, many: bool, extra: dict[str, Check]) -> dict[str, Check]:
    """A select menu and its multi twin."""
    fields = SELECT | extra | (MANY if many else IN_INPUT)
    initial = f"initial_{chosen}"
    item = OPTION if chosen.startswith("option") else string()
    fields[initial] = several(item, 100) if many else item
    if kind == "static":
        return {f"{'multi_' if many else ''}static_select": thing({}, fields, ("options", "option_groups"))}
    return {f"{'multi_' if many else ''}{kind}_select": thing({}, fields)}


SELECTS: dict[str, Check] = {
    **select("static", "option", False, CHOICES),
    **select("static", "options", True, CHOICES),
    **select("external", "option", False, {"min_query_length": integer()}),
    **select("external", "options", True, {"min_query_length": integer()}),
    **select("users", "user", False, {}),
    **select("users", "users", True, {}),
    **select("conversations", "conversation", False, FILTER),
    **select("conversations", "conversations", True, FILTER),
    **select("channels", "channel", False, {}),
    **select("channels", "channels", True, {}),
}
PICKERS: dict[str, Check] = {
    "datepicker": thing({}, SELECT | {"initial_date": string(10, 10)}),
    "timepicker": thing({}, SELECT | {"initial_time": string(5, 5), "timezone": string()}),
    "datetimepicker": thing({}, COMMON | {"initial_date_time": integer(0, 9_999_999_999)}),
    "checkboxes": thing({"options": several(OPTION, 10)}, COMMON | {"initial_options": several(OPTION, 10)}),
    "radio_buttons": thing({"options": several(OPTION, 10)}, COMMON | {"initial_option": OPTION}),
}
BUTTON = thing(
    {"text": plain(75)},
    {
        "action_id": ACTION_ID,
        "url": string(3000),
        "value": string(2000),
        "style": string(among={"primary", "danger"}),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
OVERFLOW = thing({"options": several(OPTION, 5)}, {"action_id": ACTION_ID, "confirm": CONFIRM})
IMAGE: dict[str, Check] = {"image_url": string(3000), "slack_file": SLACK_FILE}
IMAGE_ELEMENT = thing({"alt_text": string(2000)}, IMAGE, ("image_url", "slack_file"))
ACTIVE: dict[str, Check] = {
    "button": BUTTON,
    "overflow": OVERFLOW,
    "workflow_button": thing({"text": plain(75), "workflow": anything}, {"action_id": ACTION_ID, "style": string()}),
    **SELECTS,
    **PICKERS,
}
ENTRY = COMMON | {"placeholder": plain(150), "dispatch_action_config": DISPATCH}
INPUTS: dict[str, Check] = {
    **SELECTS,
    **PICKERS,
    "plain_text_input": thing(
        {},
        ENTRY
        | {"initial_value": string(3000), "multiline": boolean, "min_length": integer(0, 3000), "max_length": integer(1, 3000)},
    ),
    "email_text_input": thing({}, ENTRY | {"initial_value": string()}),
    "url_text_input": thing({}, ENTRY | {"initial_value": string()}),
    "number_input": thing(
        {"is_decimal_allowed": boolean}, ENTRY | {"initial_value": string(), "min_value": string(), "max_value": string()}
    ),
    "rich_text_input": thing({}, ENTRY | {"initial_value": typed({"rich_text": RICH_TEXT})}),
    "file_input": thing({}, {"action_id": ACTION_ID, "filetypes": several(string()), "max_files": integer(1, 10)}),
}


def foreign(value: Json, at: str, wrong: list[str]) -> None:
    """Block types described by slack_sdk alone: video, table, card and newer ones."""
    try:
        block = Block.parse(value)
        if block is None:
            wrong.append(f"unsupported type: {value['type']} [json-pointer:{at}/type]")
        else:
            block.to_dict()  # validates all the way down
    except (SlackObjectFormationError, TypeError) as problem:
        wrong.append(f"{problem} [json-pointer:{at}]")


ID: dict[str, Check] = {"block_id": BLOCK_ID}
BLOCKS: dict[str, Check] = {
    "section": thing(
        {},
        ID
        | {
            "text": either(3000),
            "fields": several(either(2000), 10),
            "accessory": typed(ACTIVE | {"image": IMAGE_ELEMENT}),
            "expand": boolean,
        },
        ("text", "fields"),
    ),
    "divider": thing({}, ID),
    "header": thing({"text": plain(150)}, ID),
    "image": thing({"alt_text": string(2000)}, ID | IMAGE | {"title": plain(2000)}, ("image_url", "slack_file")),
    "actions": thing({"elements": several(typed(ACTIVE), 25)}, ID),
    "context": thing(
        {
            "elements": several(
                typed({"image": IMAGE_ELEMENT, "plain_text": plain(2000), "mrkdwn": either(2000)}),
                10,
            )
        },
        ID,
    ),
    "input": thing(
        {"label": plain(2000), "element": typed(INPUTS)},
        ID | {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": thing({"text": string(12_000, 1)}, ID),
    "rich_text": RICH_TEXT,
}
IN_MESSAGE = {kind: check for kind, check in BLOCKS.items() if kind != "file"}
IN_VIEW = {kind: check for kind, check in BLOCKS.items() if kind != "markdown"}
MESSAGE_BLOCKS = several(typed(IN_MESSAGE, foreign), MOST_IN_MESSAGE, 0)
VIEW_BLOCKS = several(typed(IN_VIEW, foreign), MOST_IN_VIEW, 0)
MARKDOWN_IN_ALL = 12_000


def problems_in(blocks: Any, at: str, check: Check) -> list[str]:
    """Complaints about a list of blocks, ids given twice among them."""
    wrong: list[str] = []
    check(blocks, at, wrong)
    if not wrong:
        seen: set[str] = set()
        for number, block in enumerate(blocks):
            block_id = block.get("block_id")
            if block_id and block_id in seen:
                wrong.append(f"block_id already exists: {block_id} [json-pointer:{at}/{number}/block_id]")
            seen.add(block_id)
            actions = [element["action_id"] for element in elements_of(block) if element.get("action_id")]
            if len(actions) != len(set(actions)):
                wrong.append(f"`action_id` already exists within this block [json-pointer:{at}/{number}/elements]")
    return wrong


def message_blocks(blocks: Any, new_id: Callable[[], str]) -> list[Json]:
    """Blocks of a message, each with an id; ``invalid_blocks`` with Slack's reasons otherwise."""
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    wrong = problems_in(blocks, "/blocks", MESSAGE_BLOCKS)
    if not wrong and sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN_IN_ALL:
        raise Refused("msg_blocks_too_long")
    if wrong:
        raise Refused.because("invalid_blocks", wrong)
    return with_ids(blocks, new_id)


def with_ids(blocks: list[Json], new_id: Callable[[], str]) -> list[Json]:
    """The same blocks; those without an id get one, as do their interactive elements."""
    return [_with_id(block, new_id) for block in blocks]


def _with_id(block: Json, new_id: Callable[[], str]) -> Json:
    block = block if block.get("block_id") else {**block, "block_id": new_id()}
    if block["type"] == "actions":
        block = {**block, "elements": [_with_action_id(element, new_id) for element in block["elements"]]}
    elif block["type"] == "section" and block.get("accessory") and block["accessory"]["type"] != "image":
        block = {**block, "accessory": _with_action_id(block["accessory"], new_id)}
    elif block["type"] == "input":
        block = {**block, "element": _with_action_id(block["element"], new_id)}
    return block


def _with_action_id(element: Json, new_id: Callable[[], str]) -> Json:
    return element if element.get("action_id") else {**element, "action_id": new_id()}


def elements_of(block: Json) -> list[Json]:
    """The elements of a block a person can use."""
    if block["type"] == "actions":
        return list(block["elements"])
    if block["type"] == "section" and block.get("accessory", {}).get("type", "image") != "image":
        return [block["accessory"]]
    if block["type"] == "input":
        return [block["element"]]
    return []


def find_element(blocks: list[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json] | None:
    """A block and its element by action id, which need be unique only within a block; without ``block_id`` the first."""
    for block in blocks:
        if block_id not in {None, block["block_id"]}:
            continue
        for element in elements_of(block):
            if element.get("action_id") == action_id:
                return block, element
    return None
