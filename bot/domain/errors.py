"""What a person is told when something can't be done.

The docstring of a refusal *is* its message, so this file reads as the list of everything the
product may say no to. Words in braces are filled in by whoever raises it.

    Refusal
    ├── NotAnOperator · NotYourGroup · NotAllowed            who you are
    ├── NoConversation · UnknownVerb · NotUnderstood · InThread · StaleCard · NotYourText   what you pointed at
    ├── AlreadyStarted · AlreadyYours · NotYours · NotStarted · AlreadyClosed · AlreadyUnassigned · Decided
    ├── NoTag · TagTooLong · TooManyTags · NothingToTag · UnknownTag                           tags
    └── BadTitle · TitleTooLong · TitleTaken · NoTemplateText · TemplateTooLong · UnknownVariable · NoTemplate ·
        NotYourTemplate · UnknownCanned · NothingToSend · DraftGone                            canned responses
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
