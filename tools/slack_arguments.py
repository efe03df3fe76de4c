"""Writes ``sandbox/slack/arguments.json``: which arguments each Slack Web API method takes.

Two sources, the newer one wins: the installed slack_sdk (signatures of ``AsyncWebClient``, read with ``ast``) and Slack's
archived OpenAPI description (``../shared/specs/slack_web_openapi_v2.json``), with the published rate limit tiers beside it.
Run it again after an update of slack_sdk: ``python tools/slack_arguments.py``.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import slack_sdk.web.async_client as sdk

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT.parent / "shared" / "specs"
TARGET = ROOT / "sandbox" / "slack" / "arguments.json"
LEFT_OUT = ("admin.", "rtm.", "files.comments.", "files.remote.", "oauth.", "openid.", "apps.manifest.", "tooling.")
SPECIAL = {"token", "app_token", "kwargs"}
# docs.slack.dev says Tier 3 today; the archived table says Tier 1
NEWER_TIERS = {"apps.connections.open": 3}
# Typed as text in both sources; the method pages say JSON
JSON_ARGUMENTS = {"view", "blocks", "attachments", "metadata", "files", "unfurls", "loading_messages", "prompts"}
# Required by the method pages although the SDK leaves them optional, and the other way round
REQUIRED = {
    "conversations.replies": {"channel", "ts"},
    "conversations.history": {"channel"},
    "reactions.add": {"channel", "name", "timestamp"},
    "reactions.remove": {"name"},
    "users.info": {"user"},
    "views.open": {"view"},
    "views.push": {"view"},
    "views.update": {"view"},
    "views.publish": {"user_id", "view"},
    "files.getUploadURLExternal": {"filename", "length"},
    "files.completeUploadExternal": {"files"},
}
# docs.slack.dev/reference/scopes/chat.write.customize: file posts take them too; blocks: the method page
EXTRA = {"files.completeUploadExternal": {"username": "string", "icon_url": "string", "icon_emoji": "string", "blocks": "json"}}


def main() -> None:
    """Write the table."""
    table = from_specification()
    for name, arguments in from_sdk().items():
        known = table.setdefault(name, {"arguments": {}})["arguments"]
        for argument, about in arguments.items():
            known[argument] = merged(argument, known.get(argument), about)
    tiers = json.loads((SPECS / "slack-rate_limit_tiers.json").read_text())
    for name, about in table.items():
        for argument, kind in EXTRA.get(name, {}).items():
            about["arguments"][argument] = {"type": kind}
        for argument in REQUIRED.get(name, ()):
            about["arguments"].setdefault(argument, {"type": "string"})["required"] = True
        tier = NEWER_TIERS.get(name) or str(tiers.get(name, "")).removeprefix("Tier")
        if str(tier).isdigit():
            about["tier"] = int(tier)
    kept = {name: table[name] for name in sorted(table) if not name.startswith(LEFT_OUT)}
    TARGET.write_text(json.dumps(kept, separators=(",", ":"), sort_keys=True).replace('},"', '},\n"') + "\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(kept)} methods")


def merged(argument: str, old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """The SDK's word, except where it says text and the specification knows better."""
    kind = "json" if argument in JSON_ARGUMENTS else new["type"]
    if old and kind == "string" and old["type"] in {"boolean", "integer"}:
        kind = old["type"]
    return {"type": kind} | ({"required": True} if new.get("required") else {})


def from_specification() -> dict[str, dict[str, Any]]:
    """Methods of the archived OpenAPI description."""
    kinds = {"boolean": "boolean", "integer": "integer"}
    table: dict[str, dict[str, Any]] = {}
    for path, verbs in json.loads((SPECS / "slack_web_openapi_v2.json").read_text())["paths"].items():
        arguments = {}
        for parameter in next(iter(verbs.values())).get("parameters", []):
            name = parameter["name"]
            if name in SPECIAL:
                continue
            kind = "json" if name in JSON_ARGUMENTS else kinds.get(parameter.get("type"), "string")
            arguments[name] = {"type": kind} | ({"required": True} if parameter.get("required") else {})
        table[path.lstrip("/")] = {"arguments": arguments}
    return table


def from_sdk() -> dict[str, dict[str, dict[str, Any]]]:
    """Methods of the installed client: its functions that call the API under one name."""
    assert sdk.__file__
    table: dict[str, dict[str, dict[str, Any]]] = {}
    tree = ast.parse(Path(sdk.__file__).read_text())
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef) and (name := called(function)):
            table[name] = dict(parameters(function))
    return table


def called(function: ast.AsyncFunctionDef) -> str | None:
    """The API method a client function calls."""
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "api_call"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
            and node.args[0].value.replace(".", "_").lower() == function.name.lower()
        ):
            return node.args[0].value
    return None


def parameters(function: ast.AsyncFunctionDef) -> list[tuple[str, dict[str, Any]]]:
    """Names, types and need of a client function's keyword arguments."""
    found = []
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if argument.arg in SPECIAL:
            continue
        written = ast.unparse(argument.annotation) if argument.annotation else "str"
        about: dict[str, Any] = {"type": kind_of(argument.arg, written)}
        if default is None and "Optional" not in written:
            about["required"] = True
        found.append((argument.arg, about))
    return found


def kind_of(name: str, written: str) -> str:
    """One of string, boolean, integer, list, json for an annotation."""
    bare = written.removeprefix("Optional[").removesuffix("]") if written.startswith("Optional[") else written
    if name in JSON_ARGUMENTS or "Dict" in bare or "dict" in bare:
        return "json"
    if "Sequence[str]" in bare or "List[str]" in bare:
        return "list"  # the SDK joins them with commas
    if bare in {"bool", "int"}:
        return {"bool": "boolean", "int": "integer"}[bare]
    return "string"


if __name__ == "__main__":
    main()
