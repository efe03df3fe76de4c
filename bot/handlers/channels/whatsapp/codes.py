"""The Cloud API's error codes in plain words.

developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (2026-05). Meta asks to build on
the code alone.
"""

from __future__ import annotations

from bot.domain.phrase import Phrase, joined

WORDS = {
    368: Phrase("WhatsApp has blocked this business for a while, because of its policies."),
    100: Phrase("WhatsApp does not take it in this form."),
    130472: Phrase("WhatsApp holds back marketing messages from this client."),
    130497: Phrase("WhatsApp does not let this business write to the client's country."),
    131009: Phrase("WhatsApp does not know this address, or does not take a value in it."),
    131021: Phrase("That is the business's own number."),
    131026: Phrase("The number is not on WhatsApp, or its app is too old or has not accepted WhatsApp's terms."),
    131030: Phrase("The number is not on the list of numbers this test account may write to."),
    131031: Phrase("WhatsApp has locked this business's account."),
    131037: Phrase("The business's display name is not approved yet."),
    131042: Phrase("WhatsApp wants the business's payment details put right first."),
    131045: Phrase("The business's number is not registered with WhatsApp."),
    131047: Phrase("More than 24 hours have passed since the client last wrote. Only an approved template can go now."),
    131048: Phrase("WhatsApp holds this number back because of complaints about spam."),
    131049: Phrase("WhatsApp does not deliver it now, so that people do not get too many of such messages. Try again tomorrow."),
    131050: Phrase("The client does not want marketing messages from this business."),
    131051: Phrase("WhatsApp does not take messages of this kind."),
    131052: Phrase("WhatsApp could not fetch the file."),
    131053: Phrase("WhatsApp does not take this file."),
    131062: Phrase("WhatsApp does not send this kind of message to somebody whose number it hides."),
    132000: Phrase("The template wants another number of values."),
    132001: Phrase("There is no such template in this language, or it is not approved."),
    132005: Phrase("The template with its values is too long."),
    132007: Phrase("The values break a policy of WhatsApp's."),
    132012: Phrase("A value has a form the template does not take."),
    132015: Phrase("WhatsApp has paused this template because of its quality."),
    132016: Phrase("WhatsApp has switched this template off for good."),
    133010: Phrase("The business's number is not registered with WhatsApp."),
    135000: Phrase("WhatsApp could not send it, and does not say why."),
}


def reason_of(code: int, details: str) -> str:
    """A code in words for people; one we do not know in WhatsApp's own."""
    known = WORDS.get(code)
    if known is not None and code not in (100, 131009):
        return known
    said = " ".join(details.split())[:200]
    return joined(" ", filter(None, (known or Phrase("WhatsApp says:"), said, f"({code})")))
