"""The correspondence by e-mail (R64). One delivery an address, so that each is told of by itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.menu import token_of
from bot.commands.notice import port_of
from bot.commands.perform import Context
from bot.domain.actions import Verb, row_of
from bot.domain.errors import ForeignAddress, NoMail, NotesStay, NothingToMail
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase, in_table, joined
from bot.domain.screen import ChoiceField, Form, Option, TextField
from bot.domain.times import clock_words
from bot.domain.transcript import (
    SUBJECT_LONGEST,
    checked_addresses,
    checked_subject,
    default_subject,
    may_mail,
    split_words,
)
from bot.languages import in_language
from bot.store import buckets, conversations, outbox, team, transcripts
from bot.store.outbox import Delivery
from bot.store.transcripts import Choice
from bot.store.uow import Tx

PORT = "mail"
OFFERED = 100
"""Messages offered to choose from; every platform's form takes that many."""
LABEL_LONGEST = 70
TOKEN_HOLDS = 3
"""So many chosen messages a form's token carries, so that a form asked field by field can be drawn again."""
WITH_NOTES = "yes"


@dataclass(frozen=True, slots=True)
class Letter:
    """What was asked for. ``only``: these messages; None = all."""

    to: tuple[str, ...]
    subject: str
    only: tuple[int, ...] | None
    notes: bool


