"""A chart as data: what a picture of counts shows, before anything draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.domain.phrase import Phrase

MOST_SERIES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Counts stacked over labels.

    ``labels``  what stands along the axis: days, weeks, operators …
    ``series``  by name, one count for each label; at most :data:`MOST_SERIES`
    ``counted`` what the counts are of
    """

    title: str
    subtitle: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]
    counted: str = Phrase("tagged messages")

    def to_json(self) -> dict[str, Any]:
        """As the outbox keeps it."""
        series = [[name, list(counts)] for name, counts in self.series]
        return {"title": self.title, "subtitle": self.subtitle, "labels": list(self.labels), "series": series}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Chart:
        """Read back what :meth:`to_json` gave."""
        series = tuple((name, tuple(counts)) for name, counts in data["series"])
        return cls(title=data["title"], subtitle=data["subtitle"], labels=tuple(data["labels"]), series=series)
