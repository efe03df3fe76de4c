"""The one store suite, on SQLite and on PostgreSQL (F76): commits, leases, fences, lanes, buckets, wake-ups, retention.

Time is moved by the tests: a transaction's ``now`` is what leases and limits are counted in.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from bot.app import Part, build
from bot.domain.ids import ConversationId, GroupId, Moment
from bot.domain.text import RichText
from bot.store import buckets, conversations, cursors, inbox, lanes, messages, mirrors, outbox, retention, spread
from bot.store.buckets import Bucket, Window
from bot.store.engine import Store, StoreError, open_store
from bot.store.inbox import Kept, LostLease
from bot.store.lanes import Head, Lane
from bot.store.migrate import migrate
from bot.store.outbox import Delivery
from bot.store.tables import bucket, channel, delivery, desk, group, lane, message_ref, mirror, tag
from bot.store.tables import cursor as cursor_table
from bot.store.tables import inbox as inbox_table
from bot.store.team import Desk
from bot.store.uow import Tx
from config.settings import Settings
from tests.conftest import PostgresServer
from tests.road.house import load_from
from tests.store.conftest import Opening

SECOND = 1_000
LEASE = 30 * SECOND


def later(milliseconds: int, job: Callable[[Tx], Any]) -> Callable[[Tx], Any]:
    """The job, done when that much time has passed."""

    def work(tx: Tx) -> Any:
        tx.now = Moment(tx.now + milliseconds)
        return job(tx)

    return work


def add_tag(tx: Tx, name: str) -> None:
    tx.execute(insert(tag).values(name=name, folded=name, at=tx.now))


def tags(tx: Tx) -> set[str]:
    return set(tx.execute(select(tag.c.name)).scalars())


def queued(key: str, count: int = 1, **more: Any) -> Callable[[Tx], None]:
    """Puts deliveries into a lane."""

    def work(tx: Tx) -> None:
        for number in range(count):
            more_here = {"op": "notice", "payload": {"n": number}, **more}
            outbox.queue(tx, Delivery(lane=key, port="slack", chat="C1", **more_here))

    return work


# Commits ---------------------------------------------------------------------------------------------------------------


async def test_F76_group_commit_keeps_neighbours_apart(store: Store) -> None:
    async def one(number: int) -> tuple[int, int]:
        def work(tx: Tx) -> tuple[int, int]:
            add_tag(tx, f"tag {number}")
            if number % 10 == 3:
                raise LookupError(number)
            return number, id(tx)

        return await store.write(work)

    done = await asyncio.gather(*(one(number) for number in range(200)), return_exceptions=True)
    good = [answer for answer in done if isinstance(answer, tuple)]
    assert [answer[0] for answer in good] == [number for number in range(200) if number % 10 != 3]
    assert sorted(error.args[0] for error in done if isinstance(error, LookupError)) == list(range(3, 200, 10))
    assert await store.read(tags) == {f"tag {number}" for number, _ in good}
    assert len({transaction for _, transaction in good}) < 40, "200 writes at once must share commits"


async def test_F76_a_job_the_database_refuses_leaves_its_neighbours_alone(store: Store) -> None:
    await store.write(lambda tx: add_tag(tx, "taken"))
    jobs = [store.write(lambda tx, name=name: add_tag(tx, name)) for name in ("a", "taken", "b")]  # type: ignore[misc]
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(answers[1], IntegrityError)
    assert await store.read(tags) == {"taken", "a", "b"}


async def test_F76_what_was_put_off_is_refused_with_its_own_job(store: Store) -> None:
    def breaks_at_the_end(tx: Tx) -> None:
        add_tag(tx, "kept by mistake")
        queued("lane x", idem_key="same")(tx)

    await store.write(queued("lane x", idem_key="same"))
    answers = await asyncio.gather(
        store.write(lambda tx: add_tag(tx, "before")),
        store.write(breaks_at_the_end),
        store.write(lambda tx: add_tag(tx, "after")),
        return_exceptions=True,
    )
    assert isinstance(answers[1], IntegrityError)
    assert await store.read(tags) == {"before", "after"}
    assert await store.read(lambda tx: tx.execute(select(lane.c.last_seq)).scalars().all()) == [1]


async def test_F76_a_savepoint_undoes_rows_deliveries_wakes_and_memory(store: Store) -> None:
    def work(tx: Tx) -> set[str]:
        add_tag(tx, "kept")
        queued("lane kept")(tx)
        with suppress(LookupError), tx.savepoint():
            add_tag(tx, "undone")
            queued("lane undone")(tx)
            tx.wake.add("widget:7")
            tx.keep("mine")["x"] = 1
            raise LookupError
        assert tx.keep("mine") == {}
        with tx.savepoint(), tx.savepoint():
            add_tag(tx, "nested")
        tx.flush()
        return set(tx.wake)

    assert await store.write(work) == {"outbox"}
    assert await store.read(tags) == {"kept", "nested"}
    assert await store.read(lambda tx: tx.execute(select(lane.c.key)).scalars().all()) == ["lane kept"]


async def test_F76_a_write_is_seen_by_everybody_once_it_has_returned(stores: Opening) -> None:
    one, two = await stores(), await stores()
    for number in range(20):
        await one.write(lambda tx, number=number: add_tag(tx, f"{number}"))  # type: ignore[misc]
        assert f"{number}" in await two.read(tags)


async def test_F76_a_closed_store_says_so(stores: Opening) -> None:
    store = await stores()
    waiting = [asyncio.ensure_future(store.write(lambda tx, n=n: add_tag(tx, f"{n}"))) for n in range(5)]  # type: ignore[misc]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    with pytest.raises(StoreError):
        await store.write(tags)
    assert len(await (await stores()).read(tags)) == 5


# Cursors ---------------------------------------------------------------------------------------------------------------


async def test_F76_a_cursor_has_one_holder_until_its_lease_is_over(stores: Opening) -> None:
    one, two = await stores(), await stores()
    mine = await one.write(lambda tx: cursors.acquire(tx, "telegram:1", "A", 60))
    assert mine is not None
    assert await two.write(lambda tx: cursors.acquire(tx, "telegram:1", "B", 60)) is None
    renewed = await one.write(later(50 * SECOND, lambda tx: cursors.acquire(tx, "telegram:1", "A", 60)))
    assert renewed is not None
    assert renewed.fence == mine.fence
    assert await two.write(later(70 * SECOND, lambda tx: cursors.acquire(tx, "telegram:1", "B", 60))) is None
    theirs = await two.write(later(111 * SECOND, lambda tx: cursors.acquire(tx, "telegram:1", "B", 60)))
    assert theirs is not None
    assert theirs.fence > mine.fence


async def test_F76_who_lost_the_lease_can_neither_keep_nor_move_on(stores: Opening) -> None:
    one, two = await stores(), await stores()
    mine = await one.write(lambda tx: cursors.acquire(tx, "s", "A", 60))
    assert mine is not None
    await one.write(lambda tx: inbox.keep(tx, "s", [Kept("1", "k", "{}")], (2, mine.fence)))
    theirs = await two.write(later(61 * SECOND, lambda tx: cursors.acquire(tx, "s", "B", 60)))
    assert theirs is not None
    assert theirs.value == 2
    with pytest.raises(LostLease):
        await one.write(lambda tx: inbox.keep(tx, "s", [Kept("2", "k", "{}")], (3, mine.fence)))
    assert await two.write(lambda tx: inbox.keep(tx, "s", [Kept("2", "k", "{}")], (3, theirs.fence))) == 1
    kept = await one.read(lambda tx: tx.execute(select(inbox_table.c.dedupe_key).order_by(inbox_table.c.id)).scalars().all())
    assert kept == ["1", "2"]
    assert await one.read(lambda tx: tx.execute(select(cursor_table.c.value)).scalar_one()) == 3


async def test_F76_two_nodes_ask_for_a_cursor_at_once_and_one_gets_it(stores: Opening) -> None:
    one, two = await stores(), await stores()
    for number in range(20):
        asked = (
            store.write(lambda tx, owner=owner, source=f"s{number}": cursors.acquire(tx, source, owner, 60))  # type: ignore[misc]
            for store, owner in ((one, "A"), (two, "B"))
        )
        assert sum(found is not None for found in await asyncio.gather(*asked)) == 1


async def test_F76_a_released_cursor_is_free_at_once(stores: Opening) -> None:
    one, two = await stores(), await stores()
    await one.write(lambda tx: cursors.acquire(tx, "s", "A", 60))
    await two.write(lambda tx: cursors.release(tx, "s", "B"))
    assert await two.write(lambda tx: cursors.acquire(tx, "s", "B", 60)) is None
    await one.write(lambda tx: cursors.release(tx, "s", "A"))
    assert await two.write(lambda tx: cursors.acquire(tx, "s", "B", 60)) is not None


# The inbox -------------------------------------------------------------------------------------------------------------


async def test_F76_two_nodes_keep_the_same_updates_at_once_and_each_is_kept_once(stores: Opening) -> None:
    nodes = [await stores(), await stores()]

    async def keep(store: Store, number: int) -> int:
        return await store.write(lambda tx: inbox.keep(tx, "slack", [Kept(f"T1:Ev{number}", "C1:1", json.dumps({"n": number}))]))

    for first in range(0, 200, 50):
        await asyncio.gather(*(keep(store, number) for number in range(first, first + 50) for store in nodes))
    rows = await nodes[0].read(lambda tx: tx.execute(select(inbox_table.c.dedupe_key)).scalars().all())
    assert sorted(rows) == sorted(f"T1:Ev{number}" for number in range(200))


async def test_F76_one_batch_may_hold_an_update_twice(store: Store) -> None:
    batch = [Kept("1", "k", '{"n": 1}'), Kept("2", "k", '{"n": 2}'), Kept("1", "k", '{"n": 3}')]
    assert await store.write(lambda tx: inbox.keep(tx, "s", batch)) == 2
    assert await store.write(lambda tx: inbox.keep(tx, "s", batch)) == 0
    assert await store.write(lambda tx: inbox.keep(tx, "another source", batch)) == 2
    partition = inbox.partition_of("k")
    rows = await store.write(lambda tx: inbox.claim(tx, partition, 10))
    assert [(row.source, row.payload["n"]) for row in rows] == [("s", 1), ("s", 2), ("another source", 1), ("another source", 2)]


async def test_F76_a_bad_update_is_tried_three_times_and_then_kept_aside(store: Store) -> None:
    await store.write(lambda tx: inbox.keep(tx, "s", [Kept("bad", "k", "{}"), Kept("good", "k", "{}")]))
    partition = inbox.partition_of("k")

    def apply(tx: Tx) -> list[int]:
        rows = inbox.claim(tx, partition, 10)
        for row in rows:
            if row.attempts or row.id == min(one.id for one in rows):
                inbox.fail(tx, row, "Boom")
            else:
                inbox.done(tx, row)
        inbox.finish(tx)
        return [row.attempts for row in rows]

    assert [await store.write(apply) for _ in range(4)] == [[0, 0], [1], [2], []]
    assert await store.read(inbox.counts) == {"dead": 1, "done": 1}


async def test_F76_a_partition_is_applied_by_one_node_at_a_time(postgres_server: PostgresServer, migrated_postgres: str) -> None:
    url = postgres_server.create_database(template=migrated_postgres)  # SQLite has one node and one writer
    two = await open_store(url)
    await two.write(lambda tx: inbox.keep(tx, "s", [Kept("1", "k", "{}")]))
    partition = inbox.partition_of("k")
    claimed, over = threading.Event(), threading.Event()

    def slow(tx: Tx) -> int:
        rows = inbox.claim(tx, partition, 10)
        claimed.set()
        over.wait(10)
        for row in rows:
            inbox.done(tx, row)
        inbox.finish(tx)
        return len(rows)

    busy = asyncio.create_task(asyncio.to_thread(_in_a_loop_of_its_own, url, slow))
    await asyncio.to_thread(claimed.wait, 10)
    try:
        assert await two.write(lambda tx: inbox.claim(tx, partition, 10)) == []
    finally:
        over.set()
    assert await busy == 1
    assert await two.read(inbox.counts) == {"done": 1}
    await two.close()


def _in_a_loop_of_its_own(url: str, job: Callable[[Tx], Any]) -> Any:
    """Another node in another thread, whose job may block."""

    async def work() -> Any:
        store = await open_store(url)
        try:
            return await store.write(job)
        finally:
            await store.close()

    return asyncio.run(work())


# Lanes -----------------------------------------------------------------------------------------------------------------


async def begun(store: Store, owner: str, lanes_held: Sequence[Lane]) -> dict[str, Head]:
    def work(tx: Tx) -> dict[str, Head]:
        found = lanes.heads(tx, [held.key for held in lanes_held])
        lanes.begin(tx, [(found[held.key], held.fence) for held in lanes_held])
        return found

    return await store.write(work)


async def test_F76_a_claimed_lane_belongs_to_one_node_until_its_lease_is_over(stores: Opening) -> None:
    one, two = await stores(), await stores()
    await one.write(queued("L", 3))
    (mine,) = await one.write(lambda tx: lanes.claim(tx, "A", 10, LEASE))
    assert await two.write(lambda tx: lanes.claim(tx, "B", 10, LEASE)) == []
    assert await two.write(later(LEASE - SECOND, lambda tx: lanes.claim(tx, "B", 10, LEASE))) == []
    (theirs,) = await two.write(later(LEASE + SECOND, lambda tx: lanes.claim(tx, "B", 10, LEASE)))
    assert theirs.key == mine.key == "L"
    assert theirs.fence > mine.fence
    assert await one.write(lambda tx: lanes.held(tx, "A", ["L"])) == []


async def test_F76_what_a_former_holder_writes_is_ignored(stores: Opening) -> None:
    one, two = await stores(), await stores()
    await one.write(queued("L", 2))
    (mine,) = await one.write(lambda tx: lanes.claim(tx, "A", 10, LEASE))
    first = (await begun(one, "A", [mine]))["L"]
    (theirs,) = await two.write(later(LEASE + SECOND, lambda tx: lanes.claim(tx, "B", 10, LEASE)))
    again = (await begun(two, "B", [theirs]))["L"]
    assert (again.id, again.state, again.attempts) == (first.id, "sending", 1)

    def too_late(tx: Tx) -> None:
        lanes.finish(tx, [(first, mine.fence, "dead", "too late")])
        lanes.put_back(tx, [(first, mine.fence, "pending", 7, "too late", None)])
        lanes.advance(tx, [("L", mine.fence, 2, tx.now)])
        lanes.rest(tx, [("L", mine.fence, tx.now, True)])

    await one.write(too_late)
    head = (await two.write(lambda tx: lanes.heads(tx, ["L"])))["L"]
    assert (head.id, head.state, head.attempts, head.error) == (first.id, "sending", 2, None)
    assert [held.key for held in await two.write(lambda tx: lanes.held(tx, "B", ["L"]))] == ["L"]
    await two.write(lambda tx: lanes.finish(tx, [(head, theirs.fence, "sent", None)]))
    await two.write(lambda tx: lanes.advance(tx, [("L", theirs.fence, head.lane_seq, tx.now + LEASE)]))
    (held,) = await two.write(lambda tx: lanes.held(tx, "B", ["L"]))
    assert (held.done_seq, held.last_seq) == (1, 2)
    assert (await two.write(lambda tx: lanes.heads(tx, ["L"])))["L"].payload == {"n": 1}


async def test_F76_a_resting_lane_waits_and_says_until_when(store: Store) -> None:
    await store.write(queued("L"))
    (mine,) = await store.write(lambda tx: lanes.claim(tx, "A", 10, LEASE))
    until = await store.write(
        lambda tx: (lanes.rest(tx, [("L", mine.fence, tx.now + 50 * SECOND, True)]), tx.now + 50 * SECOND)[1]
    )
    assert await store.read(lanes.next_due) == until
    assert await store.write(later(49 * SECOND, lambda tx: lanes.claim(tx, "B", 10, LEASE))) == []
    await store.write(queued("L"))
    assert await store.read(lanes.next_due) == until, "more work does not end a rest"
    (again,) = await store.write(later(51 * SECOND, lambda tx: lanes.claim(tx, "B", 10, LEASE)))
    assert again.pressed


async def test_F76_the_numbers_of_a_lane_follow_the_order_of_commits(stores: Opening) -> None:
    nodes = [await stores(), await stores()]

    async def put(store: Store, node: int, number: int) -> None:
        await store.write(queued("L", payload={"node": node, "n": number}))

    for number in range(15):
        await asyncio.gather(*(put(store, node, number) for node, store in enumerate(nodes)))

    def look(tx: Tx) -> list[tuple[int, str]]:
        rows = tx.execute(select(delivery.c.lane_seq, delivery.c.payload).order_by(delivery.c.lane_seq))
        return [(row.lane_seq, row.payload) for row in rows]

    rows = await nodes[0].read(look)
    assert [seq for seq, _ in rows] == list(range(1, 31))
    for node in range(2):
        assert [n for _, said in rows for n in [json.loads(said)] if n["node"] == node] == [
            {"node": node, "n": n} for n in range(15)
        ]


async def test_F76_many_nodes_claim_at_once_and_no_lane_is_held_twice(stores: Opening) -> None:
    nodes = {owner: await stores() for owner in ("A", "B", "C")}
    for number in range(60):
        await nodes["A"].write(queued(f"L{number:02}"))
    claims: dict[str, list[str]] = {owner: [] for owner in nodes}

    async def take(owner: str) -> None:
        for _ in range(5):
            claims[owner] += [held.key for held in await nodes[owner].write(lambda tx: lanes.claim(tx, owner, 7, LEASE))]

    await asyncio.gather(*(take(owner) for owner in nodes))
    taken = sorted(key for keys in claims.values() for key in keys)
    assert taken == sorted(set(taken))
    for owner, store in nodes.items():
        claims[owner] += [held.key for held in await store.write(lambda tx, owner=owner: lanes.claim(tx, owner, 60, LEASE))]  # type: ignore[misc]
    assert sorted(key for keys in claims.values() for key in keys) == [f"L{number:02}" for number in range(60)]


async def test_F30_who_has_just_had_a_turn_goes_behind_those_who_wait(store: Store) -> None:
    await store.write(queued("busy", 5))
    for number in range(3):
        await store.write(queued(f"quiet {number}"))
    order = []
    for _ in range(5):
        (mine,) = await store.write(later(SECOND, lambda tx: lanes.claim(tx, "A", 1, LEASE)))
        order.append(mine.key)

        def sent(tx: Tx, mine: Lane = mine) -> None:
            tx.now = Moment(tx.now + SECOND)
            lanes.advance(tx, [(mine.key, mine.fence, mine.done_seq + 1, tx.now)])
            lanes.rest(tx, [(mine.key, mine.fence, tx.now, False)])
            tx.execute(update(lane).values(due=0))

        await store.write(sent)
    assert order == ["busy", "quiet 0", "quiet 1", "quiet 2", "busy"]


async def test_F30_who_was_told_to_come_back_keeps_the_place_before_a_newcomer(store: Store) -> None:
    """Both are due by now: the first was told to come back in five seconds, the second came one second before that."""
    await store.write(queued("first"))
    (mine,) = await store.write(lambda tx: lanes.claim(tx, "A", 1, LEASE))
    await store.write(lambda tx: lanes.rest(tx, [("first", mine.fence, tx.now + 5 * SECOND, True)]))
    await store.write(later(4 * SECOND, queued("second")))
    both = await store.write(later(6 * SECOND, lambda tx: lanes.claim(tx, "A", 2, LEASE)))
    assert [held.key for held in both] == ["first", "second"]


async def test_F79_a_dead_node_s_fifty_lanes_are_taken_over_within_the_lease_and_in_order(stores: Opening) -> None:
    dead, alive = await stores(), await stores()
    for number in range(50):
        await dead.write(queued(f"L{number:02}", 3))
    mine = await dead.write(lambda tx: lanes.claim(tx, "dead", 100, LEASE))
    assert len(mine) == 50
    await begun(dead, "dead", mine)
    await dead.close()
    assert await alive.write(later(LEASE - SECOND, lambda tx: lanes.claim(tx, "alive", 100, LEASE))) == []
    taken = await alive.write(later(LEASE + 1, lambda tx: lanes.claim(tx, "alive", 100, LEASE)))
    assert {held.key for held in taken} == {f"L{number:02}" for number in range(50)}
    heads = await begun(alive, "alive", taken)
    assert {(head.lane_seq, head.state, head.payload["n"]) for head in heads.values()} == {(1, "sending", 0)}


async def test_F79_a_node_that_stops_in_order_gives_its_lanes_back_at_once(stores: Opening) -> None:
    one, two = await stores(), await stores()
    await one.write(queued("L1"))
    await one.write(queued("L2"))
    await one.write(lambda tx: lanes.claim(tx, "A", 1, LEASE))
    await two.write(lambda tx: lanes.claim(tx, "B", 1, LEASE))
    await one.write(lambda tx: lanes.release(tx, "A"))
    assert [held.key for held in await two.write(lambda tx: lanes.claim(tx, "B", 10, LEASE))] == ["L1"]


async def test_F76_retry_puts_a_dead_delivery_behind_once(store: Store) -> None:
    await store.write(queued("L", 2))
    (mine,) = await store.write(lambda tx: lanes.claim(tx, "A", 10, LEASE))
    head = (await begun(store, "A", [mine]))["L"]
    assert await store.write(lambda tx: outbox.revive(tx, head.id)) is None
    await store.write(lambda tx: lanes.finish(tx, [(head, mine.fence, "dead", "refused")]))
    both = await asyncio.gather(*(store.write(lambda tx: outbox.revive(tx, head.id)) for _ in range(2)))
    assert sum(found is not None for found in both) == 1
    rows = await store.read(
        lambda tx: tx.execute(select(delivery.c.state, delivery.c.payload).order_by(delivery.c.lane_seq)).all()
    )
    assert [(row.state, json.loads(row.payload)["n"]) for row in rows] == [("retried", 0), ("pending", 1), ("pending", 0)]


# Cards: a change that comes while the last redraw goes out --------------------------------------------------------------


def a_mirror(tx: Tx) -> mirrors.Mirror:
    """A conversation with a card on one desk."""
    group_id = GroupId(tx.execute(insert(group).values(name="Sales", label="Sales").returning(group.c.id)).scalar_one())
    channel_id = tx.execute(
        insert(channel).values(kind="telegram", name="shop", group_id=group_id).returning(channel.c.id)
    ).scalar_one()
    desk_id = tx.execute(insert(desk).values(platform="slack", chat="C1", group_id=group_id).returning(desk.c.id)).scalar_one()
    talk = conversations.create(tx, channel_id, "42", group_id, name="Ann", identifiers={})
    made = mirrors.add(tx, talk.id, Desk(desk_id, "slack", "C1", group_id), opening=0)
    return mirrors.place(tx, made, thread="1.0", card_ref="1.0")


async def test_F32_F69_a_redraw_another_node_has_begun_does_not_swallow_a_new_one(stores: Opening, database_url: str) -> None:
    one = await stores()
    card = await one.write(a_mirror)
    await one.write(lambda tx: spread.refresh_card(tx, card))
    (mine,) = await one.write(later(5 * SECOND, lambda tx: lanes.claim(tx, "A", 10, LEASE)))
    begins, goes_on = threading.Event(), threading.Event()

    def other_node(tx: Tx) -> None:
        """Draws the card from what is committed now, and begins."""
        found = lanes.heads(tx, [mine.key])
        lanes.advance(tx, [(mine.key, mine.fence, mine.done_seq, tx.now + LEASE)])
        lanes.begin(tx, [(found[mine.key], mine.fence)])
        begins.set()
        goes_on.wait(10)

    drawing = asyncio.create_task(asyncio.to_thread(_in_a_loop_of_its_own, database_url, other_node))
    await asyncio.to_thread(begins.wait, 10)
    changing = asyncio.create_task(one.write(lambda tx: spread.refresh_card(tx, card)))
    await asyncio.wait({changing}, timeout=0.2)
    goes_on.set()
    await asyncio.gather(drawing, changing)
    rows = await one.read(lambda tx: tx.execute(select(delivery.c.state).order_by(delivery.c.lane_seq)).scalars().all())
    assert rows == ["sending", "pending"], "the card would stay as it was drawn before the change"


async def test_F32_a_redraw_that_waits_serves_later_changes_too(store: Store) -> None:
    card = await store.write(a_mirror)
    for _ in range(5):
        await store.write(lambda tx: spread.refresh_card(tx, card))
    await store.write(lambda tx: (spread.refresh_card(tx, card), spread.refresh_card(tx, card)))
    assert await store.read(lambda tx: tx.execute(select(func.count()).select_from(delivery)).scalar_one()) == 1


# Buckets ---------------------------------------------------------------------------------------------------------------

MINUTE = Window("telegram-desk:-100:post", 3, 60.0)


def spend(tx: Tx, window: Window = MINUTE) -> int:
    """0 when there was room, else how long to wait."""
    found = buckets.load(tx, {window.key})[window.key]
    wait = found.wait_until(window, tx.now)
    if wait:
        return wait - tx.now
    found.take(window, tx.now)
    buckets.save(tx, {window.key: found})
    return 0


async def test_F30_nodes_share_a_trailing_window(stores: Opening) -> None:
    one, two = await stores(), await stores()
    answers = [await store.write(later(at, spend)) for store, at in ((one, 0), (two, 10_000), (one, 20_000))]
    assert answers == [0, 0, 0]
    wait = await two.write(later(30_000, spend))
    assert 29_000 < wait <= 30_000 + buckets.ROAD_MS, "room comes when the first of the three is a minute old"
    assert await one.write(later(61_000, spend)) == 0
    assert await two.write(later(62_000, spend)) > 0, "the window trails, it is no calendar minute"


async def test_F30_nodes_that_meet_over_a_new_bucket_do_not_spend_twice(stores: Opening) -> None:
    nodes = [await stores(), await stores(), await stores()]
    for number in range(10):
        window = Window(f"scope {number}", 1, 60.0)
        asked = (store.write(lambda tx, window=window: spend(tx, window)) for store in nodes)  # type: ignore[misc]
        assert [wait == 0 for wait in await asyncio.gather(*asked)].count(True) == 1


async def test_F29_a_block_is_kept_shown_and_over_in_time(stores: Opening) -> None:
    one, two = await stores(), await stores()

    def block(tx: Tx) -> int:
        found = buckets.load(tx, {"slack:C1:post"})
        kept: Bucket = found["slack:C1:post"]
        kept.blocked_until, kept.reason, kept.changed = tx.now + 10_072_000, "Slack's limit", True
        buckets.save(tx, found)
        return kept.blocked_until

    until = await one.write(block)
    window = Window("slack:C1:post", 0, 1.0)
    assert await two.read(buckets.blocked) == [("slack:C1:post", until, "Slack's limit")]
    assert 10_070_000 < await two.write(lambda tx: spend(tx, window)) <= 10_072_000
    assert await two.write(later(10_073_000, lambda tx: spend(tx, window))) == 0


# Wake-ups --------------------------------------------------------------------------------------------------------------


async def hears(listener: Store, speaker: Store) -> None:
    """Return once what the speaker commits wakes the listener; its connection for that may take a moment."""
    with listener.waker("ping") as woken:
        async with asyncio.timeout(10):
            while not await woken.wait(0.05):
                await speaker.write(lambda tx: tx.wake.add("ping"))


async def test_F76_a_commit_wakes_those_who_wait_on_every_node(stores: Opening, database_url: str) -> None:
    one = await stores()
    for listener in [one] if database_url.startswith("sqlite") else [one, await stores()]:
        await hears(listener, one)
        with listener.waker("inbox") as woken, listener.waker("widget:8") as other:
            kept = [Kept(f"{id(listener)}", "k", "{}")]
            await one.write(lambda tx, kept=kept: inbox.keep(tx, "s", kept))  # type: ignore[misc]
            assert await woken.wait(5)
            assert not await other.wait(0.05)


async def test_F76_what_was_undone_wakes_nobody(store: Store) -> None:
    await hears(store, store)
    with store.waker("outbox") as woken:

        def fails(tx: Tx) -> None:
            queued("L")(tx)
            tx.flush()
            raise LookupError

        with pytest.raises(LookupError):
            await store.write(fails)
        assert not await woken.wait(0.1)
        await store.write(queued("L"))
        assert await woken.wait(5)


async def test_F76_more_wake_ups_than_a_notice_can_hold_wake_everybody(stores: Opening, database_url: str) -> None:
    one = await stores()
    two = one if database_url.startswith("sqlite") else await stores()
    await hears(two, one)
    with two.waker("widget:3999") as woken:
        await one.write(lambda tx: tx.wake.update(f"widget:{number}" for number in range(4_000)))
        assert await woken.wait(5)


async def test_F76_a_wake_up_while_one_works_is_not_lost(store: Store) -> None:
    with store.waker("inbox") as woken:
        await store.write(lambda tx: inbox.keep(tx, "s", [Kept("1", "k", "{}")]))
        assert await woken.wait(5)


# F77 -------------------------------------------------------------------------------------------------------------------

WRITER = """
import asyncio, sys
from sqlalchemy import text
from bot.store.engine import open_store

