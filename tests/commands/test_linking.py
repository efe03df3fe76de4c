"""One operator on two platforms, by a one-time code (R1)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from bot.commands import desk_words
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.store import entries, links, tables
from bot.store.uow import Tx
from tests.commands.conftest import Shop
from tests.commands.test_admin import facts, told

NOT_VALID = "This code is not valid (any more)."


async def says(shop: Shop, platform: str, who: str, words: str, later: int = 0, door: str = "command") -> str:
    def job(tx: Tx) -> str:
        tx.now = Moment(tx.now + later)
        return desk_words.said(tx, Actor(platform, who, door), words).text

    return await shop.does(job)  # type: ignore[no-any-return]


HOME = {"slack": "U0GUS", "telegram": "4711"}
OTHER = {"slack": "telegram", "telegram": "slack"}


async def code_of(shop: Shop, platform: str) -> str:
    """Gus, who is known on one platform only, asks for a code there."""
    if "Gus" not in str(await shop.does(lambda tx: entries.rows(tx, "operator"))):
        await told(shop, f"operator add Gus {platform}={HOME[platform]}")
    answer = await says(shop, platform, HOME[platform], "link")
    found = re.search(r"Your code is ([A-Z2-9]{4}-[A-Z2-9]{4})\. Within 10 minutes, write", answer)
    assert found, answer
    return found[1]


@pytest.mark.parametrize("platform", ["slack", "telegram"])
async def test_R1_a_code_makes_the_other_account_the_same_operator_once(shop: Shop, platform: str) -> None:
    code, there = await code_of(shop, platform), OTHER[platform]
    assert "not a registered operator" in await says(shop, there, HOME[there], "help")
    answer = await says(shop, there, HOME[there], f"link {code.lower()}")
    assert answer.startswith("Welcome, Gus: this ")
    gus = await facts(shop, "operator", "Gus")
    assert (gus["slack"], gus["telegram"]) == ([HOME["slack"]], [HOME["telegram"]])
    assert "Here you can write" in await says(shop, there, HOME[there], "help")
    port = "slack" if platform == "slack" else "telegram-desk"
    (notice,) = await shop.notices(f"{port}:{HOME[platform]}:private")
    assert "account is linked" in notice and "tell an admin at once" in notice
    assert "Gus: linked" in await shop.journal()
    assert await says(shop, there, "U0EVE" if there == "slack" else "666", f"link {code}") == NOT_VALID
    assert "is linked already" in await says(shop, platform, HOME[platform], "link")


async def test_R1_only_a_digest_is_kept_and_a_new_code_ends_the_old(shop: Shop) -> None:
    old = await code_of(shop, "slack")
    new = await code_of(shop, "slack")
    kept = await shop.does(lambda tx: list(tx.execute(select(tables.link_code.c.digest)).scalars()))
    assert len(kept) == 1 and new.replace("-", "") not in kept[0]
    assert await says(shop, "telegram", "4711", f"link {old}") == NOT_VALID
    assert (await says(shop, "telegram", "4711", f"link {new}")).startswith("Welcome")


async def test_R1_a_code_lasts_ten_minutes(shop: Shop) -> None:
    code = await code_of(shop, "slack")
    assert await says(shop, "telegram", "4711", f"link {code}", later=links.LASTS + 60_000) == NOT_VALID
    assert (await says(shop, "telegram", "4711", f"link {code}")).startswith("Welcome")


async def test_R1_F66_five_wrong_codes_and_the_right_one_must_wait_an_hour(shop: Shop) -> None:
    code = await code_of(shop, "slack")
    for _ in range(5):
        assert await says(shop, "telegram", "666", "link AAAA-BBBB") == NOT_VALID
    assert "too many wrong codes" in await says(shop, "telegram", "666", f"link {code}")
    assert (await facts(shop, "operator", "Gus"))["telegram"] == []
    assert await says(shop, "telegram", "666", "link AAAA-BBBB", later=3_700_000) == NOT_VALID
    assert (await says(shop, "telegram", "4711", f"link {code}")).startswith("Welcome"), "others may try"
    assert len([one for one in await shop.journal() if one == "telegram 666: refused"]) == 7


async def test_R1_R6_an_account_of_an_active_operator_is_not_taken(shop: Shop) -> None:
    code = await code_of(shop, "slack")
    assert "You are Ben Carter here, in Telegram, already." in await says(shop, "telegram", "ben", f"link {code}")
    assert (await facts(shop, "operator", "Ben Carter"))["telegram"] == ["ben"]
    assert (await says(shop, "telegram", "4711", f"link {code}")).startswith("Welcome"), "the code was not used up"


async def test_F70_the_code_of_somebody_switched_off_is_worth_nothing(shop: Shop) -> None:
    code = await code_of(shop, "slack")
    await told(shop, "operator off Gus")
    assert await says(shop, "telegram", "4711", f"link {code}") == NOT_VALID
    assert "not a registered operator" in await says(shop, "slack", "U0GUS", "link")


async def test_R6_F66_the_narrow_door_takes_a_code_and_nothing_else(shop: Shop) -> None:
    for words in ("link", "links AAAA-BBBB", "operators", "linkAAAA", "help link"):
        assert "not a registered operator" in await says(shop, "telegram", "666", words)
    for words in ("link '; DROP TABLE operator", "link ☃☃☃☃☃☃☃☃", f"link {'A' * 5000}"):
        assert await says(shop, "telegram", "666", words) == NOT_VALID


async def test_R1_a_code_is_not_told_in_a_topic(shop: Shop) -> None:
    await code_of(shop, "telegram")
    assert "in our private chat" in await says(shop, "telegram", "4711", "link", door="text")
