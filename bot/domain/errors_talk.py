"""What may be said no to about a conversation: who you are, what you pointed at, where it stands."""

from __future__ import annotations

from bot.domain.refusal import Refusal

# Who you are ---------------------------------------------------------------------------------------------------


class NotAnOperator(Refusal):
    """You are not a registered operator here, so nothing was done. Ask an admin to add you."""


class NotYourGroup(Refusal):
    """This conversation belongs to {group}, and you don't work in that group."""


class NotAllowed(Refusal):
    """Your role does not allow this. Ask an admin for the right “{permission}”."""


# What you pointed at -------------------------------------------------------------------------------------------


class NoConversation(Refusal):
    """This is not a client's conversation, or it is no longer known here."""


class NotUnderstood(Refusal):
    """I don't know “{word}”.{near} “{help}” lists all there is."""


class InThread(Refusal):
    """“{word}” is about a conversation: write {prefix}{word} in its thread or topic."""


class StaleCard(Refusal):
    """This button belongs to another conversation or to an older card. Please use the newest card."""


class NotYourText(Refusal):
    """Only {name}, who wrote this text, can decide about it."""


# What a form was answered --------------------------------------------------------------------------------------


class QuestionOver(Refusal):
    """That question is over, so nothing was done with your answer, and the client did not get it."""


class NothingWritten(Refusal):
    """This can't be empty. Please write something."""


class NothingChosen(Refusal):
    """Please choose at least one."""


class NotOffered(Refusal):
    """That is not among the choices. Please press one of the buttons."""


class TooLong(Refusal):
    """That is too long. At most {longest} characters, please."""


class NoVerbHere(Refusal):
    """I am waiting for the answer to this question. Write it in plain words, or /cancel."""


class NotWords(Refusal):
    """Please answer in words; files can't be taken here."""


class NotAFile(Refusal):
    """Please send a file."""


# Where it stands -----------------------------------------------------------------------------------------------


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


class TooLate(Refusal):
    """Too late: it has gone already."""


class WindowClosed(Refusal):
    """The client last wrote more than {hours} hours ago, and {channel} takes only approved templates now. Nothing was sent."""


class NoApproved(Refusal):
    """That template is approved no more. Please choose another one."""


class NoApprovedAtAll(Refusal):
    """There are no approved templates. They are made in WhatsApp's own manager, and show here once they are approved."""


class MissingValue(Refusal):
    """Please write what stands for {name}."""


class FileRefused(Refusal):
    """Nothing was sent. {reason}"""


class NotYourMessage(Refusal):
    """Only {name}, who wrote this message, can do that."""


class NoMessage(Refusal):
    """Reply to the message you mean with this, please. I find no message of a client's conversation here."""


class NotANote(Refusal):
    """The client has this message already, so it can't become a note, and nothing was changed. Delete it to take it back."""


class WrittenForYou(Refusal):
    """These words came from a canned response, so a change here does not reach the client. Please write a new message."""


class AnotherFile(Refusal):
    """The client still has what you sent before. Please send the new file as a message of its own."""


class TooOldToChange(Refusal):
    """I don't know this message any more, so the change went nowhere. The client still sees the words from before."""


# Passing on ----------------------------------------------------------------------------------------------------


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


# Pins ----------------------------------------------------------------------------------------------------------


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


# The black list ------------------------------------------------------------------------------------------------


class Blacklisted(Refusal):
    """This client is on the black list. Unlock the conversation in the tab Blacklist first."""


class AlreadyListed(Refusal):
    """This client is on the black list already."""


class NotListed(Refusal):
    """This client is not on the black list."""


class OnlyInTab(Refusal):
    """A conversation is unlocked in the tab Blacklist, not here."""


# The client ----------------------------------------------------------------------------------------------------


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


# Lists and search ----------------------------------------------------------------------------------------------


class UnknownTab(Refusal):
    """I don't know the list “{word}”. You can write {known}."""


class SearchTooShort(Refusal):
    """Please write at least 3 letters of a word or a name, e.g. “ref” to find “refund”."""

    field = "words"


class OldSearch(Refusal):
    """You have searched for something else since. Search again to see this list."""
