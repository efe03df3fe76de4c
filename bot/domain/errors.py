"""What a person is told when something can't be done.

The docstring of a refusal *is* its message, so this file reads as the list of everything the
product may say no to. Words in braces are filled in by whoever raises it.

    Refusal
    ├── NotAnOperator · NotYourGroup · NotAllowed            who you are
    ├── NoConversation · UnknownVerb · NotUnderstood · InThread · StaleCard · NotYourText   what you pointed at
    ├── QuestionOver · NothingWritten · NothingChosen · NotOffered · TooLong · NoVerbHere · NotWords   what a form was answered
    ├── UnknownTab · SearchTooShort · OldSearch                          lists and search
    ├── UnknownColleague · UnknownGroup · SameGroup · NoDesk · HasMoved                   passing on
    ├── NobodyToPin · OnlyTheirs · AlreadyPinned · NotPinned · NotYourPin                 pins
    ├── Blacklisted · AlreadyListed · NotListed · OnlyInTab                               the black list
    ├── NoName · NoWords · OverLength · NotYourNote                                          the client
    ├── NoTag · TagTooLong · TooManyTags · NothingToTag · UnknownTag · NoPrivateChat           tags
    ├── BadTitle · TitleTooLong · TitleTaken · NoTemplateText · TemplateTooLong · UnknownVariable · NoTemplate
    ├── NotYourTemplate · UnknownCanned · NothingToSend · DraftGone                            canned responses
    ├── CodeNotValid · TooManyCodes · AlreadyLinked · LinkHere · LinkInPrivate          linking accounts
    ├── UnknownKey · UnknownOperator · SeveralOperators · UnknownRole · UnknownRight · UnknownChannel    running the team
    ├── NotAName · NameTaken · NotAnEmail · NotASlackId · NotATelegramNumber · NotARoom · NotAForum · NotOneOf
    ├── NotADuration · NotHours · NotAClock · ManyWords · IdentityTaken · DeskTaken · NoAccount
    ├── LastAdmin · GroupInUse · Incomplete
    ├── NoMail · BadAddress · ManyAddresses · ForeignAddress · BadSubject · NothingToMail · NotesStay      e-mail
    └── UnknownPerson · BadSince · UnknownClient · WrongName · InTheAir                      the journal, erasure
    └── NoName · NoWords · OverLength · NotYourNote                                          the client
    ├── QuestionOver · NothingWritten · NothingChosen · NotOffered · TooLong · NoVerbHere · NotWords   what a form was answered
    └── AlreadyStarted · AlreadyYours · NotYours · NotStarted · AlreadyClosed · AlreadyUnassigned · Decided
    └── BadHours · BadTime · BadQuiet · TooLate                                              time
"""

from __future__ import annotations

import inspect
from typing import Self


class Refusal(Exception):
    """That can't be done."""

    field: str = ""
    """The field of a form it is about, where it can be shown beside it."""

    def __init__(self, **details: str) -> None:
        self.details = details
        super().__init__(inspect.cleandoc(self.__doc__ or "").format(**details))

    def beside(self, field: str) -> Self:
        """The same, to be shown beside this field of a form."""
        self.field = field
        return self

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


class UnknownTab(Refusal):
    """I don't know the list “{word}”. You can write {known}."""


class SearchTooShort(Refusal):
    """Please write at least 3 letters of a word or a name, e.g. “ref” to find “refund”."""

    field = "words"


class OldSearch(Refusal):
    """You have searched for something else since. Search again to see this list."""


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


class NoPrivateChat(Refusal):
    """Telegram lets me send you files only in our private chat. Open it, press Start there, and ask again."""


class CodeNotValid(Refusal):
    """This code is not valid (any more)."""


class TooManyCodes(Refusal):
    """That were too many wrong codes. Please wait an hour before you try again."""


class AlreadyLinked(Refusal):
    """Your {there} account is linked already. If it is another one now, ask an admin to change it."""


class LinkInPrivate(Refusal):
    """A code is for you alone. Please write /link to me in our private chat."""


class LinkHere(Refusal):
    """You are {name} here, in {here}, already. A code is given in the other place: in {there}, where you are not known yet."""


class UnknownKey(Refusal):
    """I don't know “{word}=”.{near} Example: {example}"""


class UnknownOperator(Refusal):
    """I know no operator “{name}”.{near} Write the name, the e-mail or a mention."""


class SeveralOperators(Refusal):
    """“{name}” could be {names}. Please write the whole name, or the e-mail."""


class UnknownRole(Refusal):
    """There is no role “{name}”. There are: {known}."""

    field = "role"


class UnknownRight(Refusal):
    """There is no right “{name}”. There are: {known}."""

    field = "permissions"


class UnknownChannel(Refusal):
    """There is no channel “{name}”. There are: {known}."""


class NotAName(Refusal):
    """A name is one line of 1 to {most} characters."""


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


class NameTaken(Refusal):
    """There is already {what} named “{name}”. Please choose another name."""

    field = "name"


class NotAnEmail(Refusal):
    """“{value}” is not an e-mail address. Write one like olga@example.com"""

    field = "email"


class NotASlackId(Refusal):
    """“{value}” is not a Slack member. Mention the person, or write the member id like U012AB3CD (profile, “Copy member ID”)."""

    field = "slack"


class NotATelegramNumber(Refusal):
    """“{value}” is not a Telegram number. Write one like 123456789, or let the person link the account with a code (“link”)."""

    field = "telegram"


class NotARoom(Refusal):
    """“{value}” is not a Slack room's id. Write one like C012AB3CD (room details, at the very end)."""

    field = "slack"


class NotAForum(Refusal):
    """“{value}” is not a Telegram forum's id. Write one like -1001234567890, with the minus."""

    field = "telegram"


class NotOneOf(Refusal):
    """“{value}” can't be chosen. There are: {known}."""


class NotADuration(Refusal):
    """“{value}” is not a time I can use. Write one like 15m, 2h or 1d, at most {most}, or off."""


class NotHours(Refusal):
    """“{value}” are not business hours. Write them like Mon-Fri 09:00-18:00 Europe/Berlin, or off."""


class NotAClock(Refusal):
    """“{value}” is not a time of the day. Write one like 09:00, or off."""


class ManyWords(Refusal):
    """That is too long: {most} characters are the most."""


class IdentityTaken(Refusal):
    """This {platform} account is {name}'s already. Take it from {name} first."""


class DeskTaken(Refusal):
    """{desk} belongs to the group {group} already."""


class NoAccount(Refusal):
    """{name} could not act anywhere: give a Slack account, a Telegram number, or both. Example: {example}"""


class LastAdmin(Refusal):
    """Then nobody could change the team any more, so nothing was done. Make somebody else a super-admin first."""


class GroupInUse(Refusal):
    """{group} can't be switched off yet: {why}."""


class Incomplete(Refusal):
    """{what} Example: {example}"""


class InTheAir(Refusal):
    """Something of this client's is being sent at this very moment, so nothing was erased. Please try again in a minute."""


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