def email(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Send the correspondence, or some messages of it; what is missing is asked for."""
    if not tx.policy.mail:
        raise NoMail
    if asked.values is None and not asked.words:
        return Answer(form=_form(tx, context, _about(tx, context, asked)))
    letter = _typed(tx, context, asked) if asked.values is None else _filled(asked)
    _check(tx, context, letter)
    _queue(tx, context, letter)
    context.journal(
        tx, "asked for an e-mail", to=", ".join(letter.to), messages=len(letter.only or ()) or "all", notes=letter.notes
    )
    *more, last = letter.to
    those = Phrase("{these} and {last}", these=", ".join(more), last=last) if more else last
    waits = [reason for key, _, reason in buckets.blocked(tx) if key == f"{PORT}:account"]
    if waits:
        why = in_table(waits[0]) if waits[0] else ""
        return Answer(
            Phrase("The mail to {those} waits and will be sent: {why}. You will be told when it has gone.", those=those, why=why)
        )
    return Answer(Phrase("On its way to {those}. You will be told when it has gone.", those=those))


def _about(tx: Tx, context: Context, asked: Asked) -> tuple[int, ...]:
    """The messages it was asked about, empty for all. Raises ``NothingToMail`` when they are none of this conversation's."""
    if asked.token:
        return tuple(row_of(part) or 0 for part in asked.token.split("."))
    if not asked.about:
        return ()
    here = context.here
    found = transcripts.at_posts(tx, context.conversation.id, here.platform, here.chat, asked.about)
    if not found:
        raise NothingToMail
    return tuple(found)


def _form(tx: Tx, context: Context, about: Sequence[int]) -> Form:
    conversation = context.conversation
    meant = transcripts.choices(tx, conversation.id, OFFERED, about) if about else []
    known = {one.id for one in meant}
    newest = [one for one in transcripts.choices(tx, conversation.id, OFFERED) if one.id not in known]
    offered, language = [*meant, *reversed(newest)][:OFFERED], team.language_of(tx, context.operator)
    fields = (
        TextField(name="to", label=Phrase("To"), hint=Phrase("An e-mail address, or a few with commas between."), longest=400),
        TextField(name="subject", label=Phrase("Subject"), value=_subject(tx, context), longest=SUBJECT_LONGEST),
        ChoiceField(
            name="messages",
            label=Phrase("Only these messages"),
            options=tuple(Option(str(one.id), _label(one, language)) for one in offered),
            chosen=tuple(str(one.id) for one in meant),
            many=True,
            optional=True,
            hint=Phrase("Choose none to send the whole conversation."),
        ),
        ChoiceField(
            name="notes",
            label=Phrase("Notes"),
            options=(Option(WITH_NOTES, Phrase("With the team's notes")),),
            chosen=(WITH_NOTES,) if any(one.is_note for one in meant) else (),
            many=True,
            optional=True,
            hint=Phrase("The client has never seen them."),
        ),
    )
    token = token_of(conversation, *(one.id for one in meant[:TOKEN_HOLDS]))
    return Form(verb=Verb.EMAIL, token=token, title=Phrase("Send to Email"), fields=fields, submit=Phrase("Send"))


def _subject(tx: Tx, context: Context) -> str:
    """The usual one, in the language of the group, as the letter is."""
    usual = default_subject(conversations.client_name(tx, context.conversation.client_id))
    return str(in_language(usual, _language(tx, context)))[:SUBJECT_LONGEST]


def _language(tx: Tx, context: Context) -> str:
    return team.settings_of(tx, context.conversation.group_id).language


def _label(one: Choice, language: str) -> str:
    words = f"{'🔒 ' if one.is_note else ''}{one.author}: {' '.join(one.body.to_plain().split())}"
    when = in_language(clock_words(one.at), language).removesuffix(" UTC")
    room = LABEL_LONGEST - len(when) - 3
    return f"{when} · {words if len(words) <= room else words[: room - 1] + '…'}"


def _typed(tx: Tx, context: Context, asked: Asked) -> Letter:
    addresses, subject = split_words(asked.words)
    return Letter(
        checked_addresses(addresses),
        checked_subject(subject or _subject(tx, context)),
        _about(tx, context, asked) or None,
        notes=False,
    )


def _filled(asked: Asked) -> Letter:
    chosen = tuple(row_of(value) or 0 for value in asked.chosen("messages"))
    return Letter(
        checked_addresses(asked.value("to")),
        checked_subject(asked.value("subject")),
        chosen or None,
        notes=WITH_NOTES in asked.chosen("notes"),
    )


def _check(tx: Tx, context: Context, letter: Letter) -> None:
    """Whether it may go there, and there is something to send. Raises a refusal for a field of the form."""
    theirs = transcripts.address_of_client(tx, context.conversation.client_id)
    if not context.operator.has(Permission.EMAIL_ANYWHERE):
        known = {*transcripts.addresses_of_operators(tx), *filter(None, (theirs,))}
        for address in letter.to:
            if not may_mail(address, domains=tx.policy.mail_domains, known=known):
                domains = joined("", [Phrase(", to {domain}", domain=domain) for domain in sorted(tx.policy.mail_domains)])
                raise ForeignAddress(address=address, domains=domains)
    if letter.notes and theirs and theirs.casefold() in {address.casefold() for address in letter.to}:
        raise NotesStay(address=theirs)
    found = transcripts.choices(tx, context.conversation.id, OFFERED, letter.only)
    if not any(letter.notes or not one.is_note for one in found):
        raise NothingToMail


def _queue(tx: Tx, context: Context, letter: Letter) -> None:
    actor, mirror = context.actor, context.mirror
    place = {"port": mirror.port, "chat": mirror.chat, "thread": mirror.thread} if mirror is not None else None
    for address in letter.to:
        payload: dict[str, object] = {
            "subject": letter.subject,
            "key": secrets.token_hex(12),
            "upto": context.conversation.last_seq,
            "only": list(letter.only) if letter.only is not None else None,
            "notes": letter.notes,
            "asked_by": context.operator.name,
            "place": place,
            "port": port_of(actor.platform),
            "person": actor.external_id,
            "language": _language(tx, context),
        }
        outbox.queue(
            tx,
            Delivery(
                lane=f"{PORT}:{address}",
                port=PORT,
                chat=address,
                op="mail",
                conversation_id=context.conversation.id,
                payload=payload,
            ),
        )


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.EMAIL: email}
