"""A shop on a real store, on either engine: two groups with their desks, a team, and a client who writes.

What is sent is not; the desks' threads are put in place by hand, and what was queued is read from the outbox.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands import lookup
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.menu import buttons, token_of
from bot.commands.perform import Desk, perform_on
from bot.commands.press import Pressed, pressed
from bot.commands.receive import Received, receive
from bot.commands.reply import Wrote
from bot.commands.team import apply_team
from bot.commands.wrote import wrote
from bot.domain.actions import Button, Verb
from bot.domain.conversation import Conversation
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.domain.screen import Option
from bot.domain.team import ChannelPlan, GroupPlan, OperatorPlan, TeamPlan
from bot.domain.text import RichText
from bot.store import conversations, mirrors, search, tables, team
from bot.store.engine import Store
from bot.store.mirrors import Mirror
from bot.store.uow import Tx
from tests.store.conftest import store, stores

__all__ = ["store", "stores"]

SALES = GroupPlan(name="Sales", label="Sales", colour="🟢", signature="operator", desks=(("slack", "C1"), ("telegram", "-1001")))
SUPPORT = GroupPlan(
    name="Support", label="Support", colour="🔵", signature="operator", desks=(("slack", "C2"), ("telegram", "-1002"))
)
NIGHT = GroupPlan(name="Night", label="Night", colour="🟣", signature="operator", desks=(("slack", "C3"),))
NOWHERE = GroupPlan(name="Nowhere", label="Nowhere", colour="⚪", signature="operator", desks=())
PEOPLE = {
    "olga": ("Olga Ivanova", ("Sales", "Support"), None),
    "ben": ("Ben Carter", ("Sales",), None),
    "oleg": ("Oleg Orlov", ("Sales",), None),
    "sue": ("Sue Wong", ("Support",), None),
    "lead": ("Lena Lead", ("Sales",), "lead"),
    "ada": ("Ada Admin", (), "admin"),
    "free": ("Frieda Free", (), None),
}


def plan(**landing: str) -> TeamPlan:
    """The team; ``Sales="unassigned"`` sets where the group's assigned conversations go."""
    groups = [
        GroupPlan(
            name=one.name,
            label=one.label,
            colour=one.colour,
            signature=one.signature,
            desks=one.desks,
            assign_lands_in=landing.get(one.name),
        )
        for one in (SALES, SUPPORT, NIGHT, NOWHERE)
    ]
    people = [
        OperatorPlan(
            name=name,
            email=f"{short}@example.com",
            role=role,
            groups=groups_of,
            identities=(("slack", f"U{short}"), ("telegram", short)),
        )
        for short, (name, groups_of, role) in PEOPLE.items()
    ]
    return TeamPlan(
        groups=tuple(groups),
        channels=(ChannelPlan(kind="widget", name="site", group="Sales"),),
        operators=tuple(people),
        roles=(("lead", ("conversations_management", "send_once")), ("admin", ("super_admin",))),
    )


