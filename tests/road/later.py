"""Time that passes when a scenario wants it to: on the store's clock and on both platforms' at once."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.group_settings import GroupSettings
from bot.domain.ids import GroupId
from bot.store import team
from bot.store.uow import Tx
from tests.road.desks import SlackView, TelegramView, seen
from tests.road.house import House

Json = dict[str, Any]


class Later:
    """The clocks of a house and of its platforms."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self._house = house
        world: Any
        for world in (house.box.slack.core, house.box.slack.core.world, house.box.telegram):
            clock = world.clock
            monkeypatch.setattr(world, "clock", lambda clock=clock: clock() + house.ahead)

    async def pass_by(self, minutes: float) -> None:
        """So much time passes while nothing is under way, and the clock looks at what is due, as the scheduler would have it."""
        await self._house.settled()
        self._house.ahead += minutes * 60
        await self.tick()

    async def tick(self) -> None:
        """The clock looks."""
        assert self._house.app is not None
        assert self._house.app.clock is not None
        await self._house.app.clock.tick()
        await self._house.settled()


async def rule(house: House, *, room: str = "", **rules: Any) -> None:
    """What the group Sales has set for itself."""
    assert house.app is not None

    def job(tx: Tx) -> None:
        group = next(desk.group_id for desk in team.desks(tx) if desk.chat == (room or house.slack.room))
        team.set_settings(tx, GroupId(group), GroupSettings(**rules))

    await house.app.store.write(job)


def in_private(view: SlackView | TelegramView, operator: str) -> list[str]:
    """What the bot wrote to this operator in private, oldest first; on Telegram he must have started it."""
    if isinstance(view, SlackView):
        direct = view.slack.direct(user=view.user(operator))["id"]
        return [seen(one) for one in view.slack.messages(room=direct) if one.get("bot_id")]
    bot = view._house.scene.desk_bot.id
    said = view.telegram.messages(chat=bot, user=view.user(operator))
    return [one["text"] for one in said if one["from"]["id"] == bot and "text" in one]


def start_bot(house: House, *operators: str) -> None:
    """Operators open the private chat with the Telegram bot."""
    for one in operators:
        house.box.telegram.start(user=house.scene.operators[one], bot=house.scene.desk_bot.id)


def calls(view: SlackView | TelegramView, thread: str) -> list[tuple[str, str]]:
    """The mentions in the bot's own posts of a thread: whom, and the words."""
    posts = [one for one in view.posts(thread) if is_bots(view, one)]
    return [(called, " ".join(words.split())) for post in posts for called, words in _calls(view, post)]


def is_bots(view: SlackView | TelegramView, post: Json) -> bool:
    return bool(post.get("bot_id")) if isinstance(view, SlackView) else bool(post["from"]["is_bot"])


def _calls(view: SlackView | TelegramView, post: Json) -> list[tuple[str, str]]:
    if isinstance(view, SlackView):
        parts = [part for block in post.get("blocks") or [] if block["type"] == "rich_text" for part in block["elements"]]
        users = [one["user_id"] for part in parts for one in part.get("elements", ()) if one.get("type") == "user"]
        return [(user, seen(post)) for user in users]
    return [(str(one["user"]["id"]), post["text"]) for one in post.get("entities", ()) if one["type"] == "text_mention"]
