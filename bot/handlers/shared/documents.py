"""The bytes of a file for an operator."""

from __future__ import annotations

from bot.delivery.ports import Document
from bot.domain.chart import Chart
from bot.handlers.shared import chart


async def content_of(document: Document) -> bytes:
    """What is sent; a chart is drawn now."""
    return await chart.draw(document.content) if isinstance(document.content, Chart) else document.content
