"""One conversation as a scenario handles it, with the cast on each desk and what a card says in a few words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.store import journal
from bot.store.journal import Entry
from sandbox.scene import written
from tests.road.desks import SlackView, TelegramView, slack_buttons, telegram_buttons
from tests.road.house import House

Json = dict[str, Any]
View = SlackView | TelegramView
HOLDER = "olga"
"""Lead, with an identity on both desks; in both groups; may send once, and close what others have."""
COLLEAGUE = {"slack": "ben", "telegram": "boris"}
"""In the group Sales, without a role."""
NAMES = {"olga": "Olga Ivanova", "ben": "Ben Carter", "boris": "Boris Petrov", "ada": "Ada Admin"}
PREFIX = {"slack": "!", "telegram": "/"}
_FACTS = re.compile(f"🆕|↩️|⚪ Unassigned|🟢 In progress|⚫ Closed|👤 (?:{'|'.join(NAMES.values())})")


@dataclass
class Talk:
    """A conversation, played from desk ``mine`` (its thread ``thread``) and seen on the ``other`` one (``there``)."""

    house: House
    mine: View
    other: View
    thread: str
    there: str

    def says(self, who: str, text: str) -> str:
        """An operator writes on this desk; returns the post."""
        return self.mine.says(who, self.thread, text)

    async def presses(self, who: str, label: str) -> str:
        """An operator presses a button of the card, or of what only he sees."""
        return await self.mine.presses(who, self.thread, label)

    async def types(self, who: str, words: str) -> str:
        """Somebody types a verb; all that he alone is told of it."""
        return await self.writes(who, f"{PREFIX[self.mine.platform]}{words}")

    async def writes(self, who: str, words: str) -> str:
        """Somebody writes what the bot answers to, him alone; the answer."""
        before = len(self.mine.told(who))
        self.says(who, words)
        await self.house.until(lambda: len(self.mine.told(who)) > before)
        await self.house.settled()
        return " ".join(self.mine.told(who)[before:])

    async def asked(self, who: str) -> list[str]:
        """The choices that an operator is offered in private, once there are some."""
        return await self.house.until(lambda: choices(self.mine, who))

    def lines(self) -> list[str]:
        """What stands under the card on this desk."""
        return self.mine.lines(self.thread)[1:]

    def copies(self) -> list[str]:
        """What stands under the card on the other desk."""
        return self.other.lines(self.there)[1:]

    async def shows(self, facts: str, *buttons: str) -> None:
        """Both cards come to say this, and to offer these buttons."""
        await self.house.until(lambda: facts_of(self.mine, self.thread) == facts == facts_of(self.other, self.there))
        if buttons:
            assert self.mine.buttons(self.thread) == self.other.buttons(self.there) == list(buttons)

    async def marked(self, post: str, mark: str) -> None:
        """The operator's own post comes to bear this mark."""
        await self.house.until(lambda: self.mine.mark(self.thread, post) == mark)


async def begin(house: House, platform: str, text: str = "hello", who: str = "ann") -> Talk:
    """A client's first words, mirrored on both desks; the talk as ``platform`` has it."""
    mine, other = views(house, platform)
    before = len(mine.threads()), len(other.threads())
    house.client_says(text, who)
    await house.until(lambda: len(mine.threads()) > before[0] and len(other.threads()) > before[1])
    await house.settled()
    return Talk(house, mine, other, mine.threads()[-1], other.threads()[-1])


async def begin_taken(house: House, platform: str, who: str = HOLDER) -> Talk:
    """A conversation that an operator has taken on this desk."""
    talk = await begin(house, platform)
    await talk.presses(who, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[who]}")
    return talk


def views(house: House, platform: str) -> tuple[View, View]:
    """The desk of that platform, and the other one."""
    return (house.slack, house.telegram) if platform == "slack" else (house.telegram, house.slack)


def facts_of(desk: View, thread: str) -> str:
    """Marks, status and responsible operator, as the card says them."""
    return " ".join(_FACTS.findall(desk.card(thread)))


def whispers(desk: View, who: str) -> list[Json]:
    """The messages that this person alone sees."""
    if isinstance(desk, SlackView):
        return list(desk.slack.ephemerals(user=desk.user(who)))
    return list(desk.telegram.ephemerals(user=desk.user(who), chat=desk.chat))


