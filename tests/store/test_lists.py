"""Lists on both engines: who sees what in which tab (R3, R5, R18-R21, R26, R87), in what order (R17), by which index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import insert, update

from bot.commands import desk_words
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.domain.actions import Button, Verb
from bot.domain.conversation import Status
from bot.domain.listing import Tab, View, parse_view
from bot.domain.people import Actor
from bot.domain.screen import ChoiceField, Screen
from bot.store import tables
from bot.store.engine import Store
from bot.store.uow import Tx

NOWHERE = Place("slack", "", "")
SALES, HELP = 1, 2
OLGA, PETER, QUINN, BOSS = 1, 2, 3, 4


def a_team(tx: Tx) -> None:
    """Olga of Sales, Peter of Help, Quinn of no group, and a boss of no group who sees all; a widget with a room for each group."""
    rights = ["[]", '["tab_all"]', '["super_admin"]']
    tx.execute(insert(tables.role), [{"name": f"r{n}", "permissions": right} for n, right in enumerate(rights)])
    tx.execute(
        insert(tables.group),
        [{"name": "sales", "label": "Sales", "colour": "🟢"}, {"name": "help", "label": "Help", "colour": ""}],
    )
    people = [("Olga", 1), ("Peter", 1), ("Quinn", 1), ("Boss", 2)]
    tx.execute(insert(tables.operator), [{"name": name, "role_id": role} for name, role in people])
    tx.execute(
        insert(tables.identity),
        [{"operator_id": n, "platform": "slack", "external_id": f"U{n}"} for n in range(1, 5)],
    )
    tx.execute(insert(tables.membership), [{"operator_id": OLGA, "group_id": SALES}, {"operator_id": PETER, "group_id": HELP}])
    tx.execute(insert(tables.channel), {"kind": "widget", "name": "shop", "group_id": SALES})
    tx.execute(insert(tables.desk), [{"platform": "slack", "chat": f"C{group}", "group_id": group} for group in (SALES, HELP)])


def talk(tx: Tx, name: str, at: int, status: Status = Status.UNASSIGNED, group: int = SALES, **more: Any) -> int:
    """A conversation whose status was set at ``at``, mirrored in its group's room; its id."""
    who = {"name": name, "original_name": name, "created_at": at}
    client = tx.execute(insert(tables.client).returning(tables.client.c.id), who).scalar_one()
    row = {"client_id": client, "channel_id": 1, "external_id": f"v{client}", "group_id": group, "status": status.value}
    made = insert(tables.conversation).returning(tables.conversation.c.id)
    number: int = tx.execute(made, {**row, "status_since": at, **more}).scalar_one()
    place = {"conversation_id": number, "desk_id": group, "thread": f"t{number}", "created_at": at}
    tx.execute(insert(tables.mirror), place)
    return number


def a_day(tx: Tx) -> None:
    a_team(tx)
    talk(tx, "Ann", 10, unseen=True)
    talk(tx, "Ben", 30, group=HELP)
    talk(tx, "Cleo", 20)
    talk(tx, "Dan", 5, Status.INBOX, operator_id=OLGA, last_message_at=50, last_direction="out")
    talk(tx, "Eve", 40, Status.INBOX, operator_id=OLGA, last_message_at=45, unseen=True)
    talk(tx, "Finn", 41, Status.INBOX, group=HELP, operator_id=PETER, last_message_at=60)
    talk(tx, "Gus", 42, Status.CLOSED, operator_id=OLGA, closed_by=OLGA, last_message_at=99)
    talk(tx, "Hal", 43, Status.CLOSED, operator_id=OLGA, closed_by=PETER, group=HELP)
    talk(tx, "Ivy", 44, Status.CLOSED, operator_id=PETER, closed_by=OLGA)
    talk(tx, "Jay", 46, Status.INBOX, group=HELP, operator_id=OLGA, last_message_at=47)
    barred = talk(tx, "Kit", 48, unseen=True)
    tx.execute(insert(tables.blacklist), {"client_id": barred, "operator_id": BOSS, "at": 1})


def by_word(who: int, words: str) -> Callable[[Tx], Answer]:
    return lambda tx: desk_words.said(tx, Actor("slack", f"U{who}", "command"), words)


def by_button(who: int, data: str, **values: str) -> Callable[[Tx], Answer]:
    filled = {name: (value,) for name, value in values.items()} or None
    return lambda tx: pressed(tx, Pressed(Actor("slack", f"U{who}", "button"), NOWHERE, "", data, filled))


async def shown(store: Store, who: int, words: str) -> Screen:
    answer = await store.write(by_word(who, words))
    assert answer.screen is not None, answer.text
    return answer.screen


async def press(store: Store, who: int, data: str, **values: str) -> Screen:
    answer = await store.write(by_button(who, data, **values))
    assert answer.screen is not None, answer.text
    return answer.screen


