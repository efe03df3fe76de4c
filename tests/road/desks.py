"""What an operator does and sees on a desk: the same words for Slack and for Telegram."""

from __future__ import annotations

import html
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.road.house import House

Json = dict[str, Any]
MORE = "More…"
MARKS = {
    "slack": {"white_check_mark": "accepted", "x": "failed", "lock": "held"},
    "telegram": {"👍": "accepted", "👎": "failed", "👀": "held"},
}


class DeskView(Protocol):
    """One desk of the group Sales. A thread is named by its ts or topic id; a post by its ts or message id, as text."""

    platform: str

    def threads(self) -> list[str]:
        """The conversations' threads, oldest first."""
        ...

    def lines(self, thread: str) -> list[str]:
        """What stands in a thread, card first, as ``Name: words``."""
        ...

    def card(self, thread: str) -> str:
        """The card's words."""
        ...

    def buttons(self, thread: str) -> list[str]:
        """The labels of the card's buttons, but for *More…*, which stands on every live card."""
        ...

    def says(self, operator: str, thread: str, text: str) -> str:
        """An operator writes; returns the post."""
        ...

    async def presses(self, operator: str, thread: str, label: str, post: str | None = None) -> str:
        """An operator presses a button of the card, or of another post he sees; what he is told at once, if anything."""
        ...

    def told(self, operator: str) -> list[str]:
        """What the bot told this operator alone."""
        ...

    def mark(self, thread: str, post: str) -> str:
        """The fate shown on an operator's own post: ``accepted``, ``failed``, ``held`` or empty."""
        ...


class SlackView:
    """The Slack workspace, in room #sales."""

    platform = "slack"
    other = "telegram"

    def __init__(self, house: House, room: str = "sales") -> None:
        self._house = house
        self._room = room

    @property
    def slack(self) -> Any:
        return self._house.box.slack

    @property
    def room(self) -> str:
        return self._house.scene.rooms[self._room]

    def user(self, operator: str) -> str:
        return self._house.scene.slack_users[operator]

    def threads(self) -> list[str]:
        return [one["ts"] for one in self.slack.messages(room=self.room) if one.get("metadata")]

    def posts(self, thread: str) -> list[Json]:
        return self.slack.thread(room=self.room, ts=thread)

    def lines(self, thread: str) -> list[str]:
        return [f"{one.get('username') or self._name(one)}: {seen(one)}" for one in self.posts(thread)]

    def _name(self, one: Json) -> str:
        names = {user: short for short, user in self._house.scene.slack_users.items()}
        return names.get(one.get("user", ""), "relaydesk")

    def card(self, thread: str) -> str:
        return seen(self.posts(thread)[0])

    def buttons(self, thread: str) -> list[str]:
        return [label for label, _ in slack_buttons(self.posts(thread)[0]) if label != MORE]

    def says(self, operator: str, thread: str, text: str) -> str:
        return self.slack.post(self.user(operator), self.room, text, thread_ts=thread)["ts"]

    async def presses(self, operator: str, thread: str, label: str, post: str | None = None) -> str:
        user = self.user(operator)
        for one in [*self.posts(thread), *self.slack.ephemerals(user=user)]:
            wanted = one["ts"] == (post or thread) or (post is None and one.get("is_ephemeral"))
            for name, element in slack_buttons(one):
                if wanted and name == label:
                    before = self.told(operator)
                    answer = await self.slack.press(
                        user=user, room=self.room, ts=one["ts"], action_id=element["action_id"], value=element.get("value")
                    )
                    assert answer["ok"], answer
                    return await self.answer(operator, before)
        raise AssertionError(f"no button {label!r} for {operator} in:\n{self._house.story()}")

    def told(self, operator: str) -> list[str]:
        return [seen(one) for one in self.slack.ephemerals(user=self.user(operator))]

    async def answer(self, operator: str, before: list[str]) -> str:
        """What he alone was told since ``before``. The answer to a press comes after its effect; no answer is possible too."""
        with suppress(AssertionError):
            await self._house.until(lambda: Counter(self.told(operator)) - Counter(before), 3)
        await self._house.settled()
        return " ".join((Counter(self.told(operator)) - Counter(before)).elements())

    def mark(self, thread: str, post: str) -> str:
        for one in self.posts(thread):
            if one["ts"] == post:
                marks = [MARKS["slack"].get(reaction["name"], "") for reaction in one.get("reactions", ())]
                return " ".join(filter(None, marks))
        return ""

    def reacts(self, operator: str, thread: str, post: str) -> None:
        self.slack.react(user=self.user(operator), room=self.room, ts=post, name="eyes")


