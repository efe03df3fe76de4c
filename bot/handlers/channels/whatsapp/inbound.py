"""What clients do on WhatsApp, and what it tells of the messages we sent.

Webhook objects: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages, …/business-scoped-
user-ids.
"""

from __future__ import annotations

from typing import Any

import structlog

from bot.commands import channel
from bot.commands.answer import Answer
from bot.commands.changes import Spot, client_reacted
from bot.commands.receive import Received, receive
from bot.commands.several_ids import readdressed, rung
from bot.domain.files import Attachment, FileKind
from bot.domain.ids import Moment
from bot.domain.phrase import Phrase
from bot.domain.privacy import masked
from bot.domain.text import RichText, clean_name, storable
from bot.handlers.channels.whatsapp.codes import reason_of
from bot.handlers.channels.whatsapp.text import from_marks
from bot.handlers.channels.whatsapp.updates import SOURCE
from bot.languages import in_language
from bot.store import team
from bot.store.uow import Tx

log = structlog.get_logger(__name__)
Json = dict[str, Any]
KIND = "whatsapp"
TEMPLATES = "whatsapp-templates"
"""Woken when WhatsApp tells that templates have changed."""
MARK = "d"
"""Before a delivery's number in what comes back with each status."""
FATES = {"sent": "accepted", "delivered": "delivered", "read": "read", "failed": "failed", "played": "read"}
FILES = {
    "image": FileKind.PHOTO,
    "video": FileKind.VIDEO,
    "audio": FileKind.AUDIO,
    "document": FileKind.DOCUMENT,
    "sticker": FileKind.STICKER,
}


class Strange(ValueError):
    """A part of a webhook that has no shape we know; it is kept aside as failed."""


