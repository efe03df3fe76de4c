"""What an operator does and sees on a desk: the same words for Slack and for Telegram."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from tests.road.telegram_hands import TelegramHands

if TYPE_CHECKING:
    from tests.road.house import House

Json = dict[str, Any]
MORE = "More…"
MARKS = {
    "slack": {
        "white_check_mark": "accepted",
        "ballot_box_with_check": "delivered",
        "eyes": "read",
        "x": "failed",
        "lock": "held",
    },
    "telegram": {"👍": "accepted", "👌": "delivered", "👀": "read", "👎": "failed", "✍": "held"},
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

    async def menu(self, operator: str, thread: str) -> list[str]:
        """An operator presses *More…* on the card; the labels of the menu that opens for him."""
        ...

    async def chooses(self, operator: str, thread: str, label: str) -> str:
        """An operator opens the menu and presses an entry; the words he is told or shown next (a form says its title)."""
        ...

    async def fills(self, operator: str, thread: str, **values: Any) -> str:
        """An operator fills the form that is open for him, fields by name or label, choices by label (lists for several;
        search fields type the label), and sends it. Fields left out keep what stands there.

        The words he is told or shown then, or what is wrong with the fields. ``thread`` is empty for forms of the desk.
        """
        ...

    async def desk_says(self, operator: str, words: str) -> str:
        """An operator says something to the bot itself: ``/desk …`` in Slack, ``/…`` in the bot's private chat; the answer."""
        ...

    async def desk_screen(self, operator: str) -> tuple[list[str], list[str]]:
        """What the bot itself shows an operator now, line by line (a row of a list is one), and the labels of its buttons."""
        ...

    async def desk_presses(self, operator: str, label: str) -> str:
        """An operator presses a button of that (the first of that label); the words he is told or shown next."""
        ...

    def private(self, operator: str) -> list[str]:
        """What the bot wrote to this operator in private, of its own accord or in answer, oldest first."""
        ...


