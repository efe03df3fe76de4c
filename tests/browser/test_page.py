"""The sandbox's page in a real browser: the client, the forum and the page as a whole."""

from __future__ import annotations

import asyncio
import re
from email.message import EmailMessage

import aiosmtplib
from aiogram.types import EphemeralMessageParameters
from playwright.async_api import Browser, Page, Route, expect

from sandbox.scene import Scene
from sandbox.server import Sandbox
from tests.browser import page_kit as kit

pytestmark = kit.marks
sandbox, scene, bot, page = kit.sandbox, kit.scene, kit.bot, kit.page
HOSTILE = "<img src=x onerror='window.hacked=1'><b>*not* bold</b>"


# The client


async def test_nobody_starts_before_the_page_knows_who_is_there(browser: Browser, sandbox: Sandbox, scene: Scene) -> None:
    known = asyncio.Event()

    async def held(route: Route) -> None:
        await known.wait()
        await route.continue_()

    page = await (await browser.new_context(viewport=kit.WIDE)).new_page()  # type: ignore[arg-type]
    await page.route(re.compile(r"/control/state\?.*telegram"), held)
    await page.goto(sandbox.url)
    await expect(page.locator("#link")).to_have_attribute("data-state", "live")
    start = page.locator("#client").get_by_role("button", name="Start", exact=True)
    await expect(start).to_have_count(0)
    known.set()
    await expect(start).to_be_visible()
    await page.context.close()


async def test_the_client_starts_and_talks_to_the_shop(page: Page, sandbox: Sandbox, scene: Scene, bot: kit.TinyBot) -> None:
    client = page.locator("#client")
    await client.get_by_role("button", name="Start", exact=True).click()
    box = client.get_by_role("textbox")
    await box.fill("Hello")
    await box.press("Shift+Enter")
    await box.press_sequentially("anybody?")
    await box.press("Enter")
    bubble = client.locator("article", has_text="anybody?")
    await expect(bubble).to_be_visible()
    await expect(box).to_have_value("")
    said = sandbox.telegram.messages(chat=scene.channel_bot.id, user=scene.clients["ann"])
    assert [message["text"] for message in said] == ["/start", "Hello\nanybody?"]
    await bot.shop.send_message(scene.clients["ann"], "Welcome")
    await expect(client.locator("article", has_text="Welcome")).to_be_visible()


async def test_the_client_edits_reacts_and_deletes(page: Page, sandbox: Sandbox, scene: Scene) -> None:
    ann, shop = scene.clients["ann"], scene.channel_bot.id
    message = sandbox.telegram.send(user=ann, chat=shop, text="frist")["message_id"]
    bubble = page.locator(f"#client article[data-id='{message}']")
    await bubble.hover()
    await bubble.get_by_role("button", name="Message menu").click()
    await page.get_by_role("menuitem", name="Edit").click()
    await page.locator("#client").get_by_role("textbox", name="Message", exact=True).fill("first")
    await page.keyboard.press("Enter")
    await expect(bubble).to_contain_text("edited")
    await bubble.hover()
    await bubble.get_by_role("button", name="React").click()
    await page.get_by_role("dialog", name="Pick an emoji").get_by_role("button", name="heart", exact=True).first.click()
    await expect(bubble.locator(".reaction")).to_contain_text("1")
    await bubble.hover()
    await bubble.get_by_role("button", name="Message menu").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(bubble).to_have_count(0)


async def test_the_website_tab_shows_the_shop(page: Page) -> None:
    await page.locator("#client").get_by_role("tab", name="Website").click()
    await expect(page.frame_locator("#client iframe").get_by_role("heading", name="Made for long weather")).to_be_visible()
    assert await page.frames[1].title() == "website"


# Telegram's forum


