"""The private chat with the desk's bot: lists, forms, notices; who else writes there; inline mode; commands shown."""

from __future__ import annotations

from typing import Any

from bot.commands.notice import notify
from bot.domain.actions import Button, Verb
from bot.domain.ids import OperatorId
from bot.domain.people import Actor, Operator
from bot.domain.screen import Jump
from bot.store import private_chats, team
from bot.store.uow import Tx
from tests.road.house import House
from tests.road.made_up import MadeUp, made_up
from tests.road.talk import begin, begin_taken
from tests.road.telegram_hands import labels

__all__ = ["made_up"]


async def test_lists_are_a_message_that_is_turned_in_place(house: House, made_up: MadeUp) -> None:
    view = house.telegram
    shown = await view.desk_says("olga", "templates")
    assert "This is one." in shown
    lines, buttons = await view.desk_screen("olga")
    assert lines == [
        "Groups",
        "This is one.",
        "one row 0 detail *of* <b>0</b> → Telegram",
        "one row 1 detail *of* <b>1</b> → Telegram",
        "one row 2 detail *of* <b>2</b> → Telegram",
    ]
    assert buttons == ["One", "Two", "Change", "Change", "Change", "Next"]
    page = view.private_posts("olga")[-1]
    assert labels(page)[2:5] == ["1. Change", "2. Change", "3. Change"]
    links = [entity["url"] for entity in page["entities"] if entity["type"] == "text_link"]
    assert links == [f"https://t.me/c/1234/{number}" for number in range(3)]
    assert "This is two." in await view.desk_presses("olga", "Two")
    assert view.private_posts("olga")[-1]["message_id"] == page["message_id"]


async def test_a_form_in_private_is_answered_by_writing(house: House, made_up: MadeUp) -> None:
    view = house.telegram
    await view.desk_says("olga", "templates")
    assert "Group  1/2" in await view.desk_presses("olga", "Change")
    told = await view.fills("olga", "", name="bad", colour="Colour 0")
    assert told == "“bad” can't be a name."
    assert "Group 0 is now Fine." in await view.fills("olga", "", name="Fine")
    assert made_up.got == [{"name": ("Fine",), "colour": ("c0",)}]
    await view.desk_says("olga", "templates")
    await view.desk_presses("olga", "Change")
    assert "Group 0 is now Old name." in await view.fills("olga", "")  # what stands there is kept
    assert made_up.got[-1] == {"name": ("Old name",), "colour": ("c1",)}
    await view.desk_says("olga", "templates")
    await view.desk_presses("olga", "Change")
    assert "Here you can write" in await view.desk_says("olga", "help")  # a command is no answer, and ends the question
    assert len(made_up.got) == 2


async def test_a_form_is_asked_in_the_operators_language(house: House, made_up: MadeUp) -> None:
    view = house.telegram
    await house.app.store.write(lambda tx: team.change_operator(tx, operator(tx, view.user("olga")).id, language="ru"))  # type: ignore[union-attr]
    await view.desk_says("olga", "templates")
    asked = await view.desk_presses("olga", "Change")
    assert "Сейчас: Old name" in asked
    assert "Напишите прямо здесь." in asked
    assert labels(view.private_posts("olga")[-1]) == ["Оставить", "Отменить"]


async def test_R6_a_stranger_gets_one_sentence_and_nothing_else(house: House, made_up: MadeUp) -> None:
    view, telegram = house.telegram, house.box.telegram
    house.scene.operators["eve"] = telegram.add_user(name="Eve")["id"]
    told = await view.desk_says("eve", "templates")
    assert told == "You are not a registered operator here, so nothing was done. Ask an admin to add you."
    telegram.send_photo(view.user("eve"), view.bot)
    await house.until(lambda: len(view.private("eve")) == 3)
    assert len(set(view.private("eve"))) == 1
    answer = await telegram.inline(view.user("eve"), view.bot, "gree")
    assert answer["results"] == []
    assert await house.app.store.read(lambda tx: private_chats.open_to(tx, "telegram")) == []  # type: ignore[union-attr]


