"""What the Cloud API's error codes mean for a delivery."""

from __future__ import annotations

import aiohttp

from bot.delivery.ports import Ambiguous, Outcome, Permanent, Retry
from bot.domain.phrase import Phrase
from bot.handlers.channels.whatsapp.codes import reason_of
from bot.handlers.channels.whatsapp.wire import NotUnderstood, Refused

TOKEN_SECONDS = 60.0
PAIR_SECONDS = 6.0
TOKEN = frozenset({0, 10, 190, *range(200, 300)})
BUSY = frozenset({4, 80007, 130429})
PASSING = frozenset({1, 2, 131000, 131016, 133004})
PAIR = 131056


def refused(error: Refused) -> Outcome:
    """The outcome of a call that was refused."""
    if error.code in TOKEN or error.status == 401:
        return Retry(
            Phrase("WhatsApp refuses the token: set RELAYDESK_WHATSAPP__TOKEN anew"), TOKEN_SECONDS, "account", counted=False
        )
    if error.code == PAIR:
        return Retry(Phrase("WhatsApp's limit for one client"), PAIR_SECONDS, "chat", counted=False)
    if error.code in BUSY:
        return Retry(Phrase("WhatsApp's limit for the number"), 1.0, "account", counted=False)
    if error.code in PASSING:
        return Retry(Phrase("WhatsApp can't do it now ({code})", code=error.code))
    return Permanent(reason_of(error.code, error.details))


def read(error: Exception, *, creates: bool) -> Outcome:
    """The outcome of a call that failed. ``creates``: once more might show twice."""
    if isinstance(error, Refused):
        return refused(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Retry(Phrase("no connection to WhatsApp"), scope="account", counted=False)
    if isinstance(error, NotUnderstood):
        words = Phrase("WhatsApp's answer was not understood ({error})", error=str(error))
    else:
        words = Phrase("the connection broke")
    return Ambiguous(words) if creates else Retry(words)