class WhatsappInbound:
    """Reads the kept parts of webhooks of one number; those for other numbers of the business are passed over."""

    def __init__(self, number: str) -> None:
        self._number = number

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what it tells. Raises ``Strange`` for what can't be read."""
        match payload.get("kind"):
            case "message" | "status" if payload.get("number") not in ("", self._number):
                log.info("a webhook for another number of the business", number=payload.get("number"))
            case "message":
                self._message(tx, _dict(payload, "message"), _dict(payload, "contact"))
            case "status":
                _status(tx, _dict(payload, "status"))
            case "message_template_status_update" | "message_template_components_update" | "template_category_update":
                tx.wake.add(TEMPLATES)
            case "user_id_update":
                _user_id(tx, _dict(payload, "value"))
            case "error":
                log.warning("WhatsApp tells of an error", error=masked(str(payload.get("error")))[:300])
            case "strange":
                raise Strange(masked(str(payload.get("part")))[:200])
            case _:
                pass
        return None

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Clients press nothing."""

    def _message(self, tx: Tx, said: Json, contact: Json) -> None:
        kind, remote_id = str(said.get("type", "")), str(said["id"])
        if kind == "system":
            _moved(tx, said)
            return
        ids = ids_of(said, contact)
        if not ids:
            raise Strange("nobody wrote it")
        external_id = rung(tx, KIND, ids)
        if kind == "reaction":
            about = _dict(said, "reaction")
            emoji = str(about.get("emoji") or "")
            client_reacted(tx, Spot(KIND, external_id, str(about.get("message_id", ""))), (emoji,) if emoji else ())
            return
        file = _file(kind, _dict(said, kind))
        if file is not None:
            words = from_marks(str(_dict(said, kind).get("caption") or ""))
        else:
            words = words_of(kind, said, "" if kind == "text" else team.language_of_channel(tx, KIND, None))
        receive(
            tx,
            Received(
                channel_kind=KIND,
                channel_name=None,
                external_id=external_id,
                client_name=clean_name(str(_dict(contact, "profile").get("name") or "")),
                remote_id=remote_id,
                text=words,
                at=_moment(said, tx),
                identifiers=identifiers(said, contact),
                file=file,
                reply_to=str(_dict(said, "context").get("id") or ""),
                aliases=tuple(one for one in ids if one != external_id),
            ),
        )


def ids_of(said: Json, contact: Json) -> list[str]:
    """The business-scoped id first, then the phone number, where WhatsApp tells it."""
    found = (said.get("from_user_id") or contact.get("user_id"), said.get("from") or contact.get("wa_id"))
    return list(dict.fromkeys(str(one) for one in found if one))


def identifiers(said: Json, contact: Json) -> dict[str, str]:
    """What WhatsApp tells about the person."""
    phone = said.get("from") or contact.get("wa_id")
    username = _dict(contact, "profile").get("username")
    found = {"phone": f"+{phone}" if phone else "", "username": str(username or "")}
    return {name: storable(value) for name, value in found.items() if value}


def _file(kind: str, part: Json) -> Attachment | None:
    if kind not in FILES or not part.get("id"):
        return None
    voice = kind == "audio" and part.get("voice")
    return Attachment(
        kind=FileKind.VOICE if voice else FILES[kind],
        name=str(part.get("filename") or ""),
        mime=str(part.get("mime_type") or "").partition(";")[0].strip(),
        source=SOURCE,
        ref={"id": str(part["id"])},
    )


def words_of(kind: str, said: Json, language: str) -> RichText:
    """A message that is no file, as words; what has none says what it was, in ``language``."""
    part = _dict(said, kind)
    match kind:
        case "text":
            return from_marks(str(part.get("body") or ""))
        case "button":
            return RichText.plain(str(part.get("text") or ""))
        case "interactive":
            reply = _dict(part, str(part.get("type")))
            return RichText.plain(str(reply.get("title") or in_language(Phrase("(a choice)"), language)))
        case "location":
            named = [str(part[name]) for name in ("name", "address") if part.get(name)]
            where = f"https://maps.google.com/?q={part.get('latitude')},{part.get('longitude')}"
            what = ", ".join(named) or in_language(Phrase("Location"), language)
            return RichText.plain(f"📍 {what}\n{where}")
        case "contacts":
            cards = [_card(one, language) for one in said.get("contacts") or () if isinstance(one, dict)]
            return RichText.plain("\n".join(cards) or "👤")
        case "order":
            ordered = in_language(Phrase("🛒 An order."), language)
            return RichText.plain(f"{ordered} {part.get('text') or ''}".strip())
    what = Phrase(
        "(WhatsApp can't pass this message on: {kind}. Please ask the client.)", kind=kind or Phrase("of no known kind")
    )
    return RichText.plain(in_language(what, language))


def _card(one: Json, language: str) -> str:
    name = _dict(one, "name").get("formatted_name") or in_language(Phrase("Contact"), language)
    phones = [str(phone.get("phone")) for phone in one.get("phones") or () if isinstance(phone, dict) and phone.get("phone")]
    return " ".join(["👤", str(name), *phones])


def _status(tx: Tx, status: Json) -> None:
    """What became of a message of ours, in any order and any number (F9)."""
    fate = FATES.get(str(status.get("status")))
    if fate is None:
        return
    opaque, reason = str(status.get("biz_opaque_callback_data") or ""), ""
    if fate == "failed":
        errors = status.get("errors")
        error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        details = _dict(error, "error_data").get("details") or error.get("title") or ""
        code = error.get("code")
        reason = reason_of(code if isinstance(code, int) else 0, str(details))
    ours = opaque.startswith(MARK) and opaque[1:].isdecimal()
    if ours and channel.receipt_of(tx, KIND, int(opaque[1:]), fate, reason=reason):
        return
    ids = [str(status[name]) for name in ("recipient_user_id", "recipient_id") if status.get(name)]
    if ids:
        channel.receipt(tx, KIND, rung(tx, KIND, ids, known_only=True), str(status["id"]), fate, reason=reason)


def _moved(tx: Tx, said: Json) -> None:
    """Somebody has another number, and with it another business-scoped id."""
    about = _dict(said, "system")
    fresh = [str(about[name]) for name in ("user_id", "wa_id") if about.get(name)]
    if fresh:
        readdressed(tx, KIND, [one for one in (str(said.get("from_user_id") or ""), str(said.get("from") or "")) if one], fresh)


def _user_id(tx: Tx, value: Json) -> None:
    """The same, told by itself."""
    for one in value.get("user_id_update") or ():
        ids = _dict(one, "user_id") if isinstance(one, dict) else {}
        if ids.get("previous") and ids.get("current"):
            readdressed(tx, KIND, [str(ids["previous"])], [str(ids["current"])])


def _moment(said: Json, tx: Tx) -> Moment:
    stamp = str(said.get("timestamp", ""))
    return Moment(min(int(stamp) * 1000, tx.now)) if stamp.isascii() and stamp.isdigit() and len(stamp) < 12 else tx.now


def _dict(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
