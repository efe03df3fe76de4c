"""The Cloud API's error codes in plain words.

developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (2026-05). Meta asks to build on
the code alone.
"""

from __future__ import annotations

WORDS = {
    368: "WhatsApp has blocked this business for a while, because of its policies.",
    100: "WhatsApp does not take it in this form.",
    130472: "WhatsApp holds back marketing messages from this client.",
    130497: "WhatsApp does not let this business write to the client's country.",
    131009: "WhatsApp does not know this address, or does not take a value in it.",
    131021: "That is the business's own number.",
    131026: "The number is not on WhatsApp, or its app is too old or has not accepted WhatsApp's terms.",
    131030: "The number is not on the list of numbers this test account may write to.",
    131031: "WhatsApp has locked this business's account.",
    131037: "The business's display name is not approved yet.",
    131042: "WhatsApp wants the business's payment details put right first.",
    131045: "The business's number is not registered with WhatsApp.",
    131047: "More than 24 hours have passed since the client last wrote. Only an approved template can go now.",
    131048: "WhatsApp holds this number back because of complaints about spam.",
    131049: "WhatsApp does not deliver it now, so that people do not get too many of such messages. Try again tomorrow.",
    131050: "The client does not want marketing messages from this business.",
    131051: "WhatsApp does not take messages of this kind.",
    131052: "WhatsApp could not fetch the file.",
    131053: "WhatsApp does not take this file.",
    131062: "WhatsApp does not send this kind of message to somebody whose number it hides.",
    132000: "The template wants another number of values.",
    132001: "There is no such template in this language, or it is not approved.",
    132005: "The template with its values is too long.",
    132007: "The values break a policy of WhatsApp's.",
    132012: "A value has a form the template does not take.",
    132015: "WhatsApp has paused this template because of its quality.",
    132016: "WhatsApp has switched this template off for good.",
    133010: "The business's number is not registered with WhatsApp.",
    135000: "WhatsApp could not send it, and does not say why.",
}


def reason_of(code: int, details: str) -> str:
    """A code in words for people; one we do not know in WhatsApp's own."""
    known = WORDS.get(code)
    if known is None or code in (100, 131009):
        said = details.strip()[:200]
        return f"{known or 'WhatsApp says:'} {said} ({code})".replace("  ", " ")
    return known
