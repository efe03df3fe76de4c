"""What the relay asks of a platform. One small port for all of them; extra abilities are protocols apart.

A parcel is one call to make. Its ``body`` says what, in the house's own words; the platform gives it a shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.domain.actions import Button
from bot.domain.card import CardView
from bot.domain.chart import Chart
from bot.domain.files import File
from bot.domain.screen import Jump, Screen
from bot.domain.text import RichText


@dataclass(frozen=True, slots=True)
class Address:
    """Where to. ``chat``: Slack room, Telegram chat or client; ``thread``: thread ts or topic id, empty for the chat itself."""

    chat: str
    thread: str = ""


class Fate(StrEnum):
    """What became of an operator's message (R34), and whether a text is held."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message an answer is to (R35). ``remote_id`` is its id where the answer goes, empty where it does not stand."""

    remote_id: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template, for a channel that takes nothing else now. ``slots`` are (part, index, name, value)."""

    name: str
    language: str
    slots: tuple[tuple[str, int, str, str], ...]
    named: bool


@dataclass(frozen=True, slots=True)
class Words:
    """A message. ``author`` is whose name it bears.

    ``kind`` is ``client``, ``operator`` or ``note`` on a desk, and ``reply`` to a client.
    ``parts`` are consecutive texts of one author joined into one post, most often one; all fit the platform's limit.
    ``same_platform``: an operator's, written on the platform it goes to, in a thread that was left behind (R30).
    ``template``: the same words as the channel's provider has approved them.
    """

    author: str
    kind: str
    parts: tuple[RichText, ...]
    same_platform: bool = False
    quote: Quoted | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class FilePost:
    """A message that is a file. Its bytes are read from the store as they are sent, piece by piece.

    ``caption`` fits the platform's limit; author and kind as in :class:`Words`.
    """

    author: str
    kind: str
    file: File
    caption: RichText
    same_platform: bool = False
    quote: Quoted | None = None


@dataclass(frozen=True, slots=True)
class EditPost:
    """Other words in the place of those in ``remote_id``; of a file its caption. Unchanged = done."""

    remote_id: str
    post: Words | FilePost


@dataclass(frozen=True, slots=True)
class DeletePost:
    """Take back the post ``remote_id``. Gone already = done; too old to be taken back = ``Unsupported``."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class React:
    """Let ``emoji``, and nothing else of ours but the mark ``fate``, stand under ``remote_id``; empty = none. So already = done.

    The newest is the first: where a platform shows but one, it is that. Emoji a platform does not have are left out.
    """

    remote_id: str
    emoji: tuple[str, ...]
    fate: Fate | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring the bytes of ``file``, which this platform holds, into the store."""

    file: File


@dataclass(frozen=True, slots=True)
class OpenTopic:
    """Make a Telegram forum topic; the parcel's answer is the topic's id."""

    name: str


@dataclass(frozen=True, slots=True)
class NameTopic:
    """Give the topic the address names another name. Called so already, or a thread without a name of its own = done."""

    name: str


@dataclass(frozen=True, slots=True)
class TopicState:
    """Close or reopen the topic the address names. Already so = done."""

    closed: bool


@dataclass(frozen=True, slots=True)
class PostCard:
    """Post the card. On Slack, in a room without thread, it is the root of the new thread."""

    card: CardView


@dataclass(frozen=True, slots=True)
class EditCard:
    """Redraw the card ``remote_id``. Unchanged = done."""

    remote_id: str
    card: CardView


@dataclass(frozen=True, slots=True)
class Mark:
    """Show ``fate`` on the message ``remote_id``, in place of an earlier mark. Already so = done."""

    remote_id: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Mention:
    """A person to call: the platform's id and the name."""

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Words of our own to operators: a refusal, a question, a failure.

    ``only_for``  the platform id of the one person who may see it; None = everybody in the thread
    ``reply_to``  the message it is about, where the platform can show that
    ``jumps``     threads and topics it speaks of, shown as links
    ``mention``   the operator it calls by name in front, so that the platform tells him; None for nobody
    """

    text: str
    only_for: str | None = None
    reply_to: str | None = None
    buttons: tuple[Button, ...] = ()
    jumps: tuple[Jump, ...] = ()
    mention: Mention | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Earlier words, told again in one post on a mirror that replaces a lost one. Lines are ``(author, text)``."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file for one operator in private, whom the address names. A chart is drawn as it is sent, and shown as a picture."""

    name: str
    mime: str
    content: bytes | Chart
    caption: str