def names(screen: Screen) -> list[str]:
    """The clients of a page, as they stand."""
    return [row.title.split()[1] for row in screen.rows]


def labels(buttons: tuple[Button, ...]) -> list[str]:
    return [button.label for button in buttons]


def button(screen: Screen, label: str) -> str:
    found = [one for one in (*screen.tabs, *screen.buttons) if label in one.label]
    assert found, f"no button {label!r} in {labels((*screen.tabs, *screen.buttons))}"
    return found[0].data


async def test_R17_R21_each_tab_lists_its_own_newest_first(store: Store) -> None:
    await store.write(a_day)
    assert names(await shown(store, BOSS, "tab unassigned")) == ["Ben", "Cleo", "Ann"]
    assert names(await shown(store, OLGA, "tab My Inbox")) == [
        "Dan",
        "Jay",
        "Eve",
    ]  # by the last message, not by when it was taken
    assert names(await shown(store, PETER, "tab inbox")) == ["Finn"]
    assert names(await shown(store, BOSS, "tab all")) == ["Finn", "Dan", "Jay", "Eve", "Ivy", "Hal", "Gus", "Ben", "Cleo", "Ann"]
    assert names(await shown(store, BOSS, "tab blacklist")) == ["Kit"]
    assert names(await shown(store, OLGA, "tab")) == ["Cleo", "Ann"]


async def test_R26_closed_is_for_who_closed_it_last(store: Store) -> None:
    await store.write(a_day)
    assert names(await shown(store, OLGA, "tab closed")) == ["Ivy", "Gus"]
    assert names(await shown(store, PETER, "tab closed")) == ["Hal"]
    assert names(await shown(store, BOSS, "tab closed")) == []


async def test_R3_who_is_in_groups_sees_theirs_and_who_is_in_none_sees_all(store: Store) -> None:
    await store.write(a_day)
    assert names(await shown(store, OLGA, "tab unassigned")) == ["Cleo", "Ann"]
    assert names(await shown(store, PETER, "tab unassigned")) == ["Ben"]
    assert names(await shown(store, QUINN, "tab unassigned")) == ["Ben", "Cleo", "Ann"]
    await store.write(lambda tx: tx.execute(update(tables.operator).where(tables.operator.c.id == OLGA).values(role_id=2)))
    everything = names(await shown(store, OLGA, "tab all"))
    assert everything == ["Dan", "Jay", "Eve", "Ivy", "Gus", "Cleo", "Ann"]  # all of Sales, and what was handed to her


async def test_R5_all_and_blacklist_are_absent_without_the_right(store: Store) -> None:
    await store.write(a_day)
    hers = await shown(store, OLGA, "tab inbox")
    assert [label.split(" (")[0] for label in labels(hers.tabs)] == ["🆕 Unassigned", "🆕 My inbox", "Closed"]
    theirs = await shown(store, BOSS, "tab inbox")
    assert [label.split(" (")[0] for label in labels(theirs.tabs)][3:] == ["🆕 All", "Blacklist"]
    for forbidden in ("all", "blacklist"):
        refused = await store.write(by_word(OLGA, f"tab {forbidden}"))
        assert refused.refused and "right" in refused.text
        forged = await store.write(by_button(OLGA, f"tab:{forbidden}.1"))
        assert forged.refused and forged.screen is None


async def test_R18_R19_tabs_count_and_mark_what_is_unseen(store: Store) -> None:
    await store.write(a_day)
    assert labels((await shown(store, OLGA, "tab inbox")).tabs) == ["🆕 Unassigned (2)", "🆕 My inbox (3)", "Closed (2)"]
    assert labels((await shown(store, PETER, "tab inbox")).tabs) == ["Unassigned (1)", "My inbox (1)", "Closed (1)"]

    def many(tx: Tx) -> None:
        for number in range(120):
            talk(tx, f"M{number}", 100 + number, Status.INBOX, operator_id=PETER)
            talk(tx, f"N{number}", 100 + number, group=HELP)

    await store.write(many)
    assert labels((await shown(store, PETER, "tab inbox")).tabs) == ["Unassigned (99+)", "My inbox (121)", "Closed (1)"]


