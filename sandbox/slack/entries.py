"""What a person enters or picks in an element, in the words of Slack's payloads.

docs.slack.dev/reference/interaction-payloads/block_actions-payload and view-interactions-payload.
"""

from __future__ import annotations

from typing import Any

from sandbox.people import Mistake
from sandbox.slack.blocks import elements_of
from sandbox.slack.text import composed
from sandbox.slack.world import Json, World

PLAIN = {
    "plain_text_input": "value", "email_text_input": "value", "url_text_input": "value", "number_input": "value",
    "datepicker": "selected_date", "timepicker": "selected_time",
}  # fmt: skip
NAMED = {"users_select": "user", "conversations_select": "conversation", "channels_select": "channel"}
ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
MANY_OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}
REQUIRED = "Please complete this required field."


def options_of(element: Json, suggested: list[Json]) -> list[Json]:
    """Every option a person can pick, groups flattened."""
    options = list(element.get("options", []))
    for group in element.get("option_groups", []):
        options += group["options"]
    return options + (suggested if "external" in element["type"] else [])


def option(element: Json, value: Any, suggested: list[Json]) -> Json:
    """The option a person means, by value or by label."""
    if isinstance(value, dict):
        return value
    for found in options_of(element, suggested):
        if str(value) in {found.get("value"), found["text"]["text"]}:
            return found
    raise Mistake(f"{element.get('action_id')} has no option {value!r}")


def entered(element: Json, value: Any, suggested: list[Json], world: World) -> Json:
    """The element's part of an action or of ``state.values``."""
    kind = element["type"]
    if kind == "button":
        return {"value": element["value"]} if "value" in element else {}
    if kind == "workflow_button":
        return {}
    if kind in ONE_OPTION:
        return {"selected_option": option(element, value, suggested) if value is not None else None}
    if kind in MANY_OPTIONS:
        return {"selected_options": [option(element, part, suggested) for part in value or []]}
    if kind in PLAIN:
        return {PLAIN[kind]: None if value in (None, "") else str(value)}
    if kind == "datetimepicker":
        return {"selected_date_time": value}
    if kind == "rich_text_input":
        return {"rich_text_value": composed(str(value), "b0")[1][0] if value else None}
    if kind == "file_input":
        return {"files": _files(element, value or [], world)}
    many = kind.startswith("multi_")
    noun = NAMED[kind.removeprefix("multi_")]
    look_up = (lambda word: world.user_named(word)["id"]) if noun == "user" else (lambda word: world.room_named(word).id)
    if many:
        return {f"selected_{noun}s": [look_up(word) for word in value or []]}
    return {f"selected_{noun}": look_up(value) if value is not None else None}


def _files(element: Json, ids: list[str], world: World) -> list[Json]:
    """What was uploaded into a ``file_input`` (docs.slack.dev/reference/block-kit/block-elements/file-input-element)."""
    files = [world.files[number] for number in ids if number in world.files]
    if len(files) != len(ids) or len(files) > element.get("max_files", 10):
        raise Mistake(f"{element['action_id']} takes at most {element.get('max_files', 10)} files that were uploaded")
    kinds = element.get("filetypes")
    if kinds and (strange := [file["name"] for file in files if file["filetype"] not in kinds]):
        raise Mistake(f"{element['action_id']} takes {', '.join(kinds)}, not {strange[0]}")
    return files


def initially(element: Json) -> Json:
    """What an element holds before anybody touches it."""
    kind = element["type"]
    if kind in ONE_OPTION:
        return {"selected_option": element.get("initial_option")}
    if kind in MANY_OPTIONS:
        return {"selected_options": element.get("initial_options", [])}
    if kind in PLAIN:
        name = {"value": "initial_value", "selected_date": "initial_date", "selected_time": "initial_time"}[PLAIN[kind]]
        return {PLAIN[kind]: element.get(name)}
    if kind == "datetimepicker":
        return {"selected_date_time": element.get("initial_date_time")}
    if kind == "rich_text_input":
        return {"rich_text_value": element.get("initial_value")}
    if kind == "file_input":
        return {"files": []}
    many = kind.startswith("multi_")
    noun = NAMED[kind.removeprefix("multi_")] + ("s" if many else "")
    return {f"selected_{noun}": element.get(f"initial_{noun}", [] if many else None)}


def state_of(blocks: list[Json], touched: dict[str, Json]) -> Json:
    """``state.values`` of blocks: what was entered, else what they began with. Buttons and overflows have no state."""
    values: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in {"button", "overflow", "workflow_button"}:
                continue
            action_id = element["action_id"]
            content = touched.get(f"{block['block_id']}\n{action_id}") or initially(element)
            values.setdefault(block["block_id"], {})[action_id] = {"type": element["type"], **content}
    return {"values": values}


def incomplete(blocks: list[Json], state: Json) -> dict[str, str]:
    """What Slack's app complains about before it sends a modal."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        held = next(value for key, value in state["values"][block["block_id"]][element["action_id"]].items() if key != "type")
        if held in (None, [], ""):
            if not block.get("optional"):
                errors[block["block_id"]] = REQUIRED
        elif element["type"] == "plain_text_input":
            if len(held) > element.get("max_length", 3000):
                errors[block["block_id"]] = f"This entry must be less than {element.get('max_length', 3000) + 1} characters."
            elif len(held) < element.get("min_length", 0):
                errors[block["block_id"]] = f"This entry must be at least {element['min_length']} characters."
    return errors