class SlackView:
    """The Slack workspace, in room #sales.

    A modal in front of an operator counts before what a slash command was answered with, and that before the Home tab.
    """

    platform = "slack"
    other = "telegram"

    def __init__(self, house: House, room: str = "sales") -> None:
        self._house = house
        self._room = room
        self._at_home: set[str] = set()

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

    def says(self, operator: str, thread: str, text: str, files: list[Json] | None = None) -> str:
        """``files`` as :meth:`sandbox.slack.talk.Talk.post` takes them."""
        return self.slack.post(self.user(operator), self.room, text, thread_ts=thread, files=files)["ts"]

    def edits(self, operator: str, thread: str, post: str, text: str) -> None:
        """An operator changes what he wrote."""
        self.slack.edit(user=self.user(operator), room=self.room, ts=post, text=text)

    def deletes(self, operator: str, thread: str, post: str) -> None:
        """An operator deletes what he wrote."""
        self.slack.delete(user=self.user(operator), room=self.room, ts=post)

    def files(self, thread: str) -> list[tuple[str, bytes, str]]:
        """The files in a thread: name, bytes, and the words beside each."""
        shown = [(one, file) for one in self.posts(thread) for file in one.get("files") or () if file.get("mode") != "tombstone"]
        return [(file["name"], self.slack.file(file["id"])["content"], seen(one)) for one, file in shown]

    def reactions(self, thread: str, post: str) -> set[str]:
        """The bot's own reactions to a post, its marks among them."""
        bot = next(iter(self.slack.core.world.apps.values())).bot_user_id
        for one in self.posts(thread):
            if one["ts"] == post:
                return {reaction["name"] for reaction in one.get("reactions", ()) if bot in reaction["users"]}
        return set()

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
        """What he alone was told since ``before``, once all is settled; that may be nothing."""
        await self._house.settled()
        return " ".join((Counter(self.told(operator)) - Counter(before)).elements())

    def mark(self, thread: str, post: str) -> str:
        return " ".join(filter(None, (MARKS["slack"].get(name, "") for name in sorted(self.reactions(thread, post)))))

    def reacts(self, operator: str, thread: str, post: str, name: str = "eyes", *, back: bool = False) -> None:
        """``back`` takes it away again."""
        act = self.slack.unreact if back else self.slack.react
        act(user=self.user(operator), room=self.room, ts=post, name=name)

    # What opens for one person alone ---------------------------------------------------------------------------------

    async def opens(self, operator: str, thread: str, label: str, post: str | None = None) -> tuple[list[str], list[str]]:
        """Press a card's button, or that of another post he sees, and read the modal that opens."""
        before = self._front(operator)
        await self.presses(operator, thread, label, post)
        await self._house.until(lambda: self._front(operator) not in (before, ""))
        return self.modal(operator)

    def modal(self, operator: str) -> tuple[list[str], list[str]]:
        """The modal in front: its words block by block, title first, and its buttons; empty when there is none."""
        return view_seen(self.slack.modal(user=self.user(operator)))

    def closes(self, operator: str) -> Any:
        """Close the modals; to await."""
        return self.slack.close_modal(user=self.user(operator), clear=True)

    async def presses_in_modal(self, operator: str, label: str) -> str:
        """Press a button of the modal in front."""
        view = self.slack.modal(user=self.user(operator))
        assert view is not None, f"{operator} has no modal open:\n{self._house.story()}"
        return await self._press_view(operator, view, label, self.slack.press_modal)

    async def menu(self, operator: str, thread: str) -> list[str]:
        return (await self.opens(operator, thread, MORE))[1]

    async def chooses(self, operator: str, thread: str, label: str) -> str:
        await self.menu(operator, thread)
        return await self.presses_in_modal(operator, label)

    async def fills(self, operator: str, thread: str, **values: Any) -> str:
        user = self.user(operator)
        view = self.slack.modal(user=user)
        assert view is not None, f"{operator} has no form open:\n{self._house.story()}"
        entries: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            block = self._field(view, name)
            element = block["element"]
            if "external" in element["type"]:
                for word in value if isinstance(value, list | tuple) else [value]:
                    await self.slack.options(user=user, action_id=element["action_id"], query=word)
            many = element["type"].startswith("multi_") or element["type"] == "checkboxes"
            given = [self._uploaded(user, value)] if element["type"] == "file_input" else value
            entries[block["block_id"]] = {element["action_id"]: [value] if many and isinstance(value, str) else given}
        before = self._told_of(operator)
        answer = await self.slack.submit(user=user, values=entries)
        if answer.get("errors"):
            return " ".join(answer["errors"].values())
        assert answer["ok"], answer
        return await self._next(operator, before)

    def _uploaded(self, user: str, given: Json) -> str:
        """Choose a file (``name``, ``content`` and perhaps a ``size`` that is not true) in a form; its id."""
        file = self.slack.upload(user=user, name=given["name"], content=given["content"])
        if "size" in given:
            self.slack.core.world.files[file["id"]]["size"] = given["size"]
        return str(file["id"])

    def _field(self, view: Json, name: str) -> Json:
        for block in view["blocks"]:
            if block["type"] == "input" and name in (block["label"]["text"], block["block_id"].partition(":")[2]):
                return block  # type: ignore[no-any-return]
        raise AssertionError(f"no field {name!r} in {[b['label']['text'] for b in view['blocks'] if b['type'] == 'input']}")

    async def suggest(self, operator: str, field: str, typed: str) -> list[str]:
        """Type into a search field of the form in front; the labels of what is offered."""
        user = self.user(operator)
        element = self._field(self.slack.modal(user=user) or {"blocks": []}, field)["element"]
        found = await self.slack.options(user=user, action_id=element["action_id"], query=typed)
        return [one["text"]["text"] for one in found]

    async def slash(self, operator: str, words: str) -> str:
        """``/desk words`` in the room; what he is told or shown."""
        self._at_home.discard(operator)
        await self._heard()
        before = self._told_of(operator)
        answer = await self.slack.slash(user=self.user(operator), room=self.room, command="/desk", text=words)
        assert answer["ok"], answer
        return await self._next(operator, before)

    async def desk_says(self, operator: str, words: str) -> str:
        return await self.slash(operator, words)

    async def desk_screen(self, operator: str) -> tuple[list[str], list[str]]:
        if self._front(operator):
            return self.modal(operator)
        if operator in self._at_home:
            return view_seen(self.slack.home(user=self.user(operator)))
        whispers = self.slack.ephemerals(user=self.user(operator))
        return view_seen(whispers[-1] if whispers else None)

    async def desk_presses(self, operator: str, label: str) -> str:
        if self._front(operator):
            return await self.presses_in_modal(operator, label)
        if operator in self._at_home:
            return await self.presses_home(operator, label)
        whisper = self.slack.ephemerals(user=self.user(operator))[-1]
        element = self._button(operator, whisper, label)
        before = self._told_of(operator)
        answer = await self.slack.press(
            user=self.user(operator), room=self.room, ts=whisper["ts"], action_id=element["action_id"]
        )
        assert answer["ok"], answer
        return await self._next(operator, before)

    async def home(self, operator: str) -> tuple[list[str], list[str]]:
        """Open the Home tab: its words block by block and its buttons, once the bot has shown something."""
        user = self.user(operator)
        self._at_home.add(operator)
        before = (self.slack.home(user=user) or {}).get("hash")
        self.slack.open_home(user=user)
        await self._house.until(lambda: (self.slack.home(user=user) or {}).get("hash") != before)
        await self._house.settled()
        return view_seen(self.slack.home(user=user))

    def home_now(self, operator: str) -> tuple[list[str], list[str]]:
        """The Home tab as it stands, without opening it anew."""
        return view_seen(self.slack.home(user=self.user(operator)))

    async def presses_home(self, operator: str, label: str) -> str:
        """Press a button of the Home tab."""
        view = self.slack.home(user=self.user(operator))
        assert view is not None, f"{operator} has no Home tab"
        return await self._press_view(operator, view, label, self.slack.press_home)

    async def shortcut(self, operator: str, post: str, name: str) -> str:
        """Use a message's shortcut, by its callback id (the verb); what he is told or shown."""
        await self._heard()
        before = self._told_of(operator)
        answer = await self.slack.shortcut(user=self.user(operator), callback_id=name, room=self.room, ts=post)
        assert answer["ok"], answer
        return await self._next(operator, before)

    def private(self, operator: str) -> list[str]:
        direct = self.slack.direct(user=self.user(operator))["id"]
        return [seen(one) for one in self.slack.messages(room=direct) if one.get("bot_id")]

    def writes_to_bot(self, operator: str, text: str) -> None:
        """Write in the direct messages with the bot."""
        user = self.user(operator)
        self.slack.post(user, self.slack.direct(user=user)["id"], text)

    async def _heard(self) -> None:
        """Wait until the bot listens; what is asked before is not asked again, as events are."""
        await self._house.until(lambda: self.slack.listens())

    async def _press_view(self, operator: str, view: Json, label: str, press: Any) -> str:
        element = self._button(operator, view, label)
        before = self._told_of(operator)
        answer = await press(user=self.user(operator), action_id=element["action_id"])
        assert answer["ok"], answer
        return await self._next(operator, before)

    def _button(self, operator: str, shown: Json, label: str) -> Json:
        for name, element in slack_buttons(shown):
            if name == label:
                return element
        raise AssertionError(f"no button {label!r} for {operator} among {[name for name, _ in slack_buttons(shown)]}")

    def _front(self, operator: str) -> str:
        """What tells one state of the modals in front of somebody from another."""
        view = self.slack.modal(user=self.user(operator))
        return f"{view['id']}.{view['hash']}" if view else ""

    def _told_of(self, operator: str) -> dict[str, str]:
        """Everything an operator alone has before his eyes, by what tells one state from another."""
        user = self.user(operator)
        shown = {f"{one['ts']}:{seen(one)}": seen(one) for one in self.slack.ephemerals(user=user)}
        for view in (self.slack.modal(user=user), self.slack.home(user=user)):
            if view:
                shown[f"{view['id']}.{view['hash']}"] = " ".join(view_seen(view)[0])
        return shown

    async def _next(self, operator: str, before: dict[str, str]) -> str:
        """What he sees that he did not see before, once all is settled."""
        await self._house.settled()
        return " ".join(words for key, words in self._told_of(operator).items() if key not in before)


