"""Writes ``docs/http-channel.openapi.json`` from the models the program itself uses: ``python -m tools.http_channel``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from bot.handlers.channels.http.contract import (
    DeleteIn,
    DeleteOut,
    EditIn,
    EditOut,
    MessageIn,
    MessageOut,
    ReactionIn,
    ReactionOut,
    ReceiptIn,
    Taken,
    Trouble,
    TypingIn,
    Uploaded,
)
from bot.handlers.channels.http.door import LARGEST, LARGEST_FILE, NAME
from bot.handlers.channels.http.signing import CONTENT, SECONDS, SIGNATURE, TIMESTAMP

TARGET = Path(__file__).resolve().parent.parent / "docs" / "http-channel.openapi.json"
IN = (MessageIn, EditIn, DeleteIn, ReactionIn, TypingIn, ReceiptIn)
OUT = (MessageOut, EditOut, DeleteOut, ReactionOut)
Json = dict[str, Any]


def main() -> None:
    """Write the file."""
    TARGET.write_text(page(), "utf-8")


def page() -> str:
    """The file as it has to be."""
    return json.dumps(described(), indent=2, ensure_ascii=False) + "\n"


def described() -> Json:
    """The channel as OpenAPI 3.1."""
    _, found = models_json_schema(
        [(one, "validation") for one in (*IN, *OUT, Taken, Uploaded, Trouble)], ref_template="#/components/schemas/{model}"
    )
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The channel's name."}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "relaydesk HTTP channel",
            "version": "1",
            "description": "Clients of any other system, by signed webhooks both ways. See docs/http-channel.md.",
        },
        "paths": {
            "/channel/{name}": {
                "post": {
                    "summary": "Tell of something a client did",
                    "description": f"At most {LARGEST} bytes.",
                    "parameters": [name, *_signed("The body as it is sent.")],
                    "requestBody": _json(_one_of(IN)),
                    "responses": {"202": _answer("It is kept.", "Taken"), **_refusals(401, 413, 422, 503)},
                }
            },
            "/channel/{name}/files": {
                "post": {
                    "summary": "Upload a file, for a message to name",
                    "description": f"At most {LARGEST_FILE} bytes, as the body.",
                    "parameters": [
                        name,
                        *_signed(f"The value of {CONTENT}."),
                        _header(CONTENT, "The SHA-256 of the bytes, in hex."),
                        _header(NAME, "The file's name, percent-encoded."),
                    ],
                    "requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
                    "responses": {"201": _answer("It is here.", "Uploaded"), **_refusals(401, 422)},
                }
            },
        },
        "webhooks": {
            "callback": {
                "post": {
                    "summary": "What operators said and did, sent to the channel's callback",
                    "parameters": _signed("The body as it is sent."),
                    "requestBody": _json(_one_of(OUT)),
                    "responses": {
                        "2XX": {"description": "Taken."},
                        "429": {"description": "Later; Retry-After is kept to."},
                        "5XX": {"description": "It is sent again until it is taken, for a day."},
                    },
                }
            }
        },
        "components": {"schemas": found["$defs"]},
    }


def _signed(what: str) -> list[Json]:
    return [
        _header(TIMESTAMP, f"Seconds since 1970 in UTC, at most {SECONDS} from now."),
        _header(SIGNATURE, f"v1= and the hex HMAC-SHA256, keyed by the channel's secret, of the timestamp, a dot, and: {what}"),
    ]


def _header(name: str, about: str) -> Json:
    return {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": about}


def _one_of(models: tuple[type, ...]) -> Json:
    refs = {one.__name__: f"#/components/schemas/{one.__name__}" for one in models}
    mapping = {one.model_fields["type"].annotation.__args__[0]: refs[one.__name__] for one in models}  # type: ignore[attr-defined]
    return {"oneOf": [{"$ref": ref} for ref in refs.values()], "discriminator": {"propertyName": "type", "mapping": mapping}}


def _json(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(about: str, model: str) -> Json:
    return {"description": about, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}}


def _refusals(*statuses: int) -> Json:
    words = {401: "Not signed, or not in time.", 413: "Too large.", 422: "Not understood; the reason is told.", 503: "Try again."}
    return {str(status): _answer(words[status], "Trouble") for status in statuses}


if __name__ == "__main__":
    main()
