"""The journal as admins read it (R29)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.desk_words import said
from bot.commands.press import Pressed, pressed
from bot.domain.actions import Button, Verb
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.domain.privacy import masked
from bot.domain.screen import ChoiceField, Screen
from bot.domain.since import since
from bot.store import journal
from bot.store.tables import client
from bot.store.tables import journal as facts
from bot.store.uow import Tx
from tests.commands.conftest import Shop

APPLIED = "relaydesk: team applied"


async def asks(shop: Shop, words: str, who: str = "ada") -> Answer:
    answer: Answer = await shop.does(lambda tx: said(tx, Actor("slack", f"U{who}", "command"), words))
    return answer


async def presses(shop: Shop, button: Button, values: dict[str, str] | None = None, who: str = "ada") -> Answer:
    filled = {name: (value,) for name, value in values.items()} if values is not None else None
    press = Pressed(shop.actor(who), Place("slack", "", ""), "", button.data, filled)
    answer: Answer = await shop.does(lambda tx: pressed(tx, press))
    return answer


def screen(answer: Answer) -> Screen:
    assert answer.screen is not None, answer
    return answer.screen


def titles(answer: Answer) -> list[str]:
    return [row.title for row in screen(answer).rows]


def button(answer: Answer, label: str) -> Button:
    return next(one for one in screen(answer).buttons if one.label == label)


async def test_R29_the_journal_says_who_did_what_when_from_where_and_with_whom(shop: Shop) -> None:
    slack, telegram = await shop.threads()
    await shop.press("olga", Verb.START)
    await shop.press("ben", Verb.TAKE_OVER)
    answer = await asks(shop, "journal")
    assert titles(answer) == ["Ben Carter: taken over", "Olga Ivanova: started", "Ann: arrived", APPLIED]
    first = screen(answer).rows[0]
    assert re.fullmatch(r"\d+ \w+ \d\d:\d\d UTC · Slack button · Ann · inbox → inbox, taken from: Olga Ivanova", first.detail)
    assert [(one.platform, one.thread) for one in first.jumps] == [("slack", slack.thread), ("telegram", telegram.thread)]
    assert screen(answer).intro == "Everybody, newest first"


async def test_R29_by_person_and_by_time(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    await shop.press("ben", Verb.TAKE_OVER)
    assert titles(await asks(shop, "journal Olga")) == ["Olga Ivanova: started"]
    assert titles(await asks(shop, "journal olga ivanova 2h")) == ["Olga Ivanova: started"]
    old = update(facts).where(facts.c.what != "taken over").values(at=facts.c.at - 3 * 3_600_000)
    await shop.does(lambda tx: tx.execute(old) and None)
    assert titles(await asks(shop, "journal 2h")) == ["Ben Carter: taken over"]
    nothing = screen(await asks(shop, "journal olga 2h"))
    assert nothing.rows == () and nothing.empty == "Nothing was done." and nothing.intro.startswith("Olga Ivanova, since ")
    assert len(titles(await asks(shop, "journal 1d"))) == 4


async def test_R29_the_filter_keeps_what_is_chosen(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    olga = str(await shop.id_of("olga"))
    form = (await presses(shop, button(await asks(shop, "journal"), "Filter…"))).form
    assert form is not None
    who, when = form.fields
    assert isinstance(who, ChoiceField) and isinstance(when, ChoiceField)
    assert [one.label for one in who.options][:3] == ["Everybody", "Ada Admin", "Ben Carter"] and who.chosen == ("0",)
    sent = Button(form.verb, "", form.token)
    assert titles(await presses(shop, sent, {"person": olga, "since": "today"})) == ["Olga Ivanova: started"]
    assert len(titles(await presses(shop, sent, {"person": "0", "since": "0"}))) == 3
    wrong = await presses(shop, sent, {"person": "0", "since": "soon"})
    assert wrong.refused and wrong.errors.keys() == {"since"}
    assert [one.label for one in await shop.offered("ada", "journal_people", "iva")] == ["Olga Ivanova"]


async def test_R29_pages_go_back_to_the_beginning(shop: Shop) -> None:
    def many(tx: Tx) -> None:
        for number in range(30):
            journal.add(tx, f"did {number}", who="Olga Ivanova", way="slack:button")
            tx.flush()

    await shop.does(many)
    answer, seen = await asks(shop, "journal"), []
    assert [one.label for one in screen(answer).buttons] == ["Older", "Filter…"]
    for _ in range(2):
        seen += titles(answer)
        answer = await presses(shop, button(answer, "Older"))
    seen += titles(answer)
    assert [one.label for one in screen(answer).buttons] == ["Newest", "Filter…"]
    assert seen == [f"Olga Ivanova: did {number}" for number in range(29, -1, -1)] + ["Ann: arrived", APPLIED]
    assert titles(await presses(shop, button(answer, "Newest")))[0] == "Olga Ivanova: did 29"


async def test_R6_F66_the_journal_is_for_admins_only(shop: Shop) -> None:
    for who in ("ben", "lead", "nobody"):
        assert (await asks(shop, "journal", who)).refused
        assert (await presses(shop, Button(Verb.JOURNAL, "", "0.0.0"), who=who)).refused
    assert "journal" not in (await asks(shop, "help", "ben")).text and "journal" in (await asks(shop, "help")).text


@pytest.mark.parametrize("token", ["x", "1.2", "1.2.x", "1.2.3.4", "filter.x", "99999999999999999999.0.0"])
async def test_F68_a_forged_page_is_refused(shop: Shop, token: str) -> None:
    assert (await presses(shop, Button(Verb.JOURNAL, "", token))).refused


async def test_R29_somebody_nobody_knows_is_refused(shop: Shop) -> None:
    assert (await asks(shop, "journal Zoe")).text.startswith("I know no operator “Zoe”")


async def test_R29_the_history_of_a_conversation_opens_as_pages_from_the_menu(shop: Shop) -> None:
    for _ in range(7):
        await shop.press("olga", Verb.START)
        await shop.press("olga", Verb.CLOSE)
    menu = next(one for one in await shop.buttons("olga") if one.label == "History")
    answer = await presses(shop, menu, who="olga")
    assert screen(answer).title == "Ann" and titles(answer)[0] == "Olga Ivanova: closed" and len(titles(answer)) == 12
    older = await presses(shop, button(answer, "Older"), who="olga")
    assert titles(older) == ["Olga Ivanova: closed", "Olga Ivanova: started", "Ann: arrived"]
    assert (await presses(shop, menu, who="sue")).refused
    slack, _ = await shop.threads()
    assert "Olga Ivanova: closed (Slack button)" in await shop.writes("olga", "!history", slack)


async def test_F73_no_whole_phone_number_stands_in_the_journal(shop: Shop) -> None:
    named = update(client).values(name="+49 151 1234567")
    await shop.does(lambda tx: tx.execute(named) and None)
    await shop.client_says("hello", "+4915798765432")
    shown = str(screen(await asks(shop, "journal")))
    assert "1234567" not in shown and "98765432" not in shown and "+49 1••" in shown
    assert masked("call +49 (151) 123-456 at 10:42, room 12, id 123456") == "call +49 (1••) •••-•56 at 10:42, room 12, id 123456"


def test_R29_times_as_people_write_them() -> None:
    noon = Moment(1_795_003_200_000)  # 18 November 2026, 12:00 UTC
    assert since("2h", noon) == noon - 7_200_000 and since(" 3 D ", noon) == noon - 3 * 86_400_000
    assert since("today", noon) == noon - 12 * 3_600_000 and since("Yesterday", noon) == noon - 36 * 3_600_000
    assert since("2026-11-17", noon) == since("yesterday", noon)
    assert [since(words, noon) for words in ("", "soon", "2026-13-01", "99999d", "-1d")] == [None] * 5
