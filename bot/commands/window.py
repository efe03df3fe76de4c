"""Whether free words may go to a client now (R94)."""

from __future__ import annotations

from bot.domain import window
from bot.domain.capabilities import CHANNELS
from bot.domain.conversation import Conversation
from bot.domain.errors import WindowClosed
from bot.store import messages, team
from bot.store.uow import Tx


def is_open(tx: Tx, conversation: Conversation) -> bool:
    """Whether the client's channel takes free words; one without a window is not looked at any further."""
    channel = CHANNELS[team.channel_by_id(tx, conversation.channel_id).kind]
    return not channel.window_hours or window.is_open(channel, messages.last_heard(tx, conversation.id), tx.now)


def must_be_open(tx: Tx, conversation: Conversation) -> None:
    """Raises ``WindowClosed`` when only an approved template can go."""
    if not is_open(tx, conversation):
        channel = CHANNELS[team.channel_by_id(tx, conversation.channel_id).kind]
        raise WindowClosed(hours=str(channel.window_hours), channel=channel.name)