@dataclass(frozen=True, slots=True)
class LookAt:
    """Whether conversations can be mirrored in the address's room or forum. Answered by ``Sent`` with what is amiss."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A conversation by e-mail to the address (R64). The words are read from the store as it is sent.

    ``key``   unique for ever and the same at each try, for the Message-ID
    ``only``  these messages, else all up to number ``upto``; ``at`` when it was asked for
    """

    subject: str
    key: str
    conversation_id: int
    upto: int
    only: tuple[int, ...] | None
    notes: bool
    asked_by: str
    at: int


@dataclass(frozen=True, slots=True)
class Remove:
    """Take away the topic the address names, or all that the bot posted in the thread (R125). Gone already = done."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Take away what delivery ``delivery_id``, first tried at ``since`` (milliseconds), may have left outside of its thread.

    The thread was lost while its fate was open, and it is queued anew on the mirror that replaces it.
    """

    delivery_id: int
    since: int


@dataclass(frozen=True, slots=True)
class PublishHome:
    """Show ``screen`` on the home of the person the address names; drawn in the moment it is sent, None before."""

    screen: Screen | None = None


Body = (
    Words
    | FilePost
    | EditPost
    | DeletePost
    | React
    | Fetch
    | OpenTopic
    | NameTopic
    | TopicState
    | PostCard
    | EditCard
    | Mark
    | Notice
    | History
    | Document
    | LookAt
    | Sweep
    | PublishHome
    | Letter
    | Remove
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One call to make. ``delivery_id`` is unique for ever; Slack carries it as metadata and is read back by it.

    ``since`` is when it was first tried (milliseconds), where a read-back may start looking. ``language`` is that of whoever
    reads it, for what the port says besides.
    """

    delivery_id: int
    address: Address
    body: Body
    since: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Done. ``remote_id`` is the platform's id of what was made or changed, empty when there is none.

    ``left``  of what was to be removed, how many posts are other people's and stay
    ``amiss`` what a look at a room has found wrong, and what to do about it; empty when all is well
    """

    remote_id: str = ""
    left: int = 0
    amiss: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now, and surely not done. ``after`` seconds to wait; ``scope`` ``chat``, ``account`` or ``lane``: who must wait.

    ``counted`` is False when the platform itself named the time (429), which is no fault of the message.
    """

    reason: str
    after: float = 0.0
    scope: str = "lane"
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Permanent:
    """Never. ``code`` is ``thread_gone``, ``chat_gone``, ``blocked``, ``bad_text`` (tried plain already) or ``other``."""

    reason: str
    code: str = "other"


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The platform has no such thing; the reason is for the operator."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may have been done: the connection broke after the request left."""

    reason: str


Outcome = Sent | Retry | Permanent | Unsupported | Ambiguous


class Port(Protocol):
    """A platform account that can send."""

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Make the call once, without retries of its own. Must not raise for anything the platform may do."""
        ...


@runtime_checkable
class ReadsBack(Protocol):
    """A port that can find out whether a parcel of unknown fate had been delivered (Slack)."""

    async def find(self, parcel: Parcel) -> Sent | Retry | None:
        """What was made, or None when it surely was not, or Retry when it can't be told now."""
        ...


@runtime_checkable
class ShowsTyping(Protocol):
    """A port that can show operators that a client types (R38). Who hears of it calls :class:`bot.delivery.typing.Typing`."""

    async def typing(self, address: Address) -> None:
        """Show it for a few seconds. Best effort: a refusal is dropped, and one to wait is heeded by showing nothing (F43)."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports by name: ``slack``, ``telegram-desk``, ``telegram-channel``, ``widget``, ``mail``."""

    by_name: dict[str, Port] = field(default_factory=dict)

    def get(self, name: str) -> Port | None:
        """The port, or None when that platform is off."""
        return self.by_name.get(name)
