"""Time and notice from the commands' side: what the clock does, once, with the truth of now (R110, R111)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.commands import desk_words
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.due import act, plan
from bot.commands.notice import notify
from bot.commands.press import Pressed, pressed
from bot.domain.actions import Verb
from bot.domain.conversation import Direction, Status
from bot.domain.group_settings import GroupSettings
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.store import due, team, waits
from bot.store.engine import Store
from bot.store.uow import Tx
from tests.commands.conftest import Shop
from tests.store.conftest import Opening

MINUTE = 60_000
HOUR = 60 * MINUTE
MONDAY = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp() * 1000)


class Clockwork:
    """The store's clock as the test has it, and the clock's work done at it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.now = 0

    async def sets(self, **rules: Any) -> None:
        """What the group Sales has set for itself."""

        def job(tx: Tx) -> None:
            channel = team.find_channel(tx, "widget", "site")
            assert channel is not None
            team.set_settings(tx, channel.group_id, GroupSettings(**rules))

        await self.shop.does(job)

    async def tick(self, later: int, store: Store | None = None) -> None:
        """One look at what is due, so many milliseconds from now."""
        where = store or self.shop.store

        def planned(tx: Tx) -> list[int]:
            tx.now = Moment(tx.now + later)
            due.put(tx, plan(tx))
            return due.ready(tx, 100)

        for row_id in await where.write(planned):
            await where.write(lambda tx, row_id=row_id: self._act(tx, row_id, later))

    def _act(self, tx: Tx, row_id: int, later: int) -> None:
        tx.now = Moment(tx.now + later)
        act(tx, row_id)
        self.shop._place(tx)

    async def notices(self) -> list[str]:
        """All words of the bot queued for anybody."""
        return [one["payload"]["text"] for one in await self.shop.queued("notice")]

    async def to_client(self) -> int:
        return sum(one["lane"].startswith("widget") for one in await self.shop.queued("words"))


@pytest.fixture
def clock(shop: Shop) -> Clockwork:
    return Clockwork(shop)


async def says(shop: Shop, who: str, words: str, platform: str = "slack") -> Answer:
    """Words to the bot itself."""
    actor = Actor(platform, f"U{who}" if platform == "slack" else who, "command")
    return await shop.store.write(lambda tx: desk_words.said(tx, actor, words))


async def test_R110_all_is_off_by_default(shop: Shop, clock: Clockwork) -> None:
    await shop.press("olga", Verb.START)
    before = await shop.journal(), await clock.notices()
    await clock.tick(90 * 24 * HOUR)
    assert before == (await shop.journal(), await clock.notices())
    assert await shop.store.read(lambda tx: due.standing(tx, ["remind"])) == {}


