"""A client's conversation and the moves between Unassigned, an operator's inbox, and Closed (R16, R22-R30).

Every move is a function from a conversation to the next one; what may not happen raises a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.errors import (
    AlreadyClosed,
    AlreadyListed,
    AlreadyStarted,
    AlreadyUnassigned,
    AlreadyYours,
    Blacklisted,
    NotListed,
    NotYours,
)
from bot.domain.ids import ChannelId, ClientId, ConversationId, GroupId, Moment, OperatorId
from bot.domain.people import Operator


class Status(StrEnum):
    """Where a conversation is (R16)."""

    UNASSIGNED = "unassigned"
    INBOX = "inbox"
    CLOSED = "closed"


class Direction(StrEnum):
    """Which way a message goes. Only ``out`` ever reaches a client."""

    IN = "in"
    OUT = "out"
    NOTE = "note"
    HELD = "held"
    """Written by an operator who did not have the conversation; waits for a decision, else stays a note (R25)."""
    UNHEARD = "unheard"
    """Written by a client on the black list; kept, but no operator ever gets to see it (R80, R81)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One client on one channel.

    ``operator_id``   the responsible operator, who works or last worked it; kept after closing (R13)
    ``closed_by``     who closed it last (R26)
    ``status_since``  when the present status was set; the time shown in Unassigned and Closed (R17)
    ``unseen``        a client's message waits that no operator has seen (R14)
    ``last_direction`` ``in`` or ``out``, whose the last message was (R12)
    ``meant_for``     the operator it waits for in Unassigned (R55)
    ``blacklisted``   the client is on the black list; then the conversation is always Closed (R80)
    ``version``       counts the moves; a card carries the version it was drawn from
    """

    id: ConversationId
    client_id: ClientId
    channel_id: ChannelId
    external_id: str
    group_id: GroupId
    status: Status
    status_since: Moment
    operator_id: OperatorId | None = None
    closed_by: OperatorId | None = None
    meant_for: OperatorId | None = None
    blacklisted: bool = False
    last_message_at: Moment | None = None
    last_direction: Direction | None = None
    unseen: bool = False
    version: int = 1
    last_seq: int = 0

    @property
    def time(self) -> Moment:
        """The time a list row shows (R17)."""
        if self.time_is_of_message and self.last_message_at is not None:
            return self.last_message_at
        return self.status_since

    @property
    def time_is_of_message(self) -> bool:
        """Whether that is the time of the last message, not that of the status."""
        return self.status is Status.INBOX and self.last_message_at is not None


def move(conversation: Conversation, status: Status, now: Moment, **changes: object) -> Conversation:
    """The conversation in another status, its time set anew and its version counted up; it is meant for nobody any more.

    Raises ``Blacklisted``: a client on the black list is heard nowhere but through *Unlock* (R81).
    """
    if conversation.blacklisted:
        raise Blacklisted
    changed: dict[str, object] = {"meant_for": None, **changes}
    return replace(
        conversation,
        status=status,
        status_since=now,
        version=conversation.version + 1,
        **changed,  # type: ignore[arg-type]  # field names are the caller's and checked by dataclass
    )


def start(conversation: Conversation, operator: Operator, now: Moment, *, responsible_name: str = "") -> Conversation:
    """Take it: into the operator's inbox (R24), also from Closed, outgoing (R28).

    Raises ``AlreadyYours`` or ``AlreadyStarted`` (told who has it) when it is in somebody's inbox.
    """
    if conversation.status is Status.INBOX:
        if conversation.operator_id == operator.id:
            raise AlreadyYours
        raise AlreadyStarted(name=responsible_name)
    return move(conversation, Status.INBOX, now, operator_id=operator.id, unseen=False)


def take_over(conversation: Conversation, operator: Operator, now: Moment) -> Conversation:
    """Take it from whoever has it, knowingly (R25)."""
    return move(conversation, Status.INBOX, now, operator_id=operator.id, unseen=False)


def close(conversation: Conversation, operator: Operator, now: Moment, *, responsible_name: str = "") -> Conversation:
    """Close it (R26). Raises ``AlreadyClosed`` or ``NotYours``."""
    if conversation.status is Status.CLOSED:
        raise AlreadyClosed
    _must_be_theirs(conversation, operator, responsible_name)
    responsible = conversation.operator_id or operator.id
    return move(conversation, Status.CLOSED, now, operator_id=responsible, closed_by=operator.id, unseen=False)


def unassign(conversation: Conversation, operator: Operator, now: Moment, *, responsible_name: str = "") -> Conversation:
    """Return it to Unassigned of its group (R27). Raises ``AlreadyUnassigned`` or ``NotYours``."""
    if conversation.status is Status.UNASSIGNED:
        raise AlreadyUnassigned
    if conversation.status is Status.INBOX:
        _must_be_theirs(conversation, operator, responsible_name)
    return move(conversation, Status.UNASSIGNED, now, operator_id=None, unseen=False)


def assign(conversation: Conversation, by: Operator, to: OperatorId, now: Moment, *, responsible_name: str = "") -> Conversation:
    """Pass it on to another operator's inbox (R55).

    ``responsible_name`` is that of the operator who has it. Raises ``NotYours``, or ``AlreadyStarted`` when ``to`` has it.
    """
    must_pass_on(conversation, by, responsible_name)
    if conversation.status is Status.INBOX and conversation.operator_id == to:
        raise AlreadyStarted(name=responsible_name)
    return move(conversation, Status.INBOX, now, operator_id=to, unseen=False)


def leave_for(
    conversation: Conversation, by: Operator, to: OperatorId, group_id: GroupId, now: Moment, *, responsible_name: str = ""
) -> Conversation:
    """Pass it on to Unassigned of a group, meant for one of its operators (R55). Raises ``NotYours``."""
    must_pass_on(conversation, by, responsible_name)
    return move(conversation, Status.UNASSIGNED, now, operator_id=None, group_id=group_id, meant_for=to, unseen=False)


def regroup(
    conversation: Conversation, by: Operator, group_id: GroupId, now: Moment, *, responsible_name: str = ""
) -> Conversation:
    """Move it to another group's Unassigned, its time set anew (R56). Raises ``NotYours``."""
    must_pass_on(conversation, by, responsible_name)
    return move(conversation, Status.UNASSIGNED, now, operator_id=None, group_id=group_id)


