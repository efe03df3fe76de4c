"""Writes ``docs/capabilities.md`` from the one table of capabilities (R104): ``python -m tools.capabilities``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.domain.capabilities import CHANNELS, DESKS, MB, Capability

TARGET = Path(__file__).resolve().parent.parent / "docs" / "capabilities.md"
HEAD = """\
# What channels and desks can carry

Longer texts go in several parts, at the ends of words. What a channel cannot take is told to the operator who sent it.
Characters are counted as the platforms do, in UTF-16 units: most emoji are two.

Made from `bot/domain/capabilities.py`, which the program itself obeys, by `python -m tools.capabilities`.
"""
COLUMNS = ("one text", "bold and the like", "edits", "deletions", "reactions", "one file", "tells of a message")


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(), "utf-8")


def page() -> str:
    """The page as it has to be."""
    channels = _table("channel", CHANNELS)
    desks = _table("desk", DESKS)
    return "\n".join(
        [HEAD, "## Channels: where clients write\n", *channels, "", "## Desks: where operators answer\n", *desks, ""]
    )


def _table(first: str, table: Mapping[str, Capability]) -> Iterable[str]:
    yield _row((first, *COLUMNS))
    yield _row("---" for _ in range(len(COLUMNS) + 1))
    for one in table.values():
        yield _row(
            (
                one.name,
                f"{one.text_limit:,} characters",
                _yes(one.styles),
                _yes(one.edits),
                _yes(one.deletes),
                _yes(one.reactions),
                f"up to {one.file_limit // MB:,} MB" if one.files and one.file_limit else "no",
                ", ".join(one.receipts),
            )
        )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _yes(can: bool) -> str:
    return "yes" if can else "no"


if __name__ == "__main__":
    main()
