"""Who a logged-in visitor is, by the word of the website's own server (R102).

The site writes ``base64url(JSON) + "." + HMAC-SHA256 of that, in hex`` into its page; both know the secret. The JSON holds
``id``, and may hold ``name``, ``email`` and ``exp`` (Unix seconds).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from bot.domain.phrase import Phrase
from bot.domain.text import storable
from bot.handlers.channels.widget.no import No

LONGEST = 4096
FIELD = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is. ``key`` is the site's id of the person."""

    key: str
    name: str
    email: str

    @property
    def identifiers(self) -> dict[str, str]:
        """What operators see in the profile."""
        told = {"user id": self.key, "email": self.email}
        return {name: value for name, value in told.items() if value}


class Identities:
    """Believes what is signed with ``secret``, and nothing without one."""

    def __init__(self, secret: str = "") -> None:
        self._secret = secret.encode()

    def person(self, proof: Any) -> Person | None:
        """Whom a proof names; None when there is none. Raises ``No`` for one that is forged, stale or can't be checked."""
        if proof is None or proof == "":
            return None
        if not self._secret:
            raise No(
                403, "identity", Phrase("This site's logins can't be checked here: RELAYDESK_WIDGET__IDENTITY_SECRET is not set.")
            )
        if not isinstance(proof, str) or len(proof) > LONGEST:
            raise _refused()
        payload, _, signature = proof.partition(".")
        wanted = hmac.digest(self._secret, payload.encode("utf-8", "replace"), "sha256").hex()
        if not hmac.compare_digest(wanted.encode(), signature.lower().encode("utf-8", "replace")):
            raise _refused()
        return _person(payload)


def _person(payload: str) -> Person:
    try:
        data = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _refused() from error
    key = str(data.get("id") or "") if isinstance(data, dict) else ""
    if not key or len(key) > FIELD:
        raise _refused()
    expires = data.get("exp")
    if expires is not None and (not isinstance(expires, int | float) or expires < time.time()):
        raise No(403, "identity", Phrase("Your login here has run out. Please reload the page."))
    name, email = (storable(" ".join(str(data.get(field) or "").split())[:FIELD]) for field in ("name", "email"))
    return Person(storable(key), name, email)


def _refused() -> No:
    return No(403, "identity", Phrase("We could not make sure that it is you. Please reload the page, or log in again."))
