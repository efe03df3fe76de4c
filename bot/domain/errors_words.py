"""What may be said no to about words: tags, canned responses, letters, the journal, erasure."""

from __future__ import annotations

from bot.domain.refusal import Refusal

# Tags ----------------------------------------------------------------------------------------------------------


class NoTag(Refusal):
    """Name at least one tag, e.g. refund."""

    field = "new"


class TagTooLong(Refusal):
    """A tag has at most {most} characters."""

    field = "new"


class TooManyTags(Refusal):
    """A message can bear at most {most} tags."""

    field = "tags"


class NothingToTag(Refusal):
    """There is no message of this conversation there to tag."""

    field = "messages"


class UnknownTag(Refusal):
    """No message bears the tag “{name}”. {near}"""


class NoPrivateChat(Refusal):
    """Telegram lets me send you files only in our private chat. Open it, press Start there, and ask again."""


# Canned responses ----------------------------------------------------------------------------------------------


class BadTitle(Refusal):
    """Give it a title to call it by, e.g. greeting."""

    field = "title"


class TitleTooLong(Refusal):
    """A title has at most {most} characters."""

    field = "title"


class TitleTaken(Refusal):
    """There is one called “{title}” already. Choose another title."""

    field = "title"


class NoTemplateText(Refusal):
    """Write the words it stands for."""

    field = "body"


class TemplateTooLong(Refusal):
    """A canned response has at most {most} characters."""

    field = "body"


class UnknownVariable(Refusal):
    """I don't know {name}. You can use {known}."""

    field = "body"


class TemplateFileRefused(Refusal):
    """{reason} Nothing was saved."""

    field = "file"


class TemplateFileMissing(Refusal):
    """The file of “{title}” is not here{why}, so nothing was sent. {what}"""

    field = "pick"


class NoTemplate(Refusal):
    """That canned response is not there any more."""

    field = "pick"


class NotYourTemplate(Refusal):
    """Only an admin can change what all operators use."""


class UnknownCanned(Refusal):
    """There is no canned response “{word}”, so nothing was sent. {near}"""


class NothingToSend(Refusal):
    """Choose a canned response, or write something."""

    field = "pick"


class DraftGone(Refusal):
    """This preview was already sent, or it is too old. Please choose again."""


# E-mail --------------------------------------------------------------------------------------------------------


class NoMail(Refusal):
    """E-mail is not set up here. Whoever installed relaydesk can set RELAYDESK_SMTP__HOST, see docs/email.md."""


class BadAddress(Refusal):
    """“{address}” is not an e-mail address I can send to. Write it like ann@example.com, several with commas between."""

    field = "to"


class ManyAddresses(Refusal):
    """At most {most} addresses at once, please."""

    field = "to"


class ForeignAddress(Refusal):
    """You may mail to operators, to the client's own address{domains}, but not to {address}: that needs “email_anywhere”."""

    field = "to"


class BadSubject(Refusal):
    """A subject is one line of at most {most} characters."""

    field = "subject"


class NothingToMail(Refusal):
    """There is nothing to send: these messages are notes, were deleted, or are not of this conversation."""

    field = "messages"


class NotesStay(Refusal):
    """Notes never go to the client, and {address} is the client's address. Leave the notes out."""

    field = "notes"


# The journal, erasure ------------------------------------------------------------------------------------------


class UnknownPerson(Refusal):
    """I know no operator “{name}”. Write the beginning of a name, or leave it out to see everybody."""

    field = "person"


class BadSince(Refusal):
    """I don't understand “{words}” as a time. Write 2h, 3d, today, or a day like 2026-11-24."""

    field = "since"


class UnknownClient(Refusal):
    """I know no client “{words}”. Write the beginning of a name, a phone number, or a client's number like #12."""

    field = "client"


class WrongName(Refusal):
    """That is not this client's name, so nothing was erased. Write “{name}”, or {number}."""

    field = "name"


class InTheAir(Refusal):
    """Something of this client's is being sent at this very moment, so nothing was erased. Please try again in a minute."""


# Writing first ---------------------------------------------------------------------------------------------------


class BadPhone(Refusal):
    """That is no phone number. Write it with its country, like +49 151 12345678."""


class NoWhatsapp(Refusal):
    """There is no WhatsApp channel, so nobody can be written to first."""


class OnlyTemplates(Refusal):
    """WhatsApp takes your own words only within 24 hours of the client's last message. Please choose a template."""


class WordsOrTemplate(Refusal):
    """Please choose a template, or write your own words: one of the two."""


class InNoGroup(Refusal):
    """You are in no group that has a desk, so the conversation would be seen nowhere. Please ask an admin."""


class BadCallback(Refusal):
    """A callback is an address like https://crm.example.com/hook, and only HTTP channels have one."""
