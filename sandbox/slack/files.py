"""Files: the three steps of an upload, and downloads that want the token.

docs.slack.dev/messaging/working-with-files, methods files.getUploadURLExternal and files.completeUploadExternal. With a
wrong token or scope the download answers 200 with a sign-in page, not an error (platforms.md, section 3). The last step
answers before the file is shared: its answer has no shares and often no type, and ``files.info`` has them a little later
(github.com/slackapi/bolt-js/issues/2115, github.com/slackapi/node-slack-sdk/issues/2040). ``blocks`` are ignored beside an
``initial_comment`` (docs.slack.dev/reference/methods/files.completeUploadExternal). A message with a file can be changed like any
other and keeps its file (github.com/slackapi/bolt-python/issues/1295); deleting it leaves the file to ``files.delete``.
"""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from sandbox.slack.blocks import message_blocks
from sandbox.slack.chat import normal, signed, thread_of
from sandbox.slack.core import Core
from sandbox.slack.errors import Refused
from sandbox.slack.registry import Call, method
from sandbox.slack.world import Json, Room

LARGEST = 1_000_000_000
SIGN_IN = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in to see this file</body></html>"


def new_file(core: Core, name: str, size: int, owner: str, mimetype: str | None = None) -> Json:
    """A file object; its bytes come after."""
    file_id = core.world.new_id("F")
    kind = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
    suffix = PurePosixPath(name).suffix.removeprefix(".").lower() or "binary"
    base = f"{core.root}/slack/files/{core.world.team_id}-{file_id}"
    slug = quote(name, safe="")
    wire: Json = {
        "id": file_id,
        "created": core.world.now(),
        "timestamp": core.world.now(),
        "name": name,
        "title": name,
        "mimetype": kind,
        "filetype": suffix,
        "pretty_type": suffix.upper(),
        "user": owner,
        "user_team": core.world.team_id,
        "editable": False,
        "size": size,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{base}/{slug}",
        "url_private_download": f"{base}/download/{slug}",
        "permalink": f"https://{core.world.domain}.slack.com/files/{owner}/{file_id}/{slug}",
        "permalink_public": f"https://slack-files.com/{core.world.team_id}-{file_id}-{secrets.token_hex(5)}",
        "has_rich_preview": False,
        "file_access": "visible",
        "channels": [],
        "groups": [],
        "ims": [],
        "shares": {},
    }
    core.world.files[file_id] = wire
    return wire


def unseen(file: Json) -> Json:
    """What an event in a Slack Connect room shows of a file (docs.slack.dev/reference/objects/file-object, Slack Connect)."""
    return {"id": file["id"], "mode": "file_access", "file_access": "check_file_info", "created": 0, "timestamp": 0, "user": ""}


def share(core: Core, files: list[Json], room: Room, ts: str, thread_ts: str | None = None) -> None:
    """Note where files are to be seen."""
    for file in files:
        place = {"channel": "channels", "group": "groups", "im": "ims"}[room.kind]
        side = "public" if room.kind == "channel" else "private"
        file[place] = list(dict.fromkeys([*file[place], room.id]))
        shares = file["shares"].get(side, {})
        place_of = {"ts": ts, "channel_name": room.name, "team_id": core.world.team_id}
        shared = [*shares.get(room.id, []), place_of | ({"thread_ts": thread_ts} if thread_ts else {})]
        file["shares"] = file["shares"] | {side: shares | {room.id: shared}}


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(call: Call) -> Json:
    """Step one: a place to send the bytes to."""
    if not call["filename"]:
        raise Refused.because("invalid_arguments", ["must be more than 0 characters [json-pointer:/filename]"])
    if not 1 <= call["length"] <= LARGEST:
        raise Refused.because("invalid_arguments", ["must be between 1 and 1000000000 [json-pointer:/length]"])
    file = new_file(call.core, call["filename"], call["length"], call.app.bot_user_id)
    if call.get("alt_txt"):
        file["alt_txt"] = call["alt_txt"]
    key = secrets.token_urlsafe(24)
    call.core.uploads[key] = file["id"]
    return {"upload_url": f"{call.core.root}/slack/files/upload/v1/{key}", "file_id": file["id"]}


async def take_upload(core: Core, request: web.Request) -> web.Response:
    """Step two: the bytes, raw or as one part of a form."""
    key = request.match_info["key"]
    file = core.world.files.get(core.uploads.get(key, ""))
    if file is None:
        return web.Response(status=404, text="not found")
    fault = await core.faults.meet("slack", "files.upload", {"filename": file["name"]})
    if fault is not None and fault.kind == "status":
        return web.Response(status=fault.status, text=fault.body)
    if request.content_type.startswith("multipart/"):
        data = b""
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                data = bytes(await part.read(decode=False)) or data
    else:
        data = await request.read()
    if len(data) != file["size"]:
        return web.Response(status=400, text=f"expected {file['size']} bytes, got {len(data)}")
    core.world.contents[file["id"]] = data
    return web.Response(text=f"OK - {len(data)}")


