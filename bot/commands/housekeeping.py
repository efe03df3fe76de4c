"""What is done by the clock and not by a person."""

from bot.commands.erase import expire
from bot.store.retention import sweep

__all__ = ["expire", "sweep"]
