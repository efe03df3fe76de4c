"""What ``POST /{phone_number_id}/messages`` takes, field by field; everything else is refused.

Fields and limits: Meta's own OpenAPI description of the messages endpoint (github.com/facebook/openapi ``whatsapp
business-messaging-api`` v23.0: ``additionalProperties: false`` on each kind) and
developers.facebook.com/documentation/business-messaging/whatsapp/messages (text 4096, captions 1024). ``recipient`` and that
``to`` wins over it: …/whatsapp/business-scoped-user-ids (2026-05-28). ``biz_opaque_callback_data``: 512 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.whatsapp.errors import GraphError

Json = dict[str, Any]
TEXT = 4096
CAPTION = 1024
OPAQUE = 512
COMMON = frozenset(("messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data"))
MEDIA = ("image", "video", "audio", "document", "sticker")
BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
PHONE = re.compile(r"\+?[0-9]{6,15}")
PARTS = {
    "text": frozenset(("body", "preview_url")),
    "image": frozenset(("id", "link", "caption")),
    "video": frozenset(("id", "link", "caption")),
    "audio": frozenset(("id", "link", "voice")),
    "document": frozenset(("id", "link", "caption", "filename")),
    "sticker": frozenset(("id", "link")),
    "reaction": frozenset(("message_id", "emoji")),
    "template": frozenset(("name", "language", "components")),
}


def check(body: Any) -> Json:
    """The body of a message; raises ``GraphError`` for anything the API would not take."""
    if not isinstance(body, dict):
        raise GraphError(100, "The body must be a JSON object")
    product = body.get("messaging_product")
    if product != "whatsapp":
        raise GraphError(100, "Param messaging_product must be one of {whatsapp}")
    if "status" in body:
        return _status(body)
    kind = body.get("type", "text")
    if not isinstance(kind, str) or kind not in PARTS:
        raise GraphError(131009, f"Param type must be one of {{{', '.join(PARTS)}}}")
    _only(body, COMMON | {kind}, "message")
    if body.get("recipient_type", "individual") != "individual":
        raise GraphError(131009, "recipient_type must be individual")
    _recipient(body)
    _optional(body, "biz_opaque_callback_data", str)
    if len(body.get("biz_opaque_callback_data", "")) > OPAQUE:
        raise GraphError(131009, "biz_opaque_callback_data is too long")
    part = body.get(kind)
    if not isinstance(part, dict):
        raise GraphError(131008, f"Parameter {kind} is required")
    _only(part, PARTS[kind], kind)
    if "context" in body:
        context = body["context"]
        if not isinstance(context, dict) or not isinstance(context.get("message_id"), str):
            raise GraphError(131009, "context.message_id must be a string")
        _only(context, frozenset(("message_id",)), "context")
    CHECKS.get(kind, _media)(part)
    return body


def _status(body: Json) -> Json:
    """A message is marked as read, if wished with the sign that somebody types."""
    _only(body, frozenset(("messaging_product", "status", "message_id", "typing_indicator")), "message")
    if body["status"] != "read" or not isinstance(body.get("message_id"), str):
        raise GraphError(131009, "status must be read and message_id given")
    if "typing_indicator" in body and body["typing_indicator"] != {"type": "text"}:
        raise GraphError(131009, "typing_indicator.type must be text")
    return body


def _recipient(body: Json) -> None:
    to, recipient = body.get("to"), body.get("recipient")
    if to is None and recipient is None:
        raise GraphError(131008, "The parameter to is required")
    if to is not None and (not isinstance(to, str) or PHONE.fullmatch(to) is None):
        raise GraphError(131009, "Param to is not a valid phone number")
    if to is None and (not isinstance(recipient, str) or BSUID.fullmatch(recipient) is None):
        raise GraphError(131009, "Param recipient is not a valid business-scoped user ID")


def _only(given: Json, known: frozenset[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise GraphError(100, f'Unexpected key "{name}" on param "{where}"')


def _optional(given: Json, name: str, kind: type) -> None:
    if name in given and not isinstance(given[name], kind):
        raise GraphError(131009, f"Param {name} must be a {kind.__name__}")


def _text(part: Json) -> None:
    text = part.get("body")
    _optional(part, "preview_url", bool)
    if not isinstance(text, str) or not text.strip():
        raise GraphError(131008, "Parameter text.body is required")
    if len(text) > TEXT:
        raise GraphError(100, f"Param text['body'] must be at most {TEXT} characters long")


def _media(part: Json) -> None:
    if ("id" in part) == ("link" in part):
        raise GraphError(131008, "Exactly one of id and link is required")
    for name in ("id", "link", "caption", "filename"):
        _optional(part, name, str)
    _optional(part, "voice", bool)
    if len(part.get("caption", "")) > CAPTION:
        raise GraphError(131009, f"Param caption must be at most {CAPTION} characters long")
    if "link" in part and not part["link"].startswith(("http://", "https://")):
        raise GraphError(131009, "Param link is not a valid URI")


def _reaction(part: Json) -> None:
    if not isinstance(part.get("message_id"), str) or not isinstance(part.get("emoji"), str):
        raise GraphError(131008, "Parameters reaction.message_id and reaction.emoji are required")


def _template(part: Json) -> None:
    if not isinstance(part.get("name"), str) or not isinstance(part.get("language"), dict):
        raise GraphError(131008, "Parameters template.name and template.language are required")
    _only(part["language"], frozenset(("code", "policy")), "template.language")
    if not isinstance(part["language"].get("code"), str):
        raise GraphError(131008, "Parameter template.language.code is required")
    components = part.get("components", [])
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        raise GraphError(131009, "template.components must be an array of objects")
    for one in components:
        _only(one, frozenset(("type", "sub_type", "index", "parameters")), "template.components")
        if one.get("type") not in ("header", "body", "button"):
            raise GraphError(131009, "components.type must be one of {header, body, button}")
        if one["type"] == "button" and ("sub_type" not in one or "index" not in one):
            raise GraphError(131008, "A button needs sub_type and index")
        for parameter in one.get("parameters", []):
            _only(parameter, frozenset(("type", "text", "parameter_name")), "components.parameters")
            if parameter.get("type") != "text" or not isinstance(parameter.get("text"), str) or not parameter["text"]:
                raise GraphError(131008, "Parameter text of a template is required")


CHECKS: dict[str, Callable[[Json], None]] = {"text": _text, "reaction": _reaction, "template": _template}


def fits(template: Json, given: Json) -> None:
    """Whether the values given are those the approved template has; 132000 and 132012 when they are not."""
    wanted = _wanted(template)
    found: dict[tuple[str, str], list[Json]] = {}
    for one in given.get("components", []):
        found[one["type"], str(one.get("index", ""))] = one.get("parameters", [])
    for key, names in wanted.items():
        values = found.pop(key, [])
        if len(values) != len(names):
            raise GraphError(
                132000,
                f"{key[0]}: localizable_params ({len(values)}) does not match the expected number of params ({len(names)})",
            )
        if template.get("parameter_format") == "NAMED" and {one.get("parameter_name") for one in values} != set(names):
            raise GraphError(132012, f"{key[0]}: parameter_name must be {', '.join(names)}")
        if key[0] == "body" and any(re.search(r"[\n\t]| {5}", one["text"]) for one in values):
            raise GraphError(132012, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
    if any(values for values in found.values()):
        raise GraphError(132000, "There are parameters for a component without any")


def _wanted(template: Json) -> dict[tuple[str, str], list[str]]:
    wanted: dict[tuple[str, str], list[str]] = {}
    for one in template["components"]:
        kind = str(one["type"]).lower()
        if kind in ("header", "body"):
            wanted[kind, ""] = names_in(str(one.get("text", "")))
        elif kind == "buttons":
            for index, button in enumerate(one.get("buttons", [])):
                if button.get("type") == "URL" and names_in(str(button.get("url", ""))):
                    wanted["button", str(index)] = names_in(str(button["url"]))
    return wanted


def names_in(text: str) -> list[str]:
    """The variables of a text, in order, each once."""
    return list(dict.fromkeys(re.findall(r"\{\{\s*([a-z0-9_]+)\s*\}\}", text)))