def choices(desk: View, who: str) -> list[str]:
    """The buttons under what this person alone sees."""
    if isinstance(desk, SlackView):
        return [label for one in whispers(desk, who) for label, _ in slack_buttons(one)]
    return [label for one in whispers(desk, who) for label in telegram_buttons(one)]


def add_guest(house: House) -> None:
    """Somebody who is in the room and in the forum, but no operator: ``guest`` on either desk."""
    guest = house.box.telegram.add_user(name="Gus", last_name="Guest")["id"]
    house.box.telegram.add_member(chat=house.telegram.chat, user=guest)
    house.scene.operators["guest"] = guest


def change_team(house: House, change: Callable[[Json], None]) -> None:
    """Edit the team file before the next start; ``change`` gets its tables."""
    tables = tomllib.loads(house.team_toml)
    change(tables)
    house.team_toml = "\n".join(f"[[{name}]]\n{written(row)}" for name, rows in tables.items() for row in rows)


def serve_from(house: House, group: str) -> None:
    """Before the start: the bot's clients go to this group, and the desks looked at are this group's."""
    change_team(house, lambda tables: tables["channel"][0].update(group=group))
    place = group.lower()
    house.slack, house.telegram = SlackView(house, place), TelegramView(house, place)


def join_telegram(house: House, who: str) -> None:
    """Before the start: a Slack operator gets an identity at Telegram too, and is in both forums."""
    name, _, last_name = NAMES[who].partition(" ")
    person = house.box.telegram.add_user(name=name, last_name=last_name)["id"]
    for forum in house.scene.forums.values():
        house.box.telegram.add_member(chat=forum, user=person)
    house.scene.operators[who] = person
    change_team(house, lambda tables: member(tables, who).update(telegram=person))


async def restart(house: House, change: Callable[[Json], None]) -> None:
    """Stop, edit the team file, start."""
    await house.stop()
    change_team(house, change)
    await house.start()
    await house.until(lambda: any(house.box.slack.core.sockets.open.values()))


def button_data(talk: Talk, label: str) -> str:
    """What a button of the card carries."""
    if isinstance(talk.mine, SlackView):
        return str(dict(slack_buttons(talk.mine.posts(talk.thread)[0]))[label]["value"])
    card = next(one for one in talk.mine.posts(talk.thread) if one["from"]["is_bot"])
    rows = card["reply_markup"]["inline_keyboard"]
    return str(next(key["callback_data"] for row in rows for key in row if key["text"] == label))


async def forge(talk: Talk, who: str, data: str, post: str | None = None) -> str:
    """Press a button that carries ``data``, on the card or on another post of the bot; what the presser is told.

    A modified Telegram app can do so. Slack keeps the buttons itself, so there its own memory is changed for a moment.
    """
    view = talk.mine
    if isinstance(view, TelegramView):
        card = next(one["message_id"] for one in view.posts(talk.thread) if one["from"]["is_bot"])
        message_id = int(post or card)
        answer = await view.telegram.press(user=view.user(who), chat=view.chat, message_id=message_id, data=data, forged=True)
        assert answer["answered"], answer
        await talk.house.settled()
        return answer.get("text") or ""
    world = view.slack.core.world
    wire = world.post_at(world.room_named(view.room), post or talk.thread).wire
    before, told = wire["blocks"], view.told(who)
    button = {"type": "button", "action_id": "forged", "text": {"type": "plain_text", "text": "x"}, "value": data}
    wire["blocks"] = [{"type": "actions", "block_id": "forged", "elements": [button]}]
    try:
        answer = await view.slack.press(user=view.user(who), room=view.room, ts=post or talk.thread, action_id="forged")
    finally:
        wire["blocks"] = before
    assert answer["ok"], answer
    return await view.answer(who, told)


def member(tables: Json, who: str) -> Json:
    """An operator's entry in the team file."""
    return next(row for row in tables["operator"] if row["name"] == NAMES[who])


async def journal_of(house: House, what: str) -> list[Entry]:
    """The facts of one kind in the journal, newest first."""
    assert house.app is not None
    return await house.app.store.read(lambda tx: journal.latest(tx, what, 100))
