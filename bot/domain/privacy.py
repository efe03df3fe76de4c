"""Words about people as they may stand where many read them: no whole phone number (F73)."""

from __future__ import annotations

import re

_PHONE = re.compile(r"\+?\d[\d \u00a0()-]{5,}\d")


def masked(text: str) -> str:
    """The text with all but the first three and the last two digits of each long number as dots."""
    return _PHONE.sub(lambda found: _mask(found[0]), text)


def _mask(number: str) -> str:
    digits = [index for index, char in enumerate(number) if char.isdigit()]
    if len(digits) < 7:
        return number
    hidden = set(digits[3:-2])
    return "".join("•" if index in hidden else char for index, char in enumerate(number))


def masked_scope(key: str) -> str:
    """The name of a limit as it may stand in a log: on WhatsApp, and with another system's clients, it may be a phone."""
    return masked(key) if key.startswith(("whatsapp:", "http:")) else key
