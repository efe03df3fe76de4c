"""Refusals, worded as the Bot API words them."""

from __future__ import annotations

import math
from typing import Any


class Refused(Exception):
    """The Bot API's answer ``{"ok": false, "error_code": …, "description": …}``."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The JSON object sent to the bot."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad(message: str) -> Refused:
    """400 as ``tdlib/telegram-bot-api Client::fail_query_with_error`` words it.

    The first letter becomes small unless the second is a capital or an underscore (``TOPIC_CLOSED``).
    """
    if not (len(message) > 1 and (message[1] == "_" or "A" <= message[1] <= "Z")):
        message = message[:1].lower() + message[1:]
    return Refused(400, f"Bad Request: {message}")


def forbidden(message: str) -> Refused:
    """403; ``Client::check_chat_access`` and ``fail_query_with_error``."""
    return Refused(403, f"Forbidden: {message}")


def too_many(seconds: float) -> Refused:
    """429 with ``retry_after``, a whole number of seconds (``Query::set_retry_after_error``)."""
    wait = max(1, math.ceil(seconds))
    return Refused(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})


def from_text(text: str) -> Refused:
    """A refusal from words such as ``400 Bad Request: chat not found`` or plain ``chat not found``."""
    head, _, rest = text.partition(" ")
    if head.isdigit() and rest:
        return Refused(int(head), rest)
    if text.startswith("Forbidden"):
        return Refused(403, text)
    if text.startswith("Unauthorized"):
        return Refused(401, text)
    return Refused(400, text) if text.startswith("Bad Request") else bad(text)
