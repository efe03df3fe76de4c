"""relaydesk was away, for hours or for days: what waited drains, and what may be lost is told (F13)."""

from __future__ import annotations

from tests.road.house import House

CLIENTS = 5
WORDS = 30


def told(house: House) -> list[str]:
    """What Ada the admin was told in private, on either desk."""
    return [line for line in house.slack.private("ada") + house.telegram.private("ada") if "not heard" in line]


async def heard_once(house: House) -> None:
    """A client has written, then relaydesk stops."""
    house.client_says("I am here")
    await house.until(lambda: house.slack.threads() and house.telegram.threads())
    await house.settled()
    await house.stop()


async def test_F13_a_long_backlog_drains_once_and_in_order(house: House) -> None:
    await heard_once(house)
    house.ahead += 23 * 3600
    clients = list(house.scene.clients)[:CLIENTS]
    for number in range(WORDS):
        for who in clients:
            house.client_says(f"word {number}.", who)
    await house.start()
    desks = (house.slack, house.telegram)
    last = f"word {WORDS - 1}."
    await house.until(lambda: all(last in desk.lines(one)[-1] for desk in desks for one in desk.threads()))
    await house.settled()
    for desk in desks:
        for thread in desk.threads():
            said = " ".join(desk.lines(thread))
            found = [said.count(f"word {number}.") for number in range(WORDS)]
            places = [said.index(f"word {number}.") for number in range(WORDS)]
            assert found == [1] * WORDS and places == sorted(places)
    assert told(house) == []


async def test_F13_a_gap_longer_than_telegrams_memory_is_told_to_admins(house: House) -> None:
    await heard_once(house)
    house.ahead += 25 * 3600
    house.client_says("Are you there?")
    await house.start()
    (words,) = await house.until(lambda: told(house))
    assert "messages from before that may be lost" in words
