"""Clients who write from a website."""
