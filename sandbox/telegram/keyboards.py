"""``reply_markup`` (``Client::get_reply_markup``, ``tdlib/td ReplyMarkup.cpp``)."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.arguments import field
from sandbox.telegram.errors import bad
from sandbox.telegram.links import checked_link

STYLES = frozenset(("", "default", "primary", "danger", "success"))
BUTTON_LIMIT = 100
WRONG = "can't parse inline keyboard button: "
PRIVATE_ONLY = {
    "request_contact": "phone number can be requested in private chats only",
    "request_location": "location can be requested in private chats only",
    "request_poll": "poll can be requested in private chats only",
}


def inline_button(given: Any) -> dict[str, Any]:
    """One inline button, reduced to the fields that count; ``callback_data`` 1-64 bytes."""
    if not isinstance(given, dict):
        raise bad(WRONG + "InlineKeyboardButton must be an Object")
    button: dict[str, Any] = {"text": field(given, "text", str, WRONG)}
    if not button["text"].strip():
        raise bad("inline keyboard button text must be non-empty")
    style = given.get("style") or ""
    if style not in STYLES:
        raise bad(WRONG + "invalid button style specified")
    for name in ("style", "icon_custom_emoji_id", "disabled"):
        if given.get(name):
            button[name] = given[name]
    if url := given.get("url"):
        button["url"] = checked_link(field(given, "url", str, WRONG))
        if not button["url"]:
            raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    elif data := given.get("callback_data"):
        if not isinstance(data, str) or len(data.encode()) > 64:
            raise bad("BUTTON_DATA_INVALID")
        button["callback_data"] = data
    else:
        button |= other_action(given)
    return button


def other_action(given: dict[str, Any]) -> dict[str, Any]:
    """Everything but links and callbacks."""
    for name in ("callback_game", "pay"):
        if name in given:
            return {name: given[name]}
    for name in ("switch_inline_query", "switch_inline_query_current_chat"):
        if isinstance(given.get(name), str):
            return {name: given[name]}
    for name in ("switch_inline_query_chosen_chat", "login_url", "web_app"):
        if name in given:
            return {name: field(given, name, dict, WRONG)}
    if "copy_text" in given:
        copied = field(field(given, "copy_text", dict, WRONG), "text", str, WRONG)
        if not 1 <= len(copied) <= 256:
            raise bad("BUTTON_COPY_TEXT_INVALID")
        return {"copy_text": {"text": copied}}
    if given.get("disabled"):
        return {}
    raise bad(WRONG + "Text buttons are unallowed in the inline keyboard")


def inline_rows(given: Any) -> list[list[dict[str, Any]]]:
    """The rows of an inline keyboard; empty rows vanish."""
    what = 'Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
    if not isinstance(given, list) or not all(isinstance(row, list) for row in given):
        raise bad(what)
    rows = [[inline_button(button) for button in row] for row in given if row]
    if sum(map(len, rows)) > BUTTON_LIMIT:
        raise bad("reply markup is too long")
    return rows


def inline_only(given: Any) -> dict[str, Any] | None:
    """The keyboard of an edit, which must be an inline one; nothing or no buttons removes it."""
    if given is None or given == {}:
        return None
    if not isinstance(given, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" not in given:
        raise bad("inline keyboard expected")
    rows = inline_rows(given["inline_keyboard"])
    return {"inline_keyboard": rows} if rows else None


def read(given: Any, private: bool) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """``(inline keyboard, other markup)``: the first is part of the message, the second only of the screen."""
    if given is None:
        return None, None
    if not isinstance(given, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in given:
        rows = inline_rows(given["inline_keyboard"])
        return ({"inline_keyboard": rows} if rows else None), None
    if "keyboard" in given:
        return None, {**given, "keyboard": [[_key(key, private) for key in row] for row in _rows(given["keyboard"])]}
    if given.get("remove_keyboard") or given.get("force_reply"):
        if len(given.get("input_field_placeholder") or "") > 64:
            raise bad("input field placeholder is too long")
        return None, given
    return None, None


def _rows(given: Any) -> list[list[Any]]:
    if not isinstance(given, list) or not all(isinstance(row, list) for row in given):
        raise bad('field "keyboard" must be an Array of Arrays')
    return given


def _key(given: Any, private: bool) -> dict[str, Any]:
    if isinstance(given, str):
        given = {"text": given}
    if not isinstance(given, dict):
        raise bad("can't parse keyboard button: KeyboardButton must be a String or an Object")
    if not field(given, "text", str, "can't parse keyboard button: ").strip():
        raise bad("keyboard button text must be non-empty")
    for name, refusal in PRIVATE_ONLY.items():
        if given.get(name) and not private:
            raise bad(refusal)
    return given
