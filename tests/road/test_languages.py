"""A Russian team reads Russian on both desks; clients' and operators' own words stay as they are."""

from __future__ import annotations

import re

import pytest

from bot.domain.actions import TABLE
from bot.domain.phrase import in_table
from bot.languages import in_language
from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, Talk, View, begin, choices, join_telegram, views

NAMED = " ".join(
    [*NAMES.values(), "Ann Lee ann_lee Sales Slack Telegram WhatsApp UTC Berlin Europe Sat Sun", "Northwind desk"]
).split()
TYPED = [*(f"{action.verb} {action.example}" for action in TABLE), "off en ru xx group super_admin shop-bot relaydesk"]
NOBODYS = {*NAMED, *(name.lower() for name in NAMED), *re.findall(r"\w+", " ".join(TYPED))}
"""Names, and what is typed; nothing of it is to be translated."""


def ru(words: str) -> str:
    """A sentence of the product in Russian."""
    return in_language(in_table(words), "ru")


def english(told: list[str]) -> set[str]:
    """The English words people were shown, but for names and for what is typed."""
    plain = [re.sub(r"(?:https?://|[!/])\S+|\S+@\S+", " ", one) for one in told]
    return {word for one in plain for word in re.findall(r"[A-Za-z_]{2,}", one) if word not in NOBODYS}


def all_shown(view: View, thread: str, *people: str) -> list[str]:
    """Everything a desk shows of a thread, and to these people alone."""
    shown = [*view.lines(thread), *view.buttons(thread)]
    for who in people:
        shown += [*view.told(who), *view.private(who)]
    return shown


@pytest.fixture
async def office(cold_house: House) -> House:
    """Sales is a Russian group; whoever is in it is told things in Russian."""
    join_telegram(cold_house, "ada")
    await cold_house.start()
    assert "ru" in await cold_house.slack.desk_says("ada", "group Sales language=ru")
    return cold_house


async def played(house: House, platform: str) -> tuple[Talk, list[str]]:
    """A conversation with much of what can happen in one, and all that was answered at once."""
    talk = await begin(house, platform, "привет")
    told = [await talk.types("olga", "clsoe"), await talk.types("olga", "help")]
    await talk.presses("olga", ru("Start conversation"))
    await house.until(lambda: ru("🟢 In progress") in talk.mine.card(talk.thread))
    told.append(await talk.presses("olga", ru("More…")))
    if isinstance(talk.mine, SlackView):
        words, labels = talk.mine.modal("olga")
        told += [*words, *labels]
        await talk.mine.closes("olga")
    else:
        told += choices(talk.mine, "olga")
    for words in (
        "history",
        "client",
        "tag возврат",
        "rename Анна",
        "remember звонить утром",
        "start",
        "assign никто",
    ):
        told.append(await talk.types("olga", words))
    colleague = COLLEAGUE[platform]
    told.append(await talk.writes(colleague, "здравствуйте"))
    talk.says("olga", "добрый день")
    await house.until(lambda: any("добрый день" in one for one in house.client_sees()))
    await talk.types("olga", "close")
    await house.until(lambda: ru("⚫ Closed") in talk.mine.card(talk.thread))
    await house.settled()
    return talk, told


async def test_a_russian_team_reads_russian_in_threads_and_in_private(office: House, platform: str) -> None:
    talk, told = await played(office, platform)
    told += all_shown(talk.mine, talk.thread, "olga", COLLEAGUE[platform]) + all_shown(talk.other, talk.there)
    assert english(told) == set(), [one for one in told if english([one])]
    assert ru("⚫ Closed") in talk.other.card(talk.there)
    assert any("добрый день" in one for one in office.client_sees())


async def test_lists_and_the_team_in_russian(office: House, platform: str) -> None:
    await begin(office, platform, "привет")
    mine, _ = views(office, platform)
    told: list[str] = []
    for words in (
        "help",
        "tab unassigned",
        "tab inbox",
        "search привет",
        "search п",
        "tags",
        "templates",
        "quiet 25",
        "language xx",
        "operators",
    ):
        told.append(await mine.desk_says("olga", words))
        words_shown, labels = await mine.desk_screen("olga")
        told += [*words_shown, *labels]
    assert english(told) == set(), [one for one in told if english([one])]


async def test_an_operator_chooses_his_own_language(office: House, platform: str) -> None:
    """Olga wants English in what is hers alone; the thread stays Russian for all."""
    mine, _ = views(office, platform)
    assert await mine.desk_says("olga", "language en") == "From now on you are told everything in this language."
    talk = await begin(office, platform, "привет")
    assert "already" not in (answer := await talk.types("olga", "start")), answer
    await office.until(lambda: ru("🟢 In progress") in talk.mine.card(talk.thread))
    assert "You already have this conversation" in await talk.types("olga", "start")
    assert await mine.desk_says("olga", "language ru") == ru("From now on you are told everything in this language.")
