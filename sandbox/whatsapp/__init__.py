"""A local stand-in for WhatsApp's Cloud API and the people behind it.

Shapes of webhooks: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages and
…/business-scoped-user-ids (2026-05-28: ``contacts[].user_id`` and ``messages[].from_user_id`` are always there, ``wa_id`` and
``from`` are left out for people with a username).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from time import time
from typing import Any

from aiohttp import web

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.limits import Windows
from sandbox.people import Mistake, person
from sandbox.whatsapp.api import Api
from sandbox.whatsapp.arguments import MEDIA
from sandbox.whatsapp.webhooks import Webhooks
from sandbox.whatsapp.world import Media, Number, Person, Said, World

__all__ = ["Whatsapp"]
Json = dict[str, Any]
STEPS = ("sent", "delivered", "read")


class Whatsapp:
    """WhatsApp's side of the sandbox: an HTTP API for businesses, methods for people.

    ``receipts``  how far a message goes by itself: ``delivered`` as phones do, ``accepted`` to tell each step by hand
    """

    def __init__(self, feed: Feed, faults: Faults, windows: Windows, clock: Callable[[], float] = time) -> None:
        self.feed = feed
        self.faults = faults
        self.windows = windows
        self.base_url = ""
        self.receipts = "delivered"
        self.world = World(clock)
        self.webhooks = Webhooks()
        self.api = Api(self)
        self.typing: dict[int, float] = {}

    def routes(self) -> list[web.RouteDef]:
        """The Graph API."""
        return self.api.routes()

    async def close(self) -> None:
        """Stop deliveries."""
        await self.webhooks.close()

    # What the API does to the world ------------------------------------------------------------------------------------------

    def accepted(self, number: Number, said: Said, who: Person | None, to: str, late: Json | None) -> None:
        """A message of the business was taken; what becomes of it follows in statuses."""
        if said.type != "reaction":
            self.world.said[said.id] = said
        if late is not None:
            said.status = "failed"
            self._status(number, said, who, "failed", to=to, errors=[late])
        elif self.receipts != "accepted" and said.type != "reaction":
            for step in STEPS[: STEPS.index(self.receipts) + 1]:
                self._step(number, said, who, step)
        self.feed.publish("whatsapp", "message", person=said.person, id=said.id)

    def seen(self, number: Number, message_id: str, *, typing: bool) -> None:
        """The business has read a person's message, and perhaps types."""
        said = self.world.said.get(message_id)
        if said is None or not said.mine:
            return
        said.status = "read"
        if typing:
            self.typing[said.person] = self.world.clock()
        self.feed.publish("whatsapp", "typing" if typing else "read", person=said.person)

    def add_media(self, content: bytes, mime: str, name: str = "") -> Media:
        """Keep a file."""
        made = Media(f"30{self.world.next():013d}", content, mime, name)
        self.world.media[made.id] = made
        return made

    def digest(self, media: Media) -> str:
        """Its SHA-256, as the API gives it."""
        return base64.b64encode(hashlib.sha256(media.content).digest()).decode()

    def _step(self, number: Number, said: Said, who: Person | None, step: str) -> None:
        said.status = step
        self._status(number, said, who, step)

    def _status(self, number: Number, said: Said, who: Person | None, status: str, *, to: str = "", **more: Any) -> None:
        told: Json = {"id": said.id, "status": status, "timestamp": str(int(self.world.clock())), **more}
        if who is not None and not who.hidden:
            told["recipient_id"] = who.phone
        elif to:
            told["recipient_id"] = to.lstrip("+")
        if who is not None and who.on_whatsapp:
            told["recipient_user_id"] = who.user_id
        if said.opaque:
            told["biz_opaque_callback_data"] = said.opaque
        self.webhooks.add(number, "messages", self._value(number, {"statuses": [told]}))

    def _value(self, number: Number, more: Json) -> Json:
        about = {"display_phone_number": number.display.lstrip("+"), "phone_number_id": number.id}
        return {"messaging_product": "whatsapp", "metadata": about, **more}

    # What people and the business's manager do ---------------------------------------------------------------------------------

    @person
    def add_number(self, display: str = "+1 555 010 0000") -> Json:
        """A business number; its id, business account, token and secrets."""
        return dict(vars(self.world.add_number(display)))

    @person
    def add_person(
        self, name: str, phone: str = "", username: str = "", hidden: bool = False, on_whatsapp: bool = True, reads: bool = True
    ) -> Json:
        """Somebody; ``hidden``: webhooks tell no phone number."""
        made = self.world.add_person(name, phone, username=username, hidden=hidden, on_whatsapp=on_whatsapp, reads=reads)
        return dict(vars(made))

    @person
    def add_template(
        self,
        name: str,
        body: str,
        *,
        language: str = "en",
        header: str = "",
        footer: str = "",
        buttons: list[Json] | None = None,
        status: str = "APPROVED",
        named: bool = False,
        number: str = "",
    ) -> Json:
        """A message template of the business."""
        components: list[Json] = [{"type": "BODY", "text": body}]
        if header:
            components.insert(0, {"type": "HEADER", "format": "TEXT", "text": header})
        if footer:
            components.append({"type": "FOOTER", "text": footer})
        if buttons:
            components.append({"type": "BUTTONS", "buttons": buttons})
        made = {
            "name": name,
            "language": language,
            "status": status,
            "category": "UTILITY",
            "id": str(self.world.next()),
            "parameter_format": "NAMED" if named else "POSITIONAL",
            "components": components,
        }
        home = self._number(number)
        self.world.templates[home.business].append(made)
        value = {"event": status, "message_template_name": name, "message_template_language": language}
        self.webhooks.add(home, "message_template_status_update", value)
        return made

    @person
    async def set_webhook(self, url: str, verify_token: str = "", number: str = "") -> bool:
        """Enter the address of the webhook, which is asked to prove itself."""
        home = self._number(number)
        await self.webhooks.verify(home, url, verify_token or home.verify_token)
        self.webhooks.release()
        self.feed.publish("whatsapp", "webhook")
        return True

    @person
    def send(
        self,
        person: int,
        text: str = "",
        *,
        kind: str = "text",
        content: bytes = b"",
        mime: str = "",
        name: str = "",
        reply_to: str = "",
        age: float = 0.0,
        wire: Json | None = None,
        number: str = "",
    ) -> Json:
        """Somebody writes, or sends a file (``kind`` ``image``, ``document``…; ``text`` its caption).

        ``age``   how many seconds ago; ``wire`` another kind's part as it goes over the wire
        """
        who = self.world.person(person)
        part: Json = {"body": text}
        if kind in MEDIA:
            media = self.add_media(content, mime, name)
            part = {"id": media.id, "mime_type": mime, "sha256": self.digest(media)}
            part |= {"caption": text} if text else {}
            part |= {"filename": name} if kind == "document" else {}
            part |= {"voice": True} if kind == "audio" and mime.startswith("audio/ogg") else {}
        elif kind != "text":
            part = dict(wire or {})
        said = Said(self.world.wamid(), who.id, True, kind, part, self.world.clock() - age, reply_to)
        if kind == "reaction":
            about = self.world.message(str(part["message_id"]))
            about.reactions.pop("person", None)
            about.reactions |= {"person": part["emoji"]} if part.get("emoji") else {}
        else:
            self.world.said[said.id] = said
        self._tell(self._number(number), who, said)
        self.feed.publish("whatsapp", "message", person=who.id, id=said.id)
        return {"id": said.id}

    @person
    def react(self, person: int, message: str, emoji: str = "", number: str = "") -> Json:
        """Somebody reacts, or with no emoji takes it back."""
        part = {"message_id": message, **({"emoji": emoji} if emoji else {})}
        return self.send(person, kind="reaction", wire=part, number=number)

    def _tell(self, number: Number, who: Person, said: Said) -> None:
        profile = {"name": who.name} | ({"username": who.username} if who.username else {})
        contact: Json = {"profile": profile, "user_id": who.user_id}
        told: Json = {"from_user_id": who.user_id, "id": said.id, "timestamp": str(int(said.at)), "type": said.type}
        if not who.hidden:
            contact["wa_id"] = told["from"] = who.phone
        if said.context:
            told["context"] = {"from": number.display.lstrip("+").replace(" ", ""), "id": said.context}
        told[said.type] = said.content
        self.webhooks.add(number, "messages", self._value(number, {"contacts": [contact], "messages": [told]}))

    @person
    def inject(self, value: Json, field: str = "messages", number: str = "") -> bool:
        """A change of any shape within a signed webhook; what our own value has is added to an object."""
        home = self._number(number)
        self.webhooks.add(home, field, self._value(home, value) if field == "messages" else value)
        return True

    @person
    def step(self, message: str, status: str, code: int = 0, details: str = "", number: str = "") -> bool:
        """A status by hand: ``sent``, ``delivered``, ``read``, or ``failed`` with a code."""
        said = self.world.message(message)
        who = self.world.people.get(said.person)
        if status == "read" and who is not None and not who.reads:
            raise Mistake(f"{who.name} has read receipts off")
        errors: Json = {"errors": [{"code": code, "title": details, "error_data": {"details": details}}]} if code else {}
        said.status = status
        self._status(self._number(number), said, who, status, **errors)
        self.feed.publish("whatsapp", "status", person=said.person, id=said.id)
        return True

    @person
    def read(self, person: int, number: str = "") -> int:
        """Somebody opens the chat; how many messages turn blue."""
        unread = [one for one in self.world.with_person(person) if not one.mine and one.status in ("sent", "delivered")]
        for one in unread:
            self.step(one.id, "read", number=number)
        return len(unread)

    @person
    def change_number(self, person: int, phone: str, number: str = "") -> Json:
        """Somebody changes the phone number, and with it the business-scoped id."""
        who, home = self.world.person(person), self._number(number)
        old, old_phone = who.user_id, who.phone
        who.phone, who.user_id = phone.lstrip("+"), f"US.{13491209000000000 + self.world.next()}"
        told: Json = {"id": self.world.wamid(), "timestamp": str(int(self.world.clock())), "type": "system"}
        told |= {"from_user_id": old} | ({} if who.hidden else {"from": old_phone})
        told["system"] = {"type": "user_changed_number", "body": f"{who.name} changed", "user_id": who.user_id}
        told["system"] |= {} if who.hidden else {"wa_id": who.phone}
        self.webhooks.add(home, "messages", self._value(home, {"messages": [told]}))
        return dict(vars(who))

    @person
    def hold(self) -> bool:
        """Keep webhooks back."""
        self.webhooks.held = True
        return True

    @person
    def release(self, shuffled: bool = False, twice: bool = False) -> bool:
        """Send what was kept back, at once; the wrong way round and doubled when wished."""
        self.webhooks.release(shuffled=shuffled, twice=twice)
        return True

    @person
    def messages(self, person: int) -> list[Json]:
        """The chat as somebody sees it."""
        return [self._seen(one) for one in self.world.with_person(person) if one.mine or one.status not in ("accepted", "failed")]

    def sent(self, person: int) -> list[str]:
        """The words of the business in somebody's chat."""
        return [one["text"] for one in self.messages(person) if not one["mine"]]

    def _seen(self, one: Said) -> Json:
        text = one.shown or str(one.content.get("body", one.content.get("caption", "")))
        shown: Json = {"id": one.id, "mine": one.mine, "type": one.type, "text": text, "at": one.at, "status": one.status}
        shown |= {"reactions": dict(one.reactions), "reply_to": one.context}
        media = self.world.media.get(str(one.content.get("id", "")))
        if media is not None:
            shown["file"] = {
                "id": media.id,
                "mime": media.mime,
                "name": one.content.get("filename", ""),
                "size": len(media.content),
            }
        return shown

    def _number(self, number: str) -> Number:
        if not number:
            number = next(iter(self.world.numbers), "")
        if number not in self.world.numbers:
            raise Mistake("there is no such business number; add_number makes one")
        return self.world.numbers[number]

    def snapshot(self) -> Json:
        """Everything the page shows."""
        people = [
            {
                **{name: value for name, value in vars(one).items() if name != "user_id"},
                "messages": self.messages(one.id),
                "typing": self.world.clock() - self.typing.get(one.id, 0) < 25,
                "window": self.world.window_open(one.id),
            }
            for one in self.world.people.values()
        ]
        numbers = [{"id": one.id, "display": one.display, "listening": bool(one.url)} for one in self.world.numbers.values()]
        return {"numbers": numbers, "people": people}