class TelegramView:
    """The Telegram forum of the group Sales."""

    platform = "telegram"
    other = "slack"

    def __init__(self, house: House, forum: str = "sales") -> None:
        self._house = house
        self._forum = forum

    @property
    def telegram(self) -> Any:
        return self._house.box.telegram

    @property
    def chat(self) -> int:
        return self._house.scene.forums[self._forum]

    def user(self, operator: str) -> int:
        return self._house.scene.operators[operator]

    def threads(self) -> list[str]:
        return [str(topic["id"]) for topic in self.telegram.topics(chat=self.chat) if topic["id"] != 1]

    def posts(self, thread: str) -> list[Json]:
        said = self.telegram.messages(chat=self.chat, thread=int(thread))
        return [one for one in said if "text" in one or "caption" in one]

    def lines(self, thread: str) -> list[str]:
        return [f"{one['from']['first_name']}: {one.get('text', one.get('caption', ''))}" for one in self.posts(thread)]

    def card(self, thread: str) -> str:
        return next((one["text"] for one in self.posts(thread) if one["from"]["is_bot"]), "")

    def buttons(self, thread: str) -> list[str]:
        return [label for one in self.posts(thread)[:1] for label in telegram_buttons(one) if label != MORE]

    def says(self, operator: str, thread: str, text: str) -> str:
        return str(self.telegram.send(user=self.user(operator), chat=self.chat, text=text, thread=int(thread))["message_id"])

    async def presses(self, operator: str, thread: str, label: str, post: str | None = None) -> str:
        user = self.user(operator)
        whispers = self.telegram.ephemerals(user=user, chat=self.chat)
        for one in [*self.posts(thread), *(whispers if post is None else [])]:
            if label in telegram_buttons(one) and post in (None, str(one["message_id"])):
                which = {"ephemeral_message_id": one["ephemeral_message_id"]} if "ephemeral_message_id" in one else {}
                answer = await self.telegram.press(user=user, chat=self.chat, message_id=one["message_id"], label=label, **which)
                assert answer["answered"], answer
                await self._house.settled()
                return answer.get("text") or ""
        raise AssertionError(f"no button {label!r} for {operator} in:\n{self._house.story()}")

    def told(self, operator: str) -> list[str]:
        return [one["text"] for one in self.telegram.ephemerals(user=self.user(operator), chat=self.chat)]

    def mark(self, thread: str, post: str) -> str:
        for one in self.telegram.messages(chat=self.chat, thread=int(thread)):
            if str(one["message_id"]) == post:
                return " ".join(
                    filter(None, (MARKS["telegram"].get(reaction["emoji"], "") for reaction in one.get("reactions", ())))
                )
        return ""

    def reacts(self, operator: str, thread: str, post: str) -> None:
        self.telegram.react(user=self.user(operator), chat=self.chat, message_id=int(post), emoji="👏")


def seen(message: Json) -> str:
    """All words of a Slack message that a person reads: from its blocks, else its text."""
    words = list(_words(message.get("blocks") or [])) or [re.sub(r"<([^>|]+)\|([^>]+)>", r"\2", message.get("text", ""))]
    return html.unescape(" ".join(" ".join(words).split()))


def _words(node: Any) -> Any:
    if isinstance(node, list):
        for one in node:
            yield from _words(one)
    elif isinstance(node, dict):
        if node.get("type") in ("button", "actions"):
            return
        text = node.get("text")
        if isinstance(text, str):
            yield re.sub(r"<!date\^\d+\^[^|>]*\|([^>]*)>", r"\1", text)
        elif isinstance(text, dict):
            yield from _words(text)
        if node.get("type") == "emoji":
            yield chr(int(node["unicode"].split("-")[0], 16)) if "unicode" in node else f":{node['name']}:"
        for key in ("elements", "fields"):
            yield from _words(node.get(key))


def slack_buttons(message: Json) -> list[tuple[str, Json]]:
    """The buttons of a Slack message, label and element."""
    rows = [block for block in message.get("blocks") or [] if block["type"] == "actions"]
    return [(element["text"]["text"], element) for row in rows for element in row["elements"]]


def telegram_buttons(message: Json) -> list[str]:
    """The labels of a Telegram message's keyboard."""
    return [button["text"] for row in (message.get("reply_markup") or {}).get("inline_keyboard", []) for button in row]
