"""Operators in Telegram forum topics."""
