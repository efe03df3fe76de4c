"""Draws a chart as a PNG, off the event loop. matplotlib is loaded with the first chart: it is large, and few ask for one."""

from __future__ import annotations

import asyncio
import io
import threading
import warnings

from bot.domain.chart import Chart
from bot.domain.text import graphemes

COLOURS = (
    *("#1f6fb2", "#e07b00", "#2a9d5c", "#c8323c", "#7d56b3", "#8a5a44"),
    *("#d65ba3", "#5f6b76", "#a3a500", "#12a5b8", "#f2b134", "#394b8f"),
)
"""Apart from one another for eyes that tell red and green badly, by lightness as well."""
TEXT, QUIET, LINE = "#1d2129", "#5b6470", "#d9dde3"
MOST_TICKS = 16
LONGEST_NAME = 28
_one_at_a_time = threading.Lock()  # matplotlib keeps fonts and settings in one place for all threads


async def draw(chart: Chart) -> bytes:
    """The picture, 1200 × 700 pixels."""
    return await asyncio.to_thread(_draw, chart)


def _draw(chart: Chart) -> bytes:
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sign no font has is drawn as a box
        return _png(chart)


def _png(chart: Chart) -> bytes:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.text import Text
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(12, 7), dpi=100, facecolor="white", layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
    axes = figure.add_subplot(facecolor="white")
    places = range(len(chart.labels))
    below = [0] * len(chart.labels)
    for index, (name, counts) in enumerate(chart.series):
        colour = COLOURS[index % len(COLOURS)]
        axes.bar(places, counts, bottom=below, width=0.78, color=colour, label=_short(name), edgecolor="white", linewidth=0.6)
        below = [low + count for low, count in zip(below, counts, strict=True)]
    if len(chart.labels) <= MOST_TICKS:
        for place, total in zip(places, below, strict=True):
            if total:
                axes.text(place, total, str(total), ha="center", va="bottom", color=TEXT, fontsize=10)
    every = -(-len(chart.labels) // MOST_TICKS) or 1
    ticks = [place for place in places if (len(chart.labels) - 1 - place) % every == 0]
    labels = [_short(chart.labels[place]) for place in ticks]
    crowded = sum(len(label) for label in labels) > 100
    axes.set_xticks(ticks, labels, rotation=35 if crowded else 0, ha="right" if crowded else "center")
    axes.set_xlim(-0.6, len(chart.labels) - 0.4)
    axes.set_ylim(0, max([*below, 1]) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_ylabel(chart.counted, color=QUIET, fontsize=11)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=10, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(LINE)
    figure.suptitle(_short(chart.title, 60), x=0.02, ha="left", color=TEXT, fontsize=17, fontweight="bold")
    axes.set_title(_short(chart.subtitle, 100), loc="left", color=QUIET, fontsize=12, pad=12)
    figure.legend(loc="outside right upper", frameon=False, fontsize=11, labelcolor=TEXT)
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a tag may hold dollar signs, which would be read as formulas
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _short(name: str, longest: int = LONGEST_NAME) -> str:
    signs = list(graphemes(name))
    return name if len(signs) <= longest else "".join(signs[: longest - 1]) + "…"