async def main(url, name, count):
    store = await open_store(url)
    for number in range(count):
        await store.write(lambda tx: tx.execute(text("INSERT INTO tag (name, folded, at) VALUES (:n, :n, 0)"), {"n": f"{name} {number}"}))
    await store.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


QUICK = Path("/dev/shm")
"""A folder in memory, where 10,000 commits do not wait for 10,000 disk flushes."""


async def test_F77_two_processes_write_ten_thousand_transactions_and_none_finds_the_file_locked() -> None:
    with tempfile.TemporaryDirectory(dir=QUICK if QUICK.is_dir() else None) as folder:  # noqa: ASYNC240 - a look, no work
        url = f"sqlite+aiosqlite:///{folder}/relaydesk.db"
        await migrate(url)
        root = Path(__file__).parents[2]
        writers = [
            subprocess.Popen(  # noqa: ASYNC220 - it starts at once, and is waited for in a thread
                [sys.executable, "-c", WRITER, url, name, "5000"], cwd=root, stderr=subprocess.PIPE, text=True
            )
            for name in ("one", "two")
        ]
        said = await asyncio.gather(*(asyncio.to_thread(writer.communicate) for writer in writers))
        assert [err for _, err in said] == ["", ""]
        assert [writer.returncode for writer in writers] == [0, 0]
        store = await open_store(url)
        try:
            assert len(await store.read(tags)) == 10_000
        finally:
            await store.close()