async def test_R110_a_client_who_waits_is_named_three_times_with_growing_distance(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(reminder_minutes=10)
    told: list[int] = []
    for minutes in range(1, 200):
        before = len(await clock.notices()) if minutes in (9, 10, 29, 30, 69, 70, 150) else -1
        if before < 0:
            continue
        await clock.tick(minutes * MINUTE + 2_000)
        told += [minutes] * (len(await clock.notices()) - before)
    assert told == [10, 10, 30, 30, 70, 70], "on both desks at 10, 30 and 70 minutes, then no more"
    assert (await clock.notices())[0] == "⏰ Ann has been waiting for 10 minutes. Nobody has this conversation yet."
    assert (await shop.journal()).count("relaydesk: reminded") == 3


async def test_R110_who_has_it_is_reminded_in_private_and_who_cannot_be_is_in_the_thread(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(reminder_minutes=10)
    await shop.press("olga", Verb.START)
    await clock.tick(9 * MINUTE)
    assert not any("⏰" in one for one in await clock.notices())
    await clock.tick(11 * MINUTE)
    assert [one for one in await shop.notices("slack:Uolga:private") if "⏰" in one] == [
        "⏰ Ann has been waiting for 11 minutes."
    ]
    assert not any("⏰" in one for one in await shop.notices("slack:C1"))


async def test_R110_an_answer_ends_the_wait_and_the_next_one_is_counted_anew(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(reminder_minutes=10)
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    await clock.tick(11 * MINUTE)
    await shop.writes("olga", "hello Ann", slack)
    await clock.tick(31 * MINUTE)
    assert (await shop.journal()).count("relaydesk: reminded") == 1
    await shop.client_says("and now?", later=40 * MINUTE)
    await clock.tick(49 * MINUTE)
    assert (await shop.journal()).count("relaydesk: reminded") == 1
    await clock.tick(51 * MINUTE)
    assert (await shop.journal()).count("relaydesk: reminded") == 2


async def test_R110_what_was_closed_unanswered_waits_for_nothing_when_it_is_opened_again(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(reminder_minutes=1, return_minutes=1)
    await shop.does(lambda tx: _age(tx))
    await shop.press("olga", Verb.START)
    await shop.press("olga", Verb.CLOSE)
    await shop.press("olga", Verb.START)
    await clock.tick(HOUR)
    assert not any("reminded" in one or "returned by" in one for one in await shop.journal())


def _age(tx: Tx) -> None:
    """What was said was said long ago."""
    from bot.store.tables import message

    tx.execute(message.update().values(at=message.c.at - 24 * HOUR))


async def test_R110_a_silent_operator_gives_the_conversation_back(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(return_minutes=30)
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    await shop.writes("olga", "one moment", slack)
    await clock.tick(5 * HOUR)
    assert (await shop.talk()).status is Status.INBOX, "it is the client who is silent"
    await shop.client_says("and?", later=HOUR)
    await clock.tick(HOUR + 29 * MINUTE)
    assert (await shop.talk()).status is Status.INBOX
    await clock.tick(HOUR + 31 * MINUTE)
    talk = await shop.talk()
    assert (talk.status, talk.operator_id, talk.unseen) == (Status.UNASSIGNED, None, True)
    words = "⏪ Back in Unassigned: Olga Ivanova has not answered for 31 minutes."
    assert words in await shop.notices("slack:C1") and words in await shop.notices("telegram-desk:-1001")
    assert (await shop.journal()).count("relaydesk: returned by the clock") == 1


async def test_R110_who_is_switched_off_or_away_gives_it_back_at_once(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(return_minutes=600)
    await shop.client_says("me too", "bob")
    await shop.press("olga", Verb.START)
    await shop.press("ben", Verb.START, client="bob")
    await shop.switch_off("ben")
    now = await shop.store.read(lambda tx: tx.now)
    soon = datetime.fromtimestamp((now + 10 * MINUTE) / 1000, UTC)
    await says(shop, "olga", f"quiet {soon:%H:%M}-{(soon.hour + 8) % 24:02}:{soon:%M}")
    await clock.tick(MINUTE)
    assert ((await shop.talk()).status, (await shop.talk("bob")).status) == (Status.INBOX, Status.UNASSIGNED)
    await clock.tick(12 * MINUTE)
    assert (await shop.talk()).status is Status.UNASSIGNED
    told = " ".join(await shop.notices("slack:C1"))
    assert "Ben Carter is no longer active." in told and "Olga Ivanova is away." in told


@pytest.mark.parametrize("close_text", ["", "Thank you for writing to us."])
async def test_R110_an_idle_conversation_is_closed(shop: Shop, clock: Clockwork, close_text: str) -> None:
    await clock.sets(close_minutes=60, close_text=close_text)
    slack, _ = await shop.threads()
    await shop.press("olga", Verb.START)
    await clock.tick(9 * HOUR)
    assert (await shop.talk()).status is Status.INBOX, "the client still waits"
    await shop.writes("olga", "it is on its way", slack)
    await clock.tick(59 * MINUTE)
    assert (await shop.talk()).status is Status.INBOX
    await clock.tick(61 * MINUTE)
    talk = await shop.talk()
    assert (talk.status, talk.closed_by) == (Status.CLOSED, await shop.id_of("olga"))
    (told,) = [one for one in await shop.notices("slack:C1") if "💤" in one]
    assert told.startswith("💤 Closed: nothing was said for 61 minutes.")
    assert await clock.to_client() == (2 if close_text else 1)
    assert "relaydesk: closed when idle" in await shop.journal()
    assert talk.last_direction is Direction.OUT


async def test_R110_outside_hours_a_client_is_told_once_in_a_closed_period(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(hours="Mon-Fri 09:00-18:00 Europe/Berlin", away_text="We are back at nine.")
    now = await shop.store.read(lambda tx: tx.now)
    evening = _next_monday(now) + 20 * HOUR - now  # 20:00 UTC, after work in Berlin at any time of the year
    await clock.tick(evening)
    assert await clock.to_client() == 0, "he wrote before"
    await shop.client_says("anybody?", later=evening)
    await clock.tick(evening + MINUTE)
    await shop.client_says("hello?", later=evening + 2 * MINUTE)
    await clock.tick(evening + 3 * MINUTE)
    assert await clock.to_client() == 1
    words = "🌙 Outside business hours, so the client was told: “We are back at nine.”"
    assert (await shop.notices("slack:C1")).count(words) == (await shop.notices("telegram-desk:-1001")).count(words) == 1
    talk = await shop.talk()
    assert (talk.status, talk.last_direction, talk.unseen) == (Status.UNASSIGNED, Direction.IN, True), "it is no answer"
    day, night = evening + 15 * HOUR, evening + 26 * HOUR
    await shop.client_says("good morning", later=day)
    await clock.tick(day)
    assert await clock.to_client() == 1
    await shop.client_says("good night", later=night)
    await clock.tick(night + MINUTE)
    assert await clock.to_client() == 2, "another closed period"


def _next_monday(now: int) -> int:
    """The next Monday's midnight in UTC."""
    day = 24 * HOUR
    today = now // day * day
    return next(
        today + ahead * day for ahead in range(1, 8) if datetime.fromtimestamp((today + ahead * day) / 1000, UTC).weekday() == 0
    )


async def test_R110_the_digest_comes_once_a_day(shop: Shop, clock: Clockwork) -> None:
    await clock.sets(digest_at="09:00")
    await shop.client_says("me too", "bob")
    await shop.press("olga", Verb.CLOSE, client="bob")
    now = await shop.store.read(lambda tx: tx.now)
    nine = (now // (24 * HOUR) + 1) * 24 * HOUR + 9 * HOUR - now
    for later in (nine - HOUR, nine - MINUTE, nine + MINUTE, nine + HOUR):  # tomorrow, whatever time it is today
        await clock.tick(later)
    told = [one for one in await shop.notices("slack:C1:digest") if "🗓" in one]
    assert len(told) == 1 == len(await shop.notices("telegram-desk:-1001:digest"))
    assert told[0].startswith("🗓 🟢 Sales: 1 unassigned, 0 in progress, 1 closed yesterday. Waiting longest: Ann, for ")
    await clock.tick(nine + 10 * 24 * HOUR)  # the clock was away for ten days
    await clock.tick(nine + 10 * 24 * HOUR + MINUTE)
    assert len(await shop.notices("slack:C1:digest")) == 2
    assert "0 closed yesterday" in (await shop.notices("slack:C1:digest"))[1]


async def test_R110_several_clocks_and_a_late_one_act_once(shop: Shop, clock: Clockwork, stores: Opening) -> None:
    """Two clocks plan the same and act on it, one of them with a plan that is out of date by then."""
    await clock.sets(reminder_minutes=10, return_minutes=20)
    await shop.press("olga", Verb.START)
    stores_of_two = [shop.store, await stores()] if shop.store.__class__.__name__ == "PostgresStore" else [shop.store] * 2
    for later in (11 * MINUTE, 12 * MINUTE, 25 * MINUTE):
        await asyncio.gather(*(clock.tick(later, store) for store in stores_of_two))
    journal = await shop.journal()
    assert journal.count("relaydesk: reminded") == 1
    assert journal.count("relaydesk: returned by the clock") == 1

    def stale(tx: Tx) -> list[int]:
        planned = [
            due.Due(kind=kind, at=tx.now, key=f"{kind}:stale", conversation_id=number, payload={"since": 1, "given": 0})
            for kind in ("remind", "return", "close", "away")
        ]
        due.put(tx, planned)
        return due.ready(tx, 100)

    number = (await shop.talk()).id
    for row_id in await shop.does(stale):
        await shop.does(lambda tx, row_id=row_id: act(tx, row_id))
    assert await shop.journal() == journal, "the truth of now is another"


async def test_R111_one_mention_for_who_takes_it_where_he_works(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    called = [one for one in await shop.queued("notice") if one["payload"].get("mention")]
    assert [(where(one), one["payload"]["mention"]) for one in called] == [("slack:C1", ["Uolga", "Olga Ivanova"])]
    topic = (await shop.threads())[1]
    await shop.writes("ben", "/takeover", topic)
    called = [one for one in await shop.queued("notice") if one["payload"].get("mention")][1:]
    assert [(where(one), one["payload"]["mention"]) for one in called] == [("telegram-desk:-1001", ["ben", "Ben Carter"])]


def where(delivery: dict[str, Any]) -> str:
    """Port and chat of what was queued."""
    return str(delivery["lane"]).rpartition(":m")[0]


async def test_R111_after_a_rest_he_is_called_again_and_not_before(shop: Shop, clock: Clockwork) -> None:
    await shop.press("olga", Verb.START)

    async def calls() -> int:
        return sum(one["payload"].get("mention") is not None for one in await shop.queued("notice"))

    await shop.client_says("one", later=29 * MINUTE)
    assert await calls() == 1
    await shop.client_says("two", later=60 * MINUTE)
    assert await calls() == 2
    assert (await shop.notices("slack:C1"))[-1] == "Ann writes again."
    await clock.sets(notify_after_minutes=0)
    await shop.client_says("three", later=600 * MINUTE)
    assert await calls() == 2


async def test_R111_quiet_hours_gather_notices_into_one(shop: Shop, clock: Clockwork) -> None:
    now = await shop.store.read(lambda tx: tx.now)
    end = datetime.fromtimestamp((now + 2 * HOUR) / 1000, UTC)
    begin = datetime.fromtimestamp((now - HOUR) / 1000, UTC)
    form = (await says(shop, "olga", "quiet")).form
    assert form is not None and form.fields[0].name == "quiet"
    wrong = await says(shop, "olga", "quiet at night")
    assert wrong.refused and wrong.errors == {"quiet": wrong.text}
    press = Pressed(shop.actor("olga"), Place("slack", "", ""), "", form.data, {"quiet": (f"{begin:%H:%M}-{end:%H:%M}",)})
    assert (await shop.store.write(lambda tx: pressed(tx, press))).text.startswith(f"Quiet hours: {begin:%H:%M}-{end:%H:%M} UTC.")
    await shop.press("olga", Verb.START)
    assert not any(one["payload"].get("mention") for one in await shop.queued("notice")), "nobody is called"
    number = (await shop.talk()).id
    olga = await shop.id_of("olga")
    for words in ("first", "second"):
        assert await shop.does(lambda tx, words=words: notify(tx, olga, words, about=number))
    await shop.client_says("are you there?", later=HOUR)
    await clock.tick(HOUR)
    assert await shop.notices("slack:Uolga:private") == []
    await clock.tick(2 * HOUR + 2 * MINUTE)
    assert await shop.notices("slack:Uolga:private") == [
        "🔔 While you had quiet hours:\n• first\n• second\n• 💬 Ann writes again."
    ]
    (gathered,) = [one for one in await shop.queued("notice") if one["lane"] == "slack:Uolga:private"]
    assert len(gathered["payload"]["jumps"]) == 2, "the thread and the topic, once"


async def test_R111_quiet_off_lets_go_what_waits(shop: Shop, clock: Clockwork) -> None:
    assert (await says(shop, "olga", "quiet Mon-Sun 00:00-24:00 Europe/Berlin")).text.startswith("Quiet hours")
    olga = await shop.id_of("olga")
    await shop.does(lambda tx: notify(tx, olga, "news"))
    await clock.tick(HOUR)
    assert await shop.notices("slack:Uolga:private") == []
    assert (await says(shop, "olga", "quiet off")).text.startswith("No quiet hours")
    await clock.tick(HOUR)
    await clock.tick(2 * HOUR)
    assert await shop.notices("slack:Uolga:private") == ["news"]


async def test_R111_he_is_told_where_he_worked_last(shop: Shop) -> None:
    olga = await shop.id_of("olga")
    for platform, lane in (("telegram", "telegram-desk:olga:private"), ("slack", "slack:Uolga:private")):
        await says(shop, "olga", "help", platform)
        await shop.does(lambda tx, lane=lane: notify(tx, olga, lane))
        assert await shop.notices(lane) == [lane]
    (told, _) = [one for one in await shop.queued("notice") if one["lane"].endswith("private")]
    assert told["payload"]["otherwise"] == ["slack", "Uolga"]


async def test_R110_a_wait_is_that_of_the_first_unanswered_word(shop: Shop) -> None:
    first = await shop.store.read(lambda tx: waits.of_conversation(tx, 1))
    await shop.client_says("still here", later=HOUR)
    assert first is not None and first.since is not None
    second = await shop.store.read(lambda tx: waits.of_conversation(tx, 1))
    assert second is not None and second.since == first.since


async def test_R25_after_the_time_of_silence_a_held_text_is_a_note_whatever_the_desks(shop: Shop) -> None:
    """Also where no other desk shows it as one."""
    slack, _ = await shop.threads()
    await shop.writes("ben", "let me answer", slack)
    (asked,) = [one for one in await shop.queued("notice") if one["payload"]["buttons"]]
    verb, _, token, _ = asked["payload"]["buttons"][0]
    press = Pressed(shop.actor("ben"), Place("slack", slack.chat, slack.thread), "", f"{verb}:{token}")

    def late(tx: Tx) -> str:
        tx.now = Moment(tx.now + 11 * MINUTE)
        return pressed(tx, press).text

    assert await shop.does(late) == "This text was already kept as a note."
    assert await shop.does(lambda tx: pressed(tx, press).text) == "Sent to the client."
