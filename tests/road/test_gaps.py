"""relaydesk was away, for hours or for days: what waited drains, and what may be lost is told (F13)."""

from __future__ import annotations

from tests.road.house import House

CLIENTS = 5
WORDS = 60


def told(house: House) -> list[str]:
    """What Ada the admin was told in private, on either desk."""
    return [line for line in house.slack.private("ada") + house.telegram.private("ada") if "not heard" in line]


async def test_F13_a_long_backlog_drains_once_and_in_order(house: House) -> None:
    house.client_says("I am here")
    await house.settled()
    await house.stop()
    house.ahead += 23 * 3600
    clients = list(house.scene.clients)[:CLIENTS]
    for number in range(WORDS):
        for who in clients:
            house.client_says(f"word {number}.", who)
    await house.start()
    await house.settled()
    for desk in (house.slack, house.telegram):
        for thread in desk.threads():
            said = " ".join(desk.lines(thread))
            found = [said.count(f"word {number}.") for number in range(WORDS)]
            places = [said.index(f"word {number}.") for number in range(WORDS)]
            assert found == [1] * WORDS and places == sorted(places)
    assert told(house) == []


async def test_F13_a_gap_longer_than_telegrams_memory_is_told_to_admins(house: House) -> None:
    house.client_says("I am here")
    await house.settled()
    await house.stop()
    house.ahead += 25 * 3600
    await house.start()
    (words,) = await house.until(lambda: told(house))
    assert "messages from before that may be lost" in words
