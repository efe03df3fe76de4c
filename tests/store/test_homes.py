"""Whose home is drawn anew when a conversation changes, and how often (R3, R18), on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update

from bot.domain.conversation import Conversation, Status
from bot.domain.ids import GroupId, OperatorId
from bot.domain.people import Actor
from bot.store import conversations, homes, team
from bot.store.engine import Store
from bot.store.tables import channel, delivery, group, home, identity, membership, operator, role
from bot.store.uow import Tx


def furnish(tx: Tx) -> Conversation:
    """Two groups; Olga in Sales, Ben in Support, Ada in Support but a super-admin, Eve in none; all but Kim have a home open."""
    right = tx.execute(insert(role).returning(role.c.id), {"name": "super", "permissions": '["super_admin"]'}).scalar_one()
    groups = [tx.execute(insert(group).returning(group.c.id), {"name": name, "label": name}).scalar_one() for name in ("s", "t")]
    for name, inside, permissions in (
        ("Olga", 0, None),
        ("Ben", 1, None),
        ("Ada", 1, right),
        ("Eve", None, None),
        ("Kim", 0, None),
    ):
        who = tx.execute(insert(operator).returning(operator.c.id), {"name": name, "role_id": permissions}).scalar_one()
        tx.execute(insert(identity), {"operator_id": who, "platform": "slack", "external_id": f"U{name}"})
        if inside is not None:
            tx.execute(insert(membership), {"operator_id": who, "group_id": groups[inside]})
        if name != "Kim":
            homes.opened(tx, OperatorId(who), "slack", f"U{name}")
    shop = tx.execute(
        insert(channel).returning(channel.c.id), {"kind": "widget", "name": "shop", "group_id": groups[0]}
    ).scalar_one()
    return conversations.create(tx, shop, "v1", GroupId(groups[0]), name="Ann", identifiers={})


def drawn(tx: Tx) -> list[str]:
    """Whose homes are to be drawn."""
    return sorted(key.split(":")[1] for key in tx.execute(select(delivery.c.lane).where(delivery.c.op == "home")).scalars())


def changing(**changes: Any) -> Callable[[Tx], None]:
    def work(tx: Tx) -> None:
        (number,) = tx.execute(select(conversations.conversation.c.id)).scalars()
        conversations.save(tx, replace(conversations.by_id(tx, number), **changes))

    return work


async def test_R3_those_who_may_see_it_and_have_a_home_open(store: Store) -> None:
    await store.write(furnish)
    await store.write(changing(status=Status.CLOSED))
    assert await store.read(drawn) == ["UAda", "UEve", "UOlga"]


async def test_one_drawing_waits_for_all_changes_until_it_has_begun(store: Store) -> None:
    await store.write(furnish)
    for number in range(5):
        await store.write(changing(version=number + 10))
    assert await store.read(drawn) == ["UAda", "UEve", "UOlga"]
    await store.write(lambda tx: tx.execute(update(delivery).values(state="sending")) and None)
    await store.write(changing(version=99))
    assert await store.read(drawn) == ["UAda", "UAda", "UEve", "UEve", "UOlga", "UOlga"]


async def test_a_move_to_another_group_touches_both(store: Store) -> None:
    talk = await store.write(furnish)
    await store.write(changing(group_id=GroupId(talk.group_id + 1)))
    assert await store.read(drawn) == ["UAda", "UBen", "UEve", "UOlga"]


async def test_R57_who_has_it_outside_his_groups_sees_it(store: Store) -> None:
    await store.write(furnish)
    ben = await store.read(lambda tx: tx.execute(select(operator.c.id).where(operator.c.name == "Ben")).scalar_one())
    await store.write(changing(status=Status.INBOX, operator_id=OperatorId(ben)))
    assert "UBen" in await store.read(drawn)


async def test_a_number_of_messages_alone_changes_no_list(store: Store) -> None:
    await store.write(furnish)
    await store.write(changing(last_seq=7))
    assert await store.read(drawn) == []


async def test_F67_who_is_no_operator_any_more_is_drawn_only_to_be_told(store: Store) -> None:
    await store.write(furnish)
    await store.write(lambda tx: tx.execute(update(operator).where(operator.c.name == "Olga").values(active=False)) and None)
    await store.write(changing(status=Status.CLOSED))
    assert await store.read(drawn) == ["UAda", "UEve"]
    olga = await store.read(lambda tx: tx.execute(select(home.c.operator_id).where(home.c.external_id == "UOlga")).scalar_one())
    await store.write(lambda tx: homes.refresh(tx, OperatorId(olga)))
    assert await store.read(drawn) == ["UAda", "UEve", "UOlga"]


async def test_the_list_looked_at_is_remembered(store: Store) -> None:
    await store.write(furnish)
    olga = await store.read(lambda tx: team.operator_of(tx, Actor("slack", "UOlga", "home")))
    await store.write(lambda tx: homes.opened(tx, olga.id, "slack", "UOlga", "closed.2"))
    await store.write(lambda tx: homes.opened(tx, olga.id, "slack", "UOlga"))
    assert await store.read(lambda tx: homes.token_of(tx, "slack", "UOlga")) == "closed.2"
    assert await store.read(lambda tx: homes.token_of(tx, "slack", "UBen")) == ""
