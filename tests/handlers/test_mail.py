"""Letters over real SMTP: what they look like, and what a server's answers mean (R64, F54, F55, F73)."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from email import message_from_string, policy
from html.parser import HTMLParser

import pytest

from bot.delivery.ports import Address, Ambiguous, Letter, Notice, Parcel, Permanent, Retry, Sent, Unsupported
from bot.domain.actions import Verb
from bot.domain.ids import Moment
from bot.domain.text import Paragraph, RichText, Span, Style
from bot.domain.transcript import Line, Transcript
from bot.handlers.mail.compose import compose
from bot.handlers.mail.outbound import SILENT, MailPort, Server
from bot.handlers.mail.platform import MailPlatform
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.mailbox import Mailbox
from tests.commands.conftest import Shop, shop, store, stores

__all__ = ["shop", "store", "stores"]

SENDER = "Northwind Support <support@northwind.example>"
AT = 1_795_000_000_000
LETTER = Letter("Conversation with Ann", "k1", 1, 99, None, False, "Olga Ivanova", AT)
PARCEL = Parcel(7, Address("boss@acme.example"), LETTER)
EVIL = "</div><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} {% raw %} &amp;"


def line(text: RichText | str, *, kind: str = "client", author: str = "Ann", at: int = AT) -> Line:
    return Line(kind, author, RichText.plain(text) if isinstance(text, str) else text, Moment(at))


def talk(*lines: Line, client: str = "Ann", left_out: int = 0) -> Transcript:
    return Transcript(client=client, channel="Website chat · site", group="Sales", lines=lines, left_out=left_out)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    made = Mailbox(Feed(), Faults())
    await made.open()
    yield made
    await made.close()


def server(mailbox: Mailbox, **more: str) -> Server:
    return dataclasses.replace(Server(host=mailbox.host, port=mailbox.port, tls="none", sender=SENDER), **more)  # type: ignore[arg-type]


@pytest.fixture
def port(mailbox: Mailbox, shop: Shop) -> MailPort:
    return MailPort(shop.store, server(mailbox))


async def test_R64_a_letter_has_text_and_html_names_times_and_the_zone(shop: Shop, port: MailPort, mailbox: Mailbox) -> None:
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    await shop.writes("olga", "how can I help?", slack)
    await shop.writes("ben", "note: a secret", slack)
    assert await port.deliver(PARCEL) == Sent()
    (letter,) = mailbox.letters
    assert (letter["sender"], letter["to"], letter["from"]) == ("support@northwind.example", ["boss@acme.example"], SENDER)
    assert letter["subject"] == "Conversation with Ann" and letter["message_id"] == "<relaydesk.k1@northwind.example>"
    assert letter["date"] == "Wed, 18 Nov 2026 11:06:40 +0000"
    text, html = letter["text"].replace("\r\n", "\n"), letter["html"]
    assert "Sent by Olga Ivanova. All times are UTC." in text and "Website chat · site · Sales" in text
    assert "  Ann\n    hello\n" in text and "  Olga Ivanova\n    how can I help?\n" in text
    assert "secret" not in text + html and "held" not in text + html
    assert "how can I help?" in html and "All times are UTC" in html


async def test_R64_notes_stand_apart_when_they_are_asked_for(shop: Shop, port: MailPort, mailbox: Mailbox) -> None:
    slack, _ = await shop.threads()
    await shop.writes("ben", "note: a secret", slack)
    assert await port.deliver(dataclasses.replace(PARCEL, body=dataclasses.replace(LETTER, notes=True))) == Sent()
    (letter,) = mailbox.letters
    assert "Ben Carter (note, not seen by the client)\n    note: a secret" in letter["text"].replace("\r\n", "\n")
    assert "🔒 note, not seen by the client" in letter["html"]


async def test_R64_the_same_letter_again_bears_the_same_number_and_date(port: MailPort, mailbox: Mailbox) -> None:
    mailbox.faults.add("mail", "send", "drop_after")
    assert await port.deliver(PARCEL) == Ambiguous("the connection to the mail server broke")
    assert await port.deliver(PARCEL) == Sent()
    first, second = mailbox.letters
    assert first["message_id"] == second["message_id"] and first["date"] == second["date"]


async def test_R64_a_letter_is_in_the_language_of_the_operator_who_asked(shop: Shop, port: MailPort, mailbox: Mailbox) -> None:
    slack, _ = await shop.threads()
    await shop.writes("ben", "note: a secret", slack)
    asked = dataclasses.replace(LETTER, subject="Переписка с Ann", notes=True, only=tuple(range(1, 9)))
    assert await port.deliver(dataclasses.replace(PARCEL, body=asked, language="ru")) == Sent()
    (letter,) = mailbox.letters
    text, html = letter["text"].replace("\r\n", "\n"), letter["html"]
    assert text.startswith("Переписка с клиентом: Ann\n") and "Отправитель: Olga Ivanova. Время указано по UTC.\n" in text
    assert "Здесь только часть сообщений обращения." in text and "  Ann\n    hello\n" in text
    assert "Ben Carter (заметка, клиент её не видит)\n    note: a secret" in text
    assert '<html lang="ru">' in html and "Переписка с клиентом: <bdi>Ann</bdi></h1>" in html
    assert "🔒 заметка, клиент её не видит" in html and "Отправитель: <bdi>Olga Ivanova</bdi>." in html


def test_R64_days_and_numbers_are_said_as_the_language_says_them() -> None:
    text = compose(SENDER, "x@acme.example", LETTER, talk(line("one"), left_out=3), language="ru").get_body(("plain",))
    assert text is not None
    assert "--- 18 ноября 2026 ---" in text.get_content()
    assert "Не поместилось в письмо: 3 более ранних сообщения." in text.get_content()


@pytest.mark.parametrize(
    ("what", "fault", "outcome"),
    [
        (
            "rcpt",
            {"kind": "error", "error": "550 5.1.1 no such user"},
            Permanent("The mail server does not take this address: 550 5.1.1 no such user"),
        ),
        (
            "rcpt",
            {"kind": "error", "error": "451 4.7.1 Greylisted, come back"},
            Retry("the mail server asks to come back later (451 4.7.1 Greylisted, come back)", after=20.0, counted=False),
        ),
        ("rcpt", {"kind": "drop_before"}, Retry(SILENT, scope="account", counted=False)),
        ("send", {"kind": "error", "error": "554 5.7.1 spam"}, Permanent("The mail server refuses the letter: 554 5.7.1 spam")),
        (
            "send",
            {"kind": "error", "error": "452 4.3.1 full"},
            Retry("the mail server asks to come back later (452 4.3.1 full)", after=20.0, counted=False),
        ),
        ("send", {"kind": "drop_before"}, Ambiguous("the connection to the mail server broke")),
    ],
)
async def test_R64_what_the_server_answers(
    port: MailPort, mailbox: Mailbox, what: str, fault: dict[str, str], outcome: object
) -> None:
    mailbox.faults.add("mail", what, **fault)  # type: ignore[arg-type]
    assert await port.deliver(PARCEL) == outcome
    assert mailbox.letters == []


async def test_R64_a_greylisting_server_is_asked_less_and_less_often(port: MailPort, mailbox: Mailbox) -> None:
    mailbox.faults.add("mail", "rcpt", "error", times=5, error="451 4.7.1 later")
    pauses = [(await port.deliver(PARCEL)).after for _ in range(5)]  # type: ignore[union-attr]
    assert pauses == [20.0, 120.0, 300.0, 600.0, 600.0]
    assert await port.deliver(PARCEL) == Sent()


async def test_F20_a_server_that_is_away_has_surely_not_got_it(port: MailPort, mailbox: Mailbox) -> None:
    await mailbox.down()
    assert await port.deliver(PARCEL) == Retry(SILENT, scope="account", counted=False)
    await mailbox.up()
    assert await port.deliver(PARCEL) == Sent()


async def test_F73_wrong_settings_are_told_by_name_and_without_their_values(shop: Shop, mailbox: Mailbox) -> None:
    starttls = MailPlatform(shop.store, server(mailbox, tls="starttls", username="desk", password="geheim-123"))
    outcome = await starttls.ports["mail"].deliver(PARCEL)
    assert outcome == Retry("the mail server offers no STARTTLS: set RELAYDESK_SMTP__TLS", 60.0, "account", counted=False)
    (finding,) = await starttls.check([])
    assert not finding.ok and finding.remedy == "set RELAYDESK_SMTP__TLS" and "geheim-123" not in repr(finding)
    tls = MailPlatform(shop.store, server(mailbox, tls="tls"))
    (finding,) = await tls.check([])
    assert not finding.ok and "RELAYDESK_SMTP__" in finding.remedy
    mailbox.refuse_login = True
    login = MailPlatform(shop.store, server(mailbox, username="desk", password="geheim-123"))
    (finding,) = await login.check([])
    assert not finding.ok and finding.remedy == "set RELAYDESK_SMTP__USERNAME and RELAYDESK_SMTP__PASSWORD"
    assert (await login.ports["mail"].deliver(PARCEL)).scope == "account"  # type: ignore[union-attr]
    mailbox.refuse_login = False
    (finding,) = await login.check([])
    assert finding.ok and finding.what == f"mail: 127.0.0.1:{mailbox.port}, without TLS, logged in"
    await mailbox.down()
    (finding,) = await login.check([])
    assert not finding.ok and "does not answer" in finding.what and "RELAYDESK_SMTP__HOST" in finding.remedy


async def test_R64_what_is_no_letter_or_has_nothing_to_say(port: MailPort, mailbox: Mailbox) -> None:
    assert isinstance(await port.deliver(dataclasses.replace(PARCEL, body=Notice("hello"))), Unsupported)
    gone = dataclasses.replace(PARCEL, body=dataclasses.replace(LETTER, conversation_id=404))
    assert isinstance(await port.deliver(gone), Permanent)
    assert mailbox.letters == []


class Seen(HTMLParser):
    """What a mail program would make of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.risky: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            if name.startswith("on") or name == "src":
                self.risky.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        self.words += data


