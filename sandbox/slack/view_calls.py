"""``views.*``: docs.slack.dev/reference/methods/views.open, views.push, views.update, views.publish."""

from __future__ import annotations

from sandbox.slack.errors import Refused
from sandbox.slack.registry import Call, method
from sandbox.slack.views import DEEPEST, OpenView, checked_view
from sandbox.slack.world import Json


@method("views.open")
def open_view(call: Call) -> Json:
    """A modal in front of whoever made the trigger; what was open before is gone."""
    view = checked_view(call["view"], kind="modal")
    trigger = call.core.exchange(call.app, call.get("trigger_id"))
    call.core.views.clear(trigger.user)
    wire = call.core.views.build(call.app.id, call.app.bot_id, view)
    call.core.views.put(trigger.user, call.app.id, wire)
    call.core.publish("view", user=trigger.user, view=wire["id"])
    return {"view": wire}


@method("views.push")
def push_view(call: Call) -> Json:
    """Another modal on top, up to three."""
    view = checked_view(call["view"], kind="modal")
    trigger = call.core.exchange(call.app, call.get("trigger_id"))
    stack = call.core.views.stacks.get(trigger.user, [])
    if not stack or stack[-1].app_id != call.app.id:
        raise Refused("not_found")
    if len(stack) >= DEEPEST:
        raise Refused("push_limit_reached")
    wire = call.core.views.build(call.app.id, call.app.bot_id, view)
    call.core.views.put(trigger.user, call.app.id, wire)
    call.core.publish("view", user=trigger.user, view=wire["id"])
    return {"view": wire}


@method("views.update")
def update_view(call: Call) -> Json:
    """Replace an open view, unless somebody did since the given hash."""
    old = call.core.views.find(call.app.id, call.get("view_id"), call.get("external_id"))
    if old is None:
        raise Refused("not_found")
    view = checked_view(call["view"], kind=old.wire["type"])
    unchanged_since(old, call.get("hash"))
    old.wire = call.core.views.build(call.app.id, call.app.bot_id, view, old)
    call.core.publish("home" if old.wire["type"] == "home" else "view", user=old.user, view=old.wire["id"])
    return {"view": old.wire}


def unchanged_since(view: OpenView, known: str | None) -> None:
    """``hash_conflict`` when the app's picture of the view is old."""
    if known and known != view.wire["hash"]:
        raise Refused("hash_conflict")


@method("views.publish")
def publish_view(call: Call) -> Json:
    """The Home tab of one person."""
    view = checked_view(call["view"], kind="home")
    user = call.core.world.users.get(call["user_id"])
    if user is None or user["is_bot"] or user["deleted"]:
        raise Refused.because("invalid_arguments", ["invalid `user_id`"])
    key = (user["id"], call.app.id)
    old = call.core.views.homes.get(key)
    if old is not None:
        unchanged_since(old, call.get("hash"))
    wire = call.core.views.build(call.app.id, call.app.bot_id, view, old)
    call.core.views.homes[key] = OpenView(user["id"], call.app.id, wire)
    call.core.publish("home", user=user["id"], view=wire["id"])
    return {"view": wire}
