"""What a person is told when something can't be done.

The docstring of a refusal *is* its message, so this file reads as the list of everything the
product may say no to. Words in braces are filled in by whoever raises it.

    Refusal
    ├── NotAnOperator · NotYourGroup · NotAllowed            who you are
    ├── NoConversation · UnknownVerb · NotUnderstood · InThread · StaleCard · NotYourText   what you pointed at
    ├── AlreadyStarted · AlreadyYours · NotYours · NotStarted · AlreadyClosed · AlreadyUnassigned · Decided
    ├── UnknownColleague · UnknownGroup · SameGroup · NoDesk · HasMoved                   passing on
    ├── NobodyToPin · OnlyTheirs · AlreadyPinned · NotPinned · NotYourPin                 pins
    ├── Blacklisted · AlreadyListed · NotListed · OnlyInTab                               the black list
    ├── NoName · NoWords · OverLength · NotYourNote                                          the client
    └── BadHours · BadTime · BadQuiet · TooLate                                              time
"""

from __future__ import annotations

import inspect


class Refusal(Exception):
    """That can't be done."""

    field: str = ""
    """The field of a form it is about, where it can be shown beside it."""

    def __init__(self, **details: str) -> None:
        self.details = details
        super().__init__(inspect.cleandoc(self.__doc__ or "").format(**details))

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with a form, by field name."""
        return {self.field: str(self)} if self.field else {}

    @property
    def code(self) -> str:
        """The refusal's name, for the journal."""
        return type(self).__name__


class NotAnOperator(Refusal):
    """You are not a registered operator here, so nothing was done. Ask an admin to add you."""


class NotYourGroup(Refusal):
    """This conversation belongs to {group}, and you don't work in that group."""


class NotAllowed(Refusal):
    """Your role does not allow this. Ask an admin for the right “{permission}”."""


class NoConversation(Refusal):
    """This is not a client's conversation, or it is no longer known here."""


class UnknownVerb(Refusal):
    """I don't know “{word}”. You can write {known}."""


class NotUnderstood(Refusal):
    """I don't know “{word}”. Did you mean “{near}”? “{help}” lists all there is."""


class InThread(Refusal):
    """“{word}” is about a conversation: write {prefix}{word} in its thread or topic."""


class StaleCard(Refusal):
    """This button belongs to another conversation or to an older card. Please use the newest card."""


class NotYourText(Refusal):
    """Only {name}, who wrote this text, can decide about it."""


class AlreadyStarted(Refusal):
    """{name} already has this conversation."""


class AlreadyYours(Refusal):
    """You already have this conversation. Just write, and the client gets it."""


class NotYours(Refusal):
    """Only {name}, who has this conversation, can do that."""


class NotStarted(Refusal):
    """Nobody has this conversation yet. Press “Start conversation” first."""


class AlreadyClosed(Refusal):
    """This conversation is already closed."""


class AlreadyUnassigned(Refusal):
    """This conversation is already in Unassigned."""


class Decided(Refusal):
    """This text was already {what}."""


class UnknownColleague(Refusal):
    """I know no operator “{name}” you could pass this conversation on to."""

    field = "operator"


class UnknownGroup(Refusal):
    """There is no group “{name}”. There are: {known}."""

    field = "group"


class SameGroup(Refusal):
    """This conversation is in {group} already."""

    field = "group"


class NoDesk(Refusal):
    """{group} has no room or forum to answer from, so nothing was moved. Ask an admin to give it one."""

    field = "group"


class HasMoved(Refusal):
    """This conversation goes on in another place, in {group}. Nothing you write here is kept or sent: please write there."""


class NobodyToPin(Refusal):
    """A client is pinned to the operator who has the conversation, and nobody has it now. Press “Start conversation” first."""


class OnlyTheirs(Refusal):
    """Only {name}, who has this conversation, or a super-admin can pin this client."""


class AlreadyPinned(Refusal):
    """This client is pinned to {name}. Only {name} or a super-admin can detach the client."""


class NotPinned(Refusal):
    """This client is pinned to nobody."""


class NotYourPin(Refusal):
    """Only {name}, to whom this client is pinned, or a super-admin can detach the client."""


class Blacklisted(Refusal):
    """This client is on the black list. Unlock the conversation in the tab Blacklist first."""


class AlreadyListed(Refusal):
    """This client is on the black list already."""


class NotListed(Refusal):
    """This client is not on the black list."""


class OnlyInTab(Refusal):
    """A conversation is unlocked in the tab Blacklist, not here."""


class NoName(Refusal):
    """A client needs a name. Write the new one, please."""

    field = "name"


class NoWords(Refusal):
    """An empty note was not kept. Write what the team should know about the client."""

    field = "note"


class OverLength(Refusal):
    """That is too long: {most} characters are the most."""


class NotYourNote(Refusal):
    """Only {name}, who wrote this note, can delete it."""


class BadHours(Refusal):
    """I can't read these hours. Write them as “Mon-Fri 09:00-18:00 Europe/Berlin”, several with commas between."""

    field = "hours"


class BadTime(Refusal):
    """I can't read this time. Write it as “09:00”."""

    field = "digest_at"


class BadQuiet(Refusal):
    """I can't read these hours. Write them as “22:00-07:00 Europe/Berlin”, or “off”."""

    field = "quiet"


class TooLate(Refusal):
    """Too late: it has gone already."""
