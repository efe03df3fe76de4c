"""Trouble on request: delays, refusals and broken connections for chosen calls."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, Literal

Kind = Literal["delay", "drop_before", "drop_after", "answer_late", "status", "rate_limit", "error"]


@dataclass
class Fault:
    """One fault, armed for calls that match.

    ``platform``  ``slack``, ``telegram`` or ``whatsapp``; ``method`` a glob over API method names.
    ``match``     arguments that must be equal, e.g. ``{"chat_id": -100}``.
    ``times``     how many calls it hits; -1 = until cleared. ``skip`` calls pass first.
    ``kind``      delay: wait ``seconds``, then go on · drop_before: close the connection, do nothing ·
                  drop_after: do the work, then close the connection without an answer ·
                  answer_late: do the work, so that people see it, and answer ``seconds`` later ·
                  status: answer HTTP ``status`` with ``body`` · rate_limit: the platform's own 429 with
                  ``seconds`` as Retry-After · error: the platform's own refusal ``error``.
    """

    platform: str
    method: str
    kind: Kind
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 500
    body: str = "internal error"
    error: str = ""
    match: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def wants(self, platform: str, method: str, arguments: dict[str, Any]) -> bool:
        """Whether this fault is still armed and fits the call."""
        fits = (
            self.times != 0
            and self.platform == platform
            and fnmatch(method, self.method)
            and all(str(arguments.get(key)) == str(value) for key, value in self.match.items())
        )
        if fits and self.skip > 0:
            self.skip -= 1
            return False
        return fits


AFTER = frozenset({"drop_after", "answer_late"})
"""The kinds that strike when the work is done."""


async def drops(fault: Fault | None) -> bool:
    """Called when the work is done: wait before a late answer; whether the line is to drop instead of an answer."""
    if fault is not None and fault.kind == "answer_late":
        await asyncio.sleep(fault.seconds)
    return fault is not None and fault.kind == "drop_after"


class Faults:
    """The armed faults of one sandbox."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []
        self.latency: dict[str, float] = {}

    def add(self, platform: str, method: str, kind: Kind, **more: Any) -> Fault:
        """Arm a fault; see :class:`Fault` for the words."""
        fault = Fault(platform, method, kind, **more)
        self.armed.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm everything."""
        self.armed.clear()
        self.latency.clear()

    async def meet(self, platform: str, method: str, arguments: dict[str, Any]) -> Fault | None:
        """Called by a platform before it serves a call. Sleeps through delays; returns the fault to act on."""
        if pause := self.latency.get(platform):
            await asyncio.sleep(pause)
        for fault in self.armed:
            if not fault.wants(platform, method, arguments):
                continue
            fault.times -= 1 if fault.times > 0 else 0
            fault.hits += 1
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
                continue
            return fault
        return None