async def test_F77_a_second_node_on_one_sqlite_file_is_refused_in_one_line(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'relaydesk.db'}"
    settings = load_from({"RELAYDESK_DATABASE_URL": url}, Settings)
    first = await build(settings)
    try:
        with pytest.raises(StoreError, match=r"^another relaydesk already runs on .*relaydesk\.db: stop it first"):
            await build(settings)
        for part in (Part.WEB, Part.WORKER, Part.CLOCK):
            with pytest.raises(StoreError, match=r"^RELAYDESK_DATABASE_URL: SQLite serves one process: use `python -m bot run`"):
                await build(settings, part)
        await first.store.write(lambda tx: add_tag(tx, "the first goes on"))
    finally:
        await first.close()
    second = await build(settings)
    assert await second.store.read(tags) == {"the first goes on"}
    await second.close()


# F80 -------------------------------------------------------------------------------------------------------------------

ROWS = 100_000
LANES = 2_000


def fill(tx: Tx) -> None:
    """A long-lived house: 2,000 lanes with 50 deliveries each, of which the last one of every tenth lane is still to do."""
    numbers = (
        f"generate_series(1, {ROWS}) AS s(n)"
        if tx.postgres
        else f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS}) SELECT n FROM s)"
    )
    per = ROWS // LANES
    tx.execute(
        text(
            "INSERT INTO delivery (lane, lane_seq, op, payload, state, created_at, finished_at)"
            f" SELECT 'L' || (n % {LANES}), (n - 1) / {LANES} + 1, 'notice', '{{}}',"
            f" CASE WHEN n > {ROWS - LANES} AND n % 10 = 0 THEN 'pending' ELSE 'sent' END, 0,"
            f" CASE WHEN n > {ROWS - LANES} AND n % 10 = 0 THEN NULL ELSE 1 END FROM {numbers}"
        )
    )
    tx.execute(
        text(
            "INSERT INTO lane (key, port, chat, last_seq, done_seq, due, ready_since)"
            f" SELECT 'L' || n, 'slack', 'C1', {per}, CASE WHEN n % 10 = 0 THEN {per - 1} ELSE {per} END, n, n"
            f" FROM {numbers} WHERE n <= {LANES}"
        )
    )
    tx.execute(text("ANALYZE"))


