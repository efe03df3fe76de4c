"""Modals and the Home tab: what Slack accepts of a view, and the open ones of each person.

Limits: docs.slack.dev/reference/views and ``slack_sdk/models/views/__init__.py`` (title, submit and close 24,
callback_id 255, private_metadata 3000, 100 blocks); 250 kB and a stack of three: method pages of views.open and views.push.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.blocks import VIEW_BLOCKS, plain, problems_in, with_ids
from sandbox.slack.errors import Refused
from sandbox.slack.shapes import Check, anything, boolean, string, thing

Json = dict[str, Any]
DEEPEST = 3
LARGEST = 250_000

SHARED: dict[str, Check] = {
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
MODAL = thing(
    {"title": plain(24), "blocks": anything},
    SHARED | {"submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean,
              "submit_disabled": boolean},
)  # fmt: skip
HOME = thing({"blocks": anything}, SHARED)


@dataclass
class OpenView:
    """A view somebody sees: whose, which app's, and what was entered so far."""

    user: str
    app_id: str
    wire: Json
    entered: dict[str, dict[str, Any]] = field(default_factory=dict)


def checked_view(view: Any, *, kind: str) -> Json:
    """A view as an app gave it, or ``invalid_arguments`` with Slack's reasons."""
    wrong: list[str] = []
    if not isinstance(view, dict):
        raise Refused.because("invalid_arguments", ["must provide an object [json-pointer:/view]"])
    if len(json.dumps(view, ensure_ascii=False).encode()) > LARGEST:
        raise Refused("view_too_large")
    if view.get("type") != kind:
        wrong.append(f"must be one of: {kind} [json-pointer:/view/type]")
    else:
        (MODAL if kind == "modal" else HOME)(view, "/view", wrong)
    if not wrong:
        wrong += problems_in(view["blocks"], "/view/blocks", VIEW_BLOCKS)
    if not wrong and kind == "modal" and "submit" not in view and any(b["type"] == "input" for b in view["blocks"]):
        wrong.append("missing required field: submit [json-pointer:/view]")
    if wrong:
        raise Refused.because("invalid_arguments", wrong)
    return view


@dataclass
class Views:
    """Every open view of the workspace."""

    team_id: str
    new_id: Callable[[str], str]
    now: Callable[[], float]
    stacks: dict[str, list[OpenView]] = field(default_factory=dict)
    homes: dict[tuple[str, str], OpenView] = field(default_factory=dict)
    count: int = 0

    def build(self, app_id: str, bot_id: str, given: Json, old: OpenView | None = None) -> Json:
        """The whole view object Slack answers with."""
        view_id = old.wire["id"] if old else self.new_id("V")
        wire: Json = {
            "id": view_id,
            "team_id": self.team_id,
            "type": given["type"],
            "blocks": with_ids(given["blocks"], self.new_block_id),
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "external_id": given.get("external_id") or (old.wire["external_id"] if old else ""),
            "state": {"values": {}},
            "hash": self.new_hash(),
            "clear_on_close": given.get("clear_on_close", False),
            "notify_on_close": given.get("notify_on_close", False),
            "title": given.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
            "close": given.get("close"),
            "submit": given.get("submit"),
            "submit_disabled": given.get("submit_disabled", False),
            "previous_view_id": old.wire["previous_view_id"] if old else None,
            "root_view_id": old.wire["root_view_id"] if old else view_id,
            "app_id": app_id,
            "app_installed_team_id": self.team_id,
            "bot_id": bot_id,
        }
        return wire

    def new_block_id(self) -> str:
        """A short made-up id."""
        self.count += 1
        return f"b{self.count:05x}"

    def new_hash(self) -> str:
        """Changes with every change of a view."""
        self.count += 1
        return f"{int(self.now())}.{self.count:08x}"

    def put(self, user: str, app_id: str, wire: Json) -> OpenView:
        """Place a view on top of a person's stack."""
        stack = self.stacks.setdefault(user, [])
        if wire["external_id"] and any(view.wire["external_id"] == wire["external_id"] for view in self.all()):
            raise Refused("duplicate_external_id")
        if stack:
            wire["previous_view_id"] = stack[-1].wire["id"]
            wire["root_view_id"] = stack[0].wire["id"]
        stack.append(OpenView(user, app_id, wire))
        return stack[-1]

    def all(self) -> list[OpenView]:
        """Every open modal."""
        return [view for stack in self.stacks.values() for view in stack]

    def find(self, app_id: str, view_id: str | None, external_id: str | None) -> OpenView | None:
        """One app's open view by either id; the Home tab counts."""
        for view in [*self.all(), *self.homes.values()]:
            if view.app_id == app_id and (
                (view_id and view.wire["id"] == view_id) or (external_id and view.wire["external_id"] == external_id)
            ):
                return view
        return None

    def top(self, user: str) -> OpenView | None:
        """What a person has in front of them."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def pop(self, user: str) -> None:
        """Close the upper view."""
        stack = self.stacks.get(user, [])
        if stack:
            stack.pop()
        if not stack:
            self.stacks.pop(user, None)

    def clear(self, user: str) -> None:
        """Close the whole stack."""
        self.stacks.pop(user, None)
