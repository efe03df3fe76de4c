"""Taking back a reply that has not gone yet (R123)."""

from __future__ import annotations

from bot.commands.answer import Answer
from bot.commands.perform import Context
from bot.domain.errors import StaleCard
from bot.store.uow import Tx


def recall(tx: Tx, context: Context, token: str) -> Answer:
    """The author has pressed *Cancel*."""
    raise StaleCard
