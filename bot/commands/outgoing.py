"""An operator writes to a client first, on WhatsApp (R90-R93). Nowhere to be seen unless the settings allow it.

WhatsApp has no way to ask whether a number can be reached: the first message is accepted, and a status tells later. So the
operator is told that, and the thread shows what became of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import phonenumbers

from bot.commands import reply
from bot.commands.answer import Answer
from bot.commands.approving import blanks, filled_in, of_token, options
from bot.commands.asked import Asked
from bot.commands.perform import Context, Desk
from bot.commands.window import is_open
from bot.domain import conversation as moves
from bot.domain.actions import Verb, row_of
from bot.domain.approved import Approved
from bot.domain.conversation import Conversation, Status
from bot.domain.errors import (
    AlreadyStarted,
    BadPhone,
    Blacklisted,
    DraftGone,
    InNoGroup,
    NoDesk,
    NotOffered,
    NoWhatsapp,
    OnlyTemplates,
    WordsOrTemplate,
)
from bot.domain.guess import not_understood
from bot.domain.ids import GroupId
from bot.domain.permissions import authorise
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Field, Form, Option, TextField
from bot.domain.text import RichText, clean_name
from bot.store import approved, blobs, conversations, identities, mirrors, spread, team
from bot.store.blobs import Blob
from bot.store.team import Channel
from bot.store.uow import Tx

KIND = "whatsapp"
MIME = "application/x-outgoing+json"
TOLD = Phrase("On its way. WhatsApp can't say beforehand whether a number can be reached; the thread shows what becomes of it.")
NONE = "-"


def outgoing(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Ask whom to write what, then for the template's variables, then write. See the refusals in ``errors_words``."""
    if not tx.policy.outgoing:
        raise not_understood(desk.actor.platform, Verb.OUTGOING.value, desk.operator.has, in_thread=False)
    channel = team.find_channel(tx, KIND, None)
    if channel is None:
        raise NoWhatsapp
    if not _groups(tx, desk):
        raise InNoGroup
    if asked.token:
        return _with_values(tx, desk, channel, asked)
    if asked.values is None:
        return Answer(form=_form(tx, desk, asked.words.strip()))
    wanted = _wanted(tx, desk, channel, asked)
    picked = of_token(tx, str(wanted["approved"])) if wanted["approved"] else None
    if picked is None or not picked.slots:
        return _begin(tx, desk, channel, wanted, picked, {})
    number = blobs.add(tx, Blob(_name_of(desk), MIME, json.dumps(wanted, ensure_ascii=False).encode("utf-8", "replace")))
    return Answer(form=_blanks(picked, number))


def _form(tx: Tx, desk: Desk, phone: str) -> Form:
    groups = _groups(tx, desk)
    fields: list[Field] = [
        TextField(
            name="phone",
            label=Phrase("Phone number"),
            value=phone[:40],
            hint=Phrase("With the country, like +49 151 12345678"),
            longest=40,
        ),
        TextField(name="name", label=Phrase("Client's name"), longest=80),
    ]
    if len(groups) > 1:
        offered = tuple(Option(str(number), badge) for number, badge in groups)
        hint = Phrase("Whose conversation it is.")
        fields.append(ChoiceField(name="group", label=Phrase("Group"), options=offered, hint=hint))
    none = Option(NONE, Phrase("No template"))
    templates = (none, *options(tx)) if approved.everything(tx) else (none,)
    fields.append(
        ChoiceField(
            name="approved",
            label=Phrase("Template"),
            options=templates,
            optional=True,
            hint=Phrase("Needed unless the client wrote in the last 24 hours."),
        )
    )
    fields.append(TextField(name="message", label=Phrase("Or your own words"), many_lines=True, optional=True))
    return Form(verb=Verb.OUTGOING, token="", title=Phrase("Outgoing message"), fields=tuple(fields), submit=Phrase("Send"))


def _blanks(picked: Approved, number: int) -> Form:
    return Form(
        verb=Verb.OUTGOING,
        token=str(number),
        title=Phrase("Outgoing message"),
        intro=picked.filled({}),
        fields=blanks(picked),
        submit=Phrase("Send"),
    )


def _groups(tx: Tx, desk: Desk) -> list[tuple[GroupId, str]]:
    """The operator's groups that have a desk, where the conversation can be seen."""
    mine = [group for group in sorted(desk.operator.groups) if team.desks_of(tx, group)]
    return [(group, team.group_by_id(tx, group).badge) for group in mine]


