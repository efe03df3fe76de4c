"""The house of every scenario, on either engine; ``platform`` runs a scenario from each desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.road.house import House, open_house


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """A started relaydesk without limits."""
    async with open_house(tmp_path, database_url) as made:
        await made.start()
        yield made


@pytest.fixture
async def cold_house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """A house whose bot is not started yet; limits of the platforms are off until switched on."""
    async with open_house(tmp_path, database_url) as made:
        yield made
