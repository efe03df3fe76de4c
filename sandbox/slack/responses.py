"""Answers to slash commands and ``response_url``: five uses in thirty minutes, only the person sees them by default.

docs.slack.dev/interactivity/handling-user-interaction, "Message responses".
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from sandbox.slack.blocks import message_blocks
from sandbox.slack.chat import bot_wire, normal
from sandbox.slack.core import RESPONSE_USES, Core, ResponseUrl
from sandbox.slack.errors import Refused
from sandbox.slack.world import App, Json, Room


def written(core: Core, body: Json) -> Json:
    """Text and blocks of an answer."""
    text, blocks = body.get("text") or "", body.get("blocks")
    if isinstance(blocks, str):
        blocks = json.loads(blocks)
    if not isinstance(text, str) or not (text.strip() or blocks or body.get("attachments")):
        raise Refused("no_text")
    wire: Json = {"text": normal(text)}
    if blocks:
        wire["blocks"] = message_blocks(blocks, core.views.new_block_id)
    if body.get("attachments"):
        wire["attachments"] = body["attachments"]
    return wire


def respond(core: Core, app: App, user: str, room: Room, body: Any) -> Json:
    """Show an answer in a room, to the person alone unless it says ``in_channel``; what was shown."""
    try:
        if not isinstance(body, dict):
            raise Refused("invalid_payload")
        wire = written(core, body) | bot_wire(core, app)
        if body.get("thread_ts"):
            wire["thread_ts"] = body["thread_ts"]
    except Refused as refused:
        return {"ok": False, "error": refused.error, "messages": refused.more.get("errors", []), "response": None}
    if body.get("response_type") == "in_channel":
        return {"ok": True, "response": core.post(room, wire, app=app).seen()}
    return {"ok": True, "response": core.whisper(user, room, wire, app)}


async def serve(core: Core, request: web.Request) -> web.Response:
    """``POST /slack/respond/{key}``."""
    place = core.responses.get(request.match_info["key"])
    try:
        body = json.loads(await request.read())
    except ValueError:
        return web.Response(status=400, text="invalid_payload")
    fault = await core.faults.meet("slack", "response_url", body if isinstance(body, dict) else {})
    if fault is not None and fault.kind in {"status", "error"}:
        return web.Response(status=fault.status, text=fault.error or fault.body)
    if place is None or core.clock() > place.expires:
        return web.json_response({"ok": False, "error": "expired_url"}, status=404)
    if place.uses >= RESPONSE_USES:
        return web.json_response({"ok": False, "error": "used_url"}, status=404)
    room = core.world.rooms.get(place.room)
    if room is None or not isinstance(body, dict):
        return web.Response(status=404 if room is None else 400, text="channel_not_found" if room is None else "invalid_payload")
    place.uses += 1
    try:
        error = _use(core, place, room, body)
    except Refused as refused:
        error = refused.error
    core.publish("response", room=room.id, user=place.user, error=error)
    return web.Response(status=400, text=error) if error else web.Response(text="ok")


def _use(core: Core, place: ResponseUrl, room: Room, body: Json) -> str:
    """Do what one use asks; an error or nothing."""
    app = core.world.apps[place.app_id]
    if body.get("delete_original") or body.get("replace_original"):
        if place.ephemeral:
            return _original_whisper(core, place, body)
        post = room.posts.get(place.ts or "")
        if post is not None and post.app_id == app.id:
            if body.get("delete_original"):
                core.remove(room, post.wire["ts"])
            else:
                core.change(room, post, {"blocks": None, **written(core, body)}, editor=app.bot_user_id)
            return ""
        if body.get("delete_original"):
            return "message_not_found"
    return str(respond(core, app, place.user, room, body).get("error", ""))


def _original_whisper(core: Core, place: ResponseUrl, body: Json) -> str:
    shown = core.ephemerals.get(place.user, [])
    old = next((whisper for whisper in shown if whisper["ts"] == place.ts), None)
    if old is None:
        return "message_not_found"
    if body.get("delete_original"):
        shown.remove(old)
    else:
        wire = written(core, body)
        old.pop("blocks", None)
        old |= wire
    core.publish("ephemeral", room=place.room, user=place.user, ts=place.ts)
    return ""