async def test_an_operator_works_in_a_topic(page: Page, bot: kit.TinyBot, sandbox: Sandbox, scene: Scene) -> None:
    thread = await kit.topic_with_card(bot, scene)
    forum = page.locator("#telegram")
    await forum.get_by_role("button", name="Ann Lee").click()
    press = forum.get_by_role("button", name="Start conversation")
    await press.click()
    updates = await bot.desk.get_updates(allowed_updates=["callback_query"], timeout=5)
    assert updates[-1].callback_query is not None
    await bot.desk.answer_callback_query(updates[-1].callback_query.id, text="You have it now")
    await expect(forum.locator(".toasts")).to_contain_text("You have it now")
    await forum.get_by_label("Message", exact=True).fill("Hi Ann")
    await page.keyboard.press("Enter")
    await expect(forum.locator("article.mine", has_text="Hi Ann")).to_be_visible()
    said = sandbox.telegram.messages(chat=scene.forums["sales"], thread=thread)
    assert (said[-1]["text"], said[-1]["message_thread_id"]) == ("Hi Ann", thread)
    whom = EphemeralMessageParameters(receiver_user_id=scene.operators["olga"])
    await bot.desk.send_message(scene.forums["sales"], "for you", message_thread_id=thread, ephemeral_message_parameters=whom)
    await expect(forum.locator("article", has_text="for you")).to_contain_text("Only you see this")
    await page.locator("#telegram-who").select_option(label="Boris Petrov")
    await forum.get_by_role("button", name="Ann Lee").click()
    await expect(forum.locator("article", has_text="for you")).to_have_count(0)


async def test_replies_and_closed_topics_in_the_forum(page: Page, bot: kit.TinyBot, scene: Scene, sandbox: Sandbox) -> None:
    thread = await kit.topic_with_card(bot, scene)
    forum = page.locator("#telegram")
    await forum.get_by_role("button", name="Ann Lee").click()
    card = forum.locator("article", has_text="card")
    await card.hover()
    await card.get_by_role("button", name="Reply").click()
    await page.keyboard.type("about this")
    await page.keyboard.press("Enter")
    await expect(forum.locator(".quoted")).to_contain_text("card")
    await forum.get_by_role("button", name="Topic menu").click()
    await page.get_by_role("menuitem", name="Close topic").click()
    await expect(forum.locator(".told", has_text="closed the topic")).to_be_visible()
    assert [topic["closed"] for topic in sandbox.telegram.topics(chat=scene.forums["sales"]) if topic["id"] == thread] == [True]


# The whole page


async def test_words_of_strangers_stay_words(page: Page, bot: kit.TinyBot, sandbox: Sandbox, scene: Scene) -> None:
    sandbox.telegram.send(user=scene.clients["ann"], chat=scene.channel_bot.id, text=HOSTILE)
    await bot.say(HOSTILE, username=HOSTILE[:70], blocks=[{"type": "section", "text": kit.plain(HOSTILE)}])
    thread = (await bot.desk.create_forum_topic(scene.forums["sales"], HOSTILE)).message_thread_id
    await bot.desk.send_message(scene.forums["sales"], HOSTILE, message_thread_id=thread)
    await page.locator("#telegram .topic-row").first.click()
    for column in ("client", "slack", "telegram"):
        await expect(page.locator(f"#{column} article", has_text=HOSTILE).last).to_be_visible()
    assert await page.locator("img[src=x]").count() == 0
    assert await page.evaluate("window.hacked") is None


async def test_changes_show_at_once_and_unread_places_have_a_dot(page: Page, sandbox: Sandbox, scene: Scene) -> None:
    sandbox.slack.post(user=scene.slack_users["ben"], room=scene.rooms["support"], text="over here")
    row = page.locator("#slack .side", has_text="support")
    await expect(row.get_by_label("unread")).to_be_visible()
    await row.click()
    await expect(page.locator("#slack article", has_text="over here")).to_be_visible()
    await expect(row.get_by_label("unread")).to_have_count(0)


