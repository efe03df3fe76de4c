"""A shop on a real store whose messages bear posts: two groups, three clients, operators who tag and answer.

Nothing is sent; the posts are put in place by hand, and what was queued is read from the outbox.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.commands import desk_words, lookup
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.menu import token_of
from bot.commands.perform import Desk
from bot.commands.press import Pressed, pressed, shortcut
from bot.commands.receive import Received, receive
from bot.commands.reply import Wrote
from bot.commands.seen import Reacted, reacted
from bot.commands.team import apply_team
from bot.commands.wrote import wrote
from bot.domain.actions import Button, Verb
from bot.domain.conversation import Conversation, Direction
from bot.domain.ids import MessageId, Moment
from bot.domain.people import Actor
from bot.domain.team import ChannelPlan, GroupPlan, OperatorPlan, TeamPlan
from bot.domain.text import RichText
from bot.store import conversations, messages, mirrors, tables, tags, team
from bot.store.engine import Store
from bot.store.messages import Ref
from bot.store.uow import Tx
from tests.store.conftest import store, stores

__all__ = ["stall", "store", "stores"]

TEAM = TeamPlan(
    groups=(
        GroupPlan(name="Sales", label="Sales", colour="🟢", signature="operator", desks=(("slack", "C1"), ("telegram", "-1001"))),
        GroupPlan(name="Support", label="Support", colour="🔵", signature="operator", desks=(("slack", "C2"),)),
    ),
    channels=(ChannelPlan(kind="widget", name="site", group="Sales"), ChannelPlan(kind="widget", name="help", group="Support")),
    operators=tuple(
        OperatorPlan(name=name, email=None, role=role, groups=groups, identities=(("slack", f"U{short}"), ("telegram", short)))
        for short, name, groups, role in (
            ("olga", "Olga Ivanova", ("Sales",), None),
            ("ben", "Ben Carter", ("Sales",), None),
            ("sue", "Sue Wong", ("Support",), None),
            ("ada", "Ada Admin", (), "admin"),
        )
    ),
    roles=(("admin", ("super_admin",)),),
)


class Stall:
    """The shop's hands. Every call is one transaction; ``at`` moves the clock by days."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.days = 0
        self._count = 0

    async def does(self, job: Any) -> Any:
        def moved(tx: Tx) -> Any:
            tx.now = Moment(tx.now + self.days * 24 * 3_600_000)
            return job(tx)

        return await self.store.write(moved)

    def actor(self, who: str, platform: str = "slack", door: str = "button") -> Actor:
        return Actor(platform, f"U{who}" if platform == "slack" else who, door)

    async def client_says(self, text: str, who: str = "ann", channel: str = "site") -> str:
        """The post it stands in on the Slack desk."""
        self._count += 1
        remote, post = f"w{self._count}", f"{self._count}.000100"

        def job(tx: Tx) -> None:
            receive(
                tx,
                Received(
                    channel_kind="widget",
                    channel_name=channel,
                    external_id=who,
                    client_name=who.title(),
                    remote_id=remote,
                    text=RichText.plain(text),
                    at=tx.now,
                ),
            )
            tx.flush()
            for row in tx.execute(select(tables.mirror.c.id).where(tables.mirror.c.thread == "")).all():
                mirror = mirrors.by_ids(tx, {row.id})[row.id]
                mirrors.place(tx, mirror, thread=f"t{row.id}", card_ref=f"t{row.id}")
            number = tx.execute(select(tables.message.c.id).order_by(tables.message.c.id.desc()).limit(1)).scalar_one()
            for home in mirrors.of_message(tx, number):
                messages.add_ref(tx, Ref(MessageId(number), 0, home.platform, home.chat, home.thread, post, False))

        await self.does(job)
        return post

    async def talk(self, who: str = "ann") -> Conversation:
        def job(tx: Tx) -> Conversation:
            number = tx.execute(select(tables.conversation.c.id).where(tables.conversation.c.external_id == who)).scalar_one()
            return conversations.by_id(tx, number)

        found: Conversation = await self.store.write(job)
        return found

    async def place(self, platform: str = "slack", client: str = "ann") -> Place:
        talk = await self.talk(client)
        homes = await self.store.write(lambda tx: mirrors.of_conversation(tx, talk.id))
        home = next(one for one in homes if one.platform == platform)
        return Place(home.platform, home.chat, home.thread)

    async def press(
        self, who: str, verb: Verb, *extra: object, values: dict[str, Sequence[str]] | None = None, client: str = "ann"
    ) -> Answer:
        """A button or a form of a conversation, from the menu."""
        place, talk = await self.place(client=client), await self.talk(client)
        return await self.data(who, f"{verb.value}:{token_of(talk, *extra)}", values, place)

    async def data(
        self, who: str, data: str, values: dict[str, Sequence[str]] | None = None, place: Place | None = None
    ) -> Answer:
        """A button or form by what it carries."""
        given = {name: tuple(one) for name, one in values.items()} if values is not None else None
        where = place or Place("slack", "", "")
        found: Answer = await self.does(lambda tx: pressed(tx, Pressed(self.actor(who), where, "", data, given)))
        return found

    async def shortcut(self, who: str, post: str, verb: Verb = Verb.TAG) -> Answer:
        place = await self.place()
        found: Answer = await self.does(lambda tx: shortcut(tx, self.actor(who, door="shortcut"), place, verb, (post,)))
        return found

    async def writes(self, who: str, text: str, platform: str = "slack", reply_to: str = "", client: str = "ann") -> Answer:
        self._count += 1
        place, number = await self.place(platform, client), self._count
        actor = self.actor(who, platform, "text")

        def job(tx: Tx) -> Answer | None:
            return wrote(tx, Wrote(actor, place, f"o{number}", RichText.plain(text), tx.now, reply_to))

        found = await self.does(job)
        assert found is not None
        return found  # type: ignore[no-any-return]

    async def reacts(self, who: str, post: str, emoji: str) -> None:
        place = await self.place()
        reaction = Reacted(self.actor(who, door="reaction"), "slack", place.chat, post, emoji, emoji)
        await self.does(lambda tx: reacted(tx, reaction))

    async def desk(self, who: str, words: str, platform: str = "slack") -> Answer:
        """``/desk …``"""
        found: Answer = await self.does(lambda tx: desk_words.said(tx, self.actor(who, platform, "command"), words))
        return found

    async def offered(self, who: str, name: str, typed: str) -> list[str]:
        def job(tx: Tx) -> list[str]:
            operator = team.operator_of(tx, self.actor(who))
            assert operator is not None
            return [one.label for one in lookup.options(tx, Desk(self.actor(who), operator), name, typed)]

        return await self.store.write(job)

    async def borne(self, client: str = "ann") -> dict[str, list[str]]:
        """The tags of each message, by its words."""
        talk = await self.talk(client)

        def job(tx: Tx) -> dict[str, list[str]]:
            said = messages.latest(tx, talk.id, 100)
            found = tags.of_messages(tx, [one.id for one in said])
            return {one.body.to_plain(): [tag.name for tag in found.get(one.id, ())] for one in said}

        return await self.store.write(job)

    async def said(self, client: str = "ann") -> list[tuple[Direction, str]]:
        """What was said by operators: where it goes, and the words."""
        talk = await self.talk(client)
        found = await self.store.write(lambda tx: messages.latest(tx, talk.id, 100))
        return [(one.direction, one.body.to_plain()) for one in found if one.direction is not Direction.IN]

    async def queued(self, op: str) -> list[tuple[str, dict[str, Any]]]:
        """The deliveries of a kind: their lanes and what they carry."""
        query = select(tables.delivery.c.lane, tables.delivery.c.payload).where(tables.delivery.c.op == op)
        rows = await self.store.read(lambda tx: tx.execute(query.order_by(tables.delivery.c.id)).all())
        return [(row.lane, json.loads(row.payload)) for row in rows]

    async def shown_to(self, direction: Direction) -> list[str]:
        """The lanes the last message of that direction goes to, soon or later."""
        wanted = select(tables.message.c.id).where(tables.message.c.direction == direction.value)
        query = select(tables.delivery.c.lane).where(
            tables.delivery.c.op == "words",
            tables.delivery.c.message_id == wanted.order_by(tables.message.c.id.desc()).limit(1).scalar_subquery(),
            tables.delivery.c.state != "cancelled",
        )
        lanes = await self.store.read(lambda tx: list(tx.execute(query.order_by(tables.delivery.c.id)).scalars()))
        return sorted(lane.split(":")[0] for lane in lanes)

    async def journal(self) -> list[str]:
        rows = await self.store.read(
            lambda tx: tx.execute(select(tables.journal.c.who, tables.journal.c.what).order_by(tables.journal.c.id)).all()
        )
        return [f"{row.who}: {row.what}" for row in rows]

    async def moves_to(self, client: str, group: str) -> None:
        number = select(tables.group.c.id).where(tables.group.c.name == group).scalar_subquery()
        query = update(tables.conversation).where(tables.conversation.c.external_id == client).values(group_id=number)
        await self.store.write(lambda tx: tx.execute(query) and None)


def labels(found: Sequence[Button]) -> list[str]:
    return [one.label for one in found]


@pytest.fixture
async def stall(store: Store) -> Stall:
    """A shop to which Ann has written "hello"."""
    made = Stall(store)
    await store.write(lambda tx: apply_team(tx, TEAM))
    await made.client_says("hello")
    return made
