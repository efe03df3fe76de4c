"""The card: the post on top of a mirror that shows a conversation's state and its buttons (R10-R17)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.actions import Button, offered
from bot.domain.capabilities import CHANNELS
from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.ids import Moment
from bot.domain.people import Group
from bot.domain.phrase import Phrase
from bot.domain.text import RichText


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """What a card says, before a platform gives it a shape.

    ``logo`` and ``client`` head it, ``marks`` (🆕 unseen, ↩ answered) stand beside them, ``status`` is the line with
    the state, ``time`` its time and ``time_word`` what that is the time of, ``group`` the group's badge, ``responsible``
    a name or None. ``opening`` holds the client's first words. ``pointer`` is a sentence about where the talk went on or
    came from, ``link`` the thread it means (a platform turns it into an address). ``pinned`` names the
    operator the client is pinned to. ``window`` says until when free words may go (R94).
    """

    client: str
    logo: str
    channel: str
    marks: str
    status: str
    time_word: str
    time: Moment
    group: str
    responsible: str | None
    opening: RichText
    buttons: tuple[Button, ...]
    pointer: str = ""
    link: str = ""
    pinned: str = ""
    window: str = ""


CONTINUED = "Continued in a new thread"
"""The pointer of a card that was left behind (R30). It is drawn for the last time, so it says what stays true."""
EARLIER = "Earlier thread"
"""The pointer of a card whose talk began in another thread of the same room or forum."""
_MOVED = "Moved to "
BLACKLISTED = Phrase("⛔ Black list")
MOVED_ON = Phrase("➡️ In another group")
STATUS_WORDS = {
    Status.UNASSIGNED: Phrase("⚪ Unassigned"),
    Status.INBOX: Phrase("🟢 In progress"),
    Status.CLOSED: Phrase("⚫ Closed"),
}


def draw(
    conversation: Conversation,
    *,
    client: str,
    channel_kind: str,
    channel_name: str,
    group: Group,
    responsible: str | None,
    opening: RichText,
    meant_for: str = "",
    pinned: str = "",
    left: bool = False,
    pointer: str = "",
    link: str = "",
    window: str = "",
) -> CardView:
    """The card of a conversation as it is now; one that was left behind offers nothing any more."""
    return CardView(
        client=client,
        logo=CHANNELS[channel_kind].logo,
        channel=channel_name,
        marks="" if left else marks_of(conversation),
        status=_left_words(pointer) if left else status_words(conversation, meant_for),
        time_word=_time_word(conversation, pointer, left=left),
        time=conversation.time,
        group=group.badge,
        responsible=responsible,
        opening=opening,
        buttons=() if left else _buttons(conversation),
        pointer=_pointer_words(pointer),
        link=link,
        pinned=pinned,
        window="" if left else window,
    )


def status_words(conversation: Conversation, meant_for: str = "") -> str:
    """The state as a card and a list row say it; ``meant_for`` names the operator it waits for in Unassigned (R55)."""
    if conversation.blacklisted:
        return BLACKLISTED
    words = STATUS_WORDS[conversation.status]
    if meant_for and conversation.status is Status.UNASSIGNED:
        return Phrase("⚪ Unassigned, for {name}", name=meant_for)
    return words


def moved_to(group: Group) -> str:
    """The pointer of a card whose conversation went to another group (R56), as the store keeps it."""
    return f"{_MOVED}{group.badge}"


def has_moved(pointer: str) -> bool:
    """Whether a pointer says so."""
    return pointer.startswith(_MOVED)


def _pointer_words(pointer: str) -> str:
    """A pointer, which is kept in English, as a phrase again."""
    if has_moved(pointer):
        return Phrase("Moved to {group}", group=pointer.removeprefix(_MOVED))
    return {CONTINUED: Phrase("Continued in a new thread"), EARLIER: Phrase("Earlier thread")}.get(pointer, pointer)


def _left_words(pointer: str) -> str:
    return MOVED_ON if has_moved(pointer) else STATUS_WORDS[Status.CLOSED]


def _time_word(conversation: Conversation, pointer: str, *, left: bool) -> str:
    """What the card's time is the time of (R17). A thread left behind was closed until the client wrote again."""
    if left:
        return Phrase("since") if has_moved(pointer) else Phrase("until")
    return Phrase("last message") if conversation.time_is_of_message else Phrase("since")


def marks_of(conversation: Conversation) -> str:
    """🆕 for client messages nobody has seen (R14), ↩️ when the last message was the operator's (R12)."""
    return ("🆕" if conversation.unseen else "") + ("↩️" if conversation.last_direction is Direction.OUT else "")


def _buttons(conversation: Conversation) -> tuple[Button, ...]:
    token = f"{conversation.id}.{conversation.version}"
    return tuple(Button(action.verb, action.label, token, action.style) for action in offered(conversation))
