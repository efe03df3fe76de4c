"""One table for the code, the messages and the documents."""

from __future__ import annotations

import re
from pathlib import Path

from bot.domain.capabilities import CHANNELS, DESKS
from tools.capabilities import TARGET, page

DOCS = Path(__file__).parents[2] / "docs"


def test_R104_the_page_is_made_from_the_table() -> None:
    assert TARGET.read_text("utf-8") == page(), "stale: python -m tools.capabilities"


def test_R104_the_page_has_a_row_for_each_channel_and_desk() -> None:
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in page().splitlines() if line.startswith("| ")}
    for one in (*CHANNELS.values(), *DESKS.values()):
        assert f"{one.text_limit:,} characters" in rows[one.name]
    assert "| yes | yes | yes | yes |" in rows["Telegram bot"]
    assert rows["WhatsApp"].endswith("| accepted, delivered, read |")


def test_R104_other_documents_say_the_same_numbers() -> None:
    said = re.search(r"up to ([\d,]+) characters", (DOCS / "widget.md").read_text("utf-8"))
    assert said is not None
    assert said[1] == f"{CHANNELS['widget'].text_limit:,}"