async def test_R21_pages_of_ten_with_the_way_to_each_thread(store: Store) -> None:
    def many(tx: Tx) -> None:
        a_team(tx)
        for number in range(25):
            talk(tx, f"M{number}", number // 2)  # two at a time set at the same moment

    await store.write(many)
    first = await shown(store, OLGA, "tab unassigned")
    assert names(first) == [f"M{number}" for number in range(24, 14, -1)]
    assert "Newer" not in " ".join(labels(first.buttons))
    assert [(jump.platform, jump.chat, jump.thread) for jump in first.rows[0].jumps] == [("slack", "C1", "t25")]
    second = await press(store, OLGA, button(first, "Older"))
    assert names(second) == [f"M{number}" for number in range(14, 4, -1)]
    assert second.intro == "Page 2"
    third = await press(store, OLGA, button(second, "Older"))
    assert names(third) == [f"M{number}" for number in range(4, -1, -1)]
    assert "Older" not in " ".join(labels(third.buttons))
    assert names(await press(store, OLGA, button(third, "Newer"))) == names(second)


async def test_R10_R16_a_row_says_what_a_card_says(store: Store) -> None:
    await store.write(a_day)
    rows = (await shown(store, OLGA, "tab inbox")).rows
    assert rows[0].title == "🌐 Dan ↩️"
    assert rows[2].title == "🌐 Eve 🆕"
    assert rows[0].detail == "🟢 In progress · 1 Jan 00:00 UTC · 🟢 Sales · Olga"
    assert labels(rows[0].buttons) == ["Preview"]
    waiting = (await shown(store, OLGA, "tab unassigned")).rows[0]
    assert labels(waiting.buttons) == ["Preview", "Start conversation"]


async def test_R87_filters_by_group_everywhere_by_status_and_operator_where_they_belong(store: Store) -> None:
    await store.write(a_day)
    await store.write(lambda tx: tx.execute(update(tables.operator).where(tables.operator.c.id == OLGA).values(role_id=2)))
    fields: dict[str, list[str]] = {}
    for tab in Tab:
        answer = await store.write(by_button(BOSS, f"filter:{View(tab=tab).token}"))
        assert answer.form is not None
        fields[tab] = [field.name for field in answer.form.fields]
    assert fields == {
        "unassigned": ["group"],
        "inbox": ["group"],
        "closed": ["group"],
        "all": ["group", "status", "operator"],
        "blacklist": ["group", "operator"],
    }
    only = await press(store, BOSS, "filter:all.1", group=str(HELP), status="inbox", operator=str(OLGA))
    assert names(only) == ["Jay"]
    assert only.intro == "Only Help, In progress, Olga"
    assert names(await press(store, BOSS, button(only, "Show everything")))[:2] == ["Finn", "Dan"]
    assert names(await press(store, BOSS, "filter:all.1", group="-", status="closed", operator="-")) == ["Ivy", "Hal", "Gus"]
    assert names(await press(store, OLGA, "filter:inbox.1", group=str(HELP), status="closed")) == ["Jay"]
    assert names(await press(store, OLGA, "filter:unassigned.1", group=str(HELP))) == []  # not hers to see
    assert names(await press(store, BOSS, "filter:blacklist.1", operator=str(OLGA))) == []


async def test_R87_operators_offered_are_those_of_ones_own_groups(store: Store) -> None:
    await store.write(a_day)
    await store.write(lambda tx: tx.execute(update(tables.operator).where(tables.operator.c.id <= PETER).values(role_id=2)))

    async def offered(who: int, name: str) -> list[str]:
        answer = await store.write(by_button(who, "filter:all.1"))
        assert answer.form is not None
        (field,) = [field for field in answer.form.fields if field.name == name]
        assert isinstance(field, ChoiceField)
        return [option.label for option in field.options]

    assert await offered(OLGA, "operator") == ["Every operator", "Olga"]
    assert await offered(BOSS, "operator") == ["Every operator", "Boss", "Olga", "Peter", "Quinn"]
    assert await offered(OLGA, "group") == ["Every group", "🟢 Sales"]


async def test_a_filter_stays_while_pages_are_turned(store: Store) -> None:
    def many(tx: Tx) -> None:
        a_team(tx)
        for number in range(30):
            talk(tx, f"M{number}", number, group=SALES if number % 2 else HELP)

    await store.write(many)
    first = await press(store, QUINN, "filter:unassigned.1", group=str(SALES))
    second = await press(store, QUINN, button(first, "Older"))
    assert names(second) == ["M9", "M7", "M5", "M3", "M1"]
    assert second.intro == "Only 🟢 Sales · Page 2"


async def test_F68_a_forged_token_shows_nothing_it_should_not(store: Store) -> None:
    await store.write(a_day)
    for token in ("", "nothing", "inbox.x", "inbox.0.g.s.o", "all.-1.gq.sz.o٣", "all.99999999999999.g1.su.o1.more"):
        answer = await store.write(by_button(OLGA, f"tab:{token}"))
        assert answer.refused or (answer.screen is not None and "All" not in answer.screen.title)


def test_a_token_says_all_of_a_view_and_fits_a_button() -> None:
    view = View(tab=Tab.ALL, page=500, group=123456, status=Status.UNASSIGNED, operator=123456)  # type: ignore[arg-type]
    assert parse_view(view.token) == view
    assert len(f"{Verb.MARK_READ.value}:{10**9}.999.{view.token}") <= 64


async def test_an_unknown_tab_is_answered_with_those_one_has(store: Store) -> None:
    await store.write(a_day)
    answer = await store.write(by_word(OLGA, "tab outbox"))
    assert answer.refused and answer.text == "I don't know the list “outbox”. You can write unassigned, inbox, closed."