class Shop:
    """The shop's hands. Every call is one transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._count = 0
        self.kind = "widget"

    async def set_up(self, team_plan: TeamPlan) -> None:
        await self.store.write(lambda tx: apply_team(tx, team_plan))

    async def client_says(self, text: str, who: str = "ann", later: int = 0) -> None:
        self._count += 1
        number = self._count

        def job(tx: Tx) -> None:
            tx.now = Moment(tx.now + later)
            receive(
                tx,
                Received(
                    channel_kind=self.kind,
                    channel_name="site",
                    external_id=who,
                    client_name=who.title(),
                    remote_id=str(number),
                    text=RichText.plain(text),
                    at=tx.now,
                    identifiers={"phone": "+4915112345678"},
                ),
            )
            self._place(tx)

        await self.store.write(job)

    def _place(self, tx: Tx) -> None:
        """The platforms have made what they were asked for."""
        tx.flush()
        for row in tx.execute(select(tables.mirror.c.id).where(tables.mirror.c.thread == "")).all():
            mirror = mirrors.by_ids(tx, {row.id})[row.id]
            mirrors.place(tx, mirror, thread=f"t{row.id}", card_ref=f"t{row.id}")

    async def talk(self, who: str = "ann") -> Conversation:
        def job(tx: Tx) -> Conversation:
            channel = team.find_channel(tx, self.kind, "site")
            assert channel is not None
            found = conversations.of_client(tx, channel.id, who)
            assert found is not None
            return found

        return await self.store.write(job)

    async def threads(self, who: str = "ann") -> list[Mirror]:
        talk = await self.talk(who)
        return await self.store.write(lambda tx: mirrors.of_conversation(tx, talk.id))

    async def press(
        self,
        who: str,
        verb: Verb,
        *extra: object,
        values: dict[str, str] | None = None,
        client: str = "ann",
        thread: Mirror | None = None,
    ) -> Answer:
        """A button or form of the client's conversation: from a list, or in a thread."""
        talk = await self.talk(client)
        place = Place("slack", thread.chat, thread.thread) if thread else Place("slack", "", "")
        data = f"{verb.value}:{token_of(talk, *extra)}"
        filled = {name: (value,) for name, value in values.items()} if values is not None else None

        def job(tx: Tx) -> Answer:
            answer = pressed(tx, Pressed(self.actor(who), place, "", data, filled))
            self._place(tx)
            return answer

        return await self.store.write(job)

    async def writes(self, who: str, text: str, thread: Mirror) -> str:
        """Words or a typed verb in a thread; what he alone is told of it, as words."""
        self._count += 1
        number = self._count

        def job(tx: Tx) -> str:
            place = Place(thread.platform, thread.chat, thread.thread)
            actor = Actor(thread.platform, f"U{who}" if thread.platform == "slack" else who, "text")
            said = Wrote(actor, place, f"r{number}", RichText.plain(text), tx.now)
            answer = wrote(tx, said)
            self._place(tx)
            assert answer is not None
            return answer.text

        return await self.store.write(job)

    async def menu(self, who: str, client: str = "ann") -> list[str]:
        """The labels behind *More…*."""
        return [one.label for one in await self.buttons(who, client)]

    async def buttons(self, who: str, client: str = "ann") -> list[Button]:
        talk = await self.talk(client)
        found: list[Button] = []

        def job(tx: Tx) -> None:
            perform_on(tx, self.actor(who), talk.id, lambda context: found.extend(buttons(tx, context)) or Answer())

        await self.store.write(job)
        return found

    async def offered(self, who: str, name: str, typed: str) -> list[Option]:
        def job(tx: Tx) -> list[Option]:
            operator = team.operator_of(tx, self.actor(who))
            assert operator is not None
            return lookup.options(tx, Desk(self.actor(who), operator), name, typed)

        return await self.store.write(job)

    def actor(self, who: str) -> Actor:
        return Actor("slack", f"U{who}", "button")

    async def id_of(self, who: str) -> int:
        found = await self.store.write(lambda tx: team.operator_of(tx, self.actor(who)))
        assert found is not None
        return found.id

    async def switch_off(self, who: str) -> None:
        number = await self.id_of(who)
        off = tables.operator.update().where(tables.operator.c.id == number).values(active=False)
        await self.store.write(lambda tx: tx.execute(off) and None)

    async def queued(self, op: str) -> list[dict[str, Any]]:
        """What was queued of a kind: lane, state, mirror and payload."""
        query = select(tables.delivery).where(tables.delivery.c.op == op).order_by(tables.delivery.c.id)
        rows = await self.store.read(lambda tx: tx.execute(query).mappings().all())
        return [{**row, "payload": json.loads(row["payload"])} for row in rows]

    async def notices(self, lane: str) -> list[str]:
        """The words queued in lanes that begin so."""
        return [one["payload"]["text"] for one in await self.queued("notice") if one["lane"].startswith(lane)]

    async def journal(self) -> list[str]:
        rows = await self.store.read(
            lambda tx: tx.execute(select(tables.journal.c.who, tables.journal.c.what).order_by(tables.journal.c.id)).all()
        )
        return [f"{row.who}: {row.what}" for row in rows]

    async def finds(self, who: str, word: str) -> int:
        """How many conversations a search finds."""

        def job(tx: Tx) -> int:
            operator = team.operator_of(tx, self.actor(who))
            assert operator is not None
            return len(search.find(tx, operator, [word], 10))

        return await self.store.write(job)

    async def does(self, job: Callable[[Tx], Any]) -> Any:
        return await self.store.write(job)


@pytest.fixture
async def shop(store: Store) -> Shop:
    """A shop to which Ann has written "hello"."""
    made = Shop(store)
    await made.set_up(plan())
    await made.client_says("hello")
    return made
