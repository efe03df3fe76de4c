"""What may be said no to about the team: linking accounts, running it, time."""

from __future__ import annotations

from bot.domain.refusal import Refusal

# Linking accounts ----------------------------------------------------------------------------------------------


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


# Running the team ----------------------------------------------------------------------------------------------


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


class LastAdmin(Refusal):
    """Then nobody could change the team any more, so nothing was done. Make somebody else a super-admin first."""


class GroupInUse(Refusal):
    """{group} can't be switched off yet: {why}."""


class Incomplete(Refusal):
    """{what} Example: {example}"""


class NoAccount(Refusal):
    """{name} could not act anywhere: give a Slack account, a Telegram number, or both. Example: {example}"""


# What was written ----------------------------------------------------------------------------------------------


class NotAName(Refusal):
    """A name is one line of 1 to {most} characters."""


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


class ManyWords(Refusal):
    """That is too long: {most} characters are the most."""


class IdentityTaken(Refusal):
    """This {platform} account is {name}'s already. Take it from {name} first."""


class DeskTaken(Refusal):
    """{desk} belongs to the group {group} already."""


# Time ----------------------------------------------------------------------------------------------------------


class BadHours(Refusal):
    """I can't read these hours. Write them as “Mon-Fri 09:00-18:00 Europe/Berlin”, several with commas between."""

    field = "hours"


class BadTime(Refusal):
    """I can't read this time. Write it as “09:00”."""

    field = "digest_at"


class BadQuiet(Refusal):
    """I can't read these hours. Write them as “22:00-07:00 Europe/Berlin”, or “off”."""

    field = "quiet"
