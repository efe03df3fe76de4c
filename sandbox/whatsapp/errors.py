"""The Graph API's refusals, as JSON.

Codes, titles and HTTP statuses: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (as of
2026-05) and github.com/david-lev/pywa ``pywa/errors.py``. The shape of the answer: the same page, “Error response syntax”.
"""

from __future__ import annotations

import secrets
from typing import Any

TITLES = {
    0: "AuthException",
    4: "Too many calls",
    33: "Unsupported request",
    100: "Invalid parameter",
    190: "Access token has expired",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131062: "Business-scoped User ID (BSUID) recipients are not supported for this message",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
}
STATUSES = {190: 401, 0: 401, 132001: 404, 131000: 500}


class GraphError(Exception):
    """A call is refused."""

    def __init__(self, code: int, details: str = "", status: int = 0) -> None:
        super().__init__(f"{code} {details}")
        self.code = code
        self.details = details
        self.status = status or STATUSES.get(code, 400)

    def to_json(self) -> dict[str, Any]:
        """The body of the answer."""
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {TITLES.get(self.code, 'Error')}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": secrets.token_urlsafe(8),
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": error}


def in_status(code: int, details: str) -> dict[str, Any]:
    """The same trouble told later, in a ``failed`` status."""
    return {
        "code": code,
        "title": TITLES[code],
        "message": TITLES[code],
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
