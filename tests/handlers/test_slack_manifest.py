"""The app's manifest, and the file of it that is kept for those who have not installed anything yet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.actions import TABLE
from bot.handlers.desks.slack.manifest import EVENTS, SCOPES, manifest
from tools.slack_manifest import TARGET, page, troubles

URL = "https://desk.example.com/slack/events"
FLAG = {"type": "boolean"}


def words(most: int, least: int = 1, pattern: str = "") -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most, "pattern": pattern}


def several(items: dict[str, Any], most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def table(required: tuple[str, ...] = (), **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


ADDRESS = words(3000, pattern=r"^https?:\/\/")
SLACKS_RULES = table(
    ("display_information",),
    _metadata=table(major_version={"type": "integer"}, minor_version={"type": "integer"}),
    display_information=table(("name",), name=words(35), description=words(140), long_description=words(4000, least=175)),
    features=table(
        app_home=table(home_tab_enabled=FLAG, messages_tab_enabled=FLAG, messages_tab_read_only_enabled=FLAG),
        bot_user=table(("display_name",), display_name=words(80), always_online=FLAG),
        shortcuts=several(
            table(
                ("name", "type", "callback_id", "description"),
                name=words(24),
                type=words(7, pattern="^(message|global)$"),
                callback_id=words(255),
                description=words(150),
            ),
            10,
            least=1,
        ),
        slash_commands=several(
            table(
                ("command", "description"),
                command=words(32, least=2, pattern=r"^\/"),
                url=ADDRESS,
                description=words(2000),
                usage_hint=words(1000),
                should_escape=FLAG,
            ),
            50,
            least=1,
        ),
    ),
    oauth_config=table(scopes=table(bot=several(words(255), 255))),
    settings=table(
        event_subscriptions=table(request_url=ADDRESS, bot_events=several(words(255), 100)),
        interactivity=table(("is_enabled",), is_enabled=FLAG, request_url=ADDRESS, message_menu_options_url=ADDRESS),
        org_deploy_enabled=FLAG,
        socket_mode_enabled=FLAG,
        token_rotation_enabled=FLAG,
    ),
)
"""What Slack's own schema (slackapi/manifest-schema, version 1) says of the parts we use; ``tools/slack_manifest.py`` holds
the manifest against the whole of it."""


@pytest.mark.parametrize("url", [None, URL])
def test_it_fits_slacks_rules(url: str | None) -> None:
    made = manifest(url)
    assert troubles(made, SLACKS_RULES, {}) == []
    assert made["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)


def test_what_does_not_fit_is_found() -> None:
    made = manifest(None)
    made["display_information"] |= {"name": "x" * 36, "colour": "blue"}
    made["features"]["slash_commands"][0] = {"command": "desk"}
    made["settings"]["socket_mode_enabled"] = "yes"
    assert troubles(made, SLACKS_RULES, {}) == [
        "manifest.display_information has colour, which is not known",
        "manifest.display_information.name has 36, allowed are 1 to 35",
        "manifest.features.slash_commands[0] lacks description",
        "manifest.features.slash_commands[0].command has a wrong form",
        "manifest.settings.socket_mode_enabled is no boolean",
    ]


def test_socket_mode_needs_no_address_and_http_has_it_everywhere() -> None:
    socket, http = manifest(None), manifest(URL)
    assert socket["settings"]["socket_mode_enabled"]
    assert "https://" not in json.dumps(socket)
    assert not http["settings"]["socket_mode_enabled"]
    assert json.dumps(http).count(URL) == 4


def test_it_names_every_typed_verb() -> None:
    said = manifest(None)["display_information"]["long_description"]
    assert all(action.verb.value in said for action in TABLE if action.typed and not action.switch)


def test_R90_writing_first_is_a_shortcut_only_where_it_is_switched_on() -> None:
    assert "utgoing" not in json.dumps(manifest(None))
    made = manifest(None, outgoing=True)
    assert made["features"]["shortcuts"][-1]["callback_id"] == "outgoing"
    assert troubles(made, SLACKS_RULES, {}) == []


def test_the_file_is_what_the_program_prints() -> None:
    assert TARGET.read_text("utf-8") == page(), "stale: python -m tools.slack_manifest"
