"""One-time codes that make two accounts one operator, and how often somebody may try one (R1)."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random

from sqlalchemy import delete, insert

from bot.domain.ids import OperatorId
from bot.store import buckets
from bot.store.buckets import Window
from bot.store.secrets import shared
from bot.store.tables import link_code
from bot.store.uow import Tx

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 of them, none of which is taken for another: no I, O, 0 and 1."""
LENGTH = 8
LASTS = 10 * 60_000
"""Milliseconds a code is valid."""
TRIES = 5
"""Wrong codes a person may give within an hour."""


def issue(tx: Tx, operator_id: OperatorId) -> str:
    """A fresh code; the operator's earlier one ends. Only a digest is kept, which the store's own secret goes into."""
    code = "".join(random.choice(LETTERS) for _ in range(LENGTH))
    tx.execute(delete(link_code).where((link_code.c.operator_id == operator_id) | (link_code.c.expires_at <= tx.now)))
    tx.execute(insert(link_code).values(digest=_digest(tx, code), operator_id=operator_id, expires_at=tx.now + LASTS))
    return code


def redeem(tx: Tx, typed: str) -> OperatorId | None:
    """Whose code this is; it is used up with that. None when it is no code, or its time is over."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    if len(code) != LENGTH:
        return None
    query = delete(link_code).where(link_code.c.digest == _digest(tx, code), link_code.c.expires_at > tx.now)
    found = tx.execute(query.returning(link_code.c.operator_id)).scalar()
    return OperatorId(found) if found is not None else None


def may_try(tx: Tx, platform: str, external_id: str) -> bool:
    """Whether this person may give one more code now."""
    window = _window(platform, external_id)
    return buckets.load(tx, {window.key})[window.key].wait_until(window, tx.now) == 0


def was_wrong(tx: Tx, platform: str, external_id: str) -> None:
    """This person has given a wrong code."""
    window = _window(platform, external_id)
    found = buckets.load(tx, {window.key})
    found[window.key].take(window, tx.now)
    buckets.save(tx, found)


def _window(platform: str, external_id: str) -> Window:
    return Window(f"link:{platform}:{external_id}", TRIES, 3600.0)


def _digest(tx: Tx, code: str) -> str:
    return hmac.new(shared(tx, "link").encode(), code.encode(), hashlib.sha256).hexdigest()
