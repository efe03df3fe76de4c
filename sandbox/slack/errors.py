"""Slack's refusals as one exception."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The API answers ``{"ok": false, "error": …}`` with whatever else belongs to that error."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more

    @classmethod
    def because(cls, error: str, messages: list[str]) -> Refused:
        """An error whose reasons stand in ``response_metadata.messages``, each after ``[ERROR]``.

        The shape is the one in public threads about ``invalid_blocks``, for example
        github.com/adobe/spacecat-api-service/issues/176 and grafana-cold-storage/oncall/pull/210.
        """
        return cls(error, errors=messages, response_metadata={"messages": [f"[ERROR] {text}" for text in messages]})