def give_back(conversation: Conversation, now: Moment) -> Conversation:
    """Nobody answers: back to Unassigned, by the clock (R110). What nobody has seen stays marked."""
    return move(conversation, Status.UNASSIGNED, now, operator_id=None)


def run_out(conversation: Conversation, now: Moment) -> Conversation:
    """Nothing was said for long: closed by the clock for the operator who had it (R110)."""
    return move(conversation, Status.CLOSED, now, closed_by=conversation.operator_id, unseen=False)


def must_pass_on(conversation: Conversation, by: Operator, responsible_name: str) -> None:
    """What somebody has, only he and those who manage conversations pass on (R55-R57). Raises ``NotYours``."""
    _must_be_theirs(conversation, by, responsible_name)


def shut_out(conversation: Conversation, by: Operator, now: Moment) -> Conversation:
    """The client goes on the black list: the conversation closes, whoever has it (R80). Raises ``AlreadyListed``."""
    if conversation.blacklisted:
        raise AlreadyListed
    responsible = conversation.operator_id or by.id
    shut = move(conversation, Status.CLOSED, now, operator_id=responsible, closed_by=by.id, unseen=False)
    return replace(shut, blacklisted=True)


def unlock(conversation: Conversation) -> Conversation:
    """The client is heard again; the conversation stays Closed until he writes (R81). Raises ``NotListed``."""
    if not conversation.blacklisted:
        raise NotListed
    return replace(conversation, blacklisted=False, version=conversation.version + 1)


def unheard(conversation: Conversation) -> Conversation:
    """A message of a client on the black list takes its number, and nothing else changes."""
    return replace(conversation, last_seq=conversation.last_seq + 1)


def receive(conversation: Conversation, at: Moment, now: Moment) -> Conversation:
    """A client's message came. A closed conversation returns to Unassigned, its time set anew (R30)."""
    heard = replace(
        conversation,
        last_message_at=at,
        last_direction=Direction.IN,
        unseen=True,
        last_seq=conversation.last_seq + 1,
    )
    if conversation.status is Status.CLOSED:
        return move(heard, Status.UNASSIGNED, now)
    return heard


def say(conversation: Conversation, direction: Direction, at: Moment) -> Conversation:
    """An operator's message came. Only one that goes to the client marks the conversation as answered (R12)."""
    said = replace(conversation, last_seq=conversation.last_seq + 1, unseen=False)
    if direction is Direction.OUT:
        return replace(said, last_message_at=at, last_direction=Direction.OUT)
    return said


def speak_for_group(conversation: Conversation) -> Conversation:
    """Words of the group itself take a number; they answer nothing, so nothing else changes."""
    return replace(conversation, last_seq=conversation.last_seq + 1)


def see(conversation: Conversation) -> Conversation:
    """An operator has seen the client's words (R14, R20)."""
    return replace(conversation, unseen=False) if conversation.unseen else conversation


def _must_be_theirs(conversation: Conversation, operator: Operator, responsible_name: str) -> None:
    someone_elses = conversation.operator_id is not None and conversation.operator_id != operator.id
    if conversation.status is Status.INBOX and someone_elses and not operator.has("conversations_management"):
        raise NotYours(name=responsible_name)
