"""Clients who write to a Telegram bot."""
