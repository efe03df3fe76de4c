"""Writes ``config/slack_manifest.yml``, the Slack app's manifest for Socket Mode, as ``python -m bot manifest`` prints it.

With the path of a copy of Slack's schema (github.com/slackapi/manifest-schema, ``manifest.schema.1.0.0.json``) it first
holds the manifests for Socket Mode and for HTTP against it: ``python -m tools.slack_manifest [SCHEMA]``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from bot.handlers.desks.slack.manifest import PATH, as_yaml, manifest

TARGET = Path(__file__).resolve().parent.parent / "config" / "slack_manifest.yml"
HEAD = """\
# The Slack app, for api.slack.com/apps → Create New App → From a manifest. For Socket Mode, which needs no public address;
# for HTTP, `python -m bot manifest` prints one with your address. Made by `python -m tools.slack_manifest`; not to be edited.

"""
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def main(arguments: list[str]) -> None:
    """Check, where there is a schema to check against, and write."""
    for path in arguments:
        schema = json.loads(Path(path).read_text("utf-8"))
        for url in (None, f"https://desk.example.com{PATH}"):
            for trouble in troubles(manifest(url), schema, schema["definitions"]):
                raise SystemExit(trouble)
        print(f"fits {path}")
    TARGET.write_text(page(), "utf-8")


def page() -> str:
    """The file as it has to be."""
    return f"{HEAD}{as_yaml(None)}\n"


def troubles(value: Any, schema: dict[str, Any], definitions: dict[str, Any], place: str = "manifest") -> list[str]:
    """Where ``value`` does not fit, by the part of JSON Schema that Slack's schema uses."""
    if "$ref" in schema:
        return troubles(value, definitions[schema["$ref"].removeprefix("#/definitions/")], definitions, place)
    if not isinstance(value, KINDS[schema["type"]]):
        return [f"{place} is no {schema['type']}"]
    if isinstance(value, dict):
        known = schema["properties"]
        found = [f"{place} lacks {name}" for name in schema.get("required", ()) if name not in value]
        found += [f"{place} has {name}, which is not known" for name in value if name not in known]
        inner = [(f"{place}.{name}", part, known[name]) for name, part in value.items() if name in known]
    elif isinstance(value, list):
        found = _counted(place, len(value), schema.get("minItems", 0), schema.get("maxItems"))
        inner = [(f"{place}[{number}]", part, schema["items"]) for number, part in enumerate(value)]
    elif isinstance(value, str):
        found = _counted(place, len(value), schema.get("minLength", 0), schema.get("maxLength"))
        found += [f"{place} has a wrong form"] if not re.search(schema.get("pattern", ""), value) else []
        found += [f"{place}: {value} is not known"] if value not in schema.get("enum", [value]) else []
        inner = []
    else:
        return []
    return found + [trouble for where, part, rule in inner for trouble in troubles(part, rule, definitions, where)]


def _counted(place: str, size: int, least: int, most: int | None) -> list[str]:
    fits = least <= size and (most is None or size <= most)
    return [] if fits else [f"{place} has {size}, allowed are {least} to {most}"]


if __name__ == "__main__":
    main(sys.argv[1:])
