"""The correspondence by e-mail from the commands' side (R64, F55)."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select, update

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.press import Pressed, pressed, shortcut
from bot.domain.actions import Verb
from bot.domain.errors import BadAddress, BadSubject, ManyAddresses
from bot.domain.people import Actor
from bot.domain.screen import ChoiceField, Form, TextField
from bot.domain.transcript import checked_addresses, checked_subject, default_subject, split_words
from bot.store import transcripts
from bot.store.tables import client, delivery, message, message_ref, role
from bot.store.uow import Tx
from tests.commands.conftest import Shop


@pytest.fixture
async def mailing(shop: Shop) -> Shop:
    """The shop with a mail server; every operator may mail to acme.example."""
    policy = shop.store.policy  # type: ignore[attr-defined]
    shop.store.policy = dataclasses.replace(policy, mail=True, mail_domains=frozenset({"acme.example"}))  # type: ignore[attr-defined]
    return shop


async def letters(shop: Shop) -> list[str]:
    return [one["lane"].removeprefix("mail:") for one in await shop.queued("mail")]


async def fills(
    shop: Shop, who: str, to: str, subject: str = "Hello", messages: tuple[str, ...] = (), notes: bool = False
) -> Answer:
    talk = await shop.talk()
    values = {"to": (to,), "subject": (subject,), "messages": messages, "notes": ("yes",) if notes else ()}

    def job(tx: Tx) -> Answer:
        return pressed(tx, Pressed(shop.actor(who), Place("slack", "", ""), "", f"email:{talk.id}.{talk.version}", values))

    return await shop.store.write(job)


def field(form: Form | None, name: str) -> TextField | ChoiceField:
    assert form is not None
    return next(one for one in form.fields if one.name == name)


async def ids(shop: Shop) -> list[int]:
    return list(await shop.does(lambda tx: tx.execute(select(message.c.id).order_by(message.c.seq)).scalars().all()))


async def test_R64_without_a_mail_server_the_verb_says_which_setting_is_missing(shop: Shop) -> None:
    answer = await shop.press("ben", Verb.EMAIL)
    assert answer.refused and "E-mail is not set up here" in answer.text and "RELAYDESK_SMTP__HOST" in answer.text
    assert "Send to Email…" in await shop.menu("ben")


async def test_R64_the_form_has_the_subject_filled_in_and_offers_the_messages(mailing: Shop) -> None:
    slack, _ = await mailing.threads()
    await mailing.press("ben", Verb.START)
    await mailing.writes("ben", "how can I help?", slack)
    await mailing.writes("ben", "note: a big one", slack)
    form = (await mailing.press("ben", Verb.EMAIL)).form
    subject, messages, notes = (field(form, name) for name in ("subject", "messages", "notes"))
    assert isinstance(subject, TextField) and subject.value == "Conversation with Ann"
    assert isinstance(messages, ChoiceField) and isinstance(notes, ChoiceField)
    assert messages.many and messages.optional and messages.chosen == () and notes.chosen == ()
    labels = [one.label.split(" · ")[1] for one in messages.options]
    assert labels == ["🔒 Ben Carter: note: a big one", "Ben Carter: how can I help?", "Ann: hello"]


async def test_R64_a_shortcut_chooses_its_message(mailing: Shop) -> None:
    slack, _ = await mailing.threads()
    await mailing.client_says("second")
    first, second = await ids(mailing)
    post = {"platform": "slack", "chat": slack.chat, "thread": slack.thread, "remote_id": "p2", "origin": False}
    await mailing.does(lambda tx: tx.execute(message_ref.insert(), {"message_id": second, **post}) and None)
    actor, place = Actor("slack", "Uben", "shortcut"), Place("slack", slack.chat, slack.thread)
    answer = await mailing.does(lambda tx: shortcut(tx, actor, place, Verb.EMAIL, ("p2",)))
    chosen = field(answer.form, "messages")
    assert isinstance(chosen, ChoiceField) and chosen.chosen == (str(second),)
    assert [one.value for one in chosen.options] == [str(second), str(first)]
    nothing = await mailing.does(lambda tx: shortcut(tx, actor, place, Verb.EMAIL, ("p9",)))
    assert nothing.refused and nothing.text.startswith("There is nothing to send")


async def test_R64_one_delivery_for_each_address_and_the_journal_knows(mailing: Shop) -> None:
    answer = await fills(mailing, "ben", "olga@example.com, x@acme.example ,olga@Example.com")
    assert answer.text == "On its way to olga@example.com and x@acme.example. You will be told when it has gone."
    assert await letters(mailing) == ["olga@example.com", "x@acme.example"]
    assert "Ben Carter: asked for an e-mail" in await mailing.journal()
    keys = {one["payload"]["key"] for one in await mailing.queued("mail")}
    assert len(keys) == 2


async def test_R64_typed_with_and_without_a_subject(mailing: Shop) -> None:
    slack, _ = await mailing.threads()
    assert (await mailing.writes("ben", "!email olga@example.com", slack)).startswith("On its way to olga@example.com.")
    await mailing.writes("ben", "!email olga@example.com, sue@example.com  The refund  of Ann", slack)
    subjects = [one["payload"]["subject"] for one in await mailing.queued("mail")]
    assert subjects == ["Conversation with Ann", "The refund  of Ann", "The refund  of Ann"]
    assert (await mailing.writes("ben", "!email hello", slack)).startswith("“hello” is not an e-mail address")


@pytest.mark.parametrize(
    ("to", "subject", "where"),
    [
        ("ann@example.com\r\nBcc: all@evil.example", "Hello", "to"),
        ("ann@example.com\nBcc: all@evil.example", "Hello", "to"),
        ("olga@example.com", "Hello\r\nBcc: all@evil.example", "subject"),
        ("olga@example.com", "Hello\nX: y", "subject"),
        ("olga@example.com", "Hello\u2028X: y", "subject"),
        ("olga@example.com", "x" * 151, "subject"),
        ("olga@example.com", "", "subject"),
        ("olga@example.com>,<x@evil.example", "Hello", "to"),
        ("", "Hello", "to"),
        ("olga", "Hello", "to"),
        ("olga@localhost", "Hello", "to"),
        ("olga@exa mple.com", "Hello", "to"),
        ('"a b"@example.com', "Hello", "to"),
        (",".join(f"{one}@acme.example" for one in "abcdef"), "Hello", "to"),
        ("x@evil.example", "Hello", "to"),
        ("x@sub.acme.example", "Hello", "to"),
        ("olga@example.com,x@evil.example", "Hello", "to"),
    ],
)
async def test_F55_what_could_be_a_header_or_a_strangers_address_is_refused(
    mailing: Shop, to: str, subject: str, where: str
) -> None:
    answer = await fills(mailing, "ben", to, subject)
    assert answer.refused and answer.errors.keys() == {where}
    assert await letters(mailing) == []


async def test_F55_who_may_mail_where(mailing: Shop) -> None:
    known = update(client).values(identifiers='{"email": "Ann@home.example"}')
    await mailing.does(lambda tx: tx.execute(known) and None)
    assert not (await fills(mailing, "ben", "ann@home.example")).refused
    refused = await fills(mailing, "ben", "x@evil.example")
    assert refused.text == (
        "You may mail to operators, to the client's own address, to acme.example, but not to x@evil.example: "
        "that needs “email_anywhere”."
    )
    await mailing.switch_off("sue")
    assert (await fills(mailing, "ben", "sue@example.com")).refused
    assert not (await fills(mailing, "ada", "x@evil.example")).refused
    lead = update(role).where(role.c.name == "lead").values(permissions='["email_anywhere"]')
    await mailing.does(lambda tx: tx.execute(lead) and None)
    assert not (await fills(mailing, "lead", "x@evil.example")).refused


async def test_R64_notes_go_only_when_ticked_and_never_to_the_client(mailing: Shop) -> None:
    slack, _ = await mailing.threads()
    await mailing.writes("ben", "note: a secret", slack)
    await mailing.press("olga", Verb.START)
    await mailing.writes("ben", "held words", slack)
    talk = await mailing.talk()

    async def told(*, notes: bool, only: list[int] | None = None) -> list[str]:
        found = await mailing.does(lambda tx: transcripts.load(tx, talk.id, upto=99, only=only, notes=notes))
        return [line.body.to_plain() for line in found.lines]

    assert await told(notes=False) == ["hello"]
    assert await told(notes=True) == ["hello", "note: a secret"]
    note = (await ids(mailing))[1]
    assert await told(notes=False, only=await ids(mailing)) == ["hello"]
    answer = await fills(mailing, "ben", "olga@example.com", messages=(str(note),))
    assert answer.refused and answer.errors.keys() == {"messages"}
    assert not (await fills(mailing, "ben", "olga@example.com", messages=(str(note),), notes=True)).refused
    known = update(client).values(identifiers='{"email": "ann@acme.example"}')
    await mailing.does(lambda tx: tx.execute(known) and None)
    answer = await fills(mailing, "ada", "ANN@acme.example", notes=True)
    assert answer.refused and answer.errors.keys() == {"notes"} and "Notes never go to the client" in answer.text


async def test_F68_messages_of_another_conversation_cannot_be_slipped_in(mailing: Shop) -> None:
    await mailing.client_says("Bob's words", "bob")
    foreign = (await ids(mailing))[1:]
    answer = await fills(mailing, "ben", "olga@example.com", messages=tuple(map(str, foreign)))
    assert answer.refused and await letters(mailing) == []
    assert (await fills(mailing, "sue", "olga@example.com")).text.startswith("This conversation belongs to")


async def test_R64_what_was_deleted_or_said_later_is_not_sent(mailing: Shop) -> None:
    await mailing.client_says("second")
    talk = await mailing.talk()
    await mailing.client_says("third")
    first = (await ids(mailing))[0]
    await mailing.does(lambda tx: tx.execute(update(message).where(message.c.id == first).values(deleted_at=1)) and None)
    found = await mailing.does(lambda tx: transcripts.load(tx, talk.id, upto=talk.last_seq, only=None, notes=False))
    assert [line.body.to_plain() for line in found.lines] == ["second"]
    assert found.client == "Ann" and found.channel == "Website chat · site"


async def test_R64_a_very_long_talk_says_how_much_is_left_out(mailing: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MOST", 2)
    for number in range(3):
        await mailing.client_says(f"more {number}")
    talk = await mailing.talk()
    found = await mailing.does(lambda tx: transcripts.load(tx, talk.id, upto=99, only=None, notes=False))
    assert [line.body.to_plain() for line in found.lines] == ["more 1", "more 2"] and found.left_out == 2


async def test_R64_while_the_server_is_known_to_be_away_the_answer_says_so(mailing: Shop) -> None:
    from bot.store import buckets

    def block(tx: Tx) -> None:
        found = buckets.load(tx, {"mail:account"})
        found["mail:account"].blocked_until, found["mail:account"].changed = tx.now + 60_000, True
        found["mail:account"].reason = "the mail server does not answer"
        buckets.save(tx, found)

    await mailing.does(block)
    answer = await fills(mailing, "ben", "olga@example.com")
    assert answer.text == (
        "The mail to olga@example.com waits and will be sent: the mail server does not answer. You will be told when it has gone."
    )
    assert len(await mailing.does(lambda tx: tx.execute(select(delivery).where(delivery.c.op == "mail")).all())) == 1


def test_R64_addresses_and_subjects() -> None:
    assert checked_addresses(" a.b+c@Ex-ample.COM ,, d@münchen.example") == ("a.b+c@ex-ample.com", "d@xn--mnchen-3ya.example")
    for bad in (
        "a@b",
        "@b.example",
        "a@-b.example",
        "a..b@b.example",
        "a@b.example\n",
        "a\u200b@b.example",
        "ä@b.example",
        "a b@c.d",
    ):
        with pytest.raises(BadAddress):
            checked_addresses(bad)
    with pytest.raises(ManyAddresses):
        checked_addresses(",".join(f"{one}@b.example" for one in range(6)))
    assert split_words("a@b.c, d@e.f , g@h.i The  subject") == ("a@b.c, d@e.f , g@h.i", "The  subject")
    assert split_words("a@b.c") == ("a@b.c", "")
    assert default_subject("Ann\r\nBcc: x \u202eevil") == "Conversation with Ann Bcc: x evil"
    with pytest.raises(BadSubject):
        checked_subject("a\x00b")
