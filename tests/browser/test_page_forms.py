"""The sandbox's page in a real browser: forms, lists and ways from one place to another, by hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    MessageEntity,
    Update,
)
from playwright.async_api import Browser, Page, expect

from sandbox.scene import Scene, build_scene
from sandbox.server import Sandbox
from tests.browser import page_kit as kit

pytestmark = kit.marks
sandbox, bot, page = kit.sandbox, kit.bot, kit.page
SHORTCUTS = (
    {"name": "Tag message", "type": "message", "callback_id": "tag"},
    {"name": "Search clients", "type": "global", "callback_id": "search"},
)


async def heard(updates: asyncio.Queue[Update], kind: str) -> Any:
    """The next update of a kind; a bot hears of its own topics and of the groups it is in, too."""
    while (update := await updates.get()).event_type != kind:
        pass
    return update.event


@pytest_asyncio.fixture(loop_scope="session")
async def scene(sandbox: Sandbox) -> Scene:
    return await build_scene(sandbox, widget_url=kit.WIDGET, shortcuts=SHORTCUTS)


@pytest_asyncio.fixture(loop_scope="session")
async def desk_updates(bot: kit.TinyBot) -> AsyncIterator[asyncio.Queue[Update]]:
    """What the desk bot hears, one after the other."""
    queue: asyncio.Queue[Update] = asyncio.Queue()

    async def listen() -> None:
        offset = 0
        while True:
            for update in await bot.desk.get_updates(offset=offset, timeout=5):
                offset = update.update_id + 1
                queue.put_nowait(update)

    listening = asyncio.create_task(listen())
    yield queue
    listening.cancel()


def entry(name: str, kind: str, *, optional: bool = True, **more: Any) -> dict[str, Any]:
    element = {"type": kind, "action_id": "v", **more}
    return {"type": "input", "block_id": name.lower(), "label": kit.plain(name), "optional": optional, "element": element}


def option(label: str) -> dict[str, Any]:
    return {"text": kit.plain(label), "value": label.lower()}


FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": kit.plain("Form"),
    "submit": kit.plain("Save"),
    "blocks": [
        entry("Name", "plain_text_input", optional=False),
        entry("Nobody", "static_select", options=[option("Olga"), option("Ben")]),
        entry("Tags", "multi_static_select", options=[option("refund"), option("vip")]),
        entry("Day", "datepicker", initial_date="2026-11-28"),
        entry("Hour", "timepicker"),
        entry("Moment", "datetimepicker"),
        entry("Which", "radio_buttons", options=[option("one"), option("two")]),
        entry("Words", "rich_text_input"),
        entry("Files", "file_input"),
        {"type": "actions", "block_id": "acts", "elements": [kit.button("Add another", "push"), kit.button("Fill in", "update")]},
        {
            "type": "section",
            "block_id": "more",
            "text": kit.plain("Client"),
            "accessory": {"type": "overflow", "action_id": "over", "options": [option("Rename"), option("Erase")]},
        },
    ],
}


def forms(bot: kit.TinyBot) -> None:
    """Teach the bot to open, push and update the form, and to refuse the name “taken”."""

    async def answer(payload: dict[str, Any]) -> Any:
        kind, trigger = payload.get("type"), payload.get("trigger_id")
        pressed = [action["action_id"] for action in payload.get("actions", ())]
        if kind in ("shortcut", "message_action"):
            await bot.web.views_open(trigger_id=trigger, view=FORM)
        elif pressed == ["push"]:
            await bot.web.views_push(trigger_id=trigger, view={**FORM, "title": kit.plain("Second form")})
        elif pressed == ["update"]:
            view = {**FORM, "title": kit.plain("Filled form")}
            await bot.web.views_update(view_id=payload["view"]["id"], view=view)
        elif kind == "view_submission" and payload["view"]["state"]["values"]["name"]["v"]["value"] == "taken":
            return {"response_action": "errors", "errors": {"name": "Somebody has that name", "nobody": "Olga is away"}}
        return None

    bot.answer = answer


async def test_every_kind_of_field_can_be_filled_in(page: Page, bot: kit.TinyBot, sandbox: Sandbox) -> None:
    forms(bot)
    await page.locator("#slack").get_by_role("button", name="Shortcuts").click()
    await page.get_by_role("menuitem", name="Search clients").click()
    form = page.get_by_role("dialog", name="Form")
    await form.get_by_label("Name").fill("taken")
    await form.get_by_role("button", name="Save").click()
    await expect(form.locator("[data-block=name] [role=alert]")).to_have_text("Somebody has that name")
    await expect(form.locator("[data-block=nobody] [role=alert]")).to_have_text("Olga is away")
    await expect(form.get_by_label("Name")).to_be_focused()
    await form.get_by_label("Name").fill("Ann")
    await form.get_by_label("Tags").click()
    for tag in ("refund", "vip"):
        await page.get_by_role("option", name=tag).click()
    await page.keyboard.press("Escape")
    await form.get_by_label("Hour").fill("10:30")
    await form.get_by_label("Moment").fill("2026-12-01T10:30")
    await form.get_by_label("two").check()
    await form.get_by_label("Words").fill("*bold* words")
    await form.locator("input[type=file]").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"one"})
    await expect(form.get_by_role("button", name="Remove a.txt")).to_be_visible()
    await form.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Rename").click()
    await expect(form.locator(".busy")).to_have_count(0)
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    assert any(heard.get("actions", [{}])[0].get("selected_option", {}).get("value") == "rename" for heard in bot.heard)
    held = {name: block["v"] for name, block in bot.heard[-1]["view"]["state"]["values"].items()}
    assert held["nobody"]["selected_option"] is None
    assert [one["value"] for one in held["tags"]["selected_options"]] == ["refund", "vip"]
    assert (held["day"]["selected_date"], held["hour"]["selected_time"]) == ("2026-11-28", "10:30")
    moment = await page.evaluate("new Date('2026-12-01T10:30').getTime() / 1000")
    assert held["moment"]["selected_date_time"] == moment
    assert held["which"]["selected_option"]["value"] == "two"
    assert held["words"]["rich_text_value"]["elements"][0]["elements"][0]["style"] == {"bold": True}
    assert sandbox.slack.file(file_id=held["files"]["files"][0]["id"])["content"] == b"one"


async def test_a_form_under_another_keeps_what_was_typed(page: Page, bot: kit.TinyBot, scene: Scene) -> None:
    forms(bot)
    await bot.say("tag me")
    message = page.locator("#slack article", has_text="tag me")
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Tag message").click()
    form, second = page.get_by_role("dialog", name="Form", exact=True), page.get_by_role("dialog", name="Second form")
    await form.get_by_label("Name").fill("half a na")
    await form.get_by_role("button", name="Add another").click()
    await expect(second.get_by_label("Name")).to_have_value("")
    await second.get_by_role("button", name="Back").click()
    await expect(form.get_by_label("Name")).to_have_value("half a na")
    await form.get_by_role("button", name="Fill in").click()
    await expect(page.get_by_role("dialog", name="Filled form").get_by_label("Name")).to_have_value("half a na")


async def test_search_as_one_types_asks_at_every_pause_and_keeps_the_words(page: Page, bot: kit.TinyBot) -> None:
    words = {**entry("Search", "plain_text_input"), "dispatch_action": True}
    words["element"]["dispatch_action_config"] = {"trigger_actions_on": ["on_character_entered"]}
    view = {"type": "modal", "title": kit.plain("Search"), "blocks": [words], "submit": kit.plain("Done")}

    async def answer(payload: dict[str, Any]) -> None:
        if payload["type"] == "shortcut":
            await bot.web.views_open(trigger_id=payload["trigger_id"], view=view)
        elif payload["type"] == "block_actions":
            found = {"type": "section", "text": kit.plain(f"Found for “{payload['actions'][0]['value']}”")}
            await bot.web.views_update(view_id=payload["view"]["id"], view={**view, "blocks": [words, found]})

    bot.answer = answer
    await page.locator("#slack").get_by_role("button", name="Shortcuts").click()
    await page.get_by_role("menuitem", name="Search clients").click()
    form = page.get_by_role("dialog", name="Search")
    await form.get_by_label("Search").press_sequentially("iva")
    await expect(form).to_contain_text("Found for “iva”")
    await page.keyboard.type("nova")
    await expect(form).to_contain_text("Found for “ivanova”")
    await page.keyboard.press("Enter")  # the element does not ask for Enter, and Enter does not send the form
    await expect(form.get_by_label("Search")).to_have_value("ivanova")


async def test_rows_of_the_home_tab_are_told_apart(page: Page, bot: kit.TinyBot, scene: Scene) -> None:
    def row(name: str) -> dict[str, Any]:
        return {"type": "section", "text": kit.plain(name), "accessory": kit.button("Preview", "preview", value=name)}

    view = {"type": "home", "blocks": [row("Ann"), row("Karim")]}
    await bot.web.views_publish(user_id=scene.slack_users["olga"], view=view)
    await page.locator("#slack").get_by_role("button", name="Home").click()
    await page.locator(".home-block", has_text="Karim").get_by_role("button", name="Preview").click()
    await expect(page.locator("#slack .busy")).to_have_count(0)
    assert [heard["actions"][0]["value"] for heard in bot.heard if heard.get("actions")] == ["Karim"]


async def test_links_lead_to_threads_and_topics_on_the_page(page: Page, bot: kit.TinyBot, scene: Scene, sandbox: Sandbox) -> None:
    slack, forum = page.locator("#slack"), page.locator("#telegram")
    root = sandbox.slack.post(user=scene.slack_users["ben"], room=scene.rooms["support"], text="a thread in support")["ts"]
    sandbox.slack.post(user=scene.slack_users["ben"], room=scene.rooms["support"], text="its reply", thread_ts=root)
    link = (await bot.web.chat_getPermalink(channel=scene.rooms["support"], message_ts=root))["permalink"]
    await bot.say(f"<{link}|open the thread>")
    await slack.get_by_role("link", name="open the thread").click()
    await expect(slack.get_by_label("Thread", exact=True).last.locator("article", has_text="its reply")).to_be_visible()
    thread = await kit.topic_with_card(bot, scene)
    sandbox.telegram.start(user=scene.operators["olga"], bot=scene.desk_bot.id)
    to = InlineKeyboardButton(text="Open the topic", url=f"https://t.me/c/{str(scene.forums['sales'])[4:]}/{thread}")
    await bot.desk.send_message(scene.operators["olga"], "list", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[to]]))
    await forum.get_by_role("button", name=re.compile("^Northwind desk")).click()
    await forum.get_by_role("link", name="Open the topic").click()
    await expect(forum.get_by_role("heading", name="Ann Lee")).to_be_visible()
    await expect(forum.locator("article", has_text="card")).to_be_visible()


async def test_the_direct_conversation_with_the_app(page: Page, bot: kit.TinyBot, scene: Scene) -> None:
    slack = page.locator("#slack")
    await slack.get_by_role("button", name="relaydesk").click()
    await expect(slack.get_by_role("textbox", name="Message relaydesk")).to_be_focused()
    room = (await bot.web.conversations_open(users=scene.slack_users["olga"]))["channel"]["id"]
    await bot.web.chat_postMessage(channel=room, text="Ann waits for you")
    await expect(slack.locator("article", has_text="Ann waits for you")).to_be_visible()


async def test_the_private_chat_with_the_desk_bot(page: Page, bot: kit.TinyBot, desk_updates: asyncio.Queue[Update]) -> None:
    forum = page.locator("#telegram")
    await bot.desk.set_my_commands([BotCommand(command="inbox", description="My inbox")])
    await page.get_by_label("You are").last.select_option(label="Boris Petrov")
    await forum.get_by_role("button", name=re.compile("^Northwind desk")).click()
    await forum.get_by_role("button", name="Start", exact=True).click()
    started = await heard(desk_updates, "message")
    assert (started.text, started.from_user.first_name) == ("/start", "Boris")
    await forum.get_by_role("button", name="Commands").click()
    await page.get_by_role("menuitem", name="/inbox").click()
    asked = await heard(desk_updates, "message")
    assert asked.text == "/inbox"
    await bot.desk.send_message(started.chat.id, "Unassigned 1-2 of 4", reply_markup=kit.keys(["1", "2"], ["Older ›"]))
    await forum.get_by_role("button", name="Older ›").click()
    pressed = await heard(desk_updates, "callback_query")
    await bot.desk.answer_callback_query(pressed.id, text="That was the last page.", show_alert=True)
    told = forum.get_by_role("alertdialog", name="That was the last page.")
    await told.get_by_role("button", name="OK").click()
    await expect(told).to_have_count(0)
    await bot.desk.send_message(
        started.chat.id, "What is the client's name?", reply_markup=ForceReply(input_field_placeholder="New name")
    )
    await forum.get_by_role("textbox", name="New name").fill("Ann Smith")
    await page.keyboard.press("Enter")
    renamed = await heard(desk_updates, "message")
    assert (renamed.text, renamed.reply_to_message.text) == ("Ann Smith", "What is the client's name?")
    await expect(forum.get_by_role("textbox", name="Message")).to_be_visible()


async def test_inline_answers_are_chosen_as_one_types(
    page: Page, bot: kit.TinyBot, scene: Scene, desk_updates: asyncio.Queue[Update]
) -> None:
    await kit.topic_with_card(bot, scene)
    forum = page.locator("#telegram")
    await forum.get_by_role("button", name="Ann Lee").click()
    await forum.get_by_role("textbox", name="Message").fill("@northwind_desk_bot gr")
    query = await heard(desk_updates, "inline_query")
    content = InputTextMessageContent(message_text="Hello Ann, good to hear from you")
    greeting = InlineQueryResultArticle(id="1", title="Greeting", description="Hello {client}", input_message_content=content)
    await bot.desk.answer_inline_query(query.id, [greeting], cache_time=0)
    await expect(forum.get_by_role("option", name=re.compile("Greeting"))).to_be_visible()
    await page.keyboard.press("Enter")
    said = forum.locator("article.mine", has_text="Hello Ann")
    await expect(said).to_contain_text("via @northwind_desk_bot")


async def test_a_moment_is_shown_in_the_readers_zone(browser: Browser, sandbox: Sandbox, scene: Scene, bot: kit.TinyBot) -> None:
    thread = await kit.topic_with_card(bot, scene)
    text = "since 28 Nov 12:00 UTC"
    moment = MessageEntity(type="date_time", offset=6, length=16, unix_time=1_795_867_200, date_time_format="dt")
    await bot.desk.send_message(scene.forums["sales"], text, message_thread_id=thread, entities=[moment])
    context = await browser.new_context(locale="en-GB", timezone_id="Asia/Almaty", viewport=kit.WIDE)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(sandbox.url)
    await page.locator("#telegram").get_by_role("button", name="Ann Lee").click()
    await expect(page.locator("#telegram .said", has_text="since")).to_contain_text("since 28 Nov, 17:00")
    await context.close()


async def test_pictures_of_the_bot_are_shown(page: Page, bot: kit.TinyBot, scene: Scene) -> None:
    chart = await page.locator(".brand img").screenshot()
    await bot.web.files_upload_v2(channel=scene.rooms["sales"], content=chart, filename="chart.png", title="Tags by week")
    thread = await kit.topic_with_card(bot, scene)
    await bot.desk.send_photo(scene.forums["sales"], BufferedInputFile(chart, "chart.png"), message_thread_id=thread)
    await bot.desk.send_document(scene.forums["sales"], BufferedInputFile(chart, "tags.png"), message_thread_id=thread)
    await page.locator("#telegram").get_by_role("button", name="Ann Lee").click()
    for shown in ("#slack img[alt='chart.png']", "#telegram img[alt='Photo']", "#telegram img[alt='tags.png']"):
        await page.locator(shown).scroll_into_view_if_needed()
        await page.wait_for_function("(found) => document.querySelector(found)?.naturalWidth > 0", arg=shown)
