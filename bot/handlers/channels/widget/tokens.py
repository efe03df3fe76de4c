"""Who a visitor is: a random token that only the browser keeps. The store knows its hash alone (F74)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode

from bot.domain.phrase import Phrase

RANDOM_BYTES = 24
SIGNATURE_BYTES = 12
_SHAPE = re.compile(r"[A-Za-z0-9_-]{48}")
_RANDOM_CHARS = RANDOM_BYTES * 4 // 3


class Tokens:
    """Makes tokens and recognises its own, so that a visitor who has not written yet needs no row in the store.

    Nodes that share ``secret`` recognise one another's. Without one it lives as long as the process; then a visitor
    who has not written yet silently gets a new token after a restart, and a known person a new conversation.
    """

    def __init__(self, secret: str = "") -> None:
        self._key = hashlib.sha256(b"relaydesk widget\0" + secret.encode()).digest() if secret else secrets.token_bytes(32)

    def issue(self, channel: str) -> str:
        """A new token for a channel: 192 random bits, signed."""
        random = urlsafe_b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()
        return random + self._signature(channel, random)

    def of_person(self, channel: str, key: str) -> str:
        """The token of somebody the website vouches for: always the same, so that all his browsers share one conversation."""
        random = urlsafe_b64encode(hmac.digest(self._key, f"person\0{channel}\0{key}".encode(), "sha256")[:RANDOM_BYTES]).decode()
        return random + self._signature(channel, random)

    def is_ours(self, token: str, channel: str) -> bool:
        """Whether ``issue`` made it for this channel."""
        return well_formed(token) and hmac.compare_digest(token[_RANDOM_CHARS:], self._signature(channel, token[:_RANDOM_CHARS]))

    def _signature(self, channel: str, random: str) -> str:
        digest = hmac.digest(self._key, f"{channel}\0{random}".encode(), "sha256")
        return urlsafe_b64encode(digest[:SIGNATURE_BYTES]).decode()


def well_formed(token: str) -> bool:
    """Whether it could be a token at all."""
    return _SHAPE.fullmatch(token) is not None


def visitor_of(token: str) -> str:
    """What the store knows of a token: its SHA-256, the client's id on this channel."""
    return hashlib.sha256(token.encode()).hexdigest()


def nameless(visitor: str) -> str:
    """What a visitor is called who gave no name; always the same for the same visitor."""
    return Phrase("Website visitor {code}", code=visitor[:4].upper())


def newcomer(visitor: str) -> str:
    """The topic that wakes a stream which waits for its visitor's first words; short, since topics travel by NOTIFY."""
    return f"widget-new:{visitor[:12]}"