@method("files.completeUploadExternal", "files:write")
def complete_upload(call: Call) -> Json:
    """Step three: show the files, in a room when one is named. The answer has no ts; the event, a little later, has."""
    world, files = call.core.world, []
    if not isinstance(call["files"], list) or not call["files"]:
        raise Refused.because("invalid_arguments", ["no fewer than 1 items allowed [json-pointer:/files]"])
    for given in call["files"]:
        file = world.files.get(str(given.get("id"))) if isinstance(given, dict) else None
        if file is None or file["user"] != call.app.bot_user_id or file["id"] in call.core.completed:
            raise Refused("file_not_found")
        if file["id"] not in world.contents:
            raise Refused("file_not_uploaded")
        if given.get("title"):
            file["title"] = given["title"]
        files.append(file)
    names = call.get("channels") or ([call["channel_id"]] if call.get("channel_id") else [])
    rooms = []
    for name in names:
        call.arguments["channel"] = name
        room = call.room_inside()
        if room.archived:
            raise Refused("is_archived")
        if call.get("thread_ts"):
            thread_of(room, call["thread_ts"])
        rooms.append(room)
    call.core.completed |= {file["id"] for file in files}
    wire: Json = {"text": normal(call.get("initial_comment") or ""), "upload": False} | signed(call)
    if wire.get("subtype") is None:
        wire["subtype"] = "file_share"
    if call.get("blocks") and not wire["text"]:
        wire["blocks"] = message_blocks(call["blocks"], call.core.views.new_block_id)
    if rooms:
        call.core.delivery.start(_show(call, files, rooms, wire))
    return {"files": [file | {"mimetype": "", "filetype": "", "pretty_type": "", "shares": {}} for file in files]}


async def _show(call: Call, files: list[Json], rooms: list[Room], wire: Json) -> None:
    """Share files once Slack has looked at them; one that was deleted meanwhile is not shared."""
    await asyncio.sleep(call.core.shown_after)
    left = [file for file in files if file["id"] in call.core.world.files]
    for room in rooms if left else []:
        thread_ts = call.get("thread_ts")
        where = {"thread_ts": thread_ts} if thread_ts and thread_ts in room.posts else {}
        post = call.core.post(room, {**wire, "files": left, **where}, app=call.app)
        share(call.core, left, room, post.wire["ts"], where.get("thread_ts"))


@method("files.delete", "files:write")
def delete(call: Call) -> Json:
    """Delete a file of one's own; messages keep its place (docs.slack.dev/reference/methods/files.delete)."""
    file = call.core.world.files.get(call["file"])
    if file is None:
        raise Refused("file_deleted" if call["file"] in call.core.deleted_files else "file_not_found")
    if file["user"] != call.app.bot_user_id:
        raise Refused("cant_delete_file")
    forget(call.core, file["id"])
    return {}


def forget(core: Core, file_id: str) -> None:
    """A file is gone: in each message that bears it a stone keeps its place."""
    core.world.files.pop(file_id)
    core.world.contents.pop(file_id, None)
    core.deleted_files.add(file_id)
    stone = {"id": file_id, "mode": "tombstone"}
    for room in core.world.rooms.values():
        for post in list(room.posts.values()):
            borne = post.wire.get("files") or []
            if any(one["id"] == file_id for one in borne):
                core.change(room, post, {"files": [stone if one["id"] == file_id else one for one in borne]}, editor=None)


@method("files.info", "files:read")
def file_info(call: Call) -> Json:
    """One file and where it is to be seen."""
    file = call.core.world.files.get(call["file"])
    if file is None:
        raise Refused("file_deleted" if call["file"] in call.core.deleted_files else "file_not_found")
    return {"file": file, "comments": [], "response_metadata": {"next_cursor": ""}}


async def download(core: Core, request: web.Request) -> web.Response:
    """The bytes, for a token of an app that may read files and sees a room with it."""
    file_id = request.match_info["file"].removeprefix(f"{core.world.team_id}-")
    file = core.world.files.get(file_id)
    app = core.world.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
    fault = await core.faults.meet("slack", "files.download", {"file": file_id})
    if fault is not None and fault.kind == "status":
        return web.Response(status=fault.status, text=fault.body)
    if app is None or "files:read" not in app.scopes or app.bot_token in app.revoked_tokens:
        return web.Response(text=SIGN_IN, content_type="text/html")
    if file is None or file_id not in core.world.contents:
        return web.Response(status=404, text="not found")
    if file_id in core.redirects:
        return web.Response(status=302, headers={"Location": core.redirects[file_id]})
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}"}
    return web.Response(body=core.world.contents[file_id], headers={"Content-Type": file["mimetype"]} | headers)