class TelegramView(TelegramHands):
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
        return [one["text"] for one in self.whispers(operator)]

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
        for key in ("elements", "fields", "label", "hint"):
            yield from _words(node.get(key))


def slack_buttons(message: Json) -> list[tuple[str, Json]]:
    """The buttons of a Slack message or view, label and element, those beside a section among them; not mere links."""
    found: list[Json] = []
    for block in message.get("blocks") or []:
        if block["type"] == "actions":
            found += block["elements"]
        elif block["type"] == "section" and block.get("accessory", {}).get("type") == "button":
            found.append(block["accessory"])
    return [(element["text"]["text"], element) for element in found if element["type"] == "button" and "url" not in element]


def view_seen(view: Json | None) -> tuple[list[str], list[str]]:
    """A view or message as a person reads it: words block by block (a modal's title first), and the labels of its buttons."""
    if view is None:
        return [], []
    title = view.get("title") if view.get("type") == "modal" else None
    words = [title["text"]] if title else []
    words += [text for block in view.get("blocks") or [] if (text := seen({"blocks": [block]}))]
    if not view.get("blocks") and view.get("text"):
        words.append(seen(view))
    return words, [label for label, _ in slack_buttons(view)]


def telegram_buttons(message: Json) -> list[str]:
    """The labels of a Telegram message's keyboard."""
    return [button["text"] for row in (message.get("reply_markup") or {}).get("inline_keyboard", []) for button in row]
