"""Clients who write to a WhatsApp number."""
