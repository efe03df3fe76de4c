"""The person API's buttons, menus, modals, slash commands and shortcuts.

Payloads: docs.slack.dev/reference/interaction-payloads and docs.slack.dev/interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.people import Mistake, person
from sandbox.slack.blocks import OPTION, OPTION_GROUP, elements_of, find_element
from sandbox.slack.delivery import Answer
from sandbox.slack.entries import entered, incomplete, options_of, state_of
from sandbox.slack.errors import Refused
from sandbox.slack.responses import respond
from sandbox.slack.shapes import several, thing
from sandbox.slack.talk import Talk
from sandbox.slack.views import DEEPEST, OpenView, checked_view
from sandbox.slack.world import App, Json, Post, Room

TROUBLE = "We had some trouble connecting. Try again?"
SUGGESTIONS = thing({}, {"options": several(OPTION, 100, 0), "option_groups": several(OPTION_GROUP, 100, 0)},
                    ("options", "option_groups"))  # fmt: skip


class Touch(Talk):
    """What members of the workspace press, pick, submit and call."""

    def _frame(self, app: App, user: Json) -> Json:
        """The part every interaction payload has."""
        world = self.core.world
        return {
            "team": {"id": world.team_id, "domain": world.domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {"id": user["id"], "username": user["name"], "name": user["name"], "team_id": world.team_id},
            "api_app_id": app.id,
            "token": app.verification_token,
        }

    def _active(self, user: str) -> Json:
        who = self.core.world.user_named(user)
        if who["deleted"]:
            raise Mistake(f"{who['real_name']} is deactivated")
        return who

    def _sees(self, who: Json, room: Room) -> None:
        if room.is_private and who["id"] not in room.members:
            raise Mistake(f"{who['real_name']} does not see #{room.name}")

    @person
    async def press(
        self, user: str, room: str, ts: str, action_id: str, value: Any = None, *, block_id: str | None = None
    ) -> Json:
        """Press a button or pick from a menu in a message; ``ok`` is False where Slack shows its warning sign.

        ``block_id`` says which, where several blocks have the same ``action_id``; so in the other methods.
        """
        who, place = self._active(user), self.core.world.room_named(room)
        self._sees(who, place)
        shown, ephemeral = self._message(who, place, ts)
        found = find_element(shown.get("blocks", []), action_id, block_id)
        if found is None or shown.get("app_id") not in self.core.world.apps:
            raise Mistake(f"the message has no {action_id}")
        app = self.core.world.apps[shown["app_id"]]
        thread_ts = shown.get("thread_ts")
        where = {"type": "message", "message_ts": ts, "channel_id": place.id, "is_ephemeral": ephemeral}
        parts: Json = {
            "container": where | ({"thread_ts": thread_ts} if thread_ts else {}),
            "channel": {"id": place.id, "name": "privategroup" if place.kind == "group" else place.name or "directmessage"},
            "response_url": self.core.new_response_url(app, who["id"], place, ts=ts, ephemeral=ephemeral, thread_ts=thread_ts),
        }
        if not ephemeral:
            parts["message"] = shown
        block, element = found
        touched = self._touched(who, block, element, value)
        parts["state"] = state_of(shown["blocks"], touched)
        return await self._act(app, who, parts, found, touched)

    def _message(self, who: Json, place: Room, ts: str) -> tuple[Json, bool]:
        for whisper in self.core.ephemerals.get(who["id"], []):
            if whisper["ts"] == ts and whisper["channel"] == place.id:
                return whisper, True
        post: Post = self.core.world.post_at(place, ts)
        return dict(post.wire) | ({"app_id": post.app_id} if post.app_id else {}), False

    def _touched(self, who: Json, block: Json, element: Json, value: Any) -> dict[str, Json]:
        """What a person did with one element, under the key :func:`state_of` looks for."""
        suggested = self.core.suggested.get((who["id"], element["action_id"]), [])
        if value is None and element["type"] in {"overflow", "static_select", "external_select", "radio_buttons"}:
            raise Mistake(f"{element['action_id']} wants one of its options")
        content = entered(element, value, suggested, self.core.world)
        return {f"{block['block_id']}\n{element['action_id']}": content}

    async def _act(self, app: App, who: Json, parts: Json, found: tuple[Json, Json], touched: dict[str, Json]) -> Json:
        block, element = found
        about: Json = {name: element[name] for name in ("text", "style", "placeholder", "initial_option") if name in element}
        action: Json = {
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            **about,
            **next(iter(touched.values())),
            "type": element["type"],
            "action_ts": self.core.event_ts(),
        }
        payload = {"type": "block_actions", **self._frame(app, who), **parts, "actions": [action]}
        payload["trigger_id"] = self.core.new_trigger(app, who["id"])
        return outcome(await self.core.delivery.ask(app, "interactive", payload))

    @person
    async def press_home(
        self, user: str, action_id: str, value: Any = None, app_id: str | None = None, *, block_id: str | None = None
    ) -> Json:
        """Press or pick something in the Home tab."""
        who, app = self._active(user), self.app(app_id)
        view = self.core.views.homes.get((who["id"], app.id))
        if view is None:
            raise Mistake(f"{app.name} has no Home tab for {who['real_name']}")
        return await self._press_view(who, view, (action_id, block_id), value)

    @person
    async def press_modal(self, user: str, action_id: str, value: Any = None, *, block_id: str | None = None) -> Json:
        """Press or pick something in the modal in front; inputs without ``dispatch_action`` only remember it."""
        who = self._active(user)
        return await self._press_view(who, self._top(who), (action_id, block_id), value)

    def _top(self, who: Json) -> OpenView:
        view = self.core.views.top(who["id"])
        if view is None:
            raise Mistake(f"{who['real_name']} has no modal open")
        return view

    async def _press_view(self, who: Json, view: OpenView, named: tuple[str, str | None], value: Any) -> Json:
        found = find_element(view.wire["blocks"], *named)
        if found is None:
            raise Mistake(f"the view has no {named[0]}")
        block, element = found
        touched = self._touched(who, block, element, value)
        view.entered |= touched
        if block["type"] == "input" and not block.get("dispatch_action"):
            return {"ok": True}
        view.wire["state"] = state_of(view.wire["blocks"], view.entered)
        parts = {"container": {"type": "view", "view_id": view.wire["id"]}, "view": view.wire}
        return await self._act(self.core.world.apps[view.app_id], who, parts, found, touched)

    @person
    async def submit(self, user: str, values: dict[str, dict[str, Any]] | None = None) -> Json:
        """Fill in and send the modal in front. ``errors`` are those shown beside the fields, Slack's own or the app's."""
        who = self._active(user)
        view = self._top(who)
        blocks = view.wire["blocks"]
        for block_id, entries in (values or {}).items():
            for action_id, value in entries.items():
                block = next((b for b in blocks if b["block_id"] == block_id), None)
                found = find_element([block], action_id) if block else None
                if found is None:
                    raise Mistake(f"the modal has no {block_id}/{action_id}")
                view.entered |= self._touched(who, *found, value)
        state = state_of(blocks, view.entered)
        if errors := incomplete(blocks, state):
            return {"ok": False, "errors": errors}
        if view.wire.get("submit") is None:
            raise Mistake("the modal has nothing to submit")
        view.wire["state"] = state
        app = self.core.world.apps[view.app_id]
        payload = {"type": "view_submission", **self._frame(app, who), "view": view.wire}
        payload |= {"trigger_id": self.core.new_trigger(app, who["id"]), "response_urls": self._response_urls(app, who, view)}
        return self._submitted(who, app, view, await self.core.delivery.ask(app, "interactive", payload))

    def _response_urls(self, app: App, who: Json, view: OpenView) -> list[Json]:
        urls = []
        for block in view.wire["blocks"]:
            for element in elements_of(block):
                if not element.get("response_url_enabled"):
                    continue
                held = view.wire["state"]["values"][block["block_id"]][element["action_id"]]
                room = self.core.world.rooms.get(held.get("selected_conversation") or held.get("selected_channel") or "")
                if room is not None:
                    place = {"block_id": block["block_id"], "action_id": element["action_id"], "channel_id": room.id}
                    urls.append(place | {"response_url": self.core.new_response_url(app, who["id"], room)})
        return urls

    def _submitted(self, who: Json, app: App, view: OpenView, answer: Answer) -> Json:
        """Do what the app answered to a submission."""
        body = answer.body if isinstance(answer.body, dict) else {}
        action = body.get("response_action")
        if not answer.acked or (body and action not in {"errors", "update", "push", "clear"}):
            return {"ok": False, "error": TROUBLE, "reason": answer.error or "invalid response"}
        try:
            self._follow(who, app, view, action, body)
        except Refused as refused:
            return {"ok": False, "error": TROUBLE, "reason": refused.error, "messages": refused.more.get("errors", [])}
        self.core.publish("view", user=who["id"])
        if action == "errors":
            return {"ok": False, "errors": body["errors"]}
        return {"ok": True, "action": action or "close"}

    def _follow(self, who: Json, app: App, view: OpenView, action: str | None, body: Json) -> None:
        views = self.core.views
        stack = views.stacks.get(who["id"], [])
        if action == "clear":
            views.clear(who["id"])
        elif action == "errors":
            inputs = {block["block_id"] for block in view.wire["blocks"] if block["type"] == "input"}
            errors = body.get("errors")
            if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
                raise Refused("invalid errors")
        elif action == "update":
            view.wire = views.build(app.id, app.bot_id, checked_view(body.get("view"), kind="modal"), view)
            view.entered = {}
        elif action == "push":
            given = checked_view(body.get("view"), kind="modal")
            if len(stack) >= DEEPEST:
                raise Refused("push_limit_reached")
            views.put(who["id"], app.id, views.build(app.id, app.bot_id, given))
        elif view in stack:
            stack.remove(view)
            if not stack:
                views.clear(who["id"])

    @person
    async def close_modal(self, user: str, clear: bool = False) -> Json:
        """Close the modal in front, or all of them; the app hears of it if it asked to."""
        who = self._active(user)
        closing = [self._top(who)] if not clear else list(reversed(self.core.views.stacks.get(who["id"], [])))
        result: Json = {"ok": True}
        for view in closing:
            self.core.views.pop(who["id"])
            if view.wire["notify_on_close"]:
                app = self.core.world.apps[view.app_id]
                payload = {"type": "view_closed", **self._frame(app, who), "view": view.wire, "is_cleared": clear}
                result = outcome(await self.core.delivery.ask(app, "interactive", payload))
        self.core.publish("view", user=who["id"])
        return result

    @person
    async def slash(self, user: str, room: str, command: str, text: str = "") -> Json:
        """Call a slash command in a room. ``response`` is the message it was answered with at once, if any."""
        who, place = self._active(user), self.core.world.room_named(room)
        self._sees(who, place)
        app = next((app for app in self.core.world.apps.values() if command in app.slash_commands), None)
        if app is None:
            raise Mistake(f"{command} is not a valid command")
        world = self.core.world
        payload = {
            "token": app.verification_token,
            "team_id": world.team_id,
            "team_domain": world.domain,
            "channel_id": place.id,
            "channel_name": {"group": "privategroup", "im": "directmessage"}.get(place.kind, place.name),
            "user_id": who["id"],
            "user_name": who["name"],
            "command": command,
            "text": self._escaped(text.strip()),
            "api_app_id": app.id,
            "is_enterprise_install": False,
            "response_url": self.core.new_response_url(app, who["id"], place),
            "trigger_id": self.core.new_trigger(app, who["id"]),
        }
        answer = await self.core.delivery.ask(app, "slash_commands", payload)
        if not answer.acked:
            failed = f'{command} failed with the error "{answer.error}"'
            return {"ok": False, "error": answer.error, "response": self.core.whisper(who["id"], place, {"text": failed}, None)}
        if not answer.body:
            return {"ok": True, "response": None}
        return respond(self.core, app, who["id"], place, answer.body)

    def _escaped(self, text: str) -> str:
        """Mentions in a command's text, as ``should_escape: true`` gives them."""
        world = self.core.world

        def name(match: re.Match[str]) -> str:
            sign, word = match[1], match[2]
            if sign == "@" and word in world.users:
                return f"<@{word}|{world.users[word]['name']}>"
            if sign == "#" and word in world.rooms:
                return f"<#{word}|{world.rooms[word].name}>"
            return match[0]

        return re.sub(r"<([@#])([A-Z0-9]+)>", name, text)

    @person
    async def shortcut(
        self, user: str, callback_id: str, room: str | None = None, ts: str | None = None, app_id: str | None = None
    ) -> Json:
        """Use a global shortcut, or with ``room`` and ``ts`` one from a message's menu."""
        who, app = self._active(user), self.app(app_id)
        payload = {"callback_id": callback_id, "action_ts": self.core.event_ts(), **self._frame(app, who)}
        payload["trigger_id"] = self.core.new_trigger(app, who["id"])
        if room is None or ts is None:
            return outcome(await self.core.delivery.ask(app, "interactive", {"type": "shortcut", **payload}))
        place = self.core.world.room_named(room)
        self._sees(who, place)
        message, _ = self._message(who, place, ts)
        payload |= {
            "type": "message_action",
            "message_ts": ts,
            "message": message,
            "channel": {"id": place.id, "name": "privategroup" if place.kind == "group" else place.name},
            "response_url": self.core.new_response_url(app, who["id"], place),
        }
        return outcome(await self.core.delivery.ask(app, "interactive", payload))

    @person
    def open_home(self, user: str, app_id: str | None = None) -> Json | None:
        """Look at the Home tab; what is there now (the app may publish a newer one when it hears of it)."""
        who, app = self._active(user), self.app(app_id)
        view = self.core.views.homes.get((who["id"], app.id))
        event = {
            "type": "app_home_opened",
            "user": who["id"],
            "channel": self.core.world.direct(app, who["id"]).id,
            "event_ts": self.core.event_ts(),
            "tab": "home",
        }
        self.core.tell(app, event | ({"view": view.wire} if view else {}))
        return view.wire if view else None

    @person
    async def options(
        self,
        user: str,
        action_id: str,
        query: str = "",
        room: str | None = None,
        ts: str | None = None,
        *,
        block_id: str | None = None,
    ) -> list[Json]:
        """Type into a menu whose options the app gives; groups come flattened. Picking is :meth:`press` or :meth:`submit`."""
        who = self._active(user)
        app, parts, block, element = self._menu(who, (action_id, block_id), room, ts)
        if len(query) < element.get("min_query_length", 3):
            return []
        payload = {
            "type": "block_suggestion",
            **self._frame(app, who),
            **parts,
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": query,
        }
        answer = await self.core.delivery.ask(app, "block_suggestion", payload)
        wrong: list[str] = []
        SUGGESTIONS(answer.body, "", wrong)
        if not answer.acked or wrong:
            raise Mistake(f"the menu shows nothing: {answer.error or '; '.join(wrong)}")
        found = options_of({"type": "static_select", **answer.body}, [])
        known = self.core.suggested.setdefault((who["id"], action_id), [])
        known[:] = [old for old in known if old not in found] + found
        return found

    def _menu(self, who: Json, named: tuple[str, str | None], room: str | None, ts: str | None) -> tuple[App, Json, Json, Json]:
        """The menu a person types into: in a message, in the modal in front, or in a Home tab."""
        world = self.core.world
        if room is not None and ts is not None:
            place = world.room_named(room)
            self._sees(who, place)
            shown, ephemeral = self._message(who, place, ts)
            where = {"type": "message", "message_ts": ts, "channel_id": place.id, "is_ephemeral": ephemeral}
            channel = {"id": place.id, "name": place.name}
            sources = [(shown.get("app_id"), shown.get("blocks", []), {"container": where, "channel": channel, "message": shown})]
        else:
            top = self.core.views.top(who["id"])
            homes = [view for (owner, _), view in self.core.views.homes.items() if owner == who["id"]]
            sources = []
            for view in [*([top] if top else []), *homes]:
                where = {"type": "view", "view_id": view.wire["id"]}
                sources.append((view.app_id, view.wire["blocks"], {"container": where, "view": view.wire}))
        for app_id, blocks, parts in sources:
            found = find_element(blocks, *named)
            if found and app_id and "external" in found[1]["type"]:
                return world.apps[app_id], parts, *found
        raise Mistake(f"there is no menu {named[0]} that asks the app")


def outcome(answer: Answer) -> Json:
    """What a person sees of an interaction."""
    return {"ok": True} if answer.acked else {"ok": False, "error": answer.error}