def _wanted(tx: Tx, desk: Desk, channel: Channel, asked: Asked) -> dict[str, Any]:
    """What was filled in, checked; each mistake is told beside its field."""
    phone = e164(asked.value("phone"))
    name = clean_name(asked.value("name"))
    groups = dict(_groups(tx, desk))
    chosen = asked.value("group")
    group = next(iter(groups)) if len(groups) == 1 else GroupId(row_of(chosen) or 0)
    if group not in groups:
        raise NotOffered().beside("group")
    picked, words = asked.value("approved").removeprefix(NONE), asked.value("message")
    if bool(picked) == bool(words):
        raise WordsOrTemplate().beside("message")
    talk = identities.conversation_at(tx, channel.id, [phone.lstrip("+")])
    if talk is not None:
        _may_begin(tx, desk, talk)
    if words and (talk is None or not is_open(tx, talk)):
        raise OnlyTemplates().beside("message")
    return {"phone": phone, "name": name, "group": group, "approved": picked, "words": words}


def e164(words: str) -> str:
    """A phone number as the world writes it. Raises ``BadPhone`` beside its field."""
    try:
        number = phonenumbers.parse(words.strip().replace("\u00a0", " "), None)
    except phonenumbers.NumberParseException:
        raise BadPhone().beside("phone") from None
    if not phonenumbers.is_valid_number(number):
        raise BadPhone().beside("phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _may_begin(tx: Tx, desk: Desk, talk: Conversation) -> None:
    """Whether the operator may go on with a client that is known. Raises what ``authorise`` does, or ``AlreadyStarted``."""
    authorise(desk.operator, talk, group_name=team.group_by_id(tx, talk.group_id).badge)
    if talk.blacklisted:
        raise Blacklisted().beside("phone")
    if talk.status is Status.INBOX and talk.operator_id != desk.operator.id:
        raise AlreadyStarted(name=team.name_of(tx, talk.operator_id) or Phrase("Another operator")).beside("phone")


def _with_values(tx: Tx, desk: Desk, channel: Channel, asked: Asked) -> Answer:
    """The variables of the template that was chosen. Raises ``DraftGone`` when it was sent already."""
    row = row_of(asked.token)
    kept = blobs.by_id(tx, row) if row is not None else None
    if kept is None or (kept.name, kept.mime) != (_name_of(desk), MIME):
        raise DraftGone
    wanted = json.loads(kept.content)
    picked = of_token(tx, wanted["approved"])
    if asked.values is None:
        return Answer(form=_blanks(picked, row or 0))
    values = filled_in(picked, asked.values)
    if not blobs.remove(tx, row or 0):
        raise DraftGone
    return _begin(tx, desk, channel, wanted, picked, values)


def _name_of(desk: Desk) -> str:
    return f"outgoing.{desk.operator.id}"


def _begin(
    tx: Tx, desk: Desk, channel: Channel, wanted: dict[str, Any], picked: Approved | None, values: dict[str, str]
) -> Answer:
    """The conversation in the operator's inbox, its threads, and the message (R93)."""
    digits = wanted["phone"].lstrip("+")
    talk = identities.conversation_at(tx, channel.id, [digits])
    if talk is None:
        told = {"phone": wanted["phone"]}
        group = GroupId(wanted["group"])
        if not team.desks_of(tx, group):
            raise NoDesk(group=team.group_by_id(tx, group).badge)
        talk = conversations.create(tx, channel.id, digits, group, name=wanted["name"], identifiers=told, searched=True)
    else:
        _may_begin(tx, desk, talk)
    if talk.status is not Status.INBOX:
        talk = moves.start(talk, desk.operator, tx.now)
        conversations.save(tx, talk)
    _stand(tx, talk)
    context = Context(desk.actor, desk.operator, talk, None)
    context.journal(tx, "wrote first")
    if picked is not None:
        reply.send_approved(tx, context, picked, values)
    else:
        reply.send_chosen(tx, context, RichText.plain(wanted["words"]), key=f"outgoing:{talk.id}:{tx.now}")
    return Answer(TOLD)


def _stand(tx: Tx, talk: Conversation) -> None:
    """A thread or topic on every desk of the group."""
    live = {mirror.desk_id for mirror in mirrors.of_conversation(tx, talk.id)}
    for home in team.desks_of(tx, talk.group_id):
        if home.id not in live:
            spread.open_empty(tx, talk, home)
    spread.refresh_cards(tx, talk)
    spread.topic_state(tx, talk, closed=False)


DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.OUTGOING: outgoing}