def plan(tx: Tx, statement: Any, values: dict[str, Any]) -> str:
    dialect = postgresql.dialect() if tx.postgres else sqlite.dialect()  # type: ignore[no-untyped-call]
    drawn = statement.params(values).compile(dialect=dialect, compile_kwargs={"literal_binds": True, "render_postcompile": True})
    rows = tx.execute(text(f"EXPLAIN {'' if tx.postgres else 'QUERY PLAN'} {str(drawn).replace(':', chr(92) + ':')}"))
    return "\n".join(str(row[-1]) for row in rows)


async def test_F80_with_a_hundred_thousand_deliveries_a_claim_uses_the_index(store: Store) -> None:
    await store.write(fill)

    def look(tx: Tx) -> tuple[str, str]:
        due = lanes._DUE.with_for_update(skip_locked=True) if tx.postgres else lanes._DUE
        return (
            plan(tx, due.limit(50), {"now": tx.now}),
            plan(tx, lanes._HEADS, {"keys": ["L10", "L20", "L30"]}),
        )

    due, heads = await store.read(look)
    assert "ix_lane_work" in due, due
    assert not re.search(r"Seq Scan on lane|SCAN lane(?! USING INDEX)", due), due
    assert re.search(r"uq_delivery_lane_lane_seq|SEARCH delivery USING INDEX sqlite_autoindex_delivery", heads), heads
    assert "Seq Scan on delivery" not in heads

    times = []
    for _ in range(20):
        taken, took = await store.write(_timed_claim)
        assert len(taken) == 5
        times.append(took)
    assert min(times) < 0.020, (
        f"not one of 20 claims with their heads was quick, in seconds: {times}"
    )  # others use the machine too