def test_F54_client_words_are_inert_in_a_letter() -> None:
    links = RichText(
        (
            Paragraph(
                (
                    Span("bad", link="javascript:alert(1)"),
                    Span("worse", link="data:text/html,x"),
                    Span("inner", link="tg://resolve?domain=x"),
                    Span("quote", link='https://a.example/"onmouseover="x'),
                    Span("good", frozenset({Style.BOLD}), "https://a.example/?a=1&b=2"),
                )
            ),
        )
    )
    letter = compose(SENDER, "x@acme.example", LETTER, talk(line(EVIL, author=EVIL), line(links), client=EVIL))
    html = letter.get_body(("html",))
    assert html is not None
    seen = Seen(html.get_content())
    allowed = {"html", "head", "meta", "title", "style", "body", "div", "h1", "bdi", "p", "br", "strong", "a"}
    assert seen.tags <= allowed and seen.risky == [] and seen.links == ["https://a.example/?a=1&b=2"]
    assert seen.words.count("<script>alert(1)</script>") == 3 and "{{ 7*7 }}" in seen.words and "49" not in seen.words


def test_F54_nobody_can_write_what_looks_like_somebody_elses_line() -> None:
    forged = "hi\n10:43  Olga Ivanova\nI give you a refund\r10:44  Olga\u2028yes\x0byes\x85yes"
    text = compose(SENDER, "x@acme.example", LETTER, talk(line(forged, author="Ann\n10:43  Olga"))).get_body(("plain",))
    assert text is not None
    rows = text.get_content().splitlines()
    body = rows[rows.index("11:06  Ann 10:43 Olga") + 1 :]
    assert body[:7] == [
        f"    {row}" for row in ("hi", "10:43  Olga Ivanova", "I give you a refund", "10:44  Olga", "yes", "yes", "yes")
    ]


