"""Signatures, the same both ways: HMAC-SHA256 over time and body, good for five minutes."""

from __future__ import annotations

import hashlib
import hmac
import time

TIMESTAMP = "X-Relaydesk-Timestamp"
SIGNATURE = "X-Relaydesk-Signature"
CONTENT = "X-Relaydesk-Content-SHA256"
"""Of an upload: the hex SHA-256 of its bytes, which is what is signed, so that nothing is read from a stranger."""
SECONDS = 300


def sign(secret: str, stamp: str, body: bytes) -> str:
    """What stands in the header."""
    return "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, stamp: str, body: bytes, given: str, now: float | None = None) -> bool:
    """Whether somebody who knows the secret has signed this within five minutes."""
    fresh = stamp.isascii() and stamp.isdecimal() and abs((now or time.time()) - int(stamp)) <= SECONDS
    return fresh and hmac.compare_digest(sign(secret, stamp, body).encode(), given.encode())


def file_signature(secret: str, number: int, expires: int) -> str:
    """What opens a file's address until ``expires`` (milliseconds)."""
    return hmac.new(secret.encode(), f"file.{number}.{expires}".encode(), hashlib.sha256).hexdigest()
