"""The Graph API's endpoints a helpdesk uses: messages, media, templates, the number itself.

Media: an upload takes the types and sizes of developers.facebook.com/documentation/business-messaging/whatsapp/
business-phone-numbers/media (2026-06-16); an address of a file ends after five minutes and wants the token. Rates: …/whatsapp/
throughput (80 a second for a number) and the overview's “pair rate limits” (one message in 6 s to the same person, up to 45 at
once on credit). 131047 and 131026 are told later by a ``failed`` status, the message itself is accepted.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from sandbox.faults import drops
from sandbox.whatsapp.arguments import MEDIA, check, fits
from sandbox.whatsapp.errors import GraphError, in_status
from sandbox.whatsapp.world import Media, Number, Person, Said

if TYPE_CHECKING:
    from sandbox.whatsapp import Whatsapp

Json = dict[str, Any]
PAIR = (45, 270.0)
NUMBER = (80, 1.0)
URL_SECONDS = 300.0
MB = 1 << 20
TYPES: dict[str, tuple[frozenset[str], int]] = {
    "image": (frozenset(("image/jpeg", "image/png")), 5 * MB),
    "video": (frozenset(("video/mp4", "video/3gpp")), 16 * MB),
    "audio": (frozenset(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")), 16 * MB),
    "sticker": (frozenset(("image/webp",)), 500 * 1024),
}
DOCUMENTS = 100 * MB
DOCUMENT_TYPES = frozenset(
    (
        "text/plain",
        "application/pdf",
        "application/vnd.ms-powerpoint",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
)
UPLOADS = DOCUMENT_TYPES.union(*(types for types, _ in TYPES.values()))


class Api:
    """Answers the bot's calls. ``calls`` keeps ``(time, method, arguments, error code or 0)`` of each."""

    def __init__(self, home: Whatsapp) -> None:
        self._home = home
        self.calls: list[tuple[float, str, Json, int]] = []

    def routes(self) -> list[web.RouteDef]:
        """The Graph API under ``/whatsapp``."""
        base = r"/whatsapp/{version:v\d+\.\d+}"
        return [
            web.post(base + r"/{id:\d+}/messages", self.serve("messages", self._messages)),
            web.post(base + r"/{id:\d+}/media", self.serve("upload", self._upload)),
            web.get(base + r"/{id:\d+}/message_templates", self.serve("templates", self._templates)),
            web.get(base + r"/{id:\d+}", self.serve("get", self._get)),
            web.get("/whatsapp/media/{key}", self.serve("download", self._download)),
        ]

    def serve(self, name: str, work: Any) -> Any:
        """A handler that checks the token, meets the faults armed, and tells refusals as the API does."""

        async def answer(request: web.Request) -> web.StreamResponse:
            told: Json = {"id": request.match_info.get("id", "")}
            code = 0
            try:
                number = self._number(request)
                fault = await self._home.faults.meet("whatsapp", name, told)
                if fault is not None and fault.kind == "drop_before":
                    return _hang_up(request)
                if fault is not None and fault.kind == "status":
                    return web.Response(status=fault.status, text=fault.body)
                if fault is not None and fault.kind == "rate_limit":
                    raise GraphError(130429, "Cloud API message throughput has been reached.")
                if fault is not None and fault.kind == "error":
                    raise GraphError(int(fault.error), "as asked")
                found: web.StreamResponse = await work(request, number, told)
                if await drops(fault):
                    return _hang_up(request)
                return found
            except GraphError as error:
                code = error.code
                return web.json_response(error.to_json(), status=error.status)
            finally:
                self.calls.append((self._home.world.clock(), name, told, code))

        return answer

    def _number(self, request: web.Request) -> Number:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = next((one for one in self._home.world.numbers.values() if scheme == "Bearer" and one.token == token), None)
        if known is None:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        return known

    # Messages ------------------------------------------------------------------------------------------------------------

    async def _messages(self, request: web.Request, number: Number, told: Json) -> web.StreamResponse:
        if request.match_info["id"] != number.id:
            raise GraphError(100, f"Object with ID '{request.match_info['id']}' does not exist, or is not yours")
        try:
            body = json.loads(await request.text())
        except ValueError:
            raise GraphError(100, "The body is not JSON") from None
        told |= body if isinstance(body, dict) else {}
        check(body)
        if "status" in body:
            self._home.seen(number, str(body["message_id"]), typing="typing_indicator" in body)
            return web.json_response({"success": True})
        return web.json_response(self._accept(number, body))

    def _accept(self, number: Number, body: Json) -> Json:
        world = self._home.world
        to, kind = body.get("to"), str(body.get("type", "text"))
        person = world.reached(to, body.get("recipient"))
        if person is None and to is None:
            raise GraphError(131009, "Param recipient is not a business-scoped user ID of this business")
        self._limits(number, str(to or body.get("recipient")))
        if kind in MEDIA:
            self._has_media(kind, body[kind])
        template = self._template(number, body["template"]) if kind == "template" else None
        said = Said(
            id=world.wamid(),
            person=person.id if person else 0,
            mine=False,
            type=kind,
            content=body[kind],
            at=world.clock(),
            context=str(body.get("context", {}).get("message_id", "")),
            opaque=str(body.get("biz_opaque_callback_data", "")),
            shown=filled(template, body["template"]) if template else "",
        )
        if kind == "reaction":
            self._react(person, said)
        self._home.accepted(number, said, person, str(to or ""), self._late(person, said))
        contact = {"input": to or body["recipient"]}
        if to is not None:
            contact["wa_id"] = str(to).lstrip("+")
        elif person is not None:
            contact["user_id"] = person.user_id
        made: Json = {"id": said.id}
        if kind == "template":
            made["message_status"] = "accepted"
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [made]}

    def _limits(self, number: Number, to: str) -> None:
        windows = self._home.windows
        if windows.take((f"whatsapp:{number.id}:{to}", *PAIR)):
            raise GraphError(131056, "Message failed to send because there were too many messages sent to this phone number")
        if windows.take((f"whatsapp:{number.id}", *NUMBER)):
            raise GraphError(130429, "Cloud API message throughput has been reached.")

    def _late(self, person: Person | None, said: Said) -> Json | None:
        """What will be told by a status: not on WhatsApp, or the window is closed."""
        if person is None or not person.on_whatsapp:
            return in_status(131026, "Message Undeliverable.")
        if said.type != "template" and not self._home.world.window_open(person.id):
            words = (
                "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
            )
            return in_status(131047, words)
        return None

    def _has_media(self, kind: str, part: Json) -> None:
        if "link" in part:
            return
        media = self._home.world.media.get(part["id"])
        if media is None:
            raise GraphError(131009, "Media ID is not found, or is not yours")
        types, most = TYPES.get(kind, (None, DOCUMENTS))
        if (types is not None and media.mime not in types) or len(media.content) > most:
            raise GraphError(131053, f"Media of type {media.mime} can't be sent as {kind}")

    def _template(self, number: Number, part: Json) -> Json:
        for one in self._home.world.templates[number.business]:
            if one["name"] == part["name"] and one["language"] == part["language"]["code"]:
                if one["status"] != "APPROVED":
                    raise GraphError(132015, "Template is paused due to low quality")
                fits(one, part)
                return one
        raise GraphError(132001, f"template name ({part['name']}) does not exist in {part['language']['code']}")

    def _react(self, person: Person | None, said: Said) -> None:
        about = self._home.world.said.get(said.content["message_id"])
        if about is None or person is None or about.person != person.id:
            raise GraphError(131009, "The message to react to is not found")
        about.reactions.pop("business", None)
        if said.content["emoji"]:
            about.reactions["business"] = said.content["emoji"]

    # Media, templates, the number ------------------------------------------------------------------------------------------

    async def _upload(self, request: web.Request, number: Number, told: Json) -> web.StreamResponse:
        if request.match_info["id"] != number.id or not request.content_type.startswith("multipart/"):
            raise GraphError(100, "Upload a file as form-data to the phone number")
        fields: dict[str, str] = {}
        content, mime, name = None, "", ""
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise GraphError(100, "Parts within parts")
            if part.name == "file":
                mime, name = part.headers.get("Content-Type", ""), part.filename or ""
                content = bytes(await part.read(decode=False))
            else:
                fields[str(part.name)] = await part.text()
        told |= fields | {"size": len(content or b""), "name": name}
        if fields.get("messaging_product") != "whatsapp" or content is None:
            raise GraphError(131008, "messaging_product and file are required")
        kind = fields.get("type", mime).partition(";")[0].strip()
        if kind not in UPLOADS:
            raise GraphError(
                100,
                f"Param file must be a file with one of the following types: … Received file of type '{kind}'.",
            )
        most = next((size for types, size in TYPES.values() if kind in types), DOCUMENTS)
        if not content or len(content) > most:
            raise GraphError(131053, f"The file has {len(content)} bytes; allowed are 1 to {most}")
        media = self._home.add_media(content, kind, name)
        return web.json_response({"id": media.id})

    async def _templates(self, request: web.Request, number: Number, told: Json) -> web.StreamResponse:
        if request.match_info["id"] != number.business:
            raise GraphError(100, f"Object with ID '{request.match_info['id']}' does not exist, or is not yours")
        wanted = request.query.get("status")
        found = [one for one in self._home.world.templates[number.business] if wanted in (None, one["status"])]
        start, limit = int(request.query.get("after") or 0), int(request.query.get("limit") or 25)
        shown = found[start : start + limit]
        paging: Json = {"cursors": {"before": str(start), "after": str(start + len(shown))}}
        if start + limit < len(found):
            paging["next"] = f"{self._home.base_url}/v23.0/{number.business}/message_templates?after={start + limit}"
        return web.json_response({"data": shown, "paging": paging})

    async def _get(self, request: web.Request, number: Number, told: Json) -> web.StreamResponse:
        wanted = request.match_info["id"]
        if wanted == number.id:
            about = {
                "id": number.id,
                "display_phone_number": number.display,
                "verified_name": "Northwind",
                "quality_rating": "GREEN",
            }
            return web.json_response(about)
        media = self._home.world.media.get(wanted)
        if media is None:
            raise GraphError(100, f"Object with ID '{wanted}' does not exist, or is not yours")
        key = secrets.token_urlsafe(16)
        media.keys[key] = self._home.world.clock() + URL_SECONDS
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "url": f"{self._home.base_url}/media/{key}",
                "mime_type": media.mime,
                "sha256": self._home.digest(media),
                "file_size": str(len(media.content)),
                "id": media.id,
            }
        )

    async def _download(self, request: web.Request, number: Number, told: Json) -> web.StreamResponse:
        key, now = request.match_info["key"], self._home.world.clock()
        media: Media | None = next((one for one in self._home.world.media.values() if one.keys.get(key, 0) > now), None)
        if media is None:
            return web.Response(status=404, text="URL signature expired")
        return web.Response(body=media.content, content_type=media.mime)


def filled(template: Json, given: Json) -> str:
    """The words a person reads: header, body and footer, the variables filled in."""
    values = {one["type"]: one.get("parameters", []) for one in given.get("components", []) if one["type"] != "button"}
    lines = []
    for one in template["components"]:
        kind, text = str(one["type"]).lower(), str(one.get("text", ""))
        for number, value in enumerate(values.get(kind, []), 1):
            text = text.replace("{{" + str(value.get("parameter_name", number)) + "}}", value["text"])
        if kind in ("header", "body", "footer") and text:
            lines.append(text)
    return "\n".join(lines)


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