async def test_R40_canned_responses_inline_are_the_operators_own_words(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view, telegram = house.telegram, house.box.telegram
    offer = await telegram.inline(view.user("olga"), view.bot, "gree")
    assert [one["title"] for one in offer["results"]] == ["Greeting"]
    everything = await telegram.inline(view.user("olga"), view.bot, "")
    assert [one["title"] for one in everything["results"]] == ["Greeting", "Closing"]
    asked = [call.args for call in telegram.calls if call.method == "answerInlineQuery"]
    assert all(args["is_personal"] and args["cache_time"] == 0 for args in asked)
    chosen = everything["results"][1]["id"]
    telegram.choose_inline(view.user("olga"), view.bot, everything["id"], chosen, chat=view.chat, thread=int(talk.thread))
    await house.until(lambda: house.client_sees() == ["Olga Ivanova\nBye *now*"])


async def test_one_bot_for_both_tells_operators_from_clients_in_private(cold_house: House, made_up: MadeUp) -> None:
    house = cold_house
    house.env["RELAYDESK_TELEGRAM__CHANNEL_TOKEN"] = house.scene.desk_bot.token
    view, telegram = house.telegram, house.box.telegram
    await house.start()
    assert "This is one." in await view.desk_says("olga", "templates")
    ann = house.scene.clients["ann"]
    telegram.start(user=ann, bot=view.bot)
    telegram.send(user=ann, chat=view.bot, text="hello")
    (thread,) = await house.until(view.threads)
    await house.settled()
    assert "hello" in view.card(thread)
    telegram.send(user=view.user("olga"), chat=view.bot, text="hello too")
    await house.until(lambda: "I don't know “/hello”" in view.private("olga")[-1])
    assert view.threads() == [thread]
    await house.app.store.write(lambda tx: deactivate(tx, "Boris Petrov"))  # type: ignore[union-attr]
    telegram.start(user=view.user("boris"), bot=view.bot)
    telegram.send(user=view.user("boris"), chat=view.bot, text="I am a client now")
    await house.until(lambda: len(view.threads()) == 2)


async def test_R111_a_notice_in_private_bears_links_and_buttons(house: House) -> None:
    talk = await begin(house, "telegram")
    view = house.telegram
    await view.desk_says("boris", "help")
    await tell(house, "boris", talk.thread)
    assert await house.until(lambda: "Look at this" in view.private("boris")[-1])
    notice = view.private_posts("boris")[-1]
    inner = str(view.chat).removeprefix("-100")
    assert [one["url"] for one in notice["entities"]] == [f"https://t.me/c/{inner}/{talk.thread}"]
    await view.desk_presses("boris", "Start conversation")
    await talk.shows("🟢 In progress 👤 Boris Petrov")


async def test_R111_who_never_started_the_bot_is_told_in_the_topic(house: House) -> None:
    talk = await begin(house, "telegram")
    view = house.telegram
    await tell(house, "boris", talk.thread)
    (line,) = await house.until(lambda: [one for one in view.lines(talk.thread) if "Look at this" in one])
    assert "✉️ For Boris Petrov, who can't be told in private" in line
    assert "pressed Start" in line
    view.telegram.start(user=view.user("boris"), bot=view.bot)
    await house.until(lambda: view.private("boris"))
    view.telegram.block(user=view.user("boris"), bot=view.bot)
    await tell(house, "boris", talk.thread)
    await house.until(lambda: len([one for one in view.lines(talk.thread) if "Look at this" in one]) == 2)
    open_to = await house.app.store.read(lambda tx: private_chats.open_to(tx, "telegram"))  # type: ignore[union-attr]
    assert open_to == []


async def test_commands_are_those_of_the_place_and_of_the_person(house: House) -> None:
    view = house.telegram
    bot = house.box.telegram.bot(view.bot)
    await house.until(lambda: (f"chat:{view.chat}", "") in bot.commands)
    in_topic = [one["command"] for one in bot.commands[f"chat:{view.chat}", ""]]
    assert "close" in in_topic
    assert "search" not in in_topic
    assert bot.commands["all_private_chats", ""] == [{"command": "start", "description": "Write to us"}]
    await view.desk_says("olga", "help")
    mine = await house.until(lambda: bot.commands.get((f"chat:{view.user('olga')}", "")))
    names = [one["command"] for one in mine]
    assert "search" in names
    assert "operators" not in names  # for super-admins
    assert "close" not in names
    in_russian = await house.until(lambda: bot.commands.get((f"chat:{view.user('olga')}", "ru")))
    assert [one["command"] for one in in_russian] == names
    assert in_russian[-1]["description"] == "показать, о чём можно попросить"
    calls = len([call for call in house.box.telegram.calls if call.method == "setMyCommands"])
    await view.desk_says("olga", "help")
    await house.settled()
    assert len([call for call in house.box.telegram.calls if call.method == "setMyCommands"]) == calls


async def test_an_ephemeral_command_is_answered_and_leaves_nothing_behind(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    bot = house.box.telegram.bot(view.bot)
    await house.until(lambda: (f"chat:{view.chat}", "") in bot.commands)
    before = view.lines(talk.thread)
    view.says("olga", talk.thread, "/history")
    await house.until(lambda: any("Olga Ivanova: started" in told for told in view.told("olga")))
    assert view.lines(talk.thread) == before


def operator(tx: Tx, person: int) -> Operator:
    """The operator behind a person in Telegram."""
    found = team.operator_of(tx, Actor("telegram", str(person), "test"))
    assert found is not None
    return found


async def tell(house: House, who: str, thread: str) -> None:
    """Notify an operator of a conversation, as an assignment does."""
    view = house.telegram

    def work(tx: Tx) -> Any:
        start = Button(Verb.START, "Start conversation", "1.1", "primary")
        jumps = (Jump("telegram", str(view.chat), thread),)
        return notify(tx, OperatorId(operator(tx, view.user(who)).id), "Look at this", jumps=jumps, buttons=(start,))

    assert house.app is not None
    assert await house.app.store.write(work)


def deactivate(tx: Tx, name: str) -> None:
    from sqlalchemy import update

    from bot.store import tables

    tx.execute(update(tables.operator).where(tables.operator.c.name == name).values(active=False))
