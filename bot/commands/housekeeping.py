"""What is done by the clock and not by a person."""

from bot.store.retention import sweep

__all__ = ["sweep"]
