"""Lists of conversations where the operator is: ``/desk`` in Slack, the bot's private chat in Telegram (R5, R18-R24, R87)."""

from __future__ import annotations

from typing import Any

from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, HOLDER, begin, begin_taken, views


async def tabs(house: House, platform: str, who: str, words: str) -> list[str]:
    """Ask for a tab; the labels of all tabs."""
    desk, _ = views(house, platform)
    await desk.desk_says(who, f"tab {words}")
    _, buttons = await desk.desk_screen(who)
    return [label for label in buttons if label.endswith(")")]


def named(lines: list[str], name: str) -> list[str]:
    """The rows about a client."""
    return [line for line in lines if name in line]


async def test_R18_R19_R21_R24_taken_from_the_list_it_moves_to_my_inbox(house: House, platform: str) -> None:
    who = COLLEAGUE[platform]
    talk = await begin(house, platform)
    assert await tabs(house, platform, who, "unassigned") == ["🆕 Unassigned (1)", "My inbox (0)", "Closed (0)"]
    lines, buttons = await talk.mine.desk_screen(who)
    (row,) = named(lines, "Ann")
    assert "🆕" in row and "⚪ Unassigned" in row and "Sales" in row
    assert "Start conversation" in buttons
    await talk.mine.desk_presses(who, "Start conversation")
    await house.until(lambda: "In progress" in talk.mine.card(talk.thread) and "In progress" in talk.other.card(talk.there))
    assert await tabs(house, platform, who, "inbox") == ["Unassigned (0)", "My inbox (1)", "Closed (0)"]
    lines, buttons = await talk.mine.desk_screen(who)
    (row,) = named(lines, "Ann")
    assert "🟢 In progress" in row and "🆕" not in row
    assert "Start conversation" not in buttons
    house.client_says("are you there?")
    await house.until(lambda: "are you there?" in " ".join(talk.lines()))
    assert await tabs(house, platform, who, "closed") == ["Unassigned (0)", "🆕 My inbox (1)", "Closed (0)"]


async def test_R20_R23_a_preview_changes_nothing_and_mark_as_read_takes_the_mark(house: House, platform: str) -> None:
    who = COLLEAGUE[platform]
    talk = await begin(house, platform, "hello, my order is late")
    talk.says(who, "note: be kind")
    await house.until(lambda: "be kind" in " ".join(talk.copies()))
    house.client_says("and the second one too")
    await talk.shows("🆕 ⚪ Unassigned")
    await talk.mine.desk_says(who, "tab unassigned")
    await talk.mine.desk_presses(who, "Preview")
    lines, buttons = await talk.mine.desk_screen(who)
    told = "\n".join(lines)
    assert told.index("my order is late") < told.index("be kind") < told.index("and the second one too")
    assert "📝 note" in told and "Ann" in told
    assert {"Start conversation", "Mark as read", "‹ Back"} <= set(buttons)
    await house.settled()
    await talk.shows("🆕 ⚪ Unassigned")  # to look changes nothing
    await talk.mine.desk_presses(who, "‹ Back")
    assert "🆕 Unassigned (1)" in (await talk.mine.desk_screen(who))[1]
    await talk.mine.desk_presses(who, "Preview")
    await talk.mine.desk_presses(who, "Mark as read")
    await talk.shows("⚪ Unassigned")
    lines, buttons = await talk.mine.desk_screen(who)
    assert "be kind" in "\n".join(lines) and "Mark as read" not in buttons
    await talk.mine.desk_presses(who, "‹ Back")
    _, buttons = await talk.mine.desk_screen(who)
    assert "Unassigned (1)" in buttons


async def test_R5_R87_all_and_its_filters_are_there_by_right(house: House, platform: str) -> None:
    desk, _ = views(house, platform)
    await begin_taken(house, platform)
    house.client_says("good morning", "karim")
    await house.until(lambda: len(desk.threads()) == 2)
    colleague = COLLEAGUE[platform]
    assert [label.partition(" (")[0] for label in await tabs(house, platform, colleague, "inbox")] == [
        "🆕 Unassigned",
        "My inbox",
        "Closed",
    ]
    assert "right" in await desk.desk_says(colleague, "tab all")
    assert [label.partition(" (")[0] for label in await tabs(house, platform, HOLDER, "all")][3:] == ["🆕 All", "Blacklist"]
    lines, _ = await desk.desk_screen(HOLDER)
    assert named(lines, "Ann") and named(lines, "Карим")
    await desk.desk_presses(HOLDER, "Filter…")
    await desk.fills(HOLDER, "", Status="In progress", Operator="Olga Ivanova")
    lines, _ = await desk.desk_screen(HOLDER)
    assert named(lines, "Ann") and not named(lines, "Карим")
    assert any("Only In progress, Olga Ivanova" in line for line in lines)
    await desk.desk_presses(HOLDER, "Show everything")
    lines, _ = await desk.desk_screen(HOLDER)
    assert named(lines, "Карим")


async def test_R23_R24_a_list_asked_for_in_a_conversations_place_works_there(house: House, platform: str) -> None:
    """``!tab`` in a thread or ``/tab`` in a topic: its buttons are about the conversations of the list, not about that place."""
    talk = await begin(house, platform)
    house.client_says("and I am another", "karim")
    await house.until(lambda: len(talk.mine.threads()) == 2)
    await house.settled()
    await talk.types("olga", "search another")
    await talk.presses("olga", "Preview")
    await house.settled()
    if isinstance(talk.mine, SlackView):
        assert "and I am another" in " ".join(talk.mine.modal("olga")[0])
        assert "is yours" in await talk.mine.presses_in_modal("olga", "Start conversation")
    else:
        preview = talk.mine.whispers("olga")[-1]
        assert "and I am another" in preview["text"]
        await talk.mine.press_label("olga", preview, "Start conversation")
    other = talk.mine.threads()[-1]
    await house.until(lambda: "👤 Olga Ivanova" in talk.mine.card(other))
    assert "👤" not in talk.mine.card(talk.thread)


async def test_R21_R86_lists_in_telegram_lead_to_slack_threads_too(house: House) -> None:
    """Each link where it leads; the topic one stands in has none."""
    talk = await begin(house, "telegram")
    thread = f"archives/{house.slack.room}/p{talk.there.replace('.', '')}"
    topic = f"https://t.me/c/{str(house.telegram.chat).removeprefix('-100')}/{talk.thread}"
    for words in ("tab", "search hello"):
        await house.telegram.desk_says("olga", words)
        slack, telegram = links(house.telegram.private_posts("olga")[-1])
        assert slack.startswith("http") and slack.endswith(thread) and telegram == topic
    await talk.types("olga", "search hello")
    (only,) = links(house.telegram.whispers("olga")[-1])
    assert only == slack
    house.box.faults.add("slack", "auth.test", "status", status=503, times=-1)  # known once, it needs no asking
    assert await talk.types(COLLEAGUE["telegram"], "assign Olga")
    await house.until(lambda: house.telegram.private("olga")[-1].endswith("→ Slack · Telegram"))


def links(post: dict[str, Any]) -> list[str]:
    """The addresses a message leads to."""
    return [entity["url"] for entity in post["entities"] if entity["type"] == "text_link"]