async def test_trouble_is_made_and_cleared(page: Page, sandbox: Sandbox) -> None:
    await page.get_by_role("button", name="Trouble").click()
    for name in ("Slack outage", "Slow network", "Rate limits"):
        await page.get_by_role("switch", name=name).click()
        await expect(page.get_by_role("switch", name=name)).to_have_attribute("aria-checked", "true")
    assert [fault.kind for fault in sandbox.faults.armed] == ["status"]
    assert sandbox.faults.latency == {"slack": 1.5, "telegram": 1.5}
    await sandbox.until(lambda: sandbox.windows.enabled)
    await page.get_by_role("button", name="Clear all trouble").click()
    await expect(page.get_by_role("switch", name="Slack outage")).to_have_attribute("aria-checked", "false")
    assert (sandbox.faults.armed, sandbox.faults.latency) == ([], {})
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Trouble")).to_have_count(0)
    await expect(page.get_by_role("button", name="Trouble")).to_be_focused()


async def test_letters_are_read_in_the_drawer(page: Page, sandbox: Sandbox) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "desk@example.org", "boss@example.org", "Transcript <b>"
    letter.set_content("Ann: hello")
    letter.add_alternative("<p>Ann: <b>hello</b><script>parent.hacked=1</script></p>", subtype="html")
    await aiosmtplib.send(letter, hostname="127.0.0.1", port=sandbox.mailbox.port)
    await expect(page.get_by_role("button", name="Mailbox")).to_contain_text("1")
    await page.get_by_role("button", name="Mailbox").click()
    drawer = page.get_by_role("dialog", name="Mailbox")
    await drawer.get_by_role("button", name="Transcript <b>").click()
    await expect(drawer.frame_locator("iframe").get_by_text("hello")).to_be_visible()
    await drawer.get_by_role("button", name="Text", exact=True).click()
    await expect(drawer.locator("pre")).to_contain_text("Ann: hello")
    assert await page.evaluate("window.hacked") is None
    await page.keyboard.press("Escape")
    await expect(drawer).to_have_count(0)


async def test_every_control_has_a_name(page: Page, bot: kit.TinyBot, scene: Scene) -> None:
    await kit.topic_with_card(bot, scene)
    await bot.say("card", blocks=[{"type": "actions", "elements": [kit.button("Close", "close")]}])
    await expect(page.locator("#slack").get_by_role("button", name="Close", exact=True)).to_be_visible()
    nameless = await page.evaluate(
        """() => {
            const named = (one) => (one.innerText || "").trim() || one.getAttribute("aria-label") || one.labels?.length;
            return [...document.querySelectorAll("button, a[href], input:not([hidden]), select, textarea, [role=separator]")]
                .filter((one) => one.offsetParent && !named(one)).map((one) => one.outerHTML.slice(0, 120));
        }"""
    )
    assert nameless == []


async def test_columns_become_tabs_on_a_small_screen(browser: Browser, sandbox: Sandbox, scene: Scene, bot: kit.TinyBot) -> None:
    await bot.say("hello there")
    troubles: list[str] = []
    page = await kit.opened(browser, sandbox, kit.SMALL, troubles)
    await expect(page.locator("#client")).to_be_visible()
    await expect(page.locator("#slack")).to_be_hidden()
    await page.get_by_role("tab", name="Client").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#slack")).to_be_visible()
    await page.get_by_role("button", name="# sales").click()
    await expect(page.locator("#slack article", has_text="hello there")).to_be_visible()
    await page.get_by_role("button", name="Back to rooms").click()
    await expect(page.get_by_role("button", name="# support")).to_be_visible()
    wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    await page.context.close()
    assert (troubles, wider) == ([], 0)


async def test_the_page_says_when_the_sandbox_is_gone(browser: Browser) -> None:
    async with Sandbox.running() as sandbox:
        page = await kit.opened(browser, sandbox, kit.WIDE, [])
        await expect(page.locator("#slack .empty").first).to_contain_text("No workspace yet")
    await expect(page.locator("#link")).to_have_attribute("data-state", "lost")
    await page.context.close()
