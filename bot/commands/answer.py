"""What a person is told when a command has been carried out or refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """``text`` is for the person who asked, alone. ``refused`` when nothing was done."""

    text: str
    refused: bool = False
