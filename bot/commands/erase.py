"""Erasing a client: what of him is in the store, and what of him stands on the desks (R125)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.notice import port_of
from bot.commands.perform import Desk
from bot.domain.actions import Button, Verb, row_of
from bot.domain.errors import InTheAir, StaleCard, UnknownClient, WrongName
from bot.domain.ids import ClientId
from bot.domain.names import folded
from bot.domain.phrase import Phrase, joined
from bot.domain.privacy import masked
from bot.domain.screen import Form, Row, Screen, TextField
from bot.store import erasure, journal, retention
from bot.store.erasure import Asker, Traces
from bot.store.uow import Tx

OFFERED = 10
AT_ONCE = 20
"""Conversations that one run of the timetable erases."""
Receipt = dict[str, Any]


def erase(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Find the client, show what will go, have the name typed, erase."""
    if asked.token:
        found = erasure.traces(tx, ClientId(row_of(asked.token) or 0))
        if found is None:
            raise StaleCard
        return Answer(form=_confirm(found)) if asked.values is None else _confirmed(tx, desk, asked, found)
    words = asked.words if asked.values is None else asked.value("client")
    if asked.values is None and not words:
        return Answer(form=_ask())
    return _found(tx, words)


def _ask() -> Form:
    hint = Phrase("The beginning of a name, a phone number, or a client's number like #12.")
    field = TextField(name="client", label=Phrase("Client"), hint=hint, longest=100)
    return Form(verb=Verb.ERASE, token="", title=Phrase("Erase a client"), fields=(field,), submit=Phrase("Find"))


def _found(tx: Tx, words: str) -> Answer:
    clients = erasure.found(tx, words, OFFERED + 1)
    if not clients:
        raise UnknownClient(words=words)
    if len(clients) == 1:
        only = erasure.traces(tx, clients[0][0])
        if only is None:
            raise UnknownClient(words=words)
        return Answer(form=_confirm(only))
    rows = []
    for client_id, name in clients[:OFFERED]:
        there = erasure.traces(tx, client_id)
        button = Button(Verb.ERASE, Phrase("Erase…"), str(client_id), "danger")
        rows.append(Row(title=masked(f"{name} (#{client_id})"), detail=_sum(there) if there else "", buttons=(button,)))
    intro: str = Phrase("Several clients are meant.")
    if len(clients) > OFFERED:
        intro = joined(" ", [intro, Phrase("These are the newest; write more of the name.")])
    return Answer(screen=Screen(title=Phrase("Erase a client"), intro=intro, rows=tuple(rows)))


def _confirm(there: Traces) -> Form:
    name = masked(there.name)
    number = f"#{there.client_id}"
    lines = [
        Phrase("{name} ({number}) and all that was said go for good: {what}.", name=name, number=number, what=_sum(there)),
        Phrase("The threads' posts and the topics on the desks go too; the client's own chat keeps what it has."),
    ]
    if there.letters:
        letters = Phrase(
            "{n} e-mail with the conversation can't be taken back.",
            "{n} e-mails with the conversation can't be taken back.",
            n=there.letters,
        )
        lines.append(letters)
    if there.blacklisted:
        lines.append(Phrase("The client is on the black list; that is forgotten as well."))
    lines.append(Phrase("If this person writes again, it is a new client."))
    hint = Phrase("{name}, or {number}", name=name, number=number)
    return Form(
        verb=Verb.ERASE,
        token=str(there.client_id),
        title=Phrase("Erase a client"),
        fields=(TextField(name="name", label=Phrase("Write the name to confirm"), hint=hint, longest=400),),
        intro=joined("\n", lines),
        submit=Phrase("Erase"),
    )


def _confirmed(tx: Tx, desk: Desk, asked: Asked, there: Traces) -> Answer:
    typed, number = asked.value("name"), f"#{there.client_id}"
    if typed != number and folded(typed) not in (folded(there.name), folded(masked(there.name))):
        raise WrongName(name=masked(there.name), number=number)
    receipt = erase_client(tx, there, Asker(port_of(desk.actor.platform), desk.actor.external_id))
    desk.journal(tx, "erased a client", **receipt)
    if not there.threads:
        return Answer(Phrase("Erased. The receipt is in the journal."))
    words = Phrase(
        "Erased. The copies on the desks go now, and you will be told when they are gone. The receipt is in the journal."
    )
    return Answer(words)


def erase_client(tx: Tx, there: Traces, asker: Asker | None, *, raw: bool = True) -> Receipt:
    """Take the client out of the store and queue the removal of the copies; the receipt, which names nobody.

    ``raw`` as in ``erasure.erase``. Raises ``InTheAir``.
    """
    if not erasure.lock(tx, there):
        raise InTheAir
    proof = erasure.proof(tx, there)
    erasure.erase(tx, there, raw=raw)
    number = erasure.remove_copies(tx, there.threads, asker)
    return {
        "receipt": number,
        "conversations": len(there.conversations),
        "messages": there.messages,
        "notes": there.notes,
        "copies": len(there.threads),
        "letters": there.letters,
        "proof": ", ".join(proof),
    }


def expire(tx: Tx) -> int:
    """Erase conversations that have been closed for longer than their group keeps them; how many."""
    number = 0
    for client_id in retention.expired(tx, AT_ONCE):
        there = erasure.traces(tx, client_id)
        if there is None:
            continue
        try:
            receipt = erase_client(tx, there, None, raw=False)
        except InTheAir:
            continue  # it is nobody's mistake here; the next run looks again
        journal.add(tx, "erased a client", who="relaydesk", way="system", reason="retention", **receipt)
        number += 1
    return number


def _sum(there: Traces) -> str:
    parts = [
        Phrase("{n} message", "{n} messages", n=there.messages),
        Phrase("{n} note on the client", "{n} notes on the client", n=there.notes),
        Phrase("{n} thread or topic", "{n} threads and topics", n=len(there.threads)),
    ]
    return joined(", ", parts)


DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.ERASE: erase}