def _timed_claim(tx: Tx) -> tuple[dict[str, Head], float]:
    from time import perf_counter

    begin = perf_counter()
    heads = lanes.heads(tx, [held.key for held in lanes.claim(tx, "A", 5, LEASE)])
    return heads, perf_counter() - begin


async def test_F80_retention_lets_go_of_what_is_over_and_of_nothing_else(store: Store) -> None:
    states = ("pending", "sending", "sent", "unconfirmed", "dead", "cancelled", "retried")
    card = await store.write(a_mirror)

    def fill_old_and_new(tx: Tx) -> None:
        talk = ConversationId(card.conversation_id)
        for number, state in enumerate(states):
            for age in ("old", "new"):
                outbox.queue(tx, Delivery(lane=f"{state} {age}", port="slack", chat="C1", op="notice", mirror_id=card.id))
            message_id = messages.add(
                tx, conversation_id=talk, seq=number + 1, direction=messages.Direction.IN, author="Ann",
                body=RichText.plain("hi"), at=tx.now, action_key=f"k{number}",
            )  # fmt: skip
            assert message_id is not None
            messages.add_ref(tx, messages.Ref(message_id, 0, "slack", "C1", "1.0", f"{number}.0", origin=False))
        tx.flush()
        for state in states:
            ended = None if state in ("pending", "sending") else tx.now
            tx.execute(update(delivery).where(delivery.c.lane == f"{state} new").values(state=state, finished_at=ended))
            old = {"state": state, "finished_at": None if ended is None else tx.now - 31 * 86_400_000, "created_at": 0}
            tx.execute(update(delivery).where(delivery.c.lane == f"{state} old").values(**old))
        for status in ("pending", "done", "dead", "parked", "unparsed"):
            for age, at in (("old", tx.now - 8 * 86_400_000), ("new", tx.now)):
                row = {"source": "s", "partition": 1, "dedupe_key": f"{status} {age}", "payload": "{}", "status": status}
                tx.execute(insert(inbox_table).values(**row, received_at=at))

    await store.write(fill_old_and_new)
    await store.write(retention.sweep)

    def left(tx: Tx) -> tuple[set[str], set[str], int, int]:
        return (
            set(tx.execute(select(delivery.c.lane)).scalars()),
            set(tx.execute(select(inbox_table.c.dedupe_key)).scalars()),
            tx.execute(select(func.count()).select_from(message_ref)).scalar_one(),
            tx.execute(select(func.count()).select_from(mirror)).scalar_one(),
        )

    deliveries, updates, refs, mirrored = await store.read(left)
    over = {"sent", "unconfirmed", "cancelled", "retried"}
    assert deliveries == {f"{state} new" for state in states} | {f"{state} old" for state in states if state not in over}
    kept = {f"{status} {age}" for status in ("pending", "done", "dead", "parked", "unparsed") for age in ("old", "new")}
    assert updates == kept - {"done old"}
    assert (refs, mirrored) == (len(states), 1), "what an edit may still look for stays"
    assert await store.read(lambda tx: tx.execute(select(func.count()).select_from(bucket)).scalar_one()) == 0
