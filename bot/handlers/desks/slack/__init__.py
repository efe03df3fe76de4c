"""Operators in Slack threads."""