def test_F55_a_header_takes_one_line_only() -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        compose(SENDER, "x@acme.example\r\nBcc: y@evil.example", LETTER, talk(line("hi")))
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        compose(SENDER, "x@acme.example", dataclasses.replace(LETTER, subject="Hi\r\nBcc: y@evil.example"), talk(line("hi")))


def test_R64_every_script_survives_and_no_line_is_too_long_for_a_server() -> None:
    words = "Привет, ё! 你好 مرحبا 👩‍👩‍👧 " + "x" * 5_000
    letter = compose(SENDER, "x@acme.example", dataclasses.replace(LETTER, subject="Разговор с Анной"), talk(line(words)))
    raw = letter.as_bytes()
    assert raw.isascii() and max(len(row) for row in raw.split(b"\r\n")) <= 998
    again = message_from_string(raw.decode(), policy=policy.default)
    assert again["Subject"] == "Разговор с Анной"
    plain = again.get_body(("plain",))
    assert plain is not None and words.rstrip() in plain.get_content()


def test_R64_days_are_told_and_what_was_left_out() -> None:
    transcript = talk(line("one"), line("two", at=AT + 86_400_000), left_out=3)
    text = compose(SENDER, "x@acme.example", dataclasses.replace(LETTER, only=(1, 2)), transcript).get_body(("plain",))
    assert text is not None
    told = text.get_content()
    assert "--- 18 November 2026 ---" in told and "--- 19 November 2026 ---" in told
    assert "3 older messages had no room in this letter." in told and "Only some messages of the conversation." in told
