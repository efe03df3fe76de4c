"""Charts as pictures (R63): drawn from whatever people call things, off the event loop, and not before somebody asks."""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys

import pytest

from bot.domain.chart import Chart
from bot.handlers.shared.chart import draw


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.mark.parametrize(
    ("labels", "series"),
    [
        (("24 Nov",), (("#refund", (3,)),)),
        (("a", "b"), (("#$x$ \\frac{", (0, 0)), ("_hidden", (1, 2)), ("#退款 🏷️", (2, 0)))),
        (tuple(str(n) for n in range(365)), (("#x", tuple(range(365))),)),
        (tuple(str(n) for n in range(31)), tuple((f"#{'t' * 60}{n}", tuple(range(31))) for n in range(12))),
        (("A very long name of somebody " * 3, "B" * 200), (("#x", (10**6, 1)),)),
    ],
)
async def test_R63_any_names_and_sizes_are_drawn(
    labels: tuple[str, ...], series: tuple[tuple[str, tuple[int, ...]], ...]
) -> None:
    picture = await draw(Chart(title="Tags by day", subtitle="$ " * 100, labels=labels, series=series))
    assert size_of(picture) == (1200, 700)


async def test_R63_the_loop_goes_on_while_charts_are_drawn() -> None:
    chart = Chart(title="t", subtitle="s", labels=("a",), series=(("#x", (1,)),))
    drawing = asyncio.gather(draw(chart), draw(chart))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1
    assert [size_of(one) for one in await drawing] == [(1200, 700)] * 2
    assert turns > 10


def test_R63_what_draws_is_not_loaded_at_the_start() -> None:
    look = "import bot.app, sys; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
