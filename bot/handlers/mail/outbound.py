"""Letters through an SMTP server, one connection each, and what its answers mean for a delivery.

Until the last line of a letter is sent it surely has not gone (RFC 5321, 4.2.5), so all trouble before that is to try again.
Afterwards nobody can be asked: the letter goes once more, with the same Message-ID, by which servers and mail programs can tell.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from ssl import SSLError

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from bot.delivery.ports import Ambiguous, Letter, Outcome, Parcel, Permanent, Retry, Sent, Unsupported
from bot.domain.files import File
from bot.domain.ids import ConversationId
from bot.domain.phrase import Phrase
from bot.handlers.mail.compose import Attached, address_of, compose, fitting
from bot.handlers.shared.files import Files
from bot.store import transcripts
from bot.store.engine import Store

HELLO_SECONDS = 9.0
DATA_SECONDS = 9.0
SLOWEST = 200_000
"""Bytes a second a server may take; a letter with files has the time of one."""
PATIENCE = (20.0, 120.0, 300.0, 600.0)
"""Pauses when a server asks to come back later; greylisting servers mean some minutes by that (RFC 6647)."""
REMEDY_SECONDS = 60.0
"""How long to wait for a person who has to mend the settings."""
SILENT = Phrase("the mail server does not answer")
FOREVER = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server and who we are to it. ``tls``: ``starttls``, ``tls`` or ``none``; ``sender`` with or without a name."""

    host: str
    port: int
    tls: str
    sender: str
    username: str | None = None
    password: str | None = None

    def connection(self) -> SMTP:
        """A connection that is not open yet; opening it logs in."""
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            timeout=HELLO_SECONDS,
            local_hostname=_own_name(),
        )


class MailPort:
    """The port ``mail``."""

    def __init__(self, store: Store, server: Server) -> None:
        self._store = store
        self._server = server
        self._files = Files(store)
        self._put_off: dict[int, int] = {}

    async def deliver(self, parcel: Parcel) -> Outcome:
        """See :class:`bot.delivery.ports.Port`."""
        letter = parcel.body
        if not isinstance(letter, Letter):
            return Unsupported(Phrase("Mail carries conversations only."))
        conversation_id = ConversationId(letter.conversation_id)
        told = await self._store.read(
            lambda tx: transcripts.load(tx, conversation_id, upto=letter.upto, only=letter.only, notes=letter.notes)
        )
        if told is None or not told.lines:
            return Permanent(Phrase("There is nothing left of it to send."))
        to, language = parcel.address.chat, parcel.language
        attached = [Attached(file.name, file.mime, await self._content(file)) for file in fitting(told)[0]]
        message = await asyncio.to_thread(lambda: compose(self._server.sender, to, letter, told, attached, language).as_bytes())
        outcome = await self._send(to, message, parcel.delivery_id)
        if not isinstance(outcome, Retry):
            self._put_off.pop(parcel.delivery_id, None)
        return outcome

    async def _content(self, file: File) -> bytes:
        return b"".join([piece async for piece in self._files.pieces(file.id)])

    async def _send(self, to: str, message: bytes, delivery_id: int) -> Outcome:
        smtp = self._server.connection()
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                await smtp.connect()
                await smtp.mail(address_of(self._server.sender))
                await smtp.rcpt(to)
        except SMTPRecipientRefused as refused:
            return self._recipient_refused(refused, delivery_id)
        except (SMTPException, OSError, TimeoutError) as error:
            return unready(error)
        else:
            return await self._hand_over(smtp, message, delivery_id)
        finally:
            smtp.close()

    async def _hand_over(self, smtp: SMTP, message: bytes, delivery_id: int) -> Outcome:
        try:
            async with asyncio.timeout(DATA_SECONDS + len(message) / SLOWEST):
                await smtp.data(message)
        except SMTPResponseException as refused:
            if refused.code >= FOREVER:
                return Permanent(Phrase("The mail server refuses the letter: {said}", said=words_of(refused)))
            return self._later(words_of(refused), delivery_id)
        except (SMTPException, OSError, TimeoutError):
            return Ambiguous(Phrase("the connection to the mail server broke"))
        return Sent()

    def _recipient_refused(self, refused: SMTPRecipientRefused, delivery_id: int) -> Outcome:
        if refused.code >= FOREVER:
            return Permanent(Phrase("The mail server does not take this address: {said}", said=words_of(refused)))
        return self._later(words_of(refused), delivery_id)

    def _later(self, said: str, delivery_id: int) -> Retry:
        before = self._put_off.get(delivery_id, 0)
        self._put_off[delivery_id] = before + 1
        pause = PATIENCE[min(before, len(PATIENCE) - 1)]
        return Retry(Phrase("the mail server asks to come back later ({said})", said=said), after=pause, counted=False)


def unready(error: Exception) -> Retry:
    """Why nothing can be sent to anybody now, in words that name the setting where one is wrong."""
    if isinstance(error, SMTPAuthenticationError | SMTPNotSupported):
        reason = Phrase("the mail server refuses our login: set RELAYDESK_SMTP__USERNAME and RELAYDESK_SMTP__PASSWORD")
    elif isinstance(error, SMTPSenderRefused) and error.code >= FOREVER:
        reason = Phrase("the mail server refuses our sender: set RELAYDESK_SMTP__SENDER ({said})", said=words_of(error))
    elif isinstance(error, SSLError) or isinstance(error.__cause__, SSLError):
        reason = Phrase(
            "the mail server can't be spoken to safely: look at its certificate, RELAYDESK_SMTP__HOST and RELAYDESK_SMTP__TLS"
        )
    elif isinstance(error, SMTPResponseException):
        return Retry(Phrase("the mail server is busy ({said})", said=words_of(error)), scope="account", counted=False)
    elif isinstance(error, SMTPException) and "STARTTLS" in str(error):
        reason = Phrase("the mail server offers no STARTTLS: set RELAYDESK_SMTP__TLS")
    else:
        return Retry(SILENT, scope="account", counted=False)
    return Retry(reason, after=REMEDY_SECONDS, scope="account", counted=False)


def words_of(error: SMTPResponseException) -> str:
    """What the server said, in one line."""
    said = " ".join(str(error.message).split())
    return f"{error.code} {said}"[:200]


def _own_name() -> str:
    """What we call ourselves; a name without a dot is none to a mail server (RFC 5321, 4.1.3 and 4.1.4)."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
