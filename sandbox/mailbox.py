"""An SMTP mailbox on loopback: takes every letter, keeps it, shows it."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.faults import AFTER, Faults, drops
from sandbox.feed import Feed
from sandbox.people import Mistake, person


class Mailbox:
    """The letters received so far, oldest first. Any login is welcome; ``logins`` keeps the names.

    Faults: platform ``mail``, method ``send``, arguments ``sender`` and ``to``;
    ``error`` answers with the fault's own SMTP reply, ``status`` and ``rate_limit`` with 451.
    """

    def __init__(self, feed: Feed, faults: Faults) -> None:
        self.feed = feed
        self.faults = faults
        self.letters: list[dict[str, Any]] = []
        self.logins: list[str] = []
        self.refuse_login = False
        self.host = "127.0.0.1"
        self.port = 0
        self._server: asyncio.Server | None = None
        self._raw: list[bytes] = []

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. The SMTP protocol of aiosmtpd runs in this loop; its threaded Controller is not needed."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(
                self,
                loop=loop,
                hostname="sandbox",
                enable_SMTPUTF8=True,
                authenticator=self._log_in,
                auth_require_tls=False,
            ),
            host,
            port,
        )
        self.host, self.port = self._server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def _log_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object) -> AuthResult:
        if isinstance(login, LoginPassword):
            self.logins.append(login.login.decode(errors="replace"))
        return AuthResult(success=not self.refuse_login, handled=False)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]) -> str:
        """aiosmtpd's hook: may a letter go to this address? The fault ``rcpt`` refuses, e.g. ``550 5.1.1`` or ``451 4.7.1``."""
        fault = await self.faults.meet("mail", "rcpt", {"to": address})
        if fault is not None and fault.kind in ("drop_before", "drop_after"):
            _hang_up(server)
            return "421 gone"
        if fault is not None:
            return fault.error or "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def down(self) -> None:
        """Refuse connections from now on, as a server that is switched off."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def up(self) -> None:
        """Listen again, at the address from before."""
        if self._server is None:
            await self.open(self.host, self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd's hook: one whole letter has arrived."""
        asked = {"sender": envelope.mail_from, "to": ", ".join(envelope.rcpt_tos)}
        fault = await self.faults.meet("mail", "send", asked)
        if fault is not None and fault.kind == "drop_before":
            _hang_up(server)
            return "421 gone"
        if fault is not None and fault.kind not in AFTER:
            return fault.error or "451 try again later"
        self._keep(envelope)
        if await drops(fault):
            _hang_up(server)
        return "250 kept"

    def _keep(self, envelope: Envelope) -> None:
        raw = envelope.content or b""
        raw = raw.encode() if isinstance(raw, str) else raw
        letter = _parsed(raw)
        number = len(self._raw) + 1
        self._raw.append(raw)
        kept = {
            "id": number,
            "sender": envelope.mail_from or "",
            "to": list(envelope.rcpt_tos),
            "subject": str(letter.get("Subject", "")),
            "from": str(letter.get("From", "")),
            "date": str(letter.get("Date", "")),
            "message_id": str(letter.get("Message-ID", "")),
            "text": _body(letter, "plain"),
            "html": _body(letter, "html"),
            "files": [_file(part) for part in letter.iter_attachments()] if letter.is_multipart() else [],
        }
        self.letters.append(kept)
        self.feed.publish("mail", "received", id=number, subject=kept["subject"], to=kept["to"])

    @person
    def received(self, to: str | None = None) -> list[dict[str, Any]]:
        """Letters so far, those to one address if ``to`` is given."""
        return [letter for letter in self.letters if to is None or to in letter["to"]]

    @person
    def raw(self, letter: int) -> str:
        """One letter as it came over the wire."""
        if not 1 <= letter <= len(self._raw):
            raise Mistake(f"there is no letter {letter}")
        return self._raw[letter - 1].decode(errors="replace")

    def file(self, letter: int, number: int) -> tuple[str, str, bytes]:
        """Name, type and bytes of one attachment."""
        if not 1 <= letter <= len(self._raw):
            raise Mistake(f"there is no letter {letter}")
        parts = list(_parsed(self._raw[letter - 1]).iter_attachments())
        if not 0 <= number < len(parts):
            raise Mistake(f"letter {letter} has no attachment {number}")
        return parts[number].get_filename() or "file", parts[number].get_content_type(), _payload(parts[number])

    @person
    def clear(self) -> None:
        """Empty the mailbox; letters keep their numbers."""
        self.letters.clear()
        self.feed.publish("mail", "cleared")

    def snapshot(self) -> dict[str, Any]:
        """Everything the page shows."""
        return {"host": self.host, "port": self.port, "letters": self.letters, "logins": self.logins}


def _hang_up(server: SMTP) -> None:
    cast(asyncio.WriteTransport, server.transport).abort()  # uvloop's transports are of no class of asyncio's


def _parsed(raw: bytes) -> EmailMessage:
    letter = message_from_bytes(raw, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


def _body(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def _payload(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload
    return bytes(part.get_content()) if part.get_content_type() == "message/rfc822" else b""


def _file(part: Any) -> dict[str, Any]:
    return {
        "name": part.get_filename() or "file",
        "type": part.get_content_type(),
        "size": len(_payload(part)),
    }
